"""The report as files: `report.json` for programs, `report.html` for people."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mvmocap_core.files import write_text
from mvmocap_core.motion.finger_names import SIDES
from mvmocap_core.motion.fingers import hands_seen, without_fingers
from mvmocap_core.progress import Progress, part, silent
from mvmocap_core.report import drawings
from mvmocap_core.report.evidence import Evidence, seen_by_view
from mvmocap_core.report.moments import frame_trust
from mvmocap_core.video.frames import iter_frames
from mvmocap_core.video.overlay import draw_skeleton, project_motion

N_PICTURES = 6
_PICTURE_HEIGHT_PX = 360
_PICTURE_WIDTH_PX = 264
_ROOM = 1.35
"""Size of the picture over the skeleton's, so that hair, hands and some ground are seen."""
_JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Picture:
    """All views of a performer at one moment, side by side.

    time_s: first video's clock. jpeg_base64: ASCII. person: 0 is the first performer.
    """

    time_s: float
    jpeg_base64: str
    person: int = 0


def draw_pictures(people: Sequence[Evidence], progress: Progress = silent) -> list[Picture]:
    """Draw everybody's solved skeleton over the views at moments spread over the motion."""
    return [
        replace(picture, person=person)
        for person, evidence in enumerate(people)
        for picture in _pictures(evidence, part(progress, person / len(people), 1 / len(people)))
    ]


def _pictures(evidence: Evidence, progress: Progress) -> list[Picture]:
    times_s = _moments_s(evidence)
    pictures = []
    for index, time_s in enumerate(times_s):
        views = [_drawn(evidence, view, time_s) for view in range(len(evidence.infos))]
        _, jpeg = cv2.imencode(
            ".jpg",
            cv2.cvtColor(np.hstack(views), cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY],
        )
        pictures.append(Picture(time_s, base64.b64encode(jpeg.tobytes()).decode("ascii")))
        progress((index + 1) / len(times_s), "report: pictures")
    return pictures


def write_report(
    folder: Path,
    report: Mapping[str, Any],
    people: Sequence[Evidence] = (),
    pictures: Sequence[Picture] = (),
) -> None:
    """Write `report.json` and `report.html`. Raises InputError when they cannot be written.

    people: what everybody's motion was made from; none where nothing was solved.
    """
    write_text(folder / "report.html", render_page(report, people, pictures))
    write_text(folder / "report.json", json.dumps(report, indent=2, allow_nan=False) + "\n")


def render_page(
    report: Mapping[str, Any],
    people: Sequence[Evidence] = (),
    pictures: Sequence[Picture] = (),
) -> str:
    """Give the page's HTML, with everything it shows inside it."""
    environment = Environment(
        loader=PackageLoader("mvmocap_core", "report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        report=report,
        pictures=pictures,
        file_name=lambda path: Path(path).name,
        plan=drawings.plan_view(people[0].motion) if people else None,
        strips=[_strips(evidence) for evidence in people],
        view_name=drawings.view_name,
        view_colours=drawings.VIEW_COLOURS,
    )


def _moments_s(evidence: Evidence) -> list[float]:
    """Times on the first video's clock, where possible such that every view sees the performer."""
    motion = evidence.motion
    seen = np.flatnonzero(seen_by_view(evidence).all(axis=0))
    frames = seen if len(seen) else np.arange(len(motion.times_s))
    chosen = frames[np.linspace(0, len(frames) - 1, N_PICTURES + 2).round().astype(int)[1:-1]]
    return [float(time_s) for time_s in motion.times_s[np.unique(chosen)]]


def _drawn(evidence: Evidence, view: int, first_s: float) -> np.ndarray:
    """The view's frame, cut out around the performer and enlarged, with the skeleton."""
    motion, info = evidence.motion, evidence.infos[view]
    time_s = float(evidence.timeline.from_first(view, np.asarray(first_s)))
    frame = next(iter_frames(info.path, start_s=max(0.0, time_s - 0.5 / info.fps)), None)
    if frame is None:
        return np.zeros((_PICTURE_HEIGHT_PX, _PICTURE_WIDTH_PX, 3), np.uint8)
    joints_2d_px = project_motion(motion, view, frame.time_s)
    joints_2d_px = joints_2d_px * (frame.image.shape[1::-1] / motion.image_size[view])
    scale, shift_px = _placement(joints_2d_px, frame.image)
    image = _cut_out(frame.image, scale, shift_px)
    joints_2d_px = scale * joints_2d_px + shift_px
    return draw_skeleton(image, joints_2d_px, motion.joint_parents, motion.joint_names.tolist())


def _placement(joints_2d_px: np.ndarray, image: np.ndarray) -> tuple[float, np.ndarray]:
    """Scale and shift (2,) from the image's pixels to the picture's: the performer fills it."""
    size = np.array([_PICTURE_WIDTH_PX, _PICTURE_HEIGHT_PX], dtype=float)
    shown = joints_2d_px[np.isfinite(joints_2d_px).all(axis=1)]
    if not len(shown):
        shown = np.array([[0.0, 0.0], image.shape[1::-1]])
    low, high = shown.min(axis=0), shown.max(axis=0)
    scale = float(np.min(size / ((high - low) * _ROOM + 1.0)))
    return scale, size / 2.0 - scale * (low + high) / 2.0


def _cut_out(image: np.ndarray, scale: float, shift_px: np.ndarray) -> np.ndarray:
    if scale < 1.0:  # warpAffine does not average, which would flicker
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        scale = 1.0
    # OpenCV's coordinates begin at the centre of the first pixel.
    shift_px = shift_px + 0.5 * scale - 0.5
    transform = np.column_stack([scale * np.eye(2), shift_px])
    size = (_PICTURE_WIDTH_PX, _PICTURE_HEIGHT_PX)
    return cv2.warpAffine(image, transform, size, flags=cv2.INTER_LINEAR)


def _strips(evidence: Evidence) -> str:
    motion = without_fingers(evidence.motion)
    rows = [("Confidence", np.nanmean(motion.confidence, axis=1))]
    rows.append(("Weakest joints", frame_trust(motion)))
    rows += [
        (f"Seen by {drawings.view_name(view)}", seen.astype(float))
        for view, seen in enumerate(seen_by_view(evidence))
    ]
    rows += [
        (f"{side.capitalize()} hand's fingers", seen.astype(float))
        for side, seen in zip(SIDES, hands_seen(evidence.motion), strict=False)
    ]
    return drawings.strips(rows, float(motion.times_s[0]), float(motion.times_s[-1]))
