"""RESULT MOTION RIG: bake a motion onto a rig, look where its bones are. Runs where bpy is."""

import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import bpy
import numpy as np

from benchmarks.in_blender.rig_objects import TestRig, add_test_rig
from benchmarks.rig_scoring import Played, Source, score_directions, score_knees, score_places
from blender_addon.armature.animate import bake_take
from blender_addon.armature.bake_options import BakeOptions, RetargetOptions
from blender_addon.armature.bone_presets import BUNDLED, read_presets
from blender_addon.armature.export import export_armature
from blender_addon.armature.mapping.detect import detect_bones
from blender_addon.armature.read_rig import read_rig
from blender_addon.armature.scene import set_frame_range, set_frame_rate
from mvmocap_core.motion.clip import MotionClip, load_motion

MINUTE_FPS, MINUTE_FRAMES = 60.0, 3600


def main() -> NoReturn:
    """Write the scores of one rig and leave, without Blender's own exit."""
    result, motion, name = sys.argv[1:]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scores = score_rig(add_test_rig(name), load_motion(Path(motion)))
    Path(result).write_text(json.dumps(scores))
    sys.stdout.flush()
    os._exit(0)


def score_rig(rig: TestRig, clip: MotionClip) -> dict[str, Any]:
    """Map, follow by angles, follow by places, seconds, FBX."""
    presets, _ = read_presets([BUNDLED])
    armature_object = rig.armature_object
    plain = read_rig(armature_object)
    found = detect_bones(plain, presets)
    family = next((p for p in presets if p.name == found.family), None)
    source = Source(clip)
    set_frame_rate(bpy.context.scene, clip.fps)
    set_frame_range(bpy.context.scene, len(clip.times_s))
    scores: dict[str, Any] = {
        "family": found.family,
        "score": found.score,
        "n_bones": len(plain.names),
        "n_truth": len(rig.truth),
        "n_right": sum(found.bones.get(joint) == bone for joint, bone in rig.truth.items()),
        "n_wrong": sum(rig.truth.get(joint) != bone for joint, bone in found.bones.items()),
    }

    def bake(motion: MotionClip, options: RetargetOptions) -> float:
        start_s = time.process_time()
        bake_take(armature_object, motion, found.bones, BakeOptions(retarget=options),
                  settings=family.settings if family else (),
                  followers=family.followers if family else ())  # fmt: skip
        return time.process_time() - start_s

    bake(clip, RetargetOptions(use_feet_ik=False))
    scores |= score_directions(source, played(armature_object, rig.shown, len(clip.times_s)))
    bake(clip, RetargetOptions(use_hands_ik=True))
    by_places = played(armature_object, rig.shown, len(clip.times_s))
    floor_m = float(plain.heads_m[:, 2].min())
    scores |= score_places(source, by_places, floor_m if floor_m < -0.05 else 0.0)
    scores["knees_pct"] = score_knees(by_places)
    bake(clip, RetargetOptions())
    scores["fbx_mm"] = fbx_error_mm(rig, len(clip.times_s))
    scores["minute_s"] = bake(minute_of(clip), RetargetOptions())
    return scores


def played(armature_object: bpy.types.Object, shown: dict[str, str], n_frames: int) -> Played:
    """Where the bones are on each frame, constraints included."""
    bones = armature_object.data.bones
    world = np.array(armature_object.matrix_world)
    axes = world[:3, :3] / np.cbrt(np.linalg.det(world[:3, :3]))
    rest = {joint: np.array(bones[bone].matrix_local) for joint, bone in shown.items()}
    posed = {joint: np.empty((n_frames, 4, 4)) for joint in shown}
    for frame in range(n_frames):
        bpy.context.scene.frame_set(1 + frame)
        evaluated = armature_object.evaluated_get(bpy.context.evaluated_depsgraph_get())
        for joint, bone in shown.items():
            posed[joint][frame] = np.array(evaluated.pose.bones[bone].matrix)
    heads = {j: m[:, :3, 3] @ world[:3, :3].T + world[:3, 3] for j, m in posed.items()}
    return Played(
        heads_m=heads,
        turns={joint: _rotmats(axes @ matrices[:, :3, :3])
               @ _rotmats(axes @ rest[joint][:3, :3]).T for joint, matrices in posed.items()},
        rest_m={j: world[:3, :3] @ matrix[:3, 3] + world[:3, 3] for j, matrix in rest.items()},
    )  # fmt: skip


def fbx_error_mm(rig: TestRig, n_frames: int) -> float:
    """Worst distance of a joint's bone after a round trip, sampled over the motion."""
    frames = np.unique(np.linspace(0, n_frames - 1, 20).astype(int))
    before = _heads_m(rig.armature_object, list(rig.shown.values()), 1 + frames)
    known = set(bpy.data.objects)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rig.fbx"
        export_armature(rig.armature_object, "fbx", path)
        bpy.ops.import_scene.fbx(filepath=str(path))
    back = next(o for o in bpy.data.objects if o not in known and o.type == "ARMATURE")
    first = back.animation_data.action.frame_range[0]
    after = _heads_m(back, list(rig.shown.values()), first + frames)
    for added in [found for found in bpy.data.objects if found not in known]:
        bpy.data.objects.remove(added)
    return 1000.0 * float(np.linalg.norm(after - before, axis=-1).max())


def minute_of(clip: MotionClip) -> MotionClip:
    """The motion there and back for one minute at 60 frames a second."""
    n_frames = len(clip.times_s)
    there_and_back = [*range(n_frames), *range(n_frames - 2, 0, -1)]
    rows = np.resize(there_and_back, MINUTE_FRAMES)
    return replace(
        clip, fps=MINUTE_FPS, times_s=np.arange(MINUTE_FRAMES) / MINUTE_FPS,
        positions_m=clip.positions_m[rows],
        rotations_quat_wxyz=clip.rotations_quat_wxyz[rows],
    )  # fmt: skip


def _heads_m(armature_object: bpy.types.Object, names: list[str], frames: np.ndarray) -> np.ndarray:
    """(F, N, 3) heads of bones in the world."""
    heads = []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame))
        evaluated = armature_object.evaluated_get(bpy.context.evaluated_depsgraph_get())
        matrix = evaluated.matrix_world
        heads.append([matrix @ evaluated.pose.bones[name].head for name in names])
    return np.array(heads)


def _rotmats(matrices: np.ndarray) -> np.ndarray:
    """Without the stretch that a rig's constraints may add."""
    return matrices / np.linalg.norm(matrices, axis=-2, keepdims=True)


if __name__ == "__main__":
    main()
