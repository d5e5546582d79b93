"""Suggestions at 20,000 and 100,000 titles made of the demonstration's words: the engine's own time against the answer."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from search import suggest, thai
from search.engines.choice import embedded
from search.models import Document
from tests.bench import Record, record, time_of

ROUNDS = 15
TYPED = ["ภา", "จด", "สินเชื่", "ทะเบียนพาณ", "จด vat", "vat", "lbog", "ค่าจ้าง", "ขาย ออนไล", "ไม่มีเรื่อง"]


def bench_suggest() -> Iterator[Record]:
    folder = Path(tempfile.mkdtemp(prefix="msme-bench-suggest-"))
    try:
        for number in (20_000, 100_000):
            with override_settings(SEARCH_INDEX_DIR=folder / str(number)):
                fill(number)
                suggest.write_lists()
                yield from measure(number)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(number: int) -> None:
    choose = random.Random()
    sources = list(Document.objects.public())
    words = [term for row in sources for term in thai.split_terms(row.words["title"])]

    def read(keys: list[str]) -> list[Document]:
        return [make_row(int(key.partition(":")[2])) for key in keys]

    def make_row(at: int) -> Document:
        source = sources[at % len(sources)]
        choose.seed(at)
        title = thai.JOINER.join(choose.choices(words, k=6))
        texts = dict.fromkeys(source.words, "") | {"title": title, "body": source.words["body"][:1_000]}
        return Document(kind=source.kind, object_id=at, words=texts, parts={}, facets=source.facets, sections=[], version=at + 1)

    keys = [f"{sources[at % len(sources)].kind}:{at}" for at in range(number)]
    embedded().rebuild(lambda: (keys[start : start + 5_000] for start in range(0, number, 5_000)), read)


def measure(number: int) -> Iterator[Record]:
    """For each of `TYPED`, engine and answer in turn, so that what else the machine does weighs on both."""
    client = Client()
    engine, whole, extra, largest, queries = [], [], [], 0, 0
    for typed in TYPED:
        with CaptureQueriesContext(connection) as captured:
            answer = ask(client, typed)
        queries += len(captured)
        largest = max(largest, len(answer.content) + sum(len(f"{name}: {value}\r\n") for name, value in answer.items()))
        pairs = [
            (
                time_of(lambda typed=typed: ask_engine(typed), times=1, warm=0),
                time_of(lambda typed=typed: ask(client, typed), times=1, warm=0),
            )
            for _ in range(ROUNDS)
        ]
        engine.append(median(alone for alone, _all in pairs))
        whole.append(median(together for _alone, together in pairs))
        extra.append(median(together - alone for alone, together in pairs))
    name, alone = f"P6 {number:,} titles", median(engine) * 1000
    yield record(f"{name}, engine", alone, "ms")
    yield record(f"{name}, answer", median(whole) * 1000, "ms", against="the engine alone", reference=alone)
    yield record(f"{name}, answer less engine, worst", max(extra) * 1000, "ms", against="3 ms allowed", reference=3.0)
    yield record(f"{name}, largest answer with headers", largest, "bytes", against="2 kB allowed", reference=2_000)
    yield record(f"{name}, queries", queries, "SQL")


def ask(client: Client, typed: str):
    return client.get("/search/suggest/", {"q": typed}, SERVER_NAME="localhost", headers={"accept-encoding": "gzip"})


def ask_engine(typed: str) -> None:
    """What an answer asks of the engine: as `suggest.find_suggestions` does, reading by reading."""
    for call in calls_of(typed):
        embedded().begin_with(*call[0], **call[1])


_calls: dict[tuple[Path, str], list] = {}


def calls_of(typed: str) -> list:
    engine = embedded()
    key = (engine.folder, typed)
    if key not in _calls:
        made = []
        real = engine.begin_with

        def note(*args, **options):
            made.append((args, options))
            return real(*args, **options)

        engine.begin_with = note
        try:
            suggest.find_suggestions(typed)
        finally:
            del engine.begin_with
        _calls[key] = made
    return _calls[key]
