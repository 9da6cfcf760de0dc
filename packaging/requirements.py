"""Which wheels a zip needs, and whether it has them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name
from targets import BLENDER_NUMPY, Target
from wheel_files import WheelFacts

from packaging.requirements import Requirement

CORE = "mvmocap-core"
LIFTER = "lifter"
"""The core's extra that the full zips have: PyTorch and what it asks for."""

REPLACED = {
    "opencv-contrib-python": "opencv-python-headless has what MediaPipe uses; two would collide",
    "sounddevice": "records from microphones; MediaPipe imports it for its audio tasks alone",
    "setuptools": "builds C++ extensions of PyTorch, which nothing here does",
}
"""What wheels ask for and deliberately do not get, with the reason."""

FROM_BLENDER = {"numpy": BLENDER_NUMPY}
"""What Blender carries itself: package, then Blender's Python, then the version there."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A line of requirements.txt: one version of a package, under a marker."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]

    def applies_to(self, target: Target) -> bool:
        """Whether the target takes this version."""
        return self.marker is None or self.marker.evaluate(target.markers)


def read_pins(path: Path) -> list[Pin]:
    """Read a requirements.txt with hashes. Options of pip in it are passed over."""
    lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    pins = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith(("#", "--")):
            continue
        requirement = Requirement(line.split("--hash")[0].strip())
        version = str(requirement.specifier).removeprefix("==")
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
        pins.append(Pin(canonicalize_name(requirement.name), version, requirement.marker, hashes))
    return pins


def needed(facts: WheelFacts, target: Target, *, extra: str = "") -> list[Requirement]:
    """What the target has to bring for this wheel, beyond Blender and what is replaced.

    extra: of the core, what it asks for with this extra too.
    """
    markers = {**target.markers, "extra": extra if facts.name == CORE else ""}
    return [
        requirement
        for requirement in facts.requires
        if (requirement.marker is None or requirement.marker.evaluate(markers))
        and canonicalize_name(requirement.name) not in (*REPLACED, *FROM_BLENDER)
    ]


def unmet(carried: Mapping[str, WheelFacts], target: Target, *, extra: str = "") -> list[str]:
    """Say which requirements of the carried wheels the target would not meet; none is right.

    carried: by name, the wheels that this target installs.
    extra:   of the core, to be met too.
    """
    problems = []
    for facts in carried.values():
        for requirement in needed(facts, target, extra=extra):
            found = carried.get(canonicalize_name(requirement.name))
            if found is None:
                problems.append(f"{target}: {facts.name} needs {requirement}, which is absent.")
            elif not requirement.specifier.contains(found.version, prereleases=True):
                problems.append(
                    f"{target}: {facts.name} needs {requirement}, it gets {found.version}."
                )
        if facts.name != CORE:  # its pins are those of the tests; its Doctor looks at what it gets
            problems += _unmet_by_blender(facts, target)
    return problems


def _unmet_by_blender(facts: WheelFacts, target: Target) -> Iterable[str]:
    for requirement in facts.requires:
        version = FROM_BLENDER.get(canonicalize_name(requirement.name), {}).get(target.python)
        is_asked = requirement.marker is None or requirement.marker.evaluate(target.markers)
        if version and is_asked and not requirement.specifier.contains(version):
            yield f"{target}: {facts.name} needs {requirement}, Blender has {version}."
