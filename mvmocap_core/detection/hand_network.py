"""MediaPipe's network of hands: 21 landmarks in a square cut out around a hand.

OpenCV runs it, because MediaPipe's own hand landmarker wants to find the palm first, and misses
many hands of people who stand back: where a hand is, the body already tells.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.special import expit

HAND_LANDMARK_NAMES = (
    "wrist",
    "thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip",
    "index_mcp", "index_pip", "index_dip", "index_tip",
    "middle_mcp", "middle_pip", "middle_dip", "middle_tip",
    "ring_mcp", "ring_pip", "ring_dip", "ring_tip",
    "pinky_mcp", "pinky_pip", "pinky_dip", "pinky_tip",
)  # fmt: skip
"""The 21 landmarks of MediaPipe Hands, in its order."""

N_HAND_LANDMARKS = len(HAND_LANDMARK_NAMES)
_INPUT_PX = 224
# OpenCV 4.11 leaves out what its last layers add (their bias), so they are computed here.
_FEATURES = "model_1/model/global_average_pooling2d/Mean"
_LANDMARKS, _LOCAL = "Identity", "Identity_3"
_PRESENCE = "model_1/model/conv_handflag/MatMul;model_1/model/conv_handflag/BiasAdd"
_IS_RIGHT = "model_1/model/conv_handedness/MatMul;model_1/model/conv_handedness/BiasAdd"
_WRIST, _INDEX, _MIDDLE, _RING = 0, 5, 9, 13
_OUTLINE = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]
"""Landmarks that do not fly about as fingertips do."""
_CROP_OF_OUTLINE, _TOWARDS_TIPS = 2.0, 0.1


@dataclass(frozen=True, slots=True, eq=False)
class HandCrop:
    """A square of the picture. centre_px: (2,); up: (2,) unit, where the fingers point."""

    centre_px: np.ndarray
    up: np.ndarray
    size_px: float


@dataclass(frozen=True, slots=True, eq=False)
class HandLook:
    """What the network says of one crop.

    landmarks_px: (21, 2) in the picture, (0, 0) its top-left corner.
    local_m:      (21, 3) its guess in 3D, about the hand's middle: x right, y down, z away, as if
                  the hand were in the middle of the picture.
    presence:     in [0, 1], that there is a hand.
    is_right:     in [0, 1], that it is a right one.
    """

    landmarks_px: np.ndarray
    local_m: np.ndarray
    presence: float
    is_right: float


def crop_around(landmarks_px: np.ndarray) -> HandCrop:
    """The crop in which the network sees a hand of known landmarks (21, 2) as it is used to."""
    knuckles = 0.25 * landmarks_px[_INDEX] + 0.5 * landmarks_px[_MIDDLE]
    way = knuckles + 0.25 * landmarks_px[_RING] - landmarks_px[_WRIST]
    up = way / max(float(np.linalg.norm(way)), 1e-9)
    axes = np.stack([_right_of(up), up])
    outline = landmarks_px[_OUTLINE] @ axes.T
    low, high = outline.min(axis=0), outline.max(axis=0)
    size_px = float((high - low).max())
    centre = 0.5 * (low + high) + np.array([0.0, _TOWARDS_TIPS * size_px])
    return HandCrop(centre @ axes, up, max(_CROP_OF_OUTLINE * size_px, 1.0))


class HandNetwork:
    """The network, loaded. It is not shared between threads."""

    def __init__(self, path: Path) -> None:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        self._net = cv2.dnn.readNetFromTFLite(content)
        heads = [_LANDMARKS, _LOCAL, _PRESENCE, _IS_RIGHT]
        blobs = [self._net.getLayer(name).blobs for name in heads]
        self._heads = [(weight.reshape(bias.size, -1), bias.ravel()) for weight, bias in blobs]

    def look(self, image: np.ndarray, crop: HandCrop) -> HandLook:
        """Find a hand's landmarks in a crop of an image (H, W, 3) uint8 RGB."""
        # Columns: what one pixel to the right and one down in the crop is in the picture.
        axes = np.stack([_right_of(crop.up), -crop.up], axis=1) * crop.size_px / _INPUT_PX
        corner = crop.centre_px - axes @ np.full(2, 0.5 * _INPUT_PX)
        # OpenCV's pixel (0, 0) is the middle of the first one.
        to_picture = np.column_stack([axes, corner + axes @ np.full(2, 0.5) - 0.5])
        pixels = cv2.warpAffine(
            image, to_picture, (_INPUT_PX, _INPUT_PX), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        blob = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32) / 255.0
        self._net.setInput(blob)
        features = self._net.forward(_FEATURES).ravel()
        landmarks, local, presence, is_right = (
            weight @ features + bias for weight, bias in self._heads
        )
        local_m = local.reshape(N_HAND_LANDMARKS, 3).astype(float)
        local_m[:, :2] = local_m[:, :2] @ (axes * _INPUT_PX / crop.size_px).T
        in_crop = landmarks.reshape(N_HAND_LANDMARKS, 3)[:, :2].astype(float)
        return HandLook(
            landmarks_px=in_crop @ axes.T + corner,
            local_m=local_m,
            presence=float(expit(presence.item())),
            is_right=float(expit(is_right.item())),
        )


def _right_of(up: np.ndarray) -> np.ndarray:
    """(2,) a quarter turn clockwise on the screen, whose y points down."""
    return np.array([-up[1], up[0]])
