"""Pictures of hands whose every joint is known: balls along the bones.

Nothing of it is from a scan or a photograph. A network that was trained on photographs may see
such hands less well than real ones, and never better.
"""

from dataclasses import dataclass

import cv2
import numpy as np

_SUPERSAMPLING = 2
# Radius of the flesh in metres of an adult, at the wrist's end and at the other end, by landmarks.
_BONES: tuple[tuple[int, int, float, float], ...] = (
    (0, 1, 0.019, 0.016), (1, 2, 0.016, 0.012), (2, 3, 0.0115, 0.0105), (3, 4, 0.0105, 0.0075),
    *((0, first, 0.017, 0.0115) for first in (5, 9, 13, 17)),
    *((first + k, first + k + 1, 0.0105 - 0.0012 * k, 0.0093 - 0.0012 * k)
      for first in (5, 9, 13) for k in range(3)),
    *((17 + k, 18 + k, 0.009 - 0.001 * k, 0.008 - 0.001 * k) for k in range(3)),
)  # fmt: skip
_WEBS = ((1, 5), (5, 9), (9, 13), (13, 17))
_WEB_RADIUS_M = 0.0115
_FOREARM_RADII_M = (0.021, 0.034)
_FOREARM_HALF_WIDTH_M = 0.012
_FOREARM_SHARE = 0.7
_STEP_OF_RADIUS = 0.45
_AMBIENT = 0.42


@dataclass(frozen=True, slots=True)
class Light:
    """skin: (3,) RGB. towards: (3,) unit, camera axes, to where the light comes from."""

    skin: np.ndarray
    towards: np.ndarray


def random_light(random: np.random.Generator) -> Light:
    """One of many skins, lit from above on one side."""
    tone = random.uniform(0.5, 1.0)
    skin = tone * np.array([236.0, 188.0, 160.0]) * random.uniform(0.94, 1.06, 3)
    towards = np.array([random.uniform(-0.8, 0.8), -random.uniform(0.4, 1.0), -0.8])
    return Light(np.clip(skin, 0, 255), towards / np.linalg.norm(towards))


def background(size: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A blurred room: (H, W, 3) uint8 of large and small patches."""
    width, height = int(size[0]), int(size[1])
    picture = np.zeros((height, width, 3))
    for cells, weight in ((4, 0.5), (14, 0.35), (60, 0.15)):
        patches = random.uniform(20.0, 230.0, (cells, cells, 3)).astype(np.float32)
        picture += weight * cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def draw_hand(
    image: np.ndarray, landmarks: np.ndarray, elbow: np.ndarray, K: np.ndarray, light: Light
) -> None:
    """Draw a hand into an image (H, W, 3) uint8, in place.

    landmarks: (21, 3) in the camera's axes, metres; elbow: (3,) likewise.
    """
    centres, radii = _balls(landmarks, elbow)
    pixels = centres[:, :2] / centres[:, 2:] * K[[0, 1], [0, 1]] + K[:2, 2]
    size_px = K[0, 0] * radii / centres[:, 2]
    low = np.floor((pixels - size_px[:, None]).min(axis=0)).astype(int) - 2
    high = np.ceil((pixels + size_px[:, None]).max(axis=0)).astype(int) + 2
    low, high = np.maximum(low, 0), np.minimum(high, image.shape[1::-1])
    if (high - low < 2).any():
        return
    patch = image[low[1] : high[1], low[0] : high[0]]
    scale = _SUPERSAMPLING
    canvas = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    depth = np.full(canvas.shape[:2], np.inf)
    order = np.argsort(-centres[:, 2])
    for ball in order:
        _draw_ball(
            canvas, depth, (pixels[ball] - low) * scale, size_px[ball] * scale,
            centres[ball, 2], radii[ball], light,
        )  # fmt: skip
    patch[:] = cv2.resize(canvas, patch.shape[1::-1], interpolation=cv2.INTER_AREA)


def _balls(landmarks: np.ndarray, elbow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres (N, 3) and radii (N,) in metres."""
    chains = [(landmarks[a], landmarks[b], ra, rb) for a, b, ra, rb in _BONES]
    palm = [0.35 * landmarks[0] + 0.65 * landmarks[joint] for joint in (1, 5, 9, 13, 17)]
    for (a, b), (pa, pb) in zip(_WEBS, zip(palm[:-1], palm[1:], strict=True), strict=True):
        chains.append((pa, pb, 0.015, 0.015))
        if a != 1:
            chains.append((landmarks[a], landmarks[b], _WEB_RADIUS_M, _WEB_RADIUS_M))
        else:
            chains.append((landmarks[2], 0.5 * (landmarks[0] + landmarks[b]), 0.010, 0.012))
    across = landmarks[5] - landmarks[17]
    across *= _FOREARM_HALF_WIDTH_M / np.linalg.norm(across)
    end = landmarks[0] + _FOREARM_SHARE * (elbow - landmarks[0])
    chains += [(landmarks[0] + s * across, end + s * across, *_FOREARM_RADII_M) for s in (-1, 0, 1)]
    centres, radii = [], []
    for start, stop, first, last in chains:
        step = _STEP_OF_RADIUS * min(first, last)
        n_balls = max(2, int(np.ceil(np.linalg.norm(stop - start) / step)))
        share = np.linspace(0.0, 1.0, n_balls)
        centres.append(start + share[:, None] * (stop - start))
        radii.append(first + share * (last - first))
    return np.concatenate(centres), np.concatenate(radii)


def _draw_ball(
    canvas: np.ndarray,
    depth: np.ndarray,
    centre_px: np.ndarray,
    size_px: float,
    z_m: float,
    radius_m: float,
    light: Light,
) -> None:
    """One ball, where it is in front of what was drawn."""
    low = np.maximum(np.floor(centre_px - size_px).astype(int), 0)
    high = np.minimum(np.ceil(centre_px + size_px).astype(int) + 1, canvas.shape[1::-1])
    if (high <= low).any():
        return
    x = (np.arange(low[0], high[0]) + 0.5 - centre_px[0]) / size_px
    y = ((np.arange(low[1], high[1]) + 0.5 - centre_px[1]) / size_px)[:, None]
    towards = 1.0 - x * x - y * y
    z = np.sqrt(np.maximum(towards, 0.0))
    surface = z_m - radius_m * z
    place = (slice(low[1], high[1]), slice(low[0], high[0]))
    is_front = (towards > 0.0) & (surface < depth[place])
    lit = np.maximum(x * light.towards[0] + y * light.towards[1] - z * light.towards[2], 0.0)
    shade = _AMBIENT + (1.0 - _AMBIENT) * lit
    depth[place] = np.where(is_front, surface, depth[place])
    colour = np.clip(shade[..., None] * light.skin, 0, 255).astype(np.uint8)
    canvas[place] = np.where(is_front[..., None], colour, canvas[place])
