"""Run the scenes of a batch file, each in a process of its own."""

import json
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from mvmocap_core.errors import InputError, MocapError
from mvmocap_core.files import write_text, writing
from mvmocap_core.motion.clip import load_motion

from .blender_process import blender_command
from .build_scene import Built, Say, Work, build_scene, check_inputs, take_folder
from .child_process import ChildTimeout, run_child
from .scenes_file import SceneJob
from .summary import (
    DONE,
    EXIT_DEFECT,
    EXIT_DONE,
    EXIT_INPUT,
    EXIT_STOPPED,
    EXIT_TIMEOUT,
    FAILED,
    STOPPED,
    UP_TO_DATE,
    SceneResult,
    result_from_json,
    result_to_json,
)

LOG_FILE = "build.log"


def run_scene_here(job: SceneJob, work: Work, say: Say, *, is_forced: bool) -> SceneResult:
    """Build one scene in this process. Every failure becomes a result."""
    start = time.monotonic()
    try:
        check_inputs(job)
        built = build_scene(job, work, say, is_forced=is_forced)
    except MocapError as error:
        return _failed(job, EXIT_INPUT, str(error), error.reason, start)
    except KeyboardInterrupt:
        return _failed(job, EXIT_STOPPED, "stopped; what was finished is kept", "stopped", start)
    except Exception as error:  # noqa: BLE001 - the outermost frame: a defect becomes exit code 1
        for line in traceback.format_exc().splitlines():
            say(line)
        return _failed(job, EXIT_DEFECT, f"{error}", "defect", start)
    return _succeeded(job, built, start)


def run_scene_apart(
    job: SceneJob, script: Path, arguments: Sequence[str], *, timeout_s: float, say: Say
) -> SceneResult:
    """Build one scene in a child process, whose other output goes to build.log beside the files.

    arguments: of `script`, which has to write a result to the path given by `--result`.
    Raises KeyboardInterrupt after the child has ended, when this process is interrupted.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as folder:
        result = Path(folder) / "result.json"
        command = blender_command(script, [*arguments, f"--result={result}"])
        try:
            code = _run_logged(job, command, timeout_s, say)
        except MocapError as error:
            return _failed(job, EXIT_INPUT, str(error), error.reason, start)
        except ChildTimeout as error:
            return _failed(job, EXIT_TIMEOUT, str(error), "timeout", start)
        try:
            return result_from_json(result.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            message = f"its process ended with exit code {code}; see {job.out / LOG_FILE}"
            return _failed(job, EXIT_DEFECT, message, "crash", start)


def write_result(path: Path, result: SceneResult) -> None:
    """Write the result that `run_scene_apart` reads."""
    write_text(path, result_to_json(result))


def _run_logged(job: SceneJob, command: Sequence[str], timeout_s: float, say: Say) -> int:
    path = job.out / LOG_FILE
    with writing(path):
        job.out.mkdir(parents=True, exist_ok=True)
        log = path.open("w", encoding="utf-8")
    with log:

        def on_line(line: str) -> None:
            _write_line(log, line)
            if line.startswith(line_prefix(job)):
                say(line)

        return run_child(command, on_line=on_line, timeout_s=timeout_s)


def line_prefix(job: SceneJob) -> str:
    """Start of the lines that a scene's process says to people."""
    return f"[{job.name}] "


def _write_line(log: TextIO, line: str) -> None:
    log.write(line + "\n")
    log.flush()


def _succeeded(job: SceneJob, built: Built, start: float) -> SceneResult:
    motion = load_motion(take_folder(job) / "motion.npz")
    return SceneResult(
        name=job.name,
        status=DONE if built.made else UP_TO_DATE,
        exit_code=EXIT_DONE,
        verdict=_verdict(take_folder(job) / "report.json"),
        n_frames=len(motion.times_s),
        fps=motion.fps,
        seconds=round(time.monotonic() - start, 2),
        made=built.made,
        outputs=tuple(str(path) for path in built.outputs),
    )


def _verdict(report: Path) -> str:
    try:
        document = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{report}: not a report ({error}); delete the take.") from error
    return str(document.get("verdict", "")) if isinstance(document, dict) else ""


def _failed(job: SceneJob, exit_code: int, message: str, reason: str, start: float) -> SceneResult:
    return SceneResult(
        name=job.name,
        status=STOPPED if exit_code == EXIT_STOPPED else FAILED,
        exit_code=exit_code,
        message=" ".join(message.split()),
        reason=reason,
        seconds=round(time.monotonic() - start, 2),
    )
