"""What the trainings are told on the command line."""

import argparse
from pathlib import Path


def training_parser(
    name: str, doc: str | None, *, steps: int, pool: int
) -> argparse.ArgumentParser:
    """Give a parser with what all of them take; steps and pool are the defaults."""
    parser = argparse.ArgumentParser(prog=f"training.{name}", description=doc)
    parser.add_argument("--out", type=Path, required=True, help="checkpoints and the weights")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--pool", type=int, default=pool, help="takes or clips to draw from")
    parser.add_argument("--width", type=int, default=256)
    return parser
