"""When each video was filmed."""

from dataclasses import dataclass

import numpy as np

CERTAIN = 0.5
"""Agreement below which another offset fits nearly as well."""


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Clocks of V videos against the first one's.

    t_first = (1 + 1e-6 * drift_ppm[v]) * t_v + offset_s[v]; both are 0 for the first video.

    offset_s:      (V,) seconds.
    drift_ppm:     (V,) parts per million.
    offset_std_s:  (V,) one standard deviation of the offset, seconds.
    method:        (V,) of str: "reference", "audio", "motion" or "given".
    agreement:     (V,) in [0, 1]: how far the best offset is ahead of the runner-up.
    rivals_s:      (V, N) other offsets that may be right, likeliest first; NaN = no more of them.
    rivals_odds:   (V, N) log odds of each against the offset; NaN likewise.
    """

    offset_s: np.ndarray
    drift_ppm: np.ndarray
    offset_std_s: np.ndarray
    method: np.ndarray
    agreement: np.ndarray
    rivals_s: np.ndarray
    rivals_odds: np.ndarray

    @classmethod
    def known(cls, offset_s: np.ndarray, std_s: float = 0.0) -> "Timeline":
        """Clocks without drift at offsets (V,) that are known, within a standard deviation."""
        is_first = np.arange(len(offset_s)) == 0
        none = np.empty((len(offset_s), 0))
        return cls(
            offset_s=offset_s,
            drift_ppm=np.zeros(len(offset_s)),
            offset_std_s=np.where(is_first, 0.0, std_s),
            method=np.where(is_first, "reference", "given"),
            agreement=np.ones(len(offset_s)),
            rivals_s=none,
            rivals_odds=none,
        )

    def to_first(self, view: int, times_s: np.ndarray) -> np.ndarray:
        """Times on video `view`'s clock, as seconds on the first video's clock."""
        return (1.0 + 1e-6 * self.drift_ppm[view]) * times_s + self.offset_s[view]

    def from_first(self, view: int, times_s: np.ndarray) -> np.ndarray:
        """Seconds on the first video's clock, as times on video `view`'s clock."""
        return (times_s - self.offset_s[view]) / (1.0 + 1e-6 * self.drift_ppm[view])
