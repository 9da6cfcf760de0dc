"""Lifting by method: what single views, or all views fused, say of one performer's depth.

Every method but "geometry" has its function in `METHODS`. Those that need PyTorch load it when they
are used.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from mvmocap_core.lifting.adaptation import Adaptation, adapt
from mvmocap_core.lifting.lift_take import FilmedTake, by_weights, lift_take
from mvmocap_core.lifting.lifted import (
    Lifted,
    choose,
    combine,
    fill,
    in_sight,
    lift_by_detector,
)
from mvmocap_core.lifting.weights import load_weights

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
    """The detector's guesses and the pretrained network's, put right by the take where that helps.

    Together they know more than either. But what a guess at a limb in sight gets wrong says nothing
    of a limb out of sight: there two views take the detector's, and the network's, as it is, of
    what the detector says nothing of.
    """
    by_detector = lift_by_detector(filmed.tracks, filmed.timeline, filmed.cameras, filmed.times_s)
    by_network = lift_take(by_weights(load_weights()[0]), filmed, "network")
    if len(filmed.tracks) == 1:
        return combine(by_detector, by_network), None
    T_cam_world, times_s = filmed.cameras.T_cam_world, filmed.times_s
    right, adaptation = adapt(by_detector, offsets, T_cam_world, times_s)
    network_right, _ = adapt(by_network, offsets, T_cam_world, times_s)
    both = combine(right, network_right)
    return choose(in_sight(by_detector), both, fill(right, by_network)), adaptation


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
