import numpy as np

from mvmocap_core import doctor
from mvmocap_core.detection import models
from mvmocap_core.doctor import examine
from mvmocap_core.installation import Need
from mvmocap_core.self_test.performance import HEIGHT_M, perform
from mvmocap_core.self_test.run import run_self_test


def test_performer_is_seen_whole_by_both_cameras():
    performance = perform()
    for track in performance.tracks:
        assert (track.keypoints_2d_px > 0).all()
        assert (track.keypoints_2d_px < track.image_size).all()
    heights_m = np.ptp(performance.positions_m[..., 2], axis=1)
    assert (heights_m > 0.7 * HEIGHT_M).all()
    assert (heights_m < HEIGHT_M).all()


def test_whole_installation_passes():
    result = run_self_test()
    assert result["detect"]["passed"], result["detect"]["detail"]
    assert result["solve"]["passed"], result["solve"]["detail"]


def test_missing_model_fails_the_detection_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(models, "PACKAGED_FOLDER", tmp_path)
    result = run_self_test()
    assert not result["detect"]["passed"]
    assert "missing" in result["detect"]["detail"]
    assert result["solve"]["passed"]


def test_doctor_names_conflicts_where_nothing_else_can_be_looked_at(monkeypatch):
    conflict = doctor.unserved([Need("none", "no_such_module", "1", "2")])
    monkeypatch.setattr(doctor, "unserved", lambda: conflict)
    monkeypatch.setattr(doctor, "find_conflicts", lambda: conflict)
    findings = examine(use_network=False, with_self_test=True)
    assert findings["self_test"] is None
    assert any("CONFLICT: none is absent" in line for line in doctor.lines(findings))
