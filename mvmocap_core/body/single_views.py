"""What single views say of a performer, and what of it was needed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.evidence import gather_evidence, offsets_seen
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import Track
from mvmocap_core.lifting.adaptation import Adaptation
from mvmocap_core.lifting.joints import JOINT_NAMES, LANDMARK_INDICES
from mvmocap_core.lifting.lift_take import FilmedTake
from mvmocap_core.lifting.lifted import Lifted, blindness
from mvmocap_core.lifting.methods import lift_by
from mvmocap_core.sync.timeline import Timeline

DECIDING = 0.5
"""Single views decide where a landmark is from this blindness of the views on."""


@dataclass(frozen=True, slots=True, eq=False)
class SingleViews:
    """Where single views decided, of F frames and the lifter's J joints.

    frames_share: share of the frames in which they decided at least one joint.
    joint_shares: (J,) share of the frames in which they decided a joint.
    adaptation:   what putting them right by the take was worth; None where it is not.
    """

    frames_share: float
    joint_shares: np.ndarray
    adaptation: Adaptation | None = None

    def decided(self) -> dict[str, float]:
        """Joints that they decided, by name, those of most frames first."""
        order = np.argsort(-self.joint_shares, kind="stable")
        return {JOINT_NAMES[k]: float(self.joint_shares[k]) for k in order if self.joint_shares[k]}


def lift_performer(
    tracks: Sequence[Track],
    timeline: Timeline,
    cameras: Cameras,
    times_s: np.ndarray,
    *,
    method: str = "auto",
    device: str = "auto",
) -> tuple[Lifted, SingleViews]:
    """What single views say at `times_s` (F,), first video's clock, and what it is for.

    method, device: see `SolveOptions`; any method but "geometry".
    Raises InputError if the network's weights are missing.
    """
    seen = gather_evidence(tracks, timeline, cameras, times_s)
    filmed = FilmedTake(tracks, timeline, cameras, times_s)
    lifted, adaptation = lift_by(method, filmed, offsets_seen(seen), device)
    guessed = np.isfinite(lifted.points).all(axis=-1).any(axis=0)
    decided = ((blindness(seen.weight) >= DECIDING) & guessed)[:, LANDMARK_INDICES]
    shares = (float(decided.any(axis=1).mean()), decided.mean(axis=0))
    return lifted, SingleViews(*shares, adaptation)
