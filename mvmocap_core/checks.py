"""Whether the input of a solve can be solved at all, with the reason when it cannot."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mvmocap_core.detection.detections import Detections, Track
from mvmocap_core.errors import InputError, UnsolvableError
from mvmocap_core.installation import LIFTER_NEEDS, unserved
from mvmocap_core.options import TORCH_METHODS, SolveOptions
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.take import Take, content_hash
from mvmocap_core.video.frames import VideoInfo

MIN_PERSON_S = 1.0
"""Shortest view of the performer: below it neither the clocks nor the cameras can be found."""

MIN_OVERLAP_S = 1.0
"""Shortest time that both videos must share, for the same reason."""

MAX_VIDEOS = 4
"""More views than these were never tried."""

SEEN_CONFIDENCE = 0.5
SEEN_SHARE = 0.5
"""The performer counts as seen in a frame when half of the body is found this confidently."""

_OF_SEVERAL_VIEWS = ("geometry", "volume")
_BODY = slice(11, 33)  # shoulders to feet: MediaPipe guesses hidden faces with great confidence


def check_videos(videos: Sequence[Path], method: str = "auto", people: int = 1) -> None:
    """Raise InputError unless there are two to four, or one and a method that can do with one.

    Of several people there may be two at most.
    """
    if not videos:
        raise InputError(
            "no video was given; film with two phones and give both.", reason="no_video"
        )
    if len(videos) == 1 and method in _OF_SEVERAL_VIEWS:
        message = (
            f"one video was given, which {method} alone cannot solve; film with two phones and "
            "give both videos, or let --method auto guess the depth."
        )
        raise InputError(message, reason="one_video")
    most = MAX_VIDEOS if people == 1 else 2
    if len(videos) > most:
        whom = "one performer" if people == 1 else "several"
        message = (
            f"{len(videos)} videos were given; this version takes up to {most} of {whom}, choose "
            "the best ones."
        )
        raise InputError(message, reason="too_many_videos")


def check_networks(method: str) -> None:
    """Raise InputError if the method needs PyTorch, which is absent or does not serve."""
    if method in TORCH_METHODS and unserved(LIFTER_NEEDS):
        need = LIFTER_NEEDS[0]
        message = (
            f"--method {method} needs PyTorch {need.at_least} or later: install it "
            f"(pip install {need.package}), or use --method auto, which does without."
        )
        raise InputError(message, reason="needs_torch")


def check_different(videos: Sequence[Path], hashes: Sequence[str]) -> None:
    """Raise InputError if two videos have the same content, whatever they are called."""
    first_with: dict[str, Path] = {}
    for video, content in zip(videos, hashes, strict=True):
        if content in first_with:
            message = (
                f"{first_with[content]} and {video} are the same video; "
                "give one video of each phone."
            )
            raise InputError(message, reason="same_video")
        first_with[content] = video


def check_take_of(take: Take, videos: Sequence[Path], hashes: Sequence[str]) -> None:
    """Raise InputError if the take holds a motion of other videos.

    Its report would be of one and its motion of another, and its corrections be put into both.
    Some of its videos, or further ones after them, are no other videos.
    hashes: of the videos' contents.
    """
    if not take.n_people:
        return
    try:
        earlier = take.load_job().videos
    except InputError:  # a clip, or of another version
        return
    if all(map(_is_same, earlier, videos, hashes)):
        return
    names = ", ".join(video.name for video in earlier)
    message = (
        f"{take.folder}: holds the take of other videos ({names}), or in another order; "
        "use another --out."
    )
    raise InputError(message, reason="other_videos")


def _is_same(earlier: Path, video: Path, content: str) -> bool:
    """By its place, else by its content; by its name where the earlier one is gone."""
    if earlier == video.absolute():
        return True
    return content_hash(earlier) == content if earlier.is_file() else earlier.name == video.name


def check_lengths(infos: Sequence[VideoInfo]) -> None:
    """Raise InputError if a video is too short for its performer to be seen long enough."""
    for info in infos:
        if info.duration_s < MIN_PERSON_S - 1.0 / info.fps:
            message = (
                f"{info.path} lasts {info.duration_s:.2f} s; at least {MIN_PERSON_S:g} s is needed."
            )
            raise InputError(message, reason="too_short")


def check_range(options: SolveOptions, duration_s: float, video: Path) -> None:
    """Raise InputError if --start/--end leave too little of the first video to solve."""
    start_s, end_s = options.start_s, options.end_s
    if start_s is not None and start_s >= duration_s:
        message = f"--start {start_s:g} is after the end of {video} ({duration_s:.2f} s)."
        raise InputError(message, reason="bad_option")
    if end_s is not None and end_s <= 0.0:
        raise InputError(f"--end {end_s:g} is before the start of {video}.", reason="bad_option")
    left_s = min(duration_s, end_s or duration_s) - max(0.0, start_s or 0.0)
    if left_s < MIN_PERSON_S < duration_s:
        message = (
            f"--start and --end leave {left_s:.2f} s of {video}; "
            f"at least {MIN_PERSON_S:g} s is needed."
        )
        raise InputError(message, reason="bad_option")


def check_person_found(detections: Detections, video: Path) -> None:
    """Raise UnsolvableError if nobody at all was found."""
    if not np.isfinite(detections.keypoints_2d_px).any():
        message = f"no person was found in {video}; film the whole body, well lit."
        raise UnsolvableError(message, reason="no_person")


def seen_frames(track: Track) -> np.ndarray:
    """(F,) bool: enough of the performer's body is found to be of use."""
    found = np.isfinite(track.keypoints_2d_px[:, _BODY]).all(axis=-1)
    sure = found & (track.confidence[:, _BODY] >= SEEN_CONFIDENCE)
    return sure.mean(axis=1) >= SEEN_SHARE


def check_person_long_enough(track: Track, video: Path) -> None:
    """Raise UnsolvableError if the performer is in view for under `MIN_PERSON_S`."""
    seen_s = float(seen_frames(track).sum()) * _frame_s(track)
    if seen_s < MIN_PERSON_S:
        message = (
            f"the person is in view for {seen_s:.1f} s in {video}; "
            f"at least {MIN_PERSON_S:g} s with the whole body is needed."
        )
        raise UnsolvableError(message, reason="person_too_short")


def check_depth(tracks: Sequence[Track]) -> None:
    """Raise UnsolvableError if there is one view, of a detector that guesses no depth."""
    if len(tracks) == 1 and not np.any(np.abs(tracks[0].world_landmarks_m) > 0.0):  # nor NaN
        message = (
            "one video alone needs a detector that guesses depth, which these keypoints have "
            "none of; give two videos."
        )
        raise UnsolvableError(message, reason="no_depth")


def check_overlap(tracks: Sequence[Track], timeline: Timeline) -> None:
    """Raise UnsolvableError if the views do not see the performer at the same time."""
    ranges = []
    for view, track in enumerate(tracks):
        times_s = timeline.to_first(view, track.times_s[seen_frames(track)])
        ranges.append((times_s.min(), times_s.max()))
    overlap_s = min(end for _, end in ranges) - max(start for start, _ in ranges)
    if overlap_s < MIN_OVERLAP_S:
        what = "check --offset" if "given" in timeline.method else "give videos of the same moment"
        message = (
            f"the videos show the person at the same time for {max(overlap_s, 0.0):.1f} s only; "
            f"{what}."
        )
        raise UnsolvableError(message, reason="no_overlap")


def _frame_s(track: Track) -> float:
    return float(np.median(np.diff(track.times_s))) if len(track.times_s) > 1 else 0.0
