import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from local_index import CARD, build_of, fake_wheel, served

from blender_addon.gpu_solver import graphics, install
from blender_addon.gpu_solver.builds import (
    GpuSolverError,
    GpuWheel,
    build_for_this_machine,
    read_builds,
)
from blender_addon.gpu_solver.job import InstallJob
from blender_addon.worker_process import worker_launch
from mvmocap_core.errors import Cancelled

FILES = {"/torch.whl": fake_wheel("torch"), "/sympy.whl": fake_wheel("sympy", "1.14.0")}


def _ignore(n_bytes):
    pass


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "Zoë’s gpu" / "python3.11"


@pytest.fixture
def installed(folder):
    """The folder with an earlier installation, which every failure has to leave as it is."""
    with served(FILES) as address:
        install.install(build_of(address, FILES), CARD, folder, _ignore)
    return folder


def _content(folder):
    return {path.relative_to(folder.parent) for path in folder.parent.rglob("*")}


def test_whole_build_is_unpacked_with_a_note_of_what_it_is(folder):
    heard = []
    with served(FILES) as address:
        build = build_of(address, FILES)
        install.install(build, CARD, folder, heard.append)
    assert install.read_installed(folder) == install.Installed(build.name, CARD)
    assert (folder / "torch" / "__init__.py").is_file()
    assert (folder / "sympy" / "__init__.py").is_file()
    assert not (folder / "torch" / "include").exists()
    assert heard == sorted(heard)
    assert heard[-1] == build.size
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def _refused(build, folder, match):
    before = _content(folder)
    with pytest.raises(GpuSolverError, match=match):
        install.install(build, CARD, folder, _ignore)
    assert _content(folder) == before
    assert install.read_installed(folder) is not None


def test_another_content_than_the_lock_names_is_not_installed(installed):
    with served(FILES) as address:
        build = build_of(address, FILES)
        wheels = (build.wheels[0], replace(build.wheels[1], sha256="0" * 64))
        _refused(replace(build, wheels=wheels), installed, "not the file that it has to be")


def test_half_a_download_is_not_installed(installed):
    with served(FILES, cut_after=100) as address:
        _refused(build_of(address, FILES), installed, r"broke off|was not reached")


def test_server_without_the_file_is_named(installed):
    with served({}) as address:
        _refused(build_of(address, FILES), installed, r"127\.0\.0\.1.*404")


def test_no_network_is_told(installed):
    with served(FILES) as address:
        build = build_of(address, FILES)
    _refused(build, installed, "is there a network")


def test_full_disk_is_told_before_and_while_writing(installed, monkeypatch):
    with served(FILES) as address:
        build = build_of(address, FILES)
        _refused(replace(build, wheels=(GpuWheel("", "", 10**15),)), installed, "make room first")

        def write(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(install.zipfile.ZipFile, "extract", write)
        _refused(build, installed, "No space left")


def test_cancelled_installation_leaves_what_was_there(installed):
    before = _content(installed)

    def tell(n_bytes):
        if n_bytes > 0:
            raise Cancelled

    with served(FILES) as address, pytest.raises(Cancelled):
        install.install(build_of(address, FILES), CARD, installed, tell)
    assert _content(installed) == before


def test_job_that_is_cancelled_says_so(folder):
    with served(FILES) as address:
        job = InstallJob(build_of(address, FILES), CARD, folder)
        job.cancel()
        job.run()
    assert (job.is_done, job.is_cancelled, job.problem) == (True, True, "")
    assert install.read_installed(folder) is None


def test_what_was_left_by_a_crash_is_cleared(folder):
    leftover = folder.with_name(folder.name + ".part")
    leftover.mkdir(parents=True)
    (leftover / "old.py").write_text("")
    assert install.read_installed(folder) is None
    with served(FILES) as address:
        install.install(build_of(address, FILES), CARD, folder, _ignore)
    assert not leftover.exists()
    assert not (folder / "old.py").exists()


def test_removed_is_gone(installed):
    install.remove(installed)
    assert list(installed.parent.iterdir()) == []
    install.remove(installed)


def test_worker_takes_the_gpu_build_before_all_others(installed):
    launch = worker_launch([installed])
    code = "import torch; print(torch.__file__)"
    done = subprocess.run(
        [launch.command[0], "-c", code],
        env=dict(launch.environment), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert Path(done.stdout.strip()) == installed / "torch" / "__init__.py"


def test_every_platform_and_python_has_a_build_of_checked_files():
    builds = read_builds()
    assert {(build.platform, build.python) for build in builds} == {
        (platform, python)
        for platform in ("linux-x64", "windows-x64", "macos-arm64")
        for python in ("3.11", "3.13")
    }
    for build in builds:
        assert build.size == sum(wheel.size for wheel in build.wheels)
        assert (build.min_driver > 500) == (build.platform != "macos-arm64")
        tag = "cp" + build.python.replace(".", "")
        (torch,) = [wheel for wheel in build.wheels if "/torch-" in wheel.url]
        assert f"-{tag}-{tag}-" in torch.url
        for wheel in build.wheels:
            assert wheel.url.startswith(
                ("https://files.pythonhosted.org/", "https://download.pytorch.org/whl/")
            )
            assert len(bytes.fromhex(wheel.sha256)) == 32


def _fake_driver(folder, answer):
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="fakes a Unix program")
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("echo 'NVIDIA RTX 4090, 581.20'", "NVIDIA RTX 4090"),
        ("echo 'NVIDIA RTX 4090, 535.01'", "update NVIDIA's driver"),
        ("echo 'No devices were found'", "No NVIDIA graphics card"),
        ("exit 9", "No NVIDIA graphics card"),
        (None, "No NVIDIA graphics card"),
    ],
)
def test_card_is_looked_for_and_its_driver_judged(answer, expected, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    if answer is not None:
        _fake_driver(tmp_path, answer)
    build = next(build for build in read_builds() if build.min_driver == 580)
    try:
        found = graphics.find_card(build)
    except GpuSolverError as error:
        found = str(error)
    assert expected in found


def test_system_without_a_build_is_told(monkeypatch):
    monkeypatch.setattr(sys, "platform", "freebsd14")
    with pytest.raises(GpuSolverError, match="no GPU solver for freebsd14"):
        build_for_this_machine()


def test_operators_install_use_and_remove_it(measure, tmp_path):
    facts = measure("gpu_solver_facts", tmp_path)
    assert not facts["can_install_offline"]
    assert facts["installed"] == ["FINISHED"]
    assert facts["note"]["card"] == CARD
    assert facts["first_path"] == facts["folder"]
    assert str(tmp_path) in facts["folder"]
    assert facts["wrong_hash"] == ["CANCELLED"]
    assert "not the file" in facts["problem"]
    assert facts["first_path_after"] == facts["folder"]
    assert facts["removed"] == ["FINISHED"]
    assert not facts["can_remove_again"]
    assert facts["first_path_at_last"] != facts["folder"]
    assert "No NVIDIA graphics card" in facts["no_card"]
