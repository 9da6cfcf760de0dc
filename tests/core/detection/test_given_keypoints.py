import json

import numpy as np
import pytest

from mvmocap_core.cli import EXIT_INPUT, main
from mvmocap_core.detection.given_keypoints import GivenKeypoints, content_of, find_sources
from mvmocap_core.errors import InputError
from mvmocap_core.options import SolveOptions
from mvmocap_core.pipeline import solve
from mvmocap_core.progress import silent
from mvmocap_core.storage import load_arrays, save_arrays
from tests.core.clips import write_clip

N_FRAMES = 36


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return [write_clip(folder / f"{v}.mp4", n_frames=N_FRAMES, seed=i) for i, v in enumerate("ab")]


def write_arrays(file, x=50.0):
    save_arrays(file, {"keypoints_2d_px": np.full((N_FRAMES, 33, 2), x)})
    return file


def test_one_folder_serves_every_video_by_its_name(videos, tmp_path):
    write_arrays(tmp_path / "a.npz")
    (tmp_path / "b_json").mkdir()
    sources = find_sources([str(tmp_path)], videos)
    assert sources == {videos[0]: tmp_path / "a.npz", videos[1]: tmp_path / "b_json"}


def test_files_are_taken_in_the_order_of_the_videos(videos, tmp_path):
    first, second = (write_arrays(tmp_path / f"{name}.npz") for name in ("x", "y"))
    assert find_sources([str(first), str(second)], videos) == {
        videos[0]: first,
        videos[1]: second,
    }


@pytest.mark.parametrize(("n_given", "reason"), [(1, "bad_keypoints"), (3, "bad_option")])
def test_one_file_cannot_serve_two_videos(videos, tmp_path, n_given, reason):
    file = write_arrays(tmp_path / "x.npz")
    with pytest.raises(InputError, match="for each") as caught:
        find_sources([str(file)] * n_given, videos)
    assert caught.value.reason == reason


def test_in_and_out_points_choose_frames(videos, tmp_path):
    file = write_arrays(tmp_path / "a.npz")
    source = GivenKeypoints({videos[0]: file})
    found = source.detect(videos[0], start_s=0.09, end_s=0.21, progress=silent)
    np.testing.assert_allclose(found.times_s, [0.1, 4 / 30, 5 / 30, 0.2], atol=1e-3)
    assert len(found.confidence) == len(found.keypoints_2d_px) == 4
    with pytest.raises(InputError) as caught:
        source.detect(videos[0], start_s=5.0, end_s=None, progress=silent)
    assert caught.value.reason == "empty_range"


def test_any_changed_file_changes_the_content(tmp_path):
    for name in ("a_1.json", "a_2.json"):
        (tmp_path / name).write_text("{}")
    before = content_of(tmp_path)
    (tmp_path / "a_2.json").write_text("{ }")
    assert content_of(tmp_path) != before


def test_detecting_reads_the_given_files_and_again_when_they_change(videos, tmp_path):
    files = [write_arrays(tmp_path / f"{name}.npz") for name in ("x", "y")]
    options = SolveOptions(keypoints=tuple(map(str, files)))
    take = tmp_path / "take"

    def kept():
        return {
            float(arrays["keypoints_2d_px"][0, 0, 0, 0])
            for path in (take / "stages").glob("detect-*.npz")
            if (arrays := load_arrays(path))
        }

    solve(videos, take, options, last_stage="detect")
    assert kept() == {50.0}
    write_arrays(files[1], x=70.0)
    solve(videos, take, options, last_stage="detect")
    assert kept() == {50.0, 70.0}


def test_the_command_line_says_what_is_wrong_with_the_files(videos, tmp_path, capsys):
    file = write_arrays(tmp_path / "x.npz")
    arguments = ["detect", *map(str, videos), "--out", str(tmp_path / "take"), "--json"]
    status = main([*arguments, "--keypoints", str(file), "--keypoints", str(tmp_path / "none")])
    assert status == EXIT_INPUT
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["reason"] == "missing_file"
    assert str(tmp_path / "none") in told["message"]


@pytest.mark.parametrize("others", ["a.npz", "a_json/a_0_keypoints.json"])
def test_the_video_whose_keypoints_are_not_in_the_folder_is_named(videos, tmp_path, others):
    folder = tmp_path / "keypoints"
    (folder / others).parent.mkdir(parents=True)
    (folder / others).touch()
    with pytest.raises(InputError, match=r"holds no keypoints of b\.mp4"):
        solve(videos, tmp_path / "take", SolveOptions(keypoints=(str(folder),)))
