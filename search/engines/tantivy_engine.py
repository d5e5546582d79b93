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
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import orjson
import tantivy
from tantivy import Occur, Query

from search import thai
from search.documents import FACETS, index_texts
from search.engines import FIELDS, MARK, SCHEMA, UNMARK, Analysis, Batches, Clause, EngineAway, Group, Hit, Hits, Plan, Read, State
from search.models import Document

HEAP = 30_000_000
READ = 200  # rows of a rebuild that are held at once; each is some hundred kilobytes
LOCK_SECONDS = 5
TRIES = 3
ALL_FACETS = ("type", *FACETS)


OPTIONS = {Analysis.JOINED: "freq", Analysis.TOKENS: "freq", Analysis.GRAMS: "freq", Analysis.ONCE: "basic"}
TOKENIZERS = {Analysis.JOINED: "words", Analysis.TOKENS: "words", Analysis.GRAMS: "grams", Analysis.ONCE: "words"}


def make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("version", fast=True, stored=True)
    for name, analysis in FIELDS.items():
        builder.add_text_field(name, tokenizer_name=TOKENIZERS[analysis], index_option=OPTIONS[analysis])
    for name in ALL_FACETS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


SCHEMA_OBJECT = make_schema()


def open_index(folder: Path, *, create: bool = False) -> tantivy.Index:
    index = tantivy.Index(SCHEMA_OBJECT, path=str(folder)) if create else tantivy.Index.open(str(folder))
    index.register_tokenizer("words", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.register_tokenizer("grams", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(thai.GRAM, thai.GRAM, False)).build())
    return index


def make_document(row: Document) -> tantivy.Document:
    """One row as tantivy takes it."""
    document = tantivy.Document()
    document.add_text("key", row.key)
    document.add_unsigned("version", row.version)
    for name, text in index_texts(row, split=True).items():
        document.add_text(name, text)
    for name in ALL_FACETS:
        for code in row.facets.get(name, ()):
            document.add_text(name, code)
    stored = [row.kind, row.object_id, row.words, row.facets, row.sections]
    document.add_bytes("stored", orjson.dumps(stored))
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
    name = "embedded"

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
        started = time.perf_counter()
        chosen = make_selection(plan)
        query = _filter(_score(chosen, plan), plan.filters)
        hits = []
        if plan.limit:
            order = {} if plan.clauses else {"order_by_field": "version"}
            result = searcher.search(query, limit=plan.limit, offset=plan.offset, **order)  # counts as well: one pass for both
            marker = thai.Marker(plan.marks, MARK, UNMARK)
            hits = [_read_hit(searcher.doc(address), score, marker) for score, address in result.hits]
            total = result.count or 0
        else:
            total = searcher.search(_filter(chosen, plan.filters), limit=1).count or 0
        full = searcher.search(_filter(_have(plan, plan.full), plan.filters), limit=1).count or 0 if plan.full else total
        counts = self._count(searcher, chosen, plan)
        return Hits(tuple(hits), total, full, counts, (time.perf_counter() - started) * 1000)

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

    def read_vocabulary(self) -> tuple[str, int, list[tuple[str, int]]]:
        """(state, number of documents, every word with the number of documents that have it)."""

        def read():
            state, searcher = self.state_name(), self._searcher()
            return state, searcher.num_docs, searcher.terms_with_prefix("all", "")

        return self._while_files_move(read)

    def state_name(self) -> str:
        """Changes with every commit. Raises EngineAway when there is no index."""
        with _errors_mean_away():
            name = self._name()
            meta = os.stat(self._generation(name) / "meta.json")
            return f"{name}/{meta.st_ino}/{meta.st_mtime_ns}/{meta.st_size}"

    def number_with(self, name: str, term: str) -> int:
        """The number of documents that have the term in the field `name`; 0 when there is no index."""
        try:
            return self._while_files_move(lambda: self._searcher().doc_freq(name, term))
        except EngineAway:
            return 0

    def begin_with(self, patterns: Sequence[str], limit: int, *, inside: bool = False) -> list[tuple[str, int, str]]:
        """(kind, id, joined title) of documents whose title has, for each pattern, a start that it begins; guides first.

        `inside`: or a word that it stands in. A pattern is a regular expression of letters that the caller has made.
        """
        clauses = [(Occur.Must, _begins(pattern, inside)) for pattern in patterns]
        clauses.append((Occur.Should, _flat(Query.term_query(SCHEMA_OBJECT, "type", "guide", "basic"), 1.0)))

        def read():
            searcher = self._searcher()
            found = searcher.search(Query.boolean_query(clauses), limit=limit, count=False).hits
            stored = (orjson.loads(searcher.doc(address).get_first("stored")) for _score, address in found)
            return [(kind, object_id, texts["title"]) for kind, object_id, texts, *_rest in stored]

        with _errors_mean_away():
            return self._while_files_move(read)

    def number_with_text(self, text: str) -> int:
        """The number of documents that have every scrap of the text; 0 when there is no index."""
        scraps = tuple(thai.grams(text))
        try:
            return self.search(Plan(near=scraps, near_needed=len(scraps), limit=0)).total if scraps else 0
        except EngineAway:
            return 0

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

    def write(self, keys: Iterable[str], read: Read) -> None:
        """Brings the documents of `keys` to what `read` gives: put when it gives them, deleted when not.

        `read` is called while nobody else writes, so the index follows the rows even when jobs come out of order.
        """
        keys = list(dict.fromkeys(keys))
        with self._lock("write.lock"):
            names = [self._name(), *self._building()]
            rows = read(keys)
            for name in dict.fromkeys(names):
                with _errors_mean_away():
                    _apply(open_index(self._generation(name)), keys, [rows])

    def _building(self) -> list[str]:
        """The generation that a living rebuild is filling."""
        try:
            name = (self.folder / "building").read_text().strip()
        except OSError:
            return []
        return [name] if name and (self._generation(name) / "meta.json").exists() else []

    def rebuild(
        self,
        batches: Batches,
        read: Read,
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
            done, filled = 0, {}
            for keys in batches():
                with self._lock("write.lock", seconds=60), _errors_mean_away():
                    index.reload()  # a writer may have come between
                    filled |= _apply(index, keys, (read(keys[at : at + READ]) for at in range(0, len(keys), READ)))
                done += len(keys)
                report(done)
            with self._lock("write.lock", seconds=60), _errors_mean_away():
                self._level(index, batches, read, filled)
                self._point("current", name)
                for leftover in ("building", "damaged"):
                    (self.folder / leftover).unlink(missing_ok=True)
                self._remove_orphans()

    def _level(self, index: tantivy.Index, batches: Batches, read: Read, filled: dict[str, int]) -> None:
        """The last comparison before the switch, while nobody writes: all that should be there is, as filled or newer, and no more."""
        index.reload()
        held = _read_versions(index.searcher())
        wanted = {key for keys in batches() for key in keys}
        differing = [key for key in held.keys() | wanted if key not in wanted or held.get(key, -1) < filled.get(key, 0)]
        if differing:
            _apply(index, differing, [read(differing)])

    def destroy(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._open = None

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


def _apply(index: tantivy.Index, keys: list[str], parts: Iterable[list[Document]]) -> dict[str, int]:
    """One commit: adds the rows, deletes the other `keys`; gives {key: version} of the rows.

    A row that is older than what is held is left out. What is not held is not deleted, which would cost as much as adding it.
    """
    held = _read_versions(index.searcher(), keys)
    writer = index.writer(HEAP, 1)
    versions: dict[str, int] = {}
    for row in chain.from_iterable(parts):
        versions[row.key] = row.version
        if row.version >= held.get(row.key, 0):
            if row.key in held:
                writer.delete_documents_by_term("key", row.key)
            writer.add_document(make_document(row))
    for key in held.keys() - versions.keys():
        writer.delete_documents_by_term("key", key)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return versions


def _read_versions(searcher: tantivy.Searcher, keys: list[str] | None = None) -> dict[str, int]:
    if not searcher.num_docs:
        return {}
    query = Query.all_query() if keys is None else Query.term_set_query(SCHEMA_OBJECT, "key", keys)
    found = searcher.search(query, limit=searcher.num_docs if keys is None else max(len(keys), 1), count=False)
    documents = (searcher.doc(address) for _, address in found.hits)
    return {document.get_first("key"): document.get_first("version") for document in documents}


# Queries


def make_selection(plan: Plan) -> Query:
    """What is found, without filters."""
    ways = []
    if plan.groups:
        ways.append(_have(plan, plan.at_least))
    if plan.near and plan.near_needed:
        ways.append(_some([_term("grams", scrap) for scrap in dict.fromkeys(plan.near)], plan.near_needed))
    return _some(ways, 1) if ways else Query.all_query()


def _have(plan: Plan, needed: int) -> Query:
    """At least so many of the groups."""
    return _some([_has(group) for group in plan.groups], needed)


def _has(group: Group) -> Query:
    ways = [_term("all", term) for term in group.terms]
    ways += [Query.boolean_query([(Occur.Must, _term("all", term)) for term in terms]) for terms in group.together]
    return _some(ways, 1)


def _some(queries: list[Query], needed: int) -> Query:
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries], minimum_number_should_match=min(needed, len(queries)))


def _begins(pattern: str, inside: bool) -> Query:
    """A start of the title begins with the pattern, or one of its words has it inside."""
    ways = [Query.regex_query(SCHEMA_OBJECT, "starts", f"{pattern}.*")]
    ways += [Query.regex_query(SCHEMA_OBJECT, "title", f".+{pattern}.*")] if inside else []
    return _flat(_some(ways, 1), 0.0)


def _flat(query: Query, score: float) -> Query:
    return Query.const_score_query(query, score)


def _term(name: str, term: str) -> Query:
    return Query.term_query(SCHEMA_OBJECT, name, term, OPTIONS[FIELDS[name]])


def _score(chosen: Query, plan: Plan) -> Query:
    """What is found, scored by the clauses alone. Terms with BM25 stand together: tantivy goes through them a quarter faster."""
    if not plan.clauses:
        return chosen
    once = [clause for clause in plan.clauses if FIELDS[clause.field] is Analysis.ONCE]
    counted = [(Occur.Should, _score_clause(clause)) for clause in plan.clauses if FIELDS[clause.field] is not Analysis.ONCE]
    clauses = [*([Query.boolean_query(counted)] if counted else []), *map(_score_clause, once)]
    return Query.boolean_query([(Occur.Must, Query.const_score_query(chosen, 0.0)), *((Occur.Should, query) for query in clauses)])


def _score_clause(clause: Clause) -> Query:
    query = _term(clause.field, clause.term)
    if FIELDS[clause.field] is Analysis.ONCE:
        return Query.const_score_query(query, clause.weight)
    return Query.boost_query(query, clause.weight)


def _filter(query: Query, filters: dict[str, tuple[str, ...]]) -> Query:
    clauses = [
        (Occur.Must, Query.const_score_query(Query.term_set_query(SCHEMA_OBJECT, name, list(codes)), 0.0))
        for name, codes in filters.items()
        if codes
    ]
    return Query.boolean_query([(Occur.Must, query), *clauses]) if clauses else query


def _read_hit(document: tantivy.Document, score: float | None, marker: thai.Marker) -> Hit:
    kind, object_id, words, facets, sections = orjson.loads(document.get_first("stored"))
    texts = {name: marker.mark(text) for name, text in words.items()} if marker.terms else words
    return Hit(kind, object_id, float(score or 0), texts, facets, sections)
