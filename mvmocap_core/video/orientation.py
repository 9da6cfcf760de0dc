"""How a stored picture has to be turned to be seen upright."""

import struct
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame

_MATRIX = struct.Struct("=9i")


@dataclass(frozen=True, slots=True)
class Orientation:
    """The eight ways in which a picture can lie, and how wide its pixels are.

    The stored picture is transposed first, then mirrored left-right, then top-bottom.

    rotation_deg:  clockwise turn that makes it upright: 0, 90, 180 or 270.
    pixel_aspect:  width of a stored pixel over its height.
    """

    is_transposed: bool = False
    is_mirrored_x: bool = False
    is_mirrored_y: bool = False
    rotation_deg: int = 0
    pixel_aspect: Fraction = Fraction(1)

    def upright_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height in square pixels, upright, of a stored picture of this size."""
        width = max(1, round(width * self.pixel_aspect))
        return (height, width) if self.is_transposed else (width, height)

    def upright_image(self, frame: VideoFrame, *, scale: float = 1.0) -> np.ndarray:
        """(H, W, 3) uint8 RGB, upright, with square pixels, contiguous, `scale` times as large."""
        width = max(1, round(frame.width * self.pixel_aspect * scale))
        height = max(1, round(frame.height * scale))
        image = frame.to_ndarray(format="rgb24", width=width, height=height)
        if self.is_transposed:
            image = image.transpose(1, 0, 2)
        if self.is_mirrored_x:
            image = image[:, ::-1]
        if self.is_mirrored_y:
            image = image[::-1]
        return np.ascontiguousarray(image)


def orientation_of(frame: VideoFrame, pixel_aspect: Fraction | None) -> Orientation:
    """Read the display matrix that the phone's position sensor left in the file.

    A matrix (a b; c d) maps stored to shown pixels: x' = a x + c y, y' = b x + d y.
    """
    aspect = pixel_aspect if pixel_aspect is not None and pixel_aspect > 0 else Fraction(1)
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None or len(bytes(data)) < _MATRIX.size:
        return Orientation(pixel_aspect=aspect)
    a, b, _, c, d, *_ = _MATRIX.unpack(bytes(data)[: _MATRIX.size])
    if abs(a) >= abs(b):
        return Orientation(False, a < 0, d < 0, 180 if a < 0 else 0, aspect)
    return Orientation(True, c < 0, b < 0, 90 if b > 0 else 270, aspect)
