from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blender_addon.armature.resample import continuous_signs, sample_motion
from blender_addon.armature.rest_pose import bone_name, rest_bones
from mvmocap_core.motion.clip import MotionClip

Measure = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def facts(measure: Measure, motion_file: Path) -> dict[str, Any]:
    return measure("armature_facts", motion_file, 30.0)


def test_bones_stand_at_the_joints_of_the_clip(facts: dict[str, Any], clip: MotionClip):
    heads_m = np.array(facts["heads_m"])
    frames = np.searchsorted(clip.times_s, np.array(facts["times_s"]) - 1e-9)
    np.testing.assert_allclose(heads_m, clip.positions_m[frames], atol=1e-5)


def test_scene_has_the_rate_and_range_of_the_motion(facts: dict[str, Any], clip: MotionClip):
    assert facts["fps"] == pytest.approx(clip.fps)
    assert facts["frame_range"] == facts["key_range"] == [1, len(clip.times_s)]
    assert facts["collections"] == ["shot"]


def test_another_scene_rate_keeps_the_motion_in_time(
    measure: Measure, motion_file: Path, clip: MotionClip
):
    facts = measure("armature_facts", motion_file, 24.0)
    times_s = np.array(facts["times_s"])
    root_m = np.array(facts["heads_m"])[:, 0]
    expected = [np.interp(times_s, clip.times_s, clip.positions_m[:, 0, i]) for i in range(3)]
    np.testing.assert_allclose(root_m, np.stack(expected, axis=1), atol=2e-5)
    assert facts["fps"] == pytest.approx(24.0)
    n_frames = int((clip.times_s[-1] - clip.times_s[0]) * 24.0) + 1
    assert facts["frame_range"] == [1, n_frames]


def test_fractional_rates_are_kept(measure: Measure, motion_file: Path):
    facts = measure("armature_facts", motion_file, 30000 / 1001)
    assert facts["fps"] == pytest.approx(30000 / 1001, rel=1e-6)


def test_rest_pose_is_a_t_pose_on_the_floor_with_mirrored_sides(facts: dict[str, Any]):
    rest_m, axes = facts["rest_m"], facts["axes"]
    assert min(head[2] for head, _ in rest_m.values()) == pytest.approx(0.0, abs=1e-6)
    mirror = np.diag([-1.0, 1.0, 1.0])
    for name in (name for name in rest_m if name.endswith(".L")):
        twin = name.removesuffix(".L") + ".R"
        np.testing.assert_allclose(np.array(rest_m[name]) @ mirror, rest_m[twin], atol=1e-6)
        mirrored = mirror @ np.array(axes[name]) @ mirror  # x turns over, y and z do not
        np.testing.assert_allclose(mirrored, axes[twin], atol=1e-4)


def test_knees_elbows_and_spine_bend_about_x(facts: dict[str, Any]):
    axes = {name: np.array(value) for name, value in facts["axes"].items()}
    for name in ("knee.L", "knee.R", "spine_1"):
        assert axes[name][0, 0] > 0.99
    # A positive turn moves y towards z: shins go back, forearms go forward.
    assert axes["knee.L"][1, 2] > 0.9
    assert axes["elbow.L"][1, 2] < -0.9
    assert axes["elbow.R"][1, 2] < -0.9


def test_chains_are_connected_and_side_branches_are_not(facts: dict[str, Any]):
    connected = set(facts["connected"])
    assert {"spine_1", "neck", "head", "elbow.L", "wrist.R", "knee.L", "toe.R"} <= connected
    assert not {"pelvis", "hip.L", "hip.R", "clavicle.L", "clavicle.R"} & connected


def test_names_carry_the_side_as_blender_wants_it():
    assert bone_name("left_wrist") == "wrist.L"
    assert bone_name("right_index_1") == "index_1.R"
    assert bone_name("spine_3") == "spine_3"


def test_fingers_and_unknown_joints_get_bones_too(clip: MotionClip):
    hand = [str(name) for name in clip.joint_names].index("left_wrist")
    fingers = {"left_thumb_1": (0.03, -0.04, 0.0), "left_middle_1": (0.09, 0.0, 0.0),
               "left_pinky_1": (0.07, 0.03, 0.0), "tail_1": (0.0, 0.0, 0.0)}  # fmt: skip
    larger = _with_joints(clip, hand, fingers)
    bones = {bone.name: bone for bone in rest_bones(larger)}
    np.testing.assert_allclose(bones["wrist.L"].tail, bones["middle_1.L"].head)
    assert all(np.linalg.norm(bone.tail - bone.head) > 1e-3 for bone in bones.values())


def test_signs_of_quaternions_do_not_flip_between_frames(clip: MotionClip):
    quats = clip.rotations_quat_wxyz
    assert (np.sum(quats[1:] * quats[:-1], axis=-1) < 0).any(), "the clip must test something"
    smooth = continuous_signs(quats)
    assert (np.sum(smooth[1:] * smooth[:-1], axis=-1) > 0).all()
    np.testing.assert_allclose(np.abs(smooth), np.abs(quats))


def test_resampling_to_double_rate_keeps_every_frame(clip: MotionClip):
    twice = sample_motion(clip, 2 * clip.fps)
    assert len(twice.times_s) == 2 * len(clip.times_s) - 1
    agreement = np.abs(np.sum(twice.rotations_quat_wxyz[::2] * clip.rotations_quat_wxyz, axis=-1))
    np.testing.assert_allclose(agreement, 1.0, atol=1e-9)


def test_a_rate_of_zero_is_refused(clip: MotionClip):
    with pytest.raises(ValueError, match="fps"):
        sample_motion(clip, 0.0)


def _with_joints(
    clip: MotionClip, parent: int, offsets: dict[str, tuple[float, float, float]]
) -> MotionClip:
    from dataclasses import replace

    return replace(
        clip,
        joint_names=np.array([*clip.joint_names.tolist(), *offsets]),
        joint_parents=np.array([*clip.joint_parents.tolist(), *[parent] * len(offsets)]),
        rest_offsets_m=np.concatenate([clip.rest_offsets_m, list(offsets.values())]),
    )
