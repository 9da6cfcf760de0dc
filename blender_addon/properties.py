"""What the panels show and the operators read: saved with the scene, or of this session alone."""

from pathlib import Path

import bpy

from mvmocap_core.options import ASSUMED_HEIGHT_M, MAX_PEOPLE, METHODS, SolveOptions

from . import preferences
from .armature.shown import Skeleton
from .take_folders import kept_path

QUALITIES = {"DRAFT": "lite", "STANDARD": "full", "BEST": "heavy"}
"""Quality presets and the detector that each takes."""

_DEFAULTS = SolveOptions()
_QUALITY_OF = {detector: quality for quality, detector in QUALITIES.items()}
_PATH_OPTIONS = (
    {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
)  # without it, 4.5 and later warn about "//"

_QUALITY_ITEMS = (
    ("DRAFT", "Draft", "Fastest. Takes left for right more often: for a first look"),
    ("STANDARD", "Standard", "A little faster than the best, and a little less sure"),
    ("BEST", "Best", "The most dependable detection, recommended"),
)
_LABELS = {"auto": "Automatic"}


def _titled(name: str) -> str:
    return name.capitalize().replace("_", " ")


_STATES = (
    ("IDLE", "Idle", "Nothing was solved in this session"),
    ("WAITING", "Waiting", "Another take is being solved first"),
    ("RUNNING", "Running", "A take is being solved"),
    ("STOPPING", "Stopping", "The solve is being ended"),
    ("DONE", "Done", "The last solve is done"),
    ("FAILED", "Failed", "The last solve failed"),
    ("CANCELLED", "Cancelled", "The last solve was cancelled; what was finished is kept"),
)


_SKELETONS = [
    (str(Skeleton.ARMATURE), "Armature", "An armature made from the performer's body"),
    (str(Skeleton.EMPTIES), "Empties", "An empty at each joint"),
    (str(Skeleton.NONE), "None", "The cameras and their footage alone"),
]


class MVMOCAP_PG_video(bpy.types.PropertyGroup):
    """One video of a take, and what is known about it."""

    filepath: bpy.props.StringProperty(
        name="Video",
        description="Footage of the performer from one camera",
        subtype="FILE_PATH",
        options=_PATH_OPTIONS,
    )
    is_probed: bpy.props.BoolProperty(
        name="Examined", description="Whether the facts below belong to the file", default=False
    )
    width_px: bpy.props.IntProperty(name="Width", min=0, subtype="PIXEL")
    height_px: bpy.props.IntProperty(name="Height", min=0, subtype="PIXEL")
    fps: bpy.props.FloatProperty(name="Frame Rate", min=0.0)
    duration_s: bpy.props.FloatProperty(name="Length", min=0.0)
    n_frames: bpy.props.IntProperty(name="Frames", min=0)
    has_audio: bpy.props.BoolProperty(name="Sound", default=False)
    problem: bpy.props.StringProperty(
        name="Problem", description="Why the file cannot be used, and what to do; empty if it can"
    )


class MVMOCAP_PG_scene(bpy.types.PropertyGroup):
    """What the animator chooses for the scene's take. Saved with the .blend."""

    videos: bpy.props.CollectionProperty(type=MVMOCAP_PG_video)
    active_video: bpy.props.IntProperty(name="Active Video", min=0)
    height_m: bpy.props.FloatProperty(
        name="Performer Height",
        description="Stature of the performer, which gives the motion its true scale",
        default=ASSUMED_HEIGHT_M,
        min=0.4,
        max=3.0,
        precision=3,
        step=1,
        subtype="DISTANCE",
        unit="LENGTH",
    )
    use_range: bpy.props.BoolProperty(
        name="In and Out Points",
        description="Solve only a part of the first video",
        default=False,
    )
    start_s: bpy.props.FloatProperty(
        name="In", description="First second to solve, in the first video", min=0.0, precision=2
    )
    end_s: bpy.props.FloatProperty(
        name="Out",
        description="Last second to solve, in the first video",
        min=0.0,
        default=10.0,
        precision=2,
    )
    quality: bpy.props.EnumProperty(
        name="Quality",
        description="How carefully the performer is looked for in the videos",
        items=_QUALITY_ITEMS,
        default=_QUALITY_OF[_DEFAULTS.detector],
    )
    method: bpy.props.EnumProperty(
        name="Method",
        description="How the motion in space is found",
        items=[(name.upper(), _LABELS.get(name, _titled(name)), "") for name in METHODS],
        default=_DEFAULTS.method.upper(),
    )
    people: bpy.props.IntProperty(
        name="Performers",
        description="How many perform; 0 counts them and leaves bystanders out",
        default=_DEFAULTS.people,
        min=0,
        max=MAX_PEOPLE,
    )
    hands: bpy.props.BoolProperty(
        name="Fingers",
        description="Find fingers and wrists too, which takes about twice as long",
        default=_DEFAULTS.hands,
    )
    use_fps: bpy.props.BoolProperty(
        name="Own Frame Rate",
        description="Solve at another frame rate than the first video's",
        default=_DEFAULTS.fps is not None,
    )
    fps: bpy.props.FloatProperty(
        name="Frame Rate", description="Of the solved motion", default=30.0, min=1.0, max=480.0
    )
    skeleton: bpy.props.EnumProperty(
        name="Skeleton",
        description="As what Set Up Scene shows the performer",
        items=_SKELETONS,
        default=str(Skeleton.ARMATURE),
    )
    has_floor: bpy.props.BoolProperty(
        name="Floor", description="Show the floor that the feet have given", default=True
    )
    take_name: bpy.props.StringProperty(
        name="Take",
        description="Name of the take's folder; empty for the first video's name",
    )
    take_folder: bpy.props.StringProperty(
        name="Take Folder",
        description="Folder of the solved take that the scene uses",
        subtype="DIR_PATH",
        options=_PATH_OPTIONS,
    )

    def to_options(self) -> SolveOptions:
        """The options of the core. An untouched height is left for the core to assume.

        Raises:
            InputError: when they contradict each other.
        """
        return SolveOptions(
            height_m=round(self.height_m, 4) if self.is_property_set("height_m") else None,
            fps=round(self.fps, 4) if self.use_fps else None,
            start_s=round(self.start_s, 4) if self.use_range else None,
            end_s=round(self.end_s, 4) if self.use_range else None,
            device=preferences.device(bpy.context),
            method=self.method.lower(),
            people=self.people,
            hands=self.hands,
            detector=QUALITIES[self.quality],
        )

    def video_paths(self) -> tuple[Path, ...]:
        """The chosen files as absolute paths; fields left empty are passed over."""
        chosen = [video.filepath for video in self.videos if video.filepath.strip()]
        return tuple(Path(bpy.path.abspath(path)) for path in chosen)


def as_kept(folder: Path) -> str:
    """The folder as the .blend keeps it: relative where the file has a place."""
    if not bpy.data.filepath:
        return str(folder)
    return kept_path(str(folder), Path(bpy.data.filepath).parent)


class MVMOCAP_PG_advice(bpy.types.PropertyGroup):
    """One sentence of advice."""

    text: bpy.props.StringProperty(name="Advice")


class MVMOCAP_PG_trust(bpy.types.PropertyGroup):
    """How far a short part of the motion may be trusted."""

    trust: bpy.props.FloatProperty(name="Trust", description="-1 where it is not known")


class MVMOCAP_PG_moment(bpy.types.PropertyGroup):
    """A moment that should be looked at."""

    time_s: bpy.props.FloatProperty(name="Time")
    trust: bpy.props.FloatProperty(name="Trust")
    joints: bpy.props.StringProperty(name="Joints")


class MVMOCAP_PG_solve_state(bpy.types.PropertyGroup):
    """How the running or the last solve goes. Of this session: never saved, never undone."""

    state: bpy.props.EnumProperty(name="State", items=_STATES, default="IDLE")
    take_name: bpy.props.StringProperty(name="Take")
    take_folder: bpy.props.StringProperty(name="Take Folder", subtype="DIR_PATH")
    progress: bpy.props.FloatProperty(name="Progress", min=0.0, max=1.0, subtype="FACTOR")
    stage: bpy.props.StringProperty(name="Stage")
    message: bpy.props.StringProperty(name="Message")
    seconds_left: bpy.props.FloatProperty(name="Time Left", default=-1.0)
    job_number: bpy.props.IntProperty(
        name="Job", description="Number of the solve that is shown, in this session", min=0
    )
    n_waiting: bpy.props.IntProperty(name="Waiting Takes", min=0)
    verdict: bpy.props.StringProperty(name="Verdict")
    advice: bpy.props.CollectionProperty(type=MVMOCAP_PG_advice)
    motion_start_s: bpy.props.FloatProperty(name="Start of the Motion")
    motion_end_s: bpy.props.FloatProperty(name="End of the Motion")
    trust: bpy.props.CollectionProperty(type=MVMOCAP_PG_trust)
    firm: bpy.props.FloatProperty(name="Firm", description="Trust from which nobody has to look")
    weak: bpy.props.FloatProperty(
        name="Weak", description="Trust below which something is likely wrong"
    )
    moments: bpy.props.CollectionProperty(type=MVMOCAP_PG_moment)
    error: bpy.props.StringProperty(name="Error")
    log: bpy.props.StringProperty(name="Log", subtype="FILE_PATH")

    @property
    def is_running(self) -> bool:
        """Whether a take is being solved, or waits to be."""
        return self.state in {"WAITING", "RUNNING", "STOPPING"}


CLASSES = (
    MVMOCAP_PG_video,
    MVMOCAP_PG_scene,
    MVMOCAP_PG_advice,
    MVMOCAP_PG_trust,
    MVMOCAP_PG_moment,
    MVMOCAP_PG_solve_state,
)
POINTERS = (
    (bpy.types.Scene, "mvmocap", MVMOCAP_PG_scene),
    (bpy.types.WindowManager, "mvmocap", MVMOCAP_PG_solve_state),
)
