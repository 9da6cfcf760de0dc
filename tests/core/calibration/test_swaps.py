import numpy as np
import pytest

from mvmocap_core.calibration.calibrate import calibrate
from mvmocap_core.calibration.swaps import find_swaps
from mvmocap_core.detection.sides import exchange_all, exchange_sides
from mvmocap_core.geometry.rotations import rotation_angle_deg
from tests.core.performance import perform


@pytest.fixture(scope="module")
def truth():
    return perform(noise_px=2.0)


def tangled(truth, runs):
    """The tracks with left and right exchanged in runs of frames of each view."""
    swapped = [np.zeros((len(track.times_s), 2), dtype=bool) for track in truth.tracks]
    for view, start, stop, *half in runs:
        swapped[view][start:stop, half or slice(None)] = True
    return swapped, exchange_all(truth.tracks, swapped)


def test_exchanging_twice_changes_nothing(truth):
    track = truth.tracks[0]
    always = np.ones((len(track.times_s), 2), dtype=bool)
    once = exchange_sides(track, always)
    assert not np.array_equal(once.keypoints_2d_px, track.keypoints_2d_px)
    np.testing.assert_array_equal(
        exchange_sides(once, always).keypoints_2d_px, track.keypoints_2d_px
    )
    np.testing.assert_array_equal(
        once.keypoints_2d_px[:, 15], track.keypoints_2d_px[:, 16]
    )  # the wrists


def test_nothing_is_exchanged_without_a_reason(truth):
    found = find_swaps(truth.tracks, truth.timeline(), truth.cameras)
    assert not any(swapped.any() for swapped in found)


@pytest.mark.parametrize(
    "runs",
    [
        [(0, 20, 50)],
        [(1, 0, 12), (1, 40, 55)],
        [(0, 20, 40), (1, 50, 60)],
        [(0, 25, 45, 1), (1, 40, 55, 0)],  # legs alone, arms alone
    ],
)
def test_swapped_runs_are_found(truth, runs):
    expected, tracks = tangled(truth, runs)
    found = find_swaps(tracks, truth.timeline(), truth.cameras)
    both = slice(12, 70)  # what the two videos share, on each clock
    for view in range(2):
        wrong = (found[view] != expected[view])[both if view == 0 else slice(0, 62)]
        assert wrong.mean() < 0.05


def test_both_views_swapped_at_once_shows_in_time(truth):
    moments = [(0, 30, 50), (1, 18, 34)]  # 1.0 s to 1.65 s in either
    expected, tracks = tangled(truth, moments)
    found = find_swaps(tracks, truth.timeline(), truth.cameras)
    assert (found[0] != expected[0])[12:70].mean() < 0.06


def test_cameras_are_found_in_spite_of_swaps(truth):
    _, tracks = tangled(truth, [(1, 10, 35)])
    calibration = calibrate(tracks, truth.timeline(), focal_35mm=(None, None))
    found, true = calibration.cameras.T_cam_world, truth.cameras.T_cam_world
    relative = found[1, :3, :3] @ found[0, :3, :3].T
    assert rotation_angle_deg(relative.T @ true[1, :3, :3] @ true[0, :3, :3].T) < 4.0
