"""The zip of this machine's platform in a Blender that has nothing else of ours."""

import io
import json
import os
import platform as machine
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extension_zip import Edition, build_zip
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

    def run(*videos: Path, rival: Path | str = "-") -> dict[str, Any]:
        away = tmp_path / "Zoë’s profile"
        away.mkdir()
        zip_path = build_zip(Edition(platform="linux-x64"), core_wheel, linux_wheels, tmp_path)
        result = tmp_path / "facts.json"
        return _run(
            bpy_python, "install_facts.py", result, away, zip_path, rival, *videos, away=away
        )

    return run


def test_blender_itself_takes_the_wheels_that_we_mean_on_every_platform(
    bpy_python, locked, tmp_path
):
    facts = _run(bpy_python, "wheel_choice.py", tmp_path / "facts.json", LOCK_FILE, away=tmp_path)
    for platform in PLATFORMS.values():
        for target in targets(platform):
            carried = wheels_of(platform.name, locked, is_full=True)
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


def test_extension_that_brings_another_version_is_named(install, tmp_path):
    facts = install(rival=_rival(tmp_path / "rival.zip"))
    assert "mediapipe 0.10.99" in facts["problem"]
    assert "CONFLICT: mediapipe 0.10.99" in facts["text"]
    assert "mediapipe is brought by: Rival Tracker" in facts["text"]


def _rival(path: Path) -> Path:
    """Another extension: it brings a MediaPipe of a version that does not serve."""
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        info = "mediapipe-0.10.99.dist-info"
        archive.writestr("mediapipe/__init__.py", "")
        archive.writestr(f"{info}/METADATA", "Name: mediapipe\nVersion: 0.10.99\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(f"{info}/RECORD", f"mediapipe/__init__.py,,\n{info}/METADATA,,\n")
    manifest = (
        'schema_version = "1.0.0"\nid = "rival"\nversion = "1.0.0"\nname = "Rival Tracker"\n'
        'tagline = "Brings its own wheels"\nmaintainer = "Nobody"\ntype = "add-on"\n'
        'blender_version_min = "4.2.0"\nlicense = ["SPDX:GPL-3.0-or-later"]\n'
        'wheels = ["./wheels/mediapipe-0.10.99-py3-none-any.whl"]\n'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__init__.py", "def register(): pass\ndef unregister(): pass\n")
        archive.writestr("blender_manifest.toml", manifest)
        archive.writestr("wheels/mediapipe-0.10.99-py3-none-any.whl", wheel.getvalue())
    return path


@pytest.mark.slow
def test_zip_alone_solves_two_videos(install, repository):
    videos = [repository / "examples" / f"charleston_{view}.mp4" for view in "ab"]
    facts = install(*videos)
    assert facts["solved"] == ["FINISHED"], facts["error"]
    with np.load(Path(facts["take"]) / "motion.npz") as motion:
        assert motion["positions_m"].shape[1:] == (22, 3)
        assert np.isfinite(motion["positions_m"]).all()
