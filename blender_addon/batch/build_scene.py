"""Make everything that one scene asks for, as far as it is missing or out of date."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mvmocap_core.errors import InputError
from mvmocap_core.take import content_hash
from mvmocap_core.take_files import count_motions, motion_file

from .build_state import BuildState, key_of
from .scenes_file import Character, SceneJob

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What the steps do; each writes whole files or none. A test may put in its own.

    check:   (job) raises InputError if what follows the solve is sure to fail.
    solve:   (job, take folder) writes motion.npz and report.json into the take.
    footage: (job, take folder) writes the proxies, one a video.
    blend:   (job, take folder, proxies, target) saves the .blend.
    export:  (blend, format, performer, target) writes a file for other programs; the first
             performer's number is 0.
    preview: (job, take folder, blend, target) writes the preview video.
    code:    () hash of the code that does it all.
    """

    check: Callable[[SceneJob], None]
    solve: Callable[[SceneJob, Path], None]
    footage: Callable[[SceneJob, Path], None]
    blend: Callable[[SceneJob, Path, list[Path], Path], None]
    export: Callable[[Path, str, int, Path], None]
    preview: Callable[[SceneJob, Path, Path, Path], None]
    code: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Built:
    """What a scene's folder holds after a build.

    made:    names of the steps that had to be done; empty when nothing was missing.
    outputs: files for the user, in the order of the work.
    """

    made: tuple[str, ...]
    outputs: tuple[Path, ...]


def take_folder(job: SceneJob) -> Path:
    """Where the scene's solve keeps its results."""
    return job.out / "take"


def build_scene(job: SceneJob, work: Work, say: Say, *, is_forced: bool = False) -> Built:
    """Do the steps of a scene that are missing or whose inputs have changed.

    is_forced: do all of them.

    Raises:
        InputError: when an input cannot be used.
        RuntimeError: when a step fails.
    """
    return _Build(job, work, say, is_forced).run()


class _Build:
    def __init__(self, job: SceneJob, work: Work, say: Say, is_forced: bool) -> None:
        self.job = job
        self.work = work
        self.say = say
        self.is_forced = is_forced
        self.state = BuildState(job.out)
        self.made: list[str] = []
        self.outputs: list[Path] = []

    def run(self) -> Built:
        job, work, take = self.job, self.work, take_folder(self.job)
        code = work.code()
        videos = [content_hash(video) for video in job.videos]

        motion, report = take / "motion.npz", take / "report.json"
        given = [_content(path) for path in _given(job)]
        key = key_of(code, videos, repr(job.options), given)
        if not self.is_done("solve", key, [motion, report]):
            work.check(job)
        self.step("solve", key, [motion, report], lambda: work.solve(job, take))
        self.outputs += [path for path in [take / "report.html"] if path.is_file()]

        proxies = [take / f"proxy_{view + 1}.mp4" for view in range(len(videos))]
        key = key_of(code, videos, content_hash(motion))
        self.step("footage", key, proxies, lambda: work.footage(job, take))

        blend = job.out / f"{job.name}.blend"
        others = [content_hash(take / name) for name in further_motions(take)]
        key = key_of(key, others, job.name, [_character_key(each) for each in job.characters])
        self.step("blend", key, [blend], lambda: work.blend(job, take, proxies, blend))
        self.outputs.append(blend)

        for person in range(1 + len(others)):
            suffix = f"_{person + 1}" if person else ""
            for name in job.export:
                target = job.out / f"{job.name}{suffix}.{name}"
                self.export(f"export {name}{suffix}", key, blend, name, person, target)

        if job.preview:
            preview = job.out / "preview.mp4"
            self.step("preview", key, [preview], lambda: work.preview(job, take, blend, preview))
            self.outputs.append(preview)
        return Built(tuple(self.made), tuple(self.outputs))

    def export(
        self, step: str, key: str, blend: Path, file_format: str, person: int, target: Path
    ) -> None:
        do = self.work.export
        self.step(step, key, [target], lambda: do(blend, file_format, person, target))
        self.outputs.append(target)

    def is_done(self, name: str, key: str, outputs: Sequence[Path]) -> bool:
        return not self.is_forced and self.state.is_done(name, key, outputs)

    def step(self, name: str, key: str, outputs: Sequence[Path], do: Callable[[], None]) -> None:
        if self.is_done(name, key, outputs):
            return
        self.say(name)
        self.state.start(name)
        do()
        absent = [path for path in outputs if not path.is_file()]
        if absent:
            raise RuntimeError(f"{name} left no {absent[0]}")
        self.state.finish(name, key)
        self.made.append(name)


def further_motions(take: Path) -> list[str]:
    """Names of the files with the motions of the second performer and further ones."""
    return [motion_file(take, person).name for person in range(1, count_motions(take))]


def _character_key(character: Character) -> list[str]:
    paths = (character.character, character.bone_map)
    found = [content_hash(path) if path else "" for path in paths]
    return [*found, character.armature or "", repr(character.bake)]


def _given(job: SceneJob) -> list[Path]:
    """Files and folders with what is known of the cameras and of where the performer is."""
    options = job.options
    paths = (*options.keypoints, *options.calibration, *options.checkerboard)
    return [Path(path) for path in paths]


def _content(path: Path) -> object:
    """Hash of a file, or of each file in a folder."""
    if not path.is_dir():
        return content_hash(path)
    files = sorted(each for each in path.rglob("*") if each.is_file())
    return [[each.relative_to(path).as_posix(), content_hash(each)] for each in files]


def check_inputs(job: SceneJob) -> None:
    """Look for the scene's files before any long work starts.

    Raises:
        InputError: naming the first that is missing.
    """
    of_characters = [path for each in job.characters for path in (each.character, each.bone_map)]
    for path in (*job.videos, *of_characters):
        if path is not None and not path.is_file():
            raise InputError(f"{path}: no such file; check the path.", reason="no_file")
    for path in _given(job):
        is_folder = str(path) in job.options.keypoints and path.is_dir()
        if not (path.is_file() or is_folder):
            raise InputError(f"{path}: no such file; check the path.", reason="no_file")
