"""Robust bundle adjustment on a person: cameras, joints and one set of bone lengths.

Unknown are every camera (pose, focal length, k1, clock), the bones' lengths and all joints of all
frames. Frames are independent given the first group, so their joints are eliminated block by
block (Schur complement; Triggs et al., "Bundle Adjustment - A Modern Synthesis", 2000) and the
cost is linear in frames. Robust weights are those of a Cauchy loss, renewed at every step.
"""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.calibration.observations import Observations
from mvmocap_core.calibration.performer import (
    BONE_PAIRS,
    BONE_RATIOS,
    BONE_SOFTNESS,
    BONE_TWINS,
)
from mvmocap_core.geometry.rotations import rotvec_to_rotmat, skew
from mvmocap_core.options import ASSUMED_HEIGHT_M

KEYPOINT_NOISE = 0.0045
"""Standard deviation of a keypoint over the performer's height in the image (measured)."""
CAUCHY_SCALE = 2.0
DEPTH_NOISE = 1.0
"""Standard deviation of the depth component of a bone's direction in the detector's own 3D.

Wide, because that depth is biased as well as noisy: it decides between a scene and its mirror
image and little else.
"""
K1_STD = 0.03
BONE_PRIOR_STD = 0.12
TWIN_STD = 0.02
N_VIEW = 9
ROT, TRA, FOC, DIS, CLK = slice(0, 3), slice(3, 6), 6, 7, 8


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All unknowns. Units of the performer's assumed stature; the first camera is the origin.

    R: (V, 3, 3), t: (V, 3) world to camera; log_focal: (V,) of pixels; k1: (V,);
    clock_s: (V,) correction of the offset; log_bones: (B,) metres; joints: (F, J, 3).
    """

    R: np.ndarray
    t: np.ndarray
    log_focal: np.ndarray
    k1: np.ndarray
    clock_s: np.ndarray
    log_bones: np.ndarray
    joints: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Priors:
    """Means and standard deviations, (V,) each: log_focal of pixels; clock_s, seconds."""

    log_focal: np.ndarray
    log_focal_std: np.ndarray
    clock_s: np.ndarray
    clock_std_s: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """A scene, its robust cost (half a chi-square of independent samples), and its covariance.

    covariance: (9V + B, 9V + B) of the cameras' unknowns and the bones; 0 for frozen ones.
    """

    scene: Scene
    cost: float
    covariance: np.ndarray


def adjust(
    scene: Scene,
    observed: Observations,
    priors: Priors,
    *,
    free: tuple[str, ...] = ("pose",),
    n_steps: int = 10,
) -> Adjustment:
    """Levenberg-Marquardt from `scene`. `free` names what may move beside joints and bones.

    free: any of "pose", "focal", "k1", "clock".
    """
    mask = _free_mask(len(scene.t), free)
    damping = 1e-3
    system = _linearise(scene, observed, priors)
    for _ in range(n_steps):
        candidate, _ = _solve_step(scene, system, mask, damping)
        trial = _linearise(candidate, observed, priors)
        if trial.cost < system.cost:
            gain = (system.cost - trial.cost) / system.cost
            scene, system, damping = candidate, trial, max(damping * 0.2, 1e-8)
            if gain < 1e-5:
                break
        else:
            damping *= 10.0
            if damping > 1e6:
                break
    reduced = _solve_step(scene, system, mask, 0.0)[1]
    covariance = np.zeros((len(mask), len(mask)))
    covariance[np.ix_(mask, mask)] = np.linalg.pinv(reduced, hermitian=True)
    return Adjustment(scene, system.cost, covariance)


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """Normal equations: joints (F, 3J, 3J), coupling (F, 3J, G), shared (G, G), gradients."""

    joints: np.ndarray
    coupling: np.ndarray
    shared: np.ndarray
    joints_gradient: np.ndarray
    shared_gradient: np.ndarray
    cost: float


def _free_mask(n_views: int, free: tuple[str, ...]) -> np.ndarray:
    mask = np.zeros((n_views, N_VIEW), dtype=bool)
    mask[1:, ROT] = mask[1:, TRA] = "pose" in free
    mask[:, FOC] = "focal" in free
    mask[:, DIS] = "k1" in free
    mask[1:, CLK] = "clock" in free
    return np.concatenate([mask.ravel(), np.ones(len(BONE_PAIRS), dtype=bool)])


def _cauchy(squared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss and weight of squared residuals in standard deviations."""
    c2 = CAUCHY_SCALE**2
    return 0.5 * c2 * np.log1p(squared / c2), 1.0 / (1.0 + squared / c2)


def _linearise(scene: Scene, observed: Observations, priors: Priors) -> _System:
    n_frames, n_joints = scene.joints.shape[:2]
    n_views, n_bones = len(scene.t), len(BONE_PAIRS)
    n_shared = N_VIEW * n_views + n_bones
    A = np.zeros((n_frames, n_joints, 3, n_joints, 3))
    B = np.zeros((n_frames, n_joints, 3, n_shared))
    C = np.zeros((n_shared, n_shared))
    g = np.zeros((n_frames, n_joints, 3))
    h = np.zeros(n_shared)
    diagonal = np.arange(n_joints)
    A[:, diagonal, :, diagonal, :] = 1e-4 * np.eye(3)
    cost = 0.0
    for view in range(n_views):
        r, Jx, Jv, weight = reprojection(scene, observed, view)
        loss, robust = _cauchy((r**2).sum(axis=-1))
        cost += observed.independent * float((weight * loss).sum())
        w = observed.independent * (weight * robust)[..., None, None]
        columns = slice(N_VIEW * view, N_VIEW * (view + 1))
        wJx, wJv = w * Jx, w * Jv
        A[:, diagonal, :, diagonal, :] += np.einsum("fjab,fjac->jfbc", wJx, Jx)
        B[..., columns] += np.einsum("fjab,fjac->fjbc", wJx, Jv)
        C[columns, columns] += np.einsum("fjab,fjac->bc", wJv, Jv)
        g += np.einsum("fjab,fja->fjb", wJx, r)
        h[columns] += np.einsum("fjab,fja->b", wJv, r)
        cost += _add_depths(scene, observed, view, A, B, C, g, h)
    cost += _add_bones(scene, observed, A, B, C, g, h)
    cost += _add_priors(scene, priors, C, h)
    size = 3 * n_joints
    return _System(
        joints=A.reshape(n_frames, size, size),
        coupling=B.reshape(n_frames, size, n_shared),
        shared=C,
        joints_gradient=g.reshape(n_frames, size),
        shared_gradient=h,
        cost=cost,
    )


def reprojection(
    scene: Scene, observed: Observations, view: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Reprojection residuals of one view, in standard deviations.

    Returns residuals (F, J, 2), their derivatives by the joint (F, J, 2, 3) and by the view's
    unknowns (F, J, 2, 9), and weights (F, J), 0 behind the camera.
    """
    rotated = scene.joints @ scene.R[view].T
    p = rotated + scene.t[view]
    depth = np.maximum(p[..., 2], 0.05)
    weight = np.where(p[..., 2] > 0.05, observed.weight[view], 0.0)
    n = p[..., :2] / depth[..., None]
    r2 = (n**2).sum(axis=-1)[..., None]
    focal, k1 = np.exp(scene.log_focal[view]), scene.k1[view]
    lens = n * (1.0 + k1 * r2)
    sigma = KEYPOINT_NOISE * observed.size_px[view]
    center = observed.image_size[view] / 2.0
    at = observed.xy_px[view] - scene.clock_s[view] * observed.velocity_px[view]
    r = (focal * lens + center - at) / sigma

    D = (1.0 + k1 * r2)[..., None] * np.eye(2) + 2.0 * k1 * n[..., :, None] * n[..., None, :]
    Jn = np.zeros((*n.shape[:-1], 2, 3))
    Jn[..., 0, 0] = Jn[..., 1, 1] = 1.0 / depth
    Jn[..., :, 2] = -n / depth[..., None]
    Jp = focal / sigma * D @ Jn
    Jv = np.zeros((*n.shape[:-1], 2, N_VIEW))
    Jv[..., ROT] = -Jp @ skew(rotated)
    Jv[..., TRA] = Jp
    Jv[..., FOC] = focal / sigma * lens
    Jv[..., DIS] = focal / sigma * n * r2
    Jv[..., CLK] = observed.velocity_px[view] / sigma
    return r, Jp @ scene.R[view], Jv, weight


def _add_depths(
    scene: Scene,
    observed: Observations,
    view: int,
    A: np.ndarray,
    B: np.ndarray,
    C: np.ndarray,
    g: np.ndarray,
    h: np.ndarray,
) -> float:
    """The detector's own depth along each bone: noisy, but it knows front from back."""
    toward = bone_depths(scene, observed, view)
    rows = slice(N_VIEW * view, N_VIEW * view + 3)
    cost = 0.0
    for k, (i, j) in enumerate(BONE_PAIRS):
        bone = scene.joints[:, i] - scene.joints[:, j]
        length = np.linalg.norm(bone, axis=-1) + 1e-9
        u = bone / length[:, None]
        axis = scene.R[view][2]
        r = (u @ axis - toward[:, k]) / DEPTH_NOISE
        seen = np.isfinite(r)
        r = np.where(seen, r, 0.0)
        Jx = (axis - u * (u @ axis)[:, None]) / length[:, None] / DEPTH_NOISE
        Jr = np.cross(u @ scene.R[view].T, np.array([0.0, 0.0, 1.0])) / DEPTH_NOISE
        weight = np.minimum(observed.weight[view][:, i], observed.weight[view][:, j])
        loss, robust = _cauchy(r**2)
        weight = observed.independent * np.where(seen, weight, 0.0) / 3.0
        cost += float((weight * loss).sum())
        w = (weight * robust)[:, None]
        _add_pair(A, g, i, j, w * Jx, Jx, r)
        B[:, i, :, rows] += np.einsum("fa,fb->fab", w * Jx, Jr)
        B[:, j, :, rows] -= np.einsum("fa,fb->fab", w * Jx, Jr)
        C[rows, rows] += (w * Jr).T @ Jr
        h[rows] += (w * Jr).T @ r
    return cost


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
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    axis = np.cross(np.array([0.0, 0.0, 1.0]), ray)
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.arctan2(sine, ray[:, 2:])
    R = rotvec_to_rotmat(axis / np.maximum(sine, 1e-12) * angle)
    return np.einsum("fab,fjb->fja", R, observed.world_m[view])


def _add_bones(
    scene: Scene,
    observed: Observations,
    A: np.ndarray,
    B: np.ndarray,
    C: np.ndarray,
    g: np.ndarray,
    h: np.ndarray,
) -> float:
    """Bones keep their length over time."""
    first = N_VIEW * len(scene.t)
    seen = observed.weight.max(axis=0)
    cost = 0.0
    for k, ((i, j), softness) in enumerate(zip(BONE_PAIRS, BONE_SOFTNESS, strict=True)):
        bone = scene.joints[:, i] - scene.joints[:, j]
        length = np.linalg.norm(bone, axis=-1) + 1e-9
        r = (np.log(length) - scene.log_bones[k]) / softness
        Jx = bone / (length**2)[:, None] / softness
        loss, robust = _cauchy(r**2)
        weight = observed.independent * np.minimum(seen[:, i], seen[:, j])
        cost += float((weight * loss).sum())
        w = (weight * robust)[:, None]
        _add_pair(A, g, i, j, w * Jx, Jx, r)
        column = first + k
        B[:, i, :, column] -= w * Jx / softness
        B[:, j, :, column] += w * Jx / softness
        C[column, column] += w.sum() / softness**2
        h[column] -= float(w[:, 0] @ r) / softness
    return cost


def _add_pair(
    A: np.ndarray, g: np.ndarray, i: int, j: int, wJ: np.ndarray, J: np.ndarray, r: np.ndarray
) -> None:
    """Add a residual that depends on joint i by J and on joint j by -J."""
    block = np.einsum("fa,fb->fab", wJ, J)
    A[:, i, :, i] += block
    A[:, j, :, j] += block
    A[:, i, :, j] -= block
    A[:, j, :, i] -= block
    g[:, i] += wJ * r[:, None]
    g[:, j] -= wJ * r[:, None]


def _add_priors(scene: Scene, priors: Priors, C: np.ndarray, h: np.ndarray) -> float:
    n_views = len(scene.t)
    cost = 0.0
    for view in range(n_views):
        row = N_VIEW * view
        terms = (
            (FOC, scene.log_focal[view] - priors.log_focal[view], priors.log_focal_std[view]),
            (DIS, scene.k1[view], K1_STD),
            (CLK, scene.clock_s[view] - priors.clock_s[view], priors.clock_std_s[view]),
        )
        for column, value, std in terms:
            C[row + column, row + column] += 1.0 / std**2
            h[row + column] += value / std**2
            cost += 0.5 * (value / std) ** 2
    first = N_VIEW * n_views
    value = scene.log_bones - np.log(BONE_RATIOS * ASSUMED_HEIGHT_M)
    bones = first + np.arange(len(value))
    C[bones, bones] += 1.0 / BONE_PRIOR_STD**2
    h[bones] += value / BONE_PRIOR_STD**2
    cost += 0.5 * float((value**2).sum()) / BONE_PRIOR_STD**2
    for a, b in BONE_TWINS:
        difference = scene.log_bones[a] - scene.log_bones[b]
        C[np.ix_([first + a, first + b], [first + a, first + b])] += (
            np.array([[1.0, -1.0], [-1.0, 1.0]]) / TWIN_STD**2
        )
        h[first + a] += difference / TWIN_STD**2
        h[first + b] -= difference / TWIN_STD**2
        cost += 0.5 * (difference / TWIN_STD) ** 2
    return cost


def _solve_step(
    scene: Scene, system: _System, mask: np.ndarray, damping: float
) -> tuple[Scene, np.ndarray]:
    """One damped Gauss-Newton step; also the reduced matrix of the free shared unknowns."""
    size = system.joints.shape[1]
    A = system.joints.copy()
    diagonal = np.arange(size)
    A[:, diagonal, diagonal] *= 1.0 + damping
    B = system.coupling[:, :, mask]
    right = np.concatenate([B, system.joints_gradient[..., None]], axis=2)
    solved = np.linalg.solve(A, right)
    reduced = system.shared[np.ix_(mask, mask)] - np.einsum("fag,fah->gh", B, solved[..., :-1])
    gradient = system.shared_gradient[mask] - np.einsum("fag,fa->g", B, solved[..., -1])
    damped = reduced + damping * np.diag(np.diag(system.shared)[mask])
    step = np.zeros(len(mask))
    step[mask] = -np.linalg.solve(damped, gradient)
    joints = -solved[..., -1] - solved[..., :-1] @ step[mask]
    return _move(scene, step, joints), reduced


def _move(scene: Scene, step: np.ndarray, joints: np.ndarray) -> Scene:
    n_views = len(scene.t)
    views = step[: N_VIEW * n_views].reshape(n_views, N_VIEW)
    return replace(
        scene,
        R=rotvec_to_rotmat(views[:, ROT]) @ scene.R,
        t=scene.t + views[:, TRA],
        log_focal=scene.log_focal + views[:, FOC],
        k1=scene.k1 + views[:, DIS],
        clock_s=scene.clock_s + views[:, CLK],
        log_bones=scene.log_bones + step[N_VIEW * n_views :],
        joints=scene.joints + joints.reshape(scene.joints.shape),
    )
