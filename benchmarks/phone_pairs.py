"""Pairs of phones that recorded one scene: how well a whole solve dates them."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.clips import clip_loaders
from benchmarks.kept import SOLVER, code_key, kept
from benchmarks.motion_capture import MotionCapture, join_motions, load_motions
from benchmarks.sounds import RATE_HZ, Microphone, make_scene, record
from benchmarks.synthetic import Difficulty, SyntheticTake, make_take
from benchmarks.tables import RESULTS, show
from mvmocap_core.calibration.calibrate import calibrate
from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import MocapError
from mvmocap_core.geometry.cameras import camera_center
from mvmocap_core.options import SolveOptions
from mvmocap_core.report.evidence import Evidence
from mvmocap_core.report.verdict import judge
from mvmocap_core.solving import refined_timeline, solve_tracks
from mvmocap_core.sync.estimate import estimate_timeline
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.video.audio import Sound

N_PAIRS, N_QUICK_PAIRS = 20, 5
N_LONG, LONG_S = 3, 240.0
LIMIT_MS = {"sound": 8.0, "no sound": 12.0}
HEAD = (
    "phone pairs", "n", "median ms", "worst ms", "in 8 ms %", "in 12 ms %", "wrong",
    "of them flagged", "flagged %", "s each",
)  # fmt: skip
LONG_HEAD = ("long takes", "minutes", "drift ppm", "found ppm", "start ms", "end ms")
EXPLANATION = """
*Phone pairs* are solved whole, and the refined offset counts, at the middle of what both filmed.
One is the rendered clip that two phones recorded. The others are made from the captured motions
of "val": one pair of each, then several of them joined, 4 to 14 s; the clocks differ by up to 4 s
and drift apart by 20 to 80 ppm. The sound is of one scene, speech or claps, in a room with echo,
10 dB over each phone's own noise, with the delay of the air, and one phone records a second of
silence first. *wrong*: beyond 8 ms with sound, beyond 12 without, or refused; *flagged*: the
verdict is not good, or refused. *Long takes* are not solved after the calibration; start and end
are the errors of the clocks there.
"""
_DIFFICULTY = Difficulty(max_offset_s=4.0, min_overlap_s=3.0, drift_ppm=(20.0, 80.0))
_RENDERED_DRIFT_PPM = 50.0
_SOUND_M_S = 343.0
_FILMING = ("clips", "motion_capture", "phone_pairs", "sounds", "synthetic")
_LEAD_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """What two phones recorded; t_first = (1 + 1e-6 drift_ppm) t_second + offset_s."""

    name: str
    tracks: tuple[Track, Track]
    sounds: tuple[Sound | None, Sound | None]
    offset_s: float
    drift_ppm: float


def film_pair(number: int) -> SyntheticTake:
    """The pair of this number: the same every time."""
    rng = np.random.default_rng(7000 + number)
    motions = load_motions("val")
    if number < len(motions):
        return make_take(rng, motions[number], _DIFFICULTY)
    return make_take(rng, _joined(rng, motions, rng.uniform(5.0, 14.0)), _DIFFICULTY)


def _joined(
    rng: np.random.Generator, motions: Sequence[MotionCapture], length_s: float
) -> MotionCapture:
    chosen: list[MotionCapture] = []
    while sum(motion.duration_s - 0.4 for motion in chosen) < length_s:
        chosen.append(motions[rng.integers(len(motions))])
    return join_motions(chosen, length_s)


def record_pair(take: SyntheticTake, number: int) -> tuple[Sound, Sound]:
    """What both phones hear of one scene."""
    rng = np.random.default_rng(8000 + number)
    ends_s = [take.start_s + float(track.times_s[-1]) for track in take.tracks]
    ends_s[1] += take.offset_s
    scene = make_scene(rng, str(rng.choice(["speech", "claps"])), max(ends_s) + 3.0 * _LEAD_S)
    performer = np.nanmedian(take.truth_joints_m, axis=(0, 1))
    source = performer + rng.normal(0.0, 1.0, 3)
    late_s = np.linalg.norm(camera_center(take.cameras.T_cam_world) - source, axis=1) / _SOUND_M_S
    sounds = []
    for view, track in enumerate(take.tracks):
        phone = Microphone(
            start_s=_LEAD_S + take.start_s + view * take.offset_s - float(late_s[view]),
            length_s=float(track.times_s[-1]),
            gain=float(10.0 ** rng.uniform(-1.0, 0.3)),
            snr_db=10.0,
            drift_ppm=view * take.drift_ppm,
            silence_s=float(view),
        )
        sounds.append(Sound(record(rng, scene, phone), RATE_HZ, 0.0))
    return sounds[0], sounds[1]


def pair_results(kind: str, n_pairs: int, again: bool) -> Iterator[dict[str, Any]]:
    """Results of "sound" or "no sound", kept from earlier runs of the same code.

    The first is the rendered pair, then come `n_pairs` made ones.
    """
    key = code_key(*SOLVER, *(f"benchmarks/{name}.py" for name in _FILMING))
    for number in range(-1, n_pairs):
        path = RESULTS / "phone_pairs" / f"{key}-{kind.replace(' ', '-')}-{number}.json"
        result = kept(path, partial(_measure, kind, number), again=again)
        words = f"{result['error_ms']:.1f} ms" if "error_ms" in result else result["refused"]
        flags = ", ".join(result.get("reasons", []))
        print(
            f"  {kind} {number}, {result['motion']}: {words} {flags}", file=sys.stderr, flush=True
        )
        yield result


def _measure(kind: str, number: int) -> dict[str, Any]:
    pair = _rendered_pair(kind) if number < 0 else _made_pair(kind, number)
    options = SolveOptions()
    result: dict[str, Any] = {"motion": pair.name, "seconds": float(pair.tracks[0].times_s[-1])}
    start = time.perf_counter()
    try:
        found = solve_tracks(pair.tracks, pair.sounds, options, fps=30.0, focal_35mm=(None, None))
    except MocapError as error:
        return {**result, "refused": error.reason, "took_s": time.perf_counter() - start}
    verdict = judge(
        Evidence((), pair.tracks, found.timeline, found.calibration, found.fit, options)
    )
    errors_s = _errors_s(pair.tracks, found.timeline, pair.offset_s, pair.drift_ppm)
    return {
        **result,
        "error_ms": 1000.0 * float(np.mean(errors_s)),
        "by": str(found.timeline.method[1]),
        "reasons": list(verdict.reasons),
        "verdict": verdict.grade,
        "took_s": time.perf_counter() - start,
    }


def _rendered_pair(kind: str) -> _Pair:
    clip = clip_loaders()[f"phone, {kind}"]()
    return _Pair(clip.name, clip.tracks, clip.sounds, clip.offset_s, _RENDERED_DRIFT_PPM)


def _made_pair(kind: str, number: int) -> _Pair:
    take = film_pair(number)
    sounds = record_pair(take, number) if kind == "sound" else (None, None)
    return _Pair(take.motion, take.tracks, sounds, take.offset_s, take.drift_ppm)


def _errors_s(
    tracks: tuple[Track, Track], timeline: Timeline, offset_s: float, drift_ppm: float
) -> np.ndarray:
    """(2,) errors of the second clock at the start and end of what both filmed."""
    own_s = tracks[1].times_s
    true_s = own_s * (1.0 + 1e-6 * drift_ppm) + offset_s
    common = (true_s >= 0.0) & (true_s <= tracks[0].times_s[-1])
    ends_s = own_s[common][[0, -1]]
    return timeline.to_first(1, ends_s) - true_s[common][[0, -1]]


def pair_cells(kind: str, results: Sequence[dict[str, Any]]) -> list[str]:
    """One row of the table."""
    error_ms = np.abs([result.get("error_ms", np.inf) for result in results])
    flagged = np.array([result.get("verdict") != "good" for result in results])
    wrong = error_ms > LIMIT_MS[kind]
    return [
        kind,
        str(len(results)),
        show(float(np.median(error_ms))),
        show(float(error_ms.max())),
        show(100.0 * float((error_ms <= 8.0).mean()), 0),
        show(100.0 * float((error_ms <= 12.0).mean()), 0),
        str(int(wrong.sum())),
        str(int((wrong & flagged).sum())),
        show(100.0 * float(flagged.mean()), 0),
        show(float(np.mean([result["took_s"] for result in results]))),
    ]


def long_cells(kind: str, number: int) -> list[str]:
    """A row of a take of minutes, whose clocks drift apart by frames."""
    rng = np.random.default_rng(9000 + number)
    motion = _joined(rng, load_motions("dev"), LONG_S)
    take = make_take(rng, motion, replace(_DIFFICULTY, min_overlap_s=LONG_S - 10.0))
    sounds = record_pair(take, number) if kind == "sound" else (None, None)
    timeline = estimate_timeline(take.tracks, sounds)
    calibration = calibrate(take.tracks, timeline, focal_35mm=(None, None))
    refined = refined_timeline(timeline, calibration)
    errors_ms = 1000.0 * _errors_s(take.tracks, refined, take.offset_s, take.drift_ppm)
    return [
        kind,
        show(LONG_S / 60.0),
        show(take.drift_ppm),
        show(float(refined.drift_ppm[1])),
        *(show(float(error)) for error in errors_ms),
    ]
