import numpy as np
import pytest

from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.motion.pose import JointMotion, forward, joint_motion
from mvmocap_core.motion.smoothing import smooth, smooth_motion, without_spikes
from mvmocap_core.options import SMOOTHING_PRESETS
from tests.core.scenes import make_motion

FPS = 60.0
TIMES_S = np.arange(240) / FPS


def gain(frequency_hz, cutoff_hz):
    wave = np.sin(2 * np.pi * frequency_hz * TIMES_S)[:, None]
    smoothed = smooth(wave, np.ones(len(wave)), cutoff_hz=cutoff_hz, fps=FPS)
    middle = slice(60, 180)
    return float(np.sqrt((smoothed[middle] ** 2).mean() / (wave[middle] ** 2).mean()))


def test_slow_motion_passes_tremble_fades_and_the_cutoff_is_halved():
    assert gain(2.0, 8.0) == pytest.approx(1.0, abs=0.002)
    assert gain(8.0, 8.0) == pytest.approx(0.5, abs=0.02)
    assert gain(20.0, 8.0) < 0.02


def test_smoothing_has_no_lag():
    pulse = np.exp(-(((TIMES_S - 2.0) / 0.05) ** 2))[:, None]
    smoothed = smooth(pulse, np.ones(len(pulse)), cutoff_hz=6.0, fps=FPS)
    forwards, backwards = smoothed[60:181, 0], smoothed[60:181][::-1, 0]
    np.testing.assert_allclose(forwards, backwards, atol=1e-9)


def test_parabolas_pass_unchanged():
    throw = (1.0 + 2.0 * TIMES_S - 4.9 * TIMES_S**2)[:, None]
    weights = np.random.default_rng(0).uniform(0.1, 1.0, len(throw))
    np.testing.assert_allclose(smooth(throw, weights, cutoff_hz=2.0, fps=FPS), throw, atol=1e-6)


def test_doubtful_frames_give_way():
    values = np.zeros((60, 1))
    values[30] = 1.0
    trusted, doubted = np.ones(60), np.ones(60)
    doubted[30] = 0.05
    peak = [smooth(values, w, cutoff_hz=8.0, fps=FPS)[30, 0] for w in (trusted, doubted)]
    assert peak[1] < 0.3 * peak[0]


def test_stronger_is_smoother_and_bones_keep_their_lengths():
    clip = make_motion(n_frames=90)
    rng = np.random.default_rng(1)
    trembling = clip.rotations_quat_wxyz + 0.02 * rng.normal(size=clip.rotations_quat_wxyz.shape)
    trembling /= np.linalg.norm(trembling, axis=-1, keepdims=True)
    object.__setattr__(clip, "rotations_quat_wxyz", trembling)
    jerks = []
    for strength in (0.0, 0.3, 1.0):
        motion = smooth_motion(
            joint_motion(clip),
            clip.joint_names.tolist(),
            clip.confidence,
            strength=strength,
            fps=clip.fps,
        )
        positions, _ = forward(motion, clip.joint_parents, clip.rest_offsets_m)
        length = np.linalg.norm(np.diff(positions[:, [11, 12]], axis=1), axis=-1)
        np.testing.assert_allclose(length, 0.4, atol=1e-9)
        jerks.append(np.abs(np.diff(positions, n=3, axis=0)).mean())
    assert jerks[0] > 2 * jerks[1] > 2 * jerks[2]


def turned(names, joint, axis_angle, frames):
    """A still body at 50 frames a second that turns one joint for some frames."""
    clip = make_motion(n_frames=90)
    local = np.tile(np.eye(3), (90, len(names), 1, 1))
    local[frames, names.index(joint)] = rotvec_to_rotmat(np.array(axis_angle))
    return JointMotion(clip.positions_m[:, 0], local)


def test_a_foot_that_flips_for_a_quarter_of_a_second_is_bridged():
    names = make_motion(n_frames=2).joint_names.tolist()
    flipped = turned(names, "left_ankle", [0.0, 0.0, 2.5], slice(40, 52))
    bridged = without_spikes(flipped, names, 50.0).local
    np.testing.assert_allclose(bridged, np.broadcast_to(np.eye(3), bridged.shape), atol=1e-6)


@pytest.mark.parametrize(
    ("joint", "angle"), [("left_ankle", 0.9), ("left_hip", 2.0), ("pelvis", 2.5)]
)
def test_what_a_body_can_do_in_a_quarter_of_a_second_stays(joint, angle):
    names = make_motion(n_frames=2).joint_names.tolist()
    moved = turned(names, joint, [angle, 0.0, 0.0], slice(40, 52))
    np.testing.assert_allclose(without_spikes(moved, names, 50.0).local, moved.local, atol=1e-9)


@pytest.mark.parametrize(
    "strength", [0.0, SMOOTHING_PRESETS["action"], SMOOTHING_PRESETS["natural"]]
)
@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_a_punch_keeps_its_speed(strength, fps):
    times_s = np.arange(60) / fps
    clip = make_motion(n_frames=60)
    names = clip.joint_names.tolist()
    # As fast as people reach: there in 0.22 s with the least jerk, a wrist at 7 m/s.
    share = np.clip((times_s - times_s[30] + 0.11) / 0.22, 0.0, 1.0)
    reached = 10.0 * share**3 - 15.0 * share**4 + 6.0 * share**5
    local = np.tile(np.eye(3), (60, len(names), 1, 1))
    shoulder, elbow = (names.index(f"right_{joint}") for joint in ("shoulder", "elbow"))
    still = np.array([0.0, 0.0, 1.0])
    local[:, shoulder] = rotvec_to_rotmat(1.2 * (1.0 - reached)[:, None] * still)
    local[:, elbow] = rotvec_to_rotmat(2.3 * (1.0 - reached)[:, None] * still)
    motion = JointMotion(np.zeros((60, 3)), local)
    sure = np.ones((60, len(names)))
    smoothed = smooth_motion(motion, names, sure, strength=strength, fps=fps)

    def peak(moved):
        wrist = forward(moved, clip.joint_parents, clip.rest_offsets_m)[0]
        wrist = wrist[:, names.index("right_wrist")]
        return np.linalg.norm(np.diff(wrist, axis=0), axis=1).max() * fps

    assert peak(motion) > 5.0
    assert peak(smoothed) == pytest.approx(peak(motion), rel=0.05)
