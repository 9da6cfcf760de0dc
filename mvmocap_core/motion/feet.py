"""Feet on the floor: find the floor and the contacts, then hold what stands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.contact_model import contact_probability
from mvmocap_core.motion.contacts import ContactEdit, edited, speeds, steady
from mvmocap_core.motion.floor import Floor, find_floor, level
from mvmocap_core.motion.foot_lock import Legs, lock_feet
from mvmocap_core.motion.pose import JointMotion, joint_motion, with_motion
from mvmocap_core.motion.smoothing import without_spikes
from mvmocap_core.motion.soles import SIDES, ankle_rows, sole_offsets, sole_points

_SLOW = 0.25
_ROUNDS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A clip on a level floor, with its contacts.

    floor: how high heels and toes stand on it; soles_m: (2, 2, 3) where they are on the feet.
    """

    clip: MotionClip
    floor: Floor
    soles_m: np.ndarray


def find_ground(fit: MotionClip, edits: Sequence[ContactEdit] = ()) -> Ground:
    """Level the floor under the feet and find when they stand on it; edits have the last word."""
    return find_common_ground([fit], [edits])[0]


def find_common_ground(
    fits: Sequence[MotionClip], edits: Sequence[Sequence[ContactEdit]]
) -> list[Ground]:
    """The same for several people who share one floor, edits for each."""
    clips = [
        with_motion(fit, without_spikes(joint_motion(fit), fit.joint_names.tolist(), fit.fps))
        for fit in fits
    ]
    soles_m = [sole_offsets(clip) for clip in clips]
    standing = []
    for clip, soles in zip(clips, soles_m, strict=True):
        points = sole_points(clip, soles)
        lowest = points[..., 2] <= points[..., 2].min(axis=(1, 2), keepdims=True)
        standing.append(lowest & (speeds(points, clip.fps) < _SLOW))
    for _ in range(_ROUNDS):
        levelled, floor = _levelled(clips, soles_m, standing)
        standing = [
            steady(contact_probability(_above(clip, floor, soles), clip.fps), clip.fps)
            for clip, soles in zip(levelled, soles_m, strict=True)
        ]
    levelled, floor = _levelled(clips, soles_m, standing)
    return [
        Ground(replace(clip, contacts=edited(stands, clip.times_s, own)), floor, soles)
        for clip, stands, soles, own in zip(levelled, standing, soles_m, edits, strict=True)
    ]


def _levelled(
    clips: Sequence[MotionClip], soles_m: Sequence[np.ndarray], standing: Sequence[np.ndarray]
) -> tuple[list[MotionClip], Floor]:
    """The clips on a level floor, and that floor.

    Always from the fit: its vertical is off by some degrees once, not again each time that contacts
    are found anew.
    """
    points = [sole_points(clip, soles) for clip, soles in zip(clips, soles_m, strict=True)]
    found = find_floor(np.concatenate(points), np.concatenate(standing), clips[0].fps)
    about_m = clips[0].positions_m[0, 0]
    levelled = [level(clip, found, about_m) for clip in clips]
    return [clip for clip, _ in levelled], levelled[0][1]


def hold_feet(motion: JointMotion, ground: Ground) -> JointMotion:
    """Hold what stands on the ground, in a motion of the ground's own clip."""
    clip = ground.clip
    names = clip.joint_names.tolist()
    hips, knees, ankles = (
        (names.index(f"{SIDES[0]}_{part}"), names.index(f"{SIDES[1]}_{part}"))
        for part in ("hip", "knee", "ankle")
    )
    legs = Legs(hips, knees, ankles, ground.soles_m, ground.floor.rest_m)
    return lock_feet(
        motion,
        clip.joint_parents,
        clip.rest_offsets_m,
        legs,
        clip.contacts,
        clip.error_m[:, ankles],
        fps=clip.fps,
    )


def _above(clip: MotionClip, floor: Floor, soles_m: np.ndarray) -> np.ndarray:
    """(F, 2, 3, 3) heel, toe and ankle of each foot, heights above where they stand."""
    ankles = clip.positions_m[:, ankle_rows(clip)]
    feet_m = np.concatenate([sole_points(clip, soles_m), ankles[:, :, None]], axis=2)
    ankle_rest_m = floor.rest_m.mean(axis=1, keepdims=True)
    feet_m[..., 2] -= np.concatenate([floor.rest_m, ankle_rest_m], axis=1)
    return feet_m
