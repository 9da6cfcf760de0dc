"""Calibrations in TOML: Pose2Sim's, aniposelib's and Caliscope's."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from mvmocap_core.known_cameras.camera import KnownCamera, bad_calibration, camera_from, rigid


def read_toml(text: str, path: Path) -> list[KnownCamera]:
    """Every camera. Raises InputError where the file is not what it should be.

    Pose2Sim and aniposelib have a table for each camera; Caliscope has `cameras.0`, `cameras.1`
    and so on, and calls their videos `cam_0`, `cam_1`.
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        bad_calibration(path, f"is not readable TOML ({error})")
    numbered = content.get("cameras")
    if isinstance(numbered, dict):
        tables = {f"cam_{key}": table for key, table in cast("dict[str, Any]", numbered).items()}
    else:
        tables = content
    cameras: list[KnownCamera] = []
    for key, table in tables.items():
        if isinstance(table, dict) and "matrix" in table:
            try:
                cameras.append(_camera(key, cast("dict[str, Any]", table)))
            except (KeyError, TypeError, ValueError) as error:
                bad_calibration(path, f"camera {key}: {error}")
    if not cameras:
        bad_calibration(path, "describes no camera: no table with a matrix")
    return cameras


def _camera(key: str, table: Mapping[str, Any]) -> KnownCamera:
    if table.get("fisheye"):
        raise ValueError("fisheye lenses are not known here")
    T_cam_world = None
    if table.get("rotation") is not None and table.get("translation") is not None:
        T_cam_world = rigid(_array(table, "rotation"), _array(table, "translation"))
    name = table.get("name")
    return camera_from(
        name if isinstance(name, str) and name else key,
        _array(table, "matrix"),
        _array(table, "distortions"),
        _array(table, "size").reshape(2),
        T_cam_world,
    )


def _array(table: Mapping[str, Any], key: str) -> np.ndarray:
    if key not in table:
        raise KeyError(f"no {key}")
    return np.asarray(table[key], dtype=float)
