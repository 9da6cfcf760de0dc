"""TAKE FOLDER: bake with what the options offer, onto rigs that are keyed or linked already."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish, heads_m
from registered import contents, empty_scene, refusal
from rigs import add_mixamo

from blender_addon.armature.scene import set_frame_rate
from mvmocap_core.motion.clip import load_motion

take, folder = map(Path, arguments())
clip = load_motion(take / "motion.npz")
facts = {}
empty_scene()
ARM = "mixamorig:LeftArm"
PATH = f'pose.bones["{ARM}"].rotation_euler'


def curves_of(action: bpy.types.Action) -> dict[tuple[str, int], bpy.types.FCurve]:
    if hasattr(action, "layers"):
        found = action.layers[0].strips[0].channelbags[0].fcurves
    else:
        found = action.fcurves
    return {(curve.data_path, curve.array_index): curve for curve in found}


def add_keyed_rig() -> bpy.types.Object:
    """Animated by hand: an arm in Euler angles, and a property that no bake touches."""
    rig = add_mixamo()
    arm = rig.pose.bones[ARM]
    arm.rotation_mode = "XZY"
    for frame, angle in ((-10, 0.4), (6, 1.0), (8, 1.2), (90, 0.7)):
        arm.rotation_euler = (angle, 0.1, 0.0)
        arm.keyframe_insert("rotation_euler", frame=frame)
        arm.keyframe_insert("scale", frame=frame)
    return rig


def new_scene() -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.mvmocap.take_folder = str(take)
    set_frame_rate(scene, clip.fps)
    return scene


# into the action that is there
scene = new_scene()
rigs = [add_keyed_rig(), add_mixamo()]
bake = scene.mvmocap_bake
bake.use_range, bake.frame_in, bake.frame_out = True, 5, 12
mine = rigs[0].animation_data.action
before = [key.co[1] for key in curves_of(mine)[PATH, 0].keyframe_points]
for rig, is_layered in zip(rigs, (True, False), strict=True):
    bake.target = rig
    bake.use_current_action = is_layered
    bpy.ops.mvmocap.bake()
curves = curves_of(mine)
keys = curves[PATH, 0].keyframe_points
facts["is_own_action"] = rigs[0].animation_data.action == mine
facts["frames"] = [key.co[0] for key in keys]
facts["hand_keys"] = [before, [keys[0].co[1], keys[-1].co[1]]]
facts["interpolation"] = [keys[0].interpolation, keys[1].interpolation, keys[-1].interpolation]
scale_curve = curves[PATH.replace("rotation_euler", "scale"), 0]
facts["scale_keys"] = [key.co[0] for key in scale_curve.keyframe_points]
facts["mode"] = rigs[0].pose.bones[ARM].rotation_mode
names = [bone.name for bone in rigs[0].data.bones]
facts["heads"] = [heads_m(rig, names, 9).tolist() for rig in rigs]

# ways of the root
for root_motion in ("HIPS", "IN_PLACE", "ROOT_BONE"):
    scene = new_scene()
    scene.mvmocap_bake.root_motion = root_motion
    bpy.ops.mvmocap.bake()
    rig = scene.mvmocap_bake.baked
    bones = ["pelvis", "root"] if "root" in rig.data.bones else ["pelvis"]
    facts[root_motion] = [heads_m(rig, bones, 1 + frame).tolist() for frame in (0, 20)]
scene = new_scene()
scene.mvmocap_bake.target = add_mixamo()
scene.mvmocap_bake.root_motion = "ROOT_BONE"
before = contents()
facts["no_root"] = refusal(bpy.ops.mvmocap.bake)
facts["is_unchanged"] = contents() == before

# characters of another file
scene = new_scene()
rig = add_mixamo()
rig.name = "hero"
collection = bpy.data.collections.new("hero")
scene.collection.children.link(collection)
scene.collection.objects.unlink(rig)
collection.objects.link(rig)
library = folder / "hero.blend"
bpy.ops.wm.save_as_mainfile(filepath=str(library))


def link(kind: str) -> None:
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        setattr(wanted, "objects" if kind == "object" else "collections", ["hero"])
    into = bpy.context.scene.collection
    if kind == "object":
        into.objects.link(wanted.objects[0])
    elif kind == "collection":
        into.children.link(wanted.collections[0])
    else:
        instance = bpy.data.objects.new("shown", None)
        instance.instance_type = "COLLECTION"
        instance.instance_collection = wanted.collections[0]
        into.objects.link(instance)


for kind in ("object", "collection", "instance"):
    scene = new_scene()
    link(kind)
    bpy.context.view_layer.update()
    bake = scene.mvmocap_bake
    bake.target = next(o for o in bpy.data.objects if o.type == "ARMATURE")
    bake.bones["head"].bone = ""
    before = contents()
    bake.use_range, bake.frame_in, bake.frame_out = True, 900, 901
    refused = refusal(bpy.ops.mvmocap.bake), contents() == before
    bake.use_range = False
    bpy.ops.mvmocap.bake()
    rig = bake.baked
    shown = [o.name for o in bpy.context.view_layer.objects]
    moved = np.ptp([heads_m(rig, names, frame) for frame in (1, 20)], axis=0).max()
    override = rig.override_library
    again = len(bpy.data.objects)
    bpy.ops.mvmocap.bake()
    facts[kind] = {
        "refused": refused,
        "is_override": override is not None and not override.is_system_override,
        "is_target": bake.target == rig,
        "head": bake.bones["head"].bone,
        "moved": float(moved),
        "shown": shown,
        "is_made_once": len(bpy.data.objects) == again,
    }
finish(facts)
