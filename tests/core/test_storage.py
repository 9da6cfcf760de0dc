import errno
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.storage import (
    atomic_file,
    from_arrays,
    load_arrays,
    save_arrays,
    to_arrays,
    write_text,
)


@dataclass(frozen=True, eq=False)
class Inner:
    values: np.ndarray
    share: float


@dataclass(frozen=True, eq=False)
class Outer:
    inner: Inner
    names: np.ndarray
    count: int
    label: str
    path: Path
    is_done: bool
    size: tuple[int, int]
    focal: float | None
    more: Inner | None = None


def make_outer():
    return Outer(
        inner=Inner(values=np.array([[1.5, np.nan], [3.0, -0.0]]), share=0.1 + 0.2),
        names=np.array(["ä", "left_hip"]),
        count=7,
        label="two words",
        path=Path("a/b.mp4"),
        is_done=True,
        size=(640, 480),
        focal=None,
    )


def test_dataclass_comes_back_from_a_file_bit_by_bit(tmp_path):
    before = make_outer()
    save_arrays(tmp_path / "x.npz", to_arrays(before))
    after = from_arrays(Outer, load_arrays(tmp_path / "x.npz"))
    assert after.inner.values.tobytes() == before.inner.values.tobytes()
    assert after.inner.share == before.inner.share
    assert after.names.tolist() == before.names.tolist()
    for name in ("count", "label", "path", "is_done", "size", "focal", "more"):
        assert getattr(after, name) == getattr(before, name), name
        assert type(getattr(after, name)) is type(getattr(before, name)), name


def test_given_optional_dataclass_comes_back():
    inner = Inner(values=np.arange(3.0), share=1.0)
    value = Outer(**{**vars(make_outer()), "more": inner})
    assert from_arrays(Outer, to_arrays(value)).more.values.tolist() == [0.0, 1.0, 2.0]


def test_missing_field_is_an_error_not_none():
    arrays = to_arrays(make_outer())
    del arrays["inner.values"]
    with pytest.raises(KeyError, match=r"inner\.values"):
        from_arrays(Outer, arrays)


def test_python_objects_are_refused():
    with pytest.raises(TypeError, match=r"Inner\.values"):
        to_arrays(Inner(values=np.array([None, "x"], dtype=object), share=0.0))


def test_damage_anywhere_makes_a_file_not_there(tmp_path):
    path = tmp_path / "x.npz"
    values = np.random.default_rng(1).normal(size=300)
    save_arrays(path, {"values": values})
    whole = path.read_bytes()
    unharmed = 0
    places = range(0, len(whole), 7)
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        arrays = load_arrays(path)
        if arrays is not None and "values" in arrays:  # a time stamp in the zip was hit
            np.testing.assert_array_equal(arrays["values"], values)
            unharmed += 1
    assert unharmed < len(places) / 10
    for length in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert load_arrays(path) is None


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


def test_written_file_has_the_usual_permissions(tmp_path):
    write_text(tmp_path / "ours", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode
