"""What the `mvmocap` command accepts."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from mvmocap_core import __version__
from mvmocap_core.errors import InputError
from mvmocap_core.options import (
    DETECTORS,
    DEVICES,
    METHODS,
    SMOOTHING_PRESETS,
    CleanUp,
    ClipChoices,
    SolveOptions,
)

BLENDER_FORMATS = ("fbx", "glb", "usd")
"""Formats that only Blender writes."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse would print the usage as well."""

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ").replace(
            "expected one argument", "give one value, after = where it begins with a minus sign"
        )
        raise InputError(f"{message}; see {self.prog} --help.", reason="bad_option")


class _Command(_Parser):
    """The parser of one command, which tells unknown options itself: it knows its own name."""

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Sequence[str], namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        chosen, unknown = super().parse_known_args(args, namespace or argparse.Namespace())
        if unknown:
            self.error(f"{' '.join(unknown)}: unknown option or one word too many")
        return chosen, unknown


def number(text: str) -> float:
    """Read a number."""
    try:
        return float(text)
    except ValueError:
        raise _misread(text, "a number such as 1.75") from None


def count(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise _misread(text, "a whole number such as 2") from None


def numbers(text: str) -> tuple[float | None, ...]:
    """Read numbers between commas; `auto` is None: to be found."""
    try:
        return tuple(None if part.strip() == "auto" else float(part) for part in text.split(","))
    except ValueError:
        raise _misread(text, "numbers without a unit, such as 26,28.5, or auto") from None


def corners(text: str) -> tuple[int, ...]:
    """Read a size such as 9x6."""
    try:
        return tuple(int(part) for part in text.lower().split("x"))
    except ValueError:
        raise _misread(text, "columns and rows such as 9x6") from None


def _misread(text: str, wanted: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"{text!r} cannot be read; give {wanted}")


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
    _Flag("--height", number, "M", "the performer's stature in metres, for true scale", "height_m"),
    _Flag("--fps", number, "HZ", "frame rate of the motion; default: the first video's", "fps"),
    _Flag("--start", number, "S", "first second to solve, in the first video", "start_s"),
    _Flag("--end", number, "S", "last second to solve, in the first video", "end_s"),
    _Flag("--device", str, "NAME", f"{', '.join(DEVICES)}", "device"),
    _Flag("--method", str, "NAME", f"what guesses at hidden limbs: {', '.join(METHODS)}", "method"),
    _Flag("--people", count, "N", "number of performers; 0 counts them", "people"),
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
FIELD_OF_FLAG = {flag.name: flag.field for flag in (*_FLAGS, *_FILE_FLAGS)}
"""The field of `SolveOptions` that a flag of the command line sets."""


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line. What it returns has the command's `name`.

    It raises InputError where the arguments are wrong.
    """
    parser = _Parser(
        prog="mvmocap",
        description="Two ordinary videos of one person in, their motion out.",
        epilog="Exit codes: 0 done, 2 bad or unsolvable input, 1 defect, 130 stopped.",
    )
    parser.add_argument("--version", action="version", version=f"mvmocap {__version__}")
    commands = parser.add_subparsers(
        dest="name", metavar="COMMAND", required=True, parser_class=_Command
    )
    for name, last_stage, text in (
        ("solve", "report", "solve two videos, or up to four, into a take folder"),
        ("detect", "detect", "only find the person in the videos"),
        ("sync", "sync", "only find how the videos' clocks relate"),
        ("calibrate", "calibrate", "only find where the phones stood, and their lenses"),
    ):
        _add_solve(_add(commands, name, text), last_stage)
    _add_clean(_add(commands, "clean", "clean a take's motion up with other choices"))
    _add_correct(_add(commands, "correct", "solve again what corrections.json changes"))
    _add_clip(_add(commands, "clip", "make a clip of solved motions"))
    report = _add(commands, "report", "make a take's report again")
    report.add_argument("take", type=Path, metavar="TAKE")
    pack = _add(commands, "pack", "write a take and its videos into one file to send")
    pack.add_argument("take", type=Path, metavar="TAKE")
    pack.add_argument("to", type=Path, metavar="ZIP", help="replaced if it is there")
    pack.add_argument("--without-videos", action="store_false", dest="videos", help="smaller")
    unpack = _add(commands, "unpack", "unpack a take that was sent")
    unpack.add_argument("archive", type=Path, metavar="ZIP")
    unpack.add_argument("folder", type=Path, metavar="FOLDER", help="a new take folder")
    export = _add(commands, "export", "write a take's motion in another format")
    export.add_argument("take", type=Path, metavar="TAKE")
    export.add_argument("--format", choices=("bvh", *BLENDER_FORMATS), default="bvh")
    to_help = "default: TAKE/motion.bvh; replaced if it is there"
    export.add_argument("--to", type=Path, metavar="FILE", help=to_help)
    scale_help = "units a metre; 100 for programs that expect centimetres (default 1)"
    export.add_argument("--scale", type=_positive, default=1.0, help=scale_help)
    doctor = _add(commands, "doctor", "say what this installation has and lacks")
    doctor.add_argument("--fetch", action="store_true", help="get missing models by network")
    doctor.add_argument("--self-test", action="store_true", help="solve something known, 5 s")
    return parser


def _add(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
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
    hands_help = "find fingers too, which takes about twice as long"
    parser.add_argument("--hands", action="store_true", help=hands_help)
    parser.set_defaults(last_stage=last_stage)


def _add_correct(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("take", type=Path, metavar="TAKE")
    parser.add_argument(
        "--exchange",
        type=number,
        nargs="+",
        action="append",
        default=[],
        metavar="N",
        help="VIDEO FIRST SECOND START [END]: from START s on (until END s), in this video, two "
        "performers were taken for each other; numbers count from 1",
    )
    parser.add_argument(
        "--join",
        type=number,
        nargs=5,
        action="append",
        default=[],
        metavar=("VIDEO", "PERFORMER", "TIME", "X", "Y"),
        help="whoever is at pixel X, Y of this video at TIME s, and was left out, is a performer",
    )


def _add_clean(parser: argparse.ArgumentParser) -> None:
    defaults = CleanUp()
    parser.add_argument("take", type=Path, metavar="TAKE")
    names = ", ".join(f"{name} ({value:g})" for name, value in SMOOTHING_PRESETS.items())
    smoothing_help = f"0 leaves every tremble, 1 the least; default {defaults.smoothing:g}; {names}"
    parser.add_argument(
        "--smoothing",
        type=_smoothing,
        metavar="X",
        default=defaults.smoothing,
        help=smoothing_help,
    )
    parser.add_argument(
        "--no-foot-lock", action="store_false", dest="lock_feet", help="let feet slide as seen"
    )
    for name in ("start", "end"):
        what = f"{'first' if name == 'start' else 'last'} second to keep, in the first video"
        parser.add_argument(f"--{name}", type=number, metavar="S", dest=f"{name}_s", help=what)


def _smoothing(text: str) -> float:
    """A strength, or the name of a preset."""
    if text in SMOOTHING_PRESETS:
        return SMOOTHING_PRESETS[text]
    try:
        return float(text)
    except ValueError:
        names = ", ".join(SMOOTHING_PRESETS)
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 0 to 1, or {names}") from None


def _add_clip(parser: argparse.ArgumentParser) -> None:
    defaults = ClipChoices()
    parser.add_argument("takes", nargs="+", type=Path, metavar="TAKE", help="one after another")
    to_help = (
        "a .bvh file, or a folder for a motion.npz that opens like a take; "
        "an earlier clip there is replaced, a solved take never"
    )
    parser.add_argument("--to", type=Path, required=True, metavar="TARGET", help=to_help)
    for name, what in (("start", "first"), ("end", "last")):
        text = f"{what} second to keep of each, in its first video"
        parser.add_argument(f"--{name}", type=number, metavar="S", dest=f"{name}_s", help=text)
    parser.add_argument("--mirror", action="store_true", help="left for right")
    speed_help = "how many times as fast; default 1"
    parser.add_argument(
        "--speed", type=number, metavar="X", default=defaults.speed, help=speed_help
    )
    parser.add_argument("--fps", type=number, metavar="HZ", help="frame rate; default: the first's")
    parser.add_argument("--loop", action="store_true", help="end as it begins, for a cycle")
    blend_help = f"seconds in which one motion passes into the next; default {defaults.blend_s:g}"
    parser.add_argument(
        "--blend", type=number, metavar="S", default=defaults.blend_s, dest="blend_s",
        help=blend_help,
    )  # fmt: skip


def _positive(text: str) -> float:
    value = number(text)
    if not 0.0 < value < float("inf"):
        raise _misread(text, "a number above 0")
    return value
