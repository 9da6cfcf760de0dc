from pathlib import Path

import fetching
import pytest
import wheel_lock
from fetching import FetchError, fetch_locked
from targets import PLATFORMS, targets
from wheel_files import fits, read_wheel, sha256_of
from wheel_lock import LockedWheel, wheels_of


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(wheel_lock, "CACHE_FOLDER", tmp_path)
    monkeypatch.setattr(fetching, "CACHE_FOLDER", tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("is_full", [False, True])
def test_index_has_every_locked_wheel_of_every_platform(locked, platform, is_full, empty_cache):
    wheels = wheels_of(platform, locked, is_full=is_full)
    wheels = [wheel for wheel in wheels if is_full == wheel.is_full_only]
    try:
        fetch_locked(wheels)
    except FetchError as error:
        if is_full and platform == "linux-x64":
            pytest.skip(f"no index here has PyTorch's CPU builds for Linux: {error}")
        raise
    for wheel in wheels:
        path = empty_cache / wheel.file
        assert sha256_of(path) == wheel.sha256
        assert read_wheel(path).name
        assert any(fits(wheel.file, target) for target in targets(PLATFORMS[platform]))


def test_whole_cache_needs_no_network(empty_cache, monkeypatch):
    path = empty_cache / "a-1-py3-none-any.whl"
    path.write_bytes(b"wheel")
    monkeypatch.setattr(fetching, "download", lambda *_: pytest.fail("the network was used"))
    fetch_locked([LockedWheel(path.name, sha256_of(path), ("linux-x64",))])


def test_damaged_wheel_is_fetched_again_and_another_content_refused(empty_cache, monkeypatch):
    path = empty_cache / "a-1-py3-none-any.whl"
    path.write_bytes(b"cut off")
    asked = []

    def download(pins, target, folder):
        asked.append([pin.name for pin in pins])
        assert not path.exists()
        (folder / path.name).write_bytes(b"something else")

    monkeypatch.setattr(fetching, "download", download)
    with pytest.raises(FetchError, match=path.name):
        fetch_locked([LockedWheel(path.name, "0" * 64, ("linux-x64",))])
    assert asked == [["a"]] * len(asked)
    assert asked
