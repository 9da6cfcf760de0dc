"""EXAMPLES: choose videos, move them, take one out."""

from pathlib import Path

import bpy
from bench import arguments, finish
from registered import empty_scene, refusal

folder = arguments()[0]
names = ["charleston_a.mp4", "charleston_b.mp4"]
scene = empty_scene()
videos = scene.mvmocap.videos


def listed() -> list[str]:
    return [Path(video.filepath).name for video in videos]


def choose(*chosen: str) -> str:
    files = [{"name": name} for name in chosen]
    return refusal(bpy.ops.mvmocap.import_views, files=files, directory=folder)


facts = {"nothing": choose(), "absent": choose(names[0], "no such.mp4")}
facts["after_refusals"] = listed()
facts["both"] = [choose(*names), listed()]
facts["known"] = [
    [video.width_px, video.height_px, video.fps, video.n_frames, video.has_audio, video.problem]
    for video in videos
]
facts["again"] = [choose(names[0]), len(videos)]
bpy.ops.mvmocap.move_view(direction="UP")
facts["moved"] = listed()
choose("scenes.toml")
facts["not_a_video"] = [videos[2].is_probed, videos[2].problem]
bpy.ops.mvmocap.remove_view()
facts["removed"] = listed()
facts["out_point_s"] = scene.mvmocap.end_s
finish(facts)
