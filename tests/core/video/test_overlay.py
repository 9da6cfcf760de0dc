import av
import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.video.overlay import (
    LEFT_RGB,
    RIGHT_RGB,
    draw_skeleton,
    nearest_frames,
    project_motion,
    write_overlay,
)
from tests.core.clips import write_clip
from tests.core.scenes import make_motion


def centre_of(image):
    """Mean place of what is brighter than the outline, in pixels."""
    weight = np.clip(image.astype(float).max(axis=2) - 16.0, 0.0, None)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    return np.array([np.average(columns, weights=weight), np.average(rows, weights=weight)])


def decoded(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("place", [(20.0, 30.0), (50.5, 60.5), (50.3, 60.7)])
def test_joint_is_drawn_where_it_is_to_a_fraction_of_a_pixel(place):
    image = draw_skeleton(
        np.zeros((480, 100, 3), np.uint8), np.array([place]), np.array([-1]), ["head"]
    )
    np.testing.assert_allclose(centre_of(image), place, atol=0.1)


def test_left_is_blue_and_right_is_orange():
    blank = np.zeros((480, 100, 3), np.uint8)
    for name, colour in (("left_hip", LEFT_RGB), ("right_hip", RIGHT_RGB)):
        image = draw_skeleton(blank, np.array([[50.5, 50.5]]), np.array([-1]), [name])
        assert tuple(image[50, 50]) == colour


def test_unknown_and_far_joints_are_left_out_and_the_input_is_untouched():
    image = np.zeros((48, 64, 3), np.uint8)
    joints = np.array([[np.nan, 5.0], [1e12, 10.0], [30.0, np.inf]])
    drawn = draw_skeleton(image, joints, np.array([-1, 0, 1]), ["a", "b", "c"])
    assert not drawn.any()
    draw_skeleton(image, np.full((3, 2), 20.0), np.array([-1, 0, 1]), ["a", "b", "c"])
    assert not image.any()


def test_projection_follows_the_views_clock_and_interpolates():
    motion = make_motion(offset_s=0.5)
    at_frame = project_motion(motion, 0, float(motion.times_s[20]))
    np.testing.assert_allclose(
        project_motion(motion, 0, float(motion.times_s[20]) + 1e-9), at_frame, atol=1e-4
    )
    between = project_motion(motion, 0, float(motion.times_s[20]) + 0.5 / motion.fps)
    after = project_motion(motion, 0, float(motion.times_s[21]))
    np.testing.assert_allclose(between, (at_frame + after) / 2, atol=0.3)
    assert np.isfinite(project_motion(motion, 1, -0.5)).all()
    assert np.isnan(project_motion(motion, 1, -0.6)).all()


def test_nearest_frames_hold_repeat_and_end_with_the_video(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", n_frames=10, fps=10)
    frames = list(nearest_frames(clip, [-0.5, 0.0, 0.04, 0.06, 0.44, 0.9, 2.0]))
    times = [None if frame is None else round(frame.time_s, 3) for frame in frames]
    assert times == [None, 0.0, 0.0, 0.1, 0.4, 0.9, None]


def test_overlay_has_all_views_and_panels_at_the_motions_rate(tmp_path):
    motion = make_motion(n_frames=24, fps=24.0, offset_s=0.5)
    videos = [
        write_clip(tmp_path / "a.mp4", n_frames=60, size=(640, 480)),
        write_clip(tmp_path / "b.mp4", n_frames=60, fps=25, size=(640, 480)),
    ]
    panel = write_clip(tmp_path / "panel.mp4", n_frames=10, size=(100, 200))
    target = tmp_path / "overlay.mp4"
    fractions = []
    write_overlay(
        videos, motion, target, panels=[panel], height_px=240,
        progress=lambda fraction, message: fractions.append(fraction),
    )  # fmt: skip
    images = decoded(target)
    assert len(images) == 24
    assert images[0].shape == (240, 320 + 320 + 120, 3)
    assert fractions[-1] == 1.0
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert float(container.streams.video[0].average_rate) == pytest.approx(24.0)
    before_b_starts, later = images[2][:, 320:640], images[20][:, 320:640]
    assert before_b_starts[:40].max() < 30  # black: b has not begun
    assert later[:40].max() > 60


def test_stopped_overlay_leaves_the_earlier_file(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", n_frames=60, size=(640, 480))
    target = tmp_path / "overlay.mp4"
    target.write_text("earlier")

    def stop(fraction, message):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_overlay([clip, clip], make_motion(), target, height_px=120, progress=stop)
    assert target.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "overlay.mp4"]


def test_unwritable_overlay_is_an_input_error(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", n_frames=30)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another folder"):
        write_overlay([clip, clip], make_motion(), tmp_path / "file" / "o.mp4")
