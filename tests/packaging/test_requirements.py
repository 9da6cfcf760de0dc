import pytest
from requirements import unmet
from targets import PLATFORMS, Target
from wheel_files import WheelFacts, fits

from packaging.requirements import Requirement

LINUX = Target(PLATFORMS["linux-x64"], "3.11")
WINDOWS = Target(PLATFORMS["windows-x64"], "3.13")
MAC = Target(PLATFORMS["macos-arm64"], "3.13")


def _wheel(name, version, *requires):
    return WheelFacts(
        name=name,
        version=version,
        requires=tuple(map(Requirement, requires)),
        licence="",
        home_page="",
        files=(),
    )


def _carried(*wheels):
    return {wheel.name: wheel for wheel in wheels}


def test_absent_package_is_named():
    (problem,) = unmet(_carried(_wheel("a", "1", "b>=2")), LINUX)
    assert "a needs b>=2" in problem
    assert "absent" in problem


def test_version_that_does_not_serve_is_named():
    (problem,) = unmet(_carried(_wheel("a", "1", "b>=2"), _wheel("b", "1.9")), LINUX)
    assert "it gets 1.9" in problem


def test_markers_are_judged_for_the_target_not_for_this_machine():
    carried = _carried(_wheel("a", "1", 'c; platform_system == "Windows"'))
    assert unmet(carried, LINUX) == []
    assert len(unmet(carried, WINDOWS)) == 1


def test_replaced_packages_are_not_missed():
    carried = _carried(_wheel("mediapipe", "1", "opencv-contrib-python", "sounddevice~=0.5"))
    assert unmet(carried, LINUX) == []


def test_numpy_is_blenders_and_has_to_serve():
    assert unmet(_carried(_wheel("a", "1", "numpy>=1.23.5,<2.5")), LINUX) == []
    (problem,) = unmet(_carried(_wheel("a", "1", "numpy>=2")), LINUX)
    assert "Blender has 1.26" in problem
    (problem,) = unmet(_carried(_wheel("a", "1", "numpy<2")), WINDOWS)
    assert "Blender has 2." in problem


@pytest.mark.parametrize(
    ("file", "target", "expected"),
    [
        ("a-1-py3-none-any.whl", LINUX, True),
        ("a-1-cp311-abi3-win_amd64.whl", WINDOWS, True),
        ("a-1-cp311-cp311-win_amd64.whl", WINDOWS, False),
        ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", LINUX, True),
        ("a-1-cp311-cp311-manylinux_2_34_x86_64.whl", LINUX, False),
        ("a-1-cp313-cp313-macosx_11_0_arm64.whl", MAC, True),
        ("a-1-cp313-cp313-macosx_10_13_universal2.whl", MAC, True),
        ("a-1-cp313-cp313-macosx_15_0_arm64.whl", MAC, False),
        ("a-1-cp313-cp313-macosx_11_0_x86_64.whl", MAC, False),
    ],
)
def test_wheel_fits_where_its_tags_say(file, target, expected):
    assert fits(file, target) is expected
