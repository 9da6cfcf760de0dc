"""How a solve goes, as the panel shows it: messages in, properties of the window manager out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from .take_folders import label
from .time_left import TimeLeft
from .worker_client import CANCELLED, CRASHED, DONE, FAILED, Outcome
from .worker_process import Message

_STATES = {DONE: "DONE", CANCELLED: "CANCELLED", FAILED: "FAILED", CRASHED: "FAILED"}
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
    """Tells one job's messages to the panel's state, `window_manager.mvmocap`.

    The panel shows one job: the last that began. What an earlier one still has to say is not shown.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self._number = 0
        self._time_left = TimeLeft()
        self._warnings: list[str] = []

    def begin(self, state: Any) -> None:
        """Show that the job's turn has come; nothing the second time."""
        if self._number:
            return
        self._time_left.skip()
        _clear(state)
        state.state = "RUNNING"
        state.take_name, state.take_folder = self._name, str(self._folder)
        state.job_number += 1
        self._number = state.job_number

    def hear(self, state: Any, message: Message) -> None:
        """Take in a message of docs/worker.md."""
        self.begin(state)
        if message.get("type") == "warning":
            self._warnings.append(panel_words(str(message["message"])))
        if self._number != state.job_number:
            return
        if message.get("type") == "progress":
            state.progress = float(message["fraction"])
            state.message = str(message["message"])
            state.seconds_left = self._time_left.seconds(state.progress)
        elif message.get("type") == "stage":
            state.stage = str(message["stage"])
            if message.get("is_reused"):
                self._time_left.skip()

    def finish(self, state: Any, outcome: Outcome) -> None:
        """Say how it ended."""
        if not self._number and state.is_running:
            return  # cancelled before its turn, while another is shown
        self.begin(state)
        if self._number != state.job_number:
            return
        state.property_unset("stage")
        state.property_unset("seconds_left")
        state.state = _STATES[outcome.status]
        if outcome.status == DONE:
            state.progress = 1.0
            _show_report(state, outcome.results[0], self._warnings)
        elif outcome.status != CANCELLED:
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
        state.take_folder, state.take_name = str(path), label(path)
        _show_report(state, report)


def _clear(state: Any) -> None:
    for name in (
        "take_name", "take_folder", "progress", "stage", "message", "seconds_left",
        "verdict", "motion_start_s", "motion_end_s", "firm", "weak", "error", "log",
    ):  # fmt: skip
        state.property_unset(name)
    for shown in (state.advice, state.trust, state.moments):
        shown.clear()


def _show_report(state: Any, report: dict[str, Any], warnings: Sequence[str] = ()) -> None:
    state.verdict = str(report.get("verdict", ""))
    advice = [panel_words(str(sentence)) for sentence in report.get("advice", ())]
    for sentence in dict.fromkeys([*advice, *warnings]):
        state.advice.add().text = sentence
    for person in report.get("people", ())[:1]:
        _show_trust(state, person)


def _show_trust(state: Any, person: dict[str, Any]) -> None:
    state.motion_start_s, state.motion_end_s = person.get("start_s", 0.0), person.get("end_s", 0.0)
    trust = person.get("trust", {})  # takes of earlier versions have none
    state.firm, state.weak = trust.get("firm", 0.0), trust.get("weak", 0.0)
    for value in trust.get("bins", ()):
        state.trust.add().trust = -1.0 if value is None else value
    for found in trust.get("moments", ()):
        moment = state.moments.add()
        moment.time_s, moment.trust = found["time_s"], found["trust"]
        moment.joints = ", ".join(found["joints"]).replace("_", " ")
