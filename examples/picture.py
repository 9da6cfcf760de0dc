"""Make the picture of the README from a demo's preview.

python examples/picture.py PREVIEW.mp4 docs/pictures/example.jpg
"""

import sys
from pathlib import Path

import av
import cv2
import numpy as np

N_MOMENTS = 2
WIDTH_PX = 1280
JPEG_QUALITY = 85


def main(preview: Path, target: Path) -> None:
    """Put moments of the preview one below the other."""
    with av.open(str(preview)) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    places = np.linspace(0, len(images) - 1, N_MOMENTS + 2).round().astype(int)[1:-1]
    picture = np.vstack([images[place] for place in places])
    height_px = round(picture.shape[0] * WIDTH_PX / picture.shape[1])
    picture = cv2.resize(picture, (WIDTH_PX, height_px), interpolation=cv2.INTER_AREA)
    target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(target), picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
