import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

from mvmocap_core.storage import save_arrays
from tests.core.clips import write_clip
from tests.core.scenes import make_motion

TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "ä b.mp4", n_frames=30, size=(320, 240))


@pytest.fixture(scope="module")
def validator(repository):
    schemas = repository / "docs/schemas"
    messages = json.loads((schemas / "messages.schema.json").read_text())
    registry = Registry().with_resource("messages.schema.json", Resource.from_contents(messages))
    own = json.loads((schemas / "worker.schema.json").read_text())
    return jsonschema.Draft202012Validator(own, registry=registry)


class Worker:
    """A worker whose detector is one that needs no model, and waits until it is stopped."""

    def __init__(self, repository, arguments, program=None):
        command = ["-m", "mvmocap_core.worker"] if program is None else ["-c", program]
        self.process = subprocess.Popen(
            [sys.executable, *command, *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", env={**os.environ, "PYTHONPATH": str(repository)},
        )  # fmt: skip

    def wait_for(self, kind):
        for line in self.process.stdout:
            message = json.loads(line)
            if message["type"] == kind:
                return message
        return pytest.fail(f"the worker ended without {kind}: {self.process.stderr.read()}")

    def finish(self, said=""):
        """Say the last on stdin; unlike communicate(), keep it open until the worker ends."""
        self.process.stdin.write(said)
        self.process.stdin.flush()
        lines = self.process.stdout.read().splitlines()
        code = self.process.wait(TIMEOUT_S)
        self.stderr = self.process.stderr.read()
        return code, [json.loads(line) for line in lines]


@pytest.fixture
def start(repository):
    workers = []

    def run(*arguments, program=None):
        workers.append(Worker(repository, arguments, program))
        return workers[-1]

    yield run
    for worker in workers:
        worker.process.kill()
        with worker.process:  # closes its pipes
            worker.process.wait()


def check(validator, messages):
    for message in messages:
        validator.validate(message)


# The stage "detect" starts a child that says who it is and sleeps, as a detector at work.
SLEEPING_SOLVE = """
import subprocess, sys, time
from mvmocap_core import pipeline, worker

def solve(videos, take, options, progress, **_):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        while True:
            progress(0.1, str(child.pid))
            time.sleep(0.02)
    finally:
        child.kill()
        child.wait()

pipeline.solve = solve
sys.exit(worker.main(sys.argv[1:]))
"""

BROKEN_SOLVE = """
import sys
from mvmocap_core import pipeline, worker

def solve(videos, take, options, progress, **_):
    take.mkdir(parents=True)
    print("chatter of a library")
    raise ZeroDivisionError("a defect")

pipeline.solve = solve
sys.exit(worker.main(sys.argv[1:]))
"""


def test_probe_tells_the_facts_of_each_video_or_its_problem(start, clip, tmp_path, validator):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    code, messages = start("probe", clip, text).finish()
    assert code == 0
    check(validator, messages)
    good, bad = messages[-1]["videos"]
    assert good["path"] == str(clip)
    assert (good["width_px"], good["height_px"], good["n_frames"]) == (320, 240, 30)
    assert str(text) in bad["problem"]


@pytest.mark.parametrize("arguments", [[], ["dance"], ["solve"], ["probe"], ["proxies", "take"]])
def test_incomplete_command_is_one_error_message(start, arguments, validator):
    code, messages = start(*arguments).finish()
    assert code == 2
    check(validator, messages)
    (message,) = messages
    assert (message["type"], message["reason"], message["exit_code"]) == ("error", "bad_option", 2)


def test_proxies_of_a_folder_without_motion_say_so(start, clip, tmp_path, validator):
    code, messages = start("proxies", tmp_path, clip).finish()
    assert code == 2
    check(validator, messages)
    assert "motion.npz" in messages[-1]["message"]


def test_proxies_are_written_again_only_for_another_motion(start, clip, tmp_path, validator):
    def written(motion):
        save_arrays(tmp_path / "motion.npz", motion.to_arrays())
        code, messages = start("proxies", tmp_path, clip, clip).finish()
        assert code == 0
        check(validator, messages)
        files = [Path(file) for file in messages[-1]["files"]]
        assert files == [tmp_path / "proxy_1.mp4", tmp_path / "proxy_2.mp4"]
        return [file.stat().st_mtime_ns for file in files]

    motion = make_motion(n_frames=12)
    first = written(motion)
    assert written(motion) == first
    longer = written(make_motion(n_frames=15))
    assert min(longer) > max(first)


def test_missing_video_is_an_error_of_the_input(start, clip, tmp_path, validator):
    code, messages = start("solve", clip, tmp_path / "none.mp4", "--out", tmp_path / "t").finish()
    assert code == 2
    check(validator, messages)
    assert messages[-1]["reason"] == "missing_file"


def test_cancel_stops_the_work_and_its_children(start, clip, tmp_path, validator):
    worker = start("solve", clip, clip, "--out", tmp_path / "t", program=SLEEPING_SOLVE)
    child = int(worker.wait_for("progress")["message"])
    code, messages = worker.finish("something else\ncancel\n")
    assert code == 130
    check(validator, messages)
    assert (messages[-1]["type"], messages[-1]["reason"]) == ("error", "stopped")
    assert not is_alive(child)
    assert "Traceback" not in worker.stderr


def test_end_of_stdin_stops_the_work(start, clip, tmp_path):
    worker = start("solve", clip, clip, "--out", tmp_path / "t", program=SLEEPING_SOLVE)
    worker.wait_for("progress")
    worker.process.stdin.close()
    lines = worker.process.stdout.read().splitlines()
    assert worker.process.wait(TIMEOUT_S) == 130
    assert json.loads(lines[-1])["reason"] == "stopped"


def test_worker_ends_when_nobody_is_at_either_end(start, clip, tmp_path):
    worker = start("solve", clip, clip, "--out", tmp_path / "t", program=SLEEPING_SOLVE)
    child = int(worker.wait_for("progress")["message"])
    worker.process.stdout.close()
    worker.process.stdin.close()
    worker.process.wait(TIMEOUT_S)
    assert not is_alive(child)


def test_other_words_on_stdin_change_nothing(start, clip):
    code, messages = start("probe", clip).finish("cancelled\nhello\n")
    assert code == 0
    assert messages[-1]["type"] == "result"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_cancel_is_heard_where_the_interrupt_key_is_ignored(start, clip, tmp_path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for `command &`
    try:
        worker = start("solve", clip, clip, "--out", tmp_path / "t", program=SLEEPING_SOLVE)
    finally:
        signal.signal(signal.SIGINT, before)
    worker.wait_for("progress")
    assert worker.finish("cancel\n")[0] == 130


def test_defect_is_told_with_its_log_and_stdout_stays_clean(start, clip, tmp_path, validator):
    take = tmp_path / "t"
    worker = start("solve", clip, clip, "--out", take, program=BROKEN_SOLVE)
    code, messages = worker.finish()
    assert code == 1
    check(validator, messages)
    assert messages[-1]["reason"] == "defect"
    assert str(take / "error.log") in messages[-1]["message"]
    assert "a defect" in (take / "error.log").read_text()
    assert "chatter" in worker.stderr


def is_alive(pid, patience_s=5.0):
    end_s = time.monotonic() + patience_s
    while time.monotonic() < end_s:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True
