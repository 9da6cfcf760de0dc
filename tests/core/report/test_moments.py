from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.report.moments import FIRM, WEAK, binned_trust, frame_trust, worst_moments
from tests.core.scenes import make_motion


def hidden(joint, frames, confidence, n_frames=120):
    """A motion in which a joint is hardly seen for some frames."""
    motion = make_motion(n_frames)
    confidences = motion.confidence.copy()
    confidences[frames, motion.joint_names.tolist().index(joint)] = confidence
    return replace(motion, confidence=confidences)


def test_well_seen_motion_is_firm_and_has_no_moments():
    motion = make_motion(60)
    assert (frame_trust(motion) > FIRM).all()
    assert worst_moments(motion) == []


def test_one_hidden_limb_counts_although_the_others_are_seen():
    trust = frame_trust(hidden("left_wrist", slice(30, 40), 0.05))
    assert trust[30:40].max() < trust[:30].min() - 0.1


def test_moments_name_time_and_joint():
    motion = hidden("right_ankle", 50, 0.1)
    confidences = motion.confidence.copy()
    confidences[50] = np.minimum(confidences[50], 0.3)
    (moment,) = worst_moments(replace(motion, confidence=confidences))
    assert moment.time_s == pytest.approx(50 / 30.0)
    assert moment.joints[0] == "right_ankle"
    assert moment.trust < WEAK


def test_moments_lie_apart_in_order_of_time_and_are_few():
    motion = make_motion(1200)
    confidences = np.full_like(motion.confidence, 0.2)
    found = worst_moments(replace(motion, confidence=confidences))
    times_s = [moment.time_s for moment in found]
    assert times_s == sorted(times_s)
    assert np.diff(times_s).min() >= 1.0 - 1e-9
    assert len(found) <= 6


def test_an_error_that_would_be_noticed_costs_trust_and_a_small_one_does_not():
    motion = make_motion(10)
    small = replace(motion, error_m=np.full_like(motion.error_m, 0.05))
    large = replace(motion, error_m=np.full_like(motion.error_m, 0.10))
    np.testing.assert_allclose(frame_trust(small), frame_trust(motion))
    np.testing.assert_allclose(frame_trust(large), 0.5 * frame_trust(motion))


def test_a_bin_is_as_weak_as_its_weakest_frame():
    motion = make_motion(100)
    confidences = motion.confidence.copy()
    confidences[37] = 0.1
    bins = binned_trust(replace(motion, confidence=confidences), 10)
    assert len(bins) == 10
    assert np.argmin(bins) == 3
    assert bins[3] == pytest.approx(0.1)
    assert len(binned_trust(motion, 1000)) == 100


def test_what_is_not_known_is_neither_firm_nor_a_moment():
    motion = make_motion(20)
    confidences = motion.confidence.copy()
    confidences[:10] = np.nan
    unknown = replace(motion, confidence=confidences)
    assert np.isnan(binned_trust(unknown, 2)).tolist() == [True, False]
    assert worst_moments(unknown) == []
