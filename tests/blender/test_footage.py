from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.footage import main, view_times_s, write_proxies
from mvmocap_core.motion.clip import MotionClip


@pytest.fixture
def videos(repository: Path) -> list[Path]:
    return [repository / "examples" / f"charleston_{name}.mp4" for name in "ab"]


@pytest.fixture
def take(tmp_path: Path, clip: MotionClip) -> Path:
    # The first 0.5 s on the first clock: before the second video's first frame, which is at 0.37.
    early = replace(clip, times_s=np.arange(len(clip.times_s)) / clip.fps,
                    image_size=np.array([[640, 480], [640, 480]]))  # fmt: skip
    np.savez(tmp_path / "motion.npz", **early.to_arrays())
    return tmp_path


def test_times_of_a_view_follow_the_contract(clip: MotionClip):
    t_b = view_times_s(clip, 1)
    rate = 1.0 + 1e-6 * clip.sync_drift_ppm[1]
    np.testing.assert_allclose(rate * t_b + clip.sync_offset_s[1], clip.times_s, atol=1e-12)


def test_proxies_have_one_frame_for_each_of_the_motion_black_before_a_video_begins(
    take: Path, videos: list[Path], clip: MotionClip
):
    proxies = write_proxies(take, videos)
    brightness = []
    for proxy in proxies:
        with av.open(str(proxy)) as container:
            assert container.streams.video[0].average_rate == clip.fps
            frames = [frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)]
        assert len(frames) == len(clip.times_s)
        brightness.append(frames)
    assert min(brightness[0]) > 40
    first = int(np.ceil(clip.sync_offset_s[1] * clip.fps)) - 1
    assert max(brightness[1][: first - 1]) < 20
    assert min(brightness[1][first + 1 :]) > 40


def test_a_take_without_motion_is_refused(tmp_path: Path, videos: list[Path], capfd):
    with pytest.raises(InputError):
        write_proxies(tmp_path, videos)
    assert main(["proxies", str(tmp_path), *map(str, videos)]) == 2
    assert '"type": "error"' in capfd.readouterr().out
