"""The process that detects in one video, started by `parallel`.

A pickled `Request` comes on stdin from the process that started this one. JSON lines go to
stdout: {"fraction", "message"} now and then, at last {"done": true} or {"error": {...}}.
"""

import json
import os
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mvmocap_core.detection.detector import VideoReader
from mvmocap_core.errors import InputError, MocapError, ModelError, UnsolvableError
from mvmocap_core.storage import save_arrays, to_arrays

ERROR_KINDS: dict[str, type[MocapError]] = {
    kind.__name__: kind for kind in (MocapError, InputError, UnsolvableError, ModelError)
}


@dataclass(frozen=True, slots=True)
class Request:
    """What to detect where; what is found is stored in `result` (.npz)."""

    detector: VideoReader
    video: Path
    start_s: float | None
    end_s: float | None
    result: Path


def main() -> int:
    """Serve one request. Returns the exit code: 0 where an answer was given."""
    answers = _take_over_stdout()
    request: Request = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent's, on its own pipe

    def tell(fraction: float, message: str) -> None:
        _send(answers, {"fraction": fraction, "message": message})

    try:
        found = request.detector.detect(
            request.video, start_s=request.start_s, end_s=request.end_s, progress=tell
        )
        save_arrays(request.result, to_arrays(found))
    except BrokenPipeError:  # nobody waits for the answer any more
        return 1
    except MocapError as error:
        kind = type(error).__name__
        answer = {"kind": kind, "message": str(error), "reason": error.reason}
        _send(answers, {"error": answer})
        return 0
    _send(answers, {"done": True})
    return 0


def _take_over_stdout() -> TextIO:
    """Keep stdout for answers; what libraries print there goes to stderr, the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _send(answers: TextIO, message: dict[str, object]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # native libraries need not tidy up
