from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.cli import EXIT_INPUT, main
from mvmocap_core.clipping import make_clip, write_clip
from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.options import ClipChoices
from mvmocap_core.storage import save_arrays
from tests.core.scenes import make_motion


@pytest.fixture
def take(tmp_path):
    """A take's folder with a motion of 3 s."""
    save_arrays(tmp_path / "take" / "motion.npz", make_motion(n_frames=90).to_arrays())
    return tmp_path / "take"


def test_clip_opens_like_a_take_and_leaves_the_take_alone(take, tmp_path):
    before = (take / "motion.npz").read_bytes()
    arguments = ["--start", "0.5", "--end", "2.5", "--mirror", "--speed", "0.5", "--fps", "60"]
    assert main(["clip", str(take), "--to", str(tmp_path / "slow"), *arguments]) == 0
    clip = load_motion(tmp_path / "slow" / "motion.npz")
    assert clip.fps == 60.0
    assert clip.times_s[-1] - clip.times_s[0] == pytest.approx(4.0, abs=0.05)
    assert (take / "motion.npz").read_bytes() == before


def test_clip_is_written_as_bvh(take, tmp_path):
    assert main(["clip", str(take), str(take), "--to", str(tmp_path / "two.bvh")]) == 0
    text = (tmp_path / "two.bvh").read_text(encoding="utf-8")
    assert "Frames: 171" in text  # twice 90 less 0.3 s at 30 frames a second


@pytest.mark.parametrize("name", ["walk.fbx", "walk.NPZ"])
def test_clip_is_no_file_of_another_kind(take, tmp_path, capsys, name):
    assert main(["clip", str(take), "--to", str(tmp_path / name)]) == EXIT_INPUT
    assert "a .bvh file or a folder" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


def test_clip_without_choices_is_the_motion(take):
    motion = load_motion(take / "motion.npz")
    clip = make_clip([motion], ClipChoices())
    np.testing.assert_array_equal(clip.positions_m, motion.positions_m)
    assert len(clip.K) == len(motion.K)


def test_loop_of_a_clip_is_shorter_by_the_blend(take):
    clip = make_clip([load_motion(take / "motion.npz")], ClipChoices(loop=True, blend_s=0.5))
    assert len(clip.times_s) == 75


def test_clip_never_replaces_a_solved_take(take):
    for name in ("stages", "take.json"):
        (take / name).mkdir()
        with pytest.raises(InputError, match="solved take"):
            write_clip([take], take, ClipChoices())
        (take / name).rmdir()


def test_choices_that_leave_nothing_are_told(take, tmp_path, capsys):
    target = str(tmp_path / "clip.bvh")
    assert main(["clip", str(take), "--to", target, "--speed", "0"]) == EXIT_INPUT
    assert main(["clip", str(take), "--to", target, "--start", "80"]) == EXIT_INPUT
    assert main(["clip", str(tmp_path / "none"), "--to", target]) == EXIT_INPUT
    assert "--speed 0: give a number between" in capsys.readouterr().err


def test_an_earlier_clip_is_replaced_and_told(take, tmp_path, capsys):
    for target in (tmp_path / "walk.bvh", tmp_path / "walk"):
        command = ["clip", str(take), "--to", str(target)]
        assert main(command) == 0
        assert "replaced" not in capsys.readouterr().out
        assert main(command) == 0
        assert "(replaced)" in capsys.readouterr().out


def test_motion_that_starts_a_hair_before_zero_starts_at_zero(take):
    motion = load_motion(take / "motion.npz")
    early = replace(motion, times_s=motion.times_s - motion.times_s[0] - 1e-9)
    with pytest.raises(InputError, match=r"from 0\.00 s to"):
        make_clip([early], ClipChoices(start_s=80.0))
