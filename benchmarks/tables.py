"""Tables for the terminal and for docs/benchmarks.md."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mvmocap_core.files import write_text

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "benchmarks" / "results"
DOCS_PAGE = REPOSITORY / "docs" / "benchmarks.md"
PAGE_HEAD = """# Benchmarks

Written by `./run bench NAME --write-docs`, never by hand. `./run bench` alone lists the names;
`--quick` gives a shorter run of each.
"""


def show(value: object, digits: int = 1) -> str:
    """A cell: numbers with `digits` decimals, nothing for None and NaN."""
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return f"{value:.{digits}f}" if np.isfinite(value) else "-"
    return str(value)


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns lined up: the first to the left, others to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        return "  ".join(cells).rstrip()

    return "\n".join([line(head), "  ".join("-" * width for width in widths), *map(line, rows)])


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same as Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_section(name: str, body: str, page: Path = DOCS_PAGE) -> None:
    """Replace what stands between the markers of section `name`, or add the section."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text(encoding="utf-8") if page.exists() else PAGE_HEAD
    section = f"{begin}\n{body.strip()}\n{end}"
    if begin in text and end in text:
        before, rest = text.split(begin, 1)
        text = before + section + rest.split(end, 1)[1]
    else:
        text = text.rstrip() + f"\n\n{section}\n"
    write_text(page, text)


def machine() -> str:
    """What the figures were measured on, in a few words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}"
    return f"{cores} cores, {system}, Python {platform.python_version()}"
