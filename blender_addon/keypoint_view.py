"""The keypoints of the current frame, in pixels of the footage that lies behind the 3D view."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from mvmocap_core.errors import InputError
from mvmocap_core.take_files import count_motions, own_file

from .armature.scene import PART_KEY
from .correct_properties import shown_take
from .performer_choice import chosen
from .scene_take import MOTION_FILE, take_folder, time_of

if TYPE_CHECKING:  # numpy comes with them: no part of Blender's start
    import numpy as np

    from mvmocap_core.detection.detections import Track
    from mvmocap_core.motion.clip import MotionClip

_CAMERA = "camera "


@dataclass(frozen=True, slots=True, eq=False)
class FrameKeypoints:
    """What the solver is given of one frame of a video.

    view:       the video, counted from 0; time_s: the frame's time on its clock.
    xy_px:      (33, 2) pixels of the upright video as filmed; NaN = not found, or hidden.
    footage_px: (33, 2) the same without the lens's distortion, as the footage is shown.
    confidence: (33,) in [0, 1]; is_moved: (33,) bool, put there by hand.
    K, dist:    the video's lens.
    image_size: (2,) width, height.
    left_out_px: (N, 33, 2) people who were followed beside several performers and are none, as the
                footage shows them; NaN = not seen now.
    """

    view: int
    time_s: float
    xy_px: "np.ndarray"
    footage_px: "np.ndarray"
    confidence: "np.ndarray"
    is_moved: "np.ndarray"
    K: "np.ndarray"
    dist: "np.ndarray"
    image_size: "np.ndarray"
    left_out_px: "np.ndarray"

    def filmed_px(self, footage_px: tuple[float, float]) -> tuple[float, float]:
        """The pixel of the video that the footage shows at a place."""
        import numpy as np

        from mvmocap_core.geometry.cameras import distort

        ideal = np.linalg.solve(self.K[:2, :2], np.array(footage_px) - self.K[:2, 2])
        x, y = self.K[:2, :2] @ distort(ideal, self.dist) + self.K[:2, 2]
        return float(x), float(y)


def solved_view(scene: bpy.types.Scene) -> int | None:
    """The video, counted from 0, whose solved camera the scene looks through."""
    part = "" if scene.camera is None else str(scene.camera.get(PART_KEY, ""))
    number = part.removeprefix(_CAMERA)
    return int(number) - 1 if part.startswith(_CAMERA) and number.isdigit() else None


def video_times_s(context: bpy.types.Context, view: int, frames: tuple[int, ...]) -> list[float]:
    """Frames of the scene as moments on a video's own clock.

    Raises:
        InputError: when the take cannot be read.
    """
    folder = shown_take(context.scene)
    if folder is None:
        raise InputError("press Show Keypoints first.", reason="no_keypoints")
    clip = take_clip(folder)
    if view >= len(clip.sync_offset_s):
        raise InputError("this camera is of another take.", reason="no_keypoints")
    rate = 1.0 + 1e-6 * float(clip.sync_drift_ppm[view])
    offset_s = float(clip.sync_offset_s[view])
    return [(time_of(context, frame) - offset_s) / rate for frame in frames]


def keypoints_now(context: bpy.types.Context) -> FrameKeypoints:
    """What is known of the current frame, in the video that the scene looks at.

    Raises:
        InputError: when no keypoints are shown, or there are none for this camera and frame.
    """
    import numpy as np

    from mvmocap_core.geometry.cameras import undistort_points

    scene = context.scene
    folder, view = shown_take(scene), solved_view(scene)
    if folder is None:
        raise InputError("press Show Keypoints first.", reason="no_keypoints")
    if view is None:
        raise InputError("look through a solved camera first.", reason="no_keypoints")
    (time_s,) = video_times_s(context, view, (scene.frame_current,))
    record = scene.mvmocap_correct.record
    person = chosen(scene.mvmocap_correct)
    track, moved = _corrected(folder, _keypoints_stamp(folder, person), person, view, record)
    frame = int(np.abs(track.times_s - time_s).argmin())
    if abs(track.times_s[frame] - time_s) > _spacing_s(track):
        raise InputError("this video does not show the current frame.", reason="no_keypoints")
    clip = take_clip(folder)
    K, dist = clip.K[view], clip.dist[view]
    xy_px = track.keypoints_2d_px[frame]

    def as_shown(places_px: np.ndarray) -> np.ndarray:
        return undistort_points(places_px, K, dist) @ K[:2, :2].T + K[:2, 2]

    return FrameKeypoints(
        view=view,
        time_s=float(track.times_s[frame]),
        xy_px=xy_px,
        footage_px=as_shown(xy_px),
        confidence=track.confidence[frame],
        is_moved=moved[frame],
        K=K,
        dist=dist,
        image_size=clip.image_size[view],
        left_out_px=as_shown(_left_out(folder, _followed_stamp(folder))[view][:, frame]),
    )


def are_sides_swapped(context: bpy.types.Context, view: int, part: str) -> bool:
    """Whether left and right of a part are exchanged now, by the solver or by hand.

    part: "whole", "upper" or "lower".

    Raises:
        InputError: when the take cannot be read.
    """
    import json

    import numpy as np

    from mvmocap_core.corrections.apply import settled_sides
    from mvmocap_core.corrections.files import parse_corrections

    scene = context.scene
    (time_s,) = video_times_s(context, view, (scene.frame_current,))
    folder, person = take_folder(scene), chosen(scene.mvmocap_correct)
    found = _found(folder, _keypoints_stamp(folder, person), person)[view]
    corrections = parse_corrections(json.loads(scene.mvmocap_correct.record)[person]).view(view)
    states = settled_sides(corrections, found.track.times_s, found.swapped)
    now = states[np.abs(found.track.times_s - time_s).argmin()]
    return bool(now[1] if part == "lower" else now[0])


def _spacing_s(track: "Track") -> float:
    import numpy as np

    return float(np.median(np.diff(track.times_s))) if len(track.times_s) > 1 else 1.0


@lru_cache(maxsize=4)
def _corrected(
    folder: Path, stamp_ns: int, person: int, view: int, record: str
) -> tuple["Track", "np.ndarray"]:
    """A video's keypoints as the corrections want them, and which (F, 33) were put by hand."""
    import json

    import numpy as np

    from mvmocap_core.corrections.apply import nearest_frame
    from mvmocap_core.corrections.files import parse_corrections
    from mvmocap_core.detection.detections import LANDMARK_NAMES

    views = _found(folder, stamp_ns, person)
    if view >= len(views):
        raise InputError("this camera is of another take.", reason="no_keypoints")
    corrections = parse_corrections(json.loads(record)[person]).view(view)
    track = views[view].corrected(corrections)
    moved = np.zeros(track.confidence.shape, dtype=bool)
    for each in corrections.moved:
        index = LANDMARK_NAMES.index(each.landmark)
        moved[nearest_frame(track.times_s, each.time_s), index] = True
    return track, moved


@lru_cache(maxsize=2)
def _found(folder: Path, stamp_ns: int, person: int) -> list:
    from mvmocap_core.corrections.keypoints import load_keypoints

    return load_keypoints(folder, person)


def _followed_stamp(folder: Path) -> int:
    """When it was kept who was followed; 0 where it was not."""
    try:
        return (folder / "stages" / "followed.npz").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=1)
def _left_out(folder: Path, stamp_ns: int) -> list:
    """For each view (N, F, 33, 2), pixels as filmed, of those who are no performers."""
    import numpy as np

    from mvmocap_core.corrections.followed import load_followed

    tracks = [view.track.keypoints_2d_px for view in _found(folder, _keypoints_stamp(folder, 0), 0)]
    nobody = [np.zeros((0, *each.shape)) for each in tracks]
    if not stamp_ns or count_motions(folder) < 2:
        return nobody
    try:
        followed = load_followed(folder)[0]
    except InputError:
        return nobody
    return [
        np.array([each.keypoints_2d_px for each in left.tracks]).reshape(-1, *own.shape)
        for left, own in zip(followed.fragments, tracks, strict=True)
    ]


def _keypoints_stamp(folder: Path, person: int) -> int:
    return _stamp(own_file(folder, "keypoints.npz", person))


def take_clip(folder: Path) -> "MotionClip":
    """The take's motion, read when it is new.

    Raises:
        InputError: when there is none, or it cannot be read.
    """
    return _loaded(folder / MOTION_FILE, _stamp(folder / MOTION_FILE))


@lru_cache(maxsize=1)
def _loaded(path: Path, stamp_ns: int) -> "MotionClip":
    from mvmocap_core.motion.clip import load_motion

    return load_motion(path)


def _stamp(path: Path) -> int:
    """When a file was written: what was read of it before holds as long as this stays."""
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        message = f"{path}: not there; solve the videos again."
        raise InputError(message, reason="no_keypoints") from error
