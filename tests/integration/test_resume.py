"""A solve that is killed goes on where it was."""

import json
import os
import signal
import subprocess
import sys

import pytest

from mvmocap_core.cli import main
from mvmocap_core.detection.models import find_model
from mvmocap_core.errors import ModelError
from mvmocap_core.motion.clip import load_motion


@pytest.mark.parametrize("stage", ["sync", "calibrate"])
def test_killed_solve_is_resumed_after_its_last_stage(
    shared_data, repository, tmp_path, capsys, stage
):
    try:
        find_model("heavy")
    except ModelError:
        pytest.skip("the detector's model is absent; run ./run setup")
    videos = [str(shared_data / "synth/punch_female" / name) for name in ("a.mp4", "b.mp4")]
    arguments = ["solve", *videos, "--out", str(tmp_path), "--height", "1.7", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mvmocap_core", *arguments],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(repository)},
    )  # fmt: skip
    for line in process.stdout:
        event = json.loads(line)
        if event.get("stage") == stage and event["state"] == "started":
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "motion.npz").exists()
    assert main(arguments) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert "detect" in report["reused_stages"]
    assert "body" not in report["reused_stages"]
    assert len(load_motion(tmp_path / "motion.npz").times_s) == 36
    assert not list(tmp_path.rglob(".writing-*"))
