from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.body.evidence import gather_evidence
from mvmocap_core.body.refit import MARGIN_S, changed_frames, refit_body
from mvmocap_core.body.skeleton import JOINT
from mvmocap_core.body.solve import measure_body, solve_body
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.geometry.cameras import project_points
from tests.core.body.test_solve import perfect_calibration
from tests.core.performance import HEIGHT_M, perform

FPS = 30.0
SPOILED_S = (1.2, 2.0)
ARM = [
    LANDMARK_NAMES.index(f"left_{part}") for part in ("elbow", "wrist", "index", "pinky", "thumb")
]
WRIST = JOINT["left_wrist"]


@pytest.fixture(scope="module")
def truth():
    return perform(noise_px=1.0, duration_s=4.5)


def solved(truth, tracks):
    calibration = perfect_calibration(truth)
    clip = solve_body(tracks, truth.timeline(), calibration, fps=FPS, height_m=HEIGHT_M)
    return clip, measure_body(seen(truth, tracks, clip), FPS)


def seen(truth, tracks, clip):
    return gather_evidence(tracks, truth.timeline(), truth.cameras, clip.times_s)


@pytest.fixture(scope="module")
def spoiled(truth):
    """Both views leave the left arm where it was for a while, and are sure of it."""
    tracks = []
    for track, offset_s in zip(truth.tracks, (0.0, truth.offset_s), strict=True):
        first, last = np.searchsorted(track.times_s + offset_s, SPOILED_S)
        keypoints = track.keypoints_2d_px.copy()
        keypoints[first:last, ARM] = keypoints[first, ARM]
        tracks.append(replace(track, keypoints_2d_px=keypoints))
    return tracks


@pytest.fixture(scope="module")
def kept(truth, spoiled):
    return solved(truth, spoiled)


@pytest.fixture(scope="module")
def refitted(truth, kept):
    return refit_body(
        kept[0],
        seen(truth, truth.tracks, kept[0]),
        perfect_calibration(truth),
        kept[1],
        [SPOILED_S],
    )


def largest_error_px(clip, truth):
    """Of the left wrist in the first video, while the arm is spoiled."""
    frames = slice(*np.searchsorted(clip.times_s, np.array(SPOILED_S) + 1e-6))
    wrist_m = clip.positions_m[frames, WRIST]
    seen = project_points(wrist_m, clip.K[0], np.zeros(4), clip.T_cam_world[0])
    first = round(clip.times_s[frames.start] * FPS)
    true = truth.tracks[0].keypoints_2d_px[first : first + len(seen), ARM[1]]
    return np.linalg.norm(seen - true, axis=-1).max()


def test_changed_part_shows_what_is_seen_now(truth, kept, refitted):
    assert largest_error_px(kept[0], truth) > 40.0
    assert largest_error_px(refitted, truth) < 8.0


def test_every_frame_outside_is_kept_to_the_last_bit(kept, refitted):
    clip = kept[0]
    part = changed_frames(clip.times_s, [SPOILED_S])[0]
    outside = np.ones(len(clip.times_s), bool)
    outside[part] = False
    assert outside.sum() > 40
    for name in (
        "positions_m", "rotations_quat_wxyz", "error_m", "confidence", "contacts", "landmarks_m",
    ):  # fmt: skip
        before, after = getattr(clip, name), getattr(refitted, name)
        np.testing.assert_array_equal(after[outside], before[outside], err_msg=name)
    for name in ("rest_offsets_m", "T_cam_world", "K", "sync_offset_s", "times_s"):
        np.testing.assert_array_equal(getattr(refitted, name), getattr(clip, name))


def test_new_frames_join_the_kept_ones_smoothly(kept, refitted):
    part = changed_frames(kept[0].times_s, [SPOILED_S])[0]
    jerk = np.linalg.norm(np.diff(refitted.positions_m, n=2, axis=0), axis=-1).max(axis=1)
    seams = np.concatenate([jerk[at - 3 : at + 2] for at in (part.start, part.stop)])
    assert seams.max() < 1.5 * np.percentile(jerk, 95)


def test_motion_with_nothing_new_to_see_stays_where_it_was(truth, kept, spoiled):
    same = refit_body(
        kept[0],
        seen(truth, spoiled, kept[0]),
        perfect_calibration(truth),
        kept[1],
        [(4.4, 4.5)],
    )
    assert np.abs(same.positions_m - kept[0].positions_m).max() < 0.01
    assert np.abs(same.error_m - kept[0].error_m).max() < 0.01


def test_bones_keep_their_length(refitted):
    forearm = refitted.positions_m[:, WRIST] - refitted.positions_m[:, WRIST - 1]
    assert np.ptp(np.linalg.norm(forearm, axis=-1)) < 1e-9


def test_parts_at_the_ends_reach_no_further(kept):
    times_s = kept[0].times_s
    parts = changed_frames(times_s, [(times_s[0], times_s[0]), (times_s[-1], times_s[-1] + 9.0)])
    n_margin = round(MARGIN_S * FPS)
    assert (parts[0].start, parts[0].stop) == (0, n_margin + 1)
    assert parts[1].stop == len(times_s)


def test_parts_whose_margins_touch_are_one(kept):
    parts = changed_frames(kept[0].times_s, [(1.0, 1.1), (2.9, 3.0), (1.05, 1.06)])
    assert len(parts) == 1
