"""People too small, or too close to another, for a detector that sees the picture as a whole."""

import numpy as np
import pytest

from mvmocap_core.detection.closer_look import CloserLook, Person

HEIGHT, WIDTH = 240, 320
NEAR, FAR, SMALL = (100, 40, 160, 200), (180, 60, 220, 180), (20, 180, 35, 220)
FRAMES = 30


def person(left, top, right, bottom, *, visibility=0.95):
    x, y = np.meshgrid(np.linspace(left, right, 3), np.linspace(top, bottom, 11))
    marks = np.stack([x.ravel(), y.ravel(), np.full(33, visibility)], axis=1)
    return Person(marks, np.zeros((33, 3)))


def picture(*boxes):
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for shade, (left, top, right, bottom) in enumerate(boxes, start=1):
        image[top:bottom, left:right] = 50 * shade
    return image


def find_largest(image, *, visibility=0.95):
    """A detector that finds one person, the largest, if they fill a quarter of the picture."""
    found = []
    for shade in (50, 100, 150):
        rows, columns = np.nonzero((image == shade).all(axis=2))
        if len(rows) and np.ptp(rows) > image.shape[0] / 4:
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            found.append(person(*box, visibility=visibility))
    return sorted(found, key=lambda who: -np.ptp(who.box_px[:, 1]))[:1]


def seen(closer, image, *, detect=find_largest, n_frames=FRAMES):
    """Of each frame the people's boxes."""
    frames = [closer.all_people(image, k / 30, detect(image)) for k in range(n_frames)]
    return [{tuple(who.box_px.ravel().astype(int).tolist()) for who in people} for people in frames]


def test_who_is_too_small_for_the_whole_picture_is_found_and_then_kept():
    found = seen(CloserLook(find_largest, 3), picture(NEAR, SMALL))
    first = next(k for k, boxes in enumerate(found) if SMALL in boxes)
    assert first < 12
    assert all(boxes == {NEAR, SMALL} for boxes in found[first:])


def test_who_stands_beside_somebody_larger_is_found():
    assert seen(CloserLook(find_largest, 3), picture(NEAR, FAR))[-1] == {NEAR, FAR}


def test_who_stands_apart_is_kept_without_posing_the_other_again():
    shows_near = []

    def detect(image):
        shows_near.append((image == 50).all(axis=2).any())
        return find_largest(image)

    closer, frame = CloserLook(detect, 3), picture(NEAR, FAR)
    for k in range(2 * FRAMES):
        if k == FRAMES:  # both are known by now
            shows_near.clear()
        closer.all_people(frame, k / 30, find_largest(frame))
    # In every frame the other is kept and a part searched; now and then somebody is looked around.
    assert len(shows_near) >= 2 * FRAMES
    assert sum(shows_near) < FRAMES / 3


def test_no_more_are_looked_for_than_asked():
    assert seen(CloserLook(find_largest, 1), picture(NEAR, FAR, SMALL))[-1] == {NEAR}


def test_one_person_found_twice_is_one():
    def twice(image):
        return find_largest(image) * 2

    closer = CloserLook(find_largest, 3)
    assert len(closer.all_people(picture(NEAR), 0.0, twice(picture(NEAR)))) == 1


def test_what_is_not_clearly_a_person_is_left_out():
    def doubtful(image):
        return find_largest(image, visibility=0.4)

    assert seen(CloserLook(doubtful, 3), picture(NEAR, SMALL))[-1] == {NEAR}


def test_who_left_is_forgotten():
    closer = CloserLook(find_largest, 3)
    seen(closer, picture(NEAR, SMALL))
    assert seen(closer, picture(NEAR))[-1] == {NEAR}


@pytest.mark.parametrize("box", [(0, 0, 20, 40), (300, 200, 320, 240)])
def test_people_at_the_edges_of_the_picture_are_looked_for_too(box):
    assert seen(CloserLook(find_largest, 3), picture(box))[-1] == {box}
