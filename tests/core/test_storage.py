from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mvmocap_core.storage import from_arrays, load_arrays, save_arrays, to_arrays


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
