"""Thousands of guides made of the demonstration's paragraphs, always the same: as pages, as search documents, as an index.

Document `number` has the key `guide:{FIRST + number}`; how many paragraphs it has is log-normal. An index of a size is
filled once in a process and removed at its end; pages are made inside the caller's transaction.
"""

import atexit
import math
import random
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.db import connection
from wagtail.models import Page

from kb.models import GuideIndexPage, GuidePage
from search import documents, thai
from search.engines import Engine
from search.engines.tantivy_engine import TantivyEngine
from search.models import Document
from search.sync import COMMIT

FIRST = 10_000_000
MIDDLE, SPREAD, MOST = 14, 0.6, 80  # paragraphs: median, sigma of their logarithm, bound
STAGES, FUNCTIONS = ("idea", "start", "run", "grow"), ("tax", "legal", "finance")


@dataclass(frozen=True)
class Source:
    """A guide of the demonstration, cut."""

    page_id: int
    words: dict[str, str]
    parts: dict[str, str]


@lru_cache(maxsize=1)
def read_sources() -> tuple[Source, ...]:
    guides = documents.kinds()["guide"].objects().filter(live=True, pk__lt=FIRST).order_by("pk")
    cuts = ((guide.pk, documents.cut_content(documents.build_guide(guide))) for guide in guides)
    return tuple(Source(pk, cut["words"], cut["parts"]) for pk, cut in cuts)


@lru_cache(maxsize=1)
def read_paragraphs() -> tuple[tuple[str, str], ...]:
    """(joined text, the parts of its compounds) of every line of every guide."""
    lines = [line for source in read_sources() for line in source.words["body"].split("\n") if line]
    return tuple((line, " ".join(documents.find_parts(line))) for line in lines)


def make_row(number: int) -> Document:
    choose = random.Random(number)
    source = source_of(number)
    how_many = min(max(1, round(choose.lognormvariate(math.log(MIDDLE), SPREAD))), MOST)
    body = choose.choices(read_paragraphs(), k=how_many)
    return Document(
        kind="guide",
        object_id=FIRST + number,
        is_public=True,
        words=source.words | {"body": "\n".join(text for text, _ in body)},
        parts=source.parts | {"body": " ".join(parts for _, parts in body if parts)},
        facets={
            "type": ["guide"],
            "stage": [choose.choice(STAGES)],
            "function": [choose.choice(FUNCTIONS)],
            "province": ["*"],
            "sector": ["*"],
        },
        sections=[],
        cutter=thai.VERSION,
        version=number + 1,
    )


def source_of(number: int) -> Source:
    return read_sources()[number % len(read_sources())]


def read_made(keys: list[str]) -> list[Document]:
    """As `sync.read_rows`, without a database."""
    return [make_row(int(key.partition(":")[2]) - FIRST) for key in keys]


def made_keys(number: int) -> Iterator[list[str]]:
    for start in range(0, number, COMMIT):
        yield [f"guide:{FIRST + at}" for at in range(start, min(start + COMMIT, number))]


def fill(engine: Engine, number: int) -> float:
    """Seconds that it took."""
    started = time.perf_counter()
    engine.rebuild(lambda: made_keys(number), read_made)
    return time.perf_counter() - started


@dataclass(frozen=True)
class Filled:
    """An index: where, how long it took, and the most memory of the process meanwhile in MB."""

    folder: Path
    seconds: float
    peak: float


@cache
def filled(number: int) -> Filled:
    folder = Path(tempfile.mkdtemp(prefix="msme-bench-index-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    read_paragraphs()
    forget_peak()
    return Filled(folder, fill(TantivyEngine(folder), number), read_peak())


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def read_peak() -> float:
    """The most memory that this process held since `forget_peak`, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def make_pages(numbers: Iterable[int]) -> None:
    """Documents as pages: each a copy of its guide with another number. The caller holds a transaction."""
    numbers = list(numbers)
    parent = GuideIndexPage.objects.get()
    sources = Page.objects.in_bulk([source.page_id for source in read_sources()])
    Page.objects.bulk_create((_copy_page(sources[source_of(number).page_id], parent, number) for number in numbers), batch_size=500)
    table, link = GuidePage._meta.db_table, GuidePage._meta.pk.column
    columns = [field.column for field in GuidePage._meta.local_concrete_fields if field.column not in (link, "code")]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({link}, code, {names}) SELECT %s, %s, {names} FROM {table} WHERE {link} = %s",
            [(FIRST + number, _code(number), source_of(number).page_id) for number in numbers],
        )


def _copy_page(source: Page, parent: Page, number: int) -> Page:
    return Page(
        pk=FIRST + number,
        title=source.title,
        draft_title=source.draft_title,
        slug=f"bench-{number}",
        path=f"{parent.path}{_in_base_36(number, 3, first='Q')}",
        depth=parent.depth + 1,
        content_type_id=source.content_type_id,
        locale_id=source.locale_id,
        url_path=f"{parent.url_path}bench-{number}/",
        live=True,
    )


def _code(number: int) -> str:
    return _in_base_36(number, 3, first="A")


def _in_base_36(number: int, width: int, *, first: str) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    found = ""
    for _ in range(width):
        number, rest = divmod(number, 36)
        found = digits[rest] + found
    return chr(ord(first) + number) + found
