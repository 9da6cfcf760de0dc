"""Build the Blender extension's zips into dist/: `./run package`."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from core_wheel import BuildError, build_core_wheel
from extension_zip import Edition, ZipError, build_zip
from fetching import FetchError, fetch_locked
from licences import LicenceError
from locking import lock_wheels
from targets import PLATFORMS, PYTHONS
from validation import InvalidZipError, validate_zip
from wheel_files import read_wheel, sha256_of
from wheel_lock import REPOSITORY, read_lock, wheels_of, write_lock

from mvmocap_core.detection.models import HAND, fetch_model
from mvmocap_core.errors import ModelError
from mvmocap_core.options import DETECTORS

_FAILURES = (
    BuildError, FetchError, InvalidZipError, LicenceError, ModelError, ZipError,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks. Returns the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.lock:
            _lock()
        pythons = tuple(each for each in PYTHONS if not chosen.python or each in chosen.python)
        editions = [
            Edition(platform=platform, is_full=chosen.full, pythons=pythons)
            for platform in chosen.platform or PLATFORMS
        ]
        for zip_path in _build(editions, chosen.out):
            size_mb = zip_path.stat().st_size / 1e6
            print(f"{zip_path}  {size_mb:.0f} MB  sha256 {sha256_of(zip_path)}", flush=True)
    except _FAILURES as error:
        print(f"package: {error}", file=sys.stderr)
        return 2
    return 0


def _lock() -> None:
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as folder:
        core = read_wheel(build_core_wheel(Path(folder), models=[]))
    write_lock(lock_wheels(core))


def _build(editions: Sequence[Edition], out: Path) -> Iterator[Path]:
    locked = read_lock()
    models = [fetch_model(name) for name in (*DETECTORS, HAND)]
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as folder:
        core = build_core_wheel(Path(folder), models=models)
        for edition in editions:
            wheels = [
                wheel
                for wheel in wheels_of(edition.platform, locked, is_full=edition.is_full)
                if edition.takes(wheel.file)
            ]
            fetch_locked(wheels)
            zip_path = build_zip(edition, core, [wheel.path for wheel in wheels], out)
            validate_zip(zip_path)
            yield zip_path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run package", description=__doc__)
    parser.add_argument(
        "--platform", action="append", choices=list(PLATFORMS), help="default: all; may be repeated"
    )
    parser.add_argument("--full", action="store_true", help="the zips that carry PyTorch too")
    parser.add_argument(
        "--python", action="append", choices=PYTHONS,
        help="only for the Blenders of this Python (3.11: 4.2 to 5.0; 3.13: 5.1 and later)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=REPOSITORY / "dist", metavar="DIR", help="default: dist/"
    )
    parser.add_argument(
        "--lock", action="store_true", help="write wheels/wheels.toml anew from the pins"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
