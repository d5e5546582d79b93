import pytest
from django.core.cache import cache
from django.utils import translation


@pytest.fixture(autouse=True)
def _empty_cache():
    """Limits and centres are remembered in the cache."""
    cache.clear()


@pytest.fixture(autouse=True)
def _without_second_factor(settings):
    """What the desk shows is asked here; that staff need a second factor has a test of its own."""
    settings.STAFF_MFA_REQUIRED = False


@pytest.fixture(autouse=True)
def _in_thai():
    """A request in English leaves its language behind in the thread."""
    with translation.override("th"):
        yield
