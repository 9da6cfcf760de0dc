"""Run scripts in a process that has bpy, whichever Blender version that is."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from synthetic_clip import synthetic_clip  # noqa: E402 - after the line that finds it

from mvmocap_core.motion.clip import MotionClip  # noqa: E402

_TIMEOUT_S = 180.0
PYTHON_VARIABLE = "MVMOCAP_BPY_PYTHON"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.blender)


@pytest.fixture(scope="session")
def bpy_python() -> Path:
    """A Python with the bpy module: $MVMOCAP_BPY_PYTHON, else the one that runs the tests."""
    python = Path(os.environ.get(PYTHON_VARIABLE, sys.executable))
    look = "import importlib.util as u, sys; sys.exit(u.find_spec('bpy') is None)"
    if subprocess.run([python, "-c", look], check=False, timeout=60).returncode != 0:
        pytest.skip(f"{python} has no bpy module; set {PYTHON_VARIABLE} to a Python that has")
    return python


@pytest.fixture(scope="session")
def measure(
    bpy_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., dict[str, Any]]:
    """Run `in_blender/NAME.py ARGUMENTS...` in a child process; return the facts it measured."""

    def run(name: str, *arguments: object) -> dict[str, Any]:
        result = tmp_path_factory.mktemp(name) / "facts.json"
        command = [bpy_python, HERE / "in_blender" / f"{name}.py", result, *arguments]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env=environment,
        )  # fmt: skip
        assert result.is_file(), f"{name}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return json.loads(result.read_text())

    return run


@pytest.fixture(scope="session")
def imagined_take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A solved take of two videos on which nobody is to be seen; copy it before changing it."""
    from mvmocap_core.options import SolveOptions
    from mvmocap_core.pipeline import solve
    from tests.core.clips import write_clip
    from tests.core.imagined import Imagined

    folder = tmp_path_factory.mktemp("imagined")
    videos = [
        write_clip(folder / f"{name}.mp4", n_frames=60, size=(320, 240), seed=seed)
        for seed, name in enumerate("ab")
    ]
    with pytest.MonkeyPatch.context() as patch:
        Imagined().install(patch)
        solve(videos, folder / "dance", SolveOptions(height_m=1.8))
    return folder / "dance"


@pytest.fixture(scope="session")
def clip() -> MotionClip:
    return synthetic_clip()


@pytest.fixture(scope="session")
def motion_file(clip: MotionClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("take") / "motion.npz"
    np.savez_compressed(path, **clip.to_arrays())
    return path
