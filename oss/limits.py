"""How many cases one sender may open. Counted in the cache; when that is away, in this process.

Thai mobile networks put many people behind one address, so an address may send much and a telephone little.
"""

import logging

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.crypto import salted_hmac

HOUR, DAY = 60 * 60, 24 * 60 * 60
# {what is counted: (cases, seconds)}
LIMITS = {"contact": (3, DAY), "session": (10, HOUR), "address": (300, HOUR)}

logger = logging.getLogger(__name__)
_here = LocMemCache("oss.limits", {})


def find_exceeded(sender: dict[str, str]) -> str | None:
    """Which limit this sender has reached, if any. `sender`: {what is counted: who}; an empty who is not counted."""
    keys = {_key(what, who): what for what, who in sender.items() if who}
    counts = _with_cache(lambda store: store.get_many(keys))
    return next((what for key, what in keys.items() if counts.get(key, 0) >= LIMITS[what][0]), None)


def count(sender: dict[str, str]) -> None:
    """One more case of this sender."""
    for what, who in sender.items():
        if who:
            _with_cache(lambda store, what=what, who=who: _increase(store, _key(what, who), LIMITS[what][1]))


def _increase(store, key: str, seconds: int) -> None:
    if not store.add(key, 1, seconds):
        try:
            store.incr(key)
        except ValueError:  # it expired between the two
            store.set(key, 1, seconds)


def _key(what: str, who: str) -> str:
    """Who is not readable in the cache."""
    return f"oss.limits.{what}.{salted_hmac('oss.limits', who).hexdigest()}"


def _with_cache(action):
    """A cache that is away must not lose a case (reliability.md A4): count in this process meanwhile."""
    try:
        return action(cache)
    except Exception:  # every cache has errors of its own
        logger.warning("The cache is away; limits are counted in this process", exc_info=True)
        return action(_here)
