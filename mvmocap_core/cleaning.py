"""Cleaning up what a take holds, once or again with other choices: no video is read for it."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mvmocap_core.corrections.files import load_corrections
from mvmocap_core.corrections.keypoints import FILE_NAME as KEYPOINTS_FILE
from mvmocap_core.errors import InputError
from mvmocap_core.files import atomic_file, write_text
from mvmocap_core.motion.clean_up import clean_up_together
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.options import MAX_PEOPLE, CleanUp
from mvmocap_core.progress import Progress, silent
from mvmocap_core.report import content, page
from mvmocap_core.report.evidence import Evidence
from mvmocap_core.stages import StageEvent, Stages, ignore_event
from mvmocap_core.storage import from_arrays, load_arrays, save_arrays, to_arrays
from mvmocap_core.take import Take, open_take
from mvmocap_core.take_files import PICTURE_FILE, own_file


@dataclass(frozen=True, slots=True)
class _Album:
    """The report's pictures, as they are kept in a take."""

    pictures: tuple[page.Picture, ...]


def clean_take(
    take_folder: Path,
    options: CleanUp,
    progress: Progress,
    *,
    on_stage: Callable[[StageEvent], None] = ignore_event,
) -> dict[str, Any]:
    """Make a take's motion and report again from its fitted motion. Returns the report.

    The report's pictures stay those of the solve.
    Raises InputError if nothing was solved there, or if `options` leave nothing of it.
    """
    stages = Stages(progress, on_stage)
    with open_take(take_folder) as take:
        return finish_again(take, load_solved(take), options, stages)


def finish_again(
    take: Take, solved: Sequence[Evidence], options: CleanUp, stages: Stages
) -> dict[str, Any]:
    """Make motions and report from fitted motions, without the videos. Returns the report.

    solved: everybody with the fitted motion. Raises InputError if `options` leave nothing of it.
    """
    cleaned = stages.run("clean", lambda _: clean_solved(take, solved, options))
    return _report(take, cleaned, stages, solved)


def report_again(take_folder: Path) -> None:
    """Make a take's report again from what is kept there; no video is read for it.

    Raises InputError if nothing was solved there by this version.
    """
    with open_take(take_folder) as take:
        solved = load_solved(take)
        choices = kept_choices(take, solved[0])
        shown = [
            replace(each, motion=load_motion(take.motion_path_of(person)), clean_up=choices)
            for person, each in enumerate(solved)
        ]
        _report(take, shown, Stages(silent), solved)


def _report(
    take: Take, shown: Sequence[Evidence], stages: Stages, solved: Sequence[Evidence]
) -> dict[str, Any]:
    report = content.solved_report(shown, stages, fits=[each.motion for each in solved])
    report["timings_s"] = {**_earlier_timings(take), **report["timings_s"]}
    pictures = _load_pictures(take)
    page.write_report(take.folder, report, shown, pictures)
    _show_people(take, pictures)
    return report


def clean_solved(take: Take, solved: Sequence[Evidence], options: CleanUp) -> list[Evidence]:
    """Clean everybody's fitted motion up and write `motion.npz`, `motion_2.npz`, ...

    solved: of each performer, as the solve left it; it is kept in the take, and so are the choices.
    What the take's corrections say about contacts holds. Returns what the report is made from.
    Raises InputError if `options` leave nothing of the motion.
    """
    edits = [load_corrections(take.folder, person).contacts for person in range(len(solved))]
    motions = clean_up_together([each.motion for each in solved], options, edits)
    write_text(_choices_path(take), json.dumps(asdict(options), indent=2) + "\n")
    for person, (each, motion) in enumerate(zip(solved, motions, strict=True)):
        save_arrays(_solved_path(take, person), to_arrays(each))
        save_arrays(take.motion_path_of(person), motion.to_arrays())
    _forget_people(take, len(solved))
    return [
        replace(each, motion=motion, clean_up=options)
        for each, motion in zip(solved, motions, strict=True)
    ]


def _forget_people(take: Take, n_people: int) -> None:
    """Remove the motions of more people than there are now.

    The solve of the whole take stays: corrections that leave nothing of somebody may go again.
    """
    for person in range(n_people, MAX_PEOPLE):
        for path in _own_files(take, person):
            path.unlink(missing_ok=True)


def kept_choices(take: Take, solved: Evidence) -> CleanUp:
    """What was chosen when the take was last cleaned up, as far as it fits another solve of it.

    The defaults for a new take; a range that this solve does not reach is left out.
    """
    try:
        record = json.loads(_choices_path(take).read_text(encoding="utf-8"))
        options = CleanUp(**record)
    except (OSError, ValueError, TypeError, InputError):
        return CleanUp()
    first_s, last_s = solved.motion.times_s[[0, -1]]
    is_after = options.start_s is not None and options.start_s >= last_s
    is_before = options.end_s is not None and options.end_s <= first_s
    return replace(options, start_s=None, end_s=None) if is_after or is_before else options


def keep_pictures(take: Take, pictures: Sequence[page.Picture]) -> None:
    """Keep the report's pictures for reports that are made without the videos."""
    save_arrays(_pictures_path(take), to_arrays(_Album(tuple(pictures))))
    _show_people(take, pictures)


def _show_people(take: Take, pictures: Sequence[page.Picture]) -> None:
    """Write one picture of each of several performers, for programs that let one choose."""
    n_people = max((picture.person for picture in pictures), default=0) + 1
    for person in range(n_people if n_people > 1 else 0):
        own = [picture for picture in pictures if picture.person == person]
        jpeg = base64.b64decode(own[len(own) // 2].jpeg_base64)
        with atomic_file(own_file(take.folder, PICTURE_FILE, person)) as file:
            file.write(jpeg)


def _load_pictures(take: Take) -> Sequence[page.Picture]:
    arrays = load_arrays(_pictures_path(take))
    return () if arrays is None else from_arrays(_Album, arrays).pictures


def load_solved(take: Take) -> list[Evidence]:
    """Everybody that the take's last solve found."""
    people: list[Evidence] = []
    while (arrays := load_arrays(_solved_path(take, len(people)))) is not None:
        try:
            people.append(from_arrays(Evidence, arrays))
        except (KeyError, TypeError, ValueError):
            break  # kept by another version
    else:
        if people:
            return people
    message = f"{take.folder}: holds no solved motion of this version; solve the videos again."
    raise InputError(message, reason="no_take")


def _earlier_timings(take: Take) -> dict[str, float]:
    try:
        return json.loads(take.report_path.read_text(encoding="utf-8"))["timings_s"]
    except (OSError, ValueError, KeyError):
        return {}


def whole_path(take: Take, person: int) -> Path:
    """Where the last solve of the whole take is kept of a performer, for corrections."""
    return own_file(take.folder / "stages", "whole.npz", person)


def forget_wholes(take: Take, n_people: int) -> None:
    """Remove what an earlier solve of the whole take kept of more people than this one."""
    for person in range(n_people, MAX_PEOPLE):
        whole_path(take, person).unlink(missing_ok=True)


def _solved_path(take: Take, person: int) -> Path:
    return own_file(take.folder / "stages", "solved.npz", person)


def _own_files(take: Take, person: int) -> list[Path]:
    """What a solve leaves of each performer; not the corrections, which are the user's."""
    keypoints = own_file(take.folder, KEYPOINTS_FILE, person)
    picture = own_file(take.folder, PICTURE_FILE, person)
    return [_solved_path(take, person), keypoints, picture, take.motion_path_of(person)]


def _pictures_path(take: Take) -> Path:
    return take.folder / "stages" / "pictures.npz"


def _choices_path(take: Take) -> Path:
    return take.folder / "clean.json"
