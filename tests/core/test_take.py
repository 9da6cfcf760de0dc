import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.files import TEMPORARY_PREFIX
from mvmocap_core.options import SolveOptions
from mvmocap_core.take import Job, Take, code_hash, content_hash, input_key, open_take


@dataclass(frozen=True, eq=False)
class Result:
    values: np.ndarray


INPUTS = {"video": "abc", "range": [None, 2.5]}


def test_stored_result_is_found_for_the_same_inputs_only(tmp_path):
    with open_take(tmp_path / "take") as take:
        take.store("sync", INPUTS, Result(np.arange(4.0)))
        assert take.load("sync", INPUTS, Result).values.tolist() == [0, 1, 2, 3]
        assert take.load("sync", {**INPUTS, "range": [None, 2.6]}, Result) is None
        assert take.load("body", INPUTS, Result) is None


def test_results_for_other_inputs_are_dropped_and_detections_stay(tmp_path):
    other = {**INPUTS, "range": [None, 2.6]}
    with open_take(tmp_path) as take:
        for stage in ("detect", "sync", "body"):
            take.store(stage, other, Result(np.zeros(1)))
        (tmp_path / "stages" / "solved.npz").write_bytes(b"of the last solve")
    with open_take(tmp_path) as take:
        take.store("sync", INPUTS, Result(np.ones(1)))
        assert take.load("body", other, Result) is not None
        take.drop_unused()
        left = {path.name for path in (tmp_path / "stages").iterdir()}
        assert left == {
            take.stage_path("detect", other).name,
            take.stage_path("sync", INPUTS).name,
            take.stage_path("body", other).name,
            "solved.npz",
        }


def test_damaged_result_is_not_found(tmp_path):
    with open_take(tmp_path) as take:
        take.store("sync", INPUTS, Result(np.arange(4.0)))
        (path,) = (tmp_path / "stages").iterdir()
        path.write_bytes(path.read_bytes()[:-40])
        assert take.load("sync", INPUTS, Result) is None


def test_result_of_another_shape_is_not_found(tmp_path):
    @dataclass(frozen=True, eq=False)
    class Newer:
        values: np.ndarray
        weight: float

    with open_take(tmp_path) as take:
        take.store("sync", INPUTS, Result(np.arange(4.0)))
        assert take.load("sync", INPUTS, Newer) is None


def test_key_depends_on_every_input_and_not_on_their_order():
    assert input_key({"a": 1, "b": [2]}) == input_key({"b": [2], "a": 1})
    assert len({input_key({"a": a, "b": b}) for a in (1, 2) for b in (None, 0)}) == 4


def test_content_hash_sees_one_changed_byte_in_the_middle(tmp_path):
    one, other = tmp_path / "a.mp4", tmp_path / "b.mp4"
    content = bytearray(9_000_000)
    one.write_bytes(content)
    content[4_500_000] = 1
    other.write_bytes(content)
    assert content_hash(one) != content_hash(other)
    other.write_bytes(one.read_bytes())
    assert content_hash(one) == content_hash(other)


def test_content_hash_of_nothing_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        content_hash(tmp_path / "absent.mp4")
    with pytest.raises(InputError, match="cannot be read"):
        content_hash(tmp_path)


def test_code_hash_tells_packages_apart():
    assert code_hash("sync") == code_hash("sync")
    assert len({code_hash("sync"), code_hash("geometry"), code_hash("sync", "geometry")}) == 3


def test_code_hash_knows_the_weights_of_networks(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text("")
    weights = tmp_path / "net.safetensors"
    weights.write_bytes(b"1")
    spec = SimpleNamespace(submodule_search_locations=[tmp_path])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    before = code_hash("lifting")
    weights.write_bytes(b"2")
    assert code_hash("lifting") != before


def test_two_processes_cannot_have_one_take(tmp_path):
    second = open_take(tmp_path)
    with open_take(tmp_path), pytest.raises(InputError, match="another solve"):
        second.__enter__()
    with open_take(tmp_path):
        pass  # free again


def test_killed_process_leaves_no_lock_and_its_temporary_file_goes(tmp_path):
    script = (
        "import sys, time; from pathlib import Path\n"
        "from mvmocap_core.take import open_take\n"
        "from mvmocap_core.files import atomic_file\n"
        "folder = Path(sys.argv[1])\n"
        "with open_take(folder), atomic_file(folder / 'stages' / 'x.npz') as file:\n"
        "    file.write(b'half'); file.flush(); (folder / 'ready').touch(); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.raises(InputError, match="another solve"), open_take(tmp_path):
            pass
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    leftovers = [path.name for path in (tmp_path / "stages").iterdir()]
    assert len(leftovers) == 1
    assert leftovers[0].startswith(TEMPORARY_PREFIX)
    with open_take(tmp_path):
        assert os.listdir(tmp_path / "stages") == []  # noqa: PTH208 - hidden files count


def test_unwritable_take_folder_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "take"):
        with pytest.raises(InputError, match="choose another folder"), open_take(folder):
            pass


def test_job_is_remembered(tmp_path):
    job = Job(
        videos=(tmp_path / "a b.mp4", tmp_path / "ü.mp4"),
        options=SolveOptions(height_m=1.8, end_s=3.0),
    )
    take = Take(tmp_path)
    take.save_job(job)
    assert take.load_job() == job
    take.save_job(replace(job, videos=(Path("a.mp4"), Path("b.mp4"))))
    assert take.load_job().videos[0].is_absolute()


def test_folder_without_a_job_is_not_a_take(tmp_path):
    with pytest.raises(InputError, match="not a take"):
        Take(tmp_path).load_job()


def test_name_that_is_too_long_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot write there"), open_take(tmp_path / ("x" * 300)):
        pass
