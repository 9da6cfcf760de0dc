import numpy as np
import pytest

from mvmocap_core.geometry.phones import likely_focal_px


def test_a_phone_that_tells_its_lens_is_believed():
    assert likely_focal_px(np.array([1920, 1080]), 26.0) == pytest.approx(1323.8, abs=0.5)
    assert likely_focal_px(np.array([1080, 1920]), None) > likely_focal_px(
        np.array([1080, 1920]), 26.0
    )
