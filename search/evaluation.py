"""How well questions find what they should, on any folder in the BEIR layout, through exactly the production path.

    corpus.jsonl                     {"_id", "title", "text"}
    queries.jsonl                    {"_id", "text"}: the kind `clean`
    queries.KIND.jsonl               the same questions as people change them
    qrels/*.tsv                      query-id, corpus-id, score; the first line is a heading

Documents are cut by `documents.cut_content`, questions read by `readings.read_question` and planned by `plan.make_plan`
with the weights of `weights.py`, and both engines are the ones that the site uses, over a scratch index whose own words
correct the questions. Measures: nDCG@10 (gain 2^score − 1, discount log2), recall@10 and @100, reciprocal rank within 10
(Järvelin & Kekäläinen 2002; as in BEIR); a question without any judged document is not counted.
"""

import contextlib
import json
import math
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from search import thai
from search.documents import ANY, FACETS, Content, cut_content
from search.engines import Engine, Hits
from search.engines.elasticsearch_engine import ElasticsearchEngine
from search.engines.tantivy_engine import TantivyEngine
from search.knowledge import knowledge
from search.models import Document
from search.plan import make_plan
from search.readings import read_question
from search.sync import COMMIT
from search.vocabulary import Vocabulary, read_vocabulary

CLEAN = "clean"
DEPTH = 100  # results of a run
SHOWN = 10  # results of a page
KIND = "passage"
ENGINES = ("embedded", "elasticsearch")


class BadFolder(Exception):
    """The folder cannot be read as BEIR; says which file and line."""


@dataclass(frozen=True)
class Collection:
    """`texts`: {document id: (title, text)}; `queries`: {kind: {query id: text}}; `judged`: {query id: {document id: score}}."""

    texts: dict[str, tuple[str, str]]
    queries: dict[str, dict[str, str]]
    judged: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Scores:
    """Means over the questions of one kind; times in milliseconds."""

    questions: int
    ndcg: float
    recall_10: float
    recall_100: float
    mrr: float
    p50_ms: float
    p95_ms: float
    docs_per_s: float
    runs: dict[str, list[tuple[str, float]]] = field(default_factory=dict, repr=False)  # {query id: [(document id, score)]}

    def as_json(self) -> dict[str, float]:
        return {
            "ndcg@10": self.ndcg,
            "recall@10": self.recall_10,
            "recall@100": self.recall_100,
            "mrr@10": self.mrr,
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "docs_per_s": self.docs_per_s,
        }


def read_collection(folder: Path, kinds: Sequence[str] = ()) -> Collection:
    """Reads what is needed for the kinds (all when none is named). Raises BadFolder."""
    corpus = folder / "corpus.jsonl"
    texts = {row["_id"]: (row.get("title") or "", row.get("text") or "") for row in _read_lines(corpus)}
    files = {CLEAN: folder / "queries.jsonl"} | {path.name.split(".")[1]: path for path in sorted(folder.glob("queries.*.jsonl"))}
    unknown = set(kinds) - files.keys()
    if unknown:
        raise BadFolder(f"{folder} has no questions of the kind {', '.join(sorted(unknown))}")
    queries = {
        kind: {row["_id"]: row["text"] for row in _read_lines(path, ("_id", "text"))}
        for kind, path in files.items()
        if not kinds or kind in kinds
    }
    judged: dict[str, dict[str, int]] = {}
    for path in sorted((folder / "qrels").glob("*.tsv")):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise BadFolder(f"{path} cannot be read: {error}") from error
        for number, line in enumerate(lines):
            cells = line.split("\t")
            if not line.strip() or (number == 0 and not cells[-1].strip().lstrip("-").isdigit()):
                continue
            if len(cells) != 3 or not cells[2].strip().lstrip("-").isdigit():
                raise BadFolder(f"{path}, line {number + 1}: expected query-id, corpus-id, score")
            judged.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    if not judged:
        raise BadFolder(f"{folder / 'qrels'} has no judgements")
    return Collection(texts, queries, judged)


def _read_lines(path: Path, needed: Sequence[str] = ("_id",)) -> Iterator[dict]:
    number = 0
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    row = json.loads(line)
                    missing = [name for name in needed if not isinstance(row, dict) or name not in row]
                    if missing:
                        raise BadFolder(f"{path}, line {number}: no {missing[0]}")
                    yield row
    except OSError as error:
        raise BadFolder(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # broken JSON, or no UTF-8
        raise BadFolder(f"{path}, line {number}: {error}") from error


@dataclass(frozen=True)
class Scratch:
    """A filled index that nobody else sees: `ids[object_id]` is the collection's name of a document."""

    engine: Engine
    vocabulary: Vocabulary
    ids: list[str]
    docs_per_s: float

    def find(self, text: str, limit: int, *, shown: bool = False) -> Hits:
        """As the results page asks: `shown` with facets and marks."""
        known = knowledge()
        question = read_question(text, vocabulary=self.vocabulary, known=known)
        facets = ("type", *FACETS) if shown else ()
        return self.engine.search(make_plan(question, vocabulary=self.vocabulary, known=known, facets=facets, limit=limit, is_marked=shown))


@contextlib.contextmanager
def fill_scratch(texts: Mapping[str, tuple[str, str]], name: str) -> Iterator[Scratch]:
    """Cuts and indexes the texts; afterwards nothing is left of it."""
    folder = Path(tempfile.mkdtemp(prefix="msme-evaluation-"))
    embedded = TantivyEngine(folder)
    remote = (
        ElasticsearchEngine(settings.ELASTICSEARCH_URL, f"evaluation-{uuid.uuid4().hex[:10]}", timeout=60) if name != "embedded" else None
    )
    engine = remote or embedded
    try:
        thai.warm()
        started = time.perf_counter()
        rows = [_make_row(number, title, text) for number, (title, text) in enumerate(texts.values())]
        cut_in = time.perf_counter() - started
        started = time.perf_counter()
        _fill(engine, rows)
        filled_in = time.perf_counter() - started
        if remote:
            _fill(embedded, rows)  # the words that correct are read from it, as on the site
        yield Scratch(engine, read_vocabulary(embedded), list(texts), len(rows) / (cut_in + filled_in))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if remote:
            remote.destroy()


def _make_row(number: int, title: str, text: str) -> Document:
    facets = {"type": [KIND]} | {name: [ANY] for name in FACETS}
    return Document(
        kind=KIND,
        object_id=number,
        is_public=True,
        facets=facets,
        version=number + 1,
        cutter=thai.VERSION,
        **cut_content(Content(title, body=text)),
    )


def _fill(engine: Engine, rows: list[Document]) -> None:
    by_key = {row.key: row for row in rows}
    keys = list(by_key)
    engine.rebuild(
        lambda: (keys[at : at + COMMIT] for at in range(0, len(keys), COMMIT)),
        lambda wanted: [by_key[key] for key in wanted if key in by_key],
    )


def evaluate(collection: Collection, name: str = "embedded") -> Iterator[tuple[str, Scores]]:
    """(kind, scores) for each kind of questions."""
    with fill_scratch(collection.texts, name) as scratch:
        for queries in collection.queries.values():  # the first question of a process is no question's time
            for text in list(queries.values())[:3]:
                scratch.find(text, SHOWN, shown=True)
        for kind, queries in collection.queries.items():
            yield kind, _score(scratch, queries, collection.judged)


def _score(scratch: Scratch, queries: Mapping[str, str], judged: Mapping[str, Mapping[str, int]]) -> Scores:
    runs, times, rows = {}, [], []
    for query_id, text in queries.items():
        relevant = {document: score for document, score in judged.get(query_id, {}).items() if score > 0}
        if not relevant:
            continue
        started = time.perf_counter()
        scratch.find(text, SHOWN, shown=True)
        times.append((time.perf_counter() - started) * 1000)
        found = [(scratch.ids[hit.object_id], hit.score) for hit in scratch.find(text, DEPTH).hits]
        runs[query_id] = found
        rows.append(measure([document for document, _ in found], relevant))
    number = len(rows)
    means = [sum(row[column] for row in rows) / number if number else 0.0 for column in range(4)]
    ordered = sorted(times) or [0.0]
    p50, p95 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95))
    return Scores(number, *means, p50, p95, scratch.docs_per_s, runs)


def measure(found: Sequence[str], relevant: Mapping[str, int]) -> tuple[float, float, float, float]:
    """nDCG@10, recall@10, recall@100, reciprocal rank within 10 of one question."""
    gains = [(2 ** relevant.get(document, 0) - 1) / math.log2(rank + 2) for rank, document in enumerate(found[:10])]
    ideal = [(2**score - 1) / math.log2(rank + 2) for rank, score in enumerate(sorted(relevant.values(), reverse=True)[:10])]
    first = next((1 / (rank + 1) for rank, document in enumerate(found[:10]) if document in relevant), 0.0)
    recall_10, recall_100 = (len(relevant.keys() & set(found[:depth])) / len(relevant) for depth in (10, 100))
    return sum(gains) / sum(ideal), recall_10, recall_100, first


def write_run(path: Path, runs: Mapping[str, Sequence[tuple[str, float]]], tag: str) -> None:
    """TREC's run format: query Q0 document rank score tag."""
    lines = [
        f"{query} Q0 {document} {rank} {score:.6f} {tag}\n"
        for query, found in runs.items()
        for rank, (document, score) in enumerate(found, 1)
    ]
    path.write_text("".join(lines), encoding="utf-8")
