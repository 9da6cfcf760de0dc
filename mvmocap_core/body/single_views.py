"""What single views say of a performer, and what of it was needed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.evidence import gather_evidence, offsets_seen
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import Track
from mvmocap_core.lifting.adaptation import Adaptation, adapt
from mvmocap_core.lifting.joints import JOINT_NAMES, LANDMARK_INDICES
from mvmocap_core.lifting.lift_take import with_network
from mvmocap_core.lifting.lifted import Lifted, blindness, lift_by_detector
from mvmocap_core.sync.timeline import Timeline

DECIDING = 0.5
"""Single views decide where a landmark is from this blindness of the views on."""


@dataclass(frozen=True, slots=True, eq=False)
class SingleViews:
    """Where single views decided, of F frames and the lifter's J joints.

    frames_share: share of the frames in which they decided at least one joint.
    joint_shares: (J,) share of the frames in which they decided a joint.
    adaptation:   what putting them right by the take was worth; None for a single video.
    """

    frames_share: float
    joint_shares: np.ndarray
    adaptation: Adaptation | None = None

    def decided(self) -> dict[str, float]:
        """Joints that they decided, by name, those of most frames first."""
        order = np.argsort(-self.joint_shares, kind="stable")
        return {JOINT_NAMES[k]: float(self.joint_shares[k]) for k in order if self.joint_shares[k]}


def lift_performer(
    tracks: Sequence[Track], timeline: Timeline, cameras: Cameras, times_s: np.ndarray
) -> tuple[Lifted, SingleViews]:
    """What every view by itself says at `times_s` (F,), first video's clock, and what it is for.

    The detector's guesses, put right by the take itself where that helps, and the network's of
    what the detector does not see. Those are not put right: what a guess at a limb in sight gets
    wrong says nothing of a limb out of sight.
    Raises InputError if the network's weights are missing.
    """
    lifted, adaptation = lift_by_detector(tracks, timeline, cameras, times_s), None
    seen = gather_evidence(tracks, timeline, cameras, times_s)
    if len(tracks) > 1:
        lifted, adaptation = adapt(lifted, offsets_seen(seen), seen.poses, times_s)
    lifted = with_network(lifted, tracks, timeline, cameras, times_s)
    guessed = np.isfinite(lifted.points).all(axis=-1).any(axis=0)
    decided = ((blindness(seen.weight) >= DECIDING) & guessed)[:, LANDMARK_INDICES]
    shares = (float(decided.any(axis=1).mean()), decided.mean(axis=0))
    return lifted, SingleViews(*shares, adaptation)
