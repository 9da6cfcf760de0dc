"""Hands in one video, looked for where the solved bodies have them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mvmocap_core.detection.hand_network import (
    N_HAND_LANDMARKS,
    HandCrop,
    HandLook,
    HandNetwork,
    crop_around,
)
from mvmocap_core.detection.models import HAND, find_model
from mvmocap_core.progress import Progress, silent
from mvmocap_core.video.frames import iter_frames

MIN_HAND_PX = 24.0
"""Shorter than this from wrist to fingertip, fingers are not to be told apart."""
MIN_PRESENCE = 0.5
_WORTH_ANOTHER_LOOK = 0.2
_CROP_OF_LENGTH, _CENTRE_OF_LENGTH = 1.9, 0.5
_FAR = 0.6
"""Of the hand's length: a wrist that lies further from the body's is not this hand's."""
_LENGTHS = (0.3, 1.8)
"""Of the hand's expected length from wrist to knuckles: shorter is seen from its end, at best."""
_SAME = 0.25
"""Of the hand's length: two hands that lie closer are one, found twice."""
_KNUCKLES = [5, 9, 13, 17]
_KNUCKLES_OF_LENGTH = 0.47
_OTHER_SIDE = 0.3
"""Confidence is not reduced further than to this where the network takes it for the other hand."""


@dataclass(frozen=True, slots=True, eq=False)
class HandPlan:
    """Where hands are in one video, as the bodies of P people tell; NaN = not to be looked for.

    times_s:   (F,) seconds since the video's first frame.
    wrist_px:  (F, P, 2, 2) left and right.
    up:        (F, P, 2, 2) unit, from the wrist to the knuckles.
    length_px: (F, P, 2) from wrist to fingertip, were the hand held flat to the camera.
    """

    times_s: np.ndarray
    wrist_px: np.ndarray
    up: np.ndarray
    length_px: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class HandSightings:
    """Hands of P people in one video. Sides are the body's.

    times_s:         (F,) seconds since the video's first frame.
    keypoints_2d_px: (F, P, 2, 21, 2) pixels, NaN = not found.
    confidence:      (F, P, 2) in [0, 1]; 0 where not found.
    local_m:         (F, P, 2, 21, 3) the network's own guess in 3D, see `HandLook`; NaN = none.
    length_px:       (F, P, 2) see `HandPlan`.
    """

    times_s: np.ndarray
    keypoints_2d_px: np.ndarray
    confidence: np.ndarray
    local_m: np.ndarray
    length_px: np.ndarray


@dataclass(frozen=True, slots=True)
class HandDetector:
    """Looks for hands by `plans`, one of each video. It can be pickled, to run in a process."""

    plans: dict[Path, HandPlan]
    model_folder: Path | None = None

    def detect(
        self,
        video: Path,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        progress: Progress = silent,
    ) -> HandSightings:
        """Look at every frame between start and end in which the plan has a hand.

        Raises InputError where the video cannot be read, ModelError without the network's file.
        """
        plan = self.plans[video]
        found = nothing_found(plan)
        wanted = np.flatnonzero((plan.length_px >= MIN_HAND_PX).any(axis=(1, 2)))
        if not len(wanted):
            return found
        seeker = HandSeeker(HandNetwork(find_model(HAND, folder=self.model_folder)))
        half_s = 0.5 * float(np.median(np.diff(plan.times_s))) if len(plan.times_s) > 1 else 0.05
        first_s, last_s = plan.times_s[wanted[[0, -1]]]
        begin_s = max(first_s - half_s, start_s or 0.0)
        stop_s = last_s + half_s if end_s is None else min(last_s + half_s, end_s)
        for frame in iter_frames(video, start_s=begin_s, end_s=stop_s):
            row = int(np.argmin(np.abs(plan.times_s - frame.time_s)))
            if abs(plan.times_s[row] - frame.time_s) <= half_s:
                seeker.seek(frame.image, frame.time_s, plan, row, found)
            fraction = (frame.time_s - begin_s) / max(stop_s - begin_s, 1e-9)
            progress(min(max(fraction, 0.0), 1.0), f"Finding hands in {video.name}")
        return found


class HandSeeker:
    """Follows hands from frame to frame of one video."""

    def __init__(self, network: HandNetwork) -> None:
        self._network = network
        self._last: dict[tuple[int, int], HandLook] = {}

    def seek(
        self, image: np.ndarray, time_s: float, plan: HandPlan, row: int, found: HandSightings
    ) -> None:
        """Write into row `row` of `found` what a frame shows."""
        looks: dict[tuple[int, int], HandLook] = {}
        height, width = image.shape[:2]
        for person, side in np.ndindex(*plan.length_px.shape[1:]):
            length_px = plan.length_px[row, person, side]
            wrist = plan.wrist_px[row, person, side]
            is_inside = (wrist >= 0.0).all() and (wrist < [width, height]).all()
            if not (length_px >= MIN_HAND_PX and is_inside):
                continue
            hand = HandCrop(wrist, plan.up[row, person, side], float(length_px))
            look = self._look(image, hand, self._last.get((person, side)))
            if look is not None:
                looks[person, side] = look
        self._last = looks
        for (person, side), look in looks.items():
            is_double = any(
                who != (person, side) and _is_same(look, other, plan.length_px[row, person, side])
                and _trust(other, who[1]) > _trust(look, side)
                for who, other in looks.items()
            )  # fmt: skip
            if not is_double:
                found.keypoints_2d_px[row, person, side] = look.landmarks_px
                found.local_m[row, person, side] = look.local_m
                found.confidence[row, person, side] = _trust(look, side)

    def _look(self, image: np.ndarray, hand: HandCrop, last: HandLook | None) -> HandLook | None:
        """Where the hand was a frame ago, else where the body has it, twice if there is something.

        hand: the wrist, its direction and the hand's length.
        """
        if last is not None:
            look = self._network.look(image, crop_around(last.landmarks_px))
            if _is_hand(look, hand):
                return look
        centre = hand.centre_px + _CENTRE_OF_LENGTH * hand.size_px * hand.up
        first = replace(hand, centre_px=centre, size_px=_CROP_OF_LENGTH * hand.size_px)
        look = self._network.look(image, first)
        if look.presence < _WORTH_ANOTHER_LOOK:
            return None
        look = self._network.look(image, crop_around(look.landmarks_px))
        return look if _is_hand(look, hand) else None


def _is_hand(look: HandLook, hand: HandCrop) -> bool:
    """There is one, about where and about as large as the body has it."""
    wrist = look.landmarks_px[0]
    palm_px = np.linalg.norm(look.landmarks_px[_KNUCKLES] - wrist, axis=1).max()
    size = palm_px / (_KNUCKLES_OF_LENGTH * hand.size_px)
    is_near = np.linalg.norm(wrist - hand.centre_px) < _FAR * hand.size_px
    return bool(look.presence >= MIN_PRESENCE and is_near and _LENGTHS[0] < size < _LENGTHS[1])


def _is_same(look: HandLook, other: HandLook, length_px: float) -> bool:
    apart = np.linalg.norm(look.landmarks_px - other.landmarks_px, axis=1).mean()
    return bool(apart < _SAME * length_px)


def _trust(look: HandLook, side: int) -> float:
    """In [0, 1]: of a hand that looks like the other one, not much."""
    is_side = look.is_right if side else 1.0 - look.is_right
    return look.presence * (_OTHER_SIDE + (1.0 - _OTHER_SIDE) * is_side)


def nothing_found(plan: HandPlan) -> HandSightings:
    """Sightings of a video in which no hand was seen, or not yet."""
    shape = plan.length_px.shape
    return HandSightings(
        times_s=plan.times_s,
        keypoints_2d_px=np.full((*shape, N_HAND_LANDMARKS, 2), np.nan),
        confidence=np.zeros(shape),
        local_m=np.full((*shape, N_HAND_LANDMARKS, 3), np.nan),
        length_px=plan.length_px,
    )
