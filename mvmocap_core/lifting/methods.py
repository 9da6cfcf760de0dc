"""Lifting by method: what single views, or all views fused, say of one performer's depth.

Every method but "geometry" has its function in `METHODS`. Those that need PyTorch load it when they
are used.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from mvmocap_core.lifting.adaptation import Adaptation, adapt
from mvmocap_core.lifting.lift_take import FilmedTake, lift_take, with_network
from mvmocap_core.lifting.lifted import Lifted, lift_by_detector

Answer = tuple[Lifted, Adaptation | None]
Method = Callable[[FilmedTake, np.ndarray, str], Answer]
"""Of a take, the places of landmarks that two views see (F, L, 3) as `correction.offsets_of` gives
them, and the device where networks run. No adaptation is told where the take put nothing right."""


def lift_by(method: str, filmed: FilmedTake, offsets: np.ndarray, device: str = "auto") -> Answer:
    """What a method says of a take, see `Method`.

    Raises InputError if the weights of its network are missing.
    """
    return METHODS[method](filmed, offsets, device)


def _by_detector_and_take(filmed: FilmedTake, offsets: np.ndarray, device: str) -> Answer:
    """The detector's guesses, put right by the take itself where that helps, and the network's.

    The network's are of what the detector does not see. Those are not put right: what a guess at
    a limb in sight gets wrong says nothing of a limb out of sight.
    """
    lifted = lift_by_detector(filmed.tracks, filmed.timeline, filmed.cameras, filmed.times_s)
    adaptation = None
    if len(filmed.tracks) > 1:
        lifted, adaptation = adapt(lifted, offsets, filmed.cameras.T_cam_world, filmed.times_s)
    return with_network(lifted, filmed), adaptation


def _consistency(filmed: FilmedTake, offsets: np.ndarray, device: str) -> Answer:
    """The pretrained network, trained on with the take's views where that helps."""
    from mvmocap_core.lifting.consistent_take import lift_consistently  # loads PyTorch

    return lift_consistently(filmed, offsets, device)


def _geometric(filmed: FilmedTake, offsets: np.ndarray, device: str) -> Answer:
    """Every frame of every view by itself, with a network that was trained so."""
    from mvmocap_core.lifting.geometric import lift_views  # loads PyTorch

    return lift_take(lift_views, filmed, "geometric"), None


def _cross_view_fusion(filmed: FilmedTake, offsets: np.ndarray, device: str) -> Answer:
    """All views fused into one pose a frame, whatever is known of the cameras."""
    from mvmocap_core.lifting.cross_view_lifting import lift_views  # loads PyTorch

    return lift_take(lift_views, filmed, "cross_view_fusion"), None


def _volume(filmed: FilmedTake, offsets: np.ndarray, device: str) -> Answer:
    """Joints in a cube about the root, by all views' rays at once and what is known of bodies."""
    from mvmocap_core.lifting.volume.lift import lift_views  # loads PyTorch

    lifter = partial(lift_views, T_cam_world=filmed.cameras.T_cam_world)
    return lift_take(lifter, filmed, "volume"), None


METHODS: dict[str, Method] = {
    "auto": _by_detector_and_take,
    "consistency": _consistency,
    "geometric": _geometric,
    "cross_view_fusion": _cross_view_fusion,
    "volume": _volume,
}
