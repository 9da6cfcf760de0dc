"""Which bone of a rig follows which joint: by its family's preset, else by the rig's own shape."""

from collections.abc import Mapping, Sequence

from ..bone_presets import BonePreset, apply_preset, best_preset
from ..detected_map import NO_FAMILY, SURE, DetectedMap
from ..rig import Rig
from .humanoid import find_joints
from .plausible import implausible_joints

_SAME_FAMILY = 0.8
"""From this share of a preset's bones on a rig is of its family, with bones missing or renamed."""
_IMPLAUSIBLE = 0.3
REQUIRED = (
    "pelvis", "head",
    "left_shoulder", "left_elbow", "left_wrist", "left_hip", "left_knee", "left_ankle",
    "right_shoulder", "right_elbow", "right_wrist", "right_hip", "right_knee", "right_ankle",
)  # fmt: skip


def detect_bones(rig: Rig, presets: Sequence[BonePreset]) -> DetectedMap:
    """The best map there is, however bad; empty with score 0 where nothing fits.

    A preset whose every needed bone is there wins. Otherwise tree, proportions and names of the
    rig decide, and fill what a preset that nearly fits leaves open.
    """
    preset, found = best_preset(rig.names, presets)
    if found.score == 1.0 and not _has_longer_spine(rig, found.bones):
        return preset_map(rig, preset)
    joints = find_joints(rig)
    by_shape = {} if joints is None else {j: rig.names[bone] for j, bone in joints.bones.items()}
    sure_of_shape = {} if joints is None else joints.certainty
    if found.score < _SAME_FAMILY:
        return _scored(NO_FAMILY, by_shape, sure_of_shape)
    bones = {
        joint: bone for joint, bone in found.bones.items()
        if not by_shape or not joint.startswith("spine")  # how many there are is not in the names
    }  # fmt: skip
    bad = implausible_joints(rig, bones)
    certainty: dict[str, float] = {}
    for joint in bones:
        agrees = by_shape.get(joint) == bones[joint]
        certainty[joint] = 1.0 if agrees else _IMPLAUSIBLE if joint in bad else SURE
    for joint, bone in by_shape.items():
        if joint not in bones and bone not in bones.values():
            bones[joint], certainty[joint] = bone, sure_of_shape[joint]
    return _scored(preset.name, bones, certainty)


def preset_map(rig: Rig, preset: BonePreset) -> DetectedMap:
    """What a preset finds in a rig, wherever its bones may lie."""
    bones = apply_preset(preset, rig.names).bones
    bad = implausible_joints(rig, bones)
    certainty = {joint: _IMPLAUSIBLE if joint in bad else 1.0 for joint in bones}
    return _scored(preset.name, bones, certainty, needed=preset.required)


def _scored(
    family: str,
    bones: Mapping[str, str],
    certainty: Mapping[str, float],
    *,
    needed: Sequence[str] = (),
) -> DetectedMap:
    """The score is between the mean of the needed joints' certainties and the least of them."""
    values = [certainty.get(joint, 0.0) for joint in needed or REQUIRED]
    score = 0.5 * (sum(values) / len(values) + min(values))
    return DetectedMap(family, bones, certainty, score if bones else 0.0)


def _has_longer_spine(rig: Rig, bones: Mapping[str, str]) -> bool:
    """Whether the arms hang on a bone further up than the one that is mapped as the chest."""
    ends = [bones.get(joint) for joint in ("left_shoulder", "right_shoulder", "spine_3")]
    if None in ends:
        return False
    left, right, chest = (rig.index[str(bone)] for bone in ends)
    below_right = set(rig.path_up(right))
    carrier = next((bone for bone in rig.path_up(left) if bone in below_right), chest)
    is_mapped = rig.names[carrier] in bones.values()
    return bool(rig.is_deforming[carrier]) and not is_mapped and chest in rig.path_up(carrier)
