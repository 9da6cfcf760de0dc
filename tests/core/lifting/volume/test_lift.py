"""One performer's poses by `volume`, as every view would see them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.errors import InputError  # noqa: E402
from mvmocap_core.lifting.joints import JOINT, crop_axes, root_of, stature_of  # noqa: E402
from mvmocap_core.lifting.lift_take import LifterViews  # noqa: E402
from mvmocap_core.lifting.volume import lift  # noqa: E402
from tests.core.lifting.volume.crowd import cameras, people, seen  # noqa: E402

N_FRAMES = 6
LOST = slice(2, 5)
WRIST = JOINT["left_wrist"]


def views_of(keypoints: np.ndarray) -> LifterViews:
    """(V, F, J, 3) in the image -> as lifters want them; the hips are known where nothing is."""
    xy, confidence = keypoints[..., :2], keypoints[..., 2:]
    axes = crop_axes(root_of(xy)[:, :, 0])
    ahead = np.concatenate([xy, np.ones_like(confidence)], axis=-1)
    turned = np.einsum("vfab,vfjb->vfja", axes, ahead)
    size = np.full(keypoints.shape[:2], 0.2)
    flat = turned[..., :2] / turned[..., 2:] / size[..., None, None]
    return LifterViews(np.concatenate([flat, confidence], axis=-1) * (confidence > 0), size, axes)


@pytest.fixture
def filmed() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (F, J, 3), cameras (2, 4, 4) and keypoints (2, F, J, 3)."""
    joints, T = people(N_FRAMES)[:1], cameras(2)
    return joints[0], T, seen(joints, T)[:, 0]


def expected(joints: np.ndarray, T: np.ndarray, views: LifterViews) -> np.ndarray:
    offsets = (joints - root_of(joints)) / np.median(stature_of(joints))
    return np.einsum("vtab,tjb->vtja", views.R_crop_cam @ T[:, None, :3, :3], offsets)


@pytest.mark.parametrize("n_views", [2, 3])
def test_every_view_is_told_the_pose_about_the_root_over_stature(n_views):
    joints, T = people(N_FRAMES)[0], cameras(n_views)
    views = views_of(seen(joints[None], T)[:, 0])
    poses, errors = lift.lift_views(views, T)
    assert np.abs(root_of(poses)).max() < 1e-9
    assert np.linalg.norm(poses - expected(joints, T, views), axis=-1).mean() < 0.03
    assert errors.shape == (*poses.shape[:-1], 2)


def test_a_limb_that_a_view_lacks_for_some_frames_is_where_it_was_on_the_way_and_less_sure(filmed):
    joints, T, keypoints = filmed
    keypoints[0, LOST, WRIST] = 0.0
    views = views_of(keypoints)
    poses, errors = lift.lift_views(views, T)
    off = np.linalg.norm(poses - expected(joints, T, views), axis=-1)
    assert off[:, LOST, WRIST].mean() < 0.1
    assert (errors[:, LOST, WRIST] > errors[:, :2, WRIST].max()).all()


def test_nothing_is_said_of_frames_that_one_view_alone_shows(filmed):
    _, T, keypoints = filmed
    keypoints[1, LOST] = 0.0
    poses, _ = lift.lift_views(views_of(keypoints), T)
    assert np.isnan(poses[:, LOST]).all()
    assert np.isfinite(poses[:, :2]).all()


def test_nothing_is_said_of_somebody_whose_rays_never_meet(filmed):
    _, T, keypoints = filmed
    keypoints[1, ..., 2] = 0.0
    poses, _ = lift.lift_views(views_of(keypoints), T)
    assert np.isnan(poses).all()


def test_missing_weights_are_named(filmed, monkeypatch, tmp_path):
    _, T, keypoints = filmed
    monkeypatch.setattr(lift, "ROOT_WEIGHTS", tmp_path / "root.safetensors")
    with pytest.raises(InputError, match="root.safetensors"):
        lift.lift_views(views_of(keypoints), T)
