import gc
import json
import shutil
import tracemalloc
from fractions import Fraction

import av
import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.video.frames import first_frame_time_s, iter_frames, probe_video

TIME_BASE = Fraction(1, 90_000)
EVEN = np.arange(30) / 30.0
UNEVEN = np.cumsum([0.0, *np.tile([0.033, 0.041, 0.029, 0.050], 10)])


def times_of(path, **span):
    return np.array([frame.time_s for frame in iter_frames(path, **span)])


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.avi"])
def test_every_frame_comes_once_in_order_with_its_time(film, read_number, name):
    path = film(name, EVEN, time_base=Fraction(1, 30) if name == "a.avi" else TIME_BASE)
    frames = list(iter_frames(path))
    assert [read_number(frame.image) for frame in frames] == list(range(30))
    np.testing.assert_allclose([frame.time_s for frame in frames], EVEN, atol=1e-3)


def test_variable_frame_rate_keeps_each_frames_own_time(film):
    path = film("vfr.mp4", UNEVEN)
    np.testing.assert_allclose(times_of(path), UNEVEN, atol=2e-4)
    assert probe_video(path).fps == pytest.approx(40 / UNEVEN[-1], rel=0.05)


def test_time_zero_is_the_first_frame_whatever_the_container_starts_at(film):
    path = film("late.mkv", EVEN + 12.5)
    assert first_frame_time_s(path) == pytest.approx(12.5, abs=1e-3)
    np.testing.assert_allclose(times_of(path), EVEN, atol=1e-3)
    assert probe_video(path).duration_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 0.2), (0.9, 1.3), (1.1, None), (1.5, 1.5)])
def test_in_and_out_points_are_exact_between_key_frames(film, read_number, name, start_s, end_s):
    times_s = np.arange(60) / 30.0
    path = film(name, times_s, codec_options={"g": "25", "bf": "3"})
    numbers = [read_number(f.image) for f in iter_frames(path, start_s=start_s, end_s=end_s)]
    limit_s = np.inf if end_s is None else end_s
    inside = (times_s >= start_s - 1e-3) & (times_s <= limit_s + 1e-3)
    wanted = np.flatnonzero(inside)
    # Matroska rounds to milliseconds: a frame on the border itself may fall on either side.
    assert set(numbers) <= set(wanted)
    assert len(wanted) - len(numbers) <= 2
    assert numbers == sorted(numbers)


def test_an_in_point_after_the_end_gives_no_frame(film):
    assert times_of(film("a.mp4", EVEN), start_s=5.0).size == 0


@pytest.mark.parametrize(("name", "turns"), [("90", -1), ("180", 2), ("270", 1)])
def test_a_phone_held_differently_gives_upright_frames(film, turn, name, turns):
    path = film("r.mp4", EVEN)
    stored = next(iter_frames(path, start_s=0.5)).image
    turn(path, name)
    upright = next(iter_frames(path, start_s=0.5)).image
    np.testing.assert_array_equal(upright, np.rot90(stored, turns))
    info = probe_video(path)
    assert info.rotation_deg == int(name)
    assert info.image_size == upright.shape[1::-1]


def test_a_mirroring_front_camera_is_mirrored_back(film, turn):
    path = film("m.mp4", EVEN)
    stored = next(iter_frames(path, start_s=0.5)).image
    turn(path, "mirrored")
    np.testing.assert_array_equal(next(iter_frames(path, start_s=0.5)).image, stored[:, ::-1])


def test_odd_sizes_are_read_whole(film):
    path = film("odd.mp4", EVEN, size=(97, 63))
    assert probe_video(path).image_size == (97, 63)
    assert next(iter_frames(path)).image.shape == (63, 97, 3)


def test_pixels_that_are_not_square_are_made_square(film):
    path = film("wide.mp4", EVEN, pixel_aspect=Fraction(4, 3))
    assert probe_video(path).image_size == (128, 64)
    assert next(iter_frames(path)).image.shape == (64, 128, 3)


def test_a_stream_without_time_stamps_follows_its_rate(film):
    path = film("raw.h264", EVEN, codec_options={"g": "8", "bf": "0"})
    times_s = times_of(path)
    assert len(times_s) == 30
    assert (np.diff(times_s) > 0).all()
    assert times_s[0] == 0.0


def test_probe_tells_size_rate_length_and_sound(film):
    info = probe_video(film("a.mp4", EVEN, sound_start_s=0.0))
    assert info.image_size == (96, 64)
    assert info.fps == pytest.approx(30.0, rel=0.02)
    assert info.duration_s == pytest.approx(1.0, abs=0.04)
    assert info.n_frames == 30
    assert info.has_audio
    assert info.focal_35mm is None
    assert not probe_video(film("b.mp4", EVEN)).has_audio


def reason_of(path):
    with pytest.raises(InputError) as probed:
        probe_video(path)
    with pytest.raises(InputError) as read:
        list(iter_frames(path))
    assert probed.value.reason == read.value.reason
    assert "\n" not in str(read.value)
    assert str(path) in str(read.value)
    return read.value.reason


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert reason_of(tmp_path / "none.mp4") == "missing_file"


def test_text_named_as_a_video_is_not_one(tmp_path):
    for name in ("notes.mp4", "notes.txt"):
        (tmp_path / name).write_text("remember to film\n" * 50)
        assert reason_of(tmp_path / name) == "not_a_video"


def test_a_folder_is_not_a_video(tmp_path):
    assert reason_of(tmp_path) == "not_a_video"


def test_an_empty_file_has_no_frames(tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert reason_of(tmp_path / "empty.mp4") == "no_frames"


def test_sound_alone_is_named(film, tmp_path):
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert reason_of(path) == "audio_only"


def test_a_video_track_with_no_readable_frame_is_named(film):
    path = film("a.mp4", EVEN)
    content = bytearray(path.read_bytes())
    begin, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)
    assert reason_of(path) == "no_frames"


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def test_a_recording_without_its_index_is_truncated(film):
    path = film("a.mp4", EVEN)
    cut(path, 0.6)
    assert reason_of(path) == "truncated"


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_copy_that_stopped_half_way_is_truncated(film, name):
    options = {"movflags": "faststart"} if name.endswith("mp4") else {}
    path = film(name, np.arange(300) / 30.0, size=(192, 128), container_options=options)
    cut(path, 0.6)
    assert reason_of(path) == "truncated"


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_sound_that_runs_on_after_the_picture_is_not_a_cut(film, name):
    path = film(name, EVEN, sound_start_s=0.0, sound_end_s=4.0)
    assert probe_video(path).duration_s == pytest.approx(1.0, abs=0.05)
    assert len(times_of(path)) == 30


def test_a_last_picture_that_stands_for_long_is_not_a_cut(film):
    path = film("still.mp4", [0.0, 0.033, 0.066, 3.0])
    assert len(times_of(path)) == 4
    assert probe_video(path).duration_s >= 3.0


def test_a_truncated_file_still_gives_the_part_before_an_out_point(film):
    times_s = np.arange(300) / 30.0
    path = film("a.mp4", times_s, size=(192, 128), container_options={"movflags": "faststart"})
    cut(path, 0.6)
    assert len(times_of(path, end_s=0.5)) == 16


def test_a_damaged_packet_does_not_end_the_film(film):
    path = film("a.mkv", np.arange(120) / 30.0, size=(192, 128))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(content)
    times_s = times_of(path)
    assert times_s[-1] == pytest.approx(119 / 30, abs=0.01)
    assert (np.diff(times_s) > 0).all()


def test_memory_does_not_grow_with_the_length(film, tmp_path):
    short = film("short.mp4", np.arange(10) / 30.0, size=(640, 480))
    long = film("long.mp4", np.arange(90) / 30.0, size=(640, 480))

    def peak(path):
        gc.collect()
        tracemalloc.start()
        for _ in iter_frames(path):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(long) < peak(short) + 640 * 480 * 3


def test_the_rendered_phone_pair_has_the_times_it_was_written_with(shared_data, tmp_path):
    source = shared_data / "synth" / "charleston_phone"
    truth = json.loads((source / "charleston_b.mp4.json").read_text())
    path = tmp_path / "b.mp4"
    shutil.copy(source / "charleston_b.mp4", path)
    times_s = times_of(path)
    np.testing.assert_allclose(times_s, truth["frame_times_phone"], atol=2e-3)
