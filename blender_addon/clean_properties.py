"""What the panel Clean Up shows: saved with the scene, or of this session alone."""

import json
from pathlib import Path

import bpy

from mvmocap_core.errors import InputError
from mvmocap_core.options import SMOOTHING_PRESETS, CleanUp

CHOICES_FILE = "clean.json"
_DEFAULTS = CleanUp()
_CUSTOM = len(SMOOTHING_PRESETS)
_PRESET_ITEMS = (
    ("NONE", "None", "As it was solved"),
    ("ACTION", "Action", "Fights and sports: blows keep their speed"),
    ("NATURAL", "Natural", "For most of it"),
    ("CALM", "Calm", "People who talk, sit or stand"),
    ("CUSTOM", "Custom", "As strong as the slider says"),
)


def _chosen_preset(clean: "MVMOCAP_PG_clean") -> int:
    """Number of the preset that is as strong as the slider says."""
    strengths = list(SMOOTHING_PRESETS.values())
    same = [number for number, value in enumerate(strengths) if abs(value - clean.smoothing) < 1e-4]
    return same[0] if same else _CUSTOM


def _choose_preset(clean: "MVMOCAP_PG_clean", number: int) -> None:
    if number != _CUSTOM:
        clean.smoothing = list(SMOOTHING_PRESETS.values())[number]


class MVMOCAP_PG_clean(bpy.types.PropertyGroup):
    """What the animator chooses for the clean-up of the scene's take."""

    smoothing: bpy.props.FloatProperty(
        name="Smoothing",
        description="How much trembling is taken out: none leaves the motion as it was solved",
        default=_DEFAULTS.smoothing,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    smoothing_preset: bpy.props.EnumProperty(
        name="Preset",
        description="How strong the smoothing is, by what is filmed",
        items=_PRESET_ITEMS,
        get=_chosen_preset,
        set=_choose_preset,
    )
    lock_feet: bpy.props.BoolProperty(
        name="Lock Feet",
        description="Hold feet that stand on the floor, so that they do not slide",
        default=_DEFAULTS.lock_feet,
    )
    use_range: bpy.props.BoolProperty(
        name="Trim", description="Keep only a part of the take", default=False
    )
    start_s: bpy.props.FloatProperty(
        name="In", description="First second to keep, in the first video", precision=2
    )
    end_s: bpy.props.FloatProperty(
        name="Out", description="Last second to keep, in the first video", precision=2, default=10.0
    )

    def to_options(self) -> CleanUp:
        """The options of the core.

        Raises:
            InputError: when they contradict each other.
        """
        return CleanUp(
            smoothing=round(self.smoothing, 4),
            lock_feet=self.lock_feet,
            start_s=round(self.start_s, 4) if self.use_range else None,
            end_s=round(self.end_s, 4) if self.use_range else None,
        )

    def read(self, folder: Path, start_s: float, end_s: float) -> None:
        """Show what a take's last clean-up chose; the defaults where it has none.

        start_s, end_s: of the take's motion, where the in and out points begin.
        """
        options = _kept(folder)
        self.smoothing, self.lock_feet = options.smoothing, options.lock_feet
        self.use_range = options.start_s is not None or options.end_s is not None
        self.start_s = start_s if options.start_s is None else options.start_s
        self.end_s = end_s if options.end_s is None else options.end_s


class MVMOCAP_PG_clean_state(bpy.types.PropertyGroup):
    """How the running clean-up goes. Of this session: never saved, never undone."""

    is_running: bpy.props.BoolProperty(name="Running")
    progress: bpy.props.FloatProperty(name="Progress", min=0.0, max=1.0, subtype="FACTOR")


def clean_arguments(folder: Path, options: CleanUp) -> tuple[str, ...]:
    """What the worker is asked for."""
    flags = {"--smoothing": options.smoothing, "--start": options.start_s, "--end": options.end_s}
    chosen = [f"{flag}={value}" for flag, value in flags.items() if value is not None]
    lock = [] if options.lock_feet else ["--no-foot-lock"]
    return ("clean", str(folder), *chosen, *lock)


def _kept(folder: Path) -> CleanUp:
    try:
        return CleanUp(**json.loads((folder / CHOICES_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, InputError):
        return _DEFAULTS


CLASSES = (MVMOCAP_PG_clean, MVMOCAP_PG_clean_state)
POINTERS = (
    (bpy.types.Scene, "mvmocap_clean", MVMOCAP_PG_clean),
    (bpy.types.WindowManager, "mvmocap_clean", MVMOCAP_PG_clean_state),
)
