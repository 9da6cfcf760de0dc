"""Clips from solved motions, written where no take is touched."""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

from mvmocap_core.errors import InputError
from mvmocap_core.motion.bvh import write_bvh
from mvmocap_core.motion.clean_up import trim
from mvmocap_core.motion.clip import MotionClip, load_motion
from mvmocap_core.motion.clip_tools import joined, looped, mirrored, resampled, retimed
from mvmocap_core.options import ClipChoices
from mvmocap_core.storage import save_arrays

MOTION_FILE = "motion.npz"
_OTHER_FILES = (".blend", ".fbx", ".glb", ".gltf", ".npz", ".usd", ".usda", ".usdc", ".zip")
"""What a folder is not called: somebody wants a file that only Blender writes, or a take."""


def write_clip(sources: Sequence[Path], target: Path, choices: ClipChoices) -> MotionClip:
    """Make a clip of motions, one after another, and write it. Returns it.

    sources: take folders or `motion.npz` files.
    target:  a `.bvh` file, or a folder to put a `motion.npz` into: a take without videos.
    Raises InputError if a source has no motion, if the choices leave nothing of one, or if the
    target is a take that was solved or a file of another kind.
    """
    is_bvh = target.suffix.lower() == ".bvh"
    if target.suffix.lower() in _OTHER_FILES:
        message = f"{target}: a clip is a .bvh file or a folder; choose one of these."
        raise InputError(message, reason="bad_option")
    if not is_bvh and any((target / name).exists() for name in ("stages", "take.json")):
        message = f"{target}: holds a solved take, which a clip would replace; choose another."
        raise InputError(message, reason="bad_option")
    clip = make_clip([_load(source) for source in sources], choices)
    if is_bvh:
        write_bvh(clip, target)
    else:
        save_arrays(target / MOTION_FILE, clip.to_arrays())
    return clip


def make_clip(motions: Sequence[MotionClip], choices: ClipChoices) -> MotionClip:
    """Trim each motion, join them, and then mirror, retime, loop and resample the whole.

    Raises InputError if the choices leave nothing of a motion.
    """
    parts = [trim(motion, choices.start_s, choices.end_s) for motion in motions]
    clip = reduce(lambda a, b: joined(a, b, choices.blend_s), parts)
    if choices.mirror:
        clip = mirrored(clip)
    if choices.speed != 1.0:
        clip = retimed(clip, choices.speed)
    if choices.loop:
        clip = looped(clip, choices.blend_s)
    return clip if choices.fps is None else resampled(clip, choices.fps)


def _load(source: Path) -> MotionClip:
    return load_motion(source / MOTION_FILE if source.is_dir() else source)
