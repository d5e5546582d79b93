"""How often one sender may do a thing. Counted in the cache; when that is away, in this process.

Thai mobile networks put many people behind one address, so an address may send much and a telephone little.
"""

import logging
from dataclasses import dataclass

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.crypto import salted_hmac

HOUR, DAY = 60 * 60, 24 * 60 * 60

logger = logging.getLogger(__name__)
_here = LocMemCache("users.limits", {})


@dataclass(frozen=True)
class Limits:
    """The limits of one thing. `most`: {what is counted: (times, seconds)}; `name` keeps them apart from others in the cache."""

    name: str
    most: dict[str, tuple[int, int]]

    def find_exceeded(self, sender: dict[str, str]) -> str | None:
        """Which limit this sender has reached, if any. `sender`: {what is counted: who}; an empty who is not counted."""
        keys = {self._key(what, who): what for what, who in sender.items() if who}
        counts = _with_cache(lambda store: store.get_many(keys))
        return next((what for key, what in keys.items() if counts.get(key, 0) >= self.most[what][0]), None)

    def count(self, sender: dict[str, str]) -> None:
        """Once more by this sender."""
        for what, who in sender.items():
            if who:
                _with_cache(lambda store, what=what, who=who: _increase(store, self._key(what, who), self.most[what][1]))

    def _key(self, what: str, who: str) -> str:
        """Who is not readable in the cache."""
        return f"{self.name}.{what}.{salted_hmac(self.name, who).hexdigest()}"


def _increase(store, key: str, seconds: int) -> None:
    if not store.add(key, 1, seconds):
        try:
            store.incr(key)
        except ValueError:  # it expired between the two
            store.set(key, 1, seconds)


def _with_cache(action):
    """A cache that is away must not lose anybody's work (reliability.md A4): count in this process meanwhile."""
    try:
        return action(cache)
    except Exception:  # every cache has errors of its own
        logger.warning("The cache is away; limits are counted in this process", exc_info=True)
        return action(_here)
