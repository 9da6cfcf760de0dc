"""Two people in two videos are told apart, dated and solved with one set of cameras."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.people_names import film
from mvmocap_core.body.skeleton import PROPORTIONS
from mvmocap_core.body.solve import solve_body
from mvmocap_core.calibration.calibrate import calibrate
from mvmocap_core.calibration.swaps import find_swaps
from mvmocap_core.detection.detections import Detections
from mvmocap_core.detection.sides import exchange_all
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.geometry.alignment import w_mpjpe
from mvmocap_core.geometry.cameras import rigid_transform
from mvmocap_core.geometry.rotations import rotation_angle_deg, rotvec_to_rotmat
from mvmocap_core.group.matching import Match, Matched
from mvmocap_core.group.movement import MIN_MOVEMENT, movement
from mvmocap_core.group.performers import find_performers
from mvmocap_core.motion.clean_up import clean_up
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.solving import solve_people, solve_tracks
from mvmocap_core.stabilisation.steady import find_camera_motion
from mvmocap_core.sync.given import complete_timeline
from tests.core.performance import perform

PLACE = rigid_transform(rotvec_to_rotmat(np.array([0.0, 0.0, 2.0])), np.array([0.9, 0.4, 0.0]))
KEYWORDS = {"sounds": (None, None), "fps": 30.0, "focal_35mm": (None, None)}


@pytest.fixture(scope="module")
def duo():
    shape = np.where(PROPORTIONS.std > 0.01, 0.06, 0.0)  # elbows and knees are marked evenly
    return perform(noise_px=1.0), perform(noise_px=1.0, place=PLACE, shape=shape, later_s=0.7)


def filmed(performances, *, seed=0):
    """Detections of both videos, slots in random order in every frame."""
    rng = np.random.default_rng(seed)
    found = []
    for view in range(2):
        tracks = [performance.tracks[view] for performance in performances]
        n_frames = len(tracks[0].times_s)
        order = rng.permuted(np.tile(np.arange(len(tracks)), (n_frames, 1)), axis=1)
        rows = np.arange(n_frames)[:, None]
        found.append(
            Detections(
                times_s=tracks[0].times_s,
                keypoints_2d_px=np.stack([t.keypoints_2d_px for t in tracks], axis=1)[rows, order],
                confidence=np.stack([t.confidence for t in tracks], axis=1)[rows, order],
                world_landmarks_m=np.stack([t.world_landmarks_m for t in tracks], 1)[rows, order],
                image_size=tracks[0].image_size,
            )
        )
    return found


def shown(track, true):
    """Share of the frames in which a track holds what the true one does."""
    return (track.keypoints_2d_px == true.keypoints_2d_px).all(axis=(1, 2)).mean()


def performers(performances, n_people):
    found = filmed(performances)
    return find_performers(found, [find_camera_motion(each) for each in found], n_people)


def test_both_views_agree_on_who_is_who(duo):
    found = performers(duo, 2)
    assert len(found.people) == 2
    for tracks in found.people:
        shares = [
            [shown(track, true) for track, true in zip(tracks, performance.tracks, strict=True)]
            for performance in duo
        ]
        assert sorted(np.min(shares, axis=1) > 0.9) == [False, True]
        assert sorted(np.max(shares, axis=1) == 0.0) == [False, True]
    assert found.offset_s == pytest.approx(duo[0].offset_s, abs=0.05)


def test_who_stands_by_is_left_out_unless_asked_for(duo):
    still = duo[1]
    tracks = [
        replace(
            track,
            keypoints_2d_px=np.broadcast_to(track.keypoints_2d_px[40], track.keypoints_2d_px.shape),
        )
        for track in still.tracks
    ]
    with_bystander = (duo[0], replace(still, tracks=tracks))
    assert len(performers(with_bystander, 0).people) == 1
    assert len(performers(duo, 0).people) == 2


def test_somebody_performs_even_if_who_moves_is_small(duo, monkeypatch):
    """Who stands near sways too little to count, and makes who moves far away too small to."""
    near, far = duo
    swaying = [
        replace(t, keypoints_2d_px=0.92 * t.keypoints_2d_px[40] + 0.08 * t.keypoints_2d_px)
        for t in near.tracks
    ]
    small = [replace(t, keypoints_2d_px=0.1 * t.keypoints_2d_px) for t in far.tracks]
    moves = [max(movement(track) for track in tracks) for tracks in (swaying, small)]
    assert 0.8 * MIN_MOVEMENT < moves[0] < MIN_MOVEMENT < moves[1]
    people = [
        Matched(tuple(tracks), ((k,), (k,)), shared_s=2.0)
        for k, tracks in enumerate((swaying, small))
    ]
    match = Match(people, duo[0].offset_s, evidence=1.0)
    monkeypatch.setattr("mvmocap_core.group.performers.match_people", lambda *_: match)
    assert len(performers(duo, 0).people) == 1


def test_who_stands_by_does_not_date_the_videos(shared_data):
    if not (shared_data / "cmu").is_dir():
        pytest.skip("../shared/data/cmu is absent: nobody to film")
    take = film("bystander", 0)  # whom both views see longer than the performer
    found = find_performers(take.detections, [find_camera_motion(d) for d in take.detections], 0)
    assert found.offset_s == pytest.approx(take.offset_s, abs=0.1)
    assert len(found.people) == 1
    assert shown(found.people[0][0], take.tracks[0][0]) > 0.9


def test_nobody_in_common_is_said(duo):
    found = filmed(duo[:1])
    nobody = replace(found[1], confidence=np.zeros_like(found[1].confidence))
    nobody = replace(nobody, keypoints_2d_px=np.full_like(nobody.keypoints_2d_px, np.nan))
    pair = [found[0], nobody]
    with pytest.raises(UnsolvableError) as caught:
        find_performers(pair, [find_camera_motion(each) for each in pair], 2)
    assert caught.value.reason == "no_common_person"


def test_two_are_solved_in_one_world_with_their_own_bodies(duo):
    people = [performance.tracks for performance in duo]
    solution = solve_people(
        people, options=SolveOptions(people=2), matched_s=duo[0].offset_s, **KEYWORDS
    )
    np.testing.assert_array_equal(solution.motions[0].T_cam_world, solution.motions[1].T_cam_world)
    true = duo[0].cameras.T_cam_world
    found = solution.calibration.cameras.T_cam_world
    turned = found[1, :3, :3] @ found[0, :3, :3].T @ true[0, :3, :3] @ true[1, :3, :3].T
    assert rotation_angle_deg(turned) < 1.5
    both = slice(12, 85)  # seen by both videos
    points = np.concatenate([motion.landmarks_m[both, 11:] for motion in solution.motions])
    truth = [duo[0].landmarks_m[both, 11:], duo[1].landmarks_m[both, 11:]]
    truth[1] = truth[1] @ PLACE[:3, :3].T + PLACE[:3, 3]
    assert w_mpjpe(points, np.concatenate(truth)) < 0.025
    sizes = [np.linalg.norm(motion.rest_offsets_m, axis=1).sum() for motion in solution.fits]
    true_sizes = [np.linalg.norm(p.body.rest_offsets_m, axis=1).sum() for p in duo]
    assert sizes[1] / sizes[0] == pytest.approx(true_sizes[1] / true_sizes[0], rel=0.02)


def test_one_performer_is_solved_as_stage_by_stage(duo):
    tracks = duo[0].tracks
    solution = solve_tracks(tracks, options=SolveOptions(method="geometry"), **KEYWORDS)
    timeline = complete_timeline(tracks, lambda: (None, None), np.array([0.0, np.nan]))
    calibration = calibrate(tracks, timeline, focal_35mm=(None, None))
    refined = replace(timeline, offset_s=calibration.offset_s)
    right = exchange_all(tracks, find_swaps(tracks, refined, calibration.cameras))
    fit = solve_body(right, refined, calibration, fps=30.0)
    assert_same(solution.fit, fit)
    assert_same(solution.motion, clean_up(fit, CleanUp()))


def assert_same(first: MotionClip, second: MotionClip):
    """Equal but for rounding: sums round differently where memory is aligned differently."""
    one, two = first.to_arrays(), second.to_arrays()
    assert one.keys() == two.keys()
    for name, values in one.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(values, two[name], rtol=0.0, atol=1e-9, err_msg=name)
        else:
            np.testing.assert_array_equal(values, two[name], err_msg=name)
