import numpy as np

from mvmocap_core.motion.stands import held_part, standing_places, still_path

FPS = 30.0
LENGTH_M = 0.25


def slow_noise(n_frames, size_m):
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(n_frames, 2))
    for frame in range(1, n_frames):
        noise[frame] = 0.8 * noise[frame - 1] + 0.6 * noise[frame]
    return size_m * noise


def test_point_that_trembles_stands_still():
    path = still_path(slow_noise(90, 0.006), FPS)
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).mean() < 1e-4


def test_point_that_steps_aside_stands_still_before_and_after():
    points = slow_noise(120, 0.003)
    points[60:, 0] += 0.1
    path = still_path(points, FPS)
    assert np.ptp(path[:55], axis=0).max() < 0.005
    assert np.ptp(path[65:], axis=0).max() < 0.005
    assert abs(path[90, 0] - path[30, 0] - 0.1) < 0.015


def test_point_that_slides_goes_along():
    points = slow_noise(60, 0.003)
    points[:, 0] += np.linspace(0.0, 0.6, 60)
    path = still_path(points, FPS)
    assert np.ptp(path[:, 0]) > 0.4


def test_point_stands_at_the_same_place_at_any_frame_rate():
    at = [still_path(slow_noise(60, 0.004).repeat(n, axis=0), n * FPS)[::n] for n in (1, 4)]
    np.testing.assert_allclose(at[1], at[0], atol=1e-3)


def test_late_contact_does_not_hold_a_jump():
    points = np.zeros((40, 2, 2))
    points[:, 1, 1] = LENGTH_M
    points[30:, :, 0] = np.linspace(0.1, 1.0, 10)[:, None]
    places = standing_places(points, np.ones((40, 2), bool), np.full(40, 0.02), LENGTH_M, FPS)
    assert np.isfinite(places[:28]).all()
    assert np.isnan(places[32:]).all()


def test_heel_and_toe_that_stand_together_are_a_foot_apart_and_the_toe_stays():
    points = np.zeros((60, 2, 2))
    points[:, 1, 1] = 0.23
    contacts = np.ones((60, 2), bool)
    contacts[30:, 0] = False
    places = standing_places(points, contacts, np.full(60, 0.02), LENGTH_M, FPS)
    apart_m = np.linalg.norm(places[:30, 1] - places[:30, 0], axis=1)
    np.testing.assert_allclose(apart_m, LENGTH_M, atol=1e-6)
    assert np.isnan(places[30:, 0]).all()
    np.testing.assert_allclose(places[:, 1], places[0, 1][None].repeat(60, axis=0), atol=1e-6)


def test_contact_is_held_but_for_the_roll_onto_the_floor_and_off_it():
    contacts = np.zeros((20, 1), bool)
    contacts[:4] = contacts[8:15] = contacts[17] = True
    held = held_part(contacts, FPS)[:, 0]
    assert np.flatnonzero(held).tolist() == [0, 1, 2, 9, 10, 11, 12, 13, 17]


def test_frames_that_were_seen_badly_hardly_move_where_a_point_stands():
    points = slow_noise(60, 0.002)
    points[:20, 0] += 0.04
    error_m = np.full(60, 0.02)
    error_m[:20] = 0.2
    contacts = np.zeros((60, 2), bool)
    contacts[:, 0] = True
    both = np.stack([points, points], axis=1)
    seen, unsure = (
        standing_places(both, contacts, errors_m, LENGTH_M, FPS)[:, 0, 0]
        for errors_m in (np.full(60, 0.02), error_m)
    )
    assert seen[5] - seen[50] > 0.015
    assert abs(unsure[5] - unsure[50]) < 0.005
