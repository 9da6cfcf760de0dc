"""What this installation has: versions, conflicts, model files, codecs, processors, a self-test."""

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mvmocap_core import __version__
from mvmocap_core.errors import MocapError, ModelError
from mvmocap_core.installation import (
    LIFTER_NEEDS,
    NEEDS,
    check_installation,
    find_conflicts,
    found_version,
    unserved,
)
from mvmocap_core.options import DETECTORS

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class DoctorError(MocapError):
    """The self-test failed."""

    reason = "self_test_failed"


def examine(*, use_network: bool, with_self_test: bool = False) -> dict[str, Any]:
    """Look at everything a solve needs. Raises ModelError if a missing model cannot be had.

    use_network:    get the default model and that of hands where they are missing.
    with_self_test: solve something known too; a few seconds.
    """
    is_usable = not unserved()
    findings: dict[str, Any] = {
        "versions": {"mvmocap": __version__, "python": platform.python_version(), **_packages()},
        "conflicts": [asdict(conflict) for conflict in find_conflicts()],
        "platform": platform.platform(),
        "python": sys.executable,
        "core": str(Path(__file__).parent),
        "processors": os.cpu_count(),
        "device": _device() if is_usable else "cpu",
        "thread_limits": {name: os.environ.get(name) for name in _THREAD_LIMITS},
        **(_codecs() if is_usable else {"ffmpeg": {}, "can_write_h264": None}),
        "models": _models(use_network) if is_usable else {},
        "self_test": None,
    }
    if with_self_test and is_usable:
        from mvmocap_core.self_test.run import run_self_test  # loads the detector's libraries

        findings["self_test"] = run_self_test()
    return findings


def check(findings: Mapping[str, Any]) -> None:
    """Raise the first thing that keeps a solve from working: what is wrong and what to do.

    Raises InstallationError, ModelError or DoctorError.
    """
    check_installation()
    problem = findings["models"][DETECTORS[0]]["problem"]
    if problem is not None:
        raise ModelError(problem)
    for name, result in (findings["self_test"] or {}).items():
        if not result["passed"]:
            raise DoctorError(f"self-test, {name}: {result['detail']}; please report it.")


def lines(findings: Mapping[str, Any]) -> list[str]:
    """The findings for a person, and for a bug report."""
    limits = {name: value for name, value in findings["thread_limits"].items() if value}
    return [
        *(f"CONFLICT: {conflict['message']}" for conflict in findings["conflicts"]),
        *(
            f"self-test, {name}: {'passed' if result['passed'] else 'FAILED'} in "
            f"{result['seconds']:.1f} s, {result['detail']}"
            for name, result in (findings["self_test"] or {}).items()
        ),
        f"device: {findings['device']}",
        f"on {findings['platform']}, {findings['processors']} processors",
        *(f"{name} {number}" for name, number in findings["versions"].items()),
        *_codec_lines(findings),
        *(
            f"model {model}: {state['path'] or 'absent'}"
            for model, state in findings["models"].items()
        ),
        f"Python: {findings['python']}",
        f"core: {findings['core']}",
        *(f"{name}={value}" for name, value in limits.items()),
    ]


def _codec_lines(findings: Mapping[str, Any]) -> list[str]:
    if not findings["ffmpeg"]:
        return []  # not looked at
    return [
        "ffmpeg: " + ", ".join(f"{name} {n}" for name, n in findings["ffmpeg"].items()),
        f"H.264 can be written: {'yes' if findings['can_write_h264'] else 'no'}",
    ]


def _packages() -> dict[str, str]:
    return {need.package: found_version(need) or "absent" for need in (*NEEDS, *LIFTER_NEEDS)}


def _device() -> str:
    """What PyTorch would train lifters on; a solve by the default method runs on the processor."""
    if unserved(LIFTER_NEEDS):
        return "cpu"
    try:
        from mvmocap_core.lifting.networks import choose_device  # loads PyTorch
    except (ImportError, OSError) as error:
        return f"cpu; PyTorch does not load: {error}"
    return str(choose_device())


def _codecs() -> dict[str, Any]:
    import av

    return {
        "ffmpeg": {
            name: ".".join(map(str, numbers)) for name, numbers in av.library_versions.items()
        },
        "can_write_h264": "libx264" in av.codecs_available,
    }


def _models(use_network: bool) -> dict[str, dict[str, str | None]]:
    from mvmocap_core.detection.models import HAND, fetch_model

    if use_network:
        for model in (DETECTORS[0], HAND):
            fetch_model(model)
    return {model: _model_state(model) for model in (*DETECTORS, HAND)}


def _model_state(model: str) -> dict[str, str | None]:
    """Where the model is, its SHA-256 being right, or what is wrong."""
    from mvmocap_core.detection.models import find_model

    try:
        return {"path": str(find_model(model)), "problem": None}
    except ModelError as error:
        return {"path": None, "problem": str(error)}
