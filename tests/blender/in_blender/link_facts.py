"""TAKE: let rigs follow the solved skeleton by constraints, and compare with what is baked."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish
from registered import contents, empty_scene, refusal
from rigs import RIGS

from blender_addon.armature.linked import linked_source

FRAMES = (1, 16, 31)
ops = bpy.ops.mvmocap
take = Path(arguments()[0])
scene = empty_scene(take)
bake = scene.mvmocap_bake


def posed(rig: bpy.types.Object) -> np.ndarray:
    """(F, B, 4, 4) of the mapped bones in the world."""
    names = [row.bone for row in bake.bones if row.bone]
    matrices = []
    for frame in FRAMES:
        scene.frame_set(frame)
        matrices.append([rig.matrix_world @ rig.pose.bones[name].matrix for name in names])
    return np.array(matrices)


def differences(first: np.ndarray, second: np.ndarray) -> list[float]:
    """Most metres, degrees of the bones' ways, and degrees of all their axes between two poses.

    Of the forearms the bake spreads the twist, and it turns a bone that is not mapped below the
    head: those are left out of the last and the first.
    """
    joints = [row.joint for row in bake.bones if row.bone]
    axes = [m[..., :3, :3] / np.linalg.norm(m[..., :3, :3], axis=-2, keepdims=True)
            for m in (first, second)]  # fmt: skip
    way = np.einsum("...i,...i", axes[0][..., 1], axes[1][..., 1])
    turn = 0.5 * (np.einsum("...ij,...ij", *axes) - 1.0)
    apart_m = np.linalg.norm(first[..., :3, 3] - second[..., :3, 3], axis=-1)
    is_kept = [joint != "head" for joint in joints]
    is_whole = [not joint.endswith("elbow") for joint in joints]
    ways, turns = (np.degrees(np.arccos(np.clip(each, -1, 1))) for each in (way, turn))
    return [float(each.max()) for each in (apart_m[:, is_kept], ways, turns[:, is_whole])]


facts: dict = {"without_a_target": refusal(ops.link)}
bake.use_feet_ik = False
for name, add in RIGS.items():
    rig = add()
    rig.location, rig.rotation_euler = (0.4, -0.2, 0.0), (0.0, 0.0, 0.3)
    bpy.context.view_layer.update()
    bake.target = rig
    if "without_a_skeleton" not in facts:
        facts["without_a_skeleton"] = refusal(ops.link)
        ops.setup_scene()
    before = contents()
    ops.link()
    linked = posed(rig)
    facts[name] = {"follows": linked_source(rig).name}
    ops.link()
    facts[name]["is_linked_once"] = len(contents()) - len(before)
    ops.bake()
    facts[name]["off"] = differences(linked, posed(rig))
    facts[name]["after_bake"] = [linked_source(rig) is None, len(contents()) - len(before)]

rig = RIGS["mixamo"]()
bake.target = rig
rest = posed(rig)
before = contents()
ops.link()
ops.unlink()
facts["unlinked"] = [contents() == before, differences(rest, posed(rig))[0]]

ops.link()
low = posed(rig)
skeleton = linked_source(rig)
skeleton.location = (0.0, 0.0, 0.5)
bpy.context.view_layer.update()
moved = posed(rig)
ops.bake()
facts["edited"] = differences(moved, posed(rig))
facts["lifted_m"] = float((posed(rig) - low)[0, 0, 2, 3])
skeleton.location = (0.0, 0.0, 0.0)

ops.link()
ops.setup_scene()
facts["follows_after_set_up"] = linked_source(rig) == bake.baked
bake.bones["head"].bone = bake.bones["neck"].bone
before, shown = contents(), posed(rig)
facts["bad_map"] = [refusal(ops.bake), refusal(ops.link)]
facts["after_bad_map"] = [contents() == before, linked_source(rig) is not None,
                          differences(shown, posed(rig))[0]]  # fmt: skip
finish(facts)
