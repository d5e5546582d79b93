"""Which engine this process asks, and which are kept level.

Without ELASTICSEARCH_URL there is the embedded engine alone. With it Elasticsearch is asked, and the embedded engine, which
is always kept level too, stands in while Elasticsearch is away.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from search.engines import Engine, EngineAway, Hits, Plan
from search.engines.elasticsearch_engine import ElasticsearchEngine
from search.engines.tantivy_engine import TantivyEngine

log = logging.getLogger(__name__)
MOST_FAILURES = 3  # one after the other
SLOW_SECONDS = 1.0  # a single failure that took so long is enough
PAUSE_SECONDS = 10.0  # between two trials of an engine that was away


class Breaker:
    """Remembers, for this process, that an engine is away, so that nobody waits for it. Safe between threads.

    Closed: the engine is asked. Open: it is not, and every `PAUSE_SECONDS` one caller is told to try it.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._guard = threading.Lock()
        self._failures = 0
        self._next_trial: float | None = None  # None: closed

    @property
    def is_open(self) -> bool:
        return self._next_trial is not None

    def succeed(self) -> None:
        with self._guard:
            was_open = self.is_open
            self._failures, self._next_trial = 0, None
        if was_open:
            log.warning("the search engine answers again")

    def fail(self, seconds: float = 0.0) -> None:
        """A failure after so many seconds."""
        with self._guard:
            was_open = self.is_open
            self._failures += 1
            if was_open or self._failures >= MOST_FAILURES or seconds >= SLOW_SECONDS:
                self._next_trial = self.clock() + PAUSE_SECONDS
            is_new = self.is_open and not was_open
        if is_new:
            log.warning("the search engine is away; the embedded one stands in")

    def may_try(self) -> bool:
        """Whether this caller shall try the engine that is away: one every `PAUSE_SECONDS`."""
        with self._guard:
            if self._next_trial is None or self.clock() < self._next_trial:
                return False
            self._next_trial = self.clock() + PAUSE_SECONDS
            return True


@lru_cache(maxsize=4)
def _embedded(folder: Path) -> TantivyEngine:
    return TantivyEngine(folder)


@lru_cache(maxsize=4)
def _remote(address: str, prefix: str, timeout: float, process: int) -> tuple[ElasticsearchEngine, Breaker]:
    return ElasticsearchEngine(address, prefix, timeout=timeout), Breaker()


def _find_remote() -> tuple[ElasticsearchEngine, Breaker] | None:
    """Connections and what is known of the server belong to one process."""
    if not settings.ELASTICSEARCH_URL:
        return None
    return _remote(settings.ELASTICSEARCH_URL, settings.ELASTICSEARCH_PREFIX, settings.ELASTICSEARCH_TIMEOUT, os.getpid())


def embedded() -> TantivyEngine:
    return _embedded(settings.SEARCH_INDEX_DIR)


def remote() -> ElasticsearchEngine | None:
    """Elasticsearch; None when there is none."""
    found = _find_remote()
    return found[0] if found else None


def breaker() -> Breaker | None:
    """What this process knows of `remote()`."""
    found = _find_remote()
    return found[1] if found else None


def all_engines() -> list[Engine]:
    """Every engine that is kept level, the embedded one first: it is near and quick."""
    found = remote()
    return [embedded(), found] if found else [embedded()]


def chosen_engine() -> Engine:
    """The engine that is asked when nothing is away."""
    return remote() or embedded()


def ask(plan: Plan) -> tuple[Hits, bool]:
    """The answer, and whether the embedded engine stood in for Elasticsearch. Raises EngineAway when neither answers."""
    found = _find_remote()
    if found is None:
        return embedded().search(plan), False
    engine, guard = found
    if not guard.is_open:
        started = guard.clock()
        try:
            hits = engine.search(plan)
        except EngineAway as error:
            log.warning("a search was not answered: %s", error)
            guard.fail(guard.clock() - started)
        else:
            guard.succeed()
            return hits, False
    elif guard.may_try():  # beside this request: whoever searches does not wait for a server that hangs
        threading.Thread(target=try_engine, args=(engine, guard), name="search-trial", daemon=True).start()
    return embedded().search(plan), True


def try_engine(engine: Engine, guard: Breaker) -> bool:
    """Asks an engine that was away for very little, and remembers the answer."""
    started = guard.clock()
    try:
        is_back = engine.is_healthy()
    except EngineAway:
        is_back = False
    if is_back:
        guard.succeed()
    else:
        guard.fail(guard.clock() - started)
    return is_back
