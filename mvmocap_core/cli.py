"""The `mvmocap` command. Exit codes: 0 done, 2 bad or unsolvable input, 1 defect, 130 stopped."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn, TextIO

from mvmocap_core.cli_arguments import BLENDER_FORMATS, make_parser
from mvmocap_core.console import Console, open_console
from mvmocap_core.errors import Cancelled, InputError, MocapError
from mvmocap_core.installation import check_installation
from mvmocap_core.options import CleanUp, ClipChoices, SolveOptions
from mvmocap_core.take_files import motion_file

EXIT_DONE, EXIT_DEFECT, EXIT_INPUT, EXIT_STOPPED = 0, 1, 2, 130

_OF_MOTIONS = ("clip", "pack", "export")
"""Commands that begin with a take's finished motion."""


def main(arguments: Sequence[str] | None = None, *, messages: TextIO | None = None) -> int:
    """Run the command line; `arguments` without the program's name. Returns the exit code.

    messages: where JSON lines go instead of stdout.
    """
    try:
        chosen = make_parser().parse_args(arguments)
    except InputError as error:
        is_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
        with open_console(is_json=is_json, messages=messages) as console:
            console.error(str(error), error.reason, EXIT_INPUT)
        return EXIT_INPUT
    signal.signal(signal.SIGTERM, _stop)  # a farm's polite kill ends like Ctrl-C
    folder: Path | None = getattr(chosen, "out", None) or getattr(chosen, "take", None)
    with open_console(is_json=chosen.json, messages=messages) as console:
        return run_command(lambda: _run(chosen, console), console, log_folder=folder)


def run_command(work: Callable[[], None], console: Console, *, log_folder: Path | None) -> int:
    """Do a command's work and tell the console how it failed. Returns the exit code.

    log_folder: where a defect's traceback is kept, if that folder exists; else it goes to stderr.
    """
    try:
        work()
    except MocapError as error:
        console.error(one_line(error), error.reason, EXIT_INPUT)
        return EXIT_INPUT
    except (KeyboardInterrupt, Cancelled):
        console.error("stopped; what was finished is kept.", "stopped", EXIT_STOPPED)
        return EXIT_STOPPED
    except BrokenPipeError:
        # Nobody reads us any more. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_STOPPED
    except Exception:  # noqa: BLE001 - the outermost frame: a defect becomes exit code 1
        where = _keep_traceback(log_folder, traceback.format_exc())
        message = f"this is a defect of mvmocap; please report it with {where}."
        console.error(message, "defect", EXIT_DEFECT)
        return EXIT_DEFECT
    return EXIT_DONE


# ---- commands ------------------------------------------------------------------------------


def _run(chosen: argparse.Namespace, console: Console) -> None:
    _check_there([chosen.take] if "take" in chosen else getattr(chosen, "takes", []), chosen.name)
    _COMMANDS[chosen.name](chosen, console)


def _check_there(takes: Sequence[Path], command: str) -> None:
    """Raise InputError if a take is not there, or has no motion where the command takes that."""
    for take in takes:
        if not take.is_dir() and not (command == "clip" and take.is_file()):
            raise InputError(f"{take}: no such take folder; check the path.", reason="no_take")
        if command in _OF_MOTIONS and take.is_dir() and not motion_file(take, 0).is_file():
            message = f"{take}: holds no motion.npz; solve two videos into it first."
            raise InputError(message, reason="no_take")


def _solve(chosen: argparse.Namespace, console: Console) -> None:
    check_installation()
    from mvmocap_core.pipeline import solve  # loads the detector's libraries: 2 s

    report = solve(
        chosen.videos,
        chosen.out,
        _options(chosen),
        console.progress,
        on_stage=console.stage,
        last_stage=chosen.last_stage,
    )
    record = {"command": chosen.name, "take": str(chosen.out), **report}
    if chosen.last_stage == "report":
        _tell_report(report, record, chosen.out, console)
    else:
        console.result(record, _plain_lines(report))


def _clean(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.cleaning import clean_take

    options = CleanUp(
        smoothing=chosen.smoothing,
        lock_feet=chosen.lock_feet,
        start_s=chosen.start_s,
        end_s=chosen.end_s,
    )
    report = clean_take(chosen.take, options, console.progress, on_stage=console.stage)
    record = {"command": chosen.name, "take": str(chosen.take), **report}
    _tell_report(report, record, chosen.take, console)


def _clip(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.clipping import write_clip

    values = {field.name: getattr(chosen, field.name) for field in fields(ClipChoices)}
    replaced = _replaced(chosen.to if chosen.to.is_file() else motion_file(chosen.to, 0))
    clip = write_clip(chosen.takes, chosen.to, ClipChoices(**values))
    record = {"command": chosen.name, "file": str(chosen.to), "frames": len(clip.times_s)}
    console.result(record, [f"{chosen.to}: {len(clip.times_s)} frames{replaced}"])


def _pack(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.archive import pack_take

    replaced = _replaced(chosen.to)
    pack_take(chosen.take, chosen.to, has_videos=chosen.videos, progress=console.progress)
    console.result({"command": chosen.name, "file": str(chosen.to)}, [f"{chosen.to}{replaced}"])


def _unpack(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.archive import unpack_take
    from mvmocap_core.cleaning import report_again

    unpack_take(chosen.archive, chosen.folder, progress=console.progress)
    with suppress(InputError):  # solved by another version: it can be used, without the page
        report_again(chosen.folder)
    console.result({"command": chosen.name, "take": str(chosen.folder)}, [str(chosen.folder)])


def _correct(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.correcting import correct_take
    from mvmocap_core.naming import name_by_numbers

    if chosen.exchange or chosen.join:
        name_by_numbers(chosen.take, chosen.exchange, chosen.join)
    report = correct_take(chosen.take, console.progress, on_stage=console.stage)
    record = {"command": chosen.name, "take": str(chosen.take), **report}
    _tell_report(report, record, chosen.take, console)


def _report(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.correcting import corrections_of_solve, identities_of_solve
    from mvmocap_core.pipeline import solve
    from mvmocap_core.take import Take

    take = Take(chosen.take)
    job = take.load_job()
    report = solve(
        job.videos,
        chosen.take,
        job.options,
        console.progress,
        on_stage=console.stage,
        corrections=corrections_of_solve(take),
        identities=identities_of_solve(take),
    )
    record = {"command": chosen.name, "take": str(chosen.take), **report}
    _tell_report(report, record, chosen.take, console)


def _export(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.motion.bvh import write_bvh
    from mvmocap_core.motion.clip import load_motion

    if chosen.format in BLENDER_FORMATS:
        message = (
            f"--format {chosen.format} needs Blender: run "
            "blender -b --python build.py -- scenes.toml instead."
        )
        raise InputError(message, reason="needs_blender")
    target = chosen.to or chosen.take / "motion.bvh"
    replaced = _replaced(target)
    write_bvh(load_motion(chosen.take / "motion.npz"), target, scale=chosen.scale)
    console.result({"command": chosen.name, "file": str(target)}, [f"{target}{replaced}"])


def _replaced(target: Path) -> str:
    """What to add to the name of a file that is about to be written."""
    return " (replaced)" if target.is_file() else ""


def _doctor(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core import doctor

    findings = doctor.examine(use_network=chosen.fetch, with_self_test=chosen.self_test)
    lines = doctor.lines(findings)
    console.result({"command": chosen.name, **findings, "text": "\n".join(lines)}, lines)
    doctor.check(findings)


_COMMANDS: dict[str, Callable[[argparse.Namespace, Console], None]] = {
    "solve": _solve,
    "detect": _solve,
    "sync": _solve,
    "calibrate": _solve,
    "clean": _clean,
    "correct": _correct,
    "clip": _clip,
    "report": _report,
    "pack": _pack,
    "unpack": _unpack,
    "export": _export,
    "doctor": _doctor,
}


def _options(chosen: argparse.Namespace) -> SolveOptions:
    values = {field.name: getattr(chosen, field.name) for field in fields(SolveOptions)}
    return SolveOptions(**values)


def _tell_report(
    report: dict[str, Any], record: dict[str, Any], take: Path, console: Console
) -> None:
    for sentence in report["advice"]:
        console.warn(sentence)
    console.result(
        record,
        [
            f"Verdict: {report['verdict']}" + "".join(f" ({code})" for code in report["reasons"]),
            f"Motion: {take / 'motion.npz'}",
            f"Report: {take / 'report.html'}",
        ],
    )


def _plain_lines(values: dict[str, Any], prefix: str = "") -> list[str]:
    lines: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict):
            lines += _plain_lines(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for index, item in enumerate(value):
                lines += _plain_lines(item, f"{prefix}{name}[{index}].")
        else:
            lines.append(f"{prefix}{name}: {value}")
    return lines


# ---- endings -------------------------------------------------------------------------------


def _stop(signal_number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def one_line(error: MocapError) -> str:
    """The error's message without line breaks."""
    return " ".join(str(error).split())


def _keep_traceback(folder: Path | None, text: str) -> str:
    """Write the traceback into the take, or to stderr; say where it is."""
    if folder is not None and folder.is_dir():
        try:
            (folder / "error.log").write_text(text, encoding="utf-8")
        except OSError:
            pass
        else:
            return str(folder / "error.log")
    sys.stderr.write(text)
    return "the lines above"
