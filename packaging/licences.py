"""The licences of everything that a zip carries."""

from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name
from wheel_files import WheelFacts, is_too_long, licence_texts, read_wheel

_TEXTS = Path(__file__).parent / "licence_texts"
"""For wheels that hold no text of their own: a file or several in a folder of the wheel's name."""

_OVERVIEW_HEAD = """\
# What this extension carries

The extension and mvmocap_core are GPL-3.0-or-later (LICENSE). Each package below keeps its own
licence; its texts are in the folder of its name. Sources of all of them are on https://pypi.org
under the versions named here.

- `av` contains FFmpeg (https://ffmpeg.org) with x264 (https://www.videolan.org/developers/x264.html),
  GPL-2.0-or-later, and other libraries; how they were built, with their sources, is in
  https://github.com/PyAV-Org/pyav-ffmpeg.
- `opencv-python-headless` contains FFmpeg, LGPL-2.1-or-later, and others: see its
  LICENSE-3RD-PARTY.txt.
- `torch`, where it is carried, is without its headers, static libraries and test programs. It
  contains Intel's oneMKL on Linux and Windows, under Intel's Simplified Software License, and an
  OpenMP runtime: see its NOTICE and the folder third_party beside its licence.
- `pose_landmarker_*.task` are MediaPipe's pose models, Apache-2.0, from the npm package
  `@mediapipe/pose` 0.5.1675469404; the text is that of `mediapipe`.
- `hand_landmark_full.tflite` is MediaPipe's network of hands, Apache-2.0, from the Python package
  `mediapipe` 0.10.21; the same text.

| package | version | licence | from |
| --- | --- | --- | --- |
"""


class LicenceError(Exception):
    """A wheel without any licence text; one has to be put beside this module."""


def licence_files(wheels: Iterable[Path]) -> dict[str, bytes]:
    """Texts of all wheels by their path in the zip, with an overview.

    Raises LicenceError if a wheel has none, or two would overwrite each other.
    """
    entries: dict[str, bytes] = {}
    rows: dict[str, str] = {}
    for path in wheels:
        facts = read_wheel(path)
        texts = licence_texts(path) or _own_texts(facts)
        folder = f"licenses/{facts.name}-{facts.version}"
        short = {_short_enough(f"{folder}/{name}"): text for name, text in texts.items()}
        if len(short) < len(texts):
            raise LicenceError(f"{path.name}: licences share a name once their paths are cut.")
        entries |= short
        cells = (facts.name, facts.version, facts.licence, facts.home_page)
        rows[facts.name + facts.version] = f"| {' | '.join(cells)} |\n"
    overview = _OVERVIEW_HEAD + "".join(rows[key] for key in sorted(rows))
    return {**entries, "licenses/README.md": overview.encode()}


def _short_enough(path: str) -> str:
    """The path less so many of its folders that Windows takes it: the package's and last stay."""
    parts = path.split("/")
    while is_too_long("/".join(parts)) and len(parts) > 4:
        del parts[2]
    return "/".join(parts)


def _own_texts(facts: WheelFacts) -> dict[str, bytes]:
    folder = _TEXTS / canonicalize_name(facts.name)
    texts = {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}
    if not texts:
        raise LicenceError(
            f"{facts.name} {facts.version} ({facts.licence}) holds no licence: put its text into "
            f"{folder}."
        )
    return texts
