"""What a batch did: a table for people, JSON for programs. Fields are in docs/batch.md."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mvmocap_core.files import write_text

SCHEMA_VERSION = 1
DONE, UP_TO_DATE, FAILED, STOPPED = "done", "up to date", "failed", "stopped"
EXIT_DONE, EXIT_DEFECT, EXIT_INPUT, EXIT_TIMEOUT, EXIT_STOPPED = 0, 1, 2, 124, 130


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneResult:
    """How one scene went.

    status:    `DONE`, `UP_TO_DATE` (nothing was missing), `FAILED` or `STOPPED`.
    exit_code: of the scene's process: 0, 1 defect, 2 bad or unsolvable input, 124, 130.
    message:   why it failed, in one line; else empty.
    verdict:   of the solve: "good", "check", "unusable", or empty.
    made:      steps that were done; outputs: files for the user.
    """

    name: str
    status: str
    exit_code: int
    message: str = ""
    reason: str = ""
    verdict: str = ""
    n_frames: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    made: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


def result_to_json(result: SceneResult) -> str:
    """One JSON object."""
    return json.dumps(asdict(result), indent=2) + "\n"


def result_from_json(text: str) -> SceneResult:
    """The result that `result_to_json` wrote.

    Raises:
        ValueError: when the text is something else.
    """
    values: Any = json.loads(text)
    if not isinstance(values, dict) or set(values) != {f.name for f in fields(SceneResult)}:
        raise ValueError("not a scene's result")
    values.update({key: tuple(values[key]) for key in ("made", "outputs")})
    return SceneResult(**values)


def exit_code(results: Sequence[SceneResult]) -> int:
    """0 when every scene is done; the scenes' own code where all failures have the same; else 1."""
    codes = {result.exit_code for result in results} - {EXIT_DONE}
    if EXIT_STOPPED in codes:
        return EXIT_STOPPED
    return EXIT_DONE if not codes else codes.pop() if len(codes) == 1 else EXIT_DEFECT


def write_summary(target: Path, results: Sequence[SceneResult]) -> None:
    """Write the batch's JSON.

    Raises:
        InputError: when the disk is full or the folder cannot be written.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "exit_code": exit_code(results),
        "scenes": [asdict(result) for result in results],
    }
    write_text(target, json.dumps(document, indent=2) + "\n")


def table(results: Sequence[SceneResult]) -> list[str]:
    """Lines of a table, one row a scene."""
    rows = [("scene", "status", "verdict", "frames", "fps", "seconds", "")]
    for r in results:
        frames, fps = (str(r.n_frames), f"{r.fps:g}") if r.n_frames else ("", "")
        rows.append((r.name, r.status, r.verdict, frames, fps, f"{r.seconds:.1f}", r.message))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return ["  ".join(_cells(row, widths)).rstrip() for row in rows]


def _cells(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [
        cell.rjust(width) if column >= 3 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=False))
    ]
    return [*cells, row[-1]]
