"""The preferences page in a real Blender: its picture lies in dist/gui afterwards."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def found(
    perform: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    return perform("doctor", tmp_path_factory.mktemp("doctor"))


def test_doctor_works_while_the_window_lives(found: dict[str, Any]):
    assert found["asked"] == ["RUNNING_MODAL"]
    assert found["was_running"]
    assert found["problem"] == "", found["text"]
    assert "self-test, solve: passed" in found["text"]


def test_findings_are_copied_for_a_bug_report(found: dict[str, Any]):
    assert found["clipboard"] == found["text"]
