"""What a calibration solves for."""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.geometry.rotations import rotvec_to_rotmat

N_VIEW = 9
"""Unknowns of a view: rotation and translation, log focal length, k1, clock."""
ROT, TRA, FOC, DIS, CLK = slice(0, 3), slice(3, 6), 6, 7, 8


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All unknowns. Units of the performer's assumed stature; the first camera is the origin.

    R: (V, 3, 3), t: (V, 3) world to camera; log_focal: (V,) of pixels; k1: (V,);
    clock_s: (V,) correction of the offset; log_bones: (B,) metres; joints: (F, J, 3).
    """

    R: np.ndarray
    t: np.ndarray
    log_focal: np.ndarray
    k1: np.ndarray
    clock_s: np.ndarray
    log_bones: np.ndarray
    joints: np.ndarray

    @property
    def n_shared(self) -> int:
        """How many unknowns all frames share: the views', then the bones'."""
        return N_VIEW * len(self.t) + len(self.log_bones)

    def moved(self, shared: np.ndarray, joints: np.ndarray) -> "Scene":
        """The scene after a step: shared (n_shared,), joints (F, J, 3)."""
        n_views = len(self.t)
        views = shared[: N_VIEW * n_views].reshape(n_views, N_VIEW)
        return replace(
            self,
            R=rotvec_to_rotmat(views[:, ROT]) @ self.R,
            t=self.t + views[:, TRA],
            log_focal=self.log_focal + views[:, FOC],
            k1=self.k1 + views[:, DIS],
            clock_s=self.clock_s + views[:, CLK],
            log_bones=self.log_bones + shared[N_VIEW * n_views :],
            joints=self.joints + joints,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Priors:
    """Means and standard deviations, (V,) each: log_focal of pixels; clock_s, seconds.

    k1 is about 0. room_axes: (V, 3, 3) see `RoomAxes`, room_std_rad: (V,); NaN = not known.
    room_share: how much of the rooms' loss these equations hold.
    """

    log_focal: np.ndarray
    log_focal_std: np.ndarray
    k1_std: np.ndarray
    clock_s: np.ndarray
    clock_std_s: np.ndarray
    room_axes: np.ndarray
    room_std_rad: np.ndarray
    room_share: float = 1.0

    def split(self, n_parts: int) -> "Priors":
        """What each of several sets of equations is to hold so that their sum holds it once."""
        wider = np.sqrt(n_parts)
        return replace(
            self,
            log_focal_std=wider * self.log_focal_std,
            k1_std=wider * self.k1_std,
            clock_std_s=wider * self.clock_std_s,
            room_share=self.room_share / n_parts,
        )
