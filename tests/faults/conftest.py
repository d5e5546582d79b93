"""What the drills share: an engine to be asked (each in turn), a proxy that misbehaves, and the worker's work at once."""

import pytest
from django.utils import translation

from search import sync
from search.engines import choice, elasticsearch_engine
from tests.faults.engines import use_elasticsearch
from tests.faults.proxy import Proxy


@pytest.fixture(autouse=True)
def index_dir(settings, tmp_path):
    settings.SEARCH_INDEX_DIR = tmp_path / "index"
    settings.ELASTICSEARCH_URL = ""
    return settings.SEARCH_INDEX_DIR


@pytest.fixture(autouse=True)
def thai_again():
    translation.activate("th")


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.needs("elasticsearch"))])
def engine(request, settings, index_dir):
    """The engine that is asked: the embedded one alone, and a real Elasticsearch with the embedded one beside it."""
    if request.param == "embedded":
        yield choice.embedded()
        return
    with use_elasticsearch(settings, request.getfixturevalue("elasticsearch_url")) as engine:
        yield engine


@pytest.fixture
def proxy(request, settings, index_dir, monkeypatch):
    """Elasticsearch behind a proxy; the site asks the proxy."""
    monkeypatch.setattr(elasticsearch_engine, "BULK_WAIT", 0.01)
    server = request.getfixturevalue("elasticsearch_url")
    proxy = Proxy(server)
    with use_elasticsearch(settings, proxy.address, server=server):
        yield proxy
        proxy.close()


@pytest.fixture
def sweep(db):
    return sync.sweep_jobs
