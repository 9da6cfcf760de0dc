"""Quaternions as Euler angles and as axes with angles."""

import numpy as np
import pytest

from blender_addon.armature import quaternions as quat
from blender_addon.armature.eulers import EULER_ORDERS, to_axis_angles, to_eulers


def _about(axis: int, angles: np.ndarray) -> np.ndarray:
    half = 0.5 * angles
    quats = np.zeros((len(angles), 4))
    quats[:, 0], quats[:, 1 + axis] = np.cos(half), np.sin(half)
    return quats


def _from_eulers(angles: np.ndarray, order: str) -> np.ndarray:
    quats = np.tile([1.0, 0.0, 0.0, 0.0], (len(angles), 1))
    for axis in ("XYZ".index(name) for name in order):
        quats = quat.multiply(_about(axis, angles[:, axis]), quats)
    return quats


def _tumbling(n_frames: int) -> np.ndarray:
    """Turns by a few degrees a frame, through every attitude."""
    rng = np.random.default_rng(3)
    steps = np.concatenate([np.ones((n_frames, 1)), 0.03 * rng.normal(size=(n_frames, 3))], axis=1)
    steps[:, 1] += 0.03
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    quats = [np.array([1.0, 0.0, 0.0, 0.0])]
    for step in steps:
        quats.append(quat.multiply(quats[-1], step))
    return np.array(quats)


@pytest.mark.parametrize("order", EULER_ORDERS)
def test_eulers_are_the_same_turns_without_jumps(order: str):
    quats = _tumbling(2000)
    angles = to_eulers(quats, order)
    again = _from_eulers(angles, order)
    np.testing.assert_allclose(np.abs(np.sum(quats * again, axis=1)), 1.0, atol=1e-9)
    assert np.percentile(np.abs(np.diff(angles, axis=0)).max(axis=1), 95) < 0.5
    middle = "XYZ".index(order[1])
    assert np.abs(np.diff(angles[:, middle])).max() < 0.3


@pytest.mark.parametrize("order", EULER_ORDERS)
def test_a_locked_gimbal_has_angles_too(order: str):
    angles = np.zeros((3, 3))
    angles[:, "XYZ".index(order[1])] = np.pi / 2
    angles[:, "XYZ".index(order[0])] = [0.1, 0.2, 0.3]
    quats = _from_eulers(angles, order)
    again = _from_eulers(to_eulers(quats, order), order)
    np.testing.assert_allclose(np.abs(np.sum(quats * again, axis=1)), 1.0, atol=1e-9)


def test_axis_and_angle_are_the_same_turn():
    quats = _tumbling(50)
    angles = to_axis_angles(quats)
    np.testing.assert_allclose(np.linalg.norm(angles[:, 1:], axis=1), 1.0)
    half = 0.5 * angles[:, :1]
    again = np.concatenate([np.cos(half), np.sin(half) * angles[:, 1:]], axis=1)
    np.testing.assert_allclose(np.abs(np.sum(quats * again, axis=1)), 1.0, atol=1e-12)
