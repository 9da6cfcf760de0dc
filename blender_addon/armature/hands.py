"""Fingers of rigs whose controls hang on bones that constraints move. Plain numpy."""

from collections.abc import Mapping

import numpy as np

from mvmocap_core.motion.finger_names import FINGERS, SIDES

from . import quaternions as quat
from .rig import Rig


def hand_carriers(
    rig: Rig, bones: Mapping[str, int], turned: Mapping[int, np.ndarray]
) -> dict[int, np.ndarray]:
    """(F, 4) in the world of the bones on which fingers hang, where they do not hang on the hand.

    They are taken to go with it: what constraints do is not read.

    bones: bone indices by joint. turned: (F, 4) in the world, of the wrists' bones too.
    """
    rests = quat.from_rotmats(rig.rotmats)
    carriers: dict[int, np.ndarray] = {}
    for side in SIDES:
        hand = bones.get(f"{side}_wrist")
        roots = [bones[joint] for finger in FINGERS if (joint := f"{side}_{finger}_1") in bones]
        for root in roots:
            above = rig.path_up(root)[1:]
            if hand is None or not above or hand in above or above[0] in turned:
                continue
            turn = quat.multiply(turned[hand], quat.conjugate(rests[hand]))
            carriers[above[0]] = quat.multiply(turn, rests[above[0]])
    return carriers
