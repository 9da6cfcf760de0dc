"""People too small, or too close to another, for a detector that sees the picture as a whole."""

from unittest.mock import Mock

import numpy as np
import pytest

from mvmocap_core.detection.closer_look import SELDOM, CloserLook, Person

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


def find_all(image):
    """A detector that finds everybody who fills a fifth of the picture."""
    found = []
    for shade in (50, 100, 150):
        rows, columns = np.nonzero((image == shade).all(axis=2))
        if len(rows) and np.ptp(rows) > image.shape[0] / 5:
            found.append(person(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    return found


def seen(closer, image, *, n_frames=FRAMES):
    """Of each frame the people's boxes."""
    frames = [closer.all_people(image, k / 30) for k in range(n_frames)]
    return [{tuple(who.box_px.ravel().astype(int).tolist()) for who in people} for people in frames]


def looks_of_known(detect, image):
    """What each look of `FRAMES` frames shows of the first two, who are known by then."""
    shown = []

    def counted(part):
        shown.append([bool((part == shade).all(axis=2).any()) for shade in (50, 100)])
        return detect(part)

    closer = CloserLook(counted, 3)
    seen(closer, image)
    shown.clear()
    for k in range(FRAMES, 2 * FRAMES):
        assert len(closer.all_people(image, k / 30)) == 2
    return np.array(shown)


def test_who_is_too_small_for_the_whole_picture_is_found_and_then_kept():
    found = seen(CloserLook(find_largest, 3), picture(NEAR, SMALL))
    first = next(k for k, boxes in enumerate(found) if SMALL in boxes)
    assert first < 12
    assert all(boxes == {NEAR, SMALL} for boxes in found[first:])


def test_who_stands_beside_somebody_larger_is_found():
    assert seen(CloserLook(find_largest, 3), picture(NEAR, FAR))[-1] == {NEAR, FAR}


def test_those_close_to_each_other_are_posed_once_a_frame_in_one_look():
    shown = looks_of_known(find_all, picture(NEAR, FAR))
    assert shown.all(axis=1).sum() <= FRAMES + FRAMES // (10 * SELDOM) + 1
    # Else there are only parts of the picture that are searched, where they are painted out.
    assert len(shown) <= FRAMES + FRAMES // SELDOM
    assert not shown[~shown.all(axis=1)].any()


def test_who_stands_apart_is_looked_at_alone():
    shown = looks_of_known(find_all, picture((10, 40, 40, 120), (280, 40, 310, 120)))
    alone, both = shown.sum(axis=1) == 1, shown.all(axis=1)
    assert alone.sum() == 2 * FRAMES
    assert both.sum() <= FRAMES // (10 * SELDOM) + 1  # the whole picture


def test_who_is_missed_beside_another_is_looked_for_without_them():
    shown = looks_of_known(find_largest, picture(NEAR, FAR))
    assert (shown[:, 1] & ~shown[:, 0]).sum() >= FRAMES


def test_who_is_gone_is_not_looked_for_twice_in_the_same_picture():
    look = Mock(side_effect=find_all)
    closer = CloserLook(look, 2)
    seen(closer, picture(NEAR))
    look.reset_mock()
    closer.all_people(picture(), FRAMES / 30)
    # where they were, the whole picture, and a part of it that is searched
    assert look.call_count == 3


def test_every_frame_is_searched_while_fewer_are_there_than_asked_for():
    look = Mock(side_effect=find_all)
    seen(CloserLook(look, 3), picture(NEAR))
    assert look.call_count == 2 * FRAMES


def test_who_comes_is_found_within_a_second_though_all_asked_for_are_there():
    closer = CloserLook(find_all, 3)
    seen(closer, picture(NEAR, FAR))
    at = range(FRAMES, 2 * FRAMES)
    found = [len(closer.all_people(picture(NEAR, FAR, SMALL), k / 30)) for k in at]
    assert found[-1] == 3


def test_no_more_are_looked_for_than_asked():
    assert seen(CloserLook(find_largest, 1), picture(NEAR, FAR, SMALL))[-1] == {NEAR}


def test_one_person_found_twice_is_one():
    closer = CloserLook(lambda image: find_largest(image) * 2, 3)
    assert len(closer.all_people(picture(NEAR), 0.0)) == 1


def test_what_a_part_of_the_picture_does_not_clearly_show_is_left_out():
    def doubtful(image):
        return find_largest(image, visibility=0.4)

    assert seen(CloserLook(doubtful, 3), picture(NEAR, SMALL))[-1] == {NEAR}


def test_who_is_not_clear_is_kept_once_the_whole_picture_showed_them():
    def half_hidden(image):
        return find_largest(image, visibility=0.4)

    assert all(boxes == {NEAR} for boxes in seen(CloserLook(half_hidden, 3), picture(NEAR)))


def test_who_left_is_forgotten():
    closer = CloserLook(find_largest, 3)
    seen(closer, picture(NEAR, SMALL))
    assert seen(closer, picture(NEAR))[-1] == {NEAR}


@pytest.mark.parametrize("box", [(0, 0, 20, 40), (300, 200, 320, 240)])
def test_people_at_the_edges_of_the_picture_are_looked_for_too(box):
    assert seen(CloserLook(find_largest, 3), picture(box))[-1] == {box}
