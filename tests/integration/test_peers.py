"""What other programs are given and what is read back from them; they themselves are not run."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import peer_environments
from benchmarks.clips import Clip, clip_loaders
from benchmarks.peer_environments import PeerError, peer_python, run
from benchmarks.peer_programs.run_pose2sim import LANDMARK_OF_MARKER, read_trc, write_project
from benchmarks.peers import COLUMNS, HEAD, peer_task, table_rows
from benchmarks.scoring import score_landmarks, triangulated
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.detection.keypoint_files import KeypointFiles
from mvmocap_core.known_cameras.files import read_cameras


@pytest.fixture
def clip(shared_data: Path) -> Clip:
    return clip_loaders()["real 1-2"]()


def test_pose2sim_is_given_our_detections_and_cameras(
    clip: Clip, shared_data: Path, tmp_path: Path
):
    task = peer_task(clip, clip.cameras)
    task["keypoints_px"][0, 7, 20] = np.nan
    write_project(tmp_path / "project", task)
    videos = shared_data / "real" / "pose2sim_single"
    cameras = read_cameras(tmp_path / "project" / "calibration" / "Calib.toml")
    for view, camera in enumerate(cameras):
        K = camera.K - [[0.0, 0.0, 0.5], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]  # OpenCV's pixels
        assert np.allclose(K, clip.cameras.K[view])
        assert np.allclose(camera.dist, clip.cameras.dist[view])
        assert np.allclose(camera.T_cam_world, clip.cameras.T_cam_world[view], atol=1e-9)
        reader = KeypointFiles(tmp_path / "project" / "pose", fps=clip.fps)
        detections = reader.detect(videos / f"cam{view + 1:02d}.mp4")
        points = detections.keypoints_2d_px[:, 0]
        assert np.allclose(points, task["keypoints_px"][view], equal_nan=True)


def test_pose2sims_markers_are_our_landmarks(tmp_path: Path):
    names = [f"{side}_{part}" for part in ("shoulder", "wrist", "knee") for side in "lr"]
    markers = ["LShoulder", "RShoulder", "LWrist", "RWrist", "Lknee", "RKnee", "Nose"]
    head = ["", "", "", "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t\t", "\t\tX1\tY1\tZ1"]
    points = np.arange(21.0)
    rows = ["\t".join(["2", "0.1", *map(str, points)]), "\t".join(["3", "0.2", *[""] * 21])]
    path = tmp_path / "a.trc"
    path.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
    landmarks_m = read_trc(path, 5)
    assert np.isnan(landmarks_m[[0, 1, 3, 4]]).all()
    for row, name in enumerate(names):
        full = {"l": "left", "r": "right"}[name[0]] + name[1:]
        assert np.array_equal(
            landmarks_m[2, LANDMARK_NAMES.index(full)], points[3 * row : 3 * row + 3]
        )
    assert np.isfinite(landmarks_m).all(axis=2).sum() == len(names)
    assert len(LANDMARK_OF_MARKER) == 12


def test_points_that_a_peer_left_out_are_not_scored_but_counted(clip: Clip):
    landmarks_m = triangulated(clip, clip.cameras)
    whole = score_landmarks(clip, clip.tracks[0].times_s, landmarks_m)["landmarks"]
    landmarks_m[:50] = np.nan
    half = score_landmarks(clip, clip.tracks[0].times_s, landmarks_m)["landmarks"]
    assert whole["coverage"] == 1.0
    assert half["coverage"] == pytest.approx(0.5)
    assert half["w_mpjpe_mm"] < 1.5 * whole["w_mpjpe_mm"]


def test_a_peer_that_failed_is_a_cell_and_no_mean_hides_it():
    def result(clip: str, **of_pose2sim: Any) -> dict[str, Any]:
        good = {"landmarks": {"w_mpjpe_mm": 20.0, "coverage": 1.0}, "seconds": 1.0}
        scores = {name: good for name in COLUMNS} | {"Pose2Sim": of_pose2sim or good}
        return {"clip": clip, "cameras": "true", "kinds": ["landmarks"], "scores": scores}

    rows = table_rows([result("real 1-2"), result("real 1-3", failed="exit 1: why")], "W")
    assert {len(row) for row in rows} == {len(HEAD)}
    column = HEAD.index("Pose2Sim")
    assert [row[column] for row in rows] == ["20.0", "failed: exit 1: why", "-"]
    assert rows[-1][HEAD.index("ours")] == "20.0"


def test_an_interrupted_installation_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    calls = []

    def interrupted(command: list[str], timeout_s: float) -> None:
        calls.append(command)
        if len(calls) == 1:
            raise PeerError("exit 1: no network")

    monkeypatch.setattr(peer_environments, "run", interrupted)
    monkeypatch.setattr(peer_environments.venv, "create", lambda folder, **_: folder.mkdir())
    with pytest.raises(PeerError, match="no network"):
        peer_python("aniposelib", tmp_path)
    python = peer_python("aniposelib", tmp_path)
    assert peer_python("aniposelib", tmp_path) == python
    assert len(calls) == 2
    assert calls[1][-1].endswith("aniposelib.txt")


def test_a_peers_last_words_are_told_and_ours_are_not_in_its_sight(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    look = "import os, sys; sys.exit('seen' if 'PYTHONPATH' in os.environ else 'not seen')"
    with pytest.raises(PeerError, match=r"exit 1: not seen"):
        run([sys.executable, "-c", look], 60.0)
