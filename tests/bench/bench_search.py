"""Search at 5,000 guides made of the demo guides' paragraphs: cutting, indexing, asking.

P18 (any input is cut in bounded time), the embedded engine's own time against the whole question and the whole page,
and filling the index from stored text against bare tantivy. The pages are real rows, inside a transaction that is
rolled back; the index is a folder that is thrown away.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction
from django.test import Client
from django.test.utils import override_settings
from wagtail.models import Page

from kb.models import GuideIndexPage, GuidePage
from search import documents, thai
from search.engines.choice import chosen_engine
from search.engines.tantivy_engine import HEAP, make_document, open_index
from search.forms import Asked
from search.models import Document
from search.query import make_plan, read_question, search
from search.sync import COMMIT
from tests.bench import Record, record, time_of

NUMBER = 5_000
PARAGRAPHS = 25
LONG = 100_000
WORST = {
    "digits": "1",
    "Thai digits": "๑",
    "one consonant": "ก",
    "syllables": "กา",
    "marks": "\u0e48",
    "nikhahit": "ก\u0e4d",
    "hidden characters": "ก\u200d",
    "thousands": "1,111",
    "dots": "ก.",
    "ambiguous words": "ตากลม",
    "one word": "ด้านหน้า",
    "no words": "กกขค",
    "emoji": "😀",
}
QUESTIONS = ["ภาษี", "ขายของออนไลน์ต้องเสียภาษีไหม", "กู้แบงก์ไม่ผ่าน", "จดทะเบียนพาณิชย์ที่ไหน", "เอกสารกู้เงินธนาคาร", "น้ำท่วมร้าน"]


def demo_texts() -> list[str]:
    return [text for page in GuidePage.objects.live() for text in page.texts() if text.strip()]


def bench_cutting() -> Iterator[Record]:
    from pythainlp.tokenize import word_tokenize

    thai.warm()
    prose = "\n".join(demo_texts())[:LONG]
    bare = time_of(lambda: word_tokenize(prose, engine="newmm", join_broken_num=False), times=3, warm=1)
    ours = time_of(lambda: thai.join(prose), times=3, warm=1)
    yield record("cut prose", len(prose) / ours / 1e6, "M characters/s", against="bare newmm", reference=len(prose) / bare / 1e6)
    slowest = max((time_of(lambda unit=unit: thai.find_words((unit * LONG)[:LONG]), times=3, warm=0), name) for name, unit in WORST.items())
    yield record(f"P18 worst 100,000 characters ({slowest[1]})", slowest[0], "s", against="bare newmm on as much prose", reference=bare)
    queries = [(unit * 200)[:200] for unit in WORST.values()]
    worst = max(time_of(lambda query=query: read_question(query), times=20) for query in queries)
    usual = time_of(lambda: read_question("ขายของออนไลน์ต้องเสียภาษีไหม"), times=20)
    yield record("P18 worst 200-character query", worst * 1000, "ms", against="a usual question", reference=usual * 1000)


def bench_search() -> Iterator[Record]:
    folder = Path(tempfile.mkdtemp(prefix="msme-bench-index-"))
    try:
        with override_settings(SEARCH_INDEX_DIR=folder), transaction.atomic():
            rows = make_guides()
            yield from measure_filling(rows, folder)
            yield from measure_asking()
            transaction.set_rollback(True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_guides() -> list[Document]:
    """5,000 guides as pages and as documents. Their paragraphs were cut once; cut paragraphs joined are a cut text."""
    choose = random.Random(1)
    sources = list(GuidePage.objects.live())
    cut_rows = [documents.cut_content(documents.build_guide(page)) for page in sources]
    paragraphs = [line for row in cut_rows for line in row["words"]["body"].split("\n") if line]
    parent = GuideIndexPage.objects.get()
    pages = [
        Page(
            title=source.title,
            draft_title=source.title,
            slug=f"bench-{number}",
            path=f"{parent.path}{chr(ord('Q') + number // 1000)}{number % 1000:03d}",
            depth=parent.depth + 1,
            content_type_id=source.content_type_id,
            locale_id=source.locale_id,
            url_path=f"{parent.url_path}bench-{number}/",
            live=True,
        )
        for number, source in ((number, sources[number % len(sources)]) for number in range(NUMBER))
    ]
    Page.objects.bulk_create(pages, batch_size=500)
    rows = []
    for number, page in enumerate(Page.objects.filter(slug__startswith="bench-").order_by("pk")):
        source, cut = sources[number % len(sources)], cut_rows[number % len(sources)]
        guide = GuidePage(page_ptr_id=page.pk, **{f.attname: getattr(source, f.attname) for f in GuidePage._meta.local_concrete_fields[1:]})
        guide.code = f"{chr(ord('A') + number // 1000)}{number % 1000:03d}"
        guide.save_base(raw=True, force_insert=True)
        words = cut["words"] | {"body": "\n".join(choose.choices(paragraphs, k=PARAGRAPHS))}
        facets = {
            "type": ["guide"],
            "stage": [choose.choice(["idea", "start", "run", "grow"])],
            "function": [choose.choice(["tax", "legal", "finance"])],
        }
        row = Document(kind="guide", object_id=page.pk, is_public=True, words=words, cutter=thai.VERSION, version=number + 1)
        row.parts = {name: " ".join(documents.find_parts(text)) for name, text in words.items()}
        row.facets = facets | {"province": ["*"], "sector": ["*"]}
        rows.append(row)
    return rows


def measure_filling(rows: list[Document], folder: Path) -> Iterator[Record]:
    by_key = {row.key: row for row in rows}
    keys = list(by_key)

    def batches():
        return (keys[at : at + COMMIT] for at in range(0, len(keys), COMMIT))

    started = time.perf_counter()
    chosen_engine().rebuild(batches, lambda wanted: [by_key[key] for key in wanted])
    ours = NUMBER / (time.perf_counter() - started)
    bare_folder = folder / "bare"
    bare_folder.mkdir()
    ready = [make_document(row) for row in rows]
    started = time.perf_counter()
    writer = open_index(bare_folder, create=True).writer(HEAP, 1)
    for document in ready:
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    bare = NUMBER / (time.perf_counter() - started)
    yield record("P8 filling the index from cut text", ours, "documents/s", against="bare tantivy, ready documents", reference=bare)


def measure_asking() -> Iterator[Record]:
    client = Client()
    engine_times, whole_times, page_times = [], [], []
    for text in QUESTIONS:
        asked = Asked(text=text)
        plan = make_plan(read_question(text), filters=asked.engine_filters())
        engine_times.append(time_of(lambda plan=plan: chosen_engine().search(plan), times=15))
        whole_times.append(time_of(lambda asked=asked: search(asked.text, filters=asked.engine_filters()), times=15))
        page_times.append(time_of(lambda text=text: client.get("/search/", {"q": text}, SERVER_NAME="localhost"), times=8))
    engine, whole, page = (sorted(times)[len(times) // 2] * 1000 for times in (engine_times, whole_times, page_times))
    yield record("P4 engine, 5,000 documents, facets, 10 hits", engine, "ms")
    yield record("P4 whole question, checked and marked", whole, "ms", against="the engine alone", reference=engine)
    yield record("P4 results page", page, "ms", against="the engine alone", reference=engine)
