"""TAKE EMPTY: set up the scene by the operator and by its function."""

import shutil
from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish
from registered import contents, empty_scene, refusal

from blender_addon.armature.take_scene import set_up_take
from mvmocap_core.motion.clip import load_motion

take, empty = map(Path, arguments())
clip = load_motion(take / "motion.npz")
scene = empty_scene(empty)
before = contents()
facts = {"no_take": refusal(bpy.ops.mvmocap.setup_scene), "is_unchanged": contents() == before}


def solved_cameras() -> list[bpy.types.Object]:
    return [found for found in scene.objects if found.type == "CAMERA"]


scene.mvmocap.take_folder = str(take)
bpy.ops.mvmocap.setup_scene()
cameras = solved_cameras()
clips = [camera.data.background_images[0].clip for camera in cameras]
facts["footage"] = [Path(bpy.path.abspath(shown.filepath)).name for shown in clips]
facts["frames"] = [scene.frame_start, scene.frame_end]
facts["fps"] = scene.render.fps / scene.render.fps_base
facts["camera"] = scene.camera.name
facts["resolution"] = [scene.render.resolution_x, scene.render.resolution_y]
facts["export_target"] = scene.mvmocap_bake.baked.name
before = contents()
bpy.ops.mvmocap.setup_scene()
facts["twice_is_once"] = contents() == before
bpy.ops.mvmocap.look_through()
facts["next"] = [scene.camera.name, scene.render.resolution_x, scene.render.resolution_y]

armature_object, collection = scene.mvmocap_bake.baked, scene.camera.users_collection[0]
prop = bpy.data.objects.new("prop", None)
collection.objects.link(prop)
prop.parent = armature_object
prop.constraints.new("COPY_LOCATION").target = armature_object
armature_object.animation_data.action["mvmocap_digest"] = "as if a key had been moved"
bpy.context.view_layer.layer_collection.children[0].exclude = True
bpy.ops.mvmocap.setup_scene()
now = scene.mvmocap_bake.baked
facts["replaced"] = {
    "added": sorted(set(contents()) - set(before)),
    "name": now.name,
    "points_to_new": prop.parent == prop.constraints[0].target == now,
    "stays_in": prop.name in collection.objects,
    "camera": scene.camera.name,
    "is_seen": now.visible_get(),
}

other = bpy.data.scenes.new("other")
bpy.context.window.scene = other
added = set_up_take(other, "other", clip, [])
cameras = solved_cameras()
poses = [np.array(camera.matrix_world) for camera in (*cameras, *added.cameras)]
facts["camera_difference"] = float(np.abs(np.array(poses[:2]) - np.array(poses[2:])).max())

bpy.context.window.scene = scene = bpy.data.scenes.new("joints")
scene.mvmocap.take_folder = str(take)
scene.mvmocap.skeleton = "EMPTIES"
bpy.ops.mvmocap.setup_scene()
frame = 9
scene.frame_set(frame)
shown = {item.name.rpartition(" ")[2]: item.matrix_world.translation
         for item in scene.objects if item.type == "EMPTY"}  # fmt: skip
expected = dict(zip(clip.joint_names, clip.positions_m[frame - 1], strict=True))
apart_m = [np.array(shown[str(name)]) - at for name, at in expected.items()]
facts["joints_off_m"] = float(np.abs(apart_m).max())
facts["n_joints"] = [len(shown), len(expected)]
floor = next(item for item in scene.objects if item.type == "MESH")
facts["floor"] = [floor.name, max(abs(vertex.co.z) for vertex in floor.data.vertices)]
before = contents()
bpy.ops.mvmocap.setup_scene()
facts["joints_twice_is_once"] = contents() == before
scene.mvmocap.skeleton, scene.mvmocap.has_floor = "NONE", False
bpy.ops.mvmocap.setup_scene()
facts["types_left"] = sorted({item.type for item in scene.objects})

bpy.context.window.scene = scene = bpy.data.scenes.new("duet")
shutil.copy(take / "motion.npz", take / "motion_2.npz")
scene.mvmocap.take_folder = str(take)
bpy.ops.mvmocap.setup_scene()
facts["duet"] = [found.name for found in scene.objects if found.type == "ARMATURE"]
before = contents()
bpy.ops.mvmocap.setup_scene()
facts["duet_twice_is_once"] = contents() == before
scene.mvmocap_bake.person = "1"
bpy.ops.mvmocap.bake()
facts["second_baked"] = scene.mvmocap_bake.baked.name
finish(facts)
