"""Filling and keeping level: stored rows against bare tantivy (P8), and what publishing one page costs (P9)."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.test.utils import override_settings
from wagtail.signals import page_published, page_unpublished

from kb.models import GuidePage
from search import changes, documents, thai
from search.engines import Plan
from search.engines.choice import embedded
from search.engines.tantivy_engine import HEAP, TantivyEngine, make_document, open_index
from search.models import Document, IndexJob
from search.sync import public_keys, read_rows, sync_object
from tests.bench import Record, corpus, record, time_of

ROWS = 2_000
ROUNDS = 5
PAGES = (200, 20_000)
TIMES = 15  # pages published


def bench_filling() -> Iterator[Record]:
    """From rows in the database to a searchable index, against bare tantivy with one thread and ready documents."""
    with transaction.atomic():
        Document.objects.all().delete()
        Document.objects.bulk_create((corpus.make_row(number) for number in range(ROWS)), batch_size=200)
        ready = [make_document(row) for row in Document.objects.public()]
        fill_once(), fill_bare(ready)
        ours, bare = zip(*((fill_once(), fill_bare(ready)) for _ in range(ROUNDS)), strict=True)
        made = time_of(lambda: [make_document(row) for row in Document.objects.public()], times=ROUNDS, warm=0)
        transaction.set_rollback(True)
    yield record(f"P8 {ROWS:,} rows, filled", ROWS / median(ours), "documents/s", against="bare tantivy", reference=ROWS / median(bare))
    yield record(
        f"P8 {ROWS:,} rows, read and made ready", ROWS / made, "documents/s", against="bare tantivy", reference=ROWS / median(bare)
    )
    large = corpus.filled(100_000)
    yield record("P8 100,000, filled", 100_000 / large.seconds, "documents/s", against="2,000 rows", reference=ROWS / median(ours))
    yield record("P8 100,000, most memory of the process", large.peak, "MB", against="400 MB allowed", reference=400.0)
    yield from measure_cutting()


def fill_once() -> float:
    folder = Path(tempfile.mkdtemp(prefix="msme-bench-fill-"))
    try:
        return time_of(lambda: TantivyEngine(folder).rebuild(public_keys, read_rows), times=1, warm=0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill_bare(ready: list) -> float:
    folder = Path(tempfile.mkdtemp(prefix="msme-bench-bare-"))
    try:
        started = time.perf_counter()
        writer = open_index(folder, create=True).writer(HEAP, 1)
        for document in ready:
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        return time.perf_counter() - started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure_cutting() -> Iterator[Record]:
    """A guide read, cut and made ready for its row, against newmm alone on the same texts."""
    from pythainlp.tokenize import word_tokenize

    thai.warm()
    contents = [documents.build_guide(guide) for guide in documents.kinds()["guide"].objects().filter(live=True)]
    texts = ["\n".join(getattr(content, name) for name in documents.TEXTS) for content in contents]
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(time_of(lambda: [documents.cut_content(content) for content in contents], times=1, warm=0))
        bare.append(time_of(lambda: [word_tokenize(text, engine="newmm", join_broken_num=False) for text in texts], times=1, warm=0))
    rate = len(contents) / median(ours)
    yield record("P8 guides cut", rate, "documents/s", against="newmm alone", reference=len(contents) / median(bare))


def bench_publishing() -> Iterator[Record]:
    """Saving a revision and publishing it, with and without the search's signals in turn; then the worker's part."""
    with_search = {}
    for number in PAGES:
        with override_settings(SEARCH_INDEX_DIR=corpus.filled(number).folder), transaction.atomic():
            corpus.make_pages(range(number))
            published, bare, found = measure_publishing(number)
            transaction.set_rollback(True)
        with_search[number] = published
        yield record(f"P9 {number:,} pages, publish", published * 1000, "ms", against="publish without search", reference=bare * 1000)
        yield record(f"P9 {number:,} pages, until searchable", found, "s", against="2 s allowed", reference=2.0)
    few, many = (with_search[number] * 1000 for number in PAGES)
    yield record(f"P9 publish, {PAGES[1]:,} pages", many, "ms", against=f"{PAGES[0]:,} pages", reference=few)


def measure_publishing(number: int) -> tuple[float, float, float]:
    """Median seconds of a publish, of one without search, and of the work until the new title is found."""
    published, bare, found = [], [], []
    free = sorted({f"{code:04}" for code in range(1_000, 10_000)} - set(GuidePage.objects.values_list("code", flat=True)))
    for at in range(TIMES + 1):
        page = GuidePage.objects.get(pk=corpus.FIRST + at)
        page.code = free[at]  # a person's page has digits
        with silent_search():
            bare.append(publish(page, f"ก่อน {at}"))
        published.append(publish(page, f"ใหม่ mark{at}"))
        started = time.perf_counter()
        if not sync_object("guide", page.pk):
            raise RuntimeError(IndexJob.objects.get(kind="guide", object_id=page.pk).last_error)
        titles = embedded().search(Plan(filters={}, limit=1)).hits[0].texts["title"]
        found.append(published[-1] + time.perf_counter() - started)
        if f"mark{at}" not in titles.replace(thai.JOINER, ""):
            raise RuntimeError("what was published is not found")
    return median(published[1:]), median(bare[1:]), sorted(found[1:])[int(TIMES * 0.95)]


def publish(page: GuidePage, title: str) -> float:
    page.title = title
    return time_of(lambda: page.save_revision().publish(), times=1, warm=0)


@contextmanager
def silent_search() -> Iterator[None]:
    """As if the search were not there."""
    connected = [(post_save, "search-saved"), (post_delete, "search-deleted"), (page_published, "search-published")]
    connected += [(page_unpublished, "search-unpublished")]
    for signal, name in connected:
        if not signal.disconnect(dispatch_uid=name):
            raise RuntimeError(f"{name} was not connected")
    try:
        yield
    finally:
        changes.connect()
