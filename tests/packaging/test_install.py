"""The zip of this machine's platform in a Blender that has nothing else of ours."""

import json
import os
import platform as machine
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extension_zip import build_zip
from targets import PLATFORMS, targets
from wheel_files import fits
from wheel_lock import LOCK_FILE, wheels_of

pytestmark = pytest.mark.blender

PYTHON_VARIABLE = "MVMOCAP_BPY_PYTHON"
TIMEOUT_S = 300


@pytest.fixture(scope="module")
def bpy_python() -> str:
    """$MVMOCAP_BPY_PYTHON, else the Python that runs the tests, where it has bpy."""
    if (sys.platform, machine.machine()) != ("linux", "x86_64"):
        pytest.skip("the zip is installed on Linux x86-64 only")
    python = os.environ.get(PYTHON_VARIABLE, sys.executable)
    look = "import importlib.util as u, sys; sys.exit(u.find_spec('bpy') is None)"
    if subprocess.run([python, "-c", look], check=False, timeout=60).returncode != 0:
        pytest.skip(f"{python} has no bpy module; set {PYTHON_VARIABLE} to a Python that has")
    return python


def _run(python: str, script: str, result: Path, *arguments: object, away: Path) -> dict[str, Any]:
    """Run a script of in_blender/ away from the repository, with no models but the zip's."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["XDG_CACHE_HOME"] = str(away / "cache")
    path = Path(__file__).parent / "in_blender" / script
    done = subprocess.run(
        [python, path, result, *arguments],
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S, cwd=away, env=environment,
    )  # fmt: skip
    assert result.is_file(), f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return json.loads(result.read_text(encoding="utf-8"))


@pytest.fixture
def install(
    bpy_python: str, core_wheel: Path, linux_wheels: list[Path], tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    """Install the zip into an empty profile, away from the repository; return what was seen."""

    def run(*videos: Path) -> dict[str, Any]:
        away = tmp_path / "Zoë’s profile"
        away.mkdir()
        zip_path = build_zip("linux-x64", core_wheel, linux_wheels, tmp_path)
        result = tmp_path / "facts.json"
        return _run(bpy_python, "install_facts.py", result, away, zip_path, *videos, away=away)

    return run


def test_blender_itself_takes_the_wheels_that_we_mean_on_every_platform(
    bpy_python, locked, tmp_path
):
    facts = _run(bpy_python, "wheel_choice.py", tmp_path / "facts.json", LOCK_FILE, away=tmp_path)
    for platform in PLATFORMS.values():
        for target in targets(platform):
            carried = wheels_of(platform.name, locked)
            ours = {wheel.file for wheel in carried if fits(wheel.file, target)}
            assert set(facts["chosen"][f"{platform.name} {target.python}"]) == ours, target


def test_zip_installs_enables_and_its_doctor_is_content(install):
    facts = install()
    assert facts["installed"] == ["FINISHED"]
    assert facts["is_enabled"]
    assert facts["heavy_modules"] == []  # Blender's own process stays light
    assert not facts["problem"], facts["text"]
    (folder,) = facts["wheel_folders"]
    assert f"core: {Path(folder) / 'mvmocap_core'}" in facts["text"].splitlines()
    assert facts["is_gone"]


@pytest.mark.slow
def test_zip_alone_solves_two_videos(install, repository):
    videos = [repository / "examples" / f"charleston_{view}.mp4" for view in "ab"]
    facts = install(*videos)
    assert facts["solved"] == ["FINISHED"], facts["error"]
    with np.load(Path(facts["take"]) / "motion.npz") as motion:
        assert motion["positions_m"].shape[1:] == (22, 3)
        assert np.isfinite(motion["positions_m"]).all()
