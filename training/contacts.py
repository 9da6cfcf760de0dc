"""Train the contact network: `python -m training.contacts`.

Captured motions are filmed by two virtual phones, with the detector's noise as measured; feet are
triangulated with the true cameras and smoothed, which errs much as a fit does and takes no time.
The labels are the benchmarks' own. Subjects of the dev and val splits are never trained on.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import maximum_filter1d

from benchmarks.motion_capture import MotionCapture, load_motions
from benchmarks.motion_scoring import SOLES
from benchmarks.standing import stances
from benchmarks.synthetic import Difficulty, SyntheticTake, make_take
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.geometry.triangulation import triangulate_dlt
from mvmocap_core.motion import contact_model
from mvmocap_core.motion.floor import find_floor
from mvmocap_core.motion.smoothing import smooth
from mvmocap_core.storage import save_arrays

TARGET = Path(contact_model.__file__).with_name("contacts.npz")
WIDTHS = (32, 32, 32)
TAKES_PER_MOTION = 6
EPOCHS = 16
STEP_FRAMES, STEP_WEIGHT = 4, 3.0
"""Frames about the beginning and end of a contact, which decide most, and how much they count."""
STRETCH_FRAMES = 40
NOT_ON_A_FLOOR = ("uneven", "playground", "climb", "basketball basketball")
"""Motions on stairs, ladders and bars, whose floor the labels do not know; and a motion that a
rendered clip shows."""
FEET = [
    LANDMARK_NAMES.index(f"{side}_{part}")
    for side in ("left", "right")
    for part in ("heel", "foot_index", "ankle")
]
_OUTLIER_SHARE = 0.01
# By how much a floor is off when it is found from less certain contacts, and how smooth a fit is.
_TILT_STD_RAD, _REST_STD_M, _CUTOFFS_HZ = np.radians(0.75), 0.008, (4.0, 8.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Film, train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    train, dev = (_samples(split, seed) for split, seed in (("train", 0), ("dev", 1)))
    _tell(f"{len(train.labels)} stretches to learn from, {len(dev.labels)} to judge by")
    network = _fit(train, dev)
    save_arrays(options.to, network.to_arrays())


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """Of N stretches of a foot: features (N, T + 2 REACH, C), labels and weights (N, T, 2)."""

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


def _samples(split: str, seed: int) -> _Samples:
    """All feet of all takes, in stretches of `STRETCH_FRAMES`."""
    features, labels, weights = [], [], []
    rng = np.random.default_rng(seed)
    for motion in load_motions(split):
        if any(word in motion.name for word in NOT_ON_A_FLOOR):
            continue
        contacts = stances(motion.landmarks_m[:, SOLES], motion.fps)
        changes = np.zeros(contacts.shape)
        changes[1:] = contacts[1:] != contacts[:-1]
        near = maximum_filter1d(changes, 2 * STEP_FRAMES + 1, axis=0)
        weight = 1.0 + (STEP_WEIGHT - 1.0) * near
        for _ in range(TAKES_PER_MOTION):
            feet_m, frames = _filmed(rng, motion, contacts)
            seen = np.isfinite(feet_m).all(axis=(1, 2, 3))
            own = contact_model.foot_features(feet_m[seen])
            for start in range(0, len(own) - STRETCH_FRAMES + 1, STRETCH_FRAMES):
                chosen = frames[seen][start : start + STRETCH_FRAMES]
                around = np.arange(-contact_model.REACH, STRETCH_FRAMES + contact_model.REACH)
                around = np.clip(start + around, 0, len(own) - 1)
                features.append(own[around].transpose(1, 0, 2))
                labels.append(contacts[chosen].transpose(1, 0, 2))
                weights.append(weight[chosen].transpose(1, 0, 2))
    return _Samples(
        *(np.concatenate(each).astype(np.float32) for each in (features, labels, weights))
    )


def _filmed(
    rng: np.random.Generator, motion: MotionCapture, contacts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Feet (F, 2, 3, 3) as a solve might have them, and their frames in the motion.

    contacts: (F, 2, 2) bool, of all its frames.
    """
    take = make_take(rng, motion, Difficulty(outlier_share=_OUTLIER_SHARE))
    first_s = max(0.0, take.offset_s)
    last_s = min(take.tracks[0].times_s[-1], take.tracks[1].times_s[-1] + take.offset_s)
    frames = np.arange(
        np.ceil((take.start_s + first_s) * motion.fps),
        np.floor((take.start_s + last_s) * motion.fps) + 1,
    ).astype(int)
    frames = frames[(frames >= 0) & (frames < len(motion.landmarks_m))]
    feet_m = _triangulated(take, frames / motion.fps - take.start_s).reshape(-1, 2, 3, 3)
    return _disturbed(rng, feet_m, contacts[frames], motion.fps), frames


def _triangulated(take: SyntheticTake, times_s: np.ndarray) -> np.ndarray:
    """(N, 6, 3) heel, toe and ankle of the left and the right foot."""
    views = []
    for view, track in enumerate(take.tracks):
        feet_px = track.keypoints_2d_px[:, FEET]
        ideal = undistort_points(feet_px, take.cameras.K[view], take.cameras.dist[view])
        own_s = times_s - (take.offset_s if view else 0.0)
        views.append(interpolate_hermite(track.times_s, ideal, own_s))
    return triangulate_dlt(np.stack(views), take.cameras.T_cam_world)


def _disturbed(
    rng: np.random.Generator, feet_m: np.ndarray, contacts: np.ndarray, fps: float
) -> np.ndarray:
    """Smoothed, and above a floor that was found as a solve finds it, a little off.

    contacts: (F, 2, 2) bool, of heels and toes.
    """
    cutoff_hz = rng.uniform(*_CUTOFFS_HZ)
    seen = np.isfinite(feet_m).all(axis=(1, 2, 3))
    flat = np.where(seen[:, None], feet_m.reshape(len(feet_m), -1), 0.0)
    smoothed = smooth(flat, np.where(seen, 1.0, 1e-3), cutoff_hz=cutoff_hz, fps=fps)
    feet_m = np.where(seen[:, None], smoothed, np.nan).reshape(feet_m.shape)
    if not seen.any():
        return feet_m
    floor = find_floor(feet_m[seen][:, :, :2], contacts[seen], fps)
    middle = np.nanmean(feet_m[..., :2], axis=(0, 1, 2))
    off = feet_m[..., :2] - middle
    rest_m = floor.rest_m + floor.slope @ middle
    feet_m[..., 2] -= np.concatenate([rest_m, rest_m.mean(axis=1, keepdims=True)], axis=1)
    feet_m[..., 2] += off @ (rng.normal(0.0, _TILT_STD_RAD, 2) - floor.slope)
    feet_m[..., 2] += rng.normal(0.0, _REST_STD_M, (2, 3))
    return feet_m


class _Network(torch.nn.Module):
    """The same as `contact_model._network`, for stretches (N, T + 2 REACH, C)."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        sizes = (n_channels, *WIDTHS, 2)
        self.layers = torch.nn.ModuleList(
            torch.nn.Conv1d(size, next_size, taps, dilation=dilation)
            for (size, next_size), taps, dilation in zip(
                pairwise(sizes), contact_model.TAPS, contact_model.DILATIONS, strict=True
            )
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(N, T, 2) logits."""
        values = features.transpose(1, 2)
        for layer in self.layers[:-1]:
            values = torch.relu(layer(values))
        return self.layers[-1](values).transpose(1, 2)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Weights (taps, channels in, channels out) and biases of each layer."""
        arrays = {}
        for i, layer in enumerate(self.layers):
            arrays[f"weight_{i}"] = layer.weight.detach().permute(2, 1, 0).numpy()
            arrays[f"bias_{i}"] = layer.bias.detach().numpy()
        return arrays


def _fit(train: _Samples, dev: _Samples) -> _Network:
    """The network of the epoch that did best on the dev subjects."""
    network = _Network(train.features.shape[-1])
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    features, labels, weights = (
        torch.from_numpy(each) for each in (train.features, train.labels, train.weights)
    )
    best, best_f1 = network.state_dict(), 0.0
    for epoch in range(EPOCHS):
        for batch in torch.randperm(len(features)).split(32):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                network(features[batch]), labels[batch], weights[batch]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
        f1, near_f1 = _f1(network, dev)
        _tell(f"epoch {epoch + 1}: F1 on dev {f1:.4f}, near steps {near_f1:.4f}")
        if f1 > best_f1:
            best_f1 = f1
            best = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(best)
    return network


def _f1(network: _Network, samples: _Samples) -> tuple[float, float]:
    """Of all frames, and of those near the beginning or end of a contact."""
    with torch.no_grad():
        found = network(torch.from_numpy(samples.features)).numpy() > 0.0
    true, near = samples.labels > 0.5, samples.weights > 1.0

    def score(chosen: np.ndarray) -> float:
        hits = float((found & true)[chosen].sum())
        return 2.0 * hits / float(found[chosen].sum() + true[chosen].sum())

    return score(np.ones_like(near)), score(near)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
