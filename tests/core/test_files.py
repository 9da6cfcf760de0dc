import errno
import os
import tempfile

import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.files import atomic_file, write_text


def test_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "x.json"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError), atomic_file(target) as file:
        file.write(b"new" + bytes([1 // 0]))
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.json"]  # noqa: PTH208 - hidden files count


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_says_to_free_space_and_keeps_the_old_file(tmp_path, monkeypatch, code):
    target = tmp_path / "x.json"
    write_text(target, "old")

    def fail(handle):
        raise OSError(code, "full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="free some space") as caught:
        write_text(target, "new")
    assert caught.value.reason == "disk_full"
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_folder_that_is_a_file_says_to_choose_another(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another folder") as caught:
        write_text(tmp_path / "file" / "x.json", "new")
    assert caught.value.reason == "unwritable"


def test_name_of_a_folder_is_refused_and_the_folder_stays(tmp_path):
    (tmp_path / "clips").mkdir()
    with pytest.raises(InputError, match="folder") as caught:
        write_text(tmp_path / "clips", "new")
    assert caught.value.reason == "unwritable"
    assert [path.name for path in tmp_path.iterdir()] == ["clips"]


def test_written_file_has_the_usual_permissions(tmp_path):
    write_text(tmp_path / "ours", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("code", [errno.ENOENT, errno.ENAMETOOLONG])
def test_folder_where_nothing_can_be_made_says_to_choose_another(tmp_path, monkeypatch, code):
    def fail(**_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "mkstemp", fail)
    with pytest.raises(InputError, match="cannot write there") as caught:
        write_text(tmp_path / "x.json", "new")
    assert caught.value.reason == "unwritable"
