"""Where the joints of a standing person are, for skeletons that are built to test with."""

from dataclasses import dataclass, field

import numpy as np

FINGERS = ("thumb", "index", "middle", "ring", "pinky")

_CENTRE = {
    "floor": (0.0, 0.0, 0.0), "pelvis": (0.0, 0.0, 0.96), "neck": (0.0, 0.03, 1.46),
    "head": (0.0, 0.01, 1.545), "head_top": (0.0, 0.01, 1.74), "jaw": (0.0, -0.02, 1.56),
    "chin": (0.0, -0.10, 1.53), "nose": (0.0, -0.12, 1.60),
}  # fmt: skip
_LEFT = {
    "hip": (0.09, 0.0, 0.92), "knee": (0.095, -0.015, 0.50), "ankle": (0.10, 0.02, 0.085),
    "ball": (0.11, -0.11, 0.02), "toe_end": (0.115, -0.19, 0.02), "heel": (0.10, 0.06, 0.02),
    "clavicle": (0.025, 0.0, 1.42), "shoulder": (0.17, 0.02, 1.42), "elbow": (0.45, 0.03, 1.42),
    "wrist": (0.70, 0.01, 1.42), "hand_end": (0.79, 0.01, 1.42), "breast": (0.09, -0.10, 1.28),
    "eye": (0.032, -0.08, 1.63), "ear": (0.075, 0.02, 1.61),
}  # fmt: skip
_FINGER_ROOTS = {
    "thumb": (0.03, -0.03, -0.01), "index": (0.09, -0.025, 0.0), "middle": (0.095, -0.003, 0.0),
    "ring": (0.088, 0.018, 0.0), "pinky": (0.078, 0.037, 0.0),
}  # fmt: skip
_FINGER_STEPS = {
    "thumb": ((0.025, -0.028, -0.01), (0.02, -0.022, 0.0), (0.018, -0.018, 0.0)),
    "pinky": ((0.03, 0.0, 0.0), (0.02, 0.0, 0.0), (0.018, 0.0, 0.0)),
}
_OTHER_FINGER_STEPS = ((0.04, 0.0, 0.0), (0.027, 0.0, 0.0), (0.022, 0.0, 0.0))
_PROPORTIONS = ("trunk", "arm", "forearm", "leg", "shoulders", "hips", "head", "foot", "hand")


@dataclass(frozen=True, kw_only=True, slots=True)
class RestPose:
    """How the person stands.

    arms_down_deg: 0 is a T-pose; elbows_deg: bend of the elbows to the front;
    legs_apart_deg: of each leg; toes_out_deg: of each foot.
    proportions:  factors of the lengths of "trunk", "arm", "forearm", "leg", "shoulders", "hips",
                  "head", "foot" and "hand".
    """

    arms_down_deg: float = 0.0
    elbows_deg: float = 0.0
    legs_apart_deg: float = 0.0
    toes_out_deg: float = 0.0
    proportions: dict[str, float] = field(default_factory=dict)


def person_places(pose: RestPose) -> dict[str, np.ndarray]:
    """(3,) metres of every place; those of the right side begin with "r_". Z up, facing -Y."""
    part = {name: pose.proportions.get(name, 1.0) for name in _PROPORTIONS}
    left = {name: np.array(place) for name, place in _LEFT.items()}
    centre = {name: np.array(place) for name, place in _CENTRE.items()}
    _add_fingers(left)
    _scale(left, centre, part)
    legs = _turn("Y", -pose.legs_apart_deg)
    for name in ("ankle", "knee"):
        left[name] = left["hip"] + legs @ (left[name] - left["hip"])
    feet = _turn("Z", pose.toes_out_deg)
    old_ankle = np.array(_LEFT["ankle"]) * [1.0, 1.0, part["leg"]]
    for name in ("ball", "toe_end", "heel"):
        left[name] = left["ankle"] + feet @ (left[name] - old_ankle)
    down = _turn("Y", pose.arms_down_deg)
    bend = down @ _turn("Z", -pose.elbows_deg)
    hand = [name for name in left if name in ("wrist", "hand_end") or name[0].isdigit()]
    elbow = left["elbow"].copy()
    left["elbow"] = left["shoulder"] + down @ (elbow - left["shoulder"])
    for name in hand:
        left[name] = left["elbow"] + bend @ (left[name] - elbow)
    places = {**centre, **left}
    places.update({f"r_{name}": place * [-1.0, 1.0, 1.0] for name, place in left.items()})
    return places


def place_of(text: str, side: str, places: dict[str, np.ndarray]) -> np.ndarray:
    """(3,) of "elbow", of "shoulder>elbow:0.5" between two, or of "spine:0.3" up to the neck.

    side: "r_" for the right side.
    """
    name, _, share = text.partition(":")
    if name == "spine":
        bow = np.array([0.0, 0.035 * np.sin(np.pi * float(share)), 0.0])
        return places["pelvis"] + float(share) * (places["neck"] - places["pelvis"]) + bow
    start, _, end = name.partition(">")
    first = places.get(side + start, places.get(start))
    if first is None:
        raise KeyError(text)
    last = places.get(side + end, places.get(end)) if end else None
    return first if last is None else first + float(share) * (last - first)


def _add_fingers(left: dict[str, np.ndarray]) -> None:
    """Joints of the fingers, called "1index" to "4index": three and the tip."""
    for finger in FINGERS:
        place = left["wrist"] + _FINGER_ROOTS[finger]
        left[f"1{finger}"] = place
        for number, step in enumerate(_FINGER_STEPS.get(finger, _OTHER_FINGER_STEPS), start=2):
            place = place + step
            left[f"{number}{finger}"] = place


def _scale(
    left: dict[str, np.ndarray], centre: dict[str, np.ndarray], part: dict[str, float]
) -> None:
    """Apply proportions; the feet stay on the floor."""
    old = {**left, **centre}
    rise = (part["leg"] - 1.0) * old["hip"][2]
    for name in ("hip", "knee", "ankle", "ball", "toe_end", "heel"):
        left[name] = left[name] * [part["hips"], 1.0, part["leg"]]
    for name in ("ball", "toe_end", "heel"):
        left[name] = left["ankle"] + part["foot"] * (old[name] - old["ankle"])
    centre["pelvis"] = old["pelvis"] + [0.0, 0.0, rise]
    upper = [name for name in (*centre, *left) if name not in
             ("floor", "pelvis", "hip", "knee", "ankle", "ball", "toe_end", "heel")]  # fmt: skip
    for name in upper:
        group = centre if name in centre else left
        group[name] = centre["pelvis"] + part["trunk"] * (old[name] - old["pelvis"])
    for name in ("head_top", "jaw", "chin", "nose"):
        centre[name] = centre["head"] + part["head"] * (old[name] - old["head"])
    for name in ("eye", "ear"):
        left[name] = centre["head"] + part["head"] * (old[name] - old["head"])
    left["shoulder"] = left["clavicle"] + part["shoulders"] * (old["shoulder"] - old["clavicle"])
    left["elbow"] = left["shoulder"] + part["arm"] * (old["elbow"] - old["shoulder"])
    left["wrist"] = left["elbow"] + part["forearm"] * (old["wrist"] - old["elbow"])
    for name in [name for name in left if name == "hand_end" or name[0].isdigit()]:
        left[name] = left["wrist"] + part["hand"] * (old[name] - old["wrist"])


def _turn(axis: str, degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if axis == "Y":
        return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
