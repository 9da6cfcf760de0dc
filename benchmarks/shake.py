"""`./run bench shake`: rendered clips as phones that were knocked or held in the hand film them.

Both videos of a clip are warped as turning cameras would have seen them, and detected anew. *bump*:
one knock of 2 degrees, in each video at another moment; *tremble*: half to one degree of sway, with
the small fast tremor of a hand. *ignored* solves the same detections as if the cameras had stood
still.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import RENDERED, Clip, clip_loaders, detected
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.scoring import score_solution, solve_clip
from benchmarks.tables import RESULTS, markdown_table, show, text_table, write_section
from mvmocap_core.errors import MocapError
from mvmocap_core.files import atomic_path
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.people.tracks import select_performer
from mvmocap_core.stabilisation.steady import find_camera_motion, steady_track
from mvmocap_core.video.frames import iter_frames, probe_video

KINDS = ("none", "bump", "tremble")
QUICK = ("charleston",)
HEAD = ("clip", "shake", "seen as", "turn deg", "followed W", "ignored W", "over unshaken")


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("shake", __doc__, "one clip", keeps_results=False)
    parser.add_argument("--only", nargs="+", choices=RENDERED, metavar="CLIP", help="these clips")
    options = parser.parse_args(arguments)
    rows: list[list[str]] = []
    for name in options.only or (QUICK if options.quick else RENDERED):
        unshaken = np.nan
        for kind in KINDS:
            cells, followed = _row(name, kind, unshaken)
            unshaken = followed if kind == "none" else unshaken
            rows.append(cells)
            print("  " + "  ".join(cells), file=sys.stderr, flush=True)
    print(text_table(HEAD, rows))
    if options.write_docs:
        head = section_head("Cameras that move", "shake", options.quick)
        intro = (__doc__ or "").split("\n\n", 1)[1]
        write_section("shake", f"{head}\n\n{intro}\n{markdown_table(HEAD, rows)}")
    return 0


def _row(name: str, kind: str, unshaken_mm: float) -> tuple[list[str], float]:
    clip = clip_loaders()[name]()
    folder = SHARED_DATA / "synth" / name
    videos = [folder / f"{view}.mp4" for view in "ab"]
    if kind != "none":
        videos = [_shaken(video, clip.cameras.K[v], kind, v) for v, video in enumerate(videos)]
    found = [detected(video) for video in videos]
    moved = [find_camera_motion(each) for each in found]
    tracks = [select_performer(each) for each in found]
    steady = [steady_track(track, motion) for track, motion in zip(tracks, moved, strict=True)]
    followed_mm = _score(replace(clip, tracks=(steady[0], steady[1])))
    ignored_mm = _score(replace(clip, tracks=(tracks[0], tracks[1])))
    cells = [
        name,
        kind,
        ", ".join(dict.fromkeys(motion.kind for motion in moved)),
        show(max(motion.turn_deg for motion in moved), 2),
        show(followed_mm),
        show(ignored_mm),
        show(followed_mm / unshaken_mm, 2),
    ]
    return cells, followed_mm


def _score(clip: Clip) -> float:
    """W-MPJPE of the joints in millimetres; NaN where the solve refuses."""
    try:
        scores = score_solution(clip, solve_clip(clip))
    except MocapError:
        return float("nan")
    joints = scores["joints"]
    return float(joints["w_mpjpe_mm"]) if isinstance(joints, dict) else float("nan")


def _shaken(video: Path, K: np.ndarray, kind: str, view: int) -> Path:
    """The video as a camera that turned would have filmed it; kept in benchmarks/results."""
    target = RESULTS / "videos" / f"{video.parent.name}-{video.stem}-{kind}.mp4"
    if target.exists():
        return target
    info = probe_video(video)
    with atomic_path(target) as temporary, av.open(str(temporary), "w") as container:
        rate = Fraction(info.fps).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate, options={"crf": "14"})
        stream.width, stream.height = info.image_size
        stream.pix_fmt = "yuv420p"
        for frame in iter_frames(video):
            turn = rotvec_to_rotmat(np.radians(_turn_deg(kind, view, frame.time_s)))
            H = K @ turn @ np.linalg.inv(K)
            image = cv2.warpPerspective(
                frame.image, H, info.image_size, borderMode=cv2.BORDER_REPLICATE
            )
            container.mux(stream.encode(VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return target


def _turn_deg(kind: str, view: int, time_s: float) -> np.ndarray:
    """(3,) about the image's axes to the right, down and forward, in degrees."""
    if kind == "bump":
        return np.array([0.9, 1.7, 0.5]) * (time_s > 1.0 + 0.7 * view)
    phase = 2.0 * np.pi * time_s + 2.0 * view
    sway = np.array([np.sin(0.9 * phase), np.sin(0.6 * phase + 1.0), 0.5 * np.sin(0.7 * phase)])
    tremor = np.array([np.sin(7.3 * phase), np.sin(8.9 * phase), 0.4 * np.sin(6.1 * phase)])
    return 0.75 * sway + 0.12 * tremor
