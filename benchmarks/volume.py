"""`./run bench volume`, also the end of `bench people`: the method `volume` on takes of two.

Beside their geometric association with the same cameras, and without each of its parts.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch

from benchmarks.arguments import bench_parser, section_head
from benchmarks.groups import ARRANGEMENTS
from benchmarks.kept import kept_arrays
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.tables import (
    REPOSITORY,
    RESULTS,
    markdown_table,
    text_table,
    write_section,
)
from benchmarks.volume_scoring import Score, figures, score_take
from benchmarks.volume_takes import Moments, take_moments
from mvmocap_core.errors import MocapError
from mvmocap_core.files import write_text
from mvmocap_core.lifting.volume.lift import POSE_WEIGHTS, ROOT_WEIGHTS
from mvmocap_core.lifting.volume.networks import PoseNet, RootNet, load_volume
from mvmocap_core.lifting.volume.people import volume
from mvmocap_core.take import code_hash
from training import volume as training_of_volume

RUNS = Path(__file__).with_name("lifting_runs")
"""Saved runs of the ablations: what `training.volume` made."""
SHIPPED = {"volume_root": ROOT_WEIGHTS, "volume_pose_longer": POSE_WEIGHTS}
"""Runs whose weights are the product's own."""
GEOMETRIC, UNTRAINED = "geometric", "untrained: rays alone"
ROOT, POSE = "volume_root", "volume_pose"
METHODS = {
    "no attention, trained longer": (ROOT, "volume_pose_longer"),
    "all parts": (ROOT, POSE),
    "roots learned from pseudo labels": ("volume_root_without_synthetic", POSE),
    "no affine consistency": (ROOT, "volume_pose_without_affine"),
    "no attention": (ROOT, "volume_pose_without_attention"),
    "no dropping of views": (ROOT, "volume_pose_without_dropping"),
    "root network untrained: nearest rays first": ("", POSE),
    "pose network untrained: rays alone": (ROOT, ""),
    UNTRAINED: ("", ""),
}
"""The runs of the root and of the pose network; the first is what the product has."""
FIRST = 30
"""As of the other tables of `bench people`."""
TWO = tuple(name for name in ARRANGEMENTS if name != "three")
HEAD = (
    "takes", "cameras", "n", "moments", "right number %", "geometric", "found %", "geometric",
    "P-MPJPE", "geometric", "W-MPJPE", "geometric",
)  # fmt: skip
ABLATION_HEAD = ("method", "takes", "right number %", "found %", "P-MPJPE", "W-MPJPE")
EXPLANATION = """
**Volume** (SelfPose3d, Srivastav et al., CVPR 2024; `python -m training.volume`): whatever the
detector found in either view, which nobody followed or told apart, at up to 12 moments of every
take of two people. *right number*: share of moments in which as many people are found as both views
show; of the geometric association, as many performers as are followed. The rest is of the same
people and joints for both: performers whom the detector found in both views, joints that both show.
*found*: share of these people who are found within half a metre. P- and W-MPJPE: of their limbs,
mm. *geometric*: people as the solve matches them, plainly triangulated with the same cameras.
Cameras: *own*: found from the take as in a solve (`--own`); *nearly*: lenses and sizes off by as
much as those found (medians 4.6 %), turned and placed as fits the keypoints; *true*. The second
table is of some of these takes, cameras nearly. *Roots learned from pseudo labels*: from pairs that
rays alone choose, not from synthetic people. *No ...*: one part is missing from the training: views
turned and scaled apart, the learned weight of heat maps, the worst view's joints left out.
*Trained longer*: three times the steps, on more moments, in spaces turned at random.
*Untrained* networks leave the rays as they are; methods whose networks were not trained are left
out. The first table is of the first method, whose networks `--method volume` uses. What the parts
are worth: docs/decisions/014-people-by-volumes.md.
"""
N_EACH, N_OWN, N_ABLATED = 20, 4, 4
"""Takes of each arrangement: of the comparison, with cameras of their own, of the ablations."""
N_QUICK = 1
Nets = tuple[RootNet, PoseNet]
Table = tuple[Sequence[str], list[list[str]]]


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("volume", __doc__, "few takes, about 2 minutes")
    parser.add_argument("--train", action="store_true", help="repeat the saved runs first")
    parser.add_argument(
        "--own", action="store_true", help="find cameras from takes too, half a minute each"
    )
    options = parser.parse_args(arguments)
    if not (SHARED_DATA / "cmu").is_dir():
        print("../shared/data/cmu is absent: nobody to film", file=sys.stderr)
        return 2
    return report(options)


def report(options: argparse.Namespace) -> int:
    """Print the tables and write the section, as `bench_parser` and --train have it."""
    torch.set_num_threads(1)
    folder = RUNS
    if options.train:
        folder = RESULTS / "lifting_runs"
        training_of_volume.main(["--out", str(folder)])
    tables = [_comparison(options, folder), _ablations(options, folder)]
    print("\n\n".join(text_table(*table) for table in tables))
    if options.write_docs:
        head = section_head("Several people by volumes", "volume", options.quick)
        write_section(
            "volume",
            "\n\n".join([head, EXPLANATION.strip(), *(markdown_table(*t) for t in tables)]),
        )
    return 0


def _comparison(options: argparse.Namespace, folder: Path) -> Table:
    rows: list[list[str]] = []
    own = (("own", N_OWN),) if options.own else ()
    for cameras, n in (("nearly", N_EACH), *own, ("true", N_ABLATED)):
        takes = [
            _Take(name, number, cameras)
            for name in TWO
            for number in range(FIRST, FIRST + (N_QUICK if options.quick else n))
        ]
        names = (*TWO, "all") if cameras == "nearly" else ("all",)
        scores = {
            method: {take: _scored(take, method, folder, options.again) for take in takes}
            for method in (_trained(folder)[0], GEOMETRIC)
        }
        for name in names:
            ours, plain = (
                [score for take, score in each.items() if score and name in (take.name, "all")]
                for each in scores.values()
            )
            pairs = zip(figures(ours), figures(plain), strict=True)
            n_moments = str(sum(score.moments for score in ours))
            cells = [cell for pair in pairs for cell in pair]
            rows.append([name, cameras, str(len(ours)), n_moments, *cells])
            print("  volume", *rows[-1], file=sys.stderr, flush=True)
    return HEAD, rows


def _ablations(options: argparse.Namespace, folder: Path) -> Table:
    n_each = N_QUICK if options.quick else N_ABLATED
    takes = [
        _Take(name, number, "nearly") for name in TWO for number in range(FIRST, FIRST + n_each)
    ]
    rows: list[list[str]] = []
    for method in _trained(folder):
        found = [_scored(take, method, folder, options.again) for take in takes]
        scores = [score for score in found if score]
        rows.append([method, str(len(scores)), *figures(scores)])
        print("  volume", *rows[-1], file=sys.stderr, flush=True)
    return ABLATION_HEAD, rows


def _trained(folder: Path) -> list[str]:
    """Those of `METHODS` whose runs the folder has."""
    found = [
        method
        for method, used in METHODS.items()
        if all(run_path(folder, run).is_file() for run in used if run)
    ]
    if len(found) < len(METHODS):
        print(
            f"  {len(METHODS) - len(found)} methods have no run: --train makes it", file=sys.stderr
        )
    return found


@dataclass(frozen=True, slots=True)
class _Take:
    name: str
    number: int
    cameras: str


def _scored(take: _Take, method: str, folder: Path, again: bool) -> Score | None:
    """A take's score, kept in benchmarks/results; None where the take cannot be solved."""
    digest = hashlib.blake2b(_key(take).encode(), digest_size=8)
    used = METHODS.get(method)
    if used is not None:
        digest.update(code_hash("lifting.volume").encode())
        for run in used:
            digest.update(run_path(folder, run).read_bytes() if run else b"untrained")
    digest.update((REPOSITORY / "benchmarks" / "volume_scoring.py").read_bytes())
    name = f"{digest.hexdigest()}-{take.cameras}-{take.name}-{take.number}.json"
    path = RESULTS / "volume" / name
    if path.exists() and not again:
        return Score(**json.loads(path.read_text(encoding="utf-8")))
    moments = _moments(take, again)
    if moments is None:
        return None
    cameras = moments.true_cameras if take.cameras == "true" else moments.cameras
    nets = None if used is None else load_nets(folder, used)
    score = score_take(moments, cameras, nets and partial(volume, networks=nets))
    write_text(path, json.dumps(asdict(score)))
    return score


def load_nets(folder: Path, used: Sequence[str]) -> Nets:
    """The root and the pose network of these runs; "" is untrained."""
    torch.manual_seed(0)
    root, pose = used
    return (
        load_volume(RootNet, run_path(folder, root)) if root else RootNet().eval(),
        load_volume(PoseNet, run_path(folder, pose)) if pose else PoseNet().eval(),
    )


def run_path(folder: Path, run: str) -> Path:
    """The weights that a run left in the folder, or those that the product has from it."""
    path = folder / f"{run}.safetensors"
    return SHIPPED[run] if run in SHIPPED and not path.is_file() else path


def _moments(take: _Take, again: bool) -> Moments | None:
    """Of a take, kept in benchmarks/results; None where it cannot be solved."""
    is_own = take.cameras == "own"
    kind = "own" if is_own else "nearly"
    path = RESULTS / "volume" / f"{_key(take)}-{kind}-{take.name}-{take.number}.npz"
    try:
        return kept_arrays(
            path,
            Moments,
            lambda: take_moments(take.name, take.number, is_calibrated=is_own),
            again=again,
        )
    except MocapError as error:
        print(f"  {take.name} {take.number}: refused ({error.reason})", file=sys.stderr)
        return None


def _key(take: _Take) -> str:
    calibration = ("calibration",) if take.cameras == "own" else ()
    packages = ("geometry", "group", "people", "sync", *calibration)
    digest = hashlib.blake2b(code_hash(*packages).encode(), digest_size=8)
    for name in ("groups", "motion_capture", "people_names", "synthetic", "volume_takes"):
        digest.update((REPOSITORY / "benchmarks" / f"{name}.py").read_bytes())
    return digest.hexdigest()
