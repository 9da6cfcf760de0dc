"""Trains a network: by seed alone, resumable, on whatever device there is."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.files import atomic_file, write_text
from mvmocap_core.lifting.networks import choose_device
from mvmocap_core.progress import Progress, silent

Losses = dict[str, Tensor]
"""Scalars by name; "total" is minimised, the others are shown."""
Evaluate = Callable[[nn.Module], dict[str, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainOptions:
    """How long and how fast.

    steps:            optimiser steps; the learning rate falls to zero along half a cosine.
    learning_rate, weight_decay: of AdamW.
    momentum:         of AdamW; nets that play against each other want less.
    seed:             decides everything that is random, together with the step.
    device:           "auto", "cpu", "cuda" or "mps".
    checkpoint_every: steps between checkpoints, evaluations and lines of the history.
    max_norm:         gradients are clipped to it.
    """

    steps: int
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    momentum: float = 0.9
    seed: int = 0
    device: str = "auto"
    checkpoint_every: int = 250
    max_norm: float = 1.0


def train(
    net: nn.Module,
    batch: Callable[[np.random.Generator, float], Any],
    losses: Callable[[nn.Module, Any, torch.device], Losses],
    options: TrainOptions,
    folder: Path,
    *,
    evaluate: Evaluate | None = None,
    progress: Progress = silent,
) -> list[dict[str, float]]:
    """Minimise `losses` over batches; returns the history, one entry a checkpoint.

    batch: makes a batch from a generator and the share of the steps that are done. Both depend on
    the seed and the step alone: a run that was interrupted goes on from `folder`'s checkpoint as
    if nothing had happened.
    The net stays in its mode: one in "eval" keeps the means and variances that it came with, which
    those of a few takes would spoil.
    """
    device = choose_device(options.device)
    torch.manual_seed(options.seed)
    net.to(device)
    optimiser = torch.optim.AdamW(
        net.parameters(),
        lr=options.learning_rate,
        betas=(options.momentum, 0.999),
        weight_decay=options.weight_decay,
    )
    first, history = _resume(net, optimiser, folder, device)
    sums: dict[str, float] = {}
    for step in range(first, options.steps):
        for group in optimiser.param_groups:
            group["lr"] = (
                options.learning_rate * 0.5 * (1.0 + math.cos(math.pi * step / options.steps))
            )
        rng = np.random.default_rng([options.seed, step])
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            told = losses(net, batch(rng, step / options.steps), device)
        optimiser.zero_grad(set_to_none=True)
        told["total"].backward()
        nn.utils.clip_grad_norm_(net.parameters(), options.max_norm)
        optimiser.step()
        for name, value in told.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach())
        progress((step + 1) / options.steps, f"Step {step + 1} of {options.steps}")
        if (step + 1) % options.checkpoint_every == 0 or step + 1 == options.steps:
            n_summed = step + 1 - int(history[-1]["step"] if history else 0)
            entry = {name: value / n_summed for name, value in sums.items()}
            if evaluate is not None:
                is_training = net.training
                net.eval()
                entry |= {name: float(value) for name, value in evaluate(net).items()}
                net.train(is_training)
            history.append({"step": float(step + 1), **entry})
            sums = {}
            _save(net, optimiser, history, folder)
    net.eval()
    return history


def _resume(
    net: nn.Module, optimiser: torch.optim.Optimizer, folder: Path, device: torch.device
) -> tuple[int, list[dict[str, float]]]:
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0, []
    kept = torch.load(path, map_location=device, weights_only=True)
    net.load_state_dict(kept["net"])
    optimiser.load_state_dict(kept["optimiser"])
    return int(kept["history"][-1]["step"]), kept["history"]


def _save(
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    history: list[dict[str, float]],
    folder: Path,
) -> None:
    kept = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "history": history}
    with atomic_file(folder / "checkpoint.pt") as file:
        torch.save(kept, file)
    write_text(folder / "history.json", json.dumps(history, indent=1))
    draw_history(history, folder / "loss.png")


def draw_history(history: list[dict[str, float]], path: Path) -> None:
    """Draw every loss and figure over the steps, each in a panel of its own."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = [name for name in history[0] if name != "step"]
    figure, axes = plt.subplots(len(names), 1, figsize=(6, 1.8 * len(names)), sharex=True)
    for axis, name in zip(np.atleast_1d(axes), names, strict=True):
        axis.plot([e["step"] for e in history], [e.get(name, np.nan) for e in history])
        axis.set_ylabel(name)
    np.atleast_1d(axes)[-1].set_xlabel("step")
    figure.tight_layout()
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=80)
    plt.close(figure)
