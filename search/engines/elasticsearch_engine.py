"""Elasticsearch over text that was cut before.

On the server, for a prefix such as `msme`:

    msme-SCHEMA-NAME    an index: one generation; its mapping's `_meta` says which cutter filled it
    msme-read           alias: the generation that is searched, never more than one
    msme-write          alias: every living generation, while a rebuild runs two
    msme-state          one document: who rebuilds now, and when he was last heard of
    msme                index template: nothing below the prefix comes into being by a mere write

Documents carry the version of their row (`external_gte`), deletions too, so it does not matter in which order writers
come: Elasticsearch refuses what is older, and remembers a deletion for `GC_DELETES`. A search is one request. No user text
is ever parsed as a query: terms are made from cut words.
"""

import contextlib
import logging
import os
import re
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from urllib.parse import urlsplit

import orjson
from elastic_transport import ConnectionTimeout, TransportError
from elasticsearch import ApiError, ConflictError, Elasticsearch, NotFoundError, OrjsonSerializer
from elasticsearch.dsl import A, Index, Keyword, Long, Mapping, Object, Search, Text, analyzer, token_filter, tokenizer
from elasticsearch.dsl.query import Bool, MatchAll, Query, Term, Terms
from elasticsearch.exceptions import SerializationError

from search import thai
from search.documents import FACETS, TEXTS, index_texts, new_version
from search.engines import FIELDS, MARK, SCHEMA, UNMARK, Analysis, Batches, Clause, EngineAway, Group, Hit, Hits, Plan, Read, State
from search.models import Document

log = logging.getLogger(__name__)
logging.getLogger("elastic_transport.transport").setLevel(logging.ERROR)  # it reports each request; we report what failed

ALL_FACETS = ("type", *FACETS)
GC_DELETES = "1d"
WRITE_SECONDS = 20  # one request that writes or compares; a search has the engine's own, short timeout
BULK_BYTES, BULK_DOCUMENTS = 4_000_000, 500
BULK_TRIES, BULK_WAIT = 4, 0.2  # seconds, doubled each time: the server says that it is busy (429)
PAGE = 5_000  # documents of a comparison in one request
DEEPEST = 10_000  # Elasticsearch's `max_result_window`
MOST_CLAUSES = 1_000  # Elasticsearch allows at least 1024
MOST_MARKS = 200
LEVEL_ROUNDS = 4
EMPTY = "\ua000" * thai.GRAM  # stands in an empty field: Lucene's BM25 would leave its document out of the average
STALE_SECONDS = 30  # a rebuild that was not heard of for so long is dead
GRACE_SECONDS = 1.0  # a search that began before the switch may still read the old generation


class PartlyRefused(EngineAway):
    """The server took all but the documents of `keys`, and will not take them when asked again."""

    def __init__(self, reasons: dict[str, str]):
        self.keys = frozenset(reasons)
        super().__init__(f"{len(reasons)} documents were refused: {next(iter(reasons.values()))}")


# The index

JOINED = analyzer(
    "joined",
    tokenizer=tokenizer("words", "char_group", tokenize_on_chars=list(thai.SEPARATORS), max_token_length=1000),
    filter=[
        "lowercase",
        "cjk_width",
        "decimal_digit",
        # `thai.split` and `thai.term_of`, said in Lucene's words; tests/search/test_elasticsearch_contract.py compares them
        token_filter("edges", "pattern_replace", pattern=r"^[^\p{L}\p{N}]+|[^\p{L}\p{M}\p{N}]+$", replacement=""),
        token_filter("dots", "pattern_replace", pattern=r"(?<=\d),(?=\d)|(?<!\d)\.|\.(?!\d)", replacement=""),
        token_filter("no_nothing", "length", min=1),
    ],
)
TOKENS = analyzer("tokens", tokenizer=tokenizer("blanks", "char_group", tokenize_on_chars=[" "], max_token_length=1000))
GRAMS = analyzer("grams", tokenizer=tokenizer("scraps", "ngram", min_gram=thai.GRAM, max_gram=thai.GRAM))
_OPTIONS = {
    Analysis.JOINED: {"analyzer": JOINED, "index_options": "offsets"},
    Analysis.TOKENS: {"analyzer": TOKENS, "index_options": "freqs"},
    Analysis.GRAMS: {"analyzer": GRAMS, "index_options": "freqs"},
    Analysis.ONCE: {"analyzer": TOKENS, "index_options": "docs", "norms": False},
}


def make_mapping() -> Mapping:
    mapping = Mapping()
    mapping.meta("dynamic", "strict")
    mapping.meta("_meta", {"schema": SCHEMA, "cutter": thai.VERSION})
    mapping.meta("_source", {"excludes": [*(name for name in FIELDS if name not in TEXTS), "facets"]})
    mapping.field("key", Keyword())
    mapping.field("version", Long())
    for name, analysis in FIELDS.items():
        mapping.field(name, Text(similarity="words", **_OPTIONS[analysis]))
    mapping.field("facets", Object(dynamic="strict", properties={name: Keyword() for name in ALL_FACETS}))
    mapping.field("stored", Object(enabled=False))
    return mapping


def make_index(name: str) -> Index:
    index = Index(name)
    index.settings(
        number_of_shards=1,  # scores count over all documents
        auto_expand_replicas="0-1",
        refresh_interval="1s",
        gc_deletes=GC_DELETES,
        similarity={"words": {"type": "BM25", "k1": 1.2, "b": 0.75}},
    )
    index.mapping(make_mapping())
    return index


def make_document(row: Document) -> dict:
    """One row as the index takes it."""
    texts = {name: text if text.strip() or FIELDS[name] is Analysis.ONCE else EMPTY for name, text in index_texts(row).items()}
    return texts | {
        "key": row.key,
        "version": row.version,
        "facets": {name: row.facets.get(name, []) for name in ALL_FACETS},
        "stored": {"kind": row.kind, "object_id": row.object_id, "facets": row.facets, "sections": row.sections},
    }


# Errors


@contextlib.contextmanager
def _errors_mean_away() -> Iterator[None]:
    """Whatever client or server say, and an answer that is not what was asked for, in one word.

    Around requests and the reading of their answers only: an error of the database is not the engine's.
    """
    try:
        yield
    except EngineAway:
        raise
    except ConnectionTimeout as error:
        raise EngineAway("Elasticsearch did not answer in time") from error
    except ApiError as error:  # its kind alone: the reason may repeat what somebody typed
        raise EngineAway(f"Elasticsearch answered {error.meta.status} {error.error}"[:300]) from error
    except (TransportError, SerializationError) as error:
        raise EngineAway(f"Elasticsearch: {type(error).__name__}") from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise EngineAway(f"Elasticsearch answered nonsense ({type(error).__name__})") from error


class ElasticsearchEngine:
    name = "elasticsearch"

    def __init__(self, address: str, prefix: str = "msme", *, timeout: float = 1.0):
        """`address` may hold user and password; `timeout` in seconds for a search."""
        parts = urlsplit(address)
        if not parts.port:
            address = parts._replace(netloc=f"{parts.netloc}:{443 if parts.scheme == 'https' else 9200}").geturl()
        self.prefix = prefix
        self.read_alias, self.write_alias, self.state_index = f"{prefix}-read", f"{prefix}-write", f"{prefix}-state"
        serializer = OrjsonSerializer()
        self._quick = Elasticsearch(
            address, serializers={serializer.mimetype: serializer}, request_timeout=timeout, max_retries=0, retry_on_timeout=False
        )
        self._client = self._quick.options(request_timeout=WRITE_SECONDS, max_retries=2, retry_on_status=(429, 502, 503, 504))
        self._own = re.compile(rf"{re.escape(prefix)}-\d+-[0-9a-f]{{12}}")

    # Reading

    def search(self, plan: Plan) -> Hits:
        with _errors_mean_away():
            answer = self._quick.search(index=self.read_alias, body=make_request(plan), allow_partial_search_results=False)
            return read_answer(answer.body, plan)

    def describe(self) -> State:
        with _errors_mean_away():
            try:
                return State(self._read_versions(self.read_alias))
            except NotFoundError:  # a switch took the generation away between two pages
                return State(self._read_versions(self.read_alias))

    def _read_versions(self, index: str, beat: Callable[[], None] = lambda: None) -> dict[str, int]:
        point = self._client.open_point_in_time(index=index, keep_alive="2m")["id"]
        try:
            versions, after = {}, {}
            while True:
                page = self._client.search(
                    pit={"id": point, "keep_alive": "2m"},
                    size=PAGE,
                    sort=["_shard_doc"],
                    source=False,
                    docvalue_fields=["key", "version"],
                    track_total_hits=False,
                    allow_partial_search_results=False,
                    **after,
                )
                hits, point = page["hits"]["hits"], page["pit_id"]
                versions.update((hit["fields"]["key"][0], hit["fields"]["version"][0]) for hit in hits)
                if len(hits) < PAGE:
                    return versions
                after = {"search_after": hits[-1]["sort"]}
                beat()
        finally:
            with contextlib.suppress(ApiError, TransportError):
                self._quick.close_point_in_time(id=point)

    def is_healthy(self) -> bool:
        """False when the server answers and has no generation of this schema; raises EngineAway when it does not answer."""
        with _errors_mean_away():
            name = self._read_name(self._quick)
            if not name or not name.startswith(f"{self.prefix}-{SCHEMA}-"):
                return False
        self.search(Plan(limit=1, facets=ALL_FACETS))
        return True

    def cutter(self) -> str:
        """The version of the cutter that the searched generation was filled with; empty when there is none."""
        with _errors_mean_away():
            try:
                found = self._quick.indices.get_mapping(index=self.read_alias)
            except NotFoundError:
                return ""
            return next(iter(found.body.values()))["mappings"].get("_meta", {}).get("cutter", "")

    def _read_name(self, client: Elasticsearch) -> str:
        """The generation that is searched; empty when there is none, or more than one."""
        names = self._names_of(self.read_alias, client)
        return names[0] if len(names) == 1 else ""

    def _names_of(self, alias: str, client: Elasticsearch | None = None) -> list[str]:
        try:
            found = (client or self._client).indices.get_alias(name=alias).body
        except NotFoundError:
            return []
        return [name for name, said in found.items() if alias in said["aliases"]]

    # Writing

    def write(self, keys: Iterable[str], read: Read) -> None:
        """Brings the documents of `keys` to what `read` gives, in every living generation, and makes it searchable.

        The generations are looked up before the rows are read: one that comes later is filled from rows at least as new.
        """
        keys = list(dict.fromkeys(keys))
        with _errors_mean_away():
            searched = self._read_name(self._client)
            living = dict.fromkeys([searched, *self._names_of(self.write_alias)])
        if not searched:
            raise EngineAway("no index yet")
        rows = {row.key: row for row in read(keys)}
        gone = [key for key in keys if key not in rows]
        if gone:
            buried = _versions_of_the_gone(gone)
            rows |= {row.key: row for row in read(gone)}
        operations = [_put(row) if (row := rows.get(key)) else _delete(key, buried[key]) for key in keys]
        refused: dict[str, str] = {}
        with _errors_mean_away():
            for name in living:
                refused |= self._bulk(name, operations, refresh=name == searched)
        if refused:
            raise PartlyRefused(refused)

    def _bulk(self, index: str, operations: Iterable[tuple[str, bytes]], *, refresh: bool = False) -> dict[str, str]:
        """Sends all; {key: reason} of the documents that the server will never take. An older version is no error."""
        refused: dict[str, str] = {}
        for chunk in _chunks(operations):
            for attempt in range(BULK_TRIES):
                chunk, reasons = self._send(index, chunk, refresh=refresh)
                refused |= reasons
                if not chunk:
                    break
                time.sleep(BULK_WAIT * 2**attempt)
            else:
                raise EngineAway(f"{len(chunk)} documents were not taken: the server is busy")
        for key, reason in refused.items():
            log.error("Elasticsearch refuses the document of %s: %s", key, reason)
        return refused

    def _send(self, index: str, chunk: dict[str, bytes], *, refresh: bool) -> tuple[dict[str, bytes], dict[str, str]]:
        """One request; gives what to send again, and what was refused."""
        items = self._client.bulk(index=index, operations=chunk.values(), refresh=refresh)["items"]
        if len(items) != len(chunk):
            raise EngineAway(f"Elasticsearch answered for {len(items)} of {len(chunk)} documents")
        again, refused = {}, {}
        for item in items:
            ((action, result),) = item.items()
            key, status = result["_id"], result["status"]
            if key not in chunk:
                raise EngineAway("Elasticsearch answered for other documents than it was sent")
            if status in (200, 201, 409) or (action == "delete" and status == 404 and "error" not in result):
                continue
            if status == 404:  # the generation was switched away meanwhile; the next one has been written, too
                if index in self._names_of(self.write_alias):
                    raise EngineAway(f"{index} cannot be written: {result.get('error')}"[:300])
                return {}, {}
            if status == 429 or status >= 500:
                again[key] = chunk[key]
            else:
                refused[key] = str(result.get("error"))[:300]
        return again, refused

    # Rebuilding

    def rebuild(self, batches: Batches, read: Read, *, report: Callable[[int], None] = lambda done: None) -> None:
        """Fills a new generation batch by batch while the old one answers, compares, and switches in one call.

        Writers meanwhile write to both. A second rebuild is refused; what a dead one left, the next removes.
        """
        with self._only_rebuild() as beat:
            with _errors_mean_away():
                self._remove_orphans()
                old = self._names_of(self.read_alias)
                name = f"{self.prefix}-{SCHEMA}-{uuid.uuid4().hex[:12]}"
                index = make_index(name).aliases(**{self.write_alias: {}})
                index.create(using=self._client)
            filled: dict[str, int] = {}
            refused: set[str] = set()
            for keys in batches():
                rows = read(keys)
                with _errors_mean_away():
                    refused |= self._bulk(name, map(_put, rows)).keys()
                    beat()
                filled.update((row.key, row.version) for row in rows)
                report(len(filled))
            self._level(name, batches, read, filled, refused, beat)
            with _errors_mean_away():
                beat()
                self._switch(name, old)

    def _level(self, name: str, batches: Batches, read: Read, filled: dict[str, int], refused: set[str], beat: Callable[[], None]) -> None:
        """The comparison before the switch: all that should be there is, in the version it was filled with or a newer one."""
        before: dict[str, int | None] = {}
        for _ in range(LEVEL_ROUNDS):
            with _errors_mean_away():
                self._client.indices.refresh(index=name)
                held = self._read_versions(name, beat)
                beat()
            wanted = {key for keys in batches() for key in keys} - refused
            differing = {key: held.get(key) for key in held.keys() | wanted if not _is_level(key, held, wanted, filled)}
            if not differing:
                return
            if before and any(before.get(key, -1) == version for key, version in differing.items()):
                raise EngineAway(f"{len(differing)} documents of the new index do not come level")
            before = differing
            rest = iter(differing)
            while keys := list(islice(rest, BULK_DOCUMENTS)):
                buried = _versions_of_the_gone(keys)
                rows = {row.key: row for row in read(keys)}
                filled.update((key, row.version) for key, row in rows.items())
                with _errors_mean_away():
                    operations = [_put(rows[key]) if key in rows else _delete(key, buried[key]) for key in keys]
                    refused |= self._bulk(name, operations).keys()

    def _switch(self, name: str, old: Sequence[str]) -> None:
        """Readers and writers go over in one step. From here on nothing is taken back: the next rebuild clears what is left."""
        actions = [{"add": {"index": name, "alias": self.read_alias}}]
        actions += [{"remove": {"index": gone, "aliases": [self.read_alias, self.write_alias]}} for gone in old]
        if self._client.indices.update_aliases(actions=actions)["acknowledged"] is not True:
            raise EngineAway("the switch to the new index was not acknowledged")
        if old:
            time.sleep(GRACE_SECONDS)
        with contextlib.suppress(ApiError, TransportError):
            for gone in old:
                self._client.indices.delete(index=gone, ignore_unavailable=True)

    def _remove_orphans(self) -> None:
        """Every generation that is not searched. The caller is the only rebuild."""
        everything = self._client.indices.get_alias(index=f"{self.prefix}-*", allow_no_indices=True).body
        for name, said in everything.items():
            if self._own.fullmatch(name) and self.read_alias not in said["aliases"]:
                self._client.indices.delete(index=name, ignore_unavailable=True)

    @contextlib.contextmanager
    def _only_rebuild(self) -> Iterator[Callable[[], None]]:
        """Held for a whole rebuild; gives the function to call now and then, which fails when somebody took over."""
        me = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        with _errors_mean_away():
            self._prepare()
            place = self._take_lock(me)

        def beat() -> None:
            nonlocal place
            try:
                said = self._client.index(index=self.state_index, id="rebuild", document=_sign(me), **place)
            except ConflictError as error:
                raise EngineAway("another rebuild took over") from error
            place = _place(said)

        try:
            yield beat
        finally:
            with contextlib.suppress(ApiError, TransportError):
                self._client.delete(index=self.state_index, id="rebuild", **place)

    def _prepare(self) -> None:
        """The template, and the index of the lock."""
        self._client.indices.put_index_template(
            name=self.prefix,
            index_patterns=[f"{self.prefix}-*"],
            priority=1_000 + len(self.prefix),  # a longer prefix that begins with ours has its own
            allow_auto_create=False,
        )
        if not self._client.indices.exists(index=self.state_index):
            index = Index(self.state_index).settings(number_of_shards=1, auto_expand_replicas="0-1")
            mapping = Mapping().field("owner", Keyword()).field("at", Long())
            mapping.meta("dynamic", "strict")
            index.mapping(mapping)
            with contextlib.suppress(ApiError):  # another was quicker; else the next request fails
                index.create(using=self._client)

    def _take_lock(self, me: str) -> dict[str, int]:
        try:
            return _place(self._client.create(index=self.state_index, id="rebuild", document=_sign(me)))
        except ConflictError:
            pass
        try:
            held = self._client.get(index=self.state_index, id="rebuild").body
            if not _is_dead(held["_source"]):
                raise EngineAway(f"another rebuild is under way ({held['_source']['owner']})")
            return _place(self._client.index(index=self.state_index, id="rebuild", document=_sign(me), **_place(held)))
        except (ConflictError, NotFoundError) as error:
            raise EngineAway("another rebuild began or ended at this moment") from error

    def destroy(self) -> None:
        """Everything with this prefix goes, the template too."""
        with _errors_mean_away():
            everything = self._client.indices.get_alias(index=f"{self.prefix}-*", allow_no_indices=True).body
            for name in everything:
                if self._own.fullmatch(name) or name == self.state_index:
                    self._client.indices.delete(index=name, ignore_unavailable=True)
            with contextlib.suppress(NotFoundError):
                self._client.indices.delete_index_template(name=self.prefix)


def _sign(owner: str) -> dict:
    return {"owner": owner, "at": int(time.time())}


def _place(said) -> dict[str, int]:
    return {"if_seq_no": said["_seq_no"], "if_primary_term": said["_primary_term"]}


def _is_dead(held: dict) -> bool:
    """Not heard of for long, or a process of this machine that is no more."""
    if time.time() - held["at"] > STALE_SECONDS:
        return True
    host, process, _ = held["owner"].rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _is_level(key: str, held: dict[str, int], wanted: set[str], filled: dict[str, int]) -> bool:
    return (key in held) == (key in wanted) and held.get(key, 0) >= (filled.get(key, 0) if key in wanted else 0)


def _versions_of_the_gone(keys: list[str]) -> dict[str, int]:
    """The version of each deletion: that of the row that must not be found, or now when there is no row.

    Read before the rows are: a row that becomes public afterwards is newer and comes through.
    """
    ids: dict[str, list[int]] = {}
    for key in keys:
        kind, _, object_id = key.partition(":")
        if object_id.isdecimal():
            ids.setdefault(kind, []).append(int(object_id))
    versions = dict.fromkeys(keys, new_version())
    for kind, found in ids.items():
        rows = Document.objects.filter(kind=kind, object_id__in=found).values_list("object_id", "version")
        versions |= {f"{kind}:{object_id}": version for object_id, version in rows}
    return versions


def _put(row: Document) -> tuple[str, bytes]:
    action = {"index": {"_id": row.key, "version": row.version, "version_type": "external_gte"}}
    return row.key, orjson.dumps(action) + b"\n" + orjson.dumps(make_document(row))


def _delete(key: str, version: int) -> tuple[str, bytes]:
    return key, orjson.dumps({"delete": {"_id": key, "version": version, "version_type": "external_gte"}})


def _chunks(operations: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, bytes]]:
    """In pieces that a server likes: {key: lines}."""
    chunk: dict[str, bytes] = {}
    size = 0
    for key, lines in operations:
        if chunk and (size + len(lines) > BULK_BYTES or len(chunk) >= BULK_DOCUMENTS):
            yield chunk
            chunk, size = {}, 0
        chunk[key] = lines
        size += len(lines)
    if chunk:
        yield chunk


# Questions


def make_request(plan: Plan) -> dict:
    """The one request that answers a plan.

    Filters of facets that are counted act on the hits alone, so that each facet is counted without its own.
    """
    later = {name: codes for name, codes in plan.filters.items() if codes and name in plan.facets}
    now = [_one_of(name, codes) for name, codes in plan.filters.items() if codes and name not in plan.facets]
    found = make_selection(plan)
    search = (
        Search()
        .query(Bool(filter=[found, *now], minimum_should_match=0))
        .extra(track_total_hits=True, from_=min(plan.offset, DEEPEST), size=min(plan.limit, max(DEEPEST - plan.offset, 0)))
    )
    search = search.sort("_score", "key") if plan.clauses else search.sort("-version", "key")
    if later:
        search = search.post_filter(_all_of([_one_of(name, codes) for name, codes in later.items()]))
    if plan.full:
        narrow = [_one_of(name, codes) for name, codes in later.items()]
        search.aggs.bucket("full", A("filter", filter=_all_of([_have(plan, plan.full), *narrow])))
    for name in plan.facets:
        others = [_one_of(other, codes) for other, codes in later.items() if other != name]
        counted = search.aggs.bucket(f"facet-{name}", A("filter", filter=_all_of(others)))
        counted.bucket("codes", A("terms", field=f"facets.{name}", size=200))
    request = search.to_dict()
    # Not through the DSL, whose objects would take longer than the search: hundreds of them
    request["query"]["bool"]["should"] = [_score_clause(clause) for clause in _heaviest(plan)]
    if plan.marks and plan.limit:
        request["highlight"] = _highlight(plan)
    return request


def make_selection(plan: Plan) -> Query:
    """What is found, without filters."""
    ways = []
    if plan.groups:
        ways.append(_have(plan, plan.at_least))
    if plan.near and plan.near_needed:
        ways.append(_some([Term(grams=scrap) for scrap in list(dict.fromkeys(plan.near))[:MOST_CLAUSES]], plan.near_needed))
    return _some(ways, 1) if ways else MatchAll()


def _have(plan: Plan, needed: int) -> Query:
    """At least so many of the groups."""
    return _some([_has(group) for group in plan.groups], needed)


def _has(group: Group) -> Query:
    ways: list[Query] = [Terms(all=list(group.terms))] if group.terms else []
    ways += [_all_of([Term(all=term) for term in dict.fromkeys(terms)]) for terms in group.together]
    return _some(ways, 1)


def _some(queries: list[Query], needed: int) -> Query:
    if len(queries) == 1:
        return queries[0]
    return Bool(should=queries, minimum_should_match=min(needed, len(queries)))


def _all_of(queries: list[Query]) -> Query:
    return Bool(filter=queries) if queries else MatchAll()


def _one_of(facet: str, codes: Sequence[str]) -> Query:
    return Terms(**{f"facets.{facet}": list(codes)})


def _score_clause(clause: Clause) -> dict:
    if FIELDS[clause.field] is Analysis.ONCE:
        return {"constant_score": {"filter": {"term": {clause.field: clause.term}}, "boost": clause.weight}}
    return {"term": {clause.field: {"value": clause.term, "boost": clause.weight}}}


def _heaviest(plan: Plan) -> list:
    """The clauses that count; the server bounds their number."""
    clauses = [clause for clause in plan.clauses if clause.weight > 0]
    return clauses if len(clauses) <= MOST_CLAUSES else sorted(clauses, key=lambda clause: -clause.weight)[:MOST_CLAUSES]


def _highlight(plan: Plan) -> dict:
    """Each text whole, the marked words between MARK and UNMARK; offsets come from the index."""
    marks = sorted(plan.marks)[:MOST_MARKS]
    return {
        "type": "unified",
        "number_of_fragments": 0,
        "pre_tags": [MARK],
        "post_tags": [UNMARK],
        "fields": {
            name: {"highlight_query": {"bool": {"should": [{"term": {name: term}} for term in marks]}}}
            for name, analysis in FIELDS.items()
            if analysis is Analysis.JOINED
        },
    }


_MARKED = re.compile(f"{MARK}([^{UNMARK}]*){UNMARK}")


def _mark_words(text: str) -> str:
    """A token of Lucene's may begin or end with a sign that is no part of the word: the mark stands at the word."""
    return _MARKED.sub(_move_marks, text)


def _move_marks(match: re.Match) -> str:
    shown = match[1]
    if shown.isalnum():
        return match[0]
    words = thai.split(shown)
    if len(words) != 1:
        return match[0]
    start, end = words[0].start, words[0].end
    return f"{shown[:start]}{MARK}{shown[start:end]}{UNMARK}{shown[end:]}"


def read_answer(answer: dict, plan: Plan) -> Hits:
    hits = tuple(_read_hit(hit) for hit in answer["hits"]["hits"])
    total = answer["hits"]["total"]["value"]
    if answer["timed_out"] or answer["_shards"]["failed"] or not isinstance(total, int) or len(hits) > plan.limit:
        raise EngineAway("Elasticsearch answered in part")
    counted = answer.get("aggregations", {})
    full = counted["full"]["doc_count"] if plan.full else total
    counts = {name: {bucket["key"]: bucket["doc_count"] for bucket in counted[f"facet-{name}"]["codes"]["buckets"]} for name in plan.facets}
    return Hits(hits, total, full, counts, float(answer["took"]))


def _read_hit(hit: dict) -> Hit:
    source, marked = hit["_source"], hit.get("highlight", {})
    texts = {name: _mark_words(marked[name][0]) if name in marked else source[name].replace(EMPTY, "") for name in TEXTS}
    stored = source["stored"]
    return Hit(stored["kind"], stored["object_id"], float(hit["_score"] or 0), texts, stored["facets"], stored["sections"])
