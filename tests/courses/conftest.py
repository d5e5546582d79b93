"""What the tests of courses share."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation


@pytest.fixture(autouse=True)
def thai():
    with translation.override("th"):
        yield


@pytest.fixture(autouse=True)
def cold_cache():
    cache.clear()


@pytest.fixture
def count_queries():
    """The queries of a page that has been shown once before, as readers meet it."""

    def count(client, address: str) -> int:
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    return count
