"""What the videos show of the performer, and what had to be guessed."""

from collections.abc import Iterator

import numpy as np

from mvmocap_core.body.world import stature_m
from mvmocap_core.lifting.adaptation import Adaptation
from mvmocap_core.report.evidence import (
    Evidence,
    filmed_by_view,
    kept_frames,
    movement_m,
    seen_by_view,
)
from mvmocap_core.report.findings import Finding, below
from mvmocap_core.report.limits import (
    MOSTLY_ERROR_M,
    MOVEMENT_M,
    ONE_VIEW_NOTE,
    SEEN_BY_ALL,
    SHOWN,
    SINGLE_VIEWS_NOTE,
)

_LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


def judge_performer(evidence: Evidence) -> Iterator[Finding]:
    """What is wrong with how the performer was filmed, or has to be known of it."""
    seen = seen_by_view(evidence).all(axis=0)
    filming = filmed_by_view(evidence).all(axis=0)
    share = float(seen[filming].mean()) if filming.any() else 0.0
    yield from below(
        share,
        SEEN_BY_ALL,
        "seldom_seen_by_both",
        f"Both views see the performer in {100 * share:.0f} % of the frames that both filmed; the "
        "rest rests on one view. Keep the whole body in both.",
    )
    yield from _filmed_by_one(evidence)
    yield from _seldom_shown(evidence)
    yield from _mostly_uncertain(evidence, float(seen.mean()))
    moved_m = movement_m(evidence.motion)
    yield from below(
        moved_m,
        MOVEMENT_M,
        "person_still",
        f"The performer hardly moves ({100 * moved_m:.1f} cm), so the cameras cannot be found "
        "reliably; film some steps and arm swings in the same take.",
    )
    if evidence.options.height_m is None and not evidence.calibration.is_metric:
        yield Finding(
            "good",
            "height_assumed",
            "The performer's height was not given, so the scale is a guess; give --height.",
        )
    yield from _single_views(evidence)


def _filmed_by_one(evidence: Evidence) -> Iterator[Finding]:
    """Whether one phone alone filmed much of what the clean-up keeps."""
    times_s, is_kept = evidence.motion.times_s, kept_frames(evidence)
    by_two = filmed_by_view(evidence).sum(axis=0) >= min(2, len(evidence.tracks))
    share = float(by_two[is_kept].mean()) if is_kept.any() and by_two.any() else 1.0
    if share < ONE_VIEW_NOTE:
        shared_s = times_s[by_two]
        first_s, last_s = np.ceil(10.0 * shared_s[0]) / 10.0, np.floor(10.0 * shared_s[-1]) / 10.0
        yield Finding(
            "good",
            "one_view_only",
            f"Only one phone filmed {100 * (1.0 - share):.0f} % of the frames; depth is a guess "
            f"there. Trim the range to {first_s + 0.0:.1f} to {last_s:.1f} s, which two phones "
            "filmed.",
        )


def _seldom_shown(evidence: Evidence) -> Iterator[Finding]:
    """Whether limbs are outside the pictures, or hidden, most of the time."""
    motion = evidence.motion
    shares = np.isfinite(motion.landmarks_m).all(axis=-1).mean(axis=0)
    pairs = zip(motion.landmark_names.tolist(), shares, strict=True)
    names = [
        name.replace("_", " ") for name, share in pairs if share < SHOWN and name.endswith(_LIMBS)
    ]
    if names:
        yield Finding(
            "check",
            "seldom_shown",
            f"The videos hardly show the {', '.join(names)}: the motion has guesses there. Step "
            "back until the whole body is in the pictures, or animate these by hand.",
        )


def _mostly_uncertain(evidence: Evidence, seen_by_all: float) -> Iterator[Finding]:
    """Whether half of what the clean-up keeps is a guess. seen_by_all: share of all frames."""
    error_m = evidence.motion.error_m[kept_frames(evidence)]
    typical_m = float(np.nanmedian(error_m)) if np.isfinite(error_m).any() else 0.0
    if len(evidence.tracks) > 1 and typical_m > MOSTLY_ERROR_M:
        yield Finding(
            "check",
            "mostly_uncertain",
            f"Half of the motion may be off by more than {100 * typical_m:.0f} cm, because both "
            f"views see the performer in {100 * seen_by_all:.0f} % of the frames only. Trim the "
            "range to those, or keep the whole body in both.",
        )


def _single_views(evidence: Evidence) -> Iterator[Finding]:
    told = evidence.single_views
    if told is None or len(evidence.tracks) == 1 or told.frames_share < SINGLE_VIEWS_NOTE:
        return
    names = ", ".join(name.replace("_", " ") for name in list(told.decided())[:3])
    yield Finding(
        "good",
        "single_views_decided",
        f"In {100 * told.frames_share:.0f} % of the frames two views do not see every joint, and "
        f"single views decided (mostly {names}). {_adapted(evidence, told.adaptation)}",
    )


def _adapted(evidence: Evidence, adaptation: Adaptation | None) -> str:
    """Whether what the take itself tells put their guesses right."""
    if adaptation is None:
        return "Their guesses are as the method makes them, not put right by the take."
    height_cm = 100.0 * stature_m(evidence.motion.rest_offsets_m)
    is_used = adaptation.is_used
    if not np.isfinite(adaptation.before).any():
        return "The take shows too little to put their guesses right by."
    if not is_used.any():
        return "Putting their guesses right by the rest of the take did not help and was left out."
    before, after = (
        height_cm * float(each[is_used].mean()) for each in (adaptation.before, adaptation.after)
    )
    text = (
        "Their guesses were put right by the rest of the take: "
        f"{after:.1f} cm off instead of {before:.1f} where that can be told"
    )
    return f"{text}." if is_used.all() else f"{text}; for the other views it did not help."
