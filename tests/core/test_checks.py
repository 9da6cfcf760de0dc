import pytest

from mvmocap_core.checks import check_take_of
from mvmocap_core.errors import InputError
from mvmocap_core.options import SolveOptions
from mvmocap_core.take import Job, Take, content_hash


@pytest.fixture
def videos(tmp_path):
    paths = [tmp_path / f"{name}.mp4" for name in "abc"]
    for path in paths:
        path.write_text(path.name)
    return paths


@pytest.fixture
def take(tmp_path, videos):
    """Of the first two videos."""
    solved = Take(tmp_path / "take")
    solved.save_job(Job(tuple(videos[:2]), SolveOptions()))
    solved.motion_path.touch()
    return solved


def check(take, videos):
    check_take_of(take, videos, [content_hash(video) for video in videos])


@pytest.mark.parametrize("order", [(0, 2), (1, 0), (2,), (2, 0, 1)])
def test_a_take_is_no_place_for_other_videos_or_another_order(take, videos, order):
    with pytest.raises(InputError, match=r"a\.mp4, b\.mp4") as caught:
        check(take, [videos[number] for number in order])
    assert caught.value.reason == "other_videos"


@pytest.mark.parametrize("order", [(0, 1), (0,), (0, 1, 2)])
def test_a_take_is_solved_again_with_a_video_more_or_less(take, videos, order):
    check(take, [videos[number] for number in order])


def test_a_copy_of_a_video_is_the_same(take, videos, tmp_path):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(videos[0].read_bytes())
    check(take, [copy, videos[1]])


def test_a_new_grade_in_the_same_place_is_the_same(take, videos):
    videos[0].write_text("graded")
    check(take, videos[:2])


def test_videos_that_were_moved_are_the_same_by_their_names(take, videos, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    moved = [video.rename(tmp_path / "elsewhere" / video.name) for video in videos[:2]]
    check(take, moved)
    with pytest.raises(InputError, match="other videos"):
        check(take, moved[::-1])


def test_a_folder_without_a_motion_or_with_a_clip_is_free(take, videos):
    (take.folder / "take.json").rename(take.folder / "aside.json")
    check(take, videos[1:])
    (take.folder / "aside.json").rename(take.folder / "take.json")
    take.motion_path.unlink()
    check(take, videos[1:])
