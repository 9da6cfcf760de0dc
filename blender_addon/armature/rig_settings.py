"""What a character's armature needs before it is animated."""

from collections.abc import Sequence

import bpy
import numpy as np

from mvmocap_core.errors import InputError

from .bone_presets import RigSetting


def check_target(armature_object: bpy.types.Object) -> None:
    """Raise InputError if the armature is scaled in a way that turns cannot be carried over."""
    name = armature_object.name
    scale = np.array(armature_object.matrix_world.to_scale())
    if scale.min() <= 0 or not np.allclose(scale, scale[0], rtol=1e-3):
        message = f"{name} is mirrored or scaled unevenly; apply its scale first (Ctrl+A)."
        raise InputError(message, reason="bad_character")


def apply_settings(armature_object: bpy.types.Object, settings: Sequence[RigSetting]) -> None:
    """Set custom properties of pose bones, such as Rigify's IK-FK switches, where they exist."""
    for setting in settings:
        pose_bone = armature_object.pose.bones.get(setting.bone)
        if pose_bone is not None and setting.name in pose_bone:
            kind = type(pose_bone[setting.name])
            pose_bone[setting.name] = kind(setting.value)
    armature_object.update_tag()  # or drivers of these properties would not run
