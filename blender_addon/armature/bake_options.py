"""What an animator may choose about a bake, and its defaults. Without numpy, for the panels."""

from dataclasses import dataclass
from enum import StrEnum


class RootMotion(StrEnum):
    """Which bone carries the way through the world."""

    HIPS = "HIPS"
    ROOT_BONE = "ROOT_BONE"
    IN_PLACE = "IN_PLACE"


@dataclass(frozen=True, kw_only=True, slots=True)
class RetargetOptions:
    """How the character follows the performer.

    root_motion: which bone carries the way through the world.
    root_bone:   name of that bone, for `RootMotion.ROOT_BONE`; empty takes the rig's own root.
    use_feet_ik, use_hands_ik: bend legs and arms so that ankles and wrists are where the
                 performer's are, scaled by the length of the legs; else limbs only point alike.
    use_ground:  lift or lower the whole, so that the lower foot is as high as the performer's.
    """

    root_motion: RootMotion = RootMotion.HIPS
    root_bone: str = ""
    use_feet_ik: bool = True
    use_hands_ik: bool = False
    use_ground: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class BakeOptions:
    """What an animator may choose about a bake.

    fps:         of the scene; the motion is resampled to it. None keeps the motion's own.
    frame_start: the scene's frame on which the motion's first frame lies.
    frame_range: first and last frame of the scene to bake; None bakes the whole motion.
    action_name: of a new action; empty names it after the armature.
    use_current_action: key into the armature's own action, where it has one: keys on the baked
                 frames are replaced, all others stay. Else the action is a new one.
    use_nla:     push the action into a track of its own.
    retarget:    how the character follows the performer.
    """

    fps: float | None = None
    frame_start: int = 1
    frame_range: tuple[int, int] | None = None
    action_name: str = ""
    use_current_action: bool = False
    use_nla: bool = False
    retarget: RetargetOptions = RetargetOptions()
