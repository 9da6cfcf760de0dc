"""aniposelib's triangulations, with their defaults: `run_aniposelib.py IN.npz OUT.npz METHOD`.

Runs in aniposelib's own environment. The files are described in `benchmarks/peers.py`. METHOD is
"triangulate", or "optim" for Anipose's optimisation, which smooths and keeps the limbs' lengths.
"""

import sys
import time
from pathlib import Path

import numpy as np

# Upper arms, forearms, thighs and shanks among BlazePose's landmarks.
LIMBS = [[11, 13], [13, 15], [12, 14], [14, 16], [23, 25], [25, 27], [24, 26], [26, 28]]


def main(source: Path, target: Path, method: str) -> None:
    """Triangulate what is in `source`."""
    import cv2  # noqa: PLC0415  # comes with aniposelib
    from aniposelib.cameras import Camera, CameraGroup  # noqa: PLC0415

    with np.load(source, allow_pickle=False) as data:
        task = {name: data[name] for name in data.files}
    cameras = [
        Camera(
            matrix=K,
            dist=np.append(dist, 0.0),
            size=tuple(int(side) for side in size),
            rvec=cv2.Rodrigues(T_cam_world[:3, :3])[0].ravel(),
            tvec=T_cam_world[:3, 3],
            name=str(view),
        )
        for view, (K, dist, size, T_cam_world) in enumerate(
            zip(
                task["K"], task["dist"], task["image_size"], task["T_cam_world"], strict=True
            )
        )
    ]  # fmt: skip
    group = CameraGroup(cameras)
    keypoints_px = task["keypoints_px"].astype(np.float64)
    n_views, n_frames, n_points, _ = keypoints_px.shape
    start = time.process_time()
    if method == "optim":
        landmarks_m = group.triangulate_optim(keypoints_px, constraints=LIMBS)
    else:
        flat = keypoints_px.reshape(n_views, n_frames * n_points, 2)
        landmarks_m = group.triangulate(flat).reshape(n_frames, n_points, 3)
    np.savez(target, landmarks_m=landmarks_m, seconds=time.process_time() - start)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
