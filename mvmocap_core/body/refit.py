"""Fitting parts of a motion again, with everything else kept."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.body.evidence import Evidence
from mvmocap_core.body.fit import OVERLAP, WINDOW, first_guess, fit_window
from mvmocap_core.body.kinematics import Pose, concatenate, forward, landmark_positions
from mvmocap_core.body.skeleton import Body
from mvmocap_core.body.solve import refine_landmarks
from mvmocap_core.body.uncertainty import joint_confidence, joint_errors
from mvmocap_core.body.world import SOLE_LANDMARKS, WorldFrame
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.geometry.rotations import quat_wxyz_to_rotmat, rotmat_to_quat_wxyz
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.contacts import detect_contacts
from mvmocap_core.motion.spans import spans
from mvmocap_core.progress import Progress, silent

MARGIN_S = 1.0
"""Of a changed part on either side: there the new poses find their way into the kept ones."""
_N_HELD = 2
"""Frames on either side that hold on to a new part: differences reach that far."""


def refit_body(
    kept: MotionClip,
    evidence: Evidence,
    calibration: Calibration,
    body: Body,
    changed_s: Sequence[tuple[float, float]],
    *,
    progress: Progress = silent,
) -> MotionClip:
    """Fit the parts of a motion again in which the views see something else now.

    kept:      what `solve_body` made of what they saw, with these cameras.
    evidence:  what they see now, at `kept.times_s`.
    body:      as `measure_body` gave it for `kept`.
    changed_s: first and last second of every part, on the first video's clock.

    Cameras, bone lengths and world stay, and so does every frame further than `MARGIN_S` from
    the changed parts, to the last bit.

    Raises UnsolvableError if a hip or a shoulder is no longer seen by two views anywhere.
    """
    world = _world_frame(kept, calibration, body)
    pose = _pose_in(world, kept)
    start = _first_guess(evidence, float(kept.fps))
    parts = changed_frames(kept.times_s, changed_s)
    clip = kept
    for number, part in enumerate(parts):
        progress(number / len(parts), f"Fitting frames {part.start + 1} to {part.stop}")
        pose = _refit_part(pose, start, body, evidence, part, float(kept.fps))
        clip = _with_part(clip, part, pose, body, evidence, calibration, world)
    progress(1.0, "Body fitted")
    return _with_contacts(clip, parts, pose, body, world)


def changed_frames(times_s: np.ndarray, changed_s: Sequence[tuple[float, float]]) -> list[slice]:
    """The frames of the changed parts with their margins; parts that touch are one."""
    is_new = np.zeros(len(times_s), dtype=bool)
    for start_s, end_s in changed_s:
        is_new |= (times_s >= start_s - MARGIN_S) & (times_s <= end_s + MARGIN_S)
    return [slice(*span) for span in spans(is_new)]


def _first_guess(evidence: Evidence, fps: float) -> Pose:
    try:
        return first_guess(evidence, fps)
    except ValueError as error:
        message = "a hip or a shoulder is hidden in every frame; show it again in some of them."
        raise UnsolvableError(message, reason="body_not_seen") from error


def _world_frame(kept: MotionClip, calibration: Calibration, body: Body) -> WorldFrame:
    """What put the kept motion on the floor, from how it placed the first camera."""
    lengths = np.linalg.norm(kept.rest_offsets_m, axis=1).sum()
    scale = float(lengths / np.linalg.norm(body.rest_offsets_m, axis=1).sum())
    T, T_kept = calibration.cameras.T_cam_world[0], kept.T_cam_world[0]
    R = T_kept[:3, :3].T @ T[:3, :3]
    return WorldFrame(scale, R, T_kept[:3, :3].T @ (scale * T[:3, 3] - T_kept[:3, 3]))


def _pose_in(world: WorldFrame, kept: MotionClip) -> Pose:
    """The kept motion in the calibration's frame."""
    local = quat_wxyz_to_rotmat(kept.rotations_quat_wxyz)
    local[:, 0] = world.R.T @ local[:, 0]
    return Pose((kept.positions_m[:, 0] - world.t) @ world.R / world.scale, local)


def _refit_part(
    pose: Pose, start: Pose, body: Body, evidence: Evidence, part: slice, fps: float
) -> Pose:
    """All poses, those of `part` new; window after window, as `fit_motion` does."""
    for first in range(part.start, part.stop, WINDOW):
        last = min(first + WINDOW, part.stop)
        stop = min(last + OVERLAP, part.stop)
        around = slice(max(first - _N_HELD, 0), min(stop + _N_HELD, len(evidence.xy[0])))
        frames = np.arange(around.start, around.stop)
        is_fixed = (frames < first) | ((frames >= stop) & (stop == part.stop))
        fresh = np.flatnonzero(~is_fixed)
        guesses = (pose[around], _pasted(pose[around], start[around], slice(fresh[0], fresh[-1])))
        fits = [
            fit_window(guess, body, evidence[around], fps=fps, is_fixed=is_fixed)
            for guess in guesses
        ]
        best, _ = min(fits, key=lambda fit: fit[1])
        new = slice(first - around.start, last - around.start)
        pose = concatenate([pose[:first], best[new], pose[last:]])
    return pose


def _pasted(pose: Pose, other: Pose, frames: slice) -> Pose:
    """A pose with some frames of another."""
    return concatenate([pose[: frames.start], other[frames], pose[frames.stop :]])


def _with_part(
    clip: MotionClip,
    part: slice,
    pose: Pose,
    body: Body,
    evidence: Evidence,
    calibration: Calibration,
    world: WorldFrame,
) -> MotionClip:
    """The clip with the frames of `part` from the pose."""
    new, seen = pose[part], evidence[part]
    on_body = landmark_positions(*forward(new, body), body)
    placed = world.apply_pose(new)
    scaled = Body(body.stature_m * world.scale, body.shape)
    errors = joint_errors(pose, body, evidence, calibration, fps=float(clip.fps), frames=part)
    values = {
        "positions_m": forward(placed, scaled)[0],
        "rotations_quat_wxyz": rotmat_to_quat_wxyz(placed.local),
        "error_m": world.scale * errors,
        "confidence": joint_confidence(on_body, seen),
        "landmarks_m": world.apply(refine_landmarks(on_body, seen)),
    }
    return replace(clip, **{k: _replaced(getattr(clip, k), part, v) for k, v in values.items()})


def _with_contacts(
    clip: MotionClip, parts: Sequence[slice], pose: Pose, body: Body, world: WorldFrame
) -> MotionClip:
    """The clip with the contacts of the new parts."""
    soles = landmark_positions(*forward(pose, body), body)[:, SOLE_LANDMARKS]
    found = detect_contacts(world.apply(soles), float(clip.fps))
    contacts = clip.contacts
    for part in parts:
        contacts = _replaced(contacts, part, found[part])
    return replace(clip, contacts=contacts)


def _replaced(values: np.ndarray, part: slice, new: np.ndarray) -> np.ndarray:
    changed = values.copy()
    changed[part] = new
    return changed
