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
from benchmarks.motion_scoring import SOLES, Truth
from benchmarks.synthetic import Difficulty, SyntheticTake, make_take
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.geometry.triangulation import triangulate_dlt
from mvmocap_core.motion import contact_model
from mvmocap_core.motion.smoothing import smooth
from mvmocap_core.storage import save_arrays

TARGET = Path(contact_model.__file__).with_name("contacts.npz")
WIDTHS = (64, 32)
TAKES_PER_MOTION = 6
EPOCHS = 16
STEP_FRAMES, STEP_WEIGHT = 4, 3.0
"""Frames about the beginning and end of a contact, which decide most, and how much they count."""
ANKLES = np.array([LANDMARK_NAMES.index(f"{side}_ankle") for side in ("left", "right")])
# Errors of a solve that a whole take shares.
_TILT_STD_RAD, _REST_STD_M, _CUTOFFS_HZ = np.radians(1.5), 0.012, (4.0, 8.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Film, train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    train, dev = (_samples(split, seed) for split, seed in (("train", 0), ("dev", 1)))
    _tell(f"{len(train.inputs)} feet to learn from, {len(dev.inputs)} to judge by")
    network = _fit(train, dev)
    layers = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    arrays = {}
    for i, layer in enumerate(layers):
        arrays[f"weight_{i}"] = layer.weight.detach().numpy().T.astype(np.float32)
        arrays[f"bias_{i}"] = layer.bias.detach().numpy().astype(np.float32)
    save_arrays(options.to, arrays)


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """Of N feet: inputs (N, D) windows, labels (N, 2) of heel and toe, weights (N, 2)."""

    inputs: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


def _samples(split: str, seed: int) -> _Samples:
    """All feet of all takes."""
    inputs, labels, weights = [], [], []
    rng = np.random.default_rng(seed)
    for motion in load_motions(split):
        truth = Truth(np.arange(len(motion.landmarks_m)) / motion.fps, motion.landmarks_m)
        contacts = truth.contacts()
        changes = np.zeros(contacts.shape)
        changes[1:] = contacts[1:] != contacts[:-1]
        near = maximum_filter1d(changes, 2 * STEP_FRAMES + 1, axis=0)
        weight = 1.0 + (STEP_WEIGHT - 1.0) * near
        for _ in range(TAKES_PER_MOTION):
            feet_m, frames = _filmed(rng, motion)
            seen = np.isfinite(feet_m).all(axis=(1, 2, 3))
            if seen.sum() < 2 * contact_model.REACH:
                continue
            features = contact_model.windows(contact_model.foot_features(feet_m[seen]))
            inputs.append(features.reshape(-1, features.shape[-1]))
            labels.append(contacts[frames[seen]].reshape(-1, 2))
            weights.append(weight[frames[seen]].reshape(-1, 2))
    return _Samples(
        *(np.concatenate(each).astype(np.float32) for each in (inputs, labels, weights))
    )


def _filmed(rng: np.random.Generator, motion: MotionCapture) -> tuple[np.ndarray, np.ndarray]:
    """Feet (F, 2, 3, 3) as a solve might have them, and their frames in the motion."""
    take = make_take(rng, motion, Difficulty(outlier_share=0.01))
    first_s = max(0.0, take.offset_s)
    last_s = min(take.tracks[0].times_s[-1], take.tracks[1].times_s[-1] + take.offset_s)
    frames = np.arange(
        np.ceil((take.start_s + first_s) * motion.fps),
        np.floor((take.start_s + last_s) * motion.fps) + 1,
    ).astype(int)
    frames = frames[(frames >= 0) & (frames < len(motion.landmarks_m))]
    points = _triangulated(take, frames / motion.fps - take.start_s)
    feet_m = np.concatenate([points[:, SOLES], points[:, ANKLES][:, :, None]], axis=2)
    return _disturbed(rng, feet_m, motion, frames), frames


def _triangulated(take: SyntheticTake, times_s: np.ndarray) -> np.ndarray:
    views = []
    for view, track in enumerate(take.tracks):
        ideal = undistort_points(
            track.keypoints_2d_px, take.cameras.K[view], take.cameras.dist[view]
        )
        own_s = times_s - (take.offset_s if view else 0.0)
        views.append(interpolate_hermite(track.times_s, ideal, own_s, max_gap_s=0.15)[0])
    return triangulate_dlt(np.stack(views), take.cameras.T_cam_world)


def _disturbed(
    rng: np.random.Generator, feet_m: np.ndarray, motion: MotionCapture, frames: np.ndarray
) -> np.ndarray:
    """Smoothed, on a floor that is a little tilted, with rest heights a little off."""
    cutoff_hz = rng.uniform(*_CUTOFFS_HZ)
    seen = np.isfinite(feet_m).all(axis=(1, 2, 3))
    flat = np.where(seen[:, None], feet_m.reshape(len(feet_m), -1), 0.0)
    smoothed = smooth(flat, np.where(seen, 1.0, 1e-3), cutoff_hz=cutoff_hz, fps=motion.fps)
    feet_m = np.where(seen[:, None], smoothed, np.nan).reshape(feet_m.shape)
    true_m = motion.landmarks_m[frames][:, SOLES]
    rest_m = np.percentile(true_m[..., 2], 5, axis=0)
    feet_m[..., :2, 2] -= rest_m
    feet_m[..., 2, 2] -= rest_m.mean(axis=1)
    middle = np.nanmean(feet_m[..., :2], axis=(0, 1, 2))
    slope = rng.normal(0.0, _TILT_STD_RAD, 2)
    feet_m[..., 2] += (feet_m[..., :2] - middle) @ slope
    feet_m[..., 2] += rng.normal(0.0, _REST_STD_M, (2, 3))
    return feet_m


def _fit(train: _Samples, dev: _Samples) -> torch.nn.Sequential:
    """The network of the epoch that did best on the dev subjects."""
    sizes = (train.inputs.shape[1], *WIDTHS, 2)
    layers: list[torch.nn.Module] = []
    for size, next_size in pairwise(sizes):
        layers += [torch.nn.Linear(size, next_size), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    inputs, labels, weights = (
        torch.from_numpy(each) for each in (train.inputs, train.labels, train.weights)
    )
    best, best_f1 = network.state_dict(), 0.0
    for epoch in range(EPOCHS):
        for batch in torch.randperm(len(inputs)).split(512):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                network(inputs[batch]), labels[batch], weights[batch]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
        f1, near_f1 = _f1(network, dev)
        _tell(f"epoch {epoch + 1}: F1 on dev {f1:.4f}, near steps {near_f1:.4f}")
        if near_f1 > best_f1:
            best_f1 = near_f1
            best = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(best)
    return network


def _f1(network: torch.nn.Sequential, samples: _Samples) -> tuple[float, float]:
    """Of all frames, and of those near the beginning or end of a contact."""
    with torch.no_grad():
        found = network(torch.from_numpy(samples.inputs)).numpy() > 0.0
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
