"""How far off each joint may be, and how well it was seen."""

from dataclasses import replace

import numpy as np

from mvmocap_core.body.evidence import Evidence
from mvmocap_core.body.fit import OVERLAP, WINDOW
from mvmocap_core.body.kinematics import Pose, forward, landmark_positions, point_jacobian
from mvmocap_core.body.residuals import CAUCHY_SCALE, linearise, view_residuals
from mvmocap_core.body.skeleton import JOINT_NAMES, LANDMARK, N_JOINTS, Body
from mvmocap_core.body.smoothness import Elimination, Smoothness
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.lifting.lifted import hiddenness

RADIUS_68 = 1.872
"""The ball that holds 68 % of an isotropic normal distribution in 3D, in standard deviations."""
CENTRE_STD_M = {
    "shoulder": 0.008,
    "elbow": 0.0095,
    "wrist": 0.008,
    "hip": 0.012,
    "pelvis": 0.012,
    "knee": 0.008,
    "ankle": 0.002,
}
"""Doubt about where a joint's centre lies under the detector's landmark, per axis: what is left,
on rendered bodies, filmed ones and virtual takes of three subjects, beside the terms below."""
_OTHER_STD_M = 0.008
_TILT = 0.9
"""Of the doubt about the views' direction that is left in the pose: the whole of it turns along."""
_UPRIGHT = 0.4
"""Of a distance along the axis around which that mostly turns the pose, that counts as a lever."""
_STRETCH = 0.3
"""Of a lens's doubt that is left in depth: bones of known length take up the rest."""
_FIT_SHARE = 0.3
"""Of the fit's variance. Its noise is set wide, to bend to the play of skin over bone as well."""
_GUESS_SHARE = 0.02
"""Of what is guessed of a landmark that no view shows: such guesses are wrong the same way for as
long as it is hidden. By arms and legs of "dev" and "val" subjects, hidden for half a second to two,
of which 48 to 89 % are within their radius, and 68 in all."""
_USUAL_MISS = 0.9
"""Of landmarks from where the fitted body has them, in standard deviations of a keypoint: median
over the takes that the terms above were found on."""
_CLEARLY_SEEN = 0.25
_WHOLE = slice(None)
_CENTRE_STD = np.array(
    [CENTRE_STD_M.get(name.rpartition("_")[2], _OTHER_STD_M) for name in JOINT_NAMES]
)


def _watched_landmarks() -> list[list[int]]:
    """For every joint the landmarks that show where it is."""
    trunk = [LANDMARK[f"{s}_{p}"] for s in ("left", "right") for p in ("shoulder", "hip")]
    head = [LANDMARK[name] for name in ("nose", "left_ear", "right_ear")]
    shoulders, hips = trunk[0::2], trunk[1::2]
    watched: list[list[int]] = []
    for name in JOINT_NAMES:
        side, _, part = name.rpartition("_")
        if name in LANDMARK:
            watched.append([LANDMARK[name]])
        elif part == "toe":
            watched.append([LANDMARK[f"{side}_foot_index"]])
        elif part in ("head", "neck"):
            watched.append(head if part == "head" else head + shoulders)
        else:
            watched.append(shoulders if part == "clavicle" else hips if name == "pelvis" else trunk)
    return watched


WATCHED = _watched_landmarks()


def joint_errors(
    pose: Pose,
    body: Body,
    evidence: Evidence,
    calibration: Calibration,
    *,
    fps: float,
    frames: slice = _WHOLE,
) -> np.ndarray:
    """(F, J) radius in the body's units that holds the truth with 68 % probability.

    The fit's own covariance over all frames, all of it where no view shows the joint, and the doubt
    about the joints' centres, both by how far the whole take's landmarks miss the body, widened by
    the doubt that the performer leaves about the cameras, which turns around the middle of the
    take, and, where one view alone shows the performer, by the doubt about how far away that is.

    frames: those F of the take that are asked for, whose covariance counts.
    """
    smooth = Smoothness.at(fps)
    position, rotation = forward(pose, body)
    noise = _landmark_noise(landmark_positions(position, rotation, body), evidence)
    spread = _levers(position[frames] - np.median(position, axis=(0, 1)), evidence.poses)
    pose, evidence = pose[frames], evidence[frames]
    hidden = _of_joints(hiddenness(evidence.weight))
    tilt = _TILT * np.radians(calibration.lone_rotation_std_deg)
    stretch = _STRETCH * float(np.mean(calibration.lone_focal_std))
    shared = (spread * np.hypot(tilt, stretch)) ** 2 + 3.0 * (noise * _CENTRE_STD) ** 2
    if evidence.path is not None:
        shared = shared + evidence.path.deviation[:, None] ** 2
    n_frames = len(spread)
    variance = np.empty((n_frames, N_JOINTS))
    for first in range(0, n_frames, WINDOW):
        around = slice(max(first - OVERLAP, 0), min(first + WINDOW + OVERLAP, n_frames))
        window = _fit_variance(pose[around], body, evidence[around], smooth)
        last = min(first + WINDOW, n_frames)
        variance[first:last] = window[first - around.start : last - around.start]
    fit_share = _FIT_SHARE * noise**2 * (1.0 - hidden) + hidden
    return RADIUS_68 * np.sqrt((fit_share * variance + shared) / 3.0)


def _levers(offsets: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """(F, J) on which doubt about the cameras moves joints at offsets (F, J, 3) from the middle.

    Epipolar lines fix two of the angles between the views. The third, around the axis across
    the directions in which they look, has bones and perspective alone.
    """
    axis = np.linalg.svd(poses[:, 2, :3])[2][-1]
    along = offsets @ axis
    return np.sqrt((offsets**2).sum(axis=-1) - (1.0 - _UPRIGHT**2) * along**2)


def _landmark_noise(on_body: np.ndarray, evidence: Evidence) -> float:
    """How far landmarks miss the fitted body's (F, L, 3), over how far they usually do; at least 1.

    Landmarks that miss it by less prove nothing: views, and bodies, may share what is wrong.
    """
    if len(evidence.poses) < 2:
        return 1.0
    squared = []
    for view in range(len(evidence.poses)):
        r, _, weight = view_residuals(on_body, evidence, view)
        squared.append((r**2).sum(axis=-1)[weight > _CLEARLY_SEEN])
    missed = np.concatenate(squared)
    if not len(missed):
        return 1.0
    return max(float(np.sqrt(np.median(missed))) / _USUAL_MISS, 1.0)


def _fit_variance(pose: Pose, body: Body, evidence: Evidence, smooth: Smoothness) -> np.ndarray:
    """(F, J) trace of the positions' covariance."""
    if evidence.depth is not None:
        share = 1.0 - (1.0 - _GUESS_SHARE) * hiddenness(evidence.weight)
        evidence = replace(evidence, depth=evidence.depth.counted(share))
    blocks = linearise(pose, body, evidence, with_shape=False).hessian
    free = np.zeros(len(blocks), dtype=bool)
    system = Elimination.damped(blocks, smooth.hessian(pose), free, 0.0)
    covariance = system.marginal_covariance()
    position, rotation = forward(pose, body)
    jacobian = point_jacobian(position, rotation, position, np.arange(N_JOINTS))
    spread = jacobian @ covariance[:, None]
    return (spread * jacobian).sum(axis=(2, 3))


def joint_confidence(on_body: np.ndarray, evidence: Evidence) -> np.ndarray:
    """(F, J) in [0, 1]: how surely some view saw the joint where the motion has it.

    on_body: (F, L, 3) landmarks as posed.
    """
    unseen = np.ones(on_body.shape[:2])
    for view in range(len(evidence.poses)):
        r, _, _ = view_residuals(on_body, evidence, view)
        agreement = 1.0 / (1.0 + (r**2).sum(axis=-1) / (3.0 * CAUCHY_SCALE) ** 2)
        unseen *= 1.0 - np.sqrt(evidence.weight[view]) * agreement
    return _of_joints(1.0 - unseen)


def _of_joints(of_landmarks: np.ndarray) -> np.ndarray:
    """(F, L) -> (F, J): the mean over the landmarks that show where each joint is."""
    return np.stack([of_landmarks[:, landmarks].mean(axis=1) for landmarks in WATCHED], axis=1)
