"""Who is who, from detections to the take."""

from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.corrections.files import save_identities
from mvmocap_core.corrections.followed import load_followed
from mvmocap_core.corrections.identities import joined_fragment
from mvmocap_core.corrections.keypoints import load_keypoints
from mvmocap_core.options import SolveOptions
from mvmocap_core.pipeline import solve
from tests.core.clips import write_clip
from tests.core.imagined import Imagined


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


def test_who_was_left_out_is_kept_and_can_be_joined(tmp_path, passer_by):
    clips = [
        write_clip(tmp_path / name, n_frames=60, size=(640, 480), seed=seed)
        for seed, name in enumerate(("a.mp4", "b.mp4"))
    ]
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
