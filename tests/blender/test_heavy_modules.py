"""What Blender's own process must never load: it belongs to the worker's."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_HEAVY = ("scipy", "torch", "mediapipe", "av", "cv2", "matplotlib")
_SCRIPT = """
import importlib, sys
for name in {heavy}:
    sys.modules[name] = None  # importing it fails from now on
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_nothing_that_the_extension_takes_from_the_core_loads_a_solves_libraries(repository: Path):
    modules = sorted({name for path in _sources(repository) for name in _core_modules(path)})
    assert "mvmocap_core.motion.clip" in modules
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(heavy=_HEAVY), *modules],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _sources(repository: Path) -> Iterator[Path]:
    yield repository / "build.py"
    yield from (repository / "blender_addon").rglob("*.py")


def _core_modules(path: Path) -> Iterator[str]:
    """Modules of the core that the file imports anywhere, in functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mvmocap_core"):
            yield node.module or ""
