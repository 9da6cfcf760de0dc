"""Performers of whom a take holds no motion, told to the animator."""

from collections.abc import Sequence

from mvmocap_core.report.evidence import Evidence, LeftOut
from mvmocap_core.report.findings import Finding


def missing_performers(people: Sequence[Evidence]) -> list[Finding]:
    """Who was followed and left out, and how many were asked for and not found.

    people: everybody who was solved. Somebody whom the user did not ask for is a remark alone.
    """
    lead = people[0]
    asked, left_out = lead.options.people, lead.left_out
    grade = "check" if len(people) < asked else "good"
    findings = [
        Finding(grade, "performer_left_out", _left_out(lead, len(people) + number, each))
        for number, each in enumerate(left_out, start=1)
    ]
    n_found = len(people) + len(left_out)
    if n_found < asked:
        findings.append(
            Finding(
                "check",
                "performers_missing",
                f"{asked} performers were asked for, {n_found} found: nobody else is seen for long "
                f"enough {_where(lead)}. Keep everybody in the picture, or ask for "
                f"{n_found}.",
            )
        )
    return findings


def _left_out(lead: Evidence, number: int, each: LeftOut) -> str:
    return (
        f"Performer {number}, who is in {lead.infos[0].path.name} from {each.start_s:.1f} to "
        f"{each.end_s:.1f} s, was left out: {each.well_seen_s:.1f} s of the body seen "
        f"{_where(lead)} are too few to solve a motion."
    )


def _where(lead: Evidence) -> str:
    return "by both videos at once" if len(lead.tracks) > 1 else "by the video"
