"""The `mvmocap` command. Exit codes: 0 done, 2 bad or unsolvable input, 1 defect, 130 stopped."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, TextIO

from mvmocap_core import __version__
from mvmocap_core.console import Console, open_console
from mvmocap_core.errors import Cancelled, InputError, MocapError
from mvmocap_core.installation import check_installation
from mvmocap_core.options import DETECTORS, DEVICES, METHODS, CleanUp, ClipChoices, SolveOptions

EXIT_DONE, EXIT_DEFECT, EXIT_INPUT, EXIT_STOPPED = 0, 1, 2, 130

_BLENDER_FORMATS = ("fbx", "glb", "usd")


def main(arguments: Sequence[str] | None = None, *, messages: TextIO | None = None) -> int:
    """Run the command line; `arguments` without the program's name. Returns the exit code.

    messages: where JSON lines go instead of stdout.
    """
    try:
        chosen = _parser().parse_args(arguments)
    except InputError as error:
        is_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
        with open_console(is_json=is_json, messages=messages) as console:
            console.error(str(error), error.reason, EXIT_INPUT)
        return EXIT_INPUT
    signal.signal(signal.SIGTERM, _stop)  # a farm's polite kill ends like Ctrl-C
    folder: Path | None = getattr(chosen, "out", None) or getattr(chosen, "take", None)
    with open_console(is_json=chosen.json, messages=messages) as console:
        return run_command(lambda: chosen.command(chosen, console), console, log_folder=folder)


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
    clip = write_clip(chosen.takes, chosen.to, ClipChoices(**values))
    record = {"command": chosen.name, "file": str(chosen.to), "frames": len(clip.times_s)}
    console.result(record, [f"{chosen.to}: {len(clip.times_s)} frames"])


def _pack(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.archive import pack_take

    pack_take(chosen.take, chosen.to, has_videos=chosen.videos, progress=console.progress)
    console.result({"command": chosen.name, "file": str(chosen.to)}, [str(chosen.to)])


def _unpack(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.archive import unpack_take
    from mvmocap_core.cleaning import report_again

    unpack_take(chosen.archive, chosen.folder, progress=console.progress)
    with suppress(InputError):  # solved by another version: it can be used, without the page
        report_again(chosen.folder)
    console.result({"command": chosen.name, "take": str(chosen.folder)}, [str(chosen.folder)])


def _correct(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.correcting import correct_take

    report = correct_take(chosen.take, console.progress, on_stage=console.stage)
    record = {"command": chosen.name, "take": str(chosen.take), **report}
    _tell_report(report, record, chosen.take, console)


def _report(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.correcting import corrections_of_solve
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
    )
    record = {"command": chosen.name, "take": str(chosen.take), **report}
    _tell_report(report, record, chosen.take, console)


def _export(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core.motion.bvh import write_bvh
    from mvmocap_core.motion.clip import load_motion

    if chosen.format in _BLENDER_FORMATS:
        message = (
            f"--format {chosen.format} needs Blender: run "
            "blender -b --python build.py -- scenes.toml instead."
        )
        raise InputError(message, reason="needs_blender")
    target = chosen.to or chosen.take / "motion.bvh"
    write_bvh(load_motion(chosen.take / "motion.npz"), target, scale=chosen.scale)
    console.result({"command": chosen.name, "file": str(target)}, [str(target)])


def _doctor(chosen: argparse.Namespace, console: Console) -> None:
    from mvmocap_core import doctor

    findings = doctor.examine(use_network=chosen.fetch, with_self_test=chosen.self_test)
    lines = doctor.lines(findings)
    console.result({"command": chosen.name, **findings, "text": "\n".join(lines)}, lines)
    doctor.check(findings)


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


# ---- arguments -----------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse would print the usage as well."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help.", reason="bad_option")


def numbers(text: str) -> tuple[float | None, ...]:
    """Read numbers between commas; `auto` is None: to be found."""
    return tuple(None if part.strip() == "auto" else float(part) for part in text.split(","))


def corners(text: str) -> tuple[int, ...]:
    """Read a size such as 9x6."""
    return tuple(int(part) for part in text.lower().split("x"))


def absolute(text: str) -> str:
    """Read a path so that it means the same from any folder."""
    return str(Path(text).absolute())


@dataclass(frozen=True, slots=True)
class _Flag:
    """An option of a solve, whose default `SolveOptions` knows."""

    name: str
    kind: Callable[[str], Any]
    metavar: str
    help: str
    field: str


_FLAGS = (
    _Flag("--height", float, "M", "the performer's stature in metres, for true scale", "height_m"),
    _Flag("--fps", float, "HZ", "frame rate of the motion; default: the first video's", "fps"),
    _Flag("--start", float, "S", "first second to solve, in the first video", "start_s"),
    _Flag("--end", float, "S", "last second to solve, in the first video", "end_s"),
    _Flag("--device", str, "NAME", f"{', '.join(DEVICES)}", "device"),
    _Flag("--method", str, "NAME", f"{', '.join(METHODS)}", "method"),
    _Flag("--people", int, "N", "number of performers; 0 counts them", "people"),
    _Flag("--detector", str, "NAME", f"{', '.join(DETECTORS)}", "detector"),
    _Flag(
        "--offset",
        numbers,
        "S[,S]",
        "known: the time on the first video's clock at which each further video starts, or auto",
        "offset_s",
    ),
    _Flag(
        "--focal-35mm",
        numbers,
        "MM[,MM]",
        "known: focal length for a frame 36 mm wide, of all videos or of each, or auto",
        "focal_35mm",
    ),
    _Flag(
        "--board",
        corners,
        "NxM",
        "inner corners of the checkerboard, columns x rows (default 9x6)",
        "board",
    ),
)
_FILE_FLAGS = (
    _Flag(
        "--keypoints",
        absolute,
        "PATH",
        "keypoints that another program found, instead of detecting: OpenPose, Pose2Sim or COCO "
        "JSON, or .npz; a folder for all videos, or again for each, in order",
        "keypoints",
    ),
    _Flag(
        "--calibration",
        absolute,
        "FILE",
        "known cameras: Pose2Sim or Caliscope TOML, OpenCV YAML or XML, Qualisys .qca.txt; "
        "again for each file",
        "calibration",
    ),
    _Flag(
        "--checkerboard",
        absolute,
        "VIDEO",
        "known lens: a checkerboard filmed as the video was; again for each video, in order",
        "checkerboard",
    ),
)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="mvmocap",
        description="Two ordinary videos of one person in, their motion out.",
        epilog="Exit codes: 0 done, 2 bad or unsolvable input, 1 defect, 130 stopped.",
    )
    parser.add_argument("--version", action="version", version=f"mvmocap {__version__}")
    commands = parser.add_subparsers(
        dest="name", metavar="COMMAND", required=True, parser_class=_Parser
    )
    for name, last_stage, text in (
        ("solve", "report", "solve two videos, or up to four, into a take folder"),
        ("detect", "detect", "only find the person in the videos"),
        ("sync", "sync", "only find how the videos' clocks relate"),
        ("calibrate", "calibrate", "only find where the phones stood, and their lenses"),
    ):
        _add_solve(_add(commands, name, _solve, text), last_stage)
    _add_clean(_add(commands, "clean", _clean, "clean a take's motion up with other choices"))
    correct = _add(commands, "correct", _correct, "solve again what corrections.json changes")
    correct.add_argument("take", type=Path, metavar="TAKE")
    _add_clip(_add(commands, "clip", _clip, "make a clip of solved motions"))
    report = _add(commands, "report", _report, "make a take's report again")
    report.add_argument("take", type=Path, metavar="TAKE")
    pack = _add(commands, "pack", _pack, "write a take and its videos into one file to send")
    pack.add_argument("take", type=Path, metavar="TAKE")
    pack.add_argument("to", type=Path, metavar="ZIP")
    pack.add_argument("--without-videos", action="store_false", dest="videos", help="smaller")
    unpack = _add(commands, "unpack", _unpack, "unpack a take that was sent")
    unpack.add_argument("archive", type=Path, metavar="ZIP")
    unpack.add_argument("folder", type=Path, metavar="FOLDER", help="a new take folder")
    export = _add(commands, "export", _export, "write a take's motion in another format")
    export.add_argument("take", type=Path, metavar="TAKE")
    export.add_argument("--format", choices=("bvh", *_BLENDER_FORMATS), default="bvh")
    export.add_argument("--to", type=Path, metavar="FILE", help="default: TAKE/motion.bvh")
    scale_help = "units a metre; 100 for programs that expect centimetres (default 1)"
    export.add_argument("--scale", type=_positive, default=1.0, help=scale_help)
    doctor = _add(commands, "doctor", _doctor, "say what this installation has and lacks")
    doctor.add_argument("--fetch", action="store_true", help="get missing models by network")
    doctor.add_argument("--self-test", action="store_true", help="solve something known, 5 s")
    return parser


def _add(
    commands: Any, name: str, command: Callable[[argparse.Namespace, Console], None], text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.set_defaults(command=command)
    return parser


def _add_solve(parser: argparse.ArgumentParser, last_stage: str) -> None:
    defaults = {field.name: field.default for field in fields(SolveOptions)}
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    parser.add_argument("--out", type=Path, required=True, metavar="TAKE", help="take folder")
    for flag in _FLAGS:
        parser.add_argument(
            flag.name,
            type=flag.kind,
            metavar=flag.metavar,
            help=flag.help,
            dest=flag.field,
            default=defaults[flag.field],
        )
    for flag in _FILE_FLAGS:
        parser.add_argument(
            flag.name,
            type=flag.kind,
            metavar=flag.metavar,
            help=flag.help,
            dest=flag.field,
            action="append",
            default=[],
        )
    parser.set_defaults(last_stage=last_stage)


def _add_clean(parser: argparse.ArgumentParser) -> None:
    defaults = CleanUp()
    parser.add_argument("take", type=Path, metavar="TAKE")
    smoothing_help = f"0 leaves every tremble, 1 the least; default {defaults.smoothing:g}"
    parser.add_argument(
        "--smoothing", type=float, metavar="X", default=defaults.smoothing, help=smoothing_help
    )
    parser.add_argument(
        "--no-foot-lock", action="store_false", dest="lock_feet", help="let feet slide as seen"
    )
    for name in ("start", "end"):
        what = f"{'first' if name == 'start' else 'last'} second to keep, in the first video"
        parser.add_argument(f"--{name}", type=float, metavar="S", dest=f"{name}_s", help=what)


def _add_clip(parser: argparse.ArgumentParser) -> None:
    defaults = ClipChoices()
    parser.add_argument("takes", nargs="+", type=Path, metavar="TAKE", help="one after another")
    to_help = "a .bvh file, or a new folder for a motion.npz that opens like a take"
    parser.add_argument("--to", type=Path, required=True, metavar="TARGET", help=to_help)
    for name, what in (("start", "first"), ("end", "last")):
        text = f"{what} second to keep of each, in its first video"
        parser.add_argument(f"--{name}", type=float, metavar="S", dest=f"{name}_s", help=text)
    parser.add_argument("--mirror", action="store_true", help="left for right")
    speed_help = "how many times as fast; default 1"
    parser.add_argument("--speed", type=float, metavar="X", default=defaults.speed, help=speed_help)
    parser.add_argument("--fps", type=float, metavar="HZ", help="frame rate; default: the first's")
    parser.add_argument("--loop", action="store_true", help="end as it begins, for a cycle")
    blend_help = f"seconds in which one motion passes into the next; default {defaults.blend_s:g}"
    parser.add_argument(
        "--blend", type=float, metavar="S", default=defaults.blend_s, dest="blend_s",
        help=blend_help,
    )  # fmt: skip


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise ValueError(text)
    return value


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
