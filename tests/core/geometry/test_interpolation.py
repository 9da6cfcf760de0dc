import numpy as np

from mvmocap_core.geometry.interpolation import interpolate_hermite, nearest_samples

TIMES = np.array([0.0, 0.03, 0.07, 0.1, 0.15, 0.18])


def test_straight_lines_are_exact():
    values = np.stack([2.0 * TIMES + 1.0, -TIMES], axis=1)
    at = interpolate_hermite(TIMES, values, np.array([0.01, 0.12]))
    np.testing.assert_allclose(at, [[1.02, -0.01], [1.24, -0.12]])


def test_samples_are_kept():
    values = np.sin(20 * TIMES)
    at = interpolate_hermite(TIMES, values, TIMES)
    np.testing.assert_allclose(at, values, atol=1e-12)


def test_nothing_is_invented_outside_or_in_a_gap():
    times_s = np.append(TIMES, 0.4)
    at = interpolate_hermite(times_s, times_s, np.array([-0.01, 0.3, 0.41]))
    assert np.isnan(at).all()


def test_samples_of_a_slow_camera_are_joined_but_not_where_one_is_left_out():
    times_s = np.array([0.0, 0.25, 0.5, 0.75, 1.25, 1.5])
    at = interpolate_hermite(times_s, 2.0 * times_s, np.array([0.1, 0.6, 1.0, 1.4]))
    np.testing.assert_allclose(at, [0.2, 1.2, np.nan, 2.8])


def test_missing_sample_hides_its_neighbourhood_alone():
    values = np.sin(TIMES)
    values[2] = np.nan
    at = interpolate_hermite(TIMES, values, np.array([0.01, 0.05, 0.08, 0.12]))
    np.testing.assert_array_equal(np.isnan(at), [False, True, True, False])


def test_the_nearest_sample_is_found_between_samples_and_beyond_them():
    nearest = nearest_samples(np.array([0.0, 0.1, 0.4]), np.array([-3.0, 0.04, 0.2, 0.3, 9.0]))
    assert nearest.tolist() == [0, 0, 1, 2, 2]
