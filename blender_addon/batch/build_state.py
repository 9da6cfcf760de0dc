"""Which outputs of a scene are up to date: a small JSON file beside them."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from mvmocap_core.files import write_text

STATE_FILE = "build-state.json"
_SCHEMA_VERSION = 1


def key_of(*parts: object) -> str:
    """Hash of everything that a step's result depends on, given as JSON values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class BuildState:
    """The key with which each step of a scene was last finished."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / STATE_FILE
        self._keys = _read_keys(self._path)

    def is_done(self, step: str, key: str, outputs: Iterable[Path]) -> bool:
        """Whether the step was finished with this key and its outputs are still there."""
        return self._keys.get(step) == key and all(path.is_file() for path in outputs)

    def start(self, step: str) -> None:
        """Forget the step's key: its outputs may be replaced from here on."""
        if self._keys.pop(step, None) is not None:
            self._save()

    def finish(self, step: str, key: str) -> None:
        """Remember that the step's outputs are whole and belong to this key.

        Raises:
            InputError: when the disk is full or the folder cannot be written.
        """
        self._keys[step] = key
        self._save()

    def _save(self) -> None:
        document = {"schema_version": _SCHEMA_VERSION, "steps": self._keys}
        write_text(self._path, json.dumps(document, indent=2) + "\n")


def _read_keys(path: Path) -> dict[str, str]:
    """Keys by step; empty where the file is absent, damaged or of another version."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(document, dict) or document.get("schema_version") != _SCHEMA_VERSION:
        return {}
    steps = document.get("steps")
    return {str(k): str(v) for k, v in steps.items()} if isinstance(steps, dict) else {}
