import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mvmocap_core.footage import write_proxies
from mvmocap_core.motion.clip import MotionClip


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]],
    motion_file: Path,
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    take = tmp_path_factory.mktemp("dance take")
    shutil.copy(motion_file, take / "motion.npz")
    videos = [repository / "examples" / f"charleston_{name}.mp4" for name in "ab"]
    write_proxies(take, videos)
    return measure("scene_operator_facts", take, tmp_path_factory.mktemp("empty"))


def test_scene_takes_rate_range_and_resolution_of_the_take(facts: dict[str, Any], clip: MotionClip):
    assert facts["fps"] == pytest.approx(clip.fps)
    assert facts["frames"] == [1, len(clip.times_s)]
    assert facts["resolution"] == clip.image_size[0].tolist()


def test_each_camera_has_its_own_footage(facts: dict[str, Any]):
    assert facts["footage"] == ["proxy_1.mp4", "proxy_2.mp4"]
    assert facts["camera"].endswith("camera 1")


def test_looking_through_the_next_camera_takes_its_resolution(
    facts: dict[str, Any], clip: MotionClip
):
    name, *resolution = facts["next"]
    assert name.endswith("camera 2")
    assert resolution == clip.image_size[1].tolist()


def test_operator_places_the_cameras_as_its_function_does(facts: dict[str, Any]):
    assert facts["camera_difference"] == 0.0


def test_a_scene_without_a_take_stays_as_it_is(facts: dict[str, Any]):
    assert "no motion" in facts["no_take"]
    assert facts["is_unchanged"]


def test_setting_up_again_replaces_what_was_added(facts: dict[str, Any]):
    assert facts["twice_is_once"]


def test_what_the_animator_added_stays_and_points_to_what_is_new(facts: dict[str, Any]):
    replaced = facts["replaced"]
    assert replaced["name"] == facts["export_target"]
    assert replaced["points_to_new"]
    assert replaced["stays_in"]
    assert replaced["is_seen"]
    assert replaced["camera"] == facts["next"][0]


def test_an_action_that_the_animator_worked_on_stays(facts: dict[str, Any]):
    added = facts["replaced"]["added"]
    assert [name.partition("/")[0] for name in added] == ["actions", "objects"]


def test_joints_are_shown_as_empties_where_they_are(facts: dict[str, Any]):
    assert facts["n_joints"] == [22, 22]
    assert facts["joints_off_m"] < 1e-5
    assert facts["joints_twice_is_once"]


def test_the_floor_is_shown_where_it_is(facts: dict[str, Any]):
    name, height_m = facts["floor"]
    assert " floor" in name
    assert height_m == 0.0


def test_the_cameras_can_be_shown_alone(facts: dict[str, Any]):
    assert facts["types_left"] == ["CAMERA"]


def test_every_performer_has_an_armature_once(facts: dict[str, Any]):
    assert len(facts["duet"]) == 2
    assert sum(name.endswith(" 2") for name in facts["duet"]) == 1
    assert facts["duet_twice_is_once"]


def test_the_picked_performer_is_baked(facts: dict[str, Any]):
    assert " 2" in facts["second_baked"]
