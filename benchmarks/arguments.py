"""The options that every bench has, and how its section of the docs begins."""

import argparse

from benchmarks.tables import machine


def bench_parser(
    name: str, about: str | None, quick: str, *, keeps_results: bool = True
) -> argparse.ArgumentParser:
    """A parser with `--quick` (which does `quick`) and `--write-docs`.

    keeps_results: the bench keeps what it measured, so that `--again` makes sense.
    """
    parser = argparse.ArgumentParser(prog=f"bench {name}", description=about)
    parser.add_argument("--quick", action="store_true", help=quick)
    if keeps_results:
        parser.add_argument("--again", action="store_true", help="do not reuse results")
    parser.add_argument("--write-docs", action="store_true", help="rewrite docs/benchmarks.md")
    return parser


def section_head(title: str, name: str, is_quick: bool) -> str:
    """The heading of a bench's section, with the command that wrote it and the machine."""
    quick = "--quick " if is_quick else ""
    return f"## {title}\n\n`./run bench {name} {quick}--write-docs`, on {machine()}."
