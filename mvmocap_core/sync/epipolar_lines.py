"""The epipolar lines of a whole take, and how well two tracks lie on them moment by moment."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.detection.detections import Track
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.sync.epipolar import (
    MIN_CORRESPONDENCES,
    Correspondences,
    mean_cost,
    points_of,
    typical_height_px,
)


@dataclass(frozen=True, slots=True, eq=False)
class EpipolarLines:
    """One fundamental matrix at one offset.

    F:        (3, 3) of points about the images' middles, in units of `tall_px`.
    tall_px:  of each view, the unit; offset_s: of the second view on the first one's clock.
    """

    F: np.ndarray
    tall_px: tuple[float, float]
    offset_s: float

    @staticmethod
    def of(first: Track, second: Track, offset_s: float) -> "EpipolarLines | None":
        """Fitted to two tracks of the same people; None where they have too little in common."""
        tall_px = (typical_height_px(first), typical_height_px(second))
        both = _correspondences(first, second, offset_s, tall_px)
        if (both.weight > 0).sum() < MIN_CORRESPONDENCES:
            return None
        return EpipolarLines(both.fundamental_matrix(), tall_px, offset_s)

    def costs(self, first: Track, second: Track) -> tuple[np.ndarray, np.ndarray]:
        """How far two tracks are from being one person, at each frame (F,) of the first.

        Returns the mean log of the robust distance from the lines, as `EpipolarScore.cost` has it,
        and the landmarks that both views see, weighted; 0 where they see none at once.
        """
        both = _correspondences(first, second, self.offset_s, self.tall_px)
        return mean_cost(both, self.F), both.weight.sum(axis=1)


def _correspondences(
    first: Track, second: Track, offset_s: float, tall_px: tuple[float, float]
) -> Correspondences:
    p, q = points_of(first, tall_px[0]), points_of(second, tall_px[1])
    stacked = np.concatenate([q.xy, q.weight[..., None]], axis=-1)
    sampled = interpolate_hermite(q.times_s, stacked, p.times_s - offset_s)
    return Correspondences.of(p.xy, p.weight, sampled)
