"""Everybody's joints, from whom the views followed: the method `volume`."""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from mvmocap_core.geometry.shapes import check_shape
from mvmocap_core.lifting.joints import HIPS, N_JOINTS
from mvmocap_core.lifting.volume.networks import PoseNet, RootNet
from mvmocap_core.lifting.volume.roots import Roots, find_roots
from mvmocap_core.lifting.volume.space import working_space

_PEOPLE_AT_ONCE = 16
_MOVES_M = 0.5
_BY_PLACE = 0.1


def volume(
    keypoints: np.ndarray,
    T_cam_world: np.ndarray,
    networks: tuple[RootNet, PoseNet],
) -> np.ndarray:
    """Everybody whom at least two views see, however many they are.

    keypoints:   (V, M, F, J, 3) of M people whom each of V views followed over F frames, in no
                 order that the views share: undistorted x, y for focal length 1, and confidence;
                 joints as `joints.JOINT_NAMES`, confidence 0 where missing.
    T_cam_world: (V, 4, 4), roughly metres, however found; phones held about level.
    networks:    as trained by `training.volume`; untrained, they take the rays as they are.

    Returns joints (P, F, J, 3) in the world, NaN where a person is not found; who is found in most
    frames comes first. P may be 0.
    Raises ValueError for wrong shapes.
    SelfPose3d (Srivastav et al., CVPR 2024), see `losses`.
    """
    check_shape("keypoints", keypoints, (..., N_JOINTS, 3))
    check_shape("T_cam_world", T_cam_world, (len(keypoints), 4, 4))
    try:
        T_space_world = working_space(keypoints, T_cam_world)
    except ValueError:
        return np.full((0, keypoints.shape[2], N_JOINTS, 3), np.nan)
    root_net, pose_net = networks
    moments = torch.from_numpy(keypoints.transpose(2, 0, 1, 3, 4)).float()
    T_cam = torch.from_numpy(T_cam_world @ np.linalg.inv(T_space_world)).float()
    roots = find_roots(root_net, moments, T_cam.expand(len(moments), -1, 4, 4))
    joints = _posed(pose_net, moments, T_cam, roots).double().numpy()
    followed = _followed(joints, roots.slots.numpy())
    return (followed - T_space_world[:3, 3]) @ T_space_world[:3, :3]


def _posed(net: PoseNet, moments: Tensor, T_cam: Tensor, roots: Roots) -> Tensor:
    """(F, P, J, 3) joints of everybody with a root; NaN for nobody."""
    joints = torch.full((*roots.points.shape[:2], N_JOINTS, 3), torch.nan)
    frame, person = torch.isfinite(roots.points[..., 0]).nonzero(as_tuple=True)
    with torch.no_grad():
        for f, p in zip(frame.split(_PEOPLE_AT_ONCE), person.split(_PEOPLE_AT_ONCE), strict=True):
            T = T_cam.expand(len(f), -1, 4, 4)
            joints[f, p] = net(roots.own(moments, f, p), T, roots.points[f, p])
    return joints


def _followed(joints: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """Joints (F, N, J, 3) in any order -> (P, F, J, 3), each person one row.

    slots: (F, N, V). Somebody is who the views follow, or who stands where they stood.
    """
    roots = joints[:, :, HIPS].mean(axis=2)
    rows: list[np.ndarray] = []
    last_slots, last_roots = np.zeros((0, slots.shape[2])), np.zeros((0, 3))
    for frame in range(len(joints)):
        here = np.flatnonzero(np.isfinite(roots[frame, :, 0]))
        same = (last_slots[:, None] == slots[frame, here]) & (slots[frame, here] >= 0)
        apart_m = np.linalg.norm(last_roots[:, None] - roots[frame, here], axis=-1)
        score = same.sum(axis=-1) + _BY_PLACE * np.exp(-apart_m)
        score = np.where(same.any(axis=-1) | (apart_m < _MOVES_M), score, -1.0)
        known = set[int]()
        for person, column in zip(*linear_sum_assignment(-score), strict=True):
            if score[person, column] >= 0:
                rows[person][frame] = joints[frame, here[column]]
                last_slots[person] = slots[frame, here[column]]
                last_roots[person] = roots[frame, here[column]]
                known.add(column)
        for column in set(range(len(here))) - known:
            rows.append(np.full((len(joints), N_JOINTS, 3), np.nan))
            rows[-1][frame] = joints[frame, here[column]]
            last_slots = np.concatenate([last_slots, slots[frame, [here[column]]]])
            last_roots = np.concatenate([last_roots, roots[frame, [here[column]]]])
    rows.sort(key=lambda row: -int(np.isfinite(row[:, 0, 0]).sum()))
    return np.stack(rows) if rows else np.full((0, *joints.shape[:1], N_JOINTS, 3), np.nan)
