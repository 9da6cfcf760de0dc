"""Pictures that Blender draws as icons: it wants each collection kept, and removed by hand."""

from collections.abc import Callable
from typing import Any

import bpy.utils.previews


class PreviewIcons:
    """One collection of pictures by name, empty while the extension is disabled."""

    def __init__(self) -> None:
        self._previews: Any = None

    def open(self) -> None:
        """Make room for the pictures."""
        self._previews = bpy.utils.previews.new()

    def close(self) -> None:
        """Free them."""
        if self._previews is not None:
            bpy.utils.previews.remove(self._previews)
            self._previews = None

    def icon(self, name: str, make: Callable[[Any], bool]) -> int:
        """The icon of a picture, which `make` puts into the collection when it is first asked for.

        0 if it makes none, and while the extension is disabled. Panels are drawn many times: only
        the first may paint, or touch the disk.
        """
        if self._previews is None:
            return 0
        if name not in self._previews and not make(self._previews):
            return 0
        return self._previews[name].icon_id
