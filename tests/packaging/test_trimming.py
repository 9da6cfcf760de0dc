import base64
import csv
import hashlib
import io
import zipfile

import pytest
from trimming import trimmed
from wheel_files import is_too_long, licence_texts, read_wheel, sha256_of

DEEP = "torch-1.0.dist-info/licenses/" + "third_party/" * 12 + "LICENSE.txt"


@pytest.fixture
def torch(tmp_path):
    """A wheel with a file of each kind that PyTorch's has."""
    path = tmp_path / "torch-1.0-py3-none-any.whl"
    names = ("include/ATen.h", "test/run", "bin/protoc", "bin/test_api", "lib/c10.lib", "lib/c10.h")
    with zipfile.ZipFile(path, "w") as wheel:
        for name in ("__init__.py", "lib/c10.so", "bin/torch_shm_manager", *names):
            wheel.writestr(f"torch/{name}", name)
        wheel.writestr("torch-1.0.dist-info/METADATA", "Name: torch\nVersion: 1.0\n")
        wheel.writestr("torch-1.0.dist-info/LICENSE", "text")
        wheel.writestr(DEEP, "text")
        wheel.writestr("torch-1.0.dist-info/RECORD", "torch/include/ATen.h,,\n")
    return path


def test_what_runs_stays_and_what_builds_goes(torch, tmp_path):
    small = trimmed(torch, tmp_path / "out")
    assert small.name == torch.name
    assert {name for name in read_wheel(small).files if name.startswith("torch/")} == {
        "torch/__init__.py", "torch/lib/c10.so", "torch/bin/torch_shm_manager",
    }  # fmt: skip


def test_licences_stay_where_windows_takes_their_paths(torch, tmp_path):
    assert is_too_long(DEEP)
    assert len(licence_texts(torch)) == 2
    assert list(licence_texts(trimmed(torch, tmp_path / "out"))) == ["LICENSE"]


def test_record_tells_every_file_that_is_left(torch, tmp_path):
    small = trimmed(torch, tmp_path / "out")
    with zipfile.ZipFile(small) as wheel:
        rows = csv.reader(io.StringIO(wheel.read("torch-1.0.dist-info/RECORD").decode()))
        for name, digest, size in rows:
            if not name.endswith("RECORD"):
                content = wheel.read(name)
                expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
                assert digest == "sha256=" + expected.decode().rstrip("=")
                assert int(size) == len(content)
        assert wheel.testzip() is None
    assert "torch/__init__.py" in read_wheel(small).files


def test_same_wheel_gives_the_same_bytes(torch, tmp_path):
    first, second = trimmed(torch, tmp_path / "a"), trimmed(torch, tmp_path / "b")
    assert sha256_of(first) == sha256_of(second)


def test_other_wheels_are_carried_as_they_are(tmp_path):
    path = tmp_path / "other-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("other-1.0.dist-info/METADATA", "Name: other\nVersion: 1.0\n")
        wheel.writestr("other/include/a.h", "")
    assert trimmed(path, tmp_path / "out") == path
