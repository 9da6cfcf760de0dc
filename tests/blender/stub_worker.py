"""Stands in for the worker: plays the part that its first video's name asks for.

`proxies` does nothing. A solve of "good..." writes a report and what it was asked for; "slow..."
goes on until it hears cancel, "deaf..." for ever, with a child; "crash..." aborts; "silent..." ends
without a word; "defect..." fails as the core does, "nobody..." as it does about its input.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

VERDICT = "check"
ADVICE = "Film again; give --height."


def say(kind, **fields):
    sys.stdout.write(json.dumps({"type": kind, **fields}) + "\n")
    sys.stdout.flush()


def fail(reason, message, code):
    say("error", reason=reason, message=message, exit_code=code)
    sys.exit(code)


def stop_on_cancel():
    for line in sys.stdin:
        if line.strip() == "cancel":
            break
    try:
        say("error", reason="stopped", message="stopped.", exit_code=130)
    finally:  # even where nobody listens any more
        os._exit(130)


def solve(videos, take):
    take.mkdir(parents=True, exist_ok=True)
    with (take / "asked.txt").open("a") as log:
        log.write(json.dumps({"arguments": sys.argv[1:], "at_s": time.time()}) + "\n")
    part = Path(videos[0]).name
    say("stage", stage="probe", state="started", seconds=0.0, is_reused=False)
    say("progress", fraction=0.5, message="Half way")
    if part.startswith("slow"):
        Thread(target=stop_on_cancel, daemon=True).start()
        time.sleep(600)
    if part.startswith("deaf"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (take / "child").write_text(str(child.pid))
        time.sleep(600)
    if part.startswith("crash"):
        sys.stderr.write("Fatal: the last words\n")
        sys.stderr.flush()
        os.abort()
    if part.startswith("silent"):
        sys.exit(0)
    if part.startswith("defect"):
        (take / "error.log").write_text("Traceback")
        fail("defect", "this is a defect of mvmocap.", 1)
    if part.startswith("nobody"):
        fail("no_person", "nobody there; check --start.", 2)
    time.sleep(0.3 if part.startswith("good") else 0.0)
    report = {"verdict": VERDICT, "advice": [ADVICE]}
    (take / "report.json").write_text(json.dumps(report))
    (take / "take.json").write_text(json.dumps({"videos": videos}))
    say("warning", message="Film again; give --height.")
    say("warning", message="It is dark.")
    say("result", command="solve", take=str(take), **report)


command, *rest = sys.argv[1:]
if command == "solve":
    cut = rest.index("--out")
    solve(rest[:cut], Path(rest[cut + 1]))
elif command == "proxies":
    if Path(rest[1]).name.startswith("good_unseen"):
        fail("unwritable", "the disk is full.", 2)
    say("progress", fraction=1.0, message="Writing footage")
    say("result", command="proxies", files=[])
