"""Lifting a take with the pretrained network after it went on training on the take's own views."""

import numpy as np
import torch

from mvmocap_core.lifting.adaptation import Adaptation, better_views, held_out, median_error
from mvmocap_core.lifting.consistency import Clips, fine_tune
from mvmocap_core.lifting.lift_take import FilmedTake, by_weights, lift_take, lifter_views
from mvmocap_core.lifting.lifted import Lifted
from mvmocap_core.lifting.lifting import LIFTER_FPS
from mvmocap_core.lifting.networks import TemporalLifter, pretrained_lifter, weights_of


def lift_consistently(
    filmed: FilmedTake, offsets: np.ndarray, device: str
) -> tuple[Lifted, Adaptation | None]:
    """What the network says before and after it trained on; after, in views where that is better.

    offsets: (F, L, 3) of what two views see, see `correction.correct`. They judge on the part of
    the take that is held out, which the network does not train on; it is never shown them.
    Raises InputError if the network's weights are missing.
    """
    poses, net = filmed.cameras.T_cam_world, pretrained_lifter()
    is_held_out = held_out(offsets, filmed.times_s)

    def lifted(net: TemporalLifter) -> Lifted:
        return lift_take(by_weights(weights_of(net)), filmed, "consistency")

    def errors(told: Lifted) -> np.ndarray:
        return median_error(told, offsets, poses, is_held_out)

    before = lifted(net)
    if len(filmed.tracks) == 1 or not np.isfinite(errors(before)).any():
        return before, None
    take = _shown(filmed, is_held_out)
    fine_tune(net, take, lambda net: float(np.nanmean(errors(lifted(net)))), device=device)
    after = lifted(net)
    return better_views(before, after, errors(before), errors(after))


def _shown(filmed: FilmedTake, is_held_out: np.ndarray) -> Clips:
    """What the network may train on: all views without the frames (F,) that are held out."""
    views = lifter_views(filmed)
    frame_s = filmed.times_s[0] + np.arange(views.size.shape[1]) / LIFTER_FPS
    hidden = np.interp(frame_s, filmed.times_s, is_held_out.astype(np.float64)) > 0.0
    keypoints = np.where(hidden[:, None, None], np.float32(0.0), views.keypoints)
    R_cam_world = filmed.cameras.T_cam_world[:, None, :3, :3]
    R_crop_world = np.nan_to_num(views.R_crop_cam) @ R_cam_world
    parts = (keypoints, views.size, R_crop_world)
    return Clips(*(torch.from_numpy(part).float()[None] for part in parts))
