"""Which engine this process asks."""

from functools import lru_cache

from django.conf import settings

from search.engines.tantivy_engine import TantivyEngine


@lru_cache(maxsize=4)
def _embedded(folder) -> TantivyEngine:
    return TantivyEngine(folder)


def chosen_engine() -> TantivyEngine:
    return _embedded(settings.SEARCH_INDEX_DIR)
