"""Read and check `scenes.toml`: what a batch is asked to make. See docs/batch.md."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mvmocap_core.errors import InputError, MocapError
from mvmocap_core.options import SolveOptions, check_counts

from ..armature.bake_options import BakeOptions, RetargetOptions, RootMotion
from .scene_values import (
    OPTION_KINDS,
    OWN_KEYS,
    Rule,
    is_list_of,
    is_number,
    is_switch,
    is_text,
    scene_words,
)

EXPORT_FORMATS = ("fbx", "bvh", "glb", "usd")
_NAME = re.compile(r"\w[\w .-]{0,62}")
_RESERVED_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Character:
    """Whom a performer's motion is put on.

    character: .blend whose `armature` object is animated; None generates an armature.
    bone_map:  .json of the character's bone for each joint name; None looks its bones up.
    bake:      how the armature follows, at the motion's own rate.
    """

    character: Path | None = None
    armature: str | None = None
    bone_map: Path | None = None
    bake: BakeOptions = BakeOptions()


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneJob:
    """One `[[scene]]`, checked, with absolute paths. Whether its files exist is not.

    name:       of the files, the Blender collection and the armature; safe as a file name.
    out:        folder for everything that is made.
    options:    of the solve, those that are keys of the scene itself included.
    characters: in the order of the performers; those beyond them get generated armatures.
    export:     subset of `EXPORT_FORMATS`.
    preview:    also make preview.mp4.
    """

    name: str
    videos: tuple[Path, ...]
    out: Path
    options: SolveOptions
    characters: tuple[Character, ...] = (Character(),)
    export: tuple[str, ...] = ()
    preview: bool = False


def read_scenes(path: Path) -> list[SceneJob]:
    """The scenes of a batch file, in its order.

    Raises:
        InputError: in one line, when the file is missing, is not TOML, or asks for something
            unknown, of a wrong type or unsafe.
    """
    document = _read_toml(path)
    unknown = sorted(set(document) - {"scene"})
    if unknown:
        raise _bad(path, f"unknown key {unknown[0]!r}; a batch file holds [[scene]] tables only")
    tables = document.get("scene")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise _bad(path, "give at least one [[scene]] table")
    jobs: list[SceneJob] = []
    for number, table in enumerate(tables, start=1):
        jobs.append(_scene(path, number, table))
    _check_unique(path, "name", [job.name.casefold() for job in jobs])
    _check_unique(path, "out", [str(job.out).casefold() for job in jobs])
    return jobs


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(path, f"not a TOML file ({error}); see docs/batch.md") from error
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror}); check the path") from error


def _scene(path: Path, number: int, table: Mapping[str, Any]) -> SceneJob:
    where = f"scene {number}"
    unknown = sorted(set(table) - set(SCENE_KEYS))
    if unknown:
        hint = f"choose from {', '.join(SCENE_KEYS)}"
        if unknown[0] in OPTION_KINDS:
            hint = "it belongs into the scene's options"
        raise _bad(path, f"{where}: unknown key {unknown[0]!r}; {hint}")
    values: dict[str, Any] = {}
    for key, value in table.items():
        is_right, wanted = SCENE_KEYS[key]
        if not is_right(value):
            raise _bad(path, f"{where}: {key} = {value!r}: give {wanted}")
        values[key] = value
    for key in ("name", "videos"):
        if key not in values:
            raise _bad(path, f"{where}: {key} is missing; give {SCENE_KEYS[key][1]}")
    return _job(path, f"scene {values['name']!r}", values)


def _job(path: Path, where: str, values: Mapping[str, Any]) -> SceneJob:
    folder = path.resolve().parent
    name = str(values["name"])
    characters = _characters(path, where, values)
    options = {key: values[key] for key in OWN_KEYS if key in values}
    options |= _options(path, where, values.get("options", {}))
    if len(characters) > 1:
        n_people = options.setdefault("people", len(characters))
        if 0 < n_people < len(characters):
            message = f"options.people {n_people} for {len(characters)} characters; give as many"
            raise _bad(path, f"{where}: {message}")
    try:
        checked = SolveOptions(**options)
        check_counts(checked, len(values["videos"]))
    except MocapError as error:
        raise _bad(path, f"{where}: {scene_words(str(error)).rstrip('.')}") from error
    return SceneJob(
        name=name,
        videos=tuple(folder / video for video in values["videos"]),
        out=(folder / values.get("out", f"out/{name}")).resolve(),
        options=checked,
        characters=characters,
        export=tuple(dict.fromkeys(values.get("export", ()))),
        preview=values.get("preview", False),
    )


def _characters(path: Path, where: str, values: Mapping[str, Any]) -> tuple[Character, ...]:
    """Of `characters`, or the one that stands in the scene itself."""
    if "characters" not in values:
        return (_character(path, where, values),)
    double = next((key for key in CHARACTER_KEYS if key in values), None)
    if double is not None:
        raise _bad(path, f"{where}: {double} stands beside characters; move it into one of them")
    found: list[Character] = []
    for number, table in enumerate(values["characters"], start=1):
        place = f"{where}: characters {number}"
        for key, value in table.items():
            if key not in CHARACTER_KEYS:
                known = ", ".join(CHARACTER_KEYS)
                raise _bad(path, f"{place}: unknown key {key!r}; choose from {known}")
            is_right, wanted = SCENE_KEYS[key]
            if not is_right(value):
                raise _bad(path, f"{place}: {key} = {value!r}: give {wanted}")
        found.append(_character(path, place, table))
    return tuple(found)


def _character(path: Path, where: str, values: Mapping[str, Any]) -> Character:
    folder = path.resolve().parent
    if ("character" in values) != ("armature" in values):
        raise _bad(path, f"{where}: character and armature belong together; give both or none")
    if "bone_map" in values and "character" not in values:
        raise _bad(path, f"{where}: bone_map needs a character; give one, or leave bone_map out")
    return Character(
        character=folder / values["character"] if "character" in values else None,
        armature=values.get("armature"),
        bone_map=folder / values["bone_map"] if "bone_map" in values else None,
        bake=_bake(path, where, values.get("bake", {})),
    )


def _options(path: Path, where: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Values for `SolveOptions`, with absolute paths."""
    found: dict[str, Any] = {}
    for key, value in options.items():
        if key not in OPTION_KINDS:
            known = ", ".join(OPTION_KINDS)
            raise _bad(path, f"{where}: options: unknown key {key!r}; choose from {known}")
        kind = OPTION_KINDS[key]
        if not kind.is_right(value):
            raise _bad(path, f"{where}: options.{key} = {value!r}: give {kind.wanted}")
        found[key] = kind.read(value, path.resolve().parent)
    return found


def _bake(path: Path, where: str, table: Mapping[str, Any]) -> BakeOptions:
    bake: dict[str, Any] = {}
    follow: dict[str, Any] = {}
    for key, value in table.items():
        if key not in BAKE_KEYS:
            known = ", ".join(BAKE_KEYS)
            raise _bad(path, f"{where}: bake: unknown key {key!r}; choose from {known}")
        option, (is_right, wanted) = BAKE_KEYS[key]
        if not is_right(value):
            raise _bad(path, f"{where}: bake.{key} = {value!r}: give {wanted}")
        if option == "root_motion":
            value = RootMotion(value.upper())
        options = follow if option in RetargetOptions.__dataclass_fields__ else bake
        options[option] = value
    return replace(BakeOptions(retarget=RetargetOptions(**follow)), **bake)


def _check_unique(path: Path, key: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise _bad(path, f"two scenes have the {key} {value!r}; give each its own")


def _bad(path: Path, problem: str) -> InputError:
    return InputError(" ".join(f"{path}: {problem}.".split()), reason="bad_scenes_file")


def _is_name(value: object) -> bool:
    return (
        isinstance(value, str)
        and _NAME.fullmatch(value) is not None
        and not value.endswith((".", " "))
        and _RESERVED_NAMES.fullmatch(value) is None
    )


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _is_root_motion(value: object) -> bool:
    return value in _ROOT_MOTIONS


def _is_formats(value: object) -> bool:
    return isinstance(value, list) and all(item in EXPORT_FORMATS for item in value)


_ROOT_MOTIONS = tuple(motion.lower() for motion in RootMotion)
SCENE_KEYS: dict[str, Rule] = {
    "name": (_is_name, "a short name of letters, digits, spaces, '.', '-' and '_'"),
    "videos": (is_list_of(is_text), "a list of video files"),
    "height_m": (is_number, "the performer's height in metres"),
    "character": (is_text, "a .blend file"),
    "armature": (is_text, "the name of the armature object in the character file"),
    "bone_map": (is_text, "a .json file of bone names"),
    "bake": (_is_table, "a table"),
    "characters": (is_list_of(_is_table), "a list of tables"),
    "fps": (is_number, "frames a second"),
    "start_s": (is_number, "seconds on the first video's clock"),
    "end_s": (is_number, "seconds on the first video's clock"),
    "export": (_is_formats, f"a list of formats out of {', '.join(EXPORT_FORMATS)}"),
    "out": (is_text, "a folder"),
    "options": (_is_table, "a table"),
    "preview": (is_switch, "true or false"),
}
"""Keys of a [[scene]], in the documentation's order, with their check."""
CHARACTER_KEYS = ("character", "armature", "bone_map", "bake")
"""Those of the keys that each of several `characters` may have."""
_SWITCH: Rule = (is_switch, "true or false")
BAKE_KEYS: dict[str, tuple[str, Rule]] = {
    "root_motion": ("root_motion", (_is_root_motion, f"one of {', '.join(_ROOT_MOTIONS)}")),
    "root_bone": ("root_bone", (is_text, "the name of a bone")),
    "feet_in_place": ("use_feet_ik", _SWITCH),
    "hands_in_place": ("use_hands_ik", _SWITCH),
    "match_ground": ("use_ground", _SWITCH),
    "action": ("action_name", (is_text, "a name")),
    "into_current_action": ("use_current_action", _SWITCH),
    "push_to_nla": ("use_nla", _SWITCH),
}
"""Keys of a scene's `bake` table: the option that each one sets, with its check."""
