import pytest

from tests.core.group.duet import two_people


@pytest.fixture(scope="package")
def duet():
    return two_people()
