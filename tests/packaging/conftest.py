"""The packaging tools are scripts beside the repository's packages: let tests import them."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "packaging"))

from core_wheel import build_core_wheel  # noqa: E402 - after the line that finds it
from extension_zip import Edition  # noqa: E402
from targets import PLATFORMS, PYTHONS  # noqa: E402
from wheel_lock import LockedWheel, read_lock, wheels_of  # noqa: E402

from mvmocap_core.detection.models import HAND, find_model  # noqa: E402
from mvmocap_core.errors import ModelError  # noqa: E402
from mvmocap_core.options import DETECTORS  # noqa: E402


@pytest.fixture(scope="session")
def locked() -> list[LockedWheel]:
    return read_lock()


@pytest.fixture(scope="session", params=list(PLATFORMS))
def platform(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def core_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core's wheel with those models that this machine has."""
    models = []
    for name in (*DETECTORS, HAND):
        try:
            models.append(find_model(name))
        except ModelError:
            continue
    return build_core_wheel(tmp_path_factory.mktemp("core"), models=models)


def cached_wheels(edition: Edition) -> list[Path]:
    """Paths of an edition's wheels; skips the test where one was not fetched."""
    wheels = wheels_of(edition.platform, read_lock(), is_full=edition.is_full)
    wheels = [wheel for wheel in wheels if edition.takes(wheel.file)]
    if not all(wheel.path.is_file() for wheel in wheels):
        full = " --full" * edition.is_full
        pytest.skip(f"wheels/cache lacks some of {edition}; `./run package{full}` fetches them")
    return [wheel.path for wheel in wheels]


@pytest.fixture(scope="session", params=["small", "full"])
def edition(platform: str, request: pytest.FixtureRequest) -> Edition:
    """Every zip. PyTorch for Linux is tested with that Python whose wheel is easily had."""
    is_full = request.param == "full"
    pythons = ("3.11",) if is_full and platform == "linux-x64" else PYTHONS
    return Edition(platform=platform, is_full=is_full, pythons=pythons)


@pytest.fixture(scope="session")
def wheels(edition: Edition) -> list[Path]:
    return cached_wheels(edition)


@pytest.fixture(scope="session")
def linux_wheels() -> list[Path]:
    return cached_wheels(Edition(platform="linux-x64"))
