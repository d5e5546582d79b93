"""A real Elasticsearch for one test: indices of its own, and nothing left behind."""

import contextlib
import uuid
from collections.abc import Iterator

from search.engines import choice, elasticsearch_engine
from search.engines.elasticsearch_engine import ElasticsearchEngine


@contextlib.contextmanager
def use_elasticsearch(settings, address: str, *, server: str = "") -> Iterator[ElasticsearchEngine]:
    """The site asks the Elasticsearch at `address`. `server`: where it really is, when something stands in front of it."""
    prefix = f"msme-test-{uuid.uuid4().hex[:10]}"
    grace, elasticsearch_engine.GRACE_SECONDS = elasticsearch_engine.GRACE_SECONDS, 0.1
    settings.ELASTICSEARCH_URL, settings.ELASTICSEARCH_PREFIX, settings.ELASTICSEARCH_TIMEOUT = address, prefix, 1.0
    try:
        yield choice.remote()
    finally:
        elasticsearch_engine.GRACE_SECONDS = grace
        settings.ELASTICSEARCH_URL = ""
        really = ElasticsearchEngine(server or address, prefix, timeout=10)
        really.destroy()
        left = really._client.cat.indices(index=f"{prefix}*", format="json", expand_wildcards="all").body
        assert left == [], left


def generation(engine) -> str:
    """The name of the generation that is searched."""
    return engine._read_name(engine._client) if isinstance(engine, ElasticsearchEngine) else engine._name()


def generations(engine) -> list[str]:
    """All that there are, also those that nobody searches."""
    if isinstance(engine, ElasticsearchEngine):
        return sorted(name for name in engine._client.indices.get(index=f"{engine.prefix}-*").body if engine._own.fullmatch(name))
    return sorted(path.name for path in (engine.folder / "generations").glob("*"))
