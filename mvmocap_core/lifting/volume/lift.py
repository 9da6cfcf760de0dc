"""The method `volume` of one performer, whom the solve has told apart: all views give one pose."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from mvmocap_core.lifting.joints import root_of, stature_of
from mvmocap_core.lifting.lift_take import LifterViews, interpolated
from mvmocap_core.lifting.volume.networks import PoseNet, RootNet, load_volume
from mvmocap_core.lifting.volume.people import volume

ROOT_WEIGHTS, POSE_WEIGHTS = (
    Path(__file__).with_name(f"{name}.safetensors") for name in ("root", "pose")
)
FILLED = 0.4
"""Confidence of keypoints from the frames before and after."""
ERROR, ERROR_BLIND = 0.015, 0.035
"""Of joints that two views see, and of others; over stature, in any direction.

Views that do not see them have `UNSEEN_OVER_SEEN` of it.
"""


def lift_views(views: LifterViews, T_cam_world: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Poses and errors as `lift_take.ViewsLifter`, every frame by itself.

    T_cam_world: (V, 4, 4). Of frames that fewer than two views see, or in which their rays to the
    hips do not meet, nothing is said. Keypoints that a view lacks in a frame that shows the
    performer are taken from the frames before and after.
    Raises InputError if weights are missing.
    """
    is_seen = views.keypoints[..., 2] > 0
    filled = interpolated(views.keypoints, FILLED)
    filled = np.where(is_seen.any(axis=-1)[..., None, None], filled, 0.0)
    keypoints = _in_image(replace(views, keypoints=filled))
    error = np.where(is_seen.sum(axis=0) >= 2, ERROR, ERROR_BLIND)
    errors = np.broadcast_to(error[..., None], (*is_seen.shape, 2))
    nets = load_volume(RootNet, ROOT_WEIGHTS), load_volume(PoseNet, POSE_WEIGHTS)
    found = volume(keypoints[:, None], T_cam_world, nets)
    joints = found[0] if len(found) else np.full(keypoints.shape[1:], np.nan)
    offsets = (joints - root_of(joints)) / _typical_stature(joints)
    axes = views.R_crop_cam @ T_cam_world[:, None, :3, :3]
    return np.einsum("vtab,tjb->vtja", axes, offsets), errors


def _typical_stature(joints: np.ndarray) -> float:
    known = np.isfinite(joints).all(axis=(1, 2))
    return float(np.median(stature_of(joints[known]))) if known.any() else float("nan")


def _in_image(views: LifterViews) -> np.ndarray:
    """(V, T, J, 3) image coordinates, focal length 1, and confidence; 0 where missing."""
    is_known = np.isfinite(views.R_crop_cam).all(axis=(-2, -1), keepdims=True)[..., 0]
    R = np.where(is_known[..., None], views.R_crop_cam, np.eye(3))
    flat = views.keypoints[..., :2] * views.size[..., None, None]
    ahead = np.concatenate([flat, np.ones_like(flat[..., :1])], axis=-1)
    turned = np.einsum("vtba,vtjb->vtja", R, ahead)
    is_seen = (views.keypoints[..., 2:] > 0) & is_known[..., None] & (turned[..., 2:] > 0)
    xy = turned[..., :2] / np.where(is_seen, turned[..., 2:], 1.0)
    return np.where(is_seen, np.concatenate([xy, views.keypoints[..., 2:]], axis=-1), 0.0)
