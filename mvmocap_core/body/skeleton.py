"""The performer's skeleton: joints, proportions, and where the detector's landmarks sit on it.

Rest pose: a T-pose facing -Y, left is +X, Z up, palms down. All lengths are linear in a vector
of shape parameters: `Proportions` maps it to offsets. Bones are symmetric left and right; elbows'
and knees' landmarks need not be.
"""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES

JOINT_NAMES = (
    "pelvis", "spine_1", "spine_2", "spine_3", "neck", "head",
    "left_clavicle", "left_shoulder", "left_elbow", "left_wrist",
    "right_clavicle", "right_shoulder", "right_elbow", "right_wrist",
    "left_hip", "left_knee", "left_ankle", "left_toe",
    "right_hip", "right_knee", "right_ankle", "right_toe",
)  # fmt: skip
JOINT_PARENTS = np.array(
    [-1, 0, 1, 2, 3, 4, 3, 6, 7, 8, 3, 10, 11, 12, 0, 14, 15, 16, 0, 18, 19, 20]
)
N_JOINTS = len(JOINT_NAMES)
JOINT = {name: index for index, name in enumerate(JOINT_NAMES)}
LANDMARK = {name: index for index, name in enumerate(LANDMARK_NAMES)}

# Offsets from the parent in the rest pose over stature; the left side, mirrored for the right.
# Lengths after Winter, "Biomechanics and Motor Control of Human Movement" (2009), table 4.1.
_REST = {
    "spine_1": (0.0, 0.0, 0.055),
    "spine_2": (0.0, 0.0, 0.085),
    "spine_3": (0.0, 0.0, 0.085),
    "neck": (0.0, 0.0, 0.095),
    "head": (0.0, -0.005, 0.055),
    "left_clavicle": (0.012, 0.0, 0.060),
    "left_shoulder": (0.095, 0.0, -0.005),
    "left_elbow": (0.172, 0.0, 0.0),
    "left_wrist": (0.146, 0.0, 0.0),
    "left_hip": (0.052, 0.0, -0.010),
    "left_knee": (0.0, 0.0, -0.240),
    "left_ankle": (0.0, 0.0, -0.242),
    "left_toe": (0.0, -0.080, -0.034),
}
# Landmarks: the joint whose frame they follow, offset over stature from that joint.
_LANDMARKS = {
    "nose": ("head", (0.0, -0.060, 0.020)),
    "left_eye_inner": ("head", (0.010, -0.050, 0.040)),
    "left_eye": ("head", (0.018, -0.048, 0.040)),
    "left_eye_outer": ("head", (0.026, -0.043, 0.040)),
    "left_ear": ("head", (0.043, 0.005, 0.025)),
    "mouth_left": ("head", (0.014, -0.050, 0.000)),
    "left_pinky": ("left_wrist", (0.050, 0.018, -0.004)),
    "left_index": ("left_wrist", (0.054, -0.018, -0.004)),
    "left_thumb": ("left_wrist", (0.030, -0.028, -0.006)),
    "left_heel": ("left_ankle", (0.0, 0.028, -0.034)),
    "left_foot_index": ("left_ankle", (0.006, -0.110, -0.036)),
}
# Landmarks that stand for a joint follow the joint's parent. The detector marks shoulders on the
# skin above the joint and hips on the skin in front of it: offset from the joint, over stature.
LANDMARK_FROM_JOINT = {
    "shoulder": (-0.004, 0.0, 0.014),
    "elbow": (0.0, 0.0, 0.0),
    "wrist": (0.0, 0.0, 0.0),
    "hip": (0.0, -0.022, 0.0),
    "knee": (0.0, 0.0, 0.0),
    "ankle": (0.0, 0.0, 0.0),
}

# Shape parameters that scale offsets: name, joints (left side) it scales, standard deviation.
_SCALES = (
    ("trunk", ("spine_1", "spine_2", "spine_3", "neck", "left_clavicle"), 0.12),
    ("head", ("head",), 0.10),
    ("shoulder_width", ("left_shoulder",), 0.15),
    ("upper_arm", ("left_elbow",), 0.12),
    ("forearm", ("left_wrist",), 0.12),
    ("hip_width", ("left_hip",), 0.15),
    ("thigh", ("left_knee",), 0.12),
    ("shank", ("left_ankle",), 0.12),
    ("foot", ("left_toe",), 0.12),
)
_FREE_LANDMARK_STD = 0.012
# Landmarks of both sides that a take's views may show unevenly, one further along its limb or out
# than the other, and by how much (standard deviation): half the difference, over stature.
_UNEVEN_LANDMARKS = ("elbow", "knee")
_UNEVEN_STD = 0.005
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class Proportions:
    """Rest offsets and landmark offsets as linear functions of the shape parameters (K,).

    rest_offsets_m = rest + rest_basis @ shape, and the same for landmarks, in units of an
    assumed stature of one; see `Body`.

    rest: (J, 3), rest_basis: (J, 3, K), landmarks: (L, 3), landmarks_basis: (L, 3, K),
    landmark_joints: (L,) the joint whose frame a landmark follows, std: (K,) of a person.
    is_uneven: (K,) bool, parameters that mark the two sides unevenly.
    """

    rest: np.ndarray
    rest_basis: np.ndarray
    landmarks: np.ndarray
    landmarks_basis: np.ndarray
    landmark_joints: np.ndarray
    std: np.ndarray
    is_uneven: np.ndarray


def _twin(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name[5:]
    return name[:-4] + "right" if name.endswith("_left") else name


def _build_proportions() -> Proportions:
    rest = np.zeros((N_JOINTS, 3))
    for name, offset in _REST.items():
        rest[JOINT[name]] = offset
        rest[JOINT[_twin(name)]] = np.array(offset) * (_MIRROR if _twin(name) != name else 1.0)
    free = [name for name in _LANDMARKS if name != "nose"]
    first_nose = len(_SCALES) + 3 * len(free)
    first_uneven = first_nose + 2
    n_shape = first_uneven + 3 * len(_UNEVEN_LANDMARKS)
    rest_basis = np.zeros((N_JOINTS, 3, n_shape))
    landmarks = np.zeros((len(LANDMARK_NAMES), 3))
    basis = np.zeros((len(LANDMARK_NAMES), 3, n_shape))
    joints = np.zeros(len(LANDMARK_NAMES), dtype=int)
    std = np.full(n_shape, _FREE_LANDMARK_STD)
    for k, (_, scaled, scale_std) in enumerate(_SCALES):
        std[k] = scale_std
        for name in {n for joint in scaled for n in (joint, _twin(joint))}:
            rest_basis[JOINT[name], :, k] = rest[JOINT[name]]
    for part, offset in LANDMARK_FROM_JOINT.items():
        for side, sign in (("left", np.ones(3)), ("right", _MIRROR)):
            joint, landmark = JOINT[f"{side}_{part}"], LANDMARK[f"{side}_{part}"]
            joints[landmark] = JOINT_PARENTS[joint]
            landmarks[landmark] = rest[joint] + np.array(offset) * sign
            basis[landmark] = rest_basis[joint]
    for name, (joint, offset) in _LANDMARKS.items():
        for landmark, frame, sign in (
            (name, joint, np.ones(3)),
            (_twin(name), _twin(joint), _MIRROR if _twin(name) != name else np.ones(3)),
        ):
            joints[LANDMARK[landmark]] = JOINT[frame]
            landmarks[LANDMARK[landmark]] = np.array(offset) * sign
            if name in free:
                first = len(_SCALES) + 3 * free.index(name)
                basis[LANDMARK[landmark], :, first : first + 3] = np.diag(sign)
    basis[LANDMARK["nose"], 1:, first_nose:first_uneven] = np.eye(2)
    std[first_uneven:] = _UNEVEN_STD
    for k, part in enumerate(_UNEVEN_LANDMARKS):
        first = first_uneven + 3 * k
        basis[LANDMARK[f"left_{part}"], :, first : first + 3] = np.eye(3)
        basis[LANDMARK[f"right_{part}"], :, first : first + 3] = -np.diag(_MIRROR)
    is_uneven = np.arange(n_shape) >= first_uneven
    return Proportions(rest, rest_basis, landmarks, basis, joints, std, is_uneven)


PROPORTIONS = _build_proportions()


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One performer's body. stature_m scales the proportions; shape: (K,) see `Proportions`."""

    stature_m: float
    shape: np.ndarray

    @property
    def rest_offsets_m(self) -> np.ndarray:
        """(J, 3) offset of every joint from its parent in the rest pose; 0 for the pelvis."""
        return self.stature_m * (PROPORTIONS.rest + PROPORTIONS.rest_basis @ self.shape)

    @property
    def landmark_offsets_m(self) -> np.ndarray:
        """(L, 3) offset of every landmark in the frame of the joint that it follows."""
        return self.stature_m * (PROPORTIONS.landmarks + PROPORTIONS.landmarks_basis @ self.shape)


def average_body(stature_m: float) -> Body:
    """The body of an average adult of that stature."""
    return Body(stature_m, np.zeros(len(PROPORTIONS.std)))
