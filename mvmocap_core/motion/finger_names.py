"""What the joints of fingers are called. Without numpy: Blender reads it when it starts."""

from collections.abc import Iterable

SIDES = ("left", "right")
FINGERS = ("thumb", "index", "middle", "ring", "pinky")
FINGER_JOINTS = tuple(f"{finger}_{number}" for finger in FINGERS for number in (1, 2, 3))
"""Of one hand, from the palm to the tip. thumb_1 lies at the wrist, index_1 is a knuckle."""
FINGER_NAMES = tuple(f"{side}_{joint}" for side in SIDES for joint in FINGER_JOINTS)


def has_fingers(joint_names: Iterable[str]) -> bool:
    """Whether a clip of these joints has every finger of both hands."""
    return {*FINGER_NAMES} <= {*map(str, joint_names)}
