"""Videos made from a solved take: what Blender shows behind the skeleton, and the preview.

`python -m mvmocap_core.footage proxies TAKE VIDEO...` or `... preview TAKE TARGET VIDEO...`;
exit codes as for the `mvmocap` command, messages as its `--json`.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock
from typing import NoReturn

import numpy as np

from mvmocap_core.console import open_console
from mvmocap_core.errors import Cancelled, MocapError
from mvmocap_core.motion.clip import MotionClip, load_motion
from mvmocap_core.progress import Progress, silent
from mvmocap_core.video.overlay import write_overlay
from mvmocap_core.video.proxy import write_proxy


def proxy_path(take: Path, view: int) -> Path:
    """Where the proxy of a view, counted from 0, is kept in a take."""
    return take / f"proxy_{view + 1}.mp4"


def write_proxies(take: Path, videos: Sequence[Path], *, progress: Progress = silent) -> list[Path]:
    """Write one proxy a video: frame i of each shows the moment of the motion's frame i.

    They are upright, undistorted and of the motion's frame rate, on the first video's clock.

    Raises InputError when the motion or a video cannot be read, or a proxy not be written.
    """
    motion = load_motion(take / "motion.npz")
    n_views = len(videos)
    targets = [proxy_path(take, view) for view in range(n_views)]
    done = np.zeros(n_views)
    telling, stopped = Lock(), Event()

    def write(view: int) -> None:
        def told(fraction: float, message: str) -> None:
            if stopped.is_set():
                raise Cancelled
            with telling:
                done[view] = fraction
                progress(float(done.mean()), message)

        write_proxy(
            videos[view],
            targets[view],
            source_times_s=view_times_s(motion, view),
            fps=motion.fps,
            K=motion.K[view],
            dist=motion.dist[view],
            progress=told,
        )

    # decoding, straightening and encoding happen outside Python's lock
    with ThreadPoolExecutor(min(n_views, os.cpu_count() or 1)) as pool:
        try:
            list(pool.map(write, range(n_views)))
        except BaseException:
            stopped.set()
            raise
    return targets


def view_times_s(motion: MotionClip, view: int) -> np.ndarray:
    """(F,) the motion's frames on a view's own clock, seconds since its first frame."""
    rate = 1.0 + 1e-6 * motion.sync_drift_ppm[view]
    return (motion.times_s - motion.sync_offset_s[view]) / rate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; `arguments` without the program's name. Returns the exit code."""
    chosen = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    with open_console(is_json=True) as console:
        try:
            if chosen.command == "proxies":
                write_proxies(chosen.take, chosen.videos, progress=console.progress)
            else:
                motion = load_motion(chosen.take / "motion.npz")
                write_overlay(
                    chosen.videos,
                    motion,
                    chosen.target,
                    panels=chosen.panel,
                    progress=console.progress,
                )
        except MocapError as error:
            console.error(" ".join(str(error).split()), error.reason, 2)
            return 2
        except (KeyboardInterrupt, Cancelled):
            console.error("stopped.", "stopped", 130)
            return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mvmocap_core.footage")
    commands = parser.add_subparsers(dest="command", required=True)
    proxies = commands.add_parser("proxies")
    proxies.add_argument("take", type=Path)
    proxies.add_argument("videos", type=Path, nargs="+")
    preview = commands.add_parser("preview")
    preview.add_argument("take", type=Path)
    preview.add_argument("target", type=Path)
    preview.add_argument("videos", type=Path, nargs="+")
    preview.add_argument("--panel", type=Path, action="append", default=[])
    return parser


def _stop(signal_number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
