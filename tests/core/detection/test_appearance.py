import numpy as np
import pytest

from mvmocap_core.detection.appearance import N_NUMBERS, describe
from mvmocap_core.detection.detections import LANDMARK_NAMES

RED, BLUE, GREY, DARK = (200, 40, 30), (30, 60, 190), (128, 128, 128), (40, 40, 40)


def figure(shirt, trousers, *, light=1.0, shift_px=0.0, seed=0):
    """A picture of somebody in front of noise, and the landmarks (33, 3)."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 255, (240, 320, 3)).astype(float)
    left = round(140 + shift_px)
    image[60:130, left : left + 40] = np.array(shirt) * light
    image[130:230, left : left + 40] = np.array(trousers) * light
    image = np.clip(image + rng.normal(0.0, 6.0, image.shape), 0, 255).astype(np.uint8)
    landmarks = np.full((33, 3), 0.9)
    places = {"shoulder": 64, "hip": 130, "knee": 178, "ankle": 226}
    for side, x_px in (("left", left + 32), ("right", left + 8)):
        for joint, y_px in places.items():
            landmarks[LANDMARK_NAMES.index(f"{side}_{joint}"), :2] = x_px, y_px
    return image, landmarks


def apart(first, second):
    return float(np.linalg.norm(describe(*first) - describe(*second)))


def test_one_person_looks_alike_elsewhere_and_in_other_light():
    here = figure(RED, GREY)
    assert apart(here, figure(RED, GREY, shift_px=60.0, seed=1)) < 0.1
    assert apart(here, figure(RED, GREY, light=0.9, seed=2)) < 0.3


@pytest.mark.parametrize("other", [(BLUE, GREY), (RED, DARK), (BLUE, DARK), (GREY, RED)])
def test_other_clothes_look_different(other):
    assert apart(figure(RED, GREY), figure(*other, seed=1)) > 0.5


def test_halves_are_histograms():
    described = describe(*figure(RED, BLUE))
    assert described.shape == (N_NUMBERS,)
    np.testing.assert_allclose(np.square(described).reshape(2, -1).sum(axis=1), 1.0, atol=1e-5)


def test_what_is_not_seen_is_not_told():
    image, landmarks = figure(RED, BLUE)
    landmarks[LANDMARK_NAMES.index("left_hip"), 2] = 0.1
    described = describe(image, landmarks)
    assert np.isnan(described[: N_NUMBERS // 2]).all()
    assert np.isfinite(described[N_NUMBERS // 2 :]).all()
    landmarks[:, 0] += 1000.0
    assert np.isnan(describe(image, landmarks)).all()
