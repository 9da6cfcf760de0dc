"""What a wheel file says of itself."""

import hashlib
import zipfile
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename
from targets import Target

from packaging.requirements import Requirement

PATH_LIMIT = 259
"""Of Windows, without the zero at the end."""
TYPICAL_PREFIX = 120
"""Of Blender's site-packages for extensions in the profile of a Windows user."""

_NOT_TEXTS = (".py", ".pyi", ".pyc", ".h", ".json", ".xml")
_LICENCE_WORDS = ("licen", "copying", "notice", "authors", "copyright")


@dataclass(frozen=True, kw_only=True, slots=True)
class WheelFacts:
    """From a wheel's METADATA and its list of files.

    name:     normalised as package indexes do: lower case, dashes.
    requires: what has to be installed with it, each under its marker.
    licence:  its SPDX expression, or whatever it says instead.
    """

    name: str
    version: str
    requires: tuple[Requirement, ...]
    licence: str
    home_page: str
    files: tuple[str, ...]


def read_wheel(path: Path) -> WheelFacts:
    """Read the facts of a wheel. Raises ValueError if it holds no METADATA."""
    with zipfile.ZipFile(path) as wheel:
        files = tuple(name for name in wheel.namelist() if not name.endswith("/"))
        metadata = [name for name in files if _is_in_dist_info(name, "METADATA")]
        if len(metadata) != 1:
            raise ValueError(f"{path.name} is not a wheel: {len(metadata)} METADATA files.")
        headers = HeaderParser().parsestr(wheel.read(metadata[0]).decode("utf-8"))
    return WheelFacts(
        name=canonicalize_name(headers["Name"]),
        version=headers["Version"],
        requires=tuple(map(Requirement, headers.get_all("Requires-Dist", []))),
        licence=_licence(headers),
        home_page=_home_page(headers),
        files=files,
    )


def fits(file_name: str, target: Target) -> bool:
    """Whether a wheel of this name installs on the target."""
    major, minor = map(int, target.python.split("."))
    platforms = _mac_tags(target) or list(target.platform.pip_tags)
    supported = {
        *cpython_tags((major, minor), platforms=platforms),
        *compatible_tags((major, minor), f"cp{major}{minor}", platforms),
    }
    return not supported.isdisjoint(parse_wheel_filename(file_name)[3])


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def licence_texts(path: Path) -> dict[str, bytes]:
    """Licences, notices and lists of authors of a wheel, by their path inside its dist-info.

    Texts outside the dist-info are found too: some wheels keep those of bundled libraries there.
    """
    texts: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if is_licence(name):
                parts = PurePosixPath(name).parts
                is_inside = parts[0].endswith(".dist-info")
                texts["/".join(parts[1:] if is_inside else parts)] = wheel.read(name)
    return texts


def is_licence(name: str) -> bool:
    """Whether a file of a wheel is a licence, a notice or a list of authors, by its name."""
    short = PurePosixPath(name)
    if name.endswith("/") or short.suffix in _NOT_TEXTS:
        return False
    return any(word in short.name.lower() for word in _LICENCE_WORDS)


def is_too_long(name: str) -> bool:
    """Whether Windows would refuse a file of a wheel where Blender unpacks it."""
    return TYPICAL_PREFIX + len(name) > PATH_LIMIT


def _is_in_dist_info(name: str, file_name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) == 2 and parts[0].endswith(".dist-info") and parts[1] == file_name


def _licence(headers: Message) -> str:
    if headers["License-Expression"]:
        return headers["License-Expression"]
    classifiers = headers.get_all("Classifier", [])
    licences = [line.split(" :: ")[-1] for line in classifiers if line.startswith("License ::")]
    stated = (headers["License"] or "").strip().splitlines()
    return ", ".join(licences) or (stated[0] if stated else "see its texts")


def _home_page(headers: Message) -> str:
    urls = headers.get_all("Project-URL", [])
    pages = [url.split(",", 1)[1].strip() for url in urls]
    return headers["Home-page"] or (pages[0] if pages else "")


def _mac_tags(target: Target) -> list[str]:
    """On a Mac every earlier system's wheels fit, and those for both processors."""
    if target.platform.markers["sys_platform"] != "darwin":
        return []
    major = int(target.platform.pip_tags[0].split("_")[1])
    return list(mac_platforms((major, 0), "arm64"))
