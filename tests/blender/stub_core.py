"""Stands in for `python -m mvmocap_core solve` in a copy of the repository under test.

MOTION REAL_PYTHON -m MODULE ARGUMENTS...: a solve copies MOTION into the take, or fails, hangs or
crashes where the first video's name asks for it. Any other module is run for real.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

motion, real_python, *command = sys.argv[1:]
if command[:3] != ["-m", "mvmocap_core", "solve"]:
    os.execv(real_python, [real_python, *command])  # noqa: S606 - no shell is wanted

take = Path(command[command.index("--out") + 1])
take.mkdir(parents=True, exist_ok=True)
(take / "arguments.json").write_text(json.dumps(command))
video = Path(command[3]).name
if video.startswith("hangs"):
    (take / "pid").write_text(str(os.getpid()))
    time.sleep(600)
if video.startswith("crashes"):
    os.abort()
if video.startswith("unsolvable"):
    record = {"type": "error", "reason": "no_person", "message": "nobody there; film again."}
    sys.stdout.write(json.dumps({**record, "exit_code": 2}) + "\n")
    sys.exit(2)
shutil.copy(motion, take / "motion.npz")
(take / "report.json").write_text('{"verdict": "check"}')
