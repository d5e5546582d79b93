"""The embedded engine: tantivy over text that was cut before.

On disk, below `SEARCH_INDEX_DIR`:

    current            one line: the name of the generation that is searched
    building           the generation that a rebuild is filling, which is written to as well
    damaged            somebody met an unreadable file; the worker rebuilds
    generations/NAME/  an index
    write.lock         held while anybody writes: one writer at a time across processes
    rebuild.lock       held for a whole rebuild

Readers need no lock. A reader notices a commit or a switch by the files' times, which it looks at for each question.
No user text is ever parsed as a query: terms are made from cut words.
"""

import contextlib
import fcntl
import json
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from search import thai
from search.documents import FACETS, TEXTS
from search.engines import EngineAway, Hit, Hits, Plan, State
from search.models import Document

SCHEMA = 1  # raised when the schema changes: an index of another schema is rebuilt
HEAP = 30_000_000
LOCK_SECONDS = 5
TRIES = 3
ALL_FACETS = ("type", *FACETS)


def make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("version", fast=True, stored=True)
    for name in TEXTS:
        builder.add_text_field(name, tokenizer_name="words", index_option="position")
    builder.add_text_field("grams", tokenizer_name="words", index_option="freq")
    for name in ALL_FACETS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


SCHEMA_OBJECT = make_schema()


def open_index(folder: Path, *, create: bool = False) -> tantivy.Index:
    index = tantivy.Index(SCHEMA_OBJECT, path=str(folder)) if create else tantivy.Index.open(str(folder))
    index.register_tokenizer("words", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def make_document(row: Document) -> tantivy.Document:
    """One row as tantivy takes it: terms in reading order, then the parts of the compounds."""
    document = tantivy.Document()
    document.add_text("key", row.key)
    document.add_unsigned("version", row.version)
    for name in TEXTS:
        terms = " ".join(thai.split_terms(row.words.get(name, "")))
        parts = row.parts.get(name, "")
        document.add_text(name, f"{terms} {parts}" if parts else terms)
    document.add_text("grams", " ".join(gram for name in ("title", "keywords", "summary") for gram in thai.grams(row.words.get(name, ""))))
    for name in ALL_FACETS:
        for code in row.facets.get(name, ()):
            document.add_text(name, code)
    document.add_bytes("stored", json.dumps([row.kind, row.object_id, row.words, row.facets], ensure_ascii=False).encode())
    return document


@contextlib.contextmanager
def _errors_mean_away() -> Iterator[None]:
    """tantivy raises ValueError for everything, and pyo3's PanicException, which is no Exception, for a broken file."""
    try:
        yield
    except EngineAway:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineAway(str(error)[:300]) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise EngineAway(str(error)[:300]) from error


class TantivyEngine:
    def __init__(self, folder: Path):
        self.folder = folder
        self._guard = threading.Lock()
        self._open: tuple[tuple, tantivy.Index] | None = None

    # Reading

    def _name(self) -> str:
        try:
            name = (self.folder / "current").read_text().strip()
        except OSError as error:
            raise EngineAway("no index yet") from error
        if not name or "/" in name:
            raise EngineAway("the pointer to the index is unreadable")
        return name

    def _searcher(self) -> tantivy.Searcher:
        """The newest committed state."""
        with _errors_mean_away():
            name = self._name()
            meta = os.stat(self._generation(name) / "meta.json")
            mark = (name, meta.st_ino, meta.st_mtime_ns, meta.st_size)
            with self._guard:
                if self._open is None or self._open[0][0] != name:
                    self._open = (mark, open_index(self._generation(name)))
                elif self._open[0] != mark:
                    self._open[1].reload()
                    self._open = (mark, self._open[1])
                return self._open[1].searcher()

    def _generation(self, name: str) -> Path:
        return self.folder / "generations" / name

    def search(self, plan: Plan) -> Hits:
        try:
            return self._while_files_move(lambda: self._search(self._searcher(), plan))
        except EngineAway:
            self._report_damage()
            raise

    def _while_files_move(self, ask: Callable):
        """The answer, asked again when a commit or a switch took files away between finding and opening them."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(EngineAway), _errors_mean_away():
                return ask()
            if not (self.folder / "current").exists():
                break
            self._open = None
            time.sleep(0.02)
        with _errors_mean_away():
            return ask()

    def _search(self, searcher: tantivy.Searcher, plan: Plan) -> Hits:
        query = make_query(plan)
        order = {} if plan.words or plan.grams else {"order_by_field": "version"}
        result = searcher.search(_filter(query, plan.filters), limit=plan.limit, offset=plan.offset, **order)
        hits = []
        for score, address in result.hits:
            kind, object_id, words, facets = json.loads(searcher.doc(address).get_first("stored"))
            hits.append(Hit(kind, object_id, float(score or 0), words, facets))
        return Hits(tuple(hits), result.count, self._count(searcher, query, plan))

    def _count(self, searcher: tantivy.Searcher, query: Query, plan: Plan) -> dict[str, dict[str, int]]:
        """Facets without a filter share one pass; each filtered one is counted without its own filter."""
        filtered = [name for name in plan.facets if plan.filters.get(name)]
        groups = [([name for name in plan.facets if name not in filtered], plan.filters)]
        groups += [([name], {other: codes for other, codes in plan.filters.items() if other != name}) for name in filtered]
        counts = {}
        for names, filters in groups:
            if names:
                asked = {name: {"terms": {"field": name, "size": 200}} for name in names}
                found = searcher.aggregate(_filter(query, filters), asked)
                counts |= {name: {bucket["key"]: bucket["doc_count"] for bucket in found[name]["buckets"]} for name in names}
        return counts

    def describe(self) -> State:
        return self._while_files_move(lambda: State(_read_versions(self._searcher())))

    def is_healthy(self) -> bool:
        """Whether it can be searched by the rules of this code. After a report of damage every document is read."""
        was_reported = (self.folder / "damaged").exists()
        try:
            if not self._name().startswith(f"{SCHEMA}-"):
                return False
            self._open = None if was_reported else self._open
            self._while_files_move(lambda: self._read_through(was_reported))
        except EngineAway:
            return False
        if was_reported:
            with contextlib.suppress(OSError):
                (self.folder / "damaged").unlink()
        return True

    def _read_through(self, everything: bool) -> None:
        searcher = self._searcher()
        self._search(searcher, Plan(limit=max(searcher.num_docs, 1) if everything else 1, facets=ALL_FACETS))

    def cutter(self) -> str:
        """The version of the cutter that the searched generation was filled with; empty when there is none."""
        try:
            return (self._generation(self._name()) / "cutter").read_text()
        except (OSError, EngineAway):
            return ""

    def _report_damage(self) -> None:
        with contextlib.suppress(OSError):
            (self.folder / "damaged").touch()

    # Writing

    @contextlib.contextmanager
    def _lock(self, name: str, *, seconds: float | None = None) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = open(self.folder / name, "a")  # noqa: SIM115 (closed below, by the lock's end)
        except OSError as error:
            raise EngineAway(f"cannot write the index: {error}") from error
        try:
            until = time.monotonic() + (LOCK_SECONDS if seconds is None else seconds)
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() >= until:
                        raise EngineAway(f"{name} is held by another process") from None
                    time.sleep(0.02)
            yield
        finally:
            file.close()

    def write(self, keys: Iterable[str], read: Callable[[list[str]], list[Document]]) -> None:
        """Brings the documents of `keys` to what `read` gives: put when it gives them, deleted when not.

        `read` is called while nobody else writes, so the index follows the rows even when jobs come out of order.
        """
        keys = list(dict.fromkeys(keys))
        with self._lock("write.lock"):
            names = [self._name(), *self._building()]
            rows = read(keys)
            for name in dict.fromkeys(names):
                with _errors_mean_away():
                    _apply(open_index(self._generation(name)), keys, rows)

    def _building(self) -> list[str]:
        """The generation that a living rebuild is filling."""
        try:
            name = (self.folder / "building").read_text().strip()
        except OSError:
            return []
        return [name] if name and (self._generation(name) / "meta.json").exists() else []

    def rebuild(
        self,
        batches: Callable[[], Iterable[list[str]]],
        read: Callable[[list[str]], list[Document]],
        *,
        report: Callable[[int], None] = lambda done: None,
    ) -> None:
        """Fills a new generation batch by batch while the old one answers, brings it level with `read`, and switches.

        Writers meanwhile write to both. A second rebuild is refused; one that died leaves a folder, which the next removes.
        """
        with self._lock("rebuild.lock", seconds=0):
            name = f"{SCHEMA}-{uuid.uuid4().hex[:12]}"
            with self._lock("write.lock"):
                self._remove_orphans()
                folder = self._generation(name)
                try:
                    folder.mkdir(parents=True)
                    (folder / "cutter").write_text(thai.VERSION)
                except OSError as error:
                    raise EngineAway(f"cannot write the index: {error}") from error
                with _errors_mean_away():
                    index = open_index(folder, create=True)
                self._point("building", name)
            done = 0
            for keys in batches():
                with self._lock("write.lock", seconds=60), _errors_mean_away():
                    _apply(index, keys, read(keys))
                done += len(keys)
                report(done)
            with self._lock("write.lock", seconds=60), _errors_mean_away():
                self._level(index, batches, read)
                self._point("current", name)
                for leftover in ("building", "damaged"):
                    (self.folder / leftover).unlink(missing_ok=True)
                self._remove_orphans()

    def _level(self, index: tantivy.Index, batches, read) -> None:
        """The last comparison before the switch, while nobody writes."""
        index.reload()
        held = _read_versions(index.searcher())
        wanted = {row.key: row.version for keys in batches() for row in read(keys)}
        differing = [key for key in held.keys() | wanted.keys() if held.get(key) != wanted.get(key)]
        if differing:
            _apply(index, differing, read(differing))

    def _point(self, pointer: str, name: str) -> None:
        temporary = self.folder / f".{pointer}-{uuid.uuid4().hex}"
        temporary.write_text(name)
        os.replace(temporary, self.folder / pointer)

    def _remove_orphans(self) -> None:
        """Every generation that nobody points at. The caller holds both locks."""
        pointed = set()
        with contextlib.suppress(EngineAway):
            pointed.add(self._name())
        for folder in (self.folder / "generations").glob("*"):
            if folder.name not in pointed:
                shutil.rmtree(folder, ignore_errors=True)
        (self.folder / "building").unlink(missing_ok=True)


def _apply(index: tantivy.Index, keys: list[str], rows: list[Document]) -> None:
    """One commit: deletes `keys`, adds `rows`. A row that is older than what is held is left out."""
    held = _read_versions(index.searcher(), keys)
    writer = index.writer(HEAP, 1)
    newer = [row for row in rows if row.version >= held.get(row.key, 0)]
    kept = {row.key for row in rows} - {row.key for row in newer}
    for key in keys:
        if key not in kept:
            writer.delete_documents_by_term("key", key)
    for row in newer:
        writer.add_document(make_document(row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()


def _read_versions(searcher: tantivy.Searcher, keys: list[str] | None = None) -> dict[str, int]:
    if not searcher.num_docs:
        return {}
    query = Query.all_query() if keys is None else Query.term_set_query(SCHEMA_OBJECT, "key", keys)
    found = searcher.search(query, limit=searcher.num_docs if keys is None else max(len(keys), 1), count=False)
    documents = (searcher.doc(address) for _, address in found.hits)
    return {document.get_first("key"): document.get_first("version") for document in documents}


# Queries


def make_query(plan: Plan) -> Query:
    """The plan without its filters."""
    telling = [word for word in plan.words if not word.is_common] or list(plan.words)
    should: list[Query] = []
    must: list[tuple[Occur, Query]] = []
    if plan.needed and telling:
        clauses = [(Occur.Should, _word_query(plan, word)) for word in telling]
        must.append((Occur.Must, Query.boolean_query(clauses, minimum_number_should_match=min(plan.needed, len(clauses)))))
    elif plan.grams and plan.near_needed:
        clauses = [(Occur.Should, Query.term_query(SCHEMA_OBJECT, "grams", gram, "freq")) for gram in dict.fromkeys(plan.grams)]
        must.append((Occur.Must, Query.boolean_query(clauses, minimum_number_should_match=min(plan.near_needed, len(clauses)))))
    else:
        return Query.all_query()
    if plan.needed:
        should += [
            Query.boost_query(_term_anywhere(plan, word.term), plan.common) for word in plan.words if word.is_common and word not in telling
        ]
        should += [Query.boost_query(_term_anywhere(plan, part), plan.part) for word in telling for part in word.parts]
        should += [
            Query.boost_query(Query.phrase_query(SCHEMA_OBJECT, name, [first.term, second.term]), plan.pair * weight)
            for first, second in zip(plan.words, plan.words[1:], strict=False)
            if plan.pair and not (first.is_common and second.is_common)
            for name, weight in plan.fields.items()
        ]
        should += [
            Query.boost_query(Query.term_query(SCHEMA_OBJECT, "grams", gram, "freq"), plan.gram) for gram in dict.fromkeys(plan.grams)
        ]
    return Query.boolean_query(must + [(Occur.Should, query) for query in should])


def _word_query(plan: Plan, word) -> Query:
    """The word in any field, or all its smallest parts in the document."""
    whole = _term_anywhere(plan, word.term)
    if not word.together:
        return whole
    together = Query.boolean_query([(Occur.Must, Query.const_score_query(_term_anywhere(plan, part), 0.0)) for part in word.together])
    return Query.boolean_query([(Occur.Should, whole), (Occur.Should, together)])


def _term_anywhere(plan: Plan, term: str) -> Query:
    """The term in any field, each by its weight."""
    terms = [
        (Occur.Should, Query.boost_query(Query.term_query(SCHEMA_OBJECT, name, term, "position"), weight))
        for name, weight in plan.fields.items()
    ]
    return Query.boolean_query(terms)


def _filter(query: Query, filters: dict[str, tuple[str, ...]]) -> Query:
    clauses = [
        (Occur.Must, Query.const_score_query(Query.term_set_query(SCHEMA_OBJECT, name, list(codes)), 0.0))
        for name, codes in filters.items()
        if codes
    ]
    return Query.boolean_query([(Occur.Must, query), *clauses]) if clauses else query
