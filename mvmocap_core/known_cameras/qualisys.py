"""Qualisys calibrations (.qca.txt): XML."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from mvmocap_core.known_cameras.camera import KnownCamera, bad_calibration, rigid

_SUBPIXELS = 64.0
_MM = 1000.0


def is_qualisys(text: str) -> bool:
    """Whether the text is a Qualisys calibration."""
    return "<calibration" in text[:2000] and "<camera" in text


def read_qualisys(text: str, path: Path) -> list[KnownCamera]:
    """Every active camera. Raises InputError where the file is not what it should be."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # which could make a small file endless
        bad_calibration(path, "is not a plain Qualisys calibration")
    try:
        root = ElementTree.fromstring(text.encode())  # noqa: S314 - no entities, see above
        return [_camera(node) for node in root.iter("camera") if node.get("active", "1") != "0"]
    except (ElementTree.ParseError, KeyError, ValueError, AttributeError) as error:
        bad_calibration(path, f"is not a readable Qualisys calibration ({error})")


def _camera(node: ElementTree.Element) -> KnownCamera:
    name = node.attrib["serial"]
    if float(node.get("viewrotation", "0")):
        raise ValueError(f"camera {name} has a turned view")
    fov, transform, lens = (_child(node, tag) for tag in ("fov_video", "transform", "intrinsic"))
    left, top, right, bottom = (fov[side] for side in ("left", "top", "right", "bottom"))
    R = np.array([[transform[f"r{i}{j}"] for j in (1, 2, 3)] for i in (1, 2, 3)])
    centre_m = np.array([transform[axis] for axis in "xyz"]) / _MM
    # its cameras look along -z with y up, and its rows are the camera's axes in the world
    R = np.diag([1.0, -1.0, -1.0]) @ R
    T_cam_world = rigid(R, -1.0 * (R @ centre_m))
    focal = [lens[f"focalLength{axis}"] / _SUBPIXELS for axis in "UV"]
    centre = [lens[f"centerPoint{axis}"] / _SUBPIXELS for axis in "UV"]
    K = np.array(
        [[focal[0], 0.0, centre[0] - left], [0.0, focal[1], centre[1] - top], [0.0, 0.0, 1.0]]
    )
    radial = [lens[f"radialDistortion{k}"] for k in (1, 2)]
    tangential = [lens[f"tangentalDistortion{k}"] for k in (1, 2)]
    size = np.array([right - left + 1.0, bottom - top + 1.0])
    return KnownCamera(name, K, np.array([*radial, *tangential]), size, T_cam_world)


def _child(node: ElementTree.Element, tag: str) -> dict[str, float]:
    child = node.find(tag)
    if child is None:
        raise KeyError(f"no {tag}")
    values: dict[str, float] = {}
    for key, text in child.attrib.items():
        try:
            values[key] = float(text)
        except ValueError:
            continue  # remarks; what is needed and absent is found when it is looked up
    return values
