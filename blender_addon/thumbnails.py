"""Small pictures of the videos, made by Blender's own preview of movie files."""

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


register, unregister = _icons.open, _icons.close
CLASSES: tuple[type, ...] = ()
