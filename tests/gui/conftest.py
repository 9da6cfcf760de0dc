"""The zip of this platform, and a Blender with a window to install it in."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "blender")]
ZIP_VARIABLE = "MVMOCAP_ZIP"

from blender_window import find_blender, run_play  # noqa: E402 - after the line that finds it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.gui)


@pytest.fixture(scope="session")
def extension_zip(repository: Path) -> Path:
    """The newest zip in dist/, or the one of $MVMOCAP_ZIP."""
    if ZIP_VARIABLE in os.environ:
        return Path(os.environ[ZIP_VARIABLE]).resolve()
    found = sorted((repository / "dist").glob("mvmocap-*linux-x64.zip"), key=os.path.getmtime)
    if not found:
        pytest.skip("dist/ has no zip: ./run package --platform linux-x64")
    return found[-1]


@pytest.fixture(scope="session")
def perform(extension_zip: Path) -> Callable[..., dict[str, Any]]:
    """Play `in_window/NAME.py` in a folder with the zip; return what it found."""
    blender = find_blender()
    if isinstance(blender, str):
        pytest.skip(blender)

    def run(name: str, folder: Path, **task: Any) -> dict[str, Any]:
        copied = Path(shutil.copy(extension_zip, folder))
        try:
            return run_play(blender, name, {"zip": str(copied), **task}, folder)
        finally:  # pytest keeps the folders of three runs, and this is a gigabyte in each
            shutil.rmtree(folder / "user", ignore_errors=True)
            copied.unlink()

    return run
