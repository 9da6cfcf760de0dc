import re
import tomllib
import zipfile

import pytest
from core_wheel import build_core_wheel
from extension_zip import (
    ADDON_FOLDER,
    Edition,
    ZipError,
    addon_files,
    build_zip,
    long_names,
    missing_requirements,
)
from licences import LicenceError, licence_files
from manifest import manifest_text, read_manifest
from targets import PYTHONS
from validation import validate_zip
from wheel_files import licence_texts, read_wheel, sha256_of

TEXT_LIMIT = 64
LINUX = Edition(platform="linux-x64")
WINDOWS = Edition(platform="windows-x64")


def _fake_wheel(folder, name, *, files=(), requires=()):
    path = folder / f"{name}-1.0-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
        for file in files:
            wheel.writestr(file, "text")
    return path


def test_manifest_keeps_to_blenders_rules():
    manifest = read_manifest()
    texts = [manifest["tagline"], *manifest["permissions"].values()]
    for text in texts:
        assert len(text) <= TEXT_LIMIT, text
        assert text[-1].isalnum(), text
    assert set(manifest["permissions"]) <= {"files", "network", "clipboard", "camera", "microphone"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])


def test_manifest_version_is_that_of_the_core(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert read_manifest()["version"] == project["version"]


def test_manifest_of_a_zip_names_its_platform_and_wheels():
    manifest = tomllib.loads(manifest_text("windows-x64", ["b.whl", "a.whl"]))
    assert manifest["platforms"] == ["windows-x64"]
    assert manifest["wheels"] == ["./wheels/a.whl", "./wheels/b.whl"]
    assert manifest["permissions"]


def test_core_wheel_is_the_same_bytes_every_time(core_wheel, tmp_path):
    first = build_core_wheel(tmp_path / "a", models=[])
    second = build_core_wheel(tmp_path / "b", models=[])
    assert first.name == second.name
    assert sha256_of(first) == sha256_of(second)
    assert first.name != core_wheel.name or sha256_of(first) == sha256_of(core_wheel)


def test_core_wheel_has_every_file_of_the_core(core_wheel, repository):
    folder = repository / "mvmocap_core"
    files = {
        path.relative_to(repository).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".task"
    }
    assert {"mvmocap_core/motion/contacts.npz", "mvmocap_core/report/report.html"} <= files
    assert files - set(read_wheel(core_wheel).files) == set()


def test_zip_is_the_same_bytes_every_time(core_wheel, linux_wheels, tmp_path):
    first = build_zip(LINUX, core_wheel, linux_wheels, tmp_path / "a")
    second = build_zip(LINUX, core_wheel, linux_wheels, tmp_path / "b")
    assert sha256_of(first) == sha256_of(second)


@pytest.mark.parametrize(
    "edition", ["small", pytest.param("full", marks=pytest.mark.slow)], indirect=True
)
def test_zip_holds_what_its_manifest_names_and_blender_accepts_it(
    core_wheel, edition, wheels, tmp_path
):
    path = build_zip(edition, core_wheel, wheels, tmp_path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
        overview = archive.read("licenses/README.md").decode()
    listed = {wheel.removeprefix("./") for wheel in manifest["wheels"]}
    assert listed == {name for name in names if name.endswith(".whl")}
    assert {"__init__.py", "LICENSE", "armature/presets/mixamo.json"} <= names
    assert {path.relative_to(ADDON_FOLDER).as_posix() for path in addon_files()} <= names
    assert not any("__pycache__" in name for name in names)
    for wheel in [core_wheel, *wheels]:
        facts = read_wheel(wheel)
        folder = f"licenses/{facts.name}-{facts.version}/"
        texts = [name for name in names if name.startswith(folder)]
        assert len(texts) >= max(1, len(licence_texts(wheel))), folder
        assert f"| {facts.name} | {facts.version} |" in overview
    assert long_names(names) == []
    validate_zip(path)


def test_every_requirement_of_every_wheel_is_met(core_wheel, edition, wheels):
    assert missing_requirements(edition, [core_wheel, *wheels]) == []


def test_full_zip_has_to_have_what_the_lifter_asks_for(core_wheel, linux_wheels):
    full = Edition(platform="linux-x64", is_full=True)
    problems = missing_requirements(full, [core_wheel, *linux_wheels])
    assert len(problems) == len(PYTHONS)
    assert all("mvmocap-core needs torch==" in problem for problem in problems)


def test_zip_for_one_python_is_for_its_blenders_alone():
    older = Edition(platform="linux-x64", is_full=True, pythons=("3.11",))
    assert older.file_name.endswith("-linux-x64-full-python3.11.zip")
    assert older.takes("a-1-cp311-cp311-manylinux_2_28_x86_64.whl")
    assert not older.takes("a-1-cp313-cp313-manylinux_2_28_x86_64.whl")
    manifest = tomllib.loads(manifest_text("linux-x64", [], older.pythons))
    assert manifest["blender_version_max"] == "5.1.0"
    newer = tomllib.loads(manifest_text("linux-x64", [], ("3.13",)))
    assert newer["blender_version_min"] == "5.1.0"
    assert "blender_version_max" not in newer


def test_unmet_requirement_and_long_path_stop_the_build(tmp_path):
    core = _fake_wheel(tmp_path, "mvmocap_core", requires=["scipy==1.15.3"])
    deep = _fake_wheel(tmp_path, "deep", files=["deep/" + "x" * 140 + ".py"])
    with pytest.raises(ZipError) as caught:
        build_zip(WINDOWS, core, [deep], tmp_path / "out")
    assert "scipy==1.15.3" in str(caught.value)
    assert "x" * 140 in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_wheel_without_a_licence_stops_the_build(tmp_path):
    with pytest.raises(LicenceError, match="bare 1.0"):
        licence_files([_fake_wheel(tmp_path, "bare")])
