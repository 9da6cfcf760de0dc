"""How somebody's clothes look, in a few numbers: enough to tell two people apart in one video.

Colours are those of the trunk and of the legs, each a histogram of hue, as far as there is colour,
and of lightness. Nothing of a face, shape or pattern is in it, and no picture can be made of it.
"""

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES

N_HUES, N_GREYS = 8, 4
N_NUMBERS = 2 * (N_HUES + N_GREYS)
_MIN_VISIBILITY = 0.5
_MIN_PIXELS = 16
_STEPS = (np.arange(8) + 0.5) / 8.0
_TRUNK = [
    LANDMARK_NAMES.index(name)
    for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
]
_LEGS = [
    [LANDMARK_NAMES.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")]
    for side in ("left", "right")
]


def describe(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """(`N_NUMBERS`,) square roots of two histograms, each of sum 1: the trunk's, then the legs'.

    image:     (H, W, 3) uint8 RGB. landmarks: (33, 3) x, y in its pixels, visibility.
    Two people's numbers are compared by their distance, which is that of Hellinger (1909). NaN
    where the trunk or the legs are not clearly in the picture.
    """
    parts = [_trunk_points(landmarks), *(_leg_points(landmarks, leg) for leg in _LEGS)]
    colours = [_colours(image, points) for points in parts]
    halves = (colours[0], np.concatenate(colours[1:]))
    return np.concatenate([_histogram(each) for each in halves]).astype(np.float32)


def _trunk_points(landmarks: np.ndarray) -> np.ndarray:
    """(N, 2) between shoulders and hips; none where one of them is not seen."""
    corners = landmarks[_TRUNK]
    if not (corners[:, 2] >= _MIN_VISIBILITY).all():
        return np.zeros((0, 2))
    across, down = (steps.ravel()[:, None] for steps in np.meshgrid(_STEPS, _STEPS))
    top, bottom = (
        (1.0 - across) * corners[row, :2] + across * corners[row + 1, :2] for row in (0, 2)
    )
    return (1.0 - down) * top + down * bottom


def _leg_points(landmarks: np.ndarray, leg: list[int]) -> np.ndarray:
    """(N, 2) along thigh and shin; none of what is not seen."""
    points = []
    for first, last in zip(leg[:-1], leg[1:], strict=True):
        if landmarks[[first, last], 2].min() >= _MIN_VISIBILITY:
            way = landmarks[last, :2] - landmarks[first, :2]
            along = landmarks[first, :2] + np.repeat(_STEPS, 3)[:, None] * way
            aside = np.array([-way[1], way[0]]) * 0.06
            points.append(along + np.tile([-1.0, 0.0, 1.0], len(_STEPS))[:, None] * aside)
    return np.concatenate(points) if points else np.zeros((0, 2))


def _colours(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N, 3) in [0, 1], of those points that are in the picture."""
    columns, rows = np.floor(points).astype(int).T
    inside = (rows >= 0) & (rows < image.shape[0]) & (columns >= 0) & (columns < image.shape[1])
    return image[rows[inside], columns[inside]] / 255.0


def _histogram(colours: np.ndarray) -> np.ndarray:
    """Hues, weighted by how colourful they are, and lightness by how grey; roots of the shares."""
    if len(colours) < _MIN_PIXELS:
        return np.full(N_HUES + N_GREYS, np.nan)
    high, low = colours.max(axis=1), colours.min(axis=1)
    colourful = (high - low) / np.maximum(high, 1e-6)
    red, green, blue = colours.T
    angle = np.arctan2(np.sqrt(3.0) * (green - blue), 2.0 * red - green - blue)
    hues = _spread(angle / (2.0 * np.pi) * N_HUES, colourful, N_HUES, is_circle=True)
    greys = _spread(high * N_GREYS - 0.5, 1.0 - colourful, N_GREYS, is_circle=False)
    return np.sqrt(np.concatenate([hues, greys]) / len(colours))


def _spread(at: np.ndarray, weight: np.ndarray, n_bins: int, *, is_circle: bool) -> np.ndarray:
    """Sums of weights, each shared by the two bins that it lies between."""
    below = np.floor(at).astype(int)
    share = at - below
    sums = np.zeros(n_bins)
    for bins, part in ((below, 1.0 - share), (below + 1, share)):
        bins = bins % n_bins if is_circle else np.clip(bins, 0, n_bins - 1)
        np.add.at(sums, bins, weight * part)
    return sums
