import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mvmocap_core.errors import InputError
from mvmocap_core.motion.bvh import write_bvh
from tests.core.scenes import make_motion

Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def parse_hierarchy(words):
    """Names, parents, offsets, channels of the joints, and where MOTION begins."""
    names, parents, offsets, channels = [], [], [], []
    stack, at, in_end_site = [], 0, False
    while words[at] != "MOTION":
        word = words[at]
        if word in ("ROOT", "JOINT"):
            names.append(words[at + 1])
            parents.append(stack[-1] if stack else -1)
            at += 2
        elif word == "End":
            in_end_site = True
            at += 2
        elif word == "{":
            stack.append(-2 if in_end_site else len(names) - 1)
            at += 1
        elif word == "}":
            in_end_site = False
            stack.pop()
            at += 1
        elif word == "OFFSET":
            if not in_end_site:
                offsets.append([float(value) for value in words[at + 1 : at + 4]])
            at += 4
        elif word == "CHANNELS":
            n = int(words[at + 1])
            channels.append(words[at + 2 : at + 2 + n])
            at += 2 + n
        else:
            at += 1
    return names, parents, offsets, channels, at


def read_bvh(path):
    """Joint names, world positions (F, J, 3) in the file's axes, frame time, raw values."""
    words = path.read_text().split()
    names, parents, offsets, channels, at = parse_hierarchy(words)
    n_frames = int(words[at + 2])
    frame_time = float(words[at + 5])
    values = np.array(words[at + 6 :], dtype=float).reshape(n_frames, -1)
    positions = np.zeros((n_frames, len(names), 3))
    rotations, column = [], 0
    for joint, joint_channels in enumerate(channels):
        here = values[:, column : column + len(joint_channels)]
        column += len(joint_channels)
        axes = "".join(name[0] for name in joint_channels if name.endswith("rotation"))
        local = Rotation.from_euler(axes, here[:, -3:], degrees=True).as_matrix()
        if parents[joint] < 0:
            rotations.append(local)
            positions[:, joint] = here[:, :3]
        else:
            above = rotations[parents[joint]]
            rotations.append(above @ local)
            positions[:, joint] = positions[:, parents[joint]] + above @ np.array(offsets[joint])
    return names, positions, frame_time, values


def test_parsed_back_gives_the_motions_joints(tmp_path):
    motion = make_motion()
    write_bvh(motion, tmp_path / "motion.bvh")
    names, positions, frame_time, _ = read_bvh(tmp_path / "motion.bvh")
    columns = [motion.joint_names.tolist().index(name) for name in names]
    assert sorted(columns) == list(range(len(motion.joint_names)))
    np.testing.assert_allclose(positions @ Z_UP.T, motion.positions_m[:, columns], atol=1e-6)
    assert frame_time == pytest.approx(1.0 / motion.fps, abs=1e-8)


def test_centimetres_are_a_hundred_times_metres(tmp_path):
    motion = make_motion()
    write_bvh(motion, tmp_path / "m.bvh")
    write_bvh(motion, tmp_path / "cm.bvh", scale=100.0)
    np.testing.assert_allclose(
        read_bvh(tmp_path / "cm.bvh")[1], 100.0 * read_bvh(tmp_path / "m.bvh")[1], atol=1e-4
    )


def test_performer_stands_along_y_and_faces_z(tmp_path):
    motion = make_motion(is_moving=False)
    write_bvh(motion, tmp_path / "motion.bvh")
    names, positions, _, _ = read_bvh(tmp_path / "motion.bvh")
    at = dict(zip(names, positions[0], strict=True))
    assert at["head"][1] > 1.0
    assert at["left_toe"][2] > at["left_ankle"][2]
    assert at["left_hip"][0] > at["right_hip"][0]


def test_spinning_performer_has_no_jumps_in_its_curves(tmp_path):
    motion = make_motion(turns=2.0)
    write_bvh(motion, tmp_path / "motion.bvh")
    values = read_bvh(tmp_path / "motion.bvh")[3]
    assert np.abs(np.diff(values[:, 3:], axis=0)).max() < 90.0


def test_unwritable_target_is_an_input_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another folder"):
        write_bvh(make_motion(), tmp_path / "file" / "motion.bvh")
