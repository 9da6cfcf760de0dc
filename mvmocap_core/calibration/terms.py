"""What a scene must explain: keypoints, the detector's depth, bones, and what is likely.

Residuals are in standard deviations, robust by a Cauchy loss whose weights are renewed at every
step.
"""

import numpy as np

from mvmocap_core.calibration.normal_equations import NormalEquations
from mvmocap_core.calibration.observations import Observations
from mvmocap_core.calibration.performer import (
    BONE_PAIRS,
    BONE_RATIOS,
    BONE_SOFTNESS,
    BONE_TWINS,
    TARGET_NOISE,
)
from mvmocap_core.calibration.scene import CLK, DIS, FOC, N_VIEW, ROT, TRA, Priors, Scene
from mvmocap_core.geometry.rotations import rotmat_between, rotmat_to_rotvec, skew
from mvmocap_core.options import ASSUMED_HEIGHT_M
from mvmocap_core.room.turns import room_turns

CAUCHY_SCALE = 2.0
ROOM_SCALE = 10.0
"""Standard deviations of a room's axes beyond which they are another room's (Welsch's loss)."""
DEPTH_NOISE = 1.0
"""Standard deviation of the depth component of a bone's direction in the detector's own 3D.

Wide, because that depth is biased as well as noisy: it decides between a scene and its mirror
image and little else.
"""
K1_STD = 0.03
BONE_PRIOR_STD = 0.12
TWIN_STD = 0.01
_MIN_DEPTH = 0.05
_BEHIND = 1e6
"""Squared residual of a joint behind the camera that sees it."""


def linearise(scene: Scene, observed: Observations, priors: Priors) -> NormalEquations:
    """All terms at `scene`."""
    n_frames, n_joints = scene.joints.shape[:2]
    equations = NormalEquations(n_frames, n_joints, scene.n_shared)
    for view in range(len(scene.t)):
        _add_reprojection(equations, scene, observed, view)
        _add_depths(equations, scene, observed, view)
    _add_bones(equations, scene, observed)
    _add_priors(equations, scene, priors)
    return equations


def _cauchy(equations: NormalEquations, squared: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Add the loss of squared residuals; return the weights of their squares."""
    c2 = CAUCHY_SCALE**2
    equations.cost += float((weight * 0.5 * c2 * np.log1p(squared / c2)).sum())
    return weight / (1.0 + squared / c2)


def _add_reprojection(
    equations: NormalEquations, scene: Scene, observed: Observations, view: int
) -> None:
    r, J, J_view, in_front = reprojection(scene, observed, view)
    seen = observed.weight[view]
    # behind the camera nothing pulls, but it must not be the cheapest place to be
    squared = np.where((in_front > 0) | (seen == 0), (r**2).sum(axis=-1), _BEHIND)
    weight = _cauchy(equations, squared, observed.independent * seen) * (in_front > 0)
    equations.add_points(r, weight, J, J_view, N_VIEW * view)


def reprojection(
    scene: Scene, observed: Observations, view: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Reprojection residuals of one view, in standard deviations.

    Returns residuals (F, J, 2), their derivatives by the joint (F, J, 2, 3) and by the view's
    unknowns (F, J, 2, 9), and weights (F, J), 0 behind the camera.
    """
    rotated = scene.joints @ scene.R[view].T
    p = rotated + scene.t[view]
    depth = np.maximum(p[..., 2], _MIN_DEPTH)
    weight = np.where(p[..., 2] > _MIN_DEPTH, observed.weight[view], 0.0)
    n = p[..., :2] / depth[..., None]
    r2 = (n**2).sum(axis=-1)[..., None]
    focal, k1 = np.exp(scene.log_focal[view]), scene.k1[view]
    lens = n * (1.0 + k1 * r2)
    sigma = TARGET_NOISE[:, None] * observed.size_px[view]
    center = observed.image_size[view] / 2.0
    at = observed.xy_px[view] - scene.clock_s[view] * observed.velocity_px[view]
    r = (focal * lens + center - at) / sigma

    D = (1.0 + k1 * r2)[..., None] * np.eye(2) + 2.0 * k1 * n[..., :, None] * n[..., None, :]
    Jn = np.zeros((*n.shape[:-1], 2, 3))
    Jn[..., 0, 0] = Jn[..., 1, 1] = 1.0 / depth
    Jn[..., :, 2] = -n / depth[..., None]
    Jp = focal / sigma[..., None] * D @ Jn
    Jv = np.zeros((*n.shape[:-1], 2, N_VIEW))
    Jv[..., ROT] = -Jp @ skew(rotated)
    Jv[..., TRA] = Jp
    Jv[..., FOC] = focal / sigma * lens
    Jv[..., DIS] = focal / sigma * n * r2
    Jv[..., CLK] = observed.velocity_px[view] / sigma
    return r, Jp @ scene.R[view], Jv, weight


def _add_depths(
    equations: NormalEquations, scene: Scene, observed: Observations, view: int
) -> None:
    """The detector's own depth along each bone: noisy, but it knows front from back."""
    first, second = BONE_PAIRS.T
    u, length = _bones(scene)
    axis = scene.R[view][2]
    r = (u @ axis - bone_depths(scene, observed, view)) / DEPTH_NOISE
    seen = np.isfinite(r)
    r = np.where(seen, r, 0.0)
    J = (axis - u * (u @ axis)[..., None]) / length[..., None] / DEPTH_NOISE
    J_rotation = np.cross(u @ scene.R[view].T, np.array([0.0, 0.0, 1.0])) / DEPTH_NOISE
    weight = np.minimum(observed.weight[view][:, first], observed.weight[view][:, second])
    # the views' depths of one bone, and neighbouring bones' depths, are not independent
    weight = _cauchy(equations, r**2, observed.independent * np.where(seen, weight, 0.0) / 3.0)
    columns = np.tile(N_VIEW * view + np.arange(3), (len(BONE_PAIRS), 1))
    equations.add_pairs(BONE_PAIRS, r, weight, J, J_rotation, columns)


def _bones(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Unit directions (F, B, 3) from the second joint to the first, and lengths (F, B)."""
    bone = scene.joints[:, BONE_PAIRS[:, 0]] - scene.joints[:, BONE_PAIRS[:, 1]]
    length = np.linalg.norm(bone, axis=-1) + 1e-9
    return bone / length[..., None], length


def bone_depths(scene: Scene, observed: Observations, view: int) -> np.ndarray:
    """(F, B) depth component of every bone's direction as the detector's own 3D has it.

    The detector's landmarks are relative to a crop seen straight on, so they are turned by the
    viewing ray to the performer first.
    """
    turned = world_in_camera(observed, view, float(np.exp(scene.log_focal[view])))
    bone = turned[:, BONE_PAIRS[:, 0]] - turned[:, BONE_PAIRS[:, 1]]
    return bone[..., 2] / (np.linalg.norm(bone, axis=-1) + 1e-9)


def world_in_camera(observed: Observations, view: int, focal_px: float) -> np.ndarray:
    """(F, J, 3) the detector's own 3D in the camera's axes, given the focal length in pixels."""
    weight = observed.weight[view]
    total = np.maximum(weight.sum(axis=1), 1e-9)[:, None]
    middle = (observed.xy_px[view] * weight[..., None]).sum(axis=1) / total
    offset = (middle - observed.image_size[view] / 2.0) / focal_px
    ray = np.concatenate([offset, np.ones((len(offset), 1))], axis=1)
    R = rotmat_between(np.array([0.0, 0.0, 1.0]), ray)
    return np.einsum("fab,fjb->fja", R, observed.world_m[view])


def _add_bones(equations: NormalEquations, scene: Scene, observed: Observations) -> None:
    """Bones keep their length over time."""
    u, length = _bones(scene)
    r = (np.log(length) - scene.log_bones) / BONE_SOFTNESS
    J = u / (length * BONE_SOFTNESS)[..., None]
    seen = observed.weight.max(axis=0)
    weight = np.minimum(seen[:, BONE_PAIRS[:, 0]], seen[:, BONE_PAIRS[:, 1]])
    weight = _cauchy(equations, r**2, observed.independent * weight)
    J_length = np.broadcast_to(-1.0 / BONE_SOFTNESS[:, None], (*r.shape, 1))
    columns = N_VIEW * len(scene.t) + np.arange(len(BONE_PAIRS))[:, None]
    equations.add_pairs(BONE_PAIRS, r, weight, J, J_length, columns)


def _add_priors(equations: NormalEquations, scene: Scene, priors: Priors) -> None:
    """Lenses and clocks as they usually are, and people's proportions."""
    n_views = len(scene.t)
    views = N_VIEW * np.arange(n_views)
    equations.add_shared(views + FOC, scene.log_focal - priors.log_focal, priors.log_focal_std)
    equations.add_shared(views + DIS, scene.k1, priors.k1_std)
    equations.add_shared(views + CLK, scene.clock_s - priors.clock_s, priors.clock_std_s)
    bones = N_VIEW * n_views + np.arange(len(BONE_PAIRS))
    usual = np.log(BONE_RATIOS * ASSUMED_HEIGHT_M)
    spread = np.full(len(bones), BONE_PRIOR_STD)
    equations.add_shared(bones, scene.log_bones - usual, spread)
    _add_room(equations, scene, priors)
    left, right = BONE_TWINS.T
    equations.add_differences(
        bones[BONE_TWINS], scene.log_bones[left] - scene.log_bones[right], TWIN_STD
    )


def _add_room(equations: NormalEquations, scene: Scene, priors: Priors) -> None:
    """All views see one room: they are turned as its axes say, in the nearest of 24 ways.

    Robust, because two views may see different rooms, or two directions of one.
    """
    for view, nearest in enumerate(room_turns(priors.room_axes, scene.R)):
        if not np.isfinite(nearest).all():
            continue
        off = rotmat_to_rotvec(scene.R[view] @ scene.R[0].T @ nearest.T)
        variance = priors.room_std_rad[view] ** 2 + priors.room_std_rad[0] ** 2
        scaled = float((off**2).sum() / variance) / ROOM_SCALE**2
        equations.cost += priors.room_share * ROOM_SCALE**2 * -np.expm1(-0.5 * scaled)
        weight = priors.room_share * np.exp(-0.5 * scaled) / variance
        equations.add_weighted(N_VIEW * view + np.arange(3), off, weight)
