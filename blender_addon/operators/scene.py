"""Show the solved take in the scene: cameras with footage, armature, frame rate and range."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from .. import session
from ..armature.shown import FLOOR_PART, Skeleton, skeleton_of
from ..scene_take import (
    count_people,
    footage_arguments,
    has_footage,
    load_clip,
    proxies_of,
    take_folder,
    take_name,
)
from ..worker_client import Job, Outcome, Step
from .job_operator import JobOperator
from .take_poll import TakePoll

if TYPE_CHECKING:  # numpy comes with them: no part of Blender's start
    from mvmocap_core.motion.clip import MotionClip

    from ..armature.take_scene import TakeScene


class MVMOCAP_OT_setup_scene(TakePoll, JobOperator, bpy.types.Operator):
    """Add the solved cameras, their footage and an armature to the scene."""

    bl_idname = "mvmocap.setup_scene"
    bl_label = "Set Up Scene"
    bl_description = (
        "Add the solved cameras with their footage and the skeleton with the motion, and give the "
        "scene the take's frame rate and range"
    )
    bl_options = {"REGISTER", "UNDO"}

    frame_start: bpy.props.IntProperty(
        name="First Frame", description="Frame on which the take begins", default=1
    )

    def make_job(self, context: bpy.types.Context) -> Job | None:
        """Let the worker write footage that is missing; where its videos are gone, go without."""
        folder, clip = take_folder(context.scene), load_clip(context.scene)
        arguments = () if has_footage(folder, clip) else footage_arguments(folder)
        return Job([Step(arguments)], launch=session.launch()) if arguments else None

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Set up the scene."""
        scene, settings = context.scene, context.scene.mvmocap
        folder, clip = take_folder(scene), load_clip(scene)
        scene.mvmocap_bake.frame_start = self.frame_start
        skeleton = Skeleton(settings.skeleton)
        added = _set_up(scene, folder, clip, skeleton, has_floor=settings.has_floor)
        _look_through_camera(context)
        footage = "their footage" if has_footage(folder, clip) else "no footage"
        message = f"Added {len(added.cameras)} cameras with {footage}, {added.n_frames} frames"
        self.report({"INFO"}, message)


class MVMOCAP_OT_look_through(bpy.types.Operator):
    """Look through the next solved camera."""

    bl_idname = "mvmocap.look_through"
    bl_label = "Next Camera"
    bl_description = "Look through the next of the scene's cameras, with its video's resolution"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There is a solved camera."""
        return any(_is_solved(found) for found in context.scene.objects)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make it the scene's camera, and look through it."""
        from ..armature.cameras import look_through

        scene = context.scene
        cameras = [found for found in scene.objects if _is_solved(found)]
        now = cameras.index(scene.camera) if scene.camera in cameras else -1
        camera = cameras[(now + 1) % len(cameras)]
        look_through(scene, camera)
        _look_through_camera(context)
        self.report({"INFO"}, f"Looking through {camera.name}")
        return {"FINISHED"}


def _is_solved(found: bpy.types.Object) -> bool:
    return found.type == "CAMERA" and "image_size" in found.data


def set_up_again(context: bpy.types.Context) -> bool:
    """Show another motion of the scene's take where the earlier one was set up.

    Returns whether it was. The current frame stays, as far as it is in the take.
    """
    from ..armature.take_scene import parts_in

    scene = context.scene
    folder = take_folder(scene)
    parts = parts_in(scene, take_name(folder))
    if not parts:
        return False
    frame = scene.frame_current
    skeleton, has_floor = skeleton_of(parts), FLOOR_PART in parts
    _set_up(scene, folder, load_clip(scene), skeleton, has_floor=has_floor)
    scene.frame_set(min(max(frame, scene.frame_start), scene.frame_end))
    return True


def _set_up(
    scene: bpy.types.Scene,
    folder: Path,
    clip: "MotionClip",
    skeleton: Skeleton,
    *,
    has_floor: bool,
) -> "TakeScene":
    from ..armature.take_scene import set_up_take

    added = set_up_take(
        scene,
        take_name(folder),
        clip,
        proxies_of(folder, len(clip.K)) if has_footage(folder, clip) else (),
        others=[load_clip(scene, person) for person in range(1, count_people(scene))],
        skeleton=skeleton,
        has_floor=has_floor,
        frame_start=scene.mvmocap_bake.frame_start,
    )
    if added.armature_object is not None:
        scene.mvmocap_bake.baked = added.armature_object
    return added


def _look_through_camera(context: bpy.types.Context) -> None:
    """Turn the 3D view from which the operator was called, or the first, to the camera."""
    areas = [context.area, *(context.screen.areas if context.screen else ())]
    for area in areas:
        if area is not None and area.type == "VIEW_3D":
            area.spaces.active.region_3d.view_perspective = "CAMERA"
            _show_whole_picture(context, area)
            return


def _show_whole_picture(context: bpy.types.Context, area: bpy.types.Area) -> None:
    """Fit a phone's upright picture into the view, which is wide."""
    region = next(region for region in area.regions if region.type == "WINDOW")
    with context.temp_override(area=area, region=region):
        if bpy.ops.view3d.view_center_camera.poll():
            bpy.ops.view3d.view_center_camera()


CLASSES = (MVMOCAP_OT_setup_scene, MVMOCAP_OT_look_through)
