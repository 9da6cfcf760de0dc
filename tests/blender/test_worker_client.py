"""The worker's client needs no Blender: it runs here against a worker that plays parts."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from blender_addon import worker_client
from blender_addon.job_queue import JobQueue
from blender_addon.time_left import TimeLeft
from blender_addon.worker_client import Job, Step, run_worker
from blender_addon.worker_process import Launch, worker_launch
from mvmocap_core.errors import Cancelled, InputError, MocapError

STUB = Path(__file__).resolve().parent / "stub_worker.py"
PATIENCE_S = 30.0


@pytest.fixture
def launch():
    return Launch((sys.executable, str(STUB)), dict(os.environ))


@pytest.fixture
def make_job(launch, tmp_path):
    """A solve of a part that the worker plays, in a folder with a space and other letters."""
    jobs = []

    def make(part, *, steps=(), **fields):
        folder = tmp_path / f"tåke {len(jobs)}"
        solve = Step(("solve", f"{part}.mp4", "b.mp4", "--out", str(folder)), share=0.75)
        jobs.append(Job([solve, *steps], folder=folder, launch=launch, **fields))
        return jobs[-1]

    yield make
    for job in jobs:
        job.end(0.0)


def wait_for(condition):
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "waited too long"
        time.sleep(0.01)


def hear_until_end(job):
    assert job.wait(PATIENCE_S)
    return job.messages(1000)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def test_job_gives_messages_and_result(make_job):
    job = make_job("good")
    job.start()
    messages = hear_until_end(job)
    assert [message["type"] for message in messages] == ["stage", "progress", "warning", "warning"]
    assert job.outcome.status == worker_client.DONE
    assert job.outcome.results[0]["verdict"] == "check"


def test_fractions_are_of_the_whole_job(make_job, tmp_path):
    job = make_job("good", steps=[Step(("proxies", str(tmp_path), "a.mp4"), share=0.25)])
    job.start()
    fractions = [m["fraction"] for m in hear_until_end(job) if m["type"] == "progress"]
    assert fractions == [0.375, 1.0]
    assert [result["command"] for result in job.outcome.results] == ["solve", "proxies"]


def test_failed_optional_step_is_a_warning(make_job, tmp_path):
    proxies = Step(("proxies", str(tmp_path), "good_unseen.mp4"), is_optional=True)
    job = make_job("good", steps=[proxies])
    job.start()
    assert hear_until_end(job)[-1] == {"type": "warning", "message": "the disk is full."}
    assert job.outcome.status == worker_client.DONE


def test_messages_are_given_in_portions(make_job):
    job = make_job("good")
    job.start()
    job.wait(PATIENCE_S)
    assert [len(job.messages(3)), len(job.messages(3)), len(job.messages(3))] == [3, 1, 0]


def test_fault_of_the_input_is_the_workers_own_line(make_job):
    job = make_job("nobody")
    job.start()
    hear_until_end(job)
    assert job.outcome.status == worker_client.FAILED
    assert job.outcome.message == "nobody there; check --start."
    assert job.outcome.reason == "no_person"


def test_crash_is_told_with_the_workers_last_words_and_log(make_job):
    job = make_job("crash")
    job.start()
    hear_until_end(job)
    assert job.outcome.status == worker_client.CRASHED
    assert "the last words" in job.outcome.message
    assert "\n" not in job.outcome.message
    assert job.outcome.log == job.folder / "worker.log"
    assert "the last words" in job.outcome.log.read_text()


def test_log_of_a_crash_is_kept_elsewhere_where_the_take_cannot_be_written(launch, tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    step = Step(("solve", "crash.mp4", "b.mp4", "--out", str(tmp_path / "t")))
    job = Job([step], folder=file, launch=launch)
    job.start()
    hear_until_end(job)
    assert "the last words" in job.outcome.log.read_text()


def test_worker_that_ends_without_an_answer_has_crashed(make_job):
    job = make_job("silent")
    job.start()
    hear_until_end(job)
    assert job.outcome.status == worker_client.CRASHED


def test_defect_names_the_log_that_the_core_left(make_job):
    job = make_job("defect")
    job.start()
    hear_until_end(job)
    assert job.outcome.status == worker_client.CRASHED
    assert job.outcome.log == job.folder / "error.log"


def test_killed_worker_is_told_as_killed(make_job):
    job = make_job("slow")
    job.start()
    wait_for(lambda: any(m["type"] == "progress" for m in job.messages()))
    job._process.kill()
    hear_until_end(job)
    assert job.outcome.status == worker_client.CRASHED
    assert "killed" in job.outcome.message


def test_worker_that_cannot_be_started_is_told(tmp_path):
    job = Job([Step(("solve",))], launch=Launch((str(tmp_path / "no python"),), {}))
    job.start()
    hear_until_end(job)
    assert job.outcome.status == worker_client.CRASHED
    assert "could not be started" in job.outcome.message


def test_missing_packages_are_named(tmp_path):
    job = Job([Step(("-c", "import no_such_package"))], launch=Launch((sys.executable,), {}))
    job.start()
    hear_until_end(job)
    assert "not installed" in job.outcome.message
    assert "no_such_package" in job.outcome.message


def test_cancel_ends_the_worker_politely(make_job):
    job = make_job("slow")
    job.start()
    wait_for(job.messages)
    job.cancel()
    assert job.wait(PATIENCE_S)
    assert job.outcome.status == worker_client.CANCELLED
    assert not (job.folder / "worker.log").exists()


def test_worker_deaf_to_cancel_is_ended_with_its_children(make_job):
    job = make_job("deaf", cancel_grace_s=0.2)
    job.start()
    wait_for(lambda: (job.folder / "child").is_file() and (job.folder / "child").read_text())
    job.cancel()
    assert job.wait(PATIENCE_S)
    assert job.outcome.status == worker_client.CANCELLED
    child = int((job.folder / "child").read_text())
    wait_for(lambda: not is_alive(child))


def test_end_waits_no_longer_than_it_may(make_job):
    job = make_job("deaf")
    job.start()
    wait_for(lambda: (job.folder / "child").is_file() and (job.folder / "child").read_text())
    start_s = time.monotonic()
    job.end(0.5)
    assert job.wait(PATIENCE_S)
    assert time.monotonic() - start_s < worker_client.CANCEL_GRACE_S
    wait_for(lambda: not is_alive(int((job.folder / "child").read_text())))


def test_cancel_does_not_wait_for_the_worker(make_job):
    job = make_job("deaf")
    job.start()
    wait_for(job.messages)
    job.cancel()
    assert job.outcome is None


def test_cancel_after_the_end_changes_nothing(make_job):
    job = make_job("good")
    job.start()
    hear_until_end(job)
    job.cancel()
    assert job.outcome.status == worker_client.DONE


def test_queue_does_one_job_after_another(make_job):
    queue = JobQueue()
    first, second = make_job("good"), make_job("good")
    queue.submit(first)
    queue.submit(second)
    wait_for(lambda: queue.running is first)
    assert queue.n_waiting == 1
    hear_until_end(second)
    times = [json.loads((j.folder / "asked.txt").read_text())["at_s"] for j in (first, second)]
    assert times[1] - times[0] >= 0.3  # what the first takes
    assert first.outcome.status == second.outcome.status == worker_client.DONE
    assert queue.running is None


def test_cancelled_before_its_turn_a_job_never_starts(make_job):
    queue = JobQueue()
    first, second = make_job("slow"), make_job("good")
    queue.submit(first)
    queue.submit(second)
    wait_for(lambda: queue.running is first)
    second.cancel()
    assert second.outcome.status == worker_client.CANCELLED
    assert first.outcome is None
    first.cancel()
    assert first.wait(PATIENCE_S)
    assert not second.folder.exists()


def test_queue_goes_on_after_a_crash(make_job):
    queue = JobQueue()
    jobs = [make_job("crash"), make_job("good")]
    for job in jobs:
        queue.submit(job)
    hear_until_end(jobs[1])
    assert jobs[1].outcome.status == worker_client.DONE


def test_end_of_the_queue_ends_everything(make_job):
    queue = JobQueue()
    jobs = [make_job("slow"), make_job("good")]
    for job in jobs:
        queue.submit(job)
    wait_for(lambda: queue.running is jobs[0])
    queue.end(PATIENCE_S)
    assert [job.outcome.status for job in jobs] == [worker_client.CANCELLED] * 2


@pytest.mark.parametrize(
    ("part", "error"),
    [("nobody", InputError), ("crash", MocapError)],
)
def test_waiting_for_a_job_raises_what_went_wrong(make_job, part, error):
    with pytest.raises(error):
        worker_client.run_job(make_job(part), lambda message: None)


def test_waiting_for_a_job_that_is_cancelled_raises_cancelled(make_job):
    job = make_job("slow")
    with pytest.raises(Cancelled):
        worker_client.run_job(job, lambda message: job.cancel())


def test_listener_that_fails_ends_the_worker(make_job):
    job = make_job("deaf", cancel_grace_s=0.1)

    def fail(message):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker_client.run_job(job, fail)
    assert job.wait(PATIENCE_S)


def test_real_worker_examines_a_video(repository):
    video = repository / "examples" / "charleston_a.mp4"
    (facts,) = run_worker(["probe", str(video)])["videos"]
    assert (facts["width_px"], facts["height_px"], facts["has_audio"]) == (640, 480, True)


def test_worker_finds_the_wheels_of_extensions_and_nothing_of_the_user(monkeypatch):
    wheels = str(Path("/home/x/extensions/.local/lib/python3.11/site-packages"))
    monkeypatch.setattr(sys, "path", [*sys.path, wheels])
    monkeypatch.setenv("PYTHONPATH", "/somebody/else")
    monkeypatch.setenv("PYTHONHOME", "/somebody/else")
    environment = worker_launch([Path("/gpu")]).environment
    paths = environment["PYTHONPATH"].split(os.pathsep)
    assert paths[0] == str(Path("/gpu"))
    assert paths[-1] == wheels
    assert "/somebody/else" not in paths
    assert "PYTHONHOME" not in environment
    assert environment["PYTHONNOUSERSITE"] == "1"


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def test_time_left_follows_the_pace():
    clock = Clock()
    left = TimeLeft(clock)
    assert left.seconds(0.0) == -1.0
    clock.now_s = 10.0
    assert left.seconds(0.25) == pytest.approx(30.0)


def test_what_an_earlier_solve_did_is_no_pace():
    clock = Clock()
    left = TimeLeft(clock)
    clock.now_s = 1.0
    left.seconds(0.7)
    left.skip()
    assert left.seconds(0.7) == -1.0
    clock.now_s = 11.0
    assert left.seconds(0.8) == pytest.approx(20.0)
