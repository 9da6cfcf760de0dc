"""Everything a user may do wrong, through the real command line."""

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from mvmocap_core.cli import main
from mvmocap_core.detection.models import find_model
from mvmocap_core.errors import ModelError
from mvmocap_core.video.frames import iter_frames
from tests.core.clips import write_clip
from tests.core.imagined import Imagined
from tests.core.scenes import make_calibration, make_motion, make_timeline, take_contents


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return [
        write_clip(folder / "a.mp4", n_frames=60, size=(640, 480), seed=1),
        write_clip(folder / "b.mp4", n_frames=60, size=(640, 480), seed=2),
    ]


@pytest.fixture
def imagined(monkeypatch):
    made = Imagined()
    made.install(monkeypatch)
    return made


@pytest.fixture
def take(tmp_path, clips, imagined):
    """A take with a good motion in it, which nothing bad may touch."""
    folder = tmp_path / "take"
    assert main(["solve", *map(str, clips), "--out", str(folder), "--height", "1.7"]) == 0
    return folder


@pytest.fixture(scope="session")
def real_pair(shared_data):
    try:
        find_model("heavy")
    except ModelError:
        pytest.skip("the detector's model is absent; run ./run setup")
    return [shared_data / "synth/punch_female" / name for name in ("a.mp4", "b.mp4")]


@pytest.fixture(scope="session")
def real_take(real_pair, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "take"
    arguments = ["solve", *map(str, real_pair), "--out", str(folder), "--height", "1.7"]
    assert main(arguments) == 0
    return folder


def refused(arguments, capsys):
    """The one line with which the command line refuses, and nothing else said."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    _, err = capsys.readouterr()
    assert code == 2, err
    (line,) = err.splitlines()
    assert len(line) > 40, "too short to say what to do"
    return line


def write_text_video(path, good):
    path.write_text("This is a diary, not a video.\n" * 100)


def write_empty_file(path, good):
    path.write_bytes(b"")


def write_video_without_frames(path, good):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode())


def write_truncated_video(path, good):
    content = good.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def write_sound_only(path, good):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        samples = np.sin(np.arange(16000) / 10.0).astype(np.float32)[None]
        for start in range(0, 16000 - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples[:, start : start + 1024]), "fltp", "mono"
            )
            frame.sample_rate = 16000
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def write_folder(path, good):
    path.mkdir()


def write_nothing(path, good):
    pass


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    "write",
    [
        write_nothing,
        write_folder,
        write_text_video,
        write_empty_file,
        write_video_without_frames,
        write_truncated_video,
        write_sound_only,
    ],
)
def test_unusable_file_is_refused(take, tmp_path, clips, capsys, write, is_first):
    bad = tmp_path / "bad.mp4"
    write(bad, clips[0])
    before = take_contents(take)
    videos = [bad, clips[1]] if is_first else [clips[0], bad]
    assert "bad.mp4" in refused(["solve", *videos, "--out", take], capsys)
    assert take_contents(take) == before


def test_unreadable_file_is_refused(take, clips, capsys):
    """Root may read everything, so this is a file that fails when it is read."""
    unreadable = Path("/proc/self/mem")
    if not unreadable.exists():
        pytest.skip("there is no /proc")
    before = take_contents(take)
    refused(["solve", clips[0], unreadable, "--out", take], capsys)
    assert take_contents(take) == before


def test_same_video_twice_is_refused(take, tmp_path, clips, capsys):
    before = take_contents(take)
    assert "same video" in refused(["solve", clips[0], clips[0], "--out", take], capsys)
    copy = shutil.copy(clips[0], tmp_path / "phone2.mp4")
    assert "same video" in refused(["solve", clips[0], copy, "--out", take], capsys)
    assert take_contents(take) == before


def test_one_video_without_guessed_depth_and_five_videos_are_refused(take, clips, capsys):
    assert "give two videos" in refused(["solve", clips[0], "--out", take], capsys)
    assert "up to 4" in refused(["solve", *[clips[0]] * 5, "--out", take], capsys)


@pytest.mark.parametrize(
    "options",
    [
        ["--height", "-1.7"],
        ["--height", "0"],
        ["--fps", "0"],
        ["--fps", "-30"],
        ["--device", "abacus"],
        ["--colour", "red"],
        ["--start", "100"],
        ["--start", "1", "--end", "0.5"],
        ["--people", "-1"],
        ["--start", "NaN"],
    ],
)
def test_bad_option_is_refused(take, clips, capsys, options):
    before = take_contents(take)
    assert options[0] in refused(["solve", *clips, "--out", take, *options], capsys)
    assert take_contents(take) == before


def test_unwritable_output_folder_is_refused(tmp_path, clips, capsys):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "take", Path("/proc/take")):
        says = refused(["solve", *clips, "--out", folder], capsys)
        assert "choose another folder" in says
    assert (tmp_path / "file").read_text() == "mine"


def solve_in_process(videos, folder, *options, limit_bytes=None):
    def limit():
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    command = [sys.executable, "-m", "mvmocap_core", "solve", *videos, "--out", folder, *options]
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True, text=True, check=False, timeout=300, preexec_fn=limit,  # noqa: PLW1509
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip


def test_full_disk_is_refused_and_a_later_run_goes_on(real_pair, real_take, tmp_path):
    """A limit on the size of files fails writes half way, as a full disk does."""
    folder = shutil.copytree(real_take, tmp_path / "take")
    before = take_contents(folder)
    done = solve_in_process(real_pair, folder, "--height", "1.8", limit_bytes=20_000)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert "free some space" in line
    assert take_contents(folder) == before
    done = solve_in_process(real_pair, folder, "--height", "1.8")
    assert done.returncode == 0, done.stderr
    assert "detect: from the take" in done.stdout


def test_truly_full_disk_is_refused(real_pair, real_take, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    taken = sum(path.stat().st_size for path in real_take.rglob("*") if path.is_file())
    size = f"size={2 * taken + 200_000}"
    mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        folder = shutil.copytree(real_take, disk / "take")
        (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - 30_000))
        before = take_contents(folder)
        done = solve_in_process(real_pair, folder, "--height", "1.8")
        assert done.returncode == 2, done.stderr
        (line,) = done.stderr.splitlines()
        assert "free some space" in line
        assert take_contents(folder) == before
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def unsolvable(videos, folder, capsys, *options):
    """The reason in the report of a take that cannot be solved; an earlier motion is kept."""
    motion = folder / "motion.npz"
    before = motion.read_bytes() if motion.exists() else None
    refused(["solve", *videos, "--out", folder, *options], capsys)
    report = json.loads((folder / "report.json").read_text())
    assert report["verdict"] == "unusable"
    assert report["people"] == []
    assert (motion.read_bytes() if motion.exists() else None) == before
    (reason,) = report["reasons"]
    assert reason in (folder / "report.json").read_text()
    return reason


def test_scenery_without_a_person_is_unsolvable(real_pair, real_take, tmp_path, capsys):
    folder = shutil.copytree(real_take, tmp_path / "take")
    (folder / "motion.npz").unlink()  # or it would be the take of another video
    scenery = write_clip(tmp_path / "scenery.mp4", n_frames=36, size=(640, 480))
    assert unsolvable([real_pair[0], scenery], folder, capsys) == "no_person"


def test_under_one_second_is_refused_before_anybody_is_looked_for(take, tmp_path, clips, capsys):
    before = take_contents(take)
    options = ["--out", take, "--start", "1.2", "--end", "1.8"]
    assert "leave 0.60 s" in refused(["solve", *clips, *options], capsys)
    short = write_clip(tmp_path / "short.mp4", n_frames=18, size=(640, 480))
    assert "short.mp4 lasts 0.60 s" in refused(["solve", clips[0], short, "--out", take], capsys)
    assert take_contents(take) == before


def test_person_who_leaves_one_view_within_a_second_is_unsolvable(take, clips, imagined, capsys):
    imagined.remove_person(1, frames=slice(25, None))
    assert unsolvable(clips, take, capsys, "--detector", "full") == "person_too_short"


def test_videos_of_different_moments_are_unsolvable(take, clips, imagined, capsys):
    imagined.timeline = make_timeline(offset_s=-60.0)
    assert unsolvable(clips, take, capsys, "--detector", "full") == "no_overlap"
    imagined.timeline = replace(imagined.timeline, method=np.array(["reference", "given"]))
    refusal = refused(["solve", *clips, "--out", take, "--offset", "60"], capsys)
    assert "check --offset" in refusal


def test_doubtful_footage_is_done_with_a_verdict(tmp_path, clips, imagined, capsys):
    folder = tmp_path / "take"
    arguments = ["solve", *map(str, clips), "--out", str(folder)]
    imagined.calibration = make_calibration(view_angle_deg=2.0)
    assert main([*arguments, "--height", "1.7"]) == 0
    assert json.loads((folder / "report.json").read_text())["verdict"] == "unusable"
    imagined.calibration = make_calibration()
    imagined.motion = make_motion(is_moving=False)
    assert main([*arguments, "--height", "1.8", "--detector", "full"]) == 0
    report = json.loads((folder / "report.json").read_text())
    assert (report["verdict"], report["reasons"]) == ("check", ["person_still"])
    assert "steps and arm swings" in capsys.readouterr().err


def write_frames(path, images):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "18"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def noisy(images, seed):
    """The images as another sensor would give them."""
    random = np.random.default_rng(seed)
    return [
        np.clip(image + random.integers(-6, 7, image.shape), 0, 255).astype(np.uint8)
        for image in images
    ]


def real_report(videos, folder):
    assert main(["solve", *map(str, videos), "--out", str(folder), "--height", "1.7"]) == 0
    return json.loads((folder / "report.json").read_text())


def test_two_cameras_at_one_place_are_not_called_good(real_pair, tmp_path):
    images = [frame.image for frame in iter_frames(real_pair[0])]
    beside = write_frames(
        tmp_path / "beside.mp4", [image[4:476, 6:638] for image in noisy(images, 1)]
    )
    report = real_report([real_pair[0], beside], tmp_path / "take")
    assert report["verdict"] == "unusable"
    assert "cameras_too_close" in report["reasons"]


def test_still_person_is_not_called_good(real_pair, tmp_path):
    videos = []
    for number, video in enumerate(real_pair):
        image = next(iter_frames(video)).image
        path = tmp_path / f"still_{number}.mp4"
        videos.append(write_frames(path, noisy([image] * 36, number)))
    report = real_report(videos, tmp_path / "take")
    assert report["verdict"] in ("check", "unusable")
    assert "person_still" in report["reasons"]
