import base64
import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from mvmocap_core.body.single_views import SingleViews
from mvmocap_core.body.world import stature_m
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.calibration.single_view import assume_camera
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.lifting.adaptation import Adaptation
from mvmocap_core.lifting.joints import JOINT_NAMES
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.progress import silent
from mvmocap_core.report import content, page
from mvmocap_core.report.evidence import Evidence, LeftOut, seen_by_view
from mvmocap_core.report.verdict import judge
from mvmocap_core.stabilisation.steady import CameraMotion
from mvmocap_core.stages import Stages
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.video.frames import VideoInfo, probe_video
from tests.core.clips import write_clip
from tests.core.scenes import make_calibration, make_motion, make_timeline, make_tracks


@pytest.fixture(scope="session")
def infos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    paths = [
        write_clip(folder / f"{name}.mp4", n_frames=60, size=(640, 480), seed=seed)
        for seed, name in enumerate(("a", "b & <c>"))
    ]
    return [probe_video(path) for path in paths]


def make_evidence(infos=(), **changes):
    motion = changes.pop("motion", None) or make_motion()
    good = Evidence(
        infos=tuple(infos),
        tracks=tuple(make_tracks(motion)),
        timeline=make_timeline(),
        calibration=make_calibration(),
        motion=motion,
        options=SolveOptions(height_m=1.75),
    )
    return replace(good, **changes)


def schema(repository, name):
    return json.loads((repository / "docs/schemas" / name).read_text(encoding="utf-8"))


def stages():
    made = Stages(silent)
    made.run("sync", lambda progress: None)
    return made


def test_good_take_is_good_and_has_no_reasons():
    verdict = judge(make_evidence())
    assert verdict.grade == "good"
    assert verdict.reasons == ()
    assert verdict.advice == ()


def test_motion_that_is_mostly_a_guess_is_doubted():
    motion = make_motion()
    error_m = motion.error_m.copy()
    error_m[:40] = 0.9
    guessed = replace(motion, error_m=error_m)
    verdict = judge(make_evidence(motion=guessed))
    assert "mostly_uncertain" in verdict.reasons
    assert any("more than 90 cm" in text for text in verdict.advice)
    trimmed = CleanUp(start_s=float(motion.times_s[35]))
    assert "mostly_uncertain" not in judge(make_evidence(motion=guessed, clean_up=trimmed)).reasons


def test_assumed_height_is_told_but_does_no_harm():
    verdict = judge(make_evidence(options=SolveOptions()))
    assert verdict.grade == "good"
    assert "--height" in verdict.advice[0]


@pytest.mark.parametrize(
    ("is_used", "words"),
    [
        ((True, True), "4.0 cm off instead of 8.0 where that can be told."),
        ((True, False), "for the other views it did not help"),
        ((False, False), "did not help and was left out"),
    ],
)
def test_what_single_views_decided_and_whether_the_take_put_them_right_is_told(is_used, words):
    height_m = stature_m(make_motion().rest_offsets_m)
    adaptation = Adaptation(
        np.full(2, 0.08 / height_m), np.full(2, 0.04 / height_m), np.array(is_used)
    )
    shares = np.where(np.array(JOINT_NAMES) == "left_wrist", 0.1, 0.0)
    evidence = make_evidence(single_views=SingleViews(0.1, shares, adaptation))
    verdict = judge(evidence)
    assert (verdict.grade, verdict.reasons) == ("good", ())
    assert "10 %" in verdict.advice[0]
    assert "mostly left wrist" in verdict.advice[0]
    assert words in verdict.advice[0]


def test_guesses_that_the_take_did_not_put_right_are_told_as_such():
    shares = np.full(len(JOINT_NAMES), 0.1)
    verdict = judge(make_evidence(single_views=SingleViews(0.1, shares, None)))
    assert verdict.grade == "good"
    assert "not put right by the take" in verdict.advice[0]


def test_single_views_that_were_not_needed_are_not_told():
    never = SingleViews(0.0, np.zeros(len(JOINT_NAMES)), Adaptation(*np.full((3, 2), np.nan)))
    assert judge(make_evidence(single_views=never)).advice == ()


@pytest.mark.parametrize(
    ("kind", "grade", "word"),
    [
        ("still", "good", None),
        ("unknown", "good", None),
        ("turned", "good", "followed"),
        ("walked", "check", "tripod"),
    ],
)
def test_a_camera_that_moved_is_told(kind, grade, word):
    info = VideoInfo(Path("b.mp4"), (640, 480), 0, 30.0, 2.0, 60, False, None)
    turns = np.broadcast_to(np.eye(3), (60, 3, 3))
    moved = CameraMotion(kind, 1.5, np.arange(60) / 30.0, turns, 600.0)
    verdict = judge(make_evidence(infos=[info], moved=(moved,)))
    assert verdict.grade == grade
    assert verdict.reasons == (("camera_moved",) if kind == "walked" else ())
    assert word is None or word in verdict.advice[0]


@pytest.mark.parametrize(
    ("turn_deg", "reasons"), [(2.0, ()), (20.0, ("room_disagrees",)), (90.0, ())]
)
def test_a_room_that_is_seen_otherwise_than_the_performer_is_told(turn_deg, reasons):
    good = make_evidence()
    room_axes = good.calibration.cameras.T_cam_world[:, :3, :3].copy()
    room_axes[1] = room_axes[1] @ rotvec_to_rotmat(np.radians([0.0, 0.0, turn_deg]))
    calibration = replace(good.calibration, room_axes=room_axes)
    assert judge(make_evidence(calibration=calibration)).reasons == reasons


@pytest.mark.parametrize(
    ("changes", "grade", "reason"),
    [
        ({"view_angle_deg": 3.0}, "unusable", "cameras_too_close"),
        ({"view_angle_deg": 15.0}, "check", "cameras_too_close"),
        ({"view_angle_deg": 177.0}, "unusable", "cameras_opposite"),
        ({"view_angle_deg": 168.0}, "check", "cameras_opposite"),
        ({"view_angle_deg": np.nan}, "unusable", "cameras_opposite"),
        ({"rotation_std_deg": 8.0}, "check", "rotation_uncertain"),
        ({"rotation_std_deg": np.inf}, "unusable", "rotation_uncertain"),
        ({"focal_std": np.array([0.03, 0.3])}, "check", "focal_uncertain"),
        ({"focal_std": np.array([0.03, np.nan])}, "unusable", "focal_uncertain"),
        ({"margin": 0.001}, "check", "cameras_ambiguous"),
        ({"reprojection_rel": np.array([0.01, 0.03])}, "check", "reprojection"),
        ({"reprojection_rel": np.array([0.01, 0.1])}, "unusable", "reprojection"),
        ({"bone_variation": 0.2}, "check", "bones_vary"),
    ],
)
def test_doubtful_calibration_is_told(changes, grade, reason):
    verdict = judge(make_evidence(calibration=make_calibration(**changes)))
    assert (verdict.grade, verdict.reasons) == (grade, (reason,))
    assert len(verdict.advice) == 1


@pytest.mark.parametrize(
    ("changes", "grade", "reason"),
    [
        ({"offset_std_s": np.array([0.0, 0.05])}, "check", "sync_uncertain"),
        ({"offset_std_s": np.array([0.0, 0.5])}, "unusable", "sync_uncertain"),
        ({"agreement": np.array([1.0, 0.01])}, "check", "sync_ambiguous"),
    ],
)
def test_doubtful_clocks_are_told(changes, grade, reason):
    verdict = judge(make_evidence(timeline=replace(make_timeline(), **changes)))
    assert (verdict.grade, verdict.reasons) == (grade, (reason,))


def test_joints_that_may_be_anywhere_are_told():
    motion = make_motion()
    doubtful = replace(motion, error_m=np.full_like(motion.error_m, 0.2))
    verdict = judge(make_evidence(motion=doubtful))
    assert (verdict.grade, verdict.reasons) == ("check", ("pose_uncertain",))
    assert "20 cm" in verdict.advice[0]


def test_legs_outside_the_picture_are_told_and_do_not_count_against_the_cameras():
    motion = make_motion()
    legs = [name.endswith(("knee", "ankle", "toe")) for name in motion.joint_names]
    hidden = np.array([name.endswith(("knee", "ankle")) for name in motion.landmark_names])
    unseen = replace(
        motion,
        error_m=np.where(legs, 0.6, motion.error_m),
        confidence=np.where(legs, 0.0, motion.confidence),
        landmarks_m=np.where(hidden[:, None], np.nan, motion.landmarks_m),
    )
    verdict = judge(make_evidence(motion=unseen))
    assert verdict.reasons == ("seldom_shown",)
    assert verdict.advice[0].startswith("The videos hardly show the left knee")


def test_bones_along_the_line_of_sight_may_vary():
    varies = make_calibration(bone_variation=0.2, view_angle_deg=160.0)
    assert judge(make_evidence(calibration=varies)).grade == "good"


def test_short_motion_without_sound_is_told_but_does_no_harm():
    timeline = replace(make_timeline(), method=np.array(["reference", "motion"]))
    verdict = judge(make_evidence(motion=make_motion(n_frames=40), timeline=timeline))
    assert (verdict.grade, verdict.reasons) == ("good", ())
    assert "1.3 s of motion without sound" in verdict.advice[0]
    verdict = judge(make_evidence(motion=make_motion(n_frames=90), timeline=timeline))
    assert verdict.advice == ()


def test_still_person_is_told():
    verdict = judge(make_evidence(motion=make_motion(is_moving=False)))
    assert verdict.grade == "check"
    assert "person_still" in verdict.reasons


def test_person_who_stands_and_gestures_is_not_still():
    motion = make_motion(is_moving=False)
    arms = [name.split("_")[-1] in ("elbow", "wrist") for name in motion.joint_names.tolist()]
    motion.positions_m[:, arms, 2] += 0.2 * np.sin(6.0 * motion.times_s)[:, None]
    assert "person_still" not in judge(make_evidence(motion=motion)).reasons


def test_person_seldom_seen_by_both_is_told():
    evidence = make_evidence()
    evidence.tracks[1].confidence[:40] = 0.1
    verdict = judge(evidence)
    assert (verdict.grade, verdict.reasons) == ("check", ("seldom_seen_by_both",))
    evidence.tracks[1].confidence[:58] = 0.1
    assert judge(evidence).grade == "unusable"


def test_one_video_is_never_good_and_says_so():
    both = make_evidence()
    calibration = assume_camera(both.tracks[0], None, nothing_given(1))
    alone = replace(
        make_timeline(),
        **{name: getattr(make_timeline(), name)[:1] for name in Timeline.__slots__},
    )
    evidence = replace(both, tracks=both.tracks[:1], timeline=alone, calibration=calibration)
    verdict = judge(evidence)
    assert verdict.grade == "check"
    assert verdict.reasons == ("monocular",)


def test_time_that_one_phone_filmed_is_told_with_its_range_until_it_is_trimmed_away():
    both = make_evidence()
    arrays = ("times_s", "keypoints_2d_px", "confidence", "world_landmarks_m")
    late = replace(both.tracks[1], **{name: getattr(both.tracks[1], name)[15:] for name in arrays})
    evidence = replace(both, tracks=(both.tracks[0], late))
    (told,) = judge(evidence).advice
    assert "25 % of the frames" in told
    assert "0.5 to 1.9 s" in told
    assert judge(replace(evidence, clean_up=CleanUp(start_s=0.5, end_s=1.9))).advice == ()
    three = replace(
        evidence, tracks=(*both.tracks, late), timeline=Timeline.known(np.zeros(3), 0.002)
    )
    assert judge(three).advice == ()


def test_worst_reason_comes_first_with_its_advice():
    calibration = make_calibration(view_angle_deg=15.0, reprojection_rel=np.array([0.1, 0.1]))
    verdict = judge(make_evidence(calibration=calibration))
    assert verdict.grade == "unusable"
    assert verdict.reasons == ("reprojection", "cameras_too_close")
    assert "15 degrees" in verdict.advice[1]


def test_seen_frames_follow_each_videos_clock():
    motion = make_motion(offset_s=0.5)
    evidence = make_evidence(motion=motion, timeline=make_timeline(offset_s=0.5))
    evidence.tracks[1].confidence[15:30] = 0.0  # this video's times 0.0 to 0.5 s
    seen = seen_by_view(evidence)
    assert seen[0].all()
    np.testing.assert_array_equal(~seen[1], (motion.times_s > 0.49) & (motion.times_s < 0.99))


def test_report_of_a_solve_holds_the_schema(repository, infos):
    report = content.solved_report([make_evidence(infos)], stages())
    jsonschema.validate(report, schema(repository, "report.schema.json"))
    assert report["cameras"][0]["focal_35mm"] == pytest.approx(600 * 36 / 640, abs=0.01)
    assert report["cameras"][0]["distance_m"] == pytest.approx(4.0, abs=0.5)
    assert report["people"][0]["n_frames"] == 60


def test_fewer_performers_than_were_asked_for_are_told(infos):
    asked = make_evidence(infos, options=SolveOptions(people=3, height_m=1.75))
    report = content.solved_report([asked, asked], stages())
    assert (report["verdict"], report["reasons"]) == ("check", ["performers_missing"])
    assert "3 performers were asked for, 2 found" in report["advice"][0]
    counted = replace(asked, options=SolveOptions(people=0, height_m=1.75))
    assert content.solved_report([counted, counted], stages())["verdict"] == "good"


@pytest.mark.parametrize(("asked", "verdict"), [(0, "good"), (2, "check")])
def test_who_was_left_out_is_told_and_does_harm_if_asked_for(infos, asked, verdict):
    evidence = make_evidence(
        infos,
        options=SolveOptions(people=asked, height_m=1.75),
        left_out=(LeftOut(well_seen_s=0.1, start_s=0.5, end_s=0.8),),
    )
    report = content.solved_report([evidence], stages())
    assert report["verdict"] == verdict
    assert "Performer 2, who is in a.mp4 from 0.5 to 0.8 s, was left out" in report["advice"][0]


def test_report_with_unknown_numbers_holds_the_schema(repository, infos):
    calibration = make_calibration(
        view_angle_deg=np.nan, rotation_std_deg=np.inf, focal_std=np.array([np.nan, np.nan])
    )
    report = content.solved_report([make_evidence(infos, calibration=calibration)], stages())
    jsonschema.validate(json.loads(json.dumps(report, allow_nan=False)),
                        schema(repository, "report.schema.json"))  # fmt: skip
    assert report["accuracy"]["rotation_std_deg"] is None
    text = page.render_page(report, [make_evidence(infos)])
    assert "unusable" in text
    assert '<th>Angle between the views</th><td class="number">–</td>' in text


def test_page_tells_what_was_given_and_kept_from_what_was_refined(infos):
    report = content.solved_report([make_evidence(infos)], stages())
    room = {"focal_px": 600.0, "focal_std": 0.02, "axes_std_deg": 1.0}
    report["cameras"][0] |= {"given": ["pose", "lens"], "room": room}
    report["cameras"][1] |= {"given": ["focal_length", "offset"], "room": room}
    notes = [line for line in page.render_page(report).splitlines() if 'class="note"' in line]
    of_first = [note for note in notes if " a.mp4" in note]
    of_second = [note for note in notes if " b &amp; &lt;c&gt;.mp4" in note]
    assert len(of_first) == 1
    assert "and kept: pose, lens." in of_first[0]
    assert "Straight edges" in of_second[0]
    assert "and refined by the videos: focal length, offset." in of_second[1]


def test_unsolvable_report_holds_the_schema_and_says_why(repository, infos):
    error = UnsolvableError("no person was found in b.mp4.", reason="no_person")
    report = content.unsolvable_report(error, infos, stages())
    jsonschema.validate(report, schema(repository, "report.schema.json"))
    assert (report["verdict"], report["reasons"]) == ("unusable", ["no_person"])
    html = page.render_page(report)
    assert "No motion could be solved" in html
    assert "No person was found in b.mp4." in html


def test_schema_wants_a_reason_where_nothing_was_solved(repository, infos):
    report = content.unsolvable_report(UnsolvableError("why"), infos, stages())
    for bad in ({"reasons": []}, {"verdict": "good"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**report, **bad}, schema(repository, "report.schema.json"))


def test_page_shows_the_skeleton_over_both_views_and_needs_no_other_file(tmp_path, infos):
    evidence = make_evidence(infos)
    pictures = page.draw_pictures([evidence])
    report = content.solved_report([evidence], stages())
    page.write_report(tmp_path, report, [evidence], pictures)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert not re.search(r'(src|href)="(?!data:)', html)
    images = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert len(images) == page.N_PICTURES
    image = cv2.imdecode(np.frombuffer(base64.b64decode(images[0]), np.uint8), cv2.IMREAD_COLOR)
    left, right = np.split(image.astype(int), 2, axis=1)
    for half in (left, right):  # blue-green-red: both sides of the skeleton are in both views
        assert (half[..., 0] - half[..., 2] > 90).sum() > 50
        assert (half[..., 2] - half[..., 0] > 90).sum() > 50


def test_page_escapes_file_names(infos):
    evidence = make_evidence(infos)
    html = page.render_page(content.solved_report([evidence], stages()), [evidence])
    assert "b &amp; &lt;c&gt;.mp4" in html
    assert "<c>" not in html
