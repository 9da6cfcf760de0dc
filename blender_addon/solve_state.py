"""How a solve goes, as the panel shows it: messages in, properties of the window manager out."""

import json
from pathlib import Path
from typing import Any

import bpy

from .time_left import TimeLeft
from .worker_client import CANCELLED, DONE, Outcome
from .worker_process import Message

_PANEL_NAMES = {
    "--height": "Performer Height",
    "--start": "In",
    "--end": "Out",
    "--fps": "Frame Rate",
    "--device": "Device",
    "--detector": "Quality",
    "--out": "Take",
}


def panel_words(sentence: str) -> str:
    """A sentence of the core with the panel's names for the command line's options."""
    for flag, name in _PANEL_NAMES.items():
        sentence = sentence.replace(flag, name)
    return sentence


class SolveWatch:
    """Tells one job's messages to the panel's state, `window_manager.mvmocap`."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self._time_left = TimeLeft()
        self._warnings: list[str] = []
        self._is_begun = False

    def hear(self, state: Any, message: Message) -> None:
        """Take in a message of docs/worker.md."""
        if not self._is_begun:
            self._is_begun = True
            self._time_left.skip()
            _begin(state, self._name, self._folder)
        kind = message.get("type")
        if kind == "progress":
            state.progress = float(message["fraction"])
            state.message = str(message["message"])
            state.seconds_left = self._time_left.seconds(state.progress)
        elif kind == "stage":
            state.stage = str(message["stage"])
            if message.get("is_reused"):
                self._time_left.skip()
        elif kind == "warning":
            self._warnings.append(panel_words(str(message["message"])))

    def finish(self, state: Any, outcome: Outcome) -> None:
        """Say how it ended. A cancelled or failed solve leaves the earlier verdict to be seen."""
        _begin(state, self._name, self._folder)
        state.stage = ""
        if outcome.status == DONE:
            state.state = "DONE"
            state.progress = 1.0
            _show_report(state, outcome.results[0])
            shown = {item.text for item in state.advice}
            for warning in self._warnings:
                if warning not in shown:
                    state.advice.add().text = warning
            return
        state.state = "CANCELLED" if outcome.status == CANCELLED else "FAILED"
        state.progress = 0.0
        if outcome.status != CANCELLED:
            state.error = panel_words(outcome.message)
            state.log = "" if outcome.log is None else str(outcome.log)


def show_take(state: Any, folder: str) -> None:
    """Show the verdict of a take that was solved earlier; nothing where there is none."""
    state.property_unset("state")
    _clear(state)
    if not folder:
        return
    path = Path(bpy.path.abspath(folder))
    try:
        report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(report, dict):
        state.take_folder, state.take_name = str(path), path.name
        _show_report(state, report)


def _begin(state: Any, name: str, folder: Path) -> None:
    _clear(state)
    state.state = "RUNNING"
    state.take_name, state.take_folder = name, str(folder)


def _clear(state: Any) -> None:
    for name in (
        "take_name", "take_folder", "progress", "stage", "message", "seconds_left",
        "verdict", "error", "log",
    ):  # fmt: skip
        state.property_unset(name)
    state.advice.clear()


def _show_report(state: Any, report: dict[str, Any]) -> None:
    state.verdict = str(report.get("verdict", ""))
    state.advice.clear()
    for sentence in report.get("advice", ()):
        state.advice.add().text = panel_words(str(sentence))
