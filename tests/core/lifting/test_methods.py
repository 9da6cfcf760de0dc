"""Every method lifts a take: in the right axes, over stature, and what it does not see too."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from mvmocap_core.body.single_views import lift_performer  # noqa: E402
from mvmocap_core.lifting import consistency  # noqa: E402
from mvmocap_core.lifting.correction import offsets_of  # noqa: E402
from mvmocap_core.lifting.joints import JOINT, LANDMARK_INDICES, N_JOINTS  # noqa: E402
from mvmocap_core.lifting.lift_take import DOUBTFUL, FilmedTake, interpolated  # noqa: E402
from mvmocap_core.lifting.lifted import Lifted  # noqa: E402
from mvmocap_core.lifting.methods import METHODS  # noqa: E402
from mvmocap_core.lifting.networks import Lift  # noqa: E402
from mvmocap_core.options import METHODS as CHOICES  # noqa: E402
from mvmocap_core.options import TORCH_METHODS  # noqa: E402
from tests.core.performance import perform  # noqa: E402

WRIST = LANDMARK_INDICES[JOINT["left_wrist"]]
HIDDEN = slice(30, 45)


@pytest.fixture(scope="module")
def truth():
    """A performer whose left wrist the first view does not see for half a second."""
    truth = perform(duration_s=2.0, fps=(30.0, 30.0), offset_s=0.0)
    track = truth.tracks[0]
    keypoints, confidence = track.keypoints_2d_px.copy(), track.confidence.copy()
    keypoints[HIDDEN, WRIST], confidence[HIDDEN, WRIST] = np.nan, 0.0
    spoilt = replace(track, keypoints_2d_px=keypoints, confidence=confidence)
    return replace(truth, tracks=(spoilt, truth.tracks[1]))


@pytest.fixture(scope="module")
def filmed(truth) -> FilmedTake:
    return FilmedTake(truth.tracks, truth.timeline(), truth.cameras, truth.tracks[0].times_s)


def errors(truth, lifted: Lifted) -> np.ndarray:
    """(V, F, J) over stature."""
    R = lifted.R_crop_cam @ truth.cameras.T_cam_world[:, None, :3, :3]
    expected = np.einsum("vfab,flb->vfla", R, offsets_of(truth.landmarks_m))
    return np.linalg.norm(lifted.points - expected, axis=-1)[..., LANDMARK_INDICES]


def test_every_choice_but_geometry_is_a_method():
    assert set(METHODS) == set(CHOICES) - {"geometry"}
    assert set(TORCH_METHODS) < set(METHODS)


@pytest.mark.parametrize("method", TORCH_METHODS)
def test_a_method_lifts_what_is_seen_and_what_is_not(truth, filmed, method, monkeypatch):
    monkeypatch.setattr(consistency, "_MAX_ROUNDS", 1)
    lifted, told = lift_performer(
        filmed.tracks, filmed.timeline, filmed.cameras, filmed.times_s, method=method, device="cpu"
    )
    assert lifted.source == method
    assert told.decided()["left_wrist"] == pytest.approx(0.25, abs=0.1)
    off = errors(truth, lifted)
    assert np.isfinite(off).all()
    standing = np.linalg.norm(offsets_of(truth.landmarks_m)[:, LANDMARK_INDICES], axis=-1)
    assert np.median(off) < 0.35 * np.median(standing)
    hidden, seen = lifted.error[0, HIDDEN, WRIST], lifted.error[0, :20, WRIST]
    assert hidden.mean() > 1.5 * seen.mean()


def test_missing_keypoints_come_from_the_frames_around_and_are_doubtful():
    keypoints = np.zeros((1, 5, 2, 3), dtype=np.float32)
    keypoints[0, :, 0] = [[0.0, 0.0, 1.0], [9.0, 9.0, 0.0], [2.0, 4.0, 0.8], *[[9.0, 9.0, 0.0]] * 2]
    filled = interpolated(keypoints)
    assert filled[0, 1, 0] == pytest.approx([1.0, 2.0, DOUBTFUL])
    assert filled[0, 4, 0] == pytest.approx([2.0, 4.0, DOUBTFUL])
    assert np.array_equal(filled[0, 2, 0], keypoints[0, 2, 0])
    assert (filled[0, :, 1] == 0.0).all()


class Bends(torch.nn.Module):
    """A lifter whose answers are worse or better by what it has learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, keypoints: torch.Tensor) -> Lift:
        n, n_frames = keypoints.shape[:2]
        canonical = torch.ones(n, n_frames, N_JOINTS, 3) * self.wrong
        return Lift(canonical, torch.eye(3).expand(n, n_frames, 3, 3), keypoints[..., :2])


def test_training_on_a_take_ends_with_the_best_state():
    net, says = Bends(), iter([3.0, 2.0, 1.0, 1.5])
    states: list[float] = []

    def evaluate(net: torch.nn.Module) -> float:
        states.append(float(net.wrong.detach()))
        return next(says)

    take = consistency.Clips(torch.rand(1, 2, 10, N_JOINTS, 3), torch.ones(1, 2, 10))
    assert consistency.fine_tune(net, take, evaluate, device="cpu") == [3.0, 2.0, 1.0, 1.5]
    assert len(set(states)) == 4
    assert float(net.wrong.detach()) == states[2]
