"""Make .blend files and exports from videos, without a window.

    blender -b --python build.py -- scenes.toml
    python build.py scenes.toml          (with the bpy module)

docs/batch.md describes scenes.toml, the outputs and the exit codes.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

REPOSITORY = Path(__file__).resolve().parent
sys.path.insert(0, str(REPOSITORY))

from blender_addon.batch.run_batch import (  # noqa: E402 - after the line that finds it
    line_prefix,
    run_scene_apart,
    run_scene_here,
    write_result,
)
from blender_addon.batch.scene_work import RENDER_PANEL, render_panel, scene_work  # noqa: E402
from blender_addon.batch.scenes_file import SceneJob, read_scenes  # noqa: E402
from blender_addon.batch.summary import (  # noqa: E402
    EXIT_INPUT,
    EXIT_STOPPED,
    STOPPED,
    SceneResult,
    exit_code,
    table,
    write_summary,
)
from mvmocap_core.errors import InputError, MocapError  # noqa: E402

SUMMARY_FILE = "build.json"
DEFAULT_TIMEOUT_S = 4 * 3600.0


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks; return the exit code."""
    try:
        if arguments[:1] == [RENDER_PANEL]:
            render_panel(Path(arguments[1]), Path(arguments[2]))
            return 0
        chosen = _parser().parse_args(arguments)
        if not 0.0 < chosen.timeout <= 1e7:
            raise InputError("--timeout: give a positive number of seconds.", reason="bad_option")
        jobs = read_scenes(chosen.scenes)
        if chosen.scene is not None:
            return _build_one(_named(jobs, chosen.scene), chosen)
        return _build_all(jobs, chosen)
    except MocapError as error:
        print(f"build.py: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_INPUT


def _build_one(job: SceneJob, chosen: argparse.Namespace) -> int:
    """One scene, in this process."""

    def say(line: str) -> None:
        print(f"{line_prefix(job)}{line}", flush=True)

    result = run_scene_here(job, scene_work(REPOSITORY, say), say, is_forced=chosen.force)
    if chosen.result is not None:
        write_result(chosen.result, result)
    else:
        _tell([result])
    return result.exit_code


def _build_all(jobs: Sequence[SceneJob], chosen: argparse.Namespace) -> int:
    """Each scene in a process of its own, one after the other."""
    results: list[SceneResult] = []
    for job in jobs:
        arguments = [str(chosen.scenes.resolve()), f"--scene={job.name}"]
        arguments += ["--force"] if chosen.force else []
        try:
            result = run_scene_apart(
                job, Path(__file__).resolve(), arguments, timeout_s=chosen.timeout, say=_print
            )
        except KeyboardInterrupt:
            results.append(SceneResult(name=job.name, status=STOPPED, exit_code=EXIT_STOPPED))
            break
        results.append(result)
    _tell(results)
    summary = chosen.summary or chosen.scenes.resolve().parent / SUMMARY_FILE
    write_summary(summary, results)
    print(f"Summary: {summary}")
    return exit_code(results)


def _tell(results: Sequence[SceneResult]) -> None:
    print()
    for line in table(results):
        print(line)
    print()
    for result in results:
        for output in result.outputs:
            print(output)


def _print(line: str) -> None:
    print(line, flush=True)


def _named(jobs: Sequence[SceneJob], name: str) -> SceneJob:
    for job in jobs:
        if job.name == name:
            return job
    names = ", ".join(job.name for job in jobs)
    raise InputError(f"--scene {name}: no such scene; there is {names}.", reason="bad_option")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse would print the usage as well."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see build.py --help.", reason="bad_option")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="build.py",
        description="Solve, bake and export the scenes of a batch file; see docs/batch.md.",
        epilog="Exit codes: 0 done, 1 defect, 2 bad or unsolvable input, 124 timeout, 130 stopped.",
    )
    parser.add_argument("scenes", type=Path, metavar="scenes.toml")
    parser.add_argument("--scene", metavar="NAME", help="this scene alone, in this process")
    parser.add_argument("--force", action="store_true", help="make everything again")
    parser.add_argument(
        "--timeout",
        type=float,
        default=DEFAULT_TIMEOUT_S,
        metavar="S",
        help=f"seconds for a scene, default {DEFAULT_TIMEOUT_S:g}",
    )
    parser.add_argument("--summary", type=Path, metavar="FILE", help="default: build.json beside")
    parser.add_argument("--result", type=Path, help=argparse.SUPPRESS)
    return parser


def _own_arguments() -> list[str]:
    """What stands after `--` in Blender's command line, or after the script's name."""
    is_blender = "bpy" in sys.modules
    if is_blender:
        return sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    return sys.argv[1:]


def _leave(code: int) -> NoReturn:
    """End at once: Blender's own exit hangs or crashes in some versions."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    try:
        _code = main(_own_arguments())
    except SystemExit as exit_request:  # --help
        _code = int(exit_request.code or 0)
    except KeyboardInterrupt:
        _code = EXIT_STOPPED
    _leave(_code)
