"""Pictures of hands whose every joint is known: smooth flesh about the bones.

Nothing of it is from a scan or a photograph. A network that was trained on photographs may see
such hands less well than real ones, and never better. Breadths are an adult's: 57 mm at the wrist
and 37 through it, 80 at the knuckles and 25 through them, 20 at a finger's middle joint.
"""

from dataclasses import dataclass

import cv2
import numpy as np

_SUPERSAMPLING = 2
# Radius of the flesh in metres of an adult, at the wrist's end and at the other end, by landmarks.
_BONES: tuple[tuple[int, int, float, float], ...] = (
    (1, 2, 0.0165, 0.0125), (2, 3, 0.0115, 0.0105), (3, 4, 0.0105, 0.0075),
    *((first + k, first + k + 1, 0.0105 - 0.0012 * k, 0.0093 - 0.0012 * k)
      for first in (5, 9, 13) for k in range(3)),
    *((17 + k, 18 + k, 0.009 - 0.001 * k, 0.008 - 0.001 * k) for k in range(3)),
)  # fmt: skip
_PALM = ((1, 0.75, 0.0165), (5, 0.7, 0.0125), (9, 0.2, 0.0135), (13, -0.35, 0.0135),
         (17, -0.9, 0.0125))  # fmt: skip
"""Rays of the palm: to which landmark, from where across the wrist, over `_WRIST_HALF_WIDTH_M`, and
the radius there."""
_WRIST_HALF_WIDTH_M, _WRIST_RADIUS_M = 0.010, 0.0185
_WEBS = ((5, 9), (9, 13), (13, 17))
_WEB_RADIUS_M = 0.0115
_FOREARM_RADIUS_M = 0.036
_FOREARM_SHARE = 0.7
_STEP_OF_RADIUS = 0.35
_BLEND_M = 0.006
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
    limbs = [_balls(*limb) for limb in _limbs(landmarks, elbow)]
    centres, radii = (np.concatenate(each) for each in zip(*limbs, strict=True))
    pixels, size_px = _projected(centres, radii, K)
    low = np.floor((pixels - size_px[:, None]).min(axis=0)).astype(int) - 2
    high = np.ceil((pixels + size_px[:, None]).max(axis=0)).astype(int) + 2
    low, high = np.maximum(low, 0), np.minimum(high, image.shape[1::-1])
    if (high - low < 2).any():
        return
    patch = image[low[1] : high[1], low[0] : high[0]]
    scale = _SUPERSAMPLING
    canvas = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    depth = np.full(canvas.shape[:2], np.inf)
    for limb in limbs:
        at_px, radius_px = _projected(*limb, K)
        _lay(depth, (at_px - low) * scale, radius_px * scale, limb[0][:, 2], limb[1])
    z_m = float(landmarks[:, 2].mean())
    _shade(canvas, depth, scale * K[0, 0] / z_m, light)
    patch[:] = cv2.resize(canvas, patch.shape[1::-1], interpolation=cv2.INTER_AREA)


def _projected(
    centres: np.ndarray, radii: np.ndarray, K: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    pixels = centres[:, :2] / centres[:, 2:] * K[[0, 1], [0, 1]] + K[:2, 2]
    return pixels, K[0, 0] * radii / centres[:, 2]


def _limbs(
    landmarks: np.ndarray, elbow: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray, float, float]]:
    """Start, end and both radii of everything that is round, metres."""
    limbs = [(landmarks[a], landmarks[b], ra, rb) for a, b, ra, rb in _BONES]
    across = landmarks[5] - landmarks[17]
    across *= _WRIST_HALF_WIDTH_M / np.linalg.norm(across)
    wrist = landmarks[0]
    limbs += [
        (wrist + share * across, landmarks[joint], _WRIST_RADIUS_M, radius)
        for joint, share, radius in _PALM
    ]
    limbs += [(landmarks[a], landmarks[b], _WEB_RADIUS_M, _WEB_RADIUS_M) for a, b in _WEBS]
    middle = 0.45 * wrist + 0.55 * landmarks[5]
    limbs.append((landmarks[2], middle, 0.010, 0.013))
    end = wrist + _FOREARM_SHARE * (elbow - wrist)
    limbs += [
        (wrist + s * across, end + s * across, _WRIST_RADIUS_M, _FOREARM_RADIUS_M)
        for s in (-1, 0, 1)
    ]
    return limbs


def _balls(
    start: np.ndarray, end: np.ndarray, first_m: float, last_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Centres (N, 3) and radii (N,) of balls that fill a limb."""
    step = _STEP_OF_RADIUS * min(first_m, last_m)
    share = np.linspace(0.0, 1.0, max(2, int(np.ceil(np.linalg.norm(end - start) / step))))
    return start + share[:, None] * (end - start), first_m + share * (last_m - first_m)


def _lay(
    depth: np.ndarray,
    centres_px: np.ndarray,
    sizes_px: np.ndarray,
    z_m: np.ndarray,
    radii_m: np.ndarray,
) -> None:
    """Put a limb's balls where they are in front of what is there."""
    low = np.maximum(np.floor((centres_px - sizes_px[:, None]).min(axis=0)).astype(int), 0)
    high = np.ceil((centres_px + sizes_px[:, None]).max(axis=0)).astype(int) + 1
    high = np.minimum(high, depth.shape[::-1])
    if (high <= low).any():
        return
    x = np.arange(low[0], high[0], dtype=np.float32) + 0.5
    y = np.arange(low[1], high[1], dtype=np.float32) + 0.5
    x = (x - centres_px[:, :1]) / sizes_px[:, None]
    y = (y - centres_px[:, 1:]) / sizes_px[:, None]
    towards = 1.0 - (x * x)[:, None, :] - (y * y)[:, :, None]
    surface = z_m[:, None, None] - radii_m[:, None, None] * np.sqrt(np.maximum(towards, 0.0))
    nearest = np.where(towards > 0.0, surface, np.inf).min(axis=0)
    place = (slice(low[1], high[1]), slice(low[0], high[0]))
    depth[place] = np.minimum(depth[place], nearest)


def _shade(canvas: np.ndarray, depth: np.ndarray, px_per_m: float, light: Light) -> None:
    """Colour what is not at infinity by its slope, blended where limbs meet."""
    is_hand = np.isfinite(depth)
    behind = float(depth[is_hand].max()) + 0.02
    filled = np.where(is_hand, depth, behind).astype(np.float32)
    reach_px = max(1.0, _BLEND_M * px_per_m)
    smooth = cv2.bilateralFilter(filled, -1, sigmaColor=1.5 * _BLEND_M, sigmaSpace=0.5 * reach_px)
    down, right = np.gradient(smooth.astype(np.float64) * px_per_m)
    normal = np.stack([right, down, -np.ones_like(right)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    lit = np.maximum(normal @ light.towards, 0.0)
    shade = _AMBIENT + (1.0 - _AMBIENT) * lit
    colour = np.clip(shade[..., None] * light.skin, 0, 255).astype(np.uint8)
    canvas[is_hand] = colour[is_hand]
