"""`./run bench sync`: offset errors on virtual pairs of phones, by motion and by sound.

Motions are captured ones: "dev" of three subjects whose motions also served to weigh movement
against geometry, "val" of others, mostly short walks. Each take has two random phones 45 to 170
degrees apart, with their own frame rates, lenses and starts, 40 % of them with uneven frames, and
the detector's noise as measured. Sounds are recorded by two phones of one synthetic scene.
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import phone_pairs
from benchmarks.arguments import bench_parser, section_head
from benchmarks.kept import code_key, kept
from benchmarks.motion_capture import SHARED_DATA, load_motions
from benchmarks.sounds import KINDS, RATE_HZ, Microphone, make_scene, record
from benchmarks.synthetic import make_take
from benchmarks.tables import (
    RESULTS,
    markdown_table,
    show,
    text_table,
    write_section,
)
from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.sync.audio import match_sound
from mvmocap_core.sync.estimate import estimate_timeline
from mvmocap_core.sync.timeline import CERTAIN
from mvmocap_core.video.audio import Sound

N_TAKES, N_QUICK_TAKES = 300, 60
N_SOUNDS, N_QUICK_SOUNDS = 40, 10
UNSURE_STD_S = 0.02
SNR_DB = (20.0, 5.0, -5.0)
HEAD = (
    "takes", "n", "median ms", "95 % ms", "in 12 ms %", "in 25 ms %", "flagged %",
    "wrong %", "of them flagged %", "in 2 std %", "s each",
)  # fmt: skip
EXPLANATION = """
*flagged*: agreement or certainty below 0.5, a standard deviation over 20 ms, or refused; *wrong*:
off by more than 25 ms, or refused. One stride of a steady walk looks like the next from anywhere,
so short takes of walking can only be flagged. *unrelated*: two sounds of different scenes, or two
parts of a motion that share no moment, where every answer is wrong and only the flag counts.
*in 2 std*: share of the unflagged right ones whose error is under two of the standard deviations
that were reported.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("sync", __doc__, "fewer takes, under 5 minutes")
    parser.add_argument("--pairs", action="store_true", help="only the pairs solved whole")
    options = parser.parse_args(arguments)
    n_takes, n_sounds = (N_QUICK_TAKES, N_QUICK_SOUNDS) if options.quick else (N_TAKES, N_SOUNDS)
    groups: dict[str, Callable[[], list[dict[str, float]]]] = {}
    if (SHARED_DATA / "cmu").is_dir():
        groups["motion, val"] = lambda: motion_errors("val", n_takes)
        groups["motion, dev"] = lambda: motion_errors("dev", n_takes)
        groups["motion, unrelated"] = lambda: unrelated_motions(n_takes // 3)
    else:
        print("../shared/data/cmu is absent: sound only", file=sys.stderr)
    for kind in (*KINDS, "unrelated"):
        groups[f"sound, {kind}"] = lambda kind=kind: sound_errors(kind, n_sounds)
    if options.pairs:
        return _phone_pairs(options.quick, options.again, options.write_docs)
    rows = []
    key = code_key("mvmocap_core/sync", "mvmocap_core/geometry", "benchmarks")
    for name, measure in groups.items():
        path = RESULTS / "sync" / f"{name.replace(', ', '-')}-{n_takes}-{n_sounds}-{key}.json"
        measured = kept(path, measure, again=options.again)
        rows.append(_cells(name, measured))
        print("  " + "  ".join(rows[-1]), file=sys.stderr, flush=True)
    print(text_table(HEAD, rows))
    if options.write_docs:
        head = f"{section_head('Clocks', 'sync', options.quick)}\n\n{__doc__ or ''}"
        head = "\n".join(line for line in head.splitlines() if "`./run bench sync`:" not in line)
        write_section("sync", f"{head}\n{EXPLANATION}\n{markdown_table(HEAD, rows)}")
    return _phone_pairs(options.quick, options.again, options.write_docs)


def _phone_pairs(is_quick: bool, again: bool, write_docs: bool) -> int:
    """The pairs that are solved whole, and the long takes."""
    if not (SHARED_DATA / "cmu").is_dir():
        return 0
    n_pairs = phone_pairs.N_QUICK_PAIRS if is_quick else phone_pairs.N_PAIRS
    kinds = list(phone_pairs.LIMIT_MS)
    pairs = [
        phone_pairs.pair_cells(kind, list(phone_pairs.pair_results(kind, n_pairs, again)))
        for kind in kinds
    ]
    n_long = 0 if is_quick else phone_pairs.N_LONG
    long_takes = [phone_pairs.long_cells(kind, i) for kind in kinds for i in range(n_long)]
    tables = [(phone_pairs.HEAD, pairs), (phone_pairs.LONG_HEAD, long_takes)]
    print(*(text_table(head, rows) for head, rows in tables), sep="\n\n")
    if write_docs:
        parts = [markdown_table(head, rows) for head, rows in tables if rows]
        intro = section_head("Phone pairs", "sync", is_quick)
        write_section("pairs", "\n\n".join([intro, phone_pairs.EXPLANATION.strip(), *parts]))
    return 0


def motion_errors(split: str, n_takes: int, first_seed: int = 0) -> list[dict[str, float]]:
    """Dates `n_takes` virtual takes of a split's motions by movement alone."""
    motions = load_motions(split)
    rows = []
    for i in range(n_takes):
        take = make_take(np.random.default_rng(first_seed + i), motions[i % len(motions)])
        rows.append(_date(take.tracks, take.offset_s))
    return rows


def unrelated_motions(n_takes: int) -> list[dict[str, float]]:
    """The first part of a motion seen by one phone, and the last part by another."""
    motions = [motion for motion in load_motions("dev") if motion.duration_s > 6.0]
    rows = []
    for i in range(n_takes):
        take = make_take(np.random.default_rng(i), motions[i % len(motions)])
        begin, end = (take.start_s, take.start_s + take.tracks[0].times_s[-1])
        middle = 0.5 * (begin + end) - take.start_s
        first = _cut(take.tracks[0], 0.0, middle - 0.2)
        second = _cut(take.tracks[1], middle + 0.2 - take.offset_s, np.inf)
        if min(len(first.times_s), len(second.times_s)) > 30:
            rows.append(_date((first, second), float("nan")))
    return rows


def sound_errors(kind: str, n_sounds: int) -> list[dict[str, float]]:
    """Dates recordings of one scene; of two different ones for "unrelated"."""
    rows = []
    for i in range(n_sounds):
        for snr_db in SNR_DB:
            rng = np.random.default_rng(i)
            scene_kind = KINDS[i % len(KINDS)] if kind == "unrelated" else kind
            length_s, offset_s = rng.uniform(5.0, 12.0), float(rng.uniform(-2.0, 2.0))
            scene = make_scene(rng, scene_kind, length_s + 4.0)
            other = make_scene(rng, scene_kind, length_s + 4.0) if kind == "unrelated" else scene
            first = Microphone(start_s=2.0, length_s=length_s, snr_db=snr_db)
            second = Microphone(
                start_s=2.0 + offset_s,
                length_s=length_s * rng.uniform(0.7, 1.0),
                gain=float(10.0 ** rng.uniform(-1.5, 0.3)),
                snr_db=snr_db,
                silence_s=0.5,
            )
            start = time.perf_counter()
            match = match_sound(
                Sound(record(rng, scene, first), RATE_HZ, 0.0),
                Sound(record(rng, other, second), RATE_HZ, 0.0),
            )
            error_s = match.offset_s - offset_s if match else float("nan")
            rows.append(
                {
                    "error_s": float("nan") if kind == "unrelated" else error_s,
                    "std_s": match.std_s if match else float("nan"),
                    "is_flagged": float(match is None or match.certainty < CERTAIN),
                    "seconds": time.perf_counter() - start,
                }
            )
    return rows


def _date(tracks: tuple[Track, Track], offset_s: float) -> dict[str, float]:
    start = time.perf_counter()
    try:
        timeline = estimate_timeline(tracks, (None, None))
    except UnsolvableError:
        seconds = time.perf_counter() - start
        nothing = float("nan")
        return {"error_s": nothing, "std_s": nothing, "is_flagged": 1.0, "seconds": seconds}
    return {
        "error_s": float(timeline.offset_s[1] - offset_s),
        "std_s": float(timeline.offset_std_s[1]),
        "is_flagged": float(
            timeline.agreement[1] < CERTAIN or timeline.offset_std_s[1] > UNSURE_STD_S
        ),
        "seconds": time.perf_counter() - start,
    }


def _cut(track: Track, begin_s: float, end_s: float) -> Track:
    kept = (track.times_s >= begin_s) & (track.times_s < end_s)
    start_s = track.times_s[kept][0] if kept.any() else 0.0
    return Track(
        times_s=track.times_s[kept] - start_s,
        keypoints_2d_px=track.keypoints_2d_px[kept],
        confidence=track.confidence[kept],
        world_landmarks_m=track.world_landmarks_m[kept],
        image_size=track.image_size,
    )


def _cells(name: str, measured: Sequence[dict[str, Any]]) -> list[str]:
    column = {key: np.array([row[key] for row in measured], dtype=float) for key in measured[0]}
    error_ms, flagged = 1000.0 * np.abs(column["error_s"]), column["is_flagged"] > 0
    right = error_ms <= 25.0
    known = np.isfinite(error_ms)
    spread = error_ms[right & ~flagged] < 2000.0 * column["std_s"][right & ~flagged]
    n_wrong = max(int((~right).sum()), 1)
    return [
        name,
        str(len(measured)),
        show(float(np.median(error_ms[known])) if known.any() else None),
        show(float(np.percentile(error_ms[known], 95)) if known.any() else None),
        show(100.0 * float((error_ms <= 12.0).mean()) if known.any() else None, 0),
        show(100.0 * float(right.mean()) if known.any() else None, 0),
        show(100.0 * float(flagged.mean()), 0),
        show(100.0 * float((~right).mean()), 0),
        show(100.0 * float(flagged[~right].sum()) / n_wrong if (~right).any() else None, 0),
        show(100.0 * float(spread.mean()) if len(spread) else None, 0),
        show(float(column["seconds"].mean()), 2),
    ]
