"""FOLDER: a character of Mixamo's size, and one with a root bone, for each program."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish, heads_m
from rigs import add_mixamo

from benchmarks.in_blender.rig_objects import add_skeleton
from benchmarks.rig_families import load_family
from blender_addon.armature.export import export_preset
from blender_addon.armature.export_presets import read_export_presets
from blender_addon.armature.fbx_file import objects_of, read_fbx
from blender_addon.armature.fbx_units import fbx_unit_m

folder = Path(arguments()[0])


def add_body(rig: bpy.types.Object) -> bpy.types.Object:
    """A mesh of one vertex at each bone's head, moved by that bone."""
    bones = rig.data.bones
    mesh = bpy.data.meshes.new("body")
    mesh.from_pydata([bone.head_local for bone in bones], [], [(0, 1, 2)])
    body = bpy.data.objects.new("body", mesh)
    body.parent = rig
    bpy.context.scene.collection.objects.link(body)
    for number, bone in enumerate(bones):
        body.vertex_groups.new(name=bone.name).add([number], 1.0, "REPLACE")
    body.modifiers.new("armature", "ARMATURE").object = rig
    return body


def vertices_m(body: bpy.types.Object, frame: int) -> np.ndarray:
    bpy.context.scene.frame_set(frame)
    moved = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([moved.matrix_world @ vertex.co for vertex in moved.data.vertices])


def measure(family: str, identifier: str) -> dict[str, object]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = add_mixamo() if family == "mixamo" else add_skeleton(load_family(family))
    pelvis = rig.pose.bones[load_family(family).truth["pelvis"]]
    for frame, turn in ((1, 0.0), (10, 0.8)):
        pelvis.rotation_quaternion = (np.cos(turn / 2), np.sin(turn / 2), 0.0, 0.0)
        pelvis.location = np.array([0.0, 0.5 * turn, 0.3 * turn]) / rig.scale[0]
        pelvis.keyframe_insert("rotation_quaternion", frame=frame)
        pelvis.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 10
    body = add_body(rig)
    names = [bone.name for bone in rig.data.bones]
    before = heads_m(rig, names, 10), vertices_m(body, 10)
    path = folder / f"{family} {identifier}.fbx"
    export_preset(rig, read_export_presets()[identifier], path)
    nodes = objects_of(read_fbx(path)[0], b"Model").values()
    (node,) = [found for found in nodes if found.values[2] == b"Null"]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.fbx(filepath=str(path))
    rig = next(found for found in bpy.data.objects if found.type == "ARMATURE")
    body = next(found for found in bpy.data.objects if found.type == "MESH")
    last = int(rig.animation_data.action.frame_range[1])
    after = heads_m(rig, names, last), vertices_m(body, last)
    scaling = [line.values[4:] for line in node.properties() if line.values[0] == b"Lcl Scaling"]
    return {
        "error_m": [float(np.abs(b - a).max()) for b, a in zip(before, after, strict=True)],
        "moved_m": float(np.ptp([vertices_m(body, 1), after[1]], axis=0).max()),
        "unit_m": fbx_unit_m(path),
        "root": node.title.decode(),
        "scaling": scaling[0],
    }


finish(
    {
        family: {program: measure(family, program) for program in read_export_presets()}
        for family in ("mixamo", "unreal4")
    }
)
