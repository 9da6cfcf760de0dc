from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def facts(measure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return measure("strip_facts")


def test_trust_is_green_amber_red_or_grey(facts: dict[str, Any]):
    assert facts["levels"] == ["firm", "doubtful", "weak", "unknown", "unknown"]


def test_every_moment_is_in_the_strip_once_and_in_order(facts: dict[str, Any]):
    shown = [place for column in facts["long"] for place in column]
    assert shown == list(range(240))


def test_a_short_take_fills_the_strip(facts: dict[str, Any]):
    shown = facts["short"]
    assert len(shown) == 12 * facts["columns_a_tile"]
    assert all(len(column) == 1 for column in shown)
    assert {place for column in shown for place in column} == set(range(5))
