"""What links a character to a solved skeleton: see `link`. Without numpy, for the panels."""

import bpy

CONSTRAINT = "Mocap Link"


def unlink_character(armature_object: bpy.types.Object) -> bool:
    """Let the character go, which keeps its own keys. Returns whether it was linked."""
    between = _between(armature_object)
    for pose_bone in armature_object.pose.bones:
        for constraint in [found for found in pose_bone.constraints if is_link(found)]:
            pose_bone.constraints.remove(constraint)
    for helper in between:
        armature = helper.data
        bpy.data.objects.remove(helper)
        if armature.users == 0:
            bpy.data.armatures.remove(armature)
    return bool(between)


def linked_source(armature_object: bpy.types.Object) -> bpy.types.Object | None:
    """The skeleton that the character follows; None where it follows none."""
    for helper in _between(armature_object):
        for pose_bone in helper.pose.bones:
            for constraint in pose_bone.constraints:
                if constraint.type == "CHILD_OF":
                    return constraint.target
    return None


def _between(armature_object: bpy.types.Object) -> list[bpy.types.Object]:
    """The armatures between the character and its skeleton: one, or none."""
    constraints = (each for bone in armature_object.pose.bones for each in bone.constraints)
    found = {each.target for each in constraints if is_link(each)}
    return [helper for helper in found if helper is not None]


def is_link(constraint: bpy.types.Constraint) -> bool:
    """Whether a constraint of a character is a part of its link."""
    return constraint.name.startswith(CONSTRAINT)
