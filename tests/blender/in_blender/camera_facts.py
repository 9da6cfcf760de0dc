"""motion.npz PROXY: where the solved cameras see points, and what lies behind them."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from blender_addon.armature.cameras import (
    add_camera,
    add_footage,
    animate_camera,
    look_through,
)
from mvmocap_core.motion.clip import load_motion

motion_path, proxy = map(Path, arguments())
clip = load_motion(motion_path)
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
points = clip.positions_m[::15].reshape(-1, 3)
seen = []
for view, (width, height) in enumerate(clip.image_size):
    camera = add_camera(
        f"camera {view}", clip.K[view], clip.image_size[view], clip.T_cam_world[view],
        scene.collection,
    )  # fmt: skip
    add_footage(camera, proxy)
    look_through(scene, camera)
    bpy.context.view_layer.update()
    found = [world_to_camera_view(scene, camera, Vector(point)) for point in points]
    seen.append([[float(p.x * width), float((1.0 - p.y) * height)] for p in found])
turned = [clip.T_cam_world[0].copy() for _ in range(3)]
turned[1][:3, 3] += 0.25  # any other pose
animate_camera(bpy.data.objects["camera 0"], np.stack(turned), frame_start=5)
matrices = []
for frame in (5, 6, 7):
    scene.frame_set(frame)
    matrices.append([list(row) for row in bpy.data.objects["camera 0"].matrix_world])
background = scene.camera.data.background_images[0]
finish(
    {
        "points_m": points.tolist(),
        "pixels": seen,
        "resolution": [scene.render.resolution_x, scene.render.resolution_y],
        "depth": background.display_depth,
        "frame_start": background.clip.frame_start,
        "turned": [T.tolist() for T in turned],
        "matrices": matrices,
        "is_shown": scene.camera.data.show_background_images,
    }
)
