"""The packaging tools are scripts beside the repository's packages: let tests import them."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "packaging"))

from core_wheel import build_core_wheel  # noqa: E402 - after the line that finds it
from targets import PLATFORMS  # noqa: E402
from wheel_lock import LockedWheel, read_lock, wheels_of  # noqa: E402

from mvmocap_core.detection.models import find_model  # noqa: E402
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
    """The core's wheel with those pose models that this machine has."""
    models = []
    for name in DETECTORS:
        try:
            models.append(find_model(name))
        except ModelError:
            continue
    return build_core_wheel(tmp_path_factory.mktemp("core"), models=models)


def cached_wheels(platform: str) -> list[Path]:
    """Paths of a platform's wheels; skips the test where one was not fetched."""
    wheels = wheels_of(platform, read_lock())
    if not all(wheel.path.is_file() for wheel in wheels):
        pytest.skip(f"wheels/cache lacks wheels of {platform}; `./run package` fetches them")
    return [wheel.path for wheel in wheels]


@pytest.fixture(scope="session")
def wheels(platform: str) -> list[Path]:
    return cached_wheels(platform)


@pytest.fixture(scope="session")
def linux_wheels() -> list[Path]:
    return cached_wheels("linux-x64")
