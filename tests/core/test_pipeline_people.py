"""Who is who, from detections to the take."""

from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core import pipeline, solving
from mvmocap_core.corrections.files import save_identities
from mvmocap_core.corrections.followed import load_followed
from mvmocap_core.corrections.identities import ExchangedPeople, joined_fragment
from mvmocap_core.corrections.keypoints import load_keypoints
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.group.performers import Performers
from mvmocap_core.options import SolveOptions
from mvmocap_core.people.tracks import without_frames
from mvmocap_core.pipeline import solve
from mvmocap_core.take import Take
from tests.core.clips import write_clip
from tests.core.imagined import Imagined
from tests.core.scenes import make_tracks


@pytest.fixture
def passer_by(monkeypatch):
    """The performer, and for a second of the first video somebody small in the corner."""
    imagined = Imagined()
    found = imagined.detections[0]
    small = 0.3 * found.keypoints_2d_px
    small[(found.times_s < 0.5) | (found.times_s > 1.5)] = np.nan
    is_there = np.isfinite(small).all(axis=-1)
    imagined.detections[0] = replace(
        found,
        keypoints_2d_px=np.concatenate([found.keypoints_2d_px, small], axis=1),
        confidence=np.concatenate([found.confidence, np.where(is_there, 0.9, 0.0)], axis=1),
        world_landmarks_m=np.concatenate([found.world_landmarks_m] * 2, axis=1),
    )
    imagined.install(monkeypatch)
    return imagined


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return [
        write_clip(folder / name, n_frames=60, size=(640, 480), seed=seed)
        for seed, name in enumerate(("a.mp4", "b.mp4"))
    ]


def test_who_was_left_out_is_kept_and_can_be_joined(tmp_path, clips, passer_by):
    take = tmp_path / "take"
    solve(clips, take, SolveOptions())
    followed, known = load_followed(take)
    assert known == ()
    assert [len(view.tracks) for view in followed.fragments] == [1, 0]
    (fragment,) = followed.fragments[0].tracks
    during = fragment.confidence.max(axis=1) > 0
    before = load_keypoints(take)[0].track.keypoints_2d_px
    passer_by.calls.clear()
    save_identities(take, [joined_fragment(1, 1, fragment)])
    solve(clips, take, SolveOptions())
    assert {"sync", "calibrate", "body"} == set(passer_by.calls)  # and no detection
    after = load_keypoints(take)[0].track.keypoints_2d_px
    np.testing.assert_allclose(after[during], 0.3 * before[during], rtol=1e-4)
    np.testing.assert_array_equal(after[~during], before[~during])
    assert load_followed(take)[1] != ()


@pytest.fixture
def followed_as(monkeypatch):
    """Has people followed: "performer" throughout, "leaver" for three frames of both videos."""
    imagined = Imagined()
    imagined.install(monkeypatch)
    tracks = make_tracks(imagined.motion)
    shown = {
        "performer": tracks,
        "leaver": [without_frames(track, np.arange(60) >= 3) for track in tracks],
    }
    monkeypatch.setattr(solving, "calibrate_together", lambda *_, **__: imagined.calibration)
    monkeypatch.setattr(pipeline.page, "draw_pictures", lambda *_: [])
    monkeypatch.setattr(
        solving, "solve_bodies", lambda people, *_, **__: [imagined.motion] * len(people)
    )

    def follow(*names):
        people = [shown[name] for name in names]
        monkeypatch.setattr(pipeline, "find_performers", lambda *_, **__: Performers(people, 0.0))

    return follow


def test_who_leaves_does_not_end_the_solve_of_the_others(tmp_path, clips, followed_as):
    followed_as("performer", "performer", "leaver")
    report = solve(clips, tmp_path, SolveOptions(people=3, method="geometry"))
    assert Take(tmp_path).n_people == len(report["people"]) == 2
    (told,) = [text for text in report["advice"] if "left out" in text]
    assert "Performer 3, who is in a.mp4 from 0.0 to 0.1 s" in told
    assert report["reasons"] == ["performer_left_out"]
    pipeline.cleaning.report_again(tmp_path)
    assert told in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_who_cannot_be_solved_is_numbered_last_unless_numbers_were_used(
    tmp_path, clips, followed_as
):
    followed_as("performer", "leaver", "performer")
    options = SolveOptions(people=3, method="geometry")
    report = solve(clips, tmp_path, options)
    assert Take(tmp_path).n_people == len(report["people"]) == 2
    followed, _ = load_followed(tmp_path)
    n_seen = [int((p.tracks[0].confidence > 0).any(axis=1).sum()) for p in followed.people]
    assert n_seen == [60, 60, 3]
    save_identities(tmp_path, [ExchangedPeople(1, 1, 3, 1.0)])
    with pytest.raises(UnsolvableError, match="Performer 2"):
        solve(clips, tmp_path, options)
