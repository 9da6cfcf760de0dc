"""Where the soles are: the heel and the toe that a foot stands on, on the moving body."""

import numpy as np

from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.pose import forward, joint_motion

SIDES = ("left", "right")
_LANDMARKS = ("heel", "foot_index")
# Where no landmark was solved: behind and below the ankle, and at the toe joint.
_HEEL_M = np.array([0.0, 0.05, -0.06])


def sole_points(clip: MotionClip, offsets_m: np.ndarray) -> np.ndarray:
    """(F, 2, 2, 3) left/right foot, heel/toe, world: points that turn with the ankle.

    offsets_m: (2, 2, 3) in the ankle's frame, see `sole_offsets`.
    """
    positions, rotations = forward(joint_motion(clip), clip.joint_parents, clip.rest_offsets_m)
    ankles = ankle_rows(clip)
    turned = np.einsum("fsab,spb->fspa", rotations[:, ankles], offsets_m)
    return positions[:, ankles, None] + turned


def ankle_rows(clip: MotionClip) -> list[int]:
    """Rows of the left and the right ankle."""
    names = clip.joint_names.tolist()
    return [names.index(f"{side}_ankle") for side in SIDES]


def sole_offsets(clip: MotionClip) -> np.ndarray:
    """(2, 2, 3) left/right foot, heel/toe, in the ankle's frame of a fitted clip.

    Where the landmarks lie in the median frame; both feet are alike.
    """
    positions, rotations = forward(joint_motion(clip), clip.joint_parents, clip.rest_offsets_m)
    names, landmarks = clip.joint_names.tolist(), clip.landmark_names.tolist()
    offsets = np.empty((2, 2, 3))
    for s, side in enumerate(SIDES):
        ankle = names.index(f"{side}_ankle")
        for p, landmark in enumerate(_LANDMARKS):
            seen = clip.landmarks_m[:, landmarks.index(f"{side}_{landmark}")]
            local = np.einsum("fba,fb->fa", rotations[:, ankle], seen - positions[:, ankle])
            local = local[np.isfinite(local).all(axis=1)]
            fallback = _HEEL_M if p == 0 else clip.rest_offsets_m[names.index(f"{side}_toe")]
            offsets[s, p] = np.median(local, axis=0) if len(local) else fallback
    mirrored = offsets[::-1] * np.array([-1.0, 1.0, 1.0])
    return 0.5 * (offsets + mirrored)
