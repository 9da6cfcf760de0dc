"""Where the footage lies in a 3D view that looks through its camera."""

from dataclasses import dataclass

import bpy


@dataclass(frozen=True, slots=True)
class FootageFrame:
    """The footage's rectangle in a region, in the region's pixels (y up).

    left, top: its top-left corner; right_px, down_px: (2,) what one pixel of the footage to the
    right, and one down, is in the region.
    """

    left: float
    top: float
    right_px: tuple[float, float]
    down_px: tuple[float, float]

    def to_region(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Where a pixel of the footage is shown."""
        (a, b), (c, d) = self.right_px, self.down_px
        return self.left + a * x_px + c * y_px, self.top + b * x_px + d * y_px

    def to_footage(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of the footage at a place of the region."""
        (a, b), (c, d) = self.right_px, self.down_px
        x, y, area = x - self.left, y - self.top, a * d - b * c
        return (d * x - c * y) / area, (a * y - b * x) / area


def footage_frame(
    scene: bpy.types.Scene, region: bpy.types.Region, view: bpy.types.RegionView3D
) -> FootageFrame | None:
    """The rectangle, for footage of the scene's resolution; None where it is not shown."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    camera = scene.camera
    if camera is None or view.view_perspective != "CAMERA":
        return None
    top_right, _, bottom_left, top_left = (
        location_3d_to_region_2d(region, view, camera.matrix_world @ corner)
        for corner in camera.data.view_frame(scene=scene)
    )
    if top_right is None or bottom_left is None or top_left is None:
        return None
    right = (top_right - top_left) / scene.render.resolution_x
    down = (bottom_left - top_left) / scene.render.resolution_y
    if abs(right.x * down.y - right.y * down.x) < 1e-12:
        return None
    return FootageFrame(top_left.x, top_left.y, tuple(right), tuple(down))
