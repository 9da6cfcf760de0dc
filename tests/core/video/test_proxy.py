import av
import numpy as np
import pytest

from mvmocap_core.errors import Cancelled, InputError
from mvmocap_core.progress import silent
from mvmocap_core.video.frames import iter_frames, probe_video
from mvmocap_core.video.proxy import LONG_SIDE_PX, write_proxy

K = np.array([[100.0, 0, 48], [0, 100, 32], [0, 0, 1]])
STRAIGHT = np.zeros(4)


def proxy_of(source, times_s, *, fps=25.0, dist=STRAIGHT, camera=K):
    target = source.with_name("proxy.mp4")
    write_proxy(
        source, target, source_times_s=np.asarray(times_s), fps=fps, K=camera, dist=dist,
        progress=silent,
    )  # fmt: skip
    return target


def test_each_scene_frame_shows_the_nearest_source_frame(film, read_number):
    source_s = np.cumsum([0.0, *np.tile([0.03, 0.05], 14)])
    times_s = np.arange(2, 25) / 25.0
    frames = list(iter_frames(proxy_of(film("a.mp4", source_s), times_s)))
    nearest = np.abs(source_s[:, None] - times_s).argmin(axis=0)
    distance = np.sort(np.abs(source_s[:, None] - times_s), axis=0)
    is_clear = distance[1] - distance[0] > 1e-3
    numbers = np.array([read_number(frame.image) for frame in frames])
    np.testing.assert_array_equal(numbers[is_clear], nearest[is_clear])
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(23) / 25.0, atol=1e-3)


def test_outside_the_source_it_is_black(film):
    source = film("a.mp4", np.arange(1, 31) / 30.0)
    frames = [f.image for f in iter_frames(proxy_of(source, np.arange(-10, 40) / 25.0))]
    is_black = np.array([image.max() < 40 for image in frames])
    assert is_black[:9].all()
    assert not is_black[11:34].any()
    assert is_black[36:].all()


def test_it_is_upright_and_of_even_size(film, turn):
    source = film("odd.mp4", np.arange(5) / 30.0, size=(97, 63))
    turn(source, "90")
    info = probe_video(proxy_of(source, np.arange(5) / 30.0, fps=30.0))
    assert info.image_size == (64, 98)
    assert info.rotation_deg == 0
    assert info.fps == pytest.approx(30.0)


def test_large_footage_is_made_smaller_in_shape(film):
    source = film("large.mp4", [0.0, 0.04], size=(2560, 1440))
    width, height = probe_video(proxy_of(source, [0.0, 0.04])).image_size
    assert (width, height) == (LONG_SIDE_PX, 720)


def test_a_straight_line_seen_through_a_bent_lens_is_straight_again(tmp_path):
    k1 = -0.3
    camera = np.array([[300.0, 0, 160], [0, 300, 120], [0, 0, 1]])
    source = tmp_path / "bent.mp4"
    image = np.zeros((240, 320, 3), np.uint8)
    y = (np.arange(8, 232, 0.25) - 120) / 300
    x = np.full_like(y, -0.4)
    bend = 1 + k1 * (x**2 + y**2)
    columns, rows = (x * bend * 300 + 160), (y * bend * 300 + 120)
    for shift in (-1, 0, 1):
        image[rows.astype(int), (columns + shift).astype(int)] = 255
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    target = proxy_of(source, [0.0], dist=np.array([k1, 0, 0, 0]), camera=camera)
    seen = next(iter_frames(target)).image.mean(axis=-1)[20:220]
    centres = (seen * (np.arange(320) + 0.5)).sum(axis=1) / seen.sum(axis=1)
    np.testing.assert_allclose(centres, 160 - 0.4 * 300, atol=0.7)


def test_a_cancelled_proxy_leaves_nothing(film):
    def stop(fraction, message):
        raise Cancelled

    source = film("a.mp4", np.arange(30) / 30.0)
    target = source.with_name("proxy.mp4")
    times_s = np.arange(5) / 30.0
    with pytest.raises(Cancelled):
        write_proxy(
            source, target, source_times_s=times_s, fps=30.0, K=K, dist=STRAIGHT, progress=stop
        )
    assert [path.name for path in source.parent.iterdir()] == ["a.mp4"]


def test_a_source_that_is_gone_is_an_input_error(tmp_path):
    with pytest.raises(InputError):
        proxy_of(tmp_path / "none.mp4", [0.0])
