"""What every test of the search has: an index of its own, and a way to do the worker's work at once."""

import hypothesis
import pytest
from django.utils import translation

from search import log, sync
from search.engines.choice import chosen_engine

hypothesis.settings.register_profile("search", deadline=None, max_examples=200)
hypothesis.settings.load_profile("search")


@pytest.fixture(autouse=True)
def index_dir(settings, tmp_path):
    """A folder of its own; nothing in it yet, so the first sweep builds the index."""
    settings.SEARCH_INDEX_DIR = tmp_path / "index"
    return settings.SEARCH_INDEX_DIR


@pytest.fixture(autouse=True)
def thai_again():
    """A request for the English interface leaves its language behind in the test's thread."""
    translation.activate("th")


@pytest.fixture
def engine(index_dir):
    return chosen_engine()


@pytest.fixture
def sweep(db):
    """Does what is due, as the clock would."""
    return sync.sweep_jobs


def empty_log() -> None:
    """Nothing waits to be written, and nobody is counted."""
    log._events.clear()
    log._clicks.clear()
    log._counted.clear()
    log._pressed.clear()
