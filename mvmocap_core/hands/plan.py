"""Where the views show hands, as the solved bodies tell."""

from collections.abc import Sequence

import numpy as np

from mvmocap_core.body.world import stature_m
from mvmocap_core.detection.hands import HandPlan
from mvmocap_core.geometry.cameras import distort
from mvmocap_core.hands.skeleton import HAND_LENGTH
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import SIDES
from mvmocap_core.motion.pose import forward, joint_motion
from mvmocap_core.sync.timeline import Timeline

_KNUCKLES_OF_LENGTH = 0.47
_FOREARM_SHARE = 0.2
"""Of the forearm in a hand's direction: a hand that points at the camera has none of its own."""
_MIN_DEPTH_M = 0.1


def plan_hands(
    clips: Sequence[MotionClip], timeline: Timeline, view: int, times_s: np.ndarray
) -> HandPlan:
    """Where to look for everybody's hands in one video.

    clips:   everybody's motion, with the cameras. times_s: (F,) of the video's frames, its clock.
    """
    first_s = timeline.to_first(view, times_s)
    people = [_plan_one(clip, view, first_s) for clip in clips]
    wrist, up, length = (np.stack(parts, axis=1) for parts in zip(*people, strict=True))
    return HandPlan(times_s, wrist, up, length)


def cameras_of(clip: MotionClip, view: int) -> np.ndarray:
    """(F, 4, 4) T_cam_world of a video at every frame of the motion."""
    if clip.T_cam_world_frames is not None:
        return clip.T_cam_world_frames[view]
    return np.broadcast_to(clip.T_cam_world[view], (len(clip.times_s), 4, 4))


def hand_length_m(clip: MotionClip) -> float:
    """From the wrist to the tip of the middle finger, by the performer's stature."""
    return HAND_LENGTH * stature_m(clip.rest_offsets_m)


def _plan_one(
    clip: MotionClip, view: int, first_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wrists (F, 2, 2), directions (F, 2, 2) and lengths (F, 2) at times of the first clock."""
    names = clip.joint_names.tolist()
    _, world = forward(joint_motion(clip), clip.joint_parents, clip.rest_offsets_m)
    length_m = hand_length_m(clip)
    frames = np.interp(first_s, clip.times_s, np.arange(len(clip.times_s)))
    is_solved = (first_s > clip.times_s[0] - 1.0 / clip.fps) & (
        first_s < clip.times_s[-1] + 1.0 / clip.fps
    )
    T = cameras_of(clip, view)
    wrists, ups, lengths = [], [], []
    for number, side in enumerate(SIDES):
        wrist, elbow = (names.index(f"{side}_{joint}") for joint in ("wrist", "elbow"))
        way = world[:, wrist, :, 0] * (-1.0 if number else 1.0)
        start = clip.positions_m[:, wrist]
        points = np.stack(
            [start, start + _KNUCKLES_OF_LENGTH * length_m * way, clip.positions_m[:, elbow]],
            axis=1,
        )
        seen = points @ T[:, :3, :3].swapaxes(1, 2) + T[:, None, :3, 3]
        pixels = _pixels(seen, clip.K[view], clip.dist[view])
        direction = pixels[:, 1] - pixels[:, 0] + _FOREARM_SHARE * (pixels[:, 0] - pixels[:, 2])
        length_px = clip.K[view, 0, 0] * length_m / np.maximum(seen[:, 0, 2], _MIN_DEPTH_M)
        length_px[~(seen[:, 0, 2] > _MIN_DEPTH_M)] = np.nan
        direction = _between(direction, frames)
        wrists.append(_between(pixels[:, 0], frames))
        norm = np.linalg.norm(direction, axis=-1, keepdims=True)
        ups.append(direction / np.maximum(norm, 1e-9))
        lengths.append(np.where(is_solved, _between(length_px[:, None], frames)[:, 0], np.nan))
    return np.stack(wrists, axis=1), np.stack(ups, axis=1), np.stack(lengths, axis=1)


def _pixels(in_camera: np.ndarray, K: np.ndarray, dist: np.ndarray) -> np.ndarray:
    depth = np.where(in_camera[..., 2:] > _MIN_DEPTH_M, in_camera[..., 2:], np.nan)
    return distort(in_camera[..., :2] / depth, dist) @ K[:2, :2].T + K[:2, 2]


def _between(values: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(F, C) at fractional frames."""
    low = np.floor(frames).astype(int)
    high = np.minimum(low + 1, len(values) - 1)
    share = (frames - low)[:, None]
    return (1.0 - share) * values[low] + share * values[high]
