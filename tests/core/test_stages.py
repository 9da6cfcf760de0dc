import itertools

import pytest

from mvmocap_core.stages import STAGE_SHARES, StageEvent, Stages


def test_shares_are_of_one_whole_job():
    assert sum(STAGE_SHARES.values()) == pytest.approx(1.0)


def test_each_stage_has_its_own_part_of_the_progress():
    told = []
    stages = Stages(lambda fraction, message: told.append(fraction))
    for stage in STAGE_SHARES:
        stages.run(stage, lambda progress: progress(0.5, "half"))
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == pytest.approx(1.0)


def test_stage_that_reports_nonsense_stays_within_its_part():
    told = []
    stages = Stages(lambda fraction, message: told.append(fraction))
    stages.run("probe", lambda progress: (progress(7.0, "much"), progress(-1.0, "less")))
    assert min(told) == 0.0
    assert max(told) == STAGE_SHARES["probe"]


def test_events_tell_begin_end_and_reuse():
    events = []
    stages = Stages(lambda fraction, message: None, events.append)
    assert stages.run("sync", lambda progress: stages.note_reused("sync") or 5) == 5
    assert [event.state for event in events] == ["started", "done"]
    assert events[0] == StageEvent("sync", "started")
    assert events[1].is_reused
    assert set(stages.timings_s) == {"sync"}


def test_stage_that_fails_has_no_time():
    stages = Stages(lambda fraction, message: None)
    with pytest.raises(ZeroDivisionError):
        stages.run("body", lambda progress: 1 // 0)
    assert stages.timings_s == {}


def test_job_of_few_stages_fills_the_whole_progress():
    fractions = []
    stages = Stages(lambda fraction, message: fractions.append(fraction), only=("correct", "clean"))
    stages.run("correct", lambda progress: None)
    assert fractions == [0.0, pytest.approx(0.5)]
    stages.run("clean", lambda progress: None)
    assert fractions[-1] == pytest.approx(1.0)


def test_a_job_that_looks_for_hands_does_so_after_the_body():
    told = []
    stages = Stages(lambda fraction, message: told.append(fraction), has_hands=True)
    names = list(STAGE_SHARES)
    names.insert(names.index("body") + 1, "hands")
    for stage in names:
        stages.run(stage, lambda progress: progress(0.5, "half"))
    assert all(before < after + 1e-9 for before, after in itertools.pairwise(told))
    assert told[-1] == pytest.approx(1.0)
