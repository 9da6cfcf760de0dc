"""Small pictures of the videos, made by Blender's own preview of movie files, and of performers."""

from pathlib import Path
from typing import Any

from .preview_icons import PreviewIcons

_icons = PreviewIcons()


def thumbnail(path: str) -> int:
    """Icon of a video's picture; 0 where there is none."""

    def load(previews: Any) -> bool:
        if not Path(path).is_file():
            return False
        previews.load(path, path, "MOVIE")
        return True

    return _icons.icon(path, load)


def picture(path: Path) -> int:
    """Icon of a picture as the file holds it now; 0 where there is none."""
    try:
        name = f"{path} {path.stat().st_mtime_ns}"
    except OSError:
        return 0

    def load(previews: Any) -> bool:
        previews.load(name, str(path), "IMAGE")
        return True

    return _icons.icon(name, load)


register, unregister = _icons.open, _icons.close
CLASSES: tuple[type, ...] = ()
