"""What the panel Correct shows: saved with the scene, or of this session alone."""

from functools import lru_cache
from pathlib import Path

import bpy

from .performer_choice import performers

_PARTS = (
    ("WHOLE", "Whole Body", "Arms and legs"),
    ("UPPER", "Upper Body", "Arms and face"),
    ("LOWER", "Lower Body", "Hips and legs"),
)
_POINTS = (
    ("BOTH", "Whole Foot", "Heel and toe"),
    ("HEEL", "Heel", "The heel alone"),
    ("TOE", "Toe", "The toe alone"),
)


@lru_cache(maxsize=1)
def _landmarks() -> tuple[tuple[str, str, str], ...]:
    """Blender needs the same texts every time it asks. numpy comes with them, so not before."""
    from mvmocap_core.detection.detections import LANDMARK_NAMES

    return tuple((name, name.replace("_", " ").title(), "") for name in LANDMARK_NAMES)


def _landmark_items(
    _self: bpy.types.bpy_struct, _context: bpy.types.Context | None
) -> tuple[tuple[str, str, str], ...]:
    return _landmarks()


def _go_to_chosen(self: "MVMOCAP_PG_correct", context: bpy.types.Context) -> None:
    """Show the frame of the correction that was clicked in the list."""
    if self.active_item < len(self.items):
        context.scene.frame_set(self.items[self.active_item].frame)


def _list_chosen(self: "MVMOCAP_PG_correct", context: bpy.types.Context) -> None:
    """List the corrections of the performer who was chosen."""
    from .take_corrections import list_corrections  # it needs this module first

    list_corrections(context)


class MVMOCAP_PG_correction(bpy.types.PropertyGroup):
    """A line of the list of corrections."""

    text: bpy.props.StringProperty(name="Correction")
    place: bpy.props.StringProperty(name="Video", description="Video and time that it is for")
    frame: bpy.props.IntProperty(name="Frame", description="Scene frame at which it begins")


class MVMOCAP_PG_correct(bpy.types.PropertyGroup):
    """The corrections of the scene's take, and what the next one will be."""

    folder: bpy.props.StringProperty(
        name="Take", description="Take whose keypoints are shown; empty while none are"
    )
    record: bpy.props.StringProperty(
        name="Corrections",
        description="Every performer's as the take keeps them: here, Undo reaches them",
    )
    identities: bpy.props.StringProperty(
        name="Identities", description="Who is who, as the take keeps it"
    )
    other: bpy.props.EnumProperty(
        name="Other Performer",
        description="Who was taken for the chosen performer",
        items=performers,
    )
    person: bpy.props.EnumProperty(
        name="Performer",
        description="Whose keypoints are shown and corrected",
        items=performers,
        update=_list_chosen,
    )
    items: bpy.props.CollectionProperty(type=MVMOCAP_PG_correction)
    active_item: bpy.props.IntProperty(
        name="Correction", description="Click one to go to its frame", min=0, update=_go_to_chosen
    )
    landmark: bpy.props.EnumProperty(
        name="Landmark",
        description="Point of the performer's body, on the performer's own left or right",
        items=_landmark_items,
    )
    use_range: bpy.props.BoolProperty(
        name="Over a Range",
        description="Mark a range of frames and not the current frame alone",
        default=False,
    )
    first: bpy.props.IntProperty(name="First Frame", description="First frame of the range")
    last: bpy.props.IntProperty(name="Last Frame", description="Last frame of the range")
    part: bpy.props.EnumProperty(
        name="Sides", description="What left and right are exchanged of", items=_PARTS
    )
    foot: bpy.props.EnumProperty(
        name="Foot",
        description="The performer's own left or right foot",
        items=(("LEFT", "Left", "Left foot"), ("RIGHT", "Right", "Right foot")),
    )
    point: bpy.props.EnumProperty(
        name="Part", description="What of the foot is meant", items=_POINTS
    )

    def frames(self, current: int) -> tuple[int, int]:
        """First and last frame that the next mark is for."""
        if not self.use_range:
            return current, current
        return min(self.first, self.last), max(self.first, self.last)


class MVMOCAP_PG_correct_state(bpy.types.PropertyGroup):
    """What is going on. Of this session: never saved, never undone.

    dragged, drag_px: the landmark under the mouse while it is dragged, and where it is now, in
    pixels of the footage; is_alone: what goes with it stays behind.
    """

    is_running: bpy.props.BoolProperty(name="Running")
    progress: bpy.props.FloatProperty(name="Progress", min=0.0, max=1.0, subtype="FACTOR")
    dragged: bpy.props.StringProperty(name="Dragged Landmark")
    drag_px: bpy.props.FloatVectorProperty(name="Place", size=2)
    is_alone: bpy.props.BoolProperty(name="Alone")


def shown_take(scene: bpy.types.Scene) -> Path | None:
    """The take whose keypoints are shown; None while none are."""
    correct = scene.mvmocap_correct
    if not correct.folder or correct.folder != scene.mvmocap.take_folder:
        return None
    return Path(bpy.path.abspath(correct.folder))


CLASSES = (MVMOCAP_PG_correction, MVMOCAP_PG_correct, MVMOCAP_PG_correct_state)
POINTERS = (
    (bpy.types.Scene, "mvmocap_correct", MVMOCAP_PG_correct),
    (bpy.types.WindowManager, "mvmocap_correct", MVMOCAP_PG_correct_state),
)
