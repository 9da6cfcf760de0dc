"""What an animator should know of a solve, and the grade that it adds up to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mvmocap_core.report.limits import Limits

Grade = Literal["good", "check", "unusable"]
GRADES: tuple[Grade, ...] = ("good", "check", "unusable")
"""From the best to the worst."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the animator should know. `reason` is a code, `advice` a sentence."""

    grade: Grade
    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """grade: the worst of the findings. reasons: codes of those that are not good."""

    grade: Grade
    reasons: tuple[str, ...]
    advice: tuple[str, ...]


def summed_up(findings: Sequence[Finding]) -> Verdict:
    """The verdict that findings amount to; without any it is good."""
    order: tuple[Grade, ...] = ("unusable", "check", "good")
    ordered = sorted(findings, key=lambda finding: order.index(finding.grade))
    bad = [finding for finding in ordered if finding.grade != "good"]
    return Verdict(
        grade=bad[0].grade if bad else "good",
        reasons=tuple(finding.reason for finding in bad),
        advice=tuple(finding.advice for finding in ordered),
    )


def above(value: float, limits: Limits, reason: str, advice: str) -> Iterator[Finding]:
    """A finding where a measure is over its limit."""
    if not value <= limits.check:  # NaN is doubtful too
        yield Finding("check" if value <= limits.unusable else "unusable", reason, advice)


def below(value: float, limits: Limits, reason: str, advice: str) -> Iterator[Finding]:
    """A finding where a measure is under its limit."""
    if not value >= limits.check:
        yield Finding("check" if value >= limits.unusable else "unusable", reason, advice)
