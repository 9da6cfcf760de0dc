"""A performer who moves at random but smoothly, seen by two phones; all made from formulas."""

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES, Track

_REST = {
    "nose": (0.0, -0.1, 1.6), "shoulder": (0.19, 0.0, 1.4), "elbow": (0.22, 0.0, 1.1),
    "wrist": (0.25, -0.05, 0.85), "hip": (0.1, 0.0, 0.9), "knee": (0.11, 0.0, 0.48),
    "ankle": (0.11, 0.03, 0.08), "foot_index": (0.12, -0.15, 0.02), "heel": (0.11, 0.08, 0.03),
}  # fmt: skip
_RESTLESS_M = {"elbow": 0.12, "wrist": 0.3, "knee": 0.12, "ankle": 0.2, "foot_index": 0.2}


class Performer:
    """Landmarks at any time: sums of sines with the seed's own frequencies and phases."""

    def __init__(self, seed: int = 0, amplitude: float = 1.0) -> None:
        rng = np.random.default_rng(seed)
        self._rest = np.array([self._place(name) for name in LANDMARK_NAMES])
        size = np.array([_RESTLESS_M.get(name.split("_", 1)[-1], 0.04) for name in LANDMARK_NAMES])
        self._size = amplitude * size[:, None, None] * rng.uniform(0.2, 0.6, (33, 3, 4))
        self._hz = rng.uniform(0.2, 1.6, (33, 3, 4))
        self._phase = rng.uniform(0.0, 2 * np.pi, (33, 3, 4))

    @staticmethod
    def _place(name: str) -> tuple[float, float, float]:
        side, _, part = name.partition("_")
        x, y, z = _REST.get(part, _REST["wrist"] if part in ("pinky", "thumb") else _REST["nose"])
        return (x if side == "left" else -x, y, z)

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """(F, 33, 3) metres, Z up."""
        angle = 2 * np.pi * self._hz * times_s[:, None, None, None] + self._phase
        return self._rest + (self._size * np.sin(angle)).sum(axis=-1)


def film(
    performer: Performer,
    times_s: np.ndarray,
    *,
    start_s: float = 0.0,
    azimuth_deg: float = 0.0,
    noise_px: float = 0.0,
    seed: int = 0,
) -> Track:
    """What a phone 3.5 m away sees when its first frame is at scene time `start_s`."""
    rng = np.random.default_rng(seed)
    landmarks = performer.at(start_s + times_s)
    a = np.radians(azimuth_deg)
    forward = np.array([-np.sin(a), np.cos(a), 0.0])
    right = np.array([np.cos(a), np.sin(a), 0.0])
    R = np.stack([right, np.array([0.0, 0.0, -1.0]), forward])
    in_camera = (landmarks - np.array([0.0, 0.0, 1.0])) @ R.T + np.array([0.0, 0.0, 3.5])
    pixels = 900.0 * in_camera[..., :2] / in_camera[..., 2:] + np.array([540.0, 960.0])
    hips = in_camera[:, [23, 24]].mean(axis=1, keepdims=True)
    return Track(
        times_s=times_s,
        keypoints_2d_px=pixels + noise_px * rng.normal(size=pixels.shape),
        confidence=np.full(pixels.shape[:2], 0.9),
        world_landmarks_m=in_camera - hips,
        image_size=np.array([1080.0, 1920.0]),
    )


def even_times(fps: float, duration_s: float) -> np.ndarray:
    return np.arange(int(fps * duration_s) + 1) / fps
