import json
import os
import re
import signal
import subprocess
import sys
import time

import jsonschema
import pytest

from mvmocap_core.cli import main
from mvmocap_core.errors import Cancelled, UnsolvableError
from mvmocap_core.stages import STAGE_SHARES
from mvmocap_core.storage import save_arrays
from tests.core.clips import write_clip
from tests.core.imagined import Imagined
from tests.core.scenes import make_calibration, make_motion


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return [
        str(write_clip(folder / "a.mp4", n_frames=60, size=(640, 480), seed=1)),
        str(write_clip(folder / "b.mp4", n_frames=60, size=(640, 480), seed=2)),
    ]


@pytest.fixture
def imagined(monkeypatch):
    made = Imagined()
    made.install(monkeypatch)
    return made


@pytest.fixture(autouse=True)
def _signals_restored():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def take(tmp_path):
    return tmp_path / "take"


def json_lines(text, repository):
    schema = json.loads((repository / "docs/schemas/messages.schema.json").read_text())
    records = [json.loads(line) for line in text.splitlines()]
    for record in records:
        jsonschema.validate(record, schema)
    return records


def one_line(capsys):
    """The only line on stderr; nothing on stdout."""
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    return err


def test_solve_says_verdict_and_files(clips, take, imagined, capsys):
    assert main(["solve", *clips, "--out", str(take), "--height", "1.8"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split(":")[0] for line in out.splitlines()[:2]] == ["probe", "detect"]
    assert out.splitlines()[-3:] == [
        "Verdict: good",
        f"Motion: {take / 'motion.npz'}",
        f"Report: {take / 'report.html'}",
    ]


def test_json_lines_hold_the_schema_and_end_with_the_report(
    clips, take, imagined, capsys, repository
):
    assert main(["solve", *clips, "--out", str(take), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    records = json_lines(out, repository)
    done = [r["stage"] for r in records if r["type"] == "stage" and r["state"] == "done"]
    assert done == list(STAGE_SHARES)
    assert records[-1]["type"] == "result"
    report = json.loads((take / "report.json").read_text())
    assert records[-1] == {"type": "result", "command": "solve", "take": str(take), **report}
    assert any(r["type"] == "warning" and "--height" in r["message"] for r in records)


def test_doubtful_take_is_done_and_says_check(clips, take, imagined, capsys):
    imagined.calibration = make_calibration(view_angle_deg=15.0)
    assert main(["solve", *clips, "--out", str(take)]) == 0
    out, err = capsys.readouterr()
    assert "Verdict: check (cameras_too_close)" in out
    assert "60 to 100 degrees" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--height", "-1"], "--height -1"),
        (["--height", "nan"], "--height nan"),
        (["--height", "tall"], "--height: 'tall' cannot be read; give a number"),
        (["--height", "1,75"], "give a number such as 1.75"),
        (["--people", "1.5"], "give a whole number"),
        (["--focal-35mm", "26mm"], "give numbers without a unit"),
        (["--board", "9*6"], "give columns and rows such as 9x6"),
        (["--offset", "-0.4,1"], "after = where it begins with a minus sign"),
        (["--fps", "0"], "--fps 0"),
        (["--start", "2", "--end", "1"], "--end must be later"),
        (["--device", "abacus"], "--device abacus"),
        (["--method", "magic"], "--method magic"),
        (["--people", "99"], "--people"),
        (["--frobnicate"], "--frobnicate: unknown option or one word too many; see mvmocap solve"),
        (["--detector", "huge"], "--detector huge"),
    ],
)
def test_bad_option_is_exit_2_and_one_line(clips, take, arguments, says, capsys):
    assert main(["solve", *clips, "--out", str(take), *arguments]) == 2
    assert says in one_line(capsys)
    assert not take.exists()


@pytest.mark.parametrize("arguments", [[], ["dance"], ["solve"], ["solve", "a.mp4", "b.mp4"]])
def test_incomplete_command_is_exit_2_and_one_line(arguments, capsys):
    assert main(arguments) == 2
    assert "--help" in one_line(capsys)


def test_bad_option_with_json_is_one_error_object(clips, take, capsys, repository):
    assert main(["solve", *clips, "--out", str(take), "--json", "--fps", "0"]) == 2
    out, err = capsys.readouterr()
    (record,) = json_lines(out, repository)
    assert (record["type"], record["reason"], record["exit_code"]) == ("error", "bad_option", 2)
    assert len(err.splitlines()) == 1


def test_unsolvable_is_exit_2_one_last_line_and_a_report(clips, take, imagined, capsys):
    imagined.failures["calibrate"] = UnsolvableError("turn about\nmore.", reason="too_flat")
    assert main(["solve", *clips, "--out", str(take), "--json"]) == 2
    out, err = capsys.readouterr()
    assert err == "mvmocap: turn about more.\n"
    assert json.loads(out.splitlines()[-1])["reason"] == "too_flat"
    assert json.loads((take / "report.json").read_text())["reasons"] == ["too_flat"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Cancelled()])
def test_stopping_is_exit_130(clips, take, imagined, capsys, stop):
    imagined.failures["calibrate"] = stop
    assert main(["solve", *clips, "--out", str(take), "--json"]) == 130
    out, _ = capsys.readouterr()
    assert json.loads(out.splitlines()[-1])["exit_code"] == 130
    imagined.failures.clear()
    imagined.calls.clear()
    assert main(["solve", *clips, "--out", str(take)]) == 0
    assert set(imagined.calls) == {"calibrate", "body"}


def test_defect_is_exit_1_with_the_traceback_in_the_take(clips, take, imagined, capsys):
    imagined.failures["body"] = ZeroDivisionError("oops")
    assert main(["solve", *clips, "--out", str(take)]) == 1
    _, err = capsys.readouterr()
    assert "please report it" in err.splitlines()[-1]
    assert "ZeroDivisionError: oops" in (take / "error.log").read_text()


def test_report_is_made_again_from_the_take(clips, take, imagined, capsys):
    assert main(["solve", *clips, "--out", str(take), "--height", "1.7"]) == 0
    (take / "report.html").unlink()
    (take / "report.json").unlink()
    imagined.calls.clear()
    assert main(["report", str(take)]) == 0
    assert not imagined.calls
    assert (take / "report.html").exists()
    assert json.loads((take / "report.json").read_text())["people"][0]["height_m"] == 1.7


def test_report_of_no_take_is_exit_2(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert "solve two videos into it first" in one_line(capsys)


@pytest.mark.parametrize("command", ["clean", "correct", "report", "pack", "export", "clip"])
def test_take_that_is_not_there_is_exit_2_and_not_made(tmp_path, capsys, command):
    more = {"pack": [str(tmp_path / "take.zip")], "clip": ["--to", str(tmp_path / "clip")]}
    assert main([command, str(tmp_path / "mistyped"), *more.get(command, [])]) == 2
    assert "mistyped: no such take folder; check the path" in one_line(capsys)
    assert not list(tmp_path.iterdir())


def test_export_writes_bvh(take, capsys):
    save_arrays(take / "motion.npz", make_motion().to_arrays())
    assert main(["export", str(take)]) == 0
    assert (take / "motion.bvh").read_text().startswith("HIERARCHY")
    assert main(["export", str(take), "--scale", "100", "--to", str(take / "cm.bvh")]) == 0
    root = [line.split()[1] for line in (take / "cm.bvh").read_text().splitlines()[-1:]]
    assert abs(float(root[0])) > 50.0


def test_export_that_needs_blender_says_so(take, capsys):
    save_arrays(take / "motion.npz", make_motion().to_arrays())
    assert main(["export", str(take), "--format", "fbx"]) == 2
    assert "build.py" in one_line(capsys)


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "x"])
def test_export_refuses_a_scale_that_is_none(take, capsys, scale):
    assert main(["export", str(take), "--scale", scale]) == 2
    assert "--scale" in one_line(capsys)


def test_export_without_motion_is_exit_2(tmp_path, capsys):
    assert main(["export", str(tmp_path)]) == 2
    assert "holds no motion.npz; solve two videos into it first" in one_line(capsys)


def test_doctor_tells_versions_and_models(capsys, repository):
    code = main(["doctor", "--json"])
    out, _ = capsys.readouterr()
    records = json_lines(out, repository)
    assert records[0]["versions"]["mvmocap"]
    assert set(records[0]["models"]) == {"heavy", "full", "lite", "hand"}
    assert code == (0 if records[0]["models"]["heavy"]["path"] else 2)


def test_version_and_help_are_exit_0(capsys):
    for arguments in (["--version"], ["--help"], ["solve", "--help"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    assert "--height" in capsys.readouterr().out


def test_reader_that_went_away_is_no_defect(clips, take):
    command = f"{sys.executable} -m mvmocap_core doctor --json | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


def test_ctrl_c_ends_the_process_with_130_and_no_traceback(take, repository):
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # background jobs ignore it
        "from mvmocap_core import cli, pipeline\n"
        "def solve(*a, **k):\n"
        "    print('ready', flush=True); time.sleep(60)\n"
        "pipeline.solve = solve\n"
        "sys.exit(cli.main(['solve', 'a.mp4', 'b.mp4', '--out', sys.argv[1]]))\n"
    )
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(take)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(repository)},
        )  # fmt: skip
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal_number)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 130
        assert re.fullmatch(r"mvmocap: stopped; [^\n]*\n", err)
