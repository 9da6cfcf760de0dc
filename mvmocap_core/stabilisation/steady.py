"""Keypoints as a camera that held still would have seen them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mvmocap_core.detection.detections import CameraTurns, Detections, Track
from mvmocap_core.geometry.rotations import (
    rotation_angle_deg,
    rotmat_to_rotvec,
    rotvec_to_rotmat,
)

STILL_DEG = 0.08
"""Below it a camera counts as still: pixels of a few hundredths of a degree are the tracker's own
noise, and the detector's is larger."""
MAX_TURN_DEG = 40.0
"""Further aside than this a picture cannot be laid over the one that it is compared with."""
MIN_KNOWN = 0.5
"""Share of the frames whose background must tell how the camera was turned."""
BREAKS_PER_S = 0.5
MIN_BREAKS = 2

Kind = Literal["still", "turned", "walked", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class CameraMotion:
    """What a camera did while it filmed F frames.

    kind:     "turned" is followed; "walked" went to other places, or too far aside, which is
              not; "unknown" is a background that does not tell.
    turn_deg: largest turn from where it pointed most of the time.
    times_s:  (F,) seconds on the video's own clock.
    rotmat:   (F, 3, 3) p_frame = rotmat @ p_steady; the identity but for "turned".
    focal_px: of the lens that is assumed in `rotmat`.
    """

    kind: str
    turn_deg: float
    times_s: np.ndarray
    rotmat: np.ndarray
    focal_px: float


def find_camera_motion(detections: Detections) -> CameraMotion:
    """What the camera did, by its background."""
    turns = detections.camera
    times_s = detections.times_s
    identity = np.broadcast_to(np.eye(3), (len(times_s), 3, 3))
    if turns is None:
        return CameraMotion("unknown", 0.0, times_s, identity, 1.0)
    rotmat = _from_steady(times_s, turns)
    if rotmat is None:
        kind = "walked" if _is_walking(times_s, turns) else "unknown"
        return CameraMotion(kind, 0.0, times_s, identity, turns.focal_px)
    angle_deg = rotation_angle_deg(rotmat)
    turn_deg = float(angle_deg.max())
    kind: Kind = "turned"
    if _is_walking(times_s, turns) or turn_deg > MAX_TURN_DEG:
        kind = "walked"
    elif np.percentile(angle_deg, 98) < STILL_DEG:
        kind = "still"
    steady = rotmat if kind == "turned" else identity
    return CameraMotion(kind, turn_deg, times_s, steady, turns.focal_px)


def steady_track(track: Track, motion: CameraMotion) -> Track:
    """The track of the same frames, as seen by the camera held still. See `CameraMotion`."""
    if motion.kind != "turned":
        return track
    centre = track.image_size / 2.0
    focal = motion.focal_px
    rays = (track.keypoints_2d_px - centre) / focal
    rays = np.concatenate([rays, np.ones((*rays.shape[:-1], 1))], axis=-1)
    turned = rays @ motion.rotmat  # the transpose of p_frame = rotmat @ p_steady, on rows
    return replace(
        track,
        keypoints_2d_px=focal * turned[..., :2] / turned[..., 2:] + centre,
        world_landmarks_m=track.world_landmarks_m @ motion.rotmat,
    )


def steady_tracks(tracks: Sequence[Track], motions: Sequence[CameraMotion]) -> list[Track]:
    """The tracks, one a video, each as its camera held still would have seen it.

    motions: what the cameras did; empty where nobody looked.
    """
    if not motions:
        return list(tracks)
    return [steady_track(track, motion) for track, motion in zip(tracks, motions, strict=True)]


def _from_steady(times_s: np.ndarray, turns: CameraTurns) -> np.ndarray | None:
    """(F, 3, 3) against where it pointed most of the time; None where too little is known."""
    known = np.isfinite(turns.rotmat).all(axis=(1, 2))
    if known.mean() < MIN_KNOWN:
        return None
    rotvec = rotmat_to_rotvec(turns.rotmat[known])
    filled = np.stack([np.interp(times_s, times_s[known], axis) for axis in rotvec.T], axis=1)
    steady = rotvec_to_rotmat(np.median(rotvec, axis=0))
    return rotvec_to_rotmat(filled) @ steady.T


def _is_walking(times_s: np.ndarray, turns: CameraTurns) -> bool:
    n_breaks = int(turns.is_break.sum())
    length_s = float(times_s[-1] - times_s[0])
    return n_breaks >= MIN_BREAKS and n_breaks >= BREAKS_PER_S * length_s
