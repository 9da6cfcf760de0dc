"""Who is who in a solved take, said in numbers on the command line."""

from collections.abc import Sequence
from pathlib import Path

from mvmocap_core.corrections.files import load_identities, save_identities
from mvmocap_core.corrections.followed import load_followed
from mvmocap_core.corrections.identities import (
    ExchangedPeople,
    Identity,
    JoinedFragment,
    identified,
)
from mvmocap_core.errors import InputError


def name_by_numbers(
    take_folder: Path, exchanged: Sequence[Sequence[float]], joined: Sequence[Sequence[float]]
) -> None:
    """Add to a take's identities who was taken for whom.

    exchanged: video, first, second, start_s and, where it ends, end_s of each `ExchangedPeople`.
    joined:    video, person, time_s, x_px, y_px of each `JoinedFragment`.

    Raises InputError, and changes nothing, if a number is wrong or names who is not there.
    """
    identities: list[Identity] = list(load_identities(take_folder))
    for numbers in exchanged:
        if len(numbers) not in (4, 5):
            message = "--exchange: give VIDEO FIRST SECOND START, and END where it ends."
            raise InputError(message, reason="bad_option")
        video, first, second = (_count(number) for number in numbers[:3])
        identities.append(ExchangedPeople(video, first, second, *numbers[3:]))
    for video, person, *place in joined:
        identities.append(JoinedFragment(_count(video), _count(person), *place))
    identified(identities, load_followed(take_folder)[0])  # or somebody named is not there
    save_identities(take_folder, identities)


def _count(number: float) -> int:
    if number != int(number):
        message = f"{number:g}: videos and performers are whole numbers."
        raise InputError(message, reason="bad_option")
    return int(number)
