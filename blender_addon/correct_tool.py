"""The tool of the 3D view that drags keypoints: any other tool works as ever."""

import bpy

TOOL = "mvmocap.correct"
_ELSE = "builtin.select_box"
_MOVE = "mvmocap.move_keypoint"
_PRESS = {"type": "LEFTMOUSE", "value": "PRESS"}


class MVMOCAP_correct_tool(bpy.types.WorkSpaceTool):
    """Drag keypoints, in Object Mode."""

    bl_space_type = "VIEW_3D"
    bl_context_mode = "OBJECT"
    bl_idname = TOOL
    bl_label = "Correct Keypoints"
    bl_description = (
        "Drag a keypoint of the performer to its place.\n"
        "Ctrl: the point alone. Shift: the chosen landmark to the mouse"
    )
    bl_icon = "ops.transform.vertex_random"
    bl_keymap = (
        (_MOVE, _PRESS, None),
        (_MOVE, {**_PRESS, "ctrl": True}, {"properties": [("is_alone", True)]}),
        (_MOVE, {**_PRESS, "shift": True}, {"properties": [("is_chosen", True)]}),
    )


class MVMOCAP_correct_tool_pose(MVMOCAP_correct_tool):
    """The same, in Pose Mode."""

    bl_context_mode = "POSE"


def take(context: bpy.types.Context) -> None:
    """Take the tool in hand; nothing without a window."""
    _set(context, TOOL)


def leave(context: bpy.types.Context) -> None:
    """Put it back, if it is in hand."""
    if _in_hand(context) == TOOL:
        _set(context, _ELSE)


def _in_hand(context: bpy.types.Context) -> str:
    if bpy.app.background or context.mode not in {"OBJECT", "POSE"}:
        return ""
    tool = context.workspace.tools.from_space_view3d_mode(context.mode)
    return "" if tool is None else tool.idname


def _set(context: bpy.types.Context, tool: str) -> None:
    if bpy.app.background or context.mode not in {"OBJECT", "POSE"}:
        return
    bpy.ops.wm.tool_set_by_id(name=tool, space_type="VIEW_3D")


def register() -> None:
    """Offer the tool in the toolbar."""
    for tool in (MVMOCAP_correct_tool, MVMOCAP_correct_tool_pose):
        bpy.utils.register_tool(tool, separator=tool is MVMOCAP_correct_tool)


def unregister() -> None:
    """Take it out again."""
    for tool in (MVMOCAP_correct_tool_pose, MVMOCAP_correct_tool):
        bpy.utils.unregister_tool(tool)


CLASSES: tuple[type, ...] = ()
