import re
import tomllib
from importlib.metadata import version

import pytest

from mvmocap_core.installation import (
    LIFTER_NEEDS,
    NEEDS,
    InstallationError,
    Need,
    check_installation,
    find_conflicts,
    unserved,
)


def _dist_info(folder, package, number):
    info = folder / f"{package.replace('-', '_')}-{number}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {number}\n")


@pytest.fixture
def shared_folder(tmp_path, monkeypatch):
    """A folder of packages that comes before all others, as that of Blender's extensions does."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_what_the_tests_run_with_serves():
    check_installation()


def test_every_pinned_dependency_is_looked_at_and_its_pin_serves(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    pins = dict(re.match(r"([\w-]+)==([\d.]+)", line).groups() for line in project["dependencies"])
    assert {need.package for need in NEEDS} == set(pins)
    for need in NEEDS:
        only = Need(need.package, need.module, pins[need.package], need.below)
        assert not unserved([need])
        if version(need.package) == pins[need.package]:
            assert not unserved([only])


def test_package_of_another_extension_is_named_with_its_version(shared_folder):
    _dist_info(shared_folder, "scipy", "1.9.3")
    (shared_folder / "scipy").mkdir()
    (shared_folder / "scipy" / "__init__.py").write_text("")
    (conflict,) = find_conflicts([Need("scipy", "scipy", "1.15", "2")])
    assert (conflict.package, conflict.found) == ("scipy", "1.9.3")
    assert "1.15 or later" in conflict.message


def test_mediapipe_that_reports_to_its_makers_is_refused(shared_folder):
    _dist_info(shared_folder, "mediapipe", "0.10.35")
    with pytest.raises(InstallationError, match=r"mediapipe 0\.10\.35"):
        check_installation()


def test_pytorch_that_does_not_serve_is_named_but_lets_a_solve_begin(shared_folder):
    _dist_info(shared_folder, "torch", "1.13.1")
    (shared_folder / "torch").mkdir()
    (shared_folder / "torch" / "__init__.py").write_text("")
    assert [conflict.package for conflict in find_conflicts()] == ["torch"]
    check_installation()


def test_pinned_pytorch_serves(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    (need,) = LIFTER_NEEDS
    (pin,) = project["optional-dependencies"]["lifter"]
    numbers = tuple(map(int, pin.removeprefix("torch==").split(".")))
    assert tuple(map(int, need.at_least.split("."))) <= numbers < (int(need.below),)


def test_absent_package_says_what_to_do():
    (conflict,) = find_conflicts([Need("no-such-package", "no_such_module", "1", "2")])
    assert conflict.found is None
    assert "install the extension again" in conflict.message


def test_package_without_metadata_tells_its_own_version(shared_folder):
    (shared_folder / "bare_package_of_blender").mkdir()
    code = '__version__ = "2.3.4rc1"\n'
    (shared_folder / "bare_package_of_blender" / "__init__.py").write_text(code)
    assert not find_conflicts([Need("bare-package", "bare_package_of_blender", "2.3", "3")])
    (conflict,) = find_conflicts([Need("bare-package", "bare_package_of_blender", "2.4", "3")])
    assert conflict.found == "2.3.4rc1"


def test_second_opencv_is_named_but_lets_a_solve_begin(shared_folder):
    _dist_info(shared_folder, "opencv-python", "4.12.0")
    assert [conflict.package for conflict in find_conflicts()] == ["opencv-python"]
    check_installation()
