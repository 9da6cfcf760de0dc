import stat
import zipfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pytest

from mvmocap_core import archive, cli
from mvmocap_core.archive import CARD, pack_take, unpack_take
from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.options import SolveOptions
from mvmocap_core.pipeline import solve
from mvmocap_core.storage import load_arrays, save_arrays
from mvmocap_core.take import Take
from tests.core.clips import write_clip
from tests.core.imagined import Imagined


@pytest.fixture(scope="module")
def take(tmp_path_factory):
    """A solved take of two videos that have the same name."""
    folder = tmp_path_factory.mktemp("Größe")
    videos = []
    for seed, phone in enumerate("ab"):
        (folder / phone).mkdir()
        videos.append(folder / phone / "a.mp4")
        write_clip(videos[-1], n_frames=60, size=(64, 48), seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        Imagined().install(patch)
        solve(videos, folder / "dance", SolveOptions(height_m=1.8))
    return folder / "dance"


@pytest.fixture
def packed(take, tmp_path):
    path = tmp_path / "dance.zip"
    pack_take(take, path)
    return path


def changed(source, target, *, without=(), add=()):
    """A copy of an archive with members left out and (info or name, bytes) added."""
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename not in without:
                new.writestr(member, old.read(member))
        for name, data in add:
            new.writestr(name, data)
    return target


def refusal(path, tmp_path):
    """Why an archive is not unpacked, after a look that nothing was written."""
    folder = tmp_path / "in here" / "new"
    folder.parent.mkdir(exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as caught:
        unpack_take(path, folder)
    assert sorted(tmp_path.rglob("*")) == before
    return str(caught.value)


# ---- there and back -------------------------------------------------------------------------


def test_take_comes_back_with_its_videos(take, packed, tmp_path):
    unpack_take(packed, tmp_path / "other place" / "dance")
    there = tmp_path / "other place" / "dance"
    assert (there / "motion.npz").read_bytes() == (take / "motion.npz").read_bytes()
    before, after = Take(take).load_job(), Take(there).load_job()
    assert after.options == before.options
    assert [video.name for video in after.videos] == ["1_a.mp4", "2_a.mp4"]
    for old, new in zip(before.videos, after.videos, strict=True):
        assert new.read_bytes() == old.read_bytes()


def test_solving_again_elsewhere_repeats_no_stage(packed, tmp_path, monkeypatch):
    unpack_take(packed, tmp_path / "dance")
    imagined = Imagined()
    imagined.install(monkeypatch)
    job = Take(tmp_path / "dance").load_job()
    report = solve(job.videos, tmp_path / "dance", job.options)
    assert {"detect", "sync", "calibrate", "body"} <= set(report["reused_stages"])


def test_without_videos_the_archive_is_small_and_names_them_still(take, packed, tmp_path):
    small = tmp_path / "small.zip"
    pack_take(take, small, has_videos=False)
    assert small.stat().st_size < packed.stat().st_size
    unpack_take(small, tmp_path / "dance")
    assert Take(tmp_path / "dance").load_job().videos == Take(take).load_job().videos


def test_how_people_look_stays_at_home(take, tmp_path):
    path = next((take / "stages").glob("detect-*.npz"))
    before = path.read_bytes()
    arrays = load_arrays(path)
    n_frames, n_slots = arrays["confidence"].shape[:2]
    save_arrays(path, {**arrays, "appearance": np.zeros((n_frames, n_slots, 24), np.float32)})
    pack_take(take, tmp_path / "dance.zip")
    path.write_bytes(before)
    unpack_take(tmp_path / "dance.zip", tmp_path / "dance")
    there = load_arrays(tmp_path / "dance" / "stages" / path.name)
    assert sorted(there) == sorted(arrays)
    np.testing.assert_array_equal(there["confidence"], arrays["confidence"])


def test_logs_locks_and_the_page_stay_at_home(take, packed):
    (take / "error.log").write_text("private")
    with ZipFile(packed) as opened:
        names = opened.namelist()
    assert CARD in names
    assert not [name for name in names if name.endswith((".log", ".html", ".lock"))]


def test_command_line_makes_the_page_anew(take, tmp_path, capsys):
    for is_there in (False, True):
        assert cli.main(["pack", str(take), str(tmp_path / "x.zip"), "--without-videos"]) == 0
        assert ("(replaced)" in capsys.readouterr().out) == is_there
    assert cli.main(["unpack", str(tmp_path / "x.zip"), str(tmp_path / "there")]) == 0
    assert str(tmp_path / "there") in capsys.readouterr().out
    assert "<html" in (tmp_path / "there" / "report.html").read_text(encoding="utf-8")


def test_folder_in_use_is_left_alone(packed, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="choose a new folder"):
        unpack_take(packed, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_what_is_not_a_take_is_not_packed(tmp_path):
    with pytest.raises(InputError, match=r"motion\.npz"):
        pack_take(tmp_path, tmp_path / "x.zip")
    assert list(tmp_path.iterdir()) == []


# ---- archives that mean harm ----------------------------------------------------------------

ESCAPES = [
    "../evil.json", "/evil.json", "stages/../../evil.npz", "C:/evil.json", "C:evil.json",
    "..\\evil.json", "stages\\evil.npz", "\\\\host\\share\\evil.json", "~/evil.json",
    "./evil.json", "stages//evil.npz", "evil.json/", "x/evil.json", "videos/deep/er/evil.mp4",
]  # fmt: skip
UNWANTED = [
    "evil.html", "evil.py", "evil.so", "report.html", "videos/evil.exe", "stages/evil.py",
    ".bashrc.json", "con.json", "NUL.json", "lpt1.npz", "evil.json ", "evil\n.json", "a\u202e.json",
]  # fmt: skip


@pytest.mark.parametrize("name", ESCAPES + UNWANTED)
def test_names_that_lead_elsewhere_or_do_not_belong_are_refused(packed, tmp_path, name):
    info = ZipInfo("placeholder")
    info.filename = name  # as a hostile program writes it: ZipInfo would tidy it up
    bad = changed(packed, tmp_path / "bad.zip", add=[(info, b"{}")])
    assert "not an archive of a take" in refusal(bad, tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_devices_are_refused(packed, tmp_path, kind):
    link = ZipInfo("link.json")
    link.create_system = 3
    link.external_attr = (kind | 0o777) << 16
    bad = changed(packed, tmp_path / "bad.zip", add=[(link, b"/etc/passwd")])
    assert "not a plain file" in refusal(bad, tmp_path)


def test_two_names_that_are_one_on_other_systems_are_refused(packed, tmp_path):
    bad = changed(packed, tmp_path / "bad.zip", add=[("Motion.NPZ", b"")])
    assert "the same name twice" in refusal(bad, tmp_path)


def test_too_many_files_are_refused(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    assert "files" in refusal(packed, tmp_path)


def test_a_bomb_is_refused_before_it_is_opened(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_DATA_BYTES", 10 << 20)
    bomb = changed(packed, tmp_path / "bad.zip", add=[("bomb.json", bytes(11 << 20))])
    assert bomb.stat().st_size < 1 << 20
    assert "would come out" in refusal(bomb, tmp_path)


def test_a_full_disk_is_told_before_it_is_full(packed, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda folder: usage)
    assert "Free some space" in refusal(packed, tmp_path)


def test_pickles_are_not_read(packed, tmp_path):
    hostile = tmp_path / "hostile.npz"
    np.savez(hostile, schema_version=np.array([print], dtype=object))
    data = hostile.read_bytes()
    hostile.unlink()
    bad = changed(packed, tmp_path / "bad.zip", without=["motion.npz"], add=[("motion.npz", data)])
    assert "not a motion file" in refusal(bad, tmp_path)


def test_other_zips_are_refused(tmp_path):
    with ZipFile(tmp_path / "photos.zip", "w") as other:
        other.writestr("motion.npz", b"")
    assert "not made by mvmocap" in refusal(tmp_path / "photos.zip", tmp_path)
    (tmp_path / "text.zip").write_text("hello")
    assert "damaged" in refusal(tmp_path / "text.zip", tmp_path)
    assert "no such file" in refusal(tmp_path / "none.zip", tmp_path)


def test_damage_anywhere_is_told_or_does_no_harm(take, tmp_path):
    small = tmp_path / "small.zip"
    pack_take(take, small, has_videos=False)
    whole = small.read_bytes()
    motion = (take / "motion.npz").read_bytes()
    n_refused = 0
    places = [*range(0, len(whole), len(whole) // 40), *range(len(whole) - 2000, len(whole), 97)]
    for number, place in enumerate(places):
        small.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        folder = tmp_path / f"new {number}"
        try:
            unpack_take(small, folder)
        except InputError:
            n_refused += 1
            assert not folder.exists()
        else:
            assert (folder / "motion.npz").read_bytes() == motion
    assert n_refused > len(places) / 2


def test_members_said_to_lie_before_the_archives_beginning_are_refused(packed, tmp_path):
    whole = bytearray(packed.read_bytes())
    directory_at = whole.rindex(b"PK\x05\x06") + 16
    whole[directory_at + 3] ^= 0x40  # the place of the directory, from which all others are told
    packed.write_bytes(whole)
    assert "damaged" in refusal(packed, tmp_path)


def test_cut_archives_are_refused(packed, tmp_path):
    whole = packed.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 5):
        packed.write_bytes(whole[:length])
        assert "not an archive of a take" in refusal(packed, tmp_path)


def test_a_member_larger_than_it_says_is_refused(packed, tmp_path):
    bad = changed(packed, tmp_path / "bad.zip", add=[("long.json", b"x" * 1000)])
    data = bytearray(bad.read_bytes())
    entry = data.rindex(b"PK\x01\x02")  # the last one's place in the table of contents
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    bad.write_bytes(data)
    with zipfile.ZipFile(bad) as opened:
        assert opened.getinfo("long.json").file_size == 10
    assert "not an archive of a take" in refusal(bad, tmp_path)


def test_a_link_in_the_take_is_not_followed(take, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    link = Path(take / "innocent.json")
    link.symlink_to(secret)
    try:
        pack_take(take, tmp_path / "x.zip", has_videos=False)
    finally:
        link.unlink()
    with ZipFile(tmp_path / "x.zip") as opened:
        assert "innocent.json" not in opened.namelist()


def test_unpacked_motion_is_the_takes(packed, tmp_path):
    unpack_take(packed, tmp_path / "t")
    assert load_motion(tmp_path / "t" / "motion.npz").fps == 30.0
