"""`./run bench rigs`: any character.

Each rig is detected, baked with a solved dance, and looked at in Blender, in a process of its own.
Rigify's are Blender's, MakeHuman's are MPFB's, CMU's is the database's; the others are skeletons
with the names, the tree, the rest pose, the axes and the units that their programs export.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arguments import bench_parser, section_head
from benchmarks.motion import fitted, rendered
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.rig_families import table_families
from benchmarks.rig_random import random_skeleton
from benchmarks.rig_scoring import Source, played_by_keys, score_directions, score_places
from benchmarks.tables import (
    REPOSITORY,
    markdown_table,
    show,
    text_table,
    write_section,
)
from blender_addon.armature.bake_options import RetargetOptions
from blender_addon.armature.bone_presets import BUNDLED, read_presets
from blender_addon.armature.mapping.detect import detect_bones
from blender_addon.armature.resample import sample_motion
from blender_addon.armature.retarget import retarget
from blender_addon.armature.rig import Rig, simple_rig
from mvmocap_core.motion.clean_up import clean_up
from mvmocap_core.motion.clip import MotionClip, load_motion
from mvmocap_core.options import CleanUp

HEAD = (
    "rig", "bones", "joints", "right", "wrong", "sure %", "limbs deg", "trunk deg", "soles deg",
    "feet %", "hands %", "far %", "knees %", "FBX mm", "minute s",
)  # fmt: skip
RANDOM_HEAD = (
    "random rigs", "n", "complete", "wrong, sure", "wrong, unsure", "refused",
    "limbs deg", "feet %",
)  # fmt: skip
EXPLANATION = """
*right*: joints that were found where an animator would map them; *wrong*: others that were mapped.
The worst over the whole take: *limbs*, angle of upper and lower arms and legs from the performer's;
*trunk*, of the turns of pelvis, chest and head; *soles*, of the tilt of the feet. With feet and
hands in place, in per cent of the rig's height: *feet*, distance of the soles from the performer's
in proportion to the legs, *hands*, of the wrists, both where the limb is long enough; *far*: share
of the hands that are out of reach. *knees*: share that bends the wrong way. *FBX*: worst joint
after a round trip. *minute*: processor seconds to retarget and key a minute at 60 frames a second.

*complete*: each of the rig's joints was found; *wrong, sure*: a joint is mapped wrongly and the
map's score is 0.8 or more; *unsure*: the score is lower; *refused*: no map. *limbs* and
*feet*: the worst, as above, of the rigs that are mapped for sure.
"""
QUICK_RIGS = (
    "Rigify metarig", "Rigify rig, basic", "MakeHuman default", "mixamo", "unreal5", "vrm",
)  # fmt: skip
MOTION = "charleston"
HIGH_SCORE, N_RANDOM = 0.8, 30
_LOOSE = ("spine_2", "neck")  # any bone between their neighbours will do
_TIMEOUT_S = 600.0
_RIGIFY = ("Rigify metarig", "Rigify rig, basic", "Rigify rig, full")
_MAKEHUMAN = ("default", "game_engine", "cmu", "mixamo")
PYTHON_VARIABLE = "MVMOCAP_BPY_PYTHON"


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("rigs", __doc__, "few rigs", keeps_results=False)
    parser.add_argument("--only", metavar="RIG", help="one rig")
    options = parser.parse_args(arguments)
    if not (SHARED_DATA / "synth").is_dir():
        print("../shared/data/synth is absent: nothing to dance", file=sys.stderr)
        return 2
    names = QUICK_RIGS if options.quick else rig_names()
    names = [options.only] if options.only else names
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        motion = _write_motion(Path(folder))
        for name in names:
            rows.append(_cells(name, _measured(name, motion)))
            print("  " + "  ".join(rows[-1]), file=sys.stderr, flush=True)
        clip = load_motion(motion)
        random_rows = [_random_row(clip, has_names) for has_names in (True, False)]
    print(text_table(HEAD, rows), text_table(RANDOM_HEAD, random_rows), sep="\n\n")
    if options.write_docs:
        head = section_head("Rigs", "rigs", options.quick)
        about = "\n".join((__doc__ or "").splitlines()[2:])
        tables = [markdown_table(HEAD, rows), markdown_table(RANDOM_HEAD, random_rows)]
        write_section("rigs", "\n\n".join([head, about, EXPLANATION.strip(), *tables]))
    return 0


def rig_names() -> list[str]:
    """All rigs; CMU's where the data are."""
    cmu = ["CMU BVH"] if (SHARED_DATA / "cmu").is_dir() else []
    return [*_RIGIFY, *(f"MakeHuman {name}" for name in _MAKEHUMAN), *cmu, *table_families()]


def _write_motion(folder: Path) -> Path:
    """The dance as solved from its two videos, cleaned up."""
    path = folder / "motion.npz"
    clip = clean_up(fitted(rendered(MOTION).clip), CleanUp())
    np.savez_compressed(path, **clip.to_arrays())
    return path


def _measured(name: str, motion: Path) -> dict[str, Any]:
    """Scores of one rig.

    Raises:
        RuntimeError: with what the process said, when it left no result.
    """
    result = motion.parent / "result.json"
    result.unlink(missing_ok=True)
    python = os.environ.get(PYTHON_VARIABLE, sys.executable)
    done = subprocess.run(
        [python, "-m", "benchmarks.in_blender.rig_bake", str(result), str(motion), name],
        cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True, text=True, timeout=_TIMEOUT_S, check=False,
    )  # fmt: skip
    if not result.is_file():
        raise RuntimeError(f"{name}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(result.read_text())


def _cells(name: str, scores: dict[str, Any]) -> list[str]:
    cells = [name, *(str(scores[key]) for key in ("n_bones", "n_truth", "n_right", "n_wrong"))]
    cells.append(show(100.0 * scores["score"], 0))
    cells += [show(scores[key]) for key in ("limbs_deg", "trunk_deg", "soles_deg")]
    cells += [show(scores[key], 2) for key in ("feet_pct", "hands_pct")]
    cells += [show(scores[key]) for key in ("far_pct", "knees_pct")]
    return [*cells, show(scores["fbx_mm"], 2), show(scores["minute_s"], 2)]


def _random_row(clip: MotionClip, has_names: bool) -> list[str]:
    presets, _ = read_presets([BUNDLED])
    counts = dict.fromkeys(RANDOM_HEAD[2:-2], 0)
    limbs_deg, feet_pct = [0.0], [0.0]
    for seed in range(N_RANDOM):
        skeleton = random_skeleton(1000 + seed, has_names=has_names)
        rig = simple_rig(skeleton.names, skeleton.parents, skeleton.heads_m, skeleton.tails_m,
                         skeleton.rotmats)  # fmt: skip
        found = detect_bones(rig, presets)
        is_wrong = any(
            skeleton.truth.get(joint) != bone
            for joint, bone in found.bones.items()
            if joint not in _LOOSE or joint not in skeleton.truth
        )
        counts["complete"] += set(found.bones) >= set(skeleton.truth) - set(_LOOSE)
        counts["wrong, sure"] += is_wrong and found.score >= HIGH_SCORE
        counts["wrong, unsure"] += is_wrong and found.score < HIGH_SCORE
        counts["refused"] += not found.bones
        if not is_wrong and found.score >= HIGH_SCORE:
            scores = _followed(rig, found.bones, clip)
            limbs_deg.append(scores["limbs_deg"])
            feet_pct.append(scores["feet_pct"])
    kind = "named as people do" if has_names else "named at random"
    worst = [show(max(limbs_deg)), show(max(feet_pct), 2)]
    return [kind, str(N_RANDOM), *map(str, counts.values()), *worst]


def _followed(rig: Rig, bones: Mapping[str, str], clip: MotionClip) -> dict[str, float]:
    """Angles, and places with feet and hands in place, of a rig that stands on z = 0."""
    source, motion = Source(clip), sample_motion(clip)
    by_angles = retarget(rig, clip, motion, bones, RetargetOptions(use_feet_ik=False))
    by_places = retarget(rig, clip, motion, bones, RetargetOptions(use_hands_ik=True))
    return {
        **score_directions(source, played_by_keys(rig, by_angles, bones)),
        **score_places(source, played_by_keys(rig, by_places, bones), 0.0),
    }
