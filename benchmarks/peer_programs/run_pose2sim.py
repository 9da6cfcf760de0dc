"""Pose2Sim's triangulation and filtering, with its defaults: `run_pose2sim.py IN.npz OUT.npz`.

Runs in Pose2Sim's own environment. The files are described in `benchmarks/peers.py`.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

# Pose2Sim's names of BlazePose's landmarks, and their rows there.
_SIDES = {"left": "L", "right": "R"}
_LANDMARKS = {"shoulder": 11, "elbow": 13, "wrist": 15, "hip": 23, "knee": 25, "ankle": 27}
LANDMARK_OF_MARKER = {
    f"{letter}{part}".lower(): row + (side == "right")
    for side, letter in _SIDES.items()
    for part, row in _LANDMARKS.items()
}


def main(source: Path, target: Path) -> None:
    """Triangulate what is in `source`."""
    from Pose2Sim.Pose2Sim import Pose2SimPipeline  # noqa: PLC0415  # absent where this is tested

    with np.load(source, allow_pickle=False) as data:
        task = {name: data[name] for name in data.files}
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_project(project, task)
        os.chdir(project)
        pipeline = Pose2SimPipeline(config(project, float(task["fps"])))
        start = time.process_time()
        pipeline.triangulation()
        pipeline.filtering()
        seconds = time.process_time() - start
        (filtered,) = (project / "pose-3d").glob("*_filt_*.trc")
        landmarks_m = read_trc(filtered, len(task["confidence"][0]))
    np.savez(target, landmarks_m=landmarks_m, seconds=seconds)


def config(project: Path, fps: float) -> dict[str, dict[str, object]]:
    """What differs from Pose2Sim's defaults: the points' names, the rate, no windows."""
    return {
        "project": {"project_dir": str(project), "frame_rate": round(fps)},
        "pose": {"pose_model": "BLAZEPOSE"},
        "triangulation": {"make_c3d": False},
        "filtering": {"make_c3d": False, "display_figures": False, "save_filt_plots": False},
        "logging": {"use_custom_logging": True},
    }


def write_project(project: Path, task: dict[str, np.ndarray]) -> None:
    """Write a calibration, and one OpenPose file for each frame of each camera."""
    (project / "calibration").mkdir(parents=True)
    (project / "Config.toml").touch()
    cameras = [_camera(view, task) for view in range(len(task["K"]))]
    (project / "calibration" / "Calib.toml").write_text("\n".join(cameras), encoding="utf-8")
    views = zip(task["keypoints_px"], task["confidence"], strict=True)
    for view, (points, confidences) in enumerate(views, start=1):
        folder = project / "pose" / f"cam{view:02d}_json"
        folder.mkdir(parents=True)
        for frame, (pixels, confidence) in enumerate(zip(points, confidences, strict=True)):
            path = folder / f"cam{view:02d}_{frame:06d}.json"
            path.write_text(json.dumps(openpose(pixels, confidence)), encoding="utf-8")


def openpose(points_px: np.ndarray, confidence: np.ndarray) -> dict[str, object]:
    """One person's points (J, 2) and confidences (J,) of a frame; zeros where NaN."""
    rows = np.nan_to_num(np.column_stack([points_px, confidence]))
    rows[~np.isfinite(points_px).all(axis=1)] = 0.0
    return {"version": 1.3, "people": [{"pose_keypoints_2d": rows.ravel().tolist()}]}


def read_trc(path: Path, n_frames: int) -> np.ndarray:
    """(F, 33, 3) of a .trc file whose frames count from 0; NaN for what it does not hold."""
    lines = path.read_text(encoding="utf-8").splitlines()
    markers = [name.strip().lower() for name in lines[3].split("\t")[2:] if name.strip()]
    rows = [line.split("\t") for line in lines[5:] if line.strip()]
    landmarks_m = np.full((n_frames, 33, 3), np.nan)
    for row in rows:
        values = np.array([float(cell or "nan") for cell in row[2 : 2 + 3 * len(markers)]])
        for marker, point in zip(markers, values.reshape(-1, 3), strict=True):
            if marker in LANDMARK_OF_MARKER:
                landmarks_m[int(float(row[0])), LANDMARK_OF_MARKER[marker]] = point
    return landmarks_m


def _camera(view: int, task: dict[str, np.ndarray]) -> str:
    """A camera's table of a calibration in TOML; the rotation is a rotation vector."""
    import cv2  # noqa: PLC0415  # comes with Pose2Sim

    T_cam_world = task["T_cam_world"][view]
    rotvec = cv2.Rodrigues(T_cam_world[:3, :3])[0].ravel()
    values = {
        "size": task["image_size"][view],
        "matrix": task["K"][view],
        "distortions": task["dist"][view],
        "rotation": rotvec,
        "translation": T_cam_world[:3, 3],
    }
    lines = [f"[cam{view + 1:02d}]", f'name = "cam{view + 1:02d}"', "fisheye = false"]
    return "\n".join([*lines, *(f"{key} = {value.tolist()}" for key, value in values.items()), ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
