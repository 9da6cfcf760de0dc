"""`./run bench lifting`: what lifting single views is worth where two views do not tell.

Hidden limbs and lost views against the geometry alone, single videos against the detector's own
3D, and lifters trained without 3D labels, by saved runs.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec

import numpy as np

from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import SCORED_LANDMARKS, Clip, clip_loaders
from benchmarks.lifting_hidden import HARMS, Harm, score_footage, score_hidden
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.tables import RESULTS, markdown_table, show, text_table, write_section
from mvmocap_core.body.single_views import lift_performer
from mvmocap_core.body.solve import frame_times, solve_body
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.calibration.single_view import assume_camera
from mvmocap_core.geometry.alignment import p_mpjpe
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.lifting.methods import METHODS
from mvmocap_core.options import TORCH_METHODS
from mvmocap_core.sync.timeline import Timeline

EXPLANATION = """
**Hidden** (virtual takes of "{split}" motions, true cameras): mean joint error in the frames and
joints that were harmed, mm, after one similarity over the others, by `--method`. *view*: 30 % of
the second view's frames are removed; *arm*: the left arm is hidden from both views for half a
second. *nothing*: unharmed. *ratio*: over the geometry's mean; *median* and *worst* of the
ratios by take. *error_m holds*: share of these joints nearer to the truth than `error_m`, which is
meant to be 68 %.
"""
FOOTAGE = """
**Hidden in footage**: the same harm done to the detector's keypoints of filmed and rendered clips,
which are then solved as takes, cameras and clocks unknown. mm, in the frames and joints harmed.
*ratio*: auto's over geometry's, of the means for all clips. Of rendered clips the truth is the
joints' centres, 18 to 30 mm from the detector's landmarks where both views see everything.
*error_m holds*: auto's, as above.
"""
SINGLE = """
**Single videos**: P-MPJPE, mm, of the detector's own 3D and of the solve of that video alone.
"""
UNLABELLED = """
**Trained without 3D labels** (`python -m training.multi_view`, `python -m training.geometric`): the
"val" subjects, never trained on, four virtual phones in a room, detector noise. *views*: poses from
one view's keypoints; *refined*: from one view's, of which the other views refined the doubtful;
*two* and *all*: two neighbouring or all four views fused. `step_1` and `steps_1_and_2` are
cross-view fusion; `canon_pose` leaves it out. `with_labels` is the same network shown the truth
(`python -m training.bound`), which bounds what one view can give. The papers' own figures, on
Human3.6M with four studio cameras, hundreds of thousands of frames and days of training:
cross-view fusion N-MPJPE 61.4, P-MPJPE 45.9 mm (step 1 alone 63.6, 46.1). Two or four views fused
are below these; one view, refined or not, is well above them, and so is its bound.
"""
CONSISTENCY = """
**Consistency of views** (`python -m training.consistency`): the pretrained lifter goes on training
on takes of "val" subjects with new bodies, without labels; errors on these takes, one view at a
time.
"""
REFINED = """
**Refined keypoints**: those that a view is not sure of, and their error before and after the other
three views refined them, in hundredths of the pose's size.
"""
STEP_2 = """
**Step 2** of cross-view fusion: N-MPJPE, mm, that steps 1 and 2 gain over step 1 alone, mean over
the takes and its standard error. The paper's gain is 2.2 of N-MPJPE and 0.2 of P-MPJPE.
"""
ADAPTER = """
**Another detector's keypoints** (`python -m training.domain_adapter`): the lifter of geometric
self-supervision on the same takes as its own detector shows them, as one that marks hips,
shoulders, ears and ankles by 2 to 4 % of the stature elsewhere does, and with the domain adapter
in between, which saw neither labels nor the same take from both.
"""
N_TAKES, N_QUICK = 8, 3
FILMED = ("real 1-2", "real 3-4", "charleston", "basketball")
_BESIDE = ("geometry", "auto", "volume")
Table = tuple[Sequence[str], list[list[str]]]


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("lifting", __doc__, "few takes and clips, about 3 minutes")
    parser.add_argument("--split", default="val", choices=("val", "dev"), help="whose motions")
    parser.add_argument("--train", action="store_true", help="repeat the saved runs first")
    options = parser.parse_args(arguments)
    if not (SHARED_DATA / "cmu").is_dir():
        print("../shared/data/cmu is absent: nothing to film", file=sys.stderr)
        return 2
    os.environ["OMP_NUM_THREADS"] = "1"
    parts = [
        (EXPLANATION.format(split=options.split), _hidden(options.split, options.quick)),
        (FOOTAGE, _footage(options.quick)),
        (SINGLE, _single(options.quick)),
    ]
    if find_spec("torch") is None:
        print("PyTorch is not installed: methods without labels are left out", file=sys.stderr)
    else:
        parts += _without_labels(options.train)
    for _, (head, rows) in parts:
        print(text_table(head, rows), end="\n\n")
    if options.write_docs:
        body = "\n".join(f"{text}\n{markdown_table(head, rows)}\n" for text, (head, rows) in parts)
        write_section("lifting", f"{section_head('Lifting', 'lifting', options.quick)}\n{body}")
    return 0


def _hidden(split: str, is_quick: bool) -> Table:
    methods = ["geometry", *METHODS]
    if find_spec("torch") is None:
        methods = [method for method in methods if method not in TORCH_METHODS]
    by_harm: dict[str, list[Harm]] = defaultdict(list)
    for index in range(N_QUICK if is_quick else N_TAKES):
        for row in score_hidden(split, index, methods):
            by_harm[row.harm].append(row)
    rows = [_hidden_row(harm, method, by_harm[harm]) for harm in HARMS for method in methods]
    head = ("hidden", "method", "takes", "error mm", "ratio", "median", "worst", "error_m holds %")
    return head, rows


def _footage(is_quick: bool) -> Table:
    has_torch = find_spec("torch") is not None
    methods = [method for method in _BESIDE if has_torch or method not in TORCH_METHODS]
    loaders = clip_loaders()
    solved = [
        row
        for name in (FILMED[:1] if is_quick else FILMED)
        for row in score_footage(loaders[name](), methods)
    ]
    rows = [_footage_row(row.motion, row.harm, methods, [row]) for row in solved]
    for harm in HARMS:
        rows.append(_footage_row("all", harm, methods, [row for row in solved if row.harm == harm]))
    return ("clip", "hidden", *methods, "ratio", "error_m holds %"), rows


def _footage_row(clip: str, harm: str, methods: Sequence[str], of: Sequence[Harm]) -> list[str]:
    means = {name: float(np.mean([row.by_method_mm[name] for row in of])) for name in methods}
    ratio = means["auto"] / means["geometry"]
    held = 100.0 * float(np.mean([row.in_radius["auto"] for row in of]))
    return [clip, harm, *(show(means[name]) for name in methods), show(ratio, 2), show(held, 0)]


def _hidden_row(harm: str, method: str, takes: Sequence[Harm]) -> list[str]:
    error, geometry = (
        np.array([row.by_method_mm[name] for row in takes]) for name in (method, "geometry")
    )
    ratio = error / geometry
    shares = (error.mean() / geometry.mean(), np.median(ratio), ratio.max())
    held = 100.0 * float(np.mean([row.in_radius[method] for row in takes]))
    told = (*(show(x, 2) for x in shares), show(held, 0))
    return [harm, method, str(len(takes)), show(error.mean()), *told]


def _single(is_quick: bool) -> Table:
    rows, done = [], set[str]()
    for name, load in clip_loaders().items():
        if (
            "phone" in name
            or "full" in name
            or (is_quick and name not in ("real 1-2", "punch_female"))
        ):
            continue
        clip = load()
        for view in range(2):
            video = f"real {name.split()[1].split('-')[view]}" if clip.group == "real" else name
            label = video if clip.group == "real" else f"{video} {'ab'[view]}"
            if label not in done:
                done.add(label)
                detector, solved = _score_single(clip, view)
                rows.append([label, show(detector), show(solved), show(solved / detector, 2)])
    return ("video", "detector mm", "solve mm", "ratio"), rows


def _score_single(clip: Clip, view: int) -> tuple[float, float]:
    """P-MPJPE, mm, of the detector's 3D and of the solve of one video."""
    track = clip.tracks[view]
    track = replace(track, times_s=track.times_s + (clip.offset_s if view else 0.0))
    calibration = assume_camera(track, None, nothing_given(1))
    alone = Timeline.known(np.zeros(1))
    times_s = frame_times([track], alone, clip.fps, None, None)
    lifted, _ = lift_performer([track], alone, calibration.cameras, times_s)
    motion = solve_body(
        [track], alone, calibration, fps=clip.fps, height_m=clip.height_m, lifted=lifted
    )
    return (
        _p_mpjpe_mm(clip, track.world_landmarks_m, track.times_s),
        _p_mpjpe_mm(clip, motion.landmarks_m, motion.times_s),
    )


def _p_mpjpe_mm(clip: Clip, landmarks: np.ndarray, times_s: np.ndarray) -> float:
    truth = interpolate_hermite(clip.truth_times_s, clip.truth_m, times_s)
    return 1000.0 * p_mpjpe(landmarks[:, SCORED_LANDMARKS], truth)


def _without_labels(is_training: bool) -> list[tuple[str, Table]]:
    from benchmarks.lifting_methods import (  # loads PyTorch
        RUNS,
        refinement_gain,
        score_adapter,
        score_consistency,
        score_methods,
        second_pass_gain,
    )
    from training import bound, consistency, domain_adapter, geometric, multi_view

    folder = RESULTS / "lifting_runs" if is_training else RUNS
    if is_training:
        for method in (multi_view, bound, geometric, domain_adapter, consistency):
            method.main(["--out", str(folder)])
    methods = [
        [s.method, s.views, show(s.n_mpjpe_mm), show(s.p_mpjpe_mm), show(100.0 * s.n_pck)]
        for s in score_methods(folder)
    ]
    tuned, adapted, passes = (
        [[name, show(a, digits), show(b, digits)] for name, a, b in scores]
        for scores, digits in (
            (score_consistency(folder), 1),
            (score_adapter(folder), 1),
            (second_pass_gain(folder), 2),
        )
    )
    refined = [[name, *(show(x) for x in told)] for name, *told in refinement_gain(folder)]
    return [
        (UNLABELLED, (("method", "views", "N-MPJPE mm", "P-MPJPE mm", "N-PCK %"), methods)),
        (REFINED, (("joint", "doubtful %", "before %", "after %"), refined)),
        (STEP_2, (("views", "gain mm", "standard error mm"), passes)),
        (ADAPTER, (("keypoints", "N-MPJPE mm", "P-MPJPE mm"), adapted)),
        (CONSISTENCY, (("lifter", "N-MPJPE mm", "P-MPJPE mm"), tuned)),
    ]
