"""The real work of a scene's steps, in this process and in others."""

import hashlib
from itertools import count
from pathlib import Path

import mvmocap_core
from mvmocap_core.errors import InputError
from mvmocap_core.files import writing
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.take import Take

from .blender_process import blender_command
from .build_scene import Say, Work
from .child_process import ChildTimeout, run_child
from .core_process import run_core, solve_arguments
from .scene_values import scene_words
from .scenes_file import SceneJob

RENDER_PANEL = "--render-panel"
"""Argument of build.py that makes it render an armature: BLEND TARGET."""

_PANEL_TIMEOUT_S = 60.0
_PANEL_TIMEOUT_PER_FRAME_S = 3.0


def scene_work(repository: Path, say: Say) -> Work:
    """The steps as a user gets them; bpy is imported by those that need it.

    repository: folder of build.py.
    """
    return Work(
        check=_check,
        solve=lambda job, take: _solve(repository, say, job, take),
        footage=lambda job, take: _footage(repository, say, job, take),
        blend=_blend,
        export=_export,
        preview=lambda job, take, blend, target: _preview(
            repository, say, job, take, blend, target
        ),
        code=_code_hash,
    )


def _check(job: SceneJob) -> None:
    from ..armature.export import check_format
    from .characters import check_characters

    for file_format in job.export:
        check_format(file_format)
    check_characters(job)


def _solve(repository: Path, say: Say, job: SceneJob, take: Path) -> None:
    try:
        _run_solve(repository, say, job, take)
    except InputError as error:
        if error.reason != "other_videos":
            raise
        say(f"note: the take of the scene's earlier videos is kept as {_put_aside(take)}")
        _run_solve(repository, say, job, take)


def _run_solve(repository: Path, say: Say, job: SceneJob, take: Path) -> None:
    arguments = ["mvmocap_core", *solve_arguments(job.videos, take, job.options), "--json"]
    try:
        run_core(repository, arguments, lambda line: say(scene_words(line)))
    except InputError as error:
        raise InputError(scene_words(str(error)), reason=error.reason) from error


def _put_aside(take: Path) -> Path:
    """Give a take's folder the first name with a number that is free; returns it."""
    names = (take.with_name(f"{take.name}_{number}") for number in count(1))
    aside = next(path for path in names if not path.exists())
    with writing(aside):
        take.replace(aside)
    return aside


def _footage(repository: Path, say: Say, job: SceneJob, take: Path) -> None:
    videos = map(str, job.videos)
    run_core(repository, ["mvmocap_core.footage", "proxies", str(take), *videos], say)


def _blend(job: SceneJob, take: Path, proxies: list[Path], target: Path) -> None:
    from .blend_file import make_blend

    solved = Take(take)
    clips = [load_motion(solved.motion_path_of(k)) for k in range(solved.n_people)]
    make_blend(job, clips, proxies, target)


def _export(blend: Path, file_format: str, person: int, target: Path) -> None:
    from ..armature.export import export_armature
    from .blend_file import open_blend

    export_armature(open_blend(blend, person), file_format, target)


def _preview(
    repository: Path, say: Say, job: SceneJob, take: Path, blend: Path, target: Path
) -> None:
    panel = take / "armature.mp4"
    try:
        panels = [f"--panel={panel}"] if _render_panel(repository, say, take, blend, panel) else []
        arguments = ["mvmocap_core.footage", "preview", str(take), str(target)]
        run_core(repository, [*arguments, *map(str, job.videos), *panels], say)
    finally:
        panel.unlink(missing_ok=True)


def _render_panel(repository: Path, say: Say, take: Path, blend: Path, panel: Path) -> bool:
    """Render the armature in another process, which aborts where the machine has no EGL."""
    n_frames = len(load_motion(take / "motion.npz").times_s)
    lines: list[str] = []
    try:
        code = run_child(
            blender_command(repository / "build.py", [RENDER_PANEL, str(blend), str(panel)]),
            on_line=lines.append,
            timeout_s=_PANEL_TIMEOUT_S + _PANEL_TIMEOUT_PER_FRAME_S * n_frames,
        )
    except ChildTimeout as error:
        code, lines = 1, [str(error)]
    if code == 0 and panel.is_file():
        return True
    reason = lines[-1] if lines else f"exit code {code}"
    say(
        "note: preview without the armature's picture, which needs EGL "
        f"(on Debian: libegl1 libgl1-mesa-dri): {reason}"
    )
    return False


def render_panel(blend: Path, target: Path) -> None:
    """Render the armature of a .blend to a video, in this process.

    Raises:
        InputError: when the file cannot be used, or the video not be written.
        RuntimeError: (from Blender) when the picture cannot be made.
    """
    from ..armature.preview import render_preview
    from .blend_file import open_blend

    render_preview(open_blend(blend), target)


def _code_hash() -> str:
    """Hash of all source of the core and of this package: new code makes new results."""
    digest = hashlib.blake2b(digest_size=16)
    packages = Path(mvmocap_core.__file__).resolve().parent, Path(__file__).resolve().parents[1]
    for source in (path for package in packages for path in sorted(package.rglob("*.py"))):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()
