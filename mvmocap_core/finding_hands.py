"""Fingers and wrists of solved performers: looked for in the videos, then fitted."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from mvmocap_core.detection.hands import HandDetector, HandPlan, HandSightings
from mvmocap_core.detection.models import HAND_SHA256
from mvmocap_core.detection.parallel import read_videos
from mvmocap_core.hands.plan import plan_hands
from mvmocap_core.hands.solve import add_hands
from mvmocap_core.kept_detector import KeptHandDetector
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.progress import Progress, part
from mvmocap_core.stages import Stages
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.take import Take, code_hash

_STAGE = "hands"
_SHARE_OF_LOOKING = 0.9


def find_hands(
    clips: Sequence[MotionClip],
    videos: Sequence[Path],
    hashes: Sequence[str],
    times_s: Sequence[np.ndarray],
    timeline: Timeline,
    take: Take,
    stages: Stages,
) -> list[MotionClip]:
    """Everybody's motion with fingers, and wrists as the palms are. See `add_hands`.

    What is seen of hands in each video is kept in the take.

    clips:   everybody's fitted motion, with cameras that moved.
    hashes:  of the videos' content. times_s: of each video's frames, on its own clock.
    Raises InputError where a video cannot be read, ModelError without the network of hands.
    """

    def work(progress: Progress) -> list[MotionClip]:
        plans = [plan_hands(clips, timeline, view, own) for view, own in enumerate(times_s)]
        sightings = _look(
            videos, hashes, plans, take, stages, part(progress, 0.0, _SHARE_OF_LOOKING)
        )
        rest = 1.0 - _SHARE_OF_LOOKING
        return [
            add_hands(
                clip, sightings, timeline, person,
                part(progress, _SHARE_OF_LOOKING + rest * person / len(clips), rest / len(clips)),
            )
            for person, clip in enumerate(clips)
        ]  # fmt: skip

    return stages.run(_STAGE, work)


def _look(
    videos: Sequence[Path],
    hashes: Sequence[str],
    plans: Sequence[HandPlan],
    take: Take,
    stages: Stages,
    progress: Progress,
) -> list[HandSightings]:
    inputs = [_inputs(content, plan) for content, plan in zip(hashes, plans, strict=True)]
    found = [take.load(_STAGE, each, HandSightings) for each in inputs]
    missing = [view for view, seen in enumerate(found) if seen is None]
    if not missing:
        stages.note_reused(_STAGE)
    chosen = [videos[view] for view in missing]
    detector = HandDetector(dict(zip(videos, plans, strict=True)))
    targets = {videos[view]: take.stage_path(_STAGE, inputs[view]) for view in missing}
    fresh = read_videos(
        chosen, KeptHandDetector(detector, targets), HandSightings, progress=progress
    )
    by_view = dict(zip(missing, fresh, strict=True))
    return [seen or by_view[view] for view, seen in enumerate(found)]


def _inputs(video: str, plan: HandPlan) -> Mapping[str, object]:
    digest = hashlib.blake2b(digest_size=16)
    for field in fields(plan):
        digest.update(np.ascontiguousarray(getattr(plan, field.name)).tobytes())
    return {
        "video": video,
        "plan": digest.hexdigest(),
        "model": HAND_SHA256,
        "code": code_hash("detection", "video"),
    }
