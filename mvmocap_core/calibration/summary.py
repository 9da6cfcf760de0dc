"""What an adjustment says of the cameras, and how sure it is."""

from dataclasses import replace

import numpy as np

from mvmocap_core.calibration.bundle import Adjustment
from mvmocap_core.calibration.cameras import Calibration, Cameras
from mvmocap_core.calibration.observations import Observations
from mvmocap_core.calibration.performer import BONE_PAIRS, BONE_SOFTNESS, TARGET_NOISE
from mvmocap_core.calibration.scene import CLK, FOC, N_VIEW, ROT, Scene
from mvmocap_core.calibration.terms import reprojection
from mvmocap_core.geometry.cameras import camera_center, rigid_transform
from mvmocap_core.geometry.triangulation import triangulate_dlt

_MEDIAN_OF_SQUARE = 0.455
"""Of one normal residual in standard deviations."""
_MIN_VARIANCE = 0.05
"""Of keypoints over the usual one; no detector is better."""


def summarise(
    best: Adjustment,
    observed: Observations,
    offset_s: np.ndarray,
    margin: float,
    *,
    alone: Adjustment,
) -> Calibration:
    """The calibration that an adjustment to `observed` means, with how sure it is.

    alone: the same scene with the doubt that the performer leaves without any room.
    """
    scene = best.scene
    views = _views_std(best, len(offset_s))
    lone = _views_std(alone, len(offset_s))
    rms_px = _reprojection_rms_px(scene, observed)
    poses = np.stack([rigid_transform(R, t) for R, t in zip(scene.R, scene.t, strict=True)])
    K = np.zeros((len(offset_s), 3, 3))
    K[:, 0, 0] = K[:, 1, 1] = np.exp(scene.log_focal)
    K[:, :2, 2] = observed.image_size / 2.0
    K[:, 2, 2] = 1.0
    dist = np.zeros((len(offset_s), 4))
    dist[:, 0] = scene.k1
    return Calibration(
        cameras=Cameras(K=K, dist=dist, image_size=observed.image_size, T_cam_world=poses),
        offset_s=offset_s,
        offset_std_s=views[:, CLK],
        agreement=np.ones(len(offset_s)),
        focal_std=views[:, FOC],
        rotation_std_deg=_rotation_std_deg(views),
        lone_focal_std=lone[:, FOC],
        lone_rotation_std_deg=_rotation_std_deg(lone),
        view_angle_deg=_view_angle_deg(poses, np.nanmedian(scene.joints, axis=(0, 1))),
        reprojection_rms_px=rms_px,
        reprojection_rel=rms_px / observed.size_px,
        bone_variation=_bone_variation(scene, observed, poses),
        swapped_share=np.zeros(len(offset_s)),
        margin=margin,
        n_frames=len(observed.times_s),
    )


def _views_std(best: Adjustment, n_views: int) -> np.ndarray:
    """(V, N_VIEW) one standard deviation of the views' unknowns."""
    variance = np.diag(best.covariance)[: N_VIEW * n_views]
    return np.sqrt(np.maximum(variance, 0.0)).reshape(n_views, N_VIEW)


def _rotation_std_deg(views_std: np.ndarray) -> float:
    return float(np.degrees(np.linalg.norm(views_std[1:, ROT], axis=1).max()))


def with_own_noise(scene: Scene, observed: Observations) -> Observations:
    """The observations, trusted as far as the views of this take agree with each other.

    Two views of a point leave one residual of four free: how far their rays miss each other. That
    tells the noise without any truth, and how sure the cameras are follows from it.
    """
    n_views = len(observed.xy_px)
    squared = []
    for view in range(n_views):
        r, _, _, weight = reprojection(scene, observed, view)
        squared.append((r**2).sum(axis=-1)[weight > 0.25])
    left_over = (2.0 * n_views - 3.0) / n_views
    variance = float(np.median(np.concatenate(squared))) / (_MEDIAN_OF_SQUARE * left_over)
    return replace(observed, independent=observed.independent / max(variance, _MIN_VARIANCE))


def _reprojection_rms_px(scene: Scene, observed: Observations) -> np.ndarray:
    """(V,) robust: from the median squared residual of confident joints."""
    rms = []
    for view, size_px in enumerate(observed.size_px):
        r, _, _, weight = reprojection(scene, observed, view)
        off_px = r * TARGET_NOISE[:, None] * size_px
        squared = (off_px**2).sum(axis=-1)[weight > 0.25]
        # the median of a chi-square with two degrees of freedom is 2 ln 2
        rms.append(np.sqrt(np.median(squared) / np.log(2.0)))
    return np.array(rms)


def _view_angle_deg(poses: np.ndarray, middle: np.ndarray) -> float:
    """Largest angle at the performer between two cameras."""
    ray = camera_center(poses) - middle
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    cosine = np.clip(ray @ ray.T, -1.0, 1.0)
    return float(np.degrees(np.arccos(cosine[np.triu_indices(len(ray), 1)])).max())


def _bone_variation(scene: Scene, observed: Observations, poses: np.ndarray) -> float:
    """Mean robust coefficient of variation of limb lengths between triangulated landmarks."""
    focal = np.exp(scene.log_focal)[:, None, None, None]
    normalised = (observed.xy_px - observed.image_size[:, None, None] / 2.0) / focal
    seen = observed.weight > 0.25
    joints = triangulate_dlt(np.where(seen[..., None], normalised, np.nan), poses)
    limbs = BONE_PAIRS[BONE_SOFTNESS <= BONE_SOFTNESS.min()]
    length = np.linalg.norm(joints[:, limbs[:, 0]] - joints[:, limbs[:, 1]], axis=-1)
    length = length[:, np.isfinite(length).sum(axis=0) > 5]
    low, middle, high = np.nanpercentile(length, (16, 50, 84), axis=0)
    return float(np.mean((high - low) / 2.0 / middle))
