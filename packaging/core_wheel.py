"""Builds mvmocap_core as a wheel with the models inside, the same bytes every time."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from reproducible import write_zip
from trimming import with_record
from wheel_lock import REPOSITORY

MODEL_FOLDER = "mvmocap_core/detection/models"
"""Where `mvmocap_core.detection.models.PACKAGED_FOLDER` looks."""

_SOURCES = ("pyproject.toml", "README.md", "LICENSE")


class BuildError(Exception):
    """Something could not be built; the message says why."""


def build_core_wheel(folder: Path, *, models: Sequence[Path]) -> Path:
    """Build the wheel into a folder and return its path.

    The version carries a hash of the content: Blender does not unpack a wheel anew whose name and
    version it already has.

    models: the detectors' model files.
    Raises BuildError with pip's last lines.
    """
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as name:
        tree = Path(name) / "core"
        _copy_sources(tree)
        content_hash = _tree_hash(tree, models)
        (tree / "setup.cfg").write_text(f"[egg_info]\ntag_build = +{content_hash[:8]}\n", "utf-8")
        built = _pip_wheel(tree, Path(name) / "built")
        target = folder / built.name
        _write_wheel(built, target, models)
    return target


def _copy_sources(tree: Path) -> None:
    tree.mkdir()
    for name in _SOURCES:
        shutil.copyfile(REPOSITORY / name, tree / name)
    shutil.copytree(
        REPOSITORY / "mvmocap_core",
        tree / "mvmocap_core",
        ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "*.task", "*.tflite"),
        copy_function=shutil.copyfile,
    )


def _tree_hash(tree: Path, models: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    for path in [*files, *models]:
        name = path.relative_to(tree).as_posix() if path.is_relative_to(tree) else path.name
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _pip_wheel(tree: Path, folder: Path) -> Path:
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--quiet",
            "--no-deps", "--no-build-isolation", f"--wheel-dir={folder}", str(tree),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        lines = "\n".join(done.stderr.strip().splitlines()[-10:])
        raise BuildError(f"mvmocap_core did not build:\n{lines}")
    return wheels[0]


def _write_wheel(built: Path, target: Path, models: Sequence[Path]) -> None:
    """Write the wheel again with the models in it, sorted and without the time of day."""
    with zipfile.ZipFile(built) as wheel:
        entries = {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
    entries |= {f"{MODEL_FOLDER}/{model.name}": model.read_bytes() for model in models}
    write_zip(target, with_record(entries))
