"""The bench of hands: scores tell good hands from bad ones, and drawings are of the hand."""

import numpy as np
import pytest

from benchmarks.hand_acting import act, sightings, unseen
from benchmarks.hand_pictures import background, draw_hand, random_light
from benchmarks.hands import HEAD, row_of, score


@pytest.fixture(scope="module")
def acted():
    return act(3, hand_px=90.0, duration_s=1.0)


def test_scores_fall_with_noise_and_are_sorted_by_views(acted):
    random = np.random.default_rng(0)
    clean, noisy = (
        [sightings(acted, view, random, noise=noise, depth_noise=noise) for view in (0, 1)]
        for noise in (0.0, 0.08)
    )
    good, bad = score(acted, clean), score(acted, noisy)
    assert good.about.mean() < bad.about.mean() < good.relaxed.mean()
    assert (good.n_views == 2).all()
    assert (score(acted, [clean[0], unseen(clean[1])]).n_views == 1).all()
    row = row_of("projected", 90.0, [good])
    assert len(row) == len(HEAD)
    assert row[2] == "100"


def test_a_drawn_hand_covers_its_landmarks_and_little_else(acted):
    random = np.random.default_rng(1)
    clip = acted.body
    K, T = clip.K[0], clip.T_cam_world[0]
    room = background(clip.image_size[0], random)
    image = room.copy()
    hand = acted.landmarks_m[0, 0] @ T[:3, :3].T + T[:3, 3]
    elbow = acted.truth.positions_m[0, clip.joint_names.tolist().index("left_elbow")]
    draw_hand(image, hand, elbow @ T[:3, :3].T + T[:3, 3], K, random_light(random))
    changed = (image != room).any(axis=-1)
    pixels = (hand[:, :2] / hand[:, 2:] * K[0, 0] + K[:2, 2]).astype(int)
    assert changed[pixels[:, 1], pixels[:, 0]].all()
    assert changed.mean() < 0.02
