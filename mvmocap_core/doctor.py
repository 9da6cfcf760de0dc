"""What this installation has: versions, model files, codecs, processors."""

import os
import platform
from typing import Any

import av

from mvmocap_core.detection.models import fetch_model, find_model
from mvmocap_core.errors import ModelError
from mvmocap_core.options import DETECTORS
from mvmocap_core.report.content import versions

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def examine(*, use_network: bool) -> dict[str, Any]:
    """Look at everything a solve needs. Raises ModelError if a missing model cannot be had.

    use_network: get the default model where it is missing.
    """
    if use_network:
        fetch_model(DETECTORS[0])
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "thread_limits": {name: os.environ.get(name) for name in _THREAD_LIMITS},
        "ffmpeg": {
            name: ".".join(map(str, numbers)) for name, numbers in av.library_versions.items()
        },
        "can_write_h264": "libx264" in av.codecs_available,
        "models": {model: _model_state(model) for model in DETECTORS},
    }


def lines(findings: dict[str, Any]) -> list[str]:
    """The findings for a person."""
    limits = {name: value for name, value in findings["thread_limits"].items() if value}
    return [
        *(f"{name} {number}" for name, number in findings["versions"].items()),
        f"on {findings['platform']}, {findings['processors']} processors",
        *(f"{name}={value}" for name, value in limits.items()),
        "ffmpeg: " + ", ".join(f"{name} {n}" for name, n in findings["ffmpeg"].items()),
        f"H.264 can be written: {'yes' if findings['can_write_h264'] else 'no'}",
        *(
            f"model {model}: {state['path'] or 'absent'}"
            for model, state in findings["models"].items()
        ),
    ]


def _model_state(model: str) -> dict[str, str | None]:
    """Where the model is, its SHA-256 being right, or what is wrong."""
    try:
        return {"path": str(find_model(model)), "problem": None}
    except ModelError as error:
        return {"path": None, "problem": str(error)}
