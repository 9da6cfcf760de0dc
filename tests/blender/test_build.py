import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 240.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stub is a shell script")


class Farm:
    """A copy of the repository whose solver is a stub, and a folder of videos."""

    def __init__(self, root: Path, python: Path) -> None:
        self.root = root
        self.python = python
        self.scenes = root / "work" / "scenes.toml"

    def write(self, text: str) -> None:
        self.scenes.write_text(text)

    def command(self, *arguments: str) -> list[str]:
        return [str(self.python), str(self.root / "build.py"), str(self.scenes), *arguments]

    def build(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )

    def summary(self) -> dict[str, dict[str, Any]]:
        document = json.loads((self.scenes.parent / "build.json").read_text())
        return {scene["name"]: scene for scene in document["scenes"]}

    def out(self, name: str) -> Path:
        return self.scenes.parent / "out" / name


@pytest.fixture
def farm(tmp_path: Path, repository: Path, bpy_python: Path, motion_file: Path) -> Farm:
    root = tmp_path / "a copy"
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / "work").mkdir()
    shutil.copy(repository / "build.py", root)
    for package in ("blender_addon", "mvmocap_core"):
        shutil.copytree(repository / package, root / package)  # its code may not change meanwhile
    stub = root / ".venv" / "bin" / "python"
    line = f"exec '{sys.executable}' '{HERE / 'stub_core.py'}' '{motion_file}' '{sys.executable}'"
    stub.write_text(f'#!/bin/sh\n{line} "$@"\n')
    stub.chmod(0o755)
    for name in ("a.mp4", "b.mp4"):
        shutil.copy(repository / "examples" / f"charleston_{name}", root / "work" / name)
    for name in ("hangs", "crashes", "unsolvable"):
        shutil.copy(root / "work" / "a.mp4", root / "work" / f"{name}.mp4")
    return Farm(root, bpy_python)


def test_a_failed_scene_does_not_stop_the_others(farm: Farm):
    farm.write("""
[[scene]]
name = "empty"
videos = ["unsolvable.mp4", "b.mp4"]

[[scene]]
name = "lost"
videos = ["nowhere.mp4", "b.mp4"]

[[scene]]
name = "wreck"
videos = ["crashes.mp4", "b.mp4"]

[[scene]]
name = "dance"
videos = ["a.mp4", "b.mp4"]
export = ["fbx"]
""")
    done = farm.build()
    scenes = farm.summary()
    assert done.returncode == 1, done.stdout + done.stderr
    assert {name: scene["exit_code"] for name, scene in scenes.items()} == {
        "empty": 2, "lost": 2, "wreck": 1, "dance": 0,
    }  # fmt: skip
    assert scenes["empty"]["message"] == "nobody there; film again."
    assert "nowhere.mp4: no such file" in scenes["lost"]["message"]
    assert (farm.out("dance") / "dance.fbx").stat().st_size > 10_000
    assert scenes["dance"]["verdict"] == "check"
    assert str(farm.out("dance") / "dance.fbx") in done.stdout.splitlines()
    assert all("\n" not in scene["message"] for scene in scenes.values())


def test_a_second_run_does_only_what_is_missing_or_has_changed(farm: Farm):
    scene = """
[[scene]]
name = "dance"
videos = ["a.mp4", "b.mp4"]
export = ["fbx", "bvh"]
"""
    farm.write(scene)
    assert farm.build().returncode == 0
    made = farm.summary()["dance"]["made"]
    assert made == ["solve", "footage", "blend", "export fbx", "export bvh"]
    out = farm.out("dance")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.suffix != ".log"}

    assert farm.build().returncode == 0
    assert farm.summary()["dance"]["status"] == "up to date"
    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in before.items())

    (out / "dance.fbx").unlink()
    assert farm.build().returncode == 0
    assert farm.summary()["dance"]["made"] == ["export fbx"]

    farm.write(scene + "height_m = 1.8\n")
    assert farm.build().returncode == 0
    assert "--height=1.8" in json.loads((out / "take" / "arguments.json").read_text())
    made = farm.summary()["dance"]["made"]
    assert made == ["solve"], "the stub's motion is the same, so the rest is up to date"

    (out / "dance.blend").write_bytes(b"not a blend file")
    assert farm.build("--force").returncode == 0
    assert (out / "dance.blend1").read_bytes() == b"not a blend file"
    assert not list(out.rglob(".writing-*"))


def test_one_scene_can_be_built_in_the_process_itself(farm: Farm):
    farm.write('[[scene]]\nname = "dance"\nvideos = ["a.mp4", "b.mp4"]\n')
    done = farm.build("--scene", "dance")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (farm.out("dance") / "dance.blend").is_file()
    missing = farm.build("--scene", "walk")
    assert (missing.returncode, "no such scene" in missing.stderr) == (2, True)


def test_preview_shows_both_views_and_the_armature(farm: Farm):
    av = pytest.importorskip("av")
    farm.write('[[scene]]\nname = "dance"\nvideos = ["a.mp4", "b.mp4"]\npreview = true\n')
    done = farm.build()
    assert done.returncode == 0, done.stdout + done.stderr
    if "needs EGL" in done.stdout:
        pytest.skip("this machine has no EGL")
    with av.open(str(farm.out("dance") / "preview.mp4")) as container:
        images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(images) == farm.summary()["dance"]["n_frames"]
    width = images[0].shape[1] // 3
    panel = images[30][:, -width:].astype(int)
    assert (abs(panel - images[0][:, -width:]).max(axis=-1) > 60).sum() > 300, "it moves"
    blue, orange = (panel[..., 2] - panel[..., 0] > 60), (panel[..., 0] - panel[..., 2] > 60)
    assert blue.sum() > 100
    assert orange.sum() > 100


def test_a_scene_that_takes_too_long_is_ended_with_its_children(farm: Farm):
    farm.write('[[scene]]\nname = "slow"\nvideos = ["hangs.mp4", "b.mp4"]\n')
    done = farm.build("--timeout", "6")
    assert done.returncode == 124
    assert farm.summary()["slow"]["reason"] == "timeout"
    _assert_ends(int((farm.out("slow") / "take" / "pid").read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_children(farm: Farm, number: int):
    farm.write('[[scene]]\nname = "slow"\nvideos = ["hangs.mp4", "b.mp4"]\n')
    build = subprocess.Popen(farm.command(), stdout=subprocess.DEVNULL, start_new_session=True)
    pid_file = farm.out("slow") / "take" / "pid"
    _wait_until(lambda: pid_file.is_file() and pid_file.read_text() != "")
    build.send_signal(number)
    assert build.wait(60) == 130
    assert farm.summary()["slow"]["status"] == "stopped"
    _assert_ends(int(pid_file.read_text()))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_folder_that_cannot_be_written_fails_its_scene(farm: Farm):
    farm.scenes.parent.joinpath("out").mkdir(mode=0o500)
    farm.write('[[scene]]\nname = "dance"\nvideos = ["a.mp4", "b.mp4"]\n')
    assert farm.build().returncode == 2


def test_a_character_gets_the_motion_on_its_own_bones(farm: Farm, bpy_python: Path):
    work = farm.scenes.parent
    make = (
        "import bpy, sys, os; a = bpy.data.objects.new('Hero', bpy.data.armatures.new('Hero'));"
        "bpy.context.scene.collection.objects.link(a);"
        "bpy.context.view_layer.objects.active = a; bpy.ops.object.mode_set(mode='EDIT');"
        "b = a.data.edit_bones.new('hips'); b.head = (0, 0, 1); b.tail = (0, 0, 1.2);"
        "bpy.ops.object.mode_set(mode='OBJECT');"
        "bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1]); os._exit(0)"
    )
    subprocess.run([bpy_python, "-c", make, str(work / "hero.blend")], timeout=60, check=False)
    (work / "map.json").write_text('{"pelvis": "hips"}')
    character = 'character = "hero.blend"\nbone_map = "map.json"\nexport = ["fbx"]\n'
    scene = f'[[scene]]\nname = "dance"\nvideos = ["a.mp4", "b.mp4"]\n{character}'
    farm.write(scene + 'armature = "Villain"\n')
    assert farm.build().returncode == 2
    assert farm.summary()["dance"]["message"].endswith(
        "there is no armature 'Villain'; it has: Hero."
    )
    assert not (farm.out("dance") / "take").exists(), "told before the solve"
    farm.write(scene.replace('bone_map = "map.json"\n', "") + 'armature = "Hero"\n')
    assert farm.build().returncode == 2
    assert "bones of Hero are not found for sure" in farm.summary()["dance"]["message"]
    farm.write(scene + 'armature = "Hero"\nbake = { push_to_nla = true }\n')
    done = farm.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (farm.out("dance") / "dance.fbx").is_file()


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60.0
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.05)


def _assert_ends(pid: int) -> None:
    def is_gone() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        return state == "Z"  # ended; whoever inherited it has not asked yet

    _wait_until(is_gone)


def test_a_core_that_is_not_installed_is_told_with_its_cure(farm: Farm):
    stub = farm.root / ".venv" / "bin" / "python"
    stub.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'scipy'\"; exit 1\n")
    farm.write('[[scene]]\nname = "dance"\nvideos = ["a.mp4", "b.mp4"]\n')
    assert farm.build().returncode == 2
    assert "./run setup" in farm.summary()["dance"]["message"]
