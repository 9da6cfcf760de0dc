"""How far each moment of a motion may be trusted, and the moments to look at first."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.motion.clip import MotionClip

FIRM, WEAK = 0.6, 0.35
"""Trust in a moment from which nobody has to look, and below which something is likely wrong."""

N_MOMENTS = 6

_NOTICED_M = 0.05  # an error that is seen at a hand or a foot
_WORST_SHARE = 0.25  # of the joints: an animator sees the limb that is wrong, not the average
_APART_S = 1.0
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that should be looked at.

    time_s: on the first video's clock. trust: see `frame_trust`.
    joints: the names of the least trusted joints, worst first.
    """

    time_s: float
    trust: float
    joints: tuple[str, ...]


def joint_trust(motion: MotionClip) -> np.ndarray:
    """(F, J) in [0, 1]: how surely a joint was seen, less where its error would be noticed.

    NaN where nothing is known.
    """
    with np.errstate(divide="ignore"):
        return motion.confidence * np.minimum(1.0, _NOTICED_M / motion.error_m)


def frame_trust(motion: MotionClip) -> np.ndarray:
    """(F,) mean trust of the least trusted quarter of the joints; NaN where nothing is known."""
    trust = np.sort(joint_trust(motion), axis=1)  # NaN comes last
    n_worst = max(1, round(_WORST_SHARE * trust.shape[1]))
    return trust[:, :n_worst].mean(axis=1)


def worst_moments(motion: MotionClip) -> list[Moment]:
    """At most `N_MOMENTS` moments that are not firm, at least a second apart, in order of time."""
    trust = frame_trust(motion)
    left = np.where(trust < FIRM, trust, np.inf)  # NaN is not firm, nor known to be worse
    found: list[Moment] = []
    while len(found) < N_MOMENTS and np.isfinite(left).any():
        frame = int(np.argmin(left))
        found.append(_moment(motion, frame, float(trust[frame])))
        left[np.abs(motion.times_s - motion.times_s[frame]) < _APART_S] = np.inf
    return sorted(found, key=lambda moment: moment.time_s)


def binned_trust(motion: MotionClip, n_bins: int) -> np.ndarray:
    """(B,) the lowest trust in each of B <= n_bins equal parts of the motion; NaN if none known."""
    parts = np.array_split(frame_trust(motion), min(n_bins, len(motion.times_s)))
    return np.array([np.nan if np.isnan(part).all() else np.nanmin(part) for part in parts])


def _moment(motion: MotionClip, frame: int, trust: float) -> Moment:
    joints = joint_trust(motion)[frame]
    order = np.argsort(joints)
    named = [joint for joint in order[:_MAX_NAMED] if joints[joint] < FIRM]
    names = tuple(str(motion.joint_names[joint]) for joint in named)
    return Moment(float(motion.times_s[frame]), trust, names)
