import numpy as np

from mvmocap_core.motion.hips import hip_shift

LENGTH_M = 0.82
FPS = 30.0


def shifted(hips_m, ankles_m, targets_m):
    up = np.tile([0.0, 0.0, 1.0], (len(hips_m), 1))
    return hip_shift(hips_m, ankles_m, targets_m, np.full(2, LENGTH_M), up, FPS)


def shift_for(lower_m, *, straightness=0.999):
    """Where the hips go when the left of two straight legs' feet is put lower."""
    hips_m = np.zeros((40, 2, 3))
    hips_m[:, 0, 0], hips_m[:, 1, 0] = 0.1, -0.1
    ankles_m = hips_m - [0.0, 0.0, straightness * LENGTH_M]
    targets_m = ankles_m.copy()
    targets_m[:, 0, 2] -= lower_m
    return shifted(hips_m, ankles_m, targets_m)


def test_hips_do_not_follow_a_stretched_leg_for_its_last_millimetres():
    assert shift_for(0.004).shift_m[:, 2].min() > -0.0025


def test_hips_go_down_where_a_stretched_leg_falls_short_by_more():
    moved = shift_for(0.05)
    left_m = moved.shift_m[:, 2] + moved.lift_m
    assert left_m.max() < -0.05 + 0.005 + 0.002
    assert left_m.min() > -0.06


def test_hips_stay_where_bent_legs_reach():
    moved = shift_for(0.01, straightness=0.9)
    assert np.abs(moved.shift_m).max() < 0.002
    assert np.abs(moved.lift_m).max() < 0.002


def test_hips_follow_without_a_jerk():
    hips_m = np.zeros((60, 2, 3))
    ankles_m = hips_m - [0.0, 0.0, 0.999 * LENGTH_M]
    targets_m = ankles_m.copy()
    targets_m[30:, :, 2] -= 0.03
    shift_m = shifted(hips_m, ankles_m, targets_m).shift_m[:, 2]
    assert np.abs(np.diff(shift_m)).max() < 0.01


def test_the_pelvis_rolls_by_little_where_one_straight_leg_gets_longer_and_one_shorter():
    hips_m = np.zeros((40, 2, 3))
    hips_m[:, 0, 0], hips_m[:, 1, 0] = 0.1, -0.1
    ankles_m = hips_m - [0.0, 0.0, 0.999 * LENGTH_M]
    targets_m = ankles_m + np.array([[0.0, 0.0, -0.004], [0.0, 0.0, 0.004]])
    moved = shifted(hips_m, ankles_m, targets_m)
    np.testing.assert_allclose(moved.shift_m, 0.0, atol=1e-3)
    assert (moved.lift_m < -0.002).all()
    assert (moved.lift_m > -0.0041).all()
