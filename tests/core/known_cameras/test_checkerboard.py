from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.known_cameras.checkerboard import measure_lens

SIZE = (640, 480)
K = np.array([[560.0, 0.0, 326.0], [0.0, 560.0, 236.0], [0.0, 0.0, 1.0]])
BOARD = (7, 5)
SQUARE_PX = 40


def board_picture(turn, place):
    """The board as the lens sees it, on grey; its plane is z = 0, a square is one unit."""
    columns, rows = BOARD[0] + 1, BOARD[1] + 1
    squares = np.indices((rows, columns)).sum(axis=0) % 2 * 255
    flat = np.pad(np.kron(squares, np.ones((SQUARE_PX, SQUARE_PX))), SQUARE_PX, constant_values=255)
    R = cv2.Rodrigues(np.array(turn))[0]
    plane_from_flat = np.array([[1 / SQUARE_PX, 0, -2], [0, 1 / SQUARE_PX, -2], [0, 0, 1.0]])
    H = K @ np.column_stack([R[:, 0], R[:, 1], np.array(place)]) @ plane_from_flat
    return cv2.warpPerspective(
        flat.astype(np.uint8), H, SIZE, flags=cv2.INTER_AREA, borderValue=128
    )


def write_board_video(path, pictures):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(4), options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    return path


def test_a_board_held_to_all_sides_gives_the_lens(tmp_path):
    rng = np.random.default_rng(3)
    pictures = [
        board_picture(
            rng.uniform(-0.5, 0.5, 3),
            [rng.uniform(-5, -1), rng.uniform(-4, -1), rng.uniform(9, 13)],
        )
        for _ in range(24)
    ]
    lens = measure_lens(write_board_video(tmp_path / "board.mp4", pictures), BOARD)
    np.testing.assert_allclose(np.diag(lens.K)[:2], 560.0, rtol=0.01)
    np.testing.assert_allclose(lens.K[:2, 2], [326.5, 236.5], atol=6.0)
    assert np.abs(lens.dist).max() < 0.05


def test_a_board_that_is_never_tilted_is_refused(tmp_path):
    pictures = [board_picture([0.0, 0.0, 0.0], [x, -2.0, 11.0]) for x in np.linspace(-5, -1, 16)]
    with pytest.raises(InputError, match=r"tilt|lens") as caught:
        measure_lens(write_board_video(tmp_path / "flat.mp4", pictures), BOARD)
    assert caught.value.reason == "bad_checkerboard"


def test_a_video_without_a_board_is_refused(tmp_path):
    grey = [np.full(SIZE[::-1], 128, np.uint8)] * 8
    with pytest.raises(InputError, match="0 places"):
        measure_lens(write_board_video(tmp_path / "none.mp4", grey), BOARD)
