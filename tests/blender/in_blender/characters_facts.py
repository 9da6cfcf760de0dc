"""motion.npz FOLDER: a scene of three performers, two of them on characters of one file."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import bpy
from bench import arguments, finish, heads_m
from synthetic_clip import synthetic_clip

from benchmarks.in_blender.rig_objects import add_skeleton
from benchmarks.rig_families import load_family
from blender_addon.armature.bake_options import BakeOptions, RetargetOptions, RootMotion
from blender_addon.batch.blend_file import make_blend, open_blend
from blender_addon.batch.scene_work import scene_work
from blender_addon.batch.scenes_file import Character, SceneJob
from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.options import SolveOptions

path, folder = map(Path, arguments())
skeleton = load_family("mixamo")
clips = [load_motion(path), *(synthetic_clip(seed=seed) for seed in (1, 2))]


def save_hero() -> Path:
    """A file with a rig, a mesh that it deforms, and a lamp that is no part of it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = add_skeleton(skeleton)
    rig.name = "Hero"
    body = bpy.data.objects.new("Body", bpy.data.meshes.new("Body"))
    body.modifiers.new("Armature", "ARMATURE").object = rig
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    for each in (body, lamp):
        bpy.context.scene.collection.objects.link(each)
    target = folder / "hero.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(target))
    return target


hero = Character(character=save_hero(), armature="Hero")
job = SceneJob(name="duet", videos=(), out=folder, options=SolveOptions(), characters=(hero, hero))
target = folder / "duet.blend"
make_blend(job, clips, [], target)
names = [open_blend(target, person).name for person in range(3)]
rigs = [bpy.data.objects[name] for name in names]
hips = skeleton.truth["pelvis"]
ends = [heads_m(rig, [hips], 20)[0].tolist() for rig in rigs[:2]]
bodies = [each.modifiers[0].object.name for each in bpy.data.objects if each.type == "MESH"]


def refusal(characters: tuple[Character, ...]) -> str:
    wrong = SceneJob(
        name="duet", videos=(), out=folder, options=SolveOptions(), characters=characters
    )
    try:
        make_blend(wrong, clips[:2], [], folder / "wrong.blend")
    except InputError as error:
        return str(error)
    return ""


def refusal_before_the_solve(character: Character, export: tuple[str, ...] = ()) -> str:
    wanted = SceneJob(
        name="solo",
        videos=(),
        out=folder,
        options=SolveOptions(),
        characters=(character,),
        export=export,
    )
    try:
        scene_work(folder, print).check(wanted)
    except InputError as error:
        return str(error)
    return ""


without_usd = SimpleNamespace(ops=SimpleNamespace(wm=SimpleNamespace()))
bones = folder / "map.json"
bones.write_text('{"pelvis": "belly"}')
on_no_bone = BakeOptions(retarget=RetargetOptions(root_motion=RootMotion.ROOT_BONE, root_bone="x"))
facts = {
    "names": names,
    "ends": ends,
    "bodies": sorted(bodies),
    "lamps": sum(each.type == "LIGHT" for each in bpy.data.objects),
    "too_many": refusal((hero,) * 3),
    "no_such": refusal((hero, Character(character=hero.character, armature="Villain"))),
    "no_file": refusal((hero, Character(character=folder / "none.blend", armature="Hero"))),
    "early": {
        "good": refusal_before_the_solve(hero),
        "no_such": refusal_before_the_solve(replace(hero, armature="Villain")),
        "no_file": refusal_before_the_solve(replace(hero, character=folder / "none.blend")),
        "no_bone": refusal_before_the_solve(replace(hero, bone_map=bones)),
        "no_root": refusal_before_the_solve(replace(hero, bake=on_no_bone)),
    },
}
with patch("blender_addon.armature.export.bpy", without_usd):
    facts["early"]["no_usd"] = refusal_before_the_solve(hero, ("fbx", "usd"))
finish(facts)
