"""TAKE: correct a solved take by the operators, and what they refuse."""

import json
from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish, heads_m
from registered import contents, empty_scene, refusal

from blender_addon.armature.rest_pose import bone_name
from blender_addon.keypoint_view import keypoints_now
from mvmocap_core.corrections.edit import entries, without
from mvmocap_core.corrections.files import load_corrections, save_corrections
from mvmocap_core.corrections.keypoints import load_keypoints
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.motion.clip import load_motion

FRAME = 31
take = Path(arguments()[0])
ops = bpy.ops.mvmocap
scene = empty_scene()
correct = scene.mvmocap_correct
facts = {"without_a_take": [refusal(ops.show_keypoints), refusal(ops.solve_again)]}
ops.open_take(filepath=str(take))
facts["without_a_camera"] = refusal(ops.show_keypoints)
ops.setup_scene()
scene.frame_set(FRAME)
facts["not_shown"] = [
    refusal(ops.move_keypoint, landmark="left_wrist"), refusal(ops.mark_sides),
]  # fmt: skip
facts["shown"] = [sorted(ops.show_keypoints()), len(correct.items)]

clip = load_motion(take / "motion.npz")
found = [each.track for each in load_keypoints(take)]
now = keypoints_now(bpy.context)
video_frame = int(np.abs(found[0].times_s - clip.times_s[FRAME - 1]).argmin())
facts["seen"] = [
    now.view,
    now.time_s - found[0].times_s[video_frame],
    float(np.nanmax(np.abs(now.xy_px - found[0].keypoints_2d_px[video_frame]))),
    float(np.nanmax(np.abs(now.filmed_px(tuple(now.footage_px[0])) - now.xy_px[0]))),
]


def corrected() -> dict:
    return json.loads((take / "corrections.json").read_text())


def lines() -> list:
    return [[item.text, item.place, item.frame] for item in correct.items]


wrist = now.xy_px[LANDMARK_NAMES.index("left_wrist")]
facts["moved"] = sorted(
    ops.move_keypoint(landmark="left_wrist", x_px=wrist[0] + 25, y_px=wrist[1] - 10)
)
hand = [LANDMARK_NAMES.index(f"left_{name}") for name in ("wrist", "pinky", "index", "thumb")]
shift = keypoints_now(bpy.context).xy_px[hand] - now.xy_px[hand]
facts["hand_moved_px"] = np.round(shift, 2).tolist()
nose = {"landmark": "nose", "x_px": 100.0, "y_px": 50.0}
ops.move_keypoint(**nose)
ops.move_keypoint(**{**nose, "x_px": 101.0})
facts["in_the_file"] = [
    {**each, "x_px": round(each["x_px"]), "time_s": round(each["time_s"], 3)}
    for each in corrected()["videos"][0]["moved"] if each["landmark"] == "nose"
]  # fmt: skip
facts["nonsense"] = refusal(ops.move_keypoint, landmark="tail", x_px=1.0, y_px=1.0)

correct.use_range, correct.first, correct.last = True, 20, 26
correct.landmark = "right_knee"
ops.hide_landmark()
scene.frame_set(22)
knee = LANDMARK_NAMES.index("right_knee")
facts["hidden_now"] = bool(np.isnan(keypoints_now(bpy.context).xy_px[knee]).all())
ops.look_through()
facts["seen_by_the_other"] = bool(np.isfinite(keypoints_now(bpy.context).xy_px[knee]).all())
ops.look_through()
correct.part = "UPPER"
before = keypoints_now(bpy.context).xy_px
ops.mark_sides()
after = keypoints_now(bpy.context).xy_px
elbows = [LANDMARK_NAMES.index(f"{side}_elbow") for side in ("left", "right")]
facts["swapped_px"] = float(np.abs(after[elbows] - before[elbows[::-1]]).max())
ops.mark_sides()
facts["swapped_back_px"] = float(np.nanmax(np.abs(keypoints_now(bpy.context).xy_px - before)))
correct.foot, correct.point = "RIGHT", "BOTH"
ops.mark_contact(in_contact=True)
facts["lines"] = lines()
contact = load_corrections(take).contacts[-1]
facts["contact"] = [contact.foot, contact.point, contact.start_s, contact.end_s]

n_before = len(correct.items)
scene.frame_set(1)
correct.active_item = [item.text for item in correct.items].index("Nose moved")
facts["went_to"] = scene.frame_current
ops.remove_correction()
facts["removed"] = [
    n_before - len(correct.items),
    "nose" in (take / "corrections.json").read_text(),
]

scene.frame_set(FRAME)
shown, motion = contents(), load_motion(take / "motion.npz")
kept = (take / "corrections.json").read_text()
(take / "corrections.json").write_text("not JSON")
facts["unreadable"] = refusal(ops.solve_again)
facts["after_refusal"] = [
    contents() == shown,
    bool((load_motion(take / "motion.npz").positions_m == motion.positions_m).all()),
]
(take / "corrections.json").write_text(kept)
facts["solved"] = sorted(ops.solve_again())
again = load_motion(take / "motion.npz")
facts["changed_m"] = float(np.abs(again.positions_m - motion.positions_m).max())
facts["stands"] = again.contacts[19:26, 1].all(axis=0).tolist()
facts["is_running"] = bpy.context.window_manager.mvmocap_correct.is_running
names = [bone_name(str(name)) for name in again.joint_names]
heads = heads_m(scene.mvmocap_bake.baked, names, scene.frame_current)
facts["frame"] = scene.frame_current
facts["shown_error_m"] = float(np.abs(heads - again.positions_m[FRAME - 1]).max())
facts["same_contents"] = contents() == shown

blend = str(take.parent / "shot.blend")
bpy.ops.wm.save_as_mainfile(filepath=blend)
save_corrections(take, without(load_corrections(take), entries(load_corrections(take))[0]))
n_kept = len(entries(load_corrections(take)))
bpy.ops.wm.open_mainfile(filepath=blend)
scene = bpy.context.scene
correct = scene.mvmocap_correct
facts["reopened"] = [correct.folder, len(correct.items)]
ops.show_keypoints()
facts["read_again"] = [len(correct.items) - n_kept, len(entries(load_corrections(take))) - n_kept]
ops.show_keypoints(is_shown=False)
facts["hidden"] = [correct.folder, len(correct.items), len(corrected()["contacts"])]

duo = Path(arguments()[1])
bpy.ops.mvmocap.open_take(filepath=str(duo))
ops.setup_scene()
scene.frame_set(FRAME)
ops.show_keypoints()
first_px = keypoints_now(bpy.context).xy_px
correct.person = "1"
second_px = keypoints_now(bpy.context).xy_px
found = [load_keypoints(duo, person)[0].track.keypoints_2d_px[FRAME - 1] for person in (0, 1)]
facts["whose_px"] = [
    float(np.nanmax(np.abs(shown - own)))
    for shown, own in zip((first_px, second_px), found, strict=True)
]
x_px, y_px = second_px[LANDMARK_NAMES.index("left_wrist")]
ops.move_keypoint(landmark="left_wrist", x_px=x_px + 60.0, y_px=y_px)
n_second = len(correct.items)
correct.person = "0"
facts["listed"] = [n_second, len(correct.items)]
facts["files"] = sorted(path.name for path in duo.glob("corrections*.json"))
before = [load_motion(duo / name).positions_m for name in ("motion.npz", "motion_2.npz")]
ops.solve_again()
after = [load_motion(duo / name).positions_m for name in ("motion.npz", "motion_2.npz")]
facts["changed"] = [bool((a != b).any()) for a, b in zip(before, after, strict=True)]
scene.frame_set(FRAME)
elsewhere = keypoints_now(bpy.context).left_out_px
facts["n_left_out"] = len(elsewhere)
x_px, y_px = (float(each) for each in np.nanmean(elsewhere[0], axis=0))
correct.use_range, correct.other = False, "0"
facts["nobody_else"] = refusal(ops.exchange_performers)
facts["nobody_there"] = refusal(ops.join_performer, x_px=-900.0, y_px=-900.0)
correct.other = "1"
ops.exchange_performers()
ops.join_performer(x_px=x_px, y_px=y_px)
facts["who"] = [[item.text, item.place] for item in correct.items]
facts["identities"] = json.loads((duo / "identities.json").read_text())["identities"]
correct.active_item = len(correct.items) - 1
ops.remove_correction()
facts["left_who"] = [
    len(correct.items),
    len(json.loads((duo / "identities.json").read_text())["identities"]),
]
target = duo.parent / "second"
ops.save_clip(filepath=str(target), person="1")
made = load_motion(target / "motion.npz").positions_m
facts["clip_is_of"] = [bool((made == own).all()) for own in after]
finish(facts)
