"""A process that works for another program, which it never outlives.

`python -m mvmocap_core.worker COMMAND ARGUMENTS...`: the commands of `mvmocap`, and
`probe VIDEO...` and `proxies TAKE VIDEO...`. JSON lines come on stdout; the line `cancel` on stdin,
or the end of stdin, stops the work. docs/worker.md describes it, for whoever writes the other side.
"""

import argparse
import faulthandler
import json
import os
import signal
import sys
from _thread import interrupt_main
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn, TextIO

from mvmocap_core import cli
from mvmocap_core.console import Console, open_console
from mvmocap_core.errors import InputError, MocapError
from mvmocap_core.files import write_text

CANCEL = b"cancel"

_READ_BYTES = 4096
_NICENESS = 5


def main(arguments: Sequence[str]) -> int:
    """Do one command; `arguments` without the program's name. Returns the exit code."""
    messages = _take_over_stdout()
    _stay_in_the_background()
    faulthandler.enable()  # a crash of native code leaves its stack on stderr
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even where a shell ignores it
    Thread(target=_listen, daemon=True).start()
    command, *rest = arguments or [""]
    own = _COMMANDS.get(command)
    if own is None:
        return cli.main([*filter(None, [command]), "--json", *rest], messages=messages)
    with open_console(is_json=True, messages=messages) as console:
        return cli.run_command(lambda: own(rest, console), console, log_folder=None)


def _take_over_stdout() -> TextIO:
    """Keep stdout for messages; what libraries print there goes to stderr, the log."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return messages


def _stay_in_the_background() -> None:
    """Let the program that waits for us stay quick. On Windows it chooses our priority itself."""
    if sys.platform != "win32":
        os.nice(_NICENESS)


def _listen() -> None:
    """Stop the work when stdin says so or ends.

    Once only: a second interrupt would fall into the tidying up after the first. The descriptor is
    read itself, as Python's own stdin cannot be closed while a thread waits for it.
    """
    heard = b""
    while chunk := os.read(0, _READ_BYTES):
        *lines, heard = (heard + chunk).split(b"\n")
        if any(line.strip() == CANCEL for line in lines):
            break
    interrupt_main(signal.SIGINT)


# ---- commands that people have no need of --------------------------------------------------


def _probe(arguments: Sequence[str], console: Console) -> None:
    from mvmocap_core.video.frames import probe_video  # loads the video library

    def facts(video: Path) -> dict[str, Any]:
        try:
            info = probe_video(video)
        except MocapError as error:
            return {"path": str(video), "problem": cli.one_line(error), "reason": error.reason}
        width, height = info.image_size
        return {
            "path": str(video),
            "width_px": width,
            "height_px": height,
            "fps": info.fps,
            "duration_s": info.duration_s,
            "n_frames": info.n_frames,
            "has_audio": info.has_audio,
        }

    parser = _Parser(prog="probe")
    parser.add_argument("videos", nargs="+", type=Path)
    videos: list[Path] = parser.parse_args(arguments).videos
    found: list[dict[str, Any]] = []
    for number, video in enumerate(videos):
        console.progress(number / len(videos), f"Looking at {video.name}")
        found.append(facts(video))
    console.result({"command": "probe", "videos": found}, [])


def _proxies(arguments: Sequence[str], console: Console) -> None:
    from mvmocap_core.footage import proxy_path, write_proxies

    parser = _Parser(prog="proxies")
    parser.add_argument("take", type=Path)
    parser.add_argument("videos", nargs="+", type=Path)
    chosen = parser.parse_args(arguments)
    stamp, key = chosen.take / "proxies.json", _proxies_key(chosen.take, chosen.videos)
    files = [proxy_path(chosen.take, view) for view in range(len(chosen.videos))]
    if not (_read(stamp) == key and all(path.is_file() for path in files)):
        stamp.unlink(missing_ok=True)  # until all are whole, none is known
        write_proxies(chosen.take, chosen.videos, progress=console.progress)
        write_text(stamp, key)
    console.result({"command": "proxies", "files": [str(path) for path in files]}, [])


def _proxies_key(take: Path, videos: Sequence[Path]) -> str:
    """Everything that the proxies depend on, as text.

    Of the motion that is its frames' times and the lenses, not how anybody moves.
    """
    from mvmocap_core.motion.clip import load_motion
    from mvmocap_core.take import code_hash, content_hash

    motion = load_motion(take / "motion.npz")
    times_s = [motion.times_s[0], motion.times_s[-1], len(motion.times_s)]
    lenses = [motion.K.tolist(), motion.dist.tolist()]
    clocks = [motion.sync_offset_s.tolist(), motion.sync_drift_ppm.tolist()]
    parts = [*lenses, *clocks, code_hash("video"), *(content_hash(video) for video in videos)]
    return json.dumps({"times_s": times_s, "made_from": parts}) + "\n"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as a message, where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{self.prog}: {message}; see docs/worker.md.", reason="bad_option")


_COMMANDS: dict[str, Callable[[Sequence[str], Console], None]] = {
    "probe": _probe,
    "proxies": _proxies,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
