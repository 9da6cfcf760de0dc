"""Cameras from the performer alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.calibration.bundle import Adjustment, Priors, adjust
from mvmocap_core.calibration.hypotheses import starting_scenes
from mvmocap_core.calibration.observations import Observations, observe
from mvmocap_core.detection.detections import Track
from mvmocap_core.sync.timeline import Timeline

PHONE_FOCAL_35MM = 28.0
"""Main cameras of phones film at 24-28 mm (35 mm equivalent); stabilisation crops a little."""
PHONE_FOCAL_LOG_STD = 0.25
METADATA_FOCAL_LOG_STD = 0.06
DIAGONAL_35MM = 43.267


def search(observed: Observations, priors: Priors):
    ranked = []
    for name, scene in starting_scenes(observed, np.exp(priors.log_focal)):
        ranked.append((name, adjust(scene, observed, priors, free=("pose",), n_steps=8)))
    ranked.sort(key=lambda r: r[1].cost)
    refined = []
    for name, a in ranked[:3]:
        a = adjust(a.scene, observed, priors, free=("pose", "focal"), n_steps=20)
        refined.append((name, a))
    refined.sort(key=lambda r: r[1].cost)
    return ranked, refined


def focal_prior(image_size, focal_35mm):
    diagonal = np.hypot(*np.asarray(image_size, float).T)
    known = np.array([f is not None for f in focal_35mm])
    f35 = np.array([f or PHONE_FOCAL_35MM for f in focal_35mm])
    return np.log(f35 / DIAGONAL_35MM * diagonal), np.where(known, METADATA_FOCAL_LOG_STD, PHONE_FOCAL_LOG_STD)
