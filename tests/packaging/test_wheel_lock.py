import re
import tomllib

import pytest
from locking import REQUIREMENTS
from packaging.utils import canonicalize_name, parse_wheel_filename
from requirements import FROM_BLENDER, REPLACED, read_pins
from targets import PLATFORMS, PYTHONS, targets
from wheel_files import fits
from wheel_lock import LockedWheel, read_lock, wheels_of, write_lock

from packaging.requirements import Requirement


def _name_of(wheel: LockedWheel) -> str:
    return parse_wheel_filename(wheel.file)[0]


def test_every_wheel_fits_every_platform_that_it_is_locked_for(locked):
    for wheel in locked:
        assert wheel.platforms, wheel.file
        for name in wheel.platforms:
            assert any(fits(wheel.file, target) for target in targets(PLATFORMS[name])), wheel.file


@pytest.mark.parametrize("is_full", [False, True])
def test_each_blender_gets_one_wheel_of_each_package(locked, platform, is_full):
    carried = wheels_of(platform, locked, is_full=is_full)
    expected = {_name_of(wheel) for wheel in carried}
    for target in targets(PLATFORMS[platform]):
        names = [_name_of(wheel) for wheel in carried if fits(wheel.file, target)]
        assert sorted(names) == sorted(expected), target


def test_hashes_and_versions_are_those_of_the_tested_environment(locked, repository):
    pins = [pin for name in REQUIREMENTS for pin in read_pins(repository / name)]
    for wheel in locked:
        name, version, _, _ = parse_wheel_filename(wheel.file)
        same = [pin for pin in pins if (pin.name, pin.version) == (name, str(version))]
        assert any(wheel.sha256 in pin.hashes for pin in same), wheel.file


def test_locked_pytorch_is_the_pinned_version_and_on_linux_only_the_cpu_build(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    pinned = project["optional-dependencies"]["lifter"][0].removeprefix("torch==")
    pins = read_pins(repository / "requirements-lifter.txt")
    for platform in PLATFORMS.values():
        for target in targets(platform):
            (pin,) = [pin for pin in pins if pin.applies_to(target)]
            suffix = "+cpu" if platform.name == "linux-x64" else ""
            assert (pin.name, pin.version) == ("torch", pinned + suffix)
            assert len(pin.hashes) >= len(PYTHONS)


def test_every_dependency_of_the_core_is_locked_for_every_platform(locked, platform, repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    carried = {
        (_name_of(wheel), str(parse_wheel_filename(wheel.file)[1]))
        for wheel in wheels_of(platform, locked)
    }
    for requirement in map(Requirement, project["dependencies"]):
        if requirement.name not in FROM_BLENDER:
            version = str(requirement.specifier).removeprefix("==")
            assert (canonicalize_name(requirement.name), version) in carried


def test_nothing_is_carried_that_blender_has_or_that_is_replaced(locked):
    names = {_name_of(wheel) for wheel in locked}
    assert names.isdisjoint(FROM_BLENDER)
    assert names.isdisjoint(REPLACED)


def test_mediapipe_is_the_last_one_that_reports_to_nobody(locked):
    versions = {
        str(parse_wheel_filename(wheel.file)[1])
        for wheel in locked
        if _name_of(wheel) == "mediapipe"
    }
    assert versions == {"0.10.33"}


def test_lock_comes_back_as_it_was_written(locked, tmp_path):
    write_lock(reversed(locked), tmp_path / "wheels.toml")
    assert read_lock(tmp_path / "wheels.toml") == locked
    assert all(re.fullmatch("[0-9a-f]{64}", wheel.sha256) for wheel in locked)


def test_damaged_lock_is_named(tmp_path):
    (tmp_path / "wheels.toml").write_text("[[wheel]]\nfile = 1\n")
    with pytest.raises(ValueError, match=r"wheels\.toml"):
        read_lock(tmp_path / "wheels.toml")
