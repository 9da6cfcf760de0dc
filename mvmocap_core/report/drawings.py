"""Line drawings of a solve, as SVG text for the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.report.evidence import camera_positions_m

VIEW_COLOURS = ("#4a9eff", "#ff8a3c", "#57c98a", "#c98ae0")

_PLAN_PX = 420.0
_MARGIN_M = 0.4
_WEDGE_REACH = 1.3  # beyond the performer
_STRIP_WIDTH = 720.0
_STRIP_BINS = 240


def view_name(view: int) -> str:
    """A, B, C … for a view's index."""
    return chr(ord("A") + view)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The part of the floor that is drawn, in metres, and its scale in pixels a metre."""

    low_m: np.ndarray
    high_m: np.ndarray
    scale: float

    @property
    def size_px(self) -> np.ndarray:
        return (self.high_m - self.low_m) * self.scale

    def to_px(self, points_m: np.ndarray) -> np.ndarray:
        """(..., 2) on the floor -> (..., 2) in the drawing, where y grows downwards."""
        flipped = (points_m - self.low_m) * self.scale
        flipped[..., 1] = self.size_px[1] - flipped[..., 1]
        return flipped


def plan_view(motion: MotionClip) -> Markup:
    """The scene from above, one square a metre: cameras with their field of view, the path."""
    cameras_m = camera_positions_m(motion)[:, :2]
    path_m = motion.positions_m[:, 0, :2]
    path_m = path_m[np.isfinite(path_m).all(axis=1)]
    reach_m = float(np.median(np.linalg.norm(cameras_m[:, None] - path_m[None], axis=-1)))
    wedges_m = np.stack([_wedge_m(motion, view, reach_m) for view in range(len(cameras_m))])
    points_m = np.concatenate([path_m, wedges_m.reshape(-1, 2)])
    low_m, high_m = points_m.min(axis=0) - _MARGIN_M, points_m.max(axis=0) + _MARGIN_M
    plan = _Plan(low_m, high_m, _PLAN_PX / float(np.max(high_m - low_m)))
    path_px = plan.to_px(path_m[:: max(1, len(path_m) // 400)])
    start = path_px[0]
    parts = [_grid(plan)]
    parts += [_camera(view, plan.to_px(wedge_m)) for view, wedge_m in enumerate(wedges_m)]
    parts.append(f'<polyline class="path" points="{_points(path_px)}"/>')
    parts.append(f'<circle class="start" cx="{start[0]:.1f}" cy="{start[1]:.1f}" r="5"/>')
    width, height = plan.size_px
    return Markup(  # noqa: S704 - numbers and our own letters only
        f'<svg class="plan" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'role="img" aria-label="The scene from above">{"".join(parts)}</svg>'
    )


def strips(rows: Sequence[tuple[str, np.ndarray]], start_s: float, end_s: float) -> Markup:
    """Draw measures over time as coloured strips, red 0 to green 1, with a scale in seconds.

    rows: a label and (F,) values in [0, 1], over the same time; NaN is grey.
    """
    parts = []
    height = 22.0
    for index, (label, values) in enumerate(rows):
        top = index * (height + 6.0)
        parts.append(f'<text x="0" y="{top + 15:.0f}">{escape(label)}</text>')
        edges = np.linspace(0, len(values), min(_STRIP_BINS, len(values)) + 1).astype(int)
        width = _STRIP_WIDTH / (len(edges) - 1)
        for place, (begin, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
            parts.append(
                f'<rect x="{130 + place * width:.2f}" y="{top:.0f}" width="{width + 0.3:.2f}" '
                f'height="{height:.0f}" fill="{_shade(values[begin:end])}"/>'
            )
    bottom = len(rows) * (height + 6.0)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = "start" if share == 0.0 else "end" if share == 1.0 else "middle"
        parts.append(
            f'<text x="{130 + share * _STRIP_WIDTH:.0f}" y="{bottom + 12:.0f}" '
            f'text-anchor="{anchor}">{start_s + share * (end_s - start_s):.1f} s</text>'
        )
    body = "".join(parts)
    return Markup(  # noqa: S704 - numbers and escaped labels only
        f'<svg class="strips" viewBox="0 0 {130 + _STRIP_WIDTH:.0f} {bottom + 18:.0f}" '
        f'role="img" aria-label="Confidence over time">{body}</svg>'
    )


def _shade(values: np.ndarray) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "#777"
    return f"hsl({120.0 * float(np.clip(known.mean(), 0.0, 1.0)):.0f} 55% 50%)"


def _grid(plan: _Plan) -> str:
    width, height = plan.size_px
    low, high = np.ceil(plan.low_m).astype(int), np.floor(plan.high_m).astype(int)
    lines = []
    for x_m in range(low[0], high[0] + 1):
        x = plan.to_px(np.array([float(x_m), 0.0]))[0]
        lines.append(f'<line class="grid" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{height:.1f}"/>')
    for y_m in range(low[1], high[1] + 1):
        y = plan.to_px(np.array([0.0, float(y_m)]))[1]
        lines.append(f'<line class="grid" x1="0" y1="{y:.1f}" x2="{width:.1f}" y2="{y:.1f}"/>')
    return "".join(lines)


def _wedge_m(motion: MotionClip, view: int, reach_m: float) -> np.ndarray:
    """(3, 2) on the floor: the camera, and the left and right end of what it sees.

    Of a picture that lies on its side, these are its upper and lower edge.
    """
    R, K = motion.T_cam_world[view, :3, :3], motion.K[view]
    level = int(abs(R[0, 2]) > abs(R[1, 2]))  # the axis of the picture that is nearer to level
    edges_px = np.array([K[:, 2], K[:, 2]])
    edges_px[:, level] = 0.0, motion.image_size[view, level]
    rays = (edges_px @ np.linalg.inv(K).T @ R)[:, :2]
    ends_m = _WEDGE_REACH * reach_m * rays / np.linalg.norm(rays, axis=1, keepdims=True)
    place_m = camera_positions_m(motion)[view, :2]
    return np.array([place_m, place_m + ends_m[0], place_m + ends_m[1]])


def _camera(view: int, wedge_px: np.ndarray) -> str:
    colour, (x, y) = VIEW_COLOURS[view % len(VIEW_COLOURS)], wedge_px[0]
    return (
        f'<polygon points="{_points(wedge_px)}" fill="{colour}" opacity="0.18"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="{colour}"/>'
        f'<text class="letter" x="{x:.1f}" y="{y + 5:.1f}">{view_name(view)}</text>'
    )


def _points(points_px: np.ndarray) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points_px)
