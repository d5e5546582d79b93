"""What the tests of knowledge pages share."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

TODAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def frozen_clock():
    with time_machine.travel(dt.datetime(2026, 11, 23, 3, tzinfo=dt.UTC), tick=False):
        yield


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


@pytest.fixture
def tell_business():
    """Puts a business into a visitor's session, as the profile form does."""

    def tell(client, **told):
        session = client.session
        blank = {"name": "", "province": None, "sector": None, "stage": None, "staff": None, "yearly_revenue": None}
        session["business"] = blank | {"legal_form": "", "registered_on": None} | told
        session.save()

    return tell
