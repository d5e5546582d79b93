import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _cold_cache(db):
    """Rows cached by another test are not this test's rows."""
    cache.clear()
    yield
    cache.clear()
