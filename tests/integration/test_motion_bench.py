"""What the motion bench takes for the truth, on feet whose stances are known."""

import numpy as np
import pytest

from benchmarks.standing import stances

FPS = 30.0


def standing_feet(n_frames: int = 60) -> np.ndarray:
    """(F, 2, 2, 3) both feet flat on the floor."""
    soles_m = np.zeros((n_frames, 2, 2, 3))
    soles_m[:, 1, :, 0] = 0.2
    soles_m[:, :, 1, 1] = -0.2
    soles_m[:, :, 1, 2] = 0.02
    return soles_m


def swung(soles_m: np.ndarray, first: int, last: int) -> np.ndarray:
    """The same with a step of the left foot, 0.6 m forward and 12 cm high, between two frames."""
    swing = np.clip((np.arange(len(soles_m)) - first) / (last - first), 0.0, 1.0)
    moved = soles_m.copy()
    moved[:, 0, :, 1] -= 0.6 * swing[:, None]
    moved[:, 0, :, 2] += 0.12 * np.sin(np.pi * swing)[:, None] ** 2
    return moved


def test_a_step_is_no_stance_and_what_surrounds_it_is():
    standing = stances(swung(standing_feet(), 20, 32), FPS)
    assert standing[:20].all()
    assert standing[33:].all()
    assert standing[:, 1].all()
    assert not standing[22:30, 0].any()


def test_a_stance_that_creeps_as_captured_feet_do_stays_whole():
    soles_m = swung(standing_feet(), 20, 32)
    creep_m = 0.3 / FPS  # a third of a metre a second, for a sixth of a second
    soles_m[36:41, 0, :, 1] -= creep_m * np.arange(1, 6)[:, None]
    soles_m[41:, 0, :, 1] -= 5 * creep_m
    assert stances(soles_m, FPS)[33:, 0].all()


def test_a_foot_that_is_dragged_along_does_not_stand():
    soles_m = standing_feet()
    soles_m[:, 0, :, 1] -= np.arange(60)[:, None] * 0.4 / FPS
    standing = stances(soles_m, FPS)
    assert not standing[:, 0].any()
    assert standing[:, 1].all()


def test_a_foot_held_up_still_does_not_stand():
    soles_m = standing_feet()
    soles_m[:, 0, :, 2] += 0.1
    assert not stances(soles_m, FPS)[:, 0].any()


def test_a_touch_of_a_moment_is_no_stance():
    soles_m = standing_feet()
    soles_m[:, 0, :, 2] += 0.2
    soles_m[30:32, 0, :, 2] -= 0.2
    assert not stances(soles_m, FPS)[:, 0].any()


@pytest.mark.parametrize("slope_deg", [0.0, 1.5])
def test_floors_of_studios_need_not_be_level(slope_deg: float):
    soles_m = standing_feet(300)
    for start in range(0, 280, 20):  # fourteen steps of 0.6 m
        soles_m = swung(soles_m, start, start + 8)
    level = stances(soles_m, FPS)
    tilted = soles_m.copy()
    tilted[..., 2] += np.tan(np.radians(slope_deg)) * soles_m[..., 1]
    assert (stances(tilted, FPS) == level).mean() > 0.97
