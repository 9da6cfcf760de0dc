"""Build the Blender extension's zips into dist/: `./run package`."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core_wheel import BuildError, build_core_wheel
from extension_zip import ZipError, build_zip
from fetching import FetchError, fetch_locked
from licences import LicenceError
from locking import lock_wheels
from targets import PLATFORMS
from validation import InvalidZipError, validate_zip
from wheel_files import read_wheel, sha256_of
from wheel_lock import REPOSITORY, read_lock, wheels_of, write_lock

from mvmocap_core.detection.models import fetch_model
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
        for zip_path in _build(chosen.platform or list(PLATFORMS), chosen.out):
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


def _build(platforms: Sequence[str], out: Path) -> list[Path]:
    locked = read_lock()
    fetch_locked(wheel for wheel in locked if not set(platforms).isdisjoint(wheel.platforms))
    models = [fetch_model(name) for name in DETECTORS]
    zips = []
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as folder:
        core = build_core_wheel(Path(folder), models=models)
        for platform in platforms:
            paths = [wheel.path for wheel in wheels_of(platform, locked)]
            zips.append(build_zip(platform, core, paths, out))
            validate_zip(zips[-1])
    return zips


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run package", description=__doc__)
    parser.add_argument(
        "--platform", action="append", choices=list(PLATFORMS), help="default: all; may be repeated"
    )
    parser.add_argument(
        "--out", type=Path, default=REPOSITORY / "dist", metavar="DIR", help="default: dist/"
    )
    parser.add_argument(
        "--lock", action="store_true", help="write wheels/wheels.toml anew from requirements.txt"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
