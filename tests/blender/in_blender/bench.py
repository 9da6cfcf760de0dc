"""What every script in this folder begins and ends with."""

import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parent)]

import bpy  # noqa: E402 - the paths come first
import numpy as np  # noqa: E402

from blender_addon.armature.bake import bake_motion  # noqa: E402
from blender_addon.armature.generate import generate_armature  # noqa: E402
from blender_addon.armature.resample import SampledMotion, sample_motion  # noqa: E402
from blender_addon.armature.rest_pose import rest_bones  # noqa: E402
from blender_addon.armature.scene import (  # noqa: E402
    own_collection,
    set_frame_range,
    set_frame_rate,
)
from mvmocap_core.motion.clip import MotionClip  # noqa: E402


def arguments() -> list[str]:
    """Those of the script, without the path of its result."""
    return sys.argv[2:]


def finish(facts: dict[str, Any]) -> NoReturn:
    """Hand the facts over and leave, without Blender's own exit."""
    Path(sys.argv[1]).write_text(json.dumps(facts))
    sys.stdout.flush()
    os._exit(0)


def bake_clip(clip: MotionClip, fps: float | None = None) -> tuple[bpy.types.Object, SampledMotion]:
    """An animated armature in an empty Blender."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    motion = sample_motion(clip, fps)
    bones = rest_bones(clip)
    set_frame_rate(scene, motion.fps)
    armature_object = generate_armature("actor", bones, own_collection("shot", scene.collection))
    set_frame_range(scene, bake_motion(armature_object, bones, motion))
    return armature_object, motion


def heads_m(armature_object: bpy.types.Object, names: list[str], frame: float) -> np.ndarray:
    """(J, 3) heads of the named bones in the world at a frame."""
    whole = int(np.floor(frame))
    bpy.context.scene.frame_set(whole, subframe=frame - whole)
    bones = armature_object.pose.bones
    return np.array([armature_object.matrix_world @ bones[name].head for name in names])
