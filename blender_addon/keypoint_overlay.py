"""Draws the keypoints of the current frame over the footage."""

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import bpy

from mvmocap_core.errors import MocapError

from .correct_properties import shown_take
from .footage_frame import FootageFrame, footage_frame

if TYPE_CHECKING:  # numpy comes with it: no part of Blender's start
    from .keypoint_view import FrameKeypoints

Colour = tuple[float, float, float, float]

_LEFT, _RIGHT, _MIDDLE = (1.0, 0.55, 0.1), (0.2, 0.75, 1.0), (0.9, 0.9, 0.9)
_RIM, _MOVED_RIM = (0.0, 0.0, 0.0, 0.8), (1.0, 1.0, 1.0, 1.0)
_NOBODY: Colour = (0.6, 0.6, 0.6, 0.9)
_RADIUS_PX = 4.0
_N_CORNERS = 14
_SURE = 0.5
_TEXT_PX = 12

_SIDE = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "heel", "foot_index", "ankle")
_ACROSS = ("shoulder", "hip")

_store: dict[str, Any] = {}
"""The one entry of Blender's list of what is drawn, which has to be removed by hand."""


def bones() -> list[tuple[str, str]]:
    """Landmarks that a line is drawn between."""
    pairs = [(f"left_{name}", f"right_{name}") for name in _ACROSS]
    for side in ("left", "right"):
        pairs.append((f"{side}_shoulder", f"{side}_hip"))
        pairs.append((f"{side}_wrist", f"{side}_index"))
        for chain in _SIDE:
            pairs += [
                (f"{side}_{a}", f"{side}_{b}") for a, b in zip(chain, chain[1:], strict=False)
            ]
    return pairs


def colour_of(landmark: str, confidence: float) -> Colour:
    """By the performer's side; pale where the detector was not sure."""
    side = _LEFT if landmark.startswith("left_") else _RIGHT
    if not landmark.startswith(("left_", "right_")):
        side = _MIDDLE
    return (*side, 1.0 if confidence >= _SURE else 0.4)


def places(
    context: bpy.types.Context, now: "FrameKeypoints", frame: FootageFrame
) -> dict[str, tuple[float, float]]:
    """Where the landmarks are shown in the region; with those that are being dragged."""
    from mvmocap_core.corrections.edit import FOLLOWERS
    from mvmocap_core.detection.detections import LANDMARK_NAMES

    shown = {
        name: (float(x), float(y))
        for name, (x, y) in zip(LANDMARK_NAMES, now.footage_px, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    }
    state = context.window_manager.mvmocap_correct
    if state.dragged:
        x, y = shown.get(state.dragged, state.drag_px)
        by = state.drag_px[0] - x, state.drag_px[1] - y
        shown[state.dragged] = tuple(state.drag_px)
        for name in () if state.is_alone else FOLLOWERS.get(state.dragged, ()):
            if name in shown:
                shown[name] = shown[name][0] + by[0], shown[name][1] + by[1]
    return {name: frame.to_region(*place) for name, place in shown.items()}


def draw() -> None:
    """Draw over the 3D view that is being drawn, if it looks through a camera of the take."""
    context = bpy.context
    if shown_take(context.scene) is None or not context.space_data.overlay.show_overlays:
        return
    frame = footage_frame(context.scene, context.region, context.region_data)
    if frame is None:
        return
    from .keypoint_view import keypoints_now

    with suppress(MocapError):  # no keypoints for this camera, or this frame: nothing to draw
        _draw(context, keypoints_now(context), frame)


def _draw(context: bpy.types.Context, now: "FrameKeypoints", frame: FootageFrame) -> None:
    import gpu

    from mvmocap_core.detection.detections import LANDMARK_NAMES

    scale = context.preferences.system.ui_scale
    shown = places(context, now, frame)
    confidence = dict(zip(LANDMARK_NAMES, now.confidence, strict=True))
    moved = {name for name, is_moved in zip(LANDMARK_NAMES, now.is_moved, strict=True) if is_moved}
    chosen = context.scene.mvmocap_correct.landmark
    gpu.state.blend_set("ALPHA")
    _draw_lines(context, shown, scale)
    discs = _left_out(now, frame, scale)
    for name, place in shown.items():
        radius = _RADIUS_PX * scale * (1.5 if name == chosen else 1.0)
        rim = _MOVED_RIM if name in moved else _RIM
        discs += [(place, radius + 2.0 * scale, rim)]
        discs += [(place, radius, colour_of(name, float(confidence[name])))]
    _draw_discs(discs)
    gpu.state.blend_set("NONE")
    if chosen in shown:
        _draw_name(chosen.replace("_", " "), shown[chosen], scale)


def _left_out(
    now: "FrameKeypoints", frame: FootageFrame, scale: float
) -> list[tuple[tuple[float, float], float, Colour]]:
    """Discs of the people who are no performers, for a take in which one may have been left out."""
    return [
        (frame.to_region(float(x), float(y)), 0.7 * _RADIUS_PX * scale, _NOBODY)
        for x, y in now.left_out_px.reshape(-1, 2)
        if math.isfinite(x) and math.isfinite(y)
    ]


def _draw_lines(
    context: bpy.types.Context, shown: dict[str, tuple[float, float]], scale: float
) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    pairs = [(a, b) for a, b in bones() if a in shown and b in shown]
    if not pairs:
        return
    shader = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR")
    shader.uniform_float("viewportSize", (context.region.width, context.region.height))
    shader.uniform_float("lineWidth", 2.0 * scale)
    ends = [(*shown[name], 0.0) for pair in pairs for name in pair]
    colours = [
        (*colour_of(b if a[0] == b[0] else "", 1.0)[:3], 0.7) for a, b in pairs for _ in range(2)
    ]
    batch_for_shader(shader, "LINES", {"pos": ends, "color": colours}).draw(shader)


def _draw_discs(discs: Sequence[tuple[tuple[float, float], float, Colour]]) -> None:
    """Discs of a place, a radius and a colour, the later ones over the earlier."""
    import gpu
    from gpu_extras.batch import batch_for_shader

    corners: list[tuple[float, float, float]] = []
    colours: list[Colour] = []
    for place, radius, colour in discs:
        rim = _circle(place, radius)
        for a, b in zip(rim, rim[1:] + rim[:1], strict=True):
            corners += [(*place, 0.0), a, b]
            colours += [colour] * 3
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    batch_for_shader(shader, "TRIS", {"pos": corners, "color": colours}).draw(shader)


def _circle(place: Sequence[float], radius: float) -> list[tuple[float, float, float]]:
    angles = [2.0 * math.pi * corner / _N_CORNERS for corner in range(_N_CORNERS)]
    return [
        (place[0] + radius * math.cos(angle), place[1] + radius * math.sin(angle), 0.0)
        for angle in angles
    ]


def _draw_name(text: str, place: tuple[float, float], scale: float) -> None:
    import blf

    blf.size(0, _TEXT_PX * scale)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 3, 0.0, 0.0, 0.0, 1.0)
    blf.color(0, 1.0, 1.0, 1.0, 1.0)
    blf.position(0, place[0] + 12.0 * scale, place[1] + 6.0 * scale, 0.0)
    blf.draw(0, text)
    blf.disable(0, blf.SHADOW)


def redraw_views() -> None:
    """Draw the 3D views anew."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def register() -> None:
    """Draw from now on."""
    _store["handle"] = bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL")


def unregister() -> None:
    """Draw no more."""
    handle = _store.pop("handle", None)
    if handle is not None:
        bpy.types.SpaceView3D.draw_handler_remove(handle, "WINDOW")


CLASSES: tuple[type, ...] = ()
