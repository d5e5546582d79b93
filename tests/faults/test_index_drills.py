"""R11–R17 and R36: what is in the index is what the database says, whatever happened in which order.

Each drill runs over the embedded engine and over a real Elasticsearch. More of the same stands in tests/search/test_sync.py.
"""

import contextlib
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from kb.models import GuidePage
from search import documents, sync, thai
from search.engines import EngineAway, Plan, choice
from search.engines.elasticsearch_engine import ElasticsearchEngine
from search.models import Document, IndexJob
from search.query import search
from tests.factories import GuideFactory, ProgrammeFactory
from tests.faults.engines import generations
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.django_db


def rows() -> dict[str, int]:
    return {row.key: row.version for row in Document.objects.public().only("kind", "object_id", "version")}


def is_level(*engines) -> bool:
    return all(engine.describe().versions == rows() for engine in engines or choice.all_engines())


def slugs(text: str = "ปลากะพง") -> set[str]:
    return {item.object.slug for item in search(text).items}


def make_guides(number: int) -> list[GuidePage]:
    pages = [GuideFactory(slug=f"fish-{at}", title=f"เลี้ยงปลากะพง {at}") for at in range(number)]
    sync.sweep_jobs()
    sync.reconcile()
    return pages


def test_R11_rolled_back_saves_leave_no_phantom(engine, sweep):
    make_guides(1)
    before = rows()
    page = GuidePage.objects.get()
    for number in range(25):
        with transaction.atomic():
            GuideFactory(slug=f"phantom-{number}", title="ปลากะพงผี")
            ProgrammeFactory(code=f"phantom-{number}", name="ปลากะพงผี", live=True)
            page.title = "ปลากะพงผี"
            page.save_revision().publish()
            page.get_parent().add_child(instance=Page(title="ปลากะพงผี", slug=f"other-{number}"))
            transaction.set_rollback(True)
        page = GuidePage.objects.get()
    assert IndexJob.objects.count() == 0
    sweep()
    assert (rows() == before, is_level(), slugs()) == (True, True, {"fish-0"})


def test_R12_rebuild_under_edits_deletes_unpublishes_and_moves(engine, sweep, monkeypatch):
    """Edits come between the batches, a sampler looks all the time at what the engine would show."""
    monkeypatch.setattr(sync, "COMMIT", 16)
    pages = make_guides(70)
    closed = Page.objects.get(depth=2).add_child(instance=Page(title="ปิด", slug="closed"))
    PageViewRestriction.objects.create(page=closed, restriction_type="login")
    sweep()
    hidden: set[str] = set()
    stop, wrong, sizes = threading.Event(), [], []

    def look():
        while not stop.is_set():
            gone = set(hidden)
            least = 0.99 * (len(expected) - 4)  # four change at a time
            hits = [hit.key for hit in engine.search(Plan(limit=500)).hits]
            sizes.append(len(hits))
            if len(hits) != len(set(hits)) or len(hits) < least or gone & set(hits):
                wrong.append((len(hits), len(set(hits)), least, gone & set(hits)))

    expected = rows()
    dice = random.Random(12)
    order = dice.sample(range(70), 40)

    def batches():
        nonlocal expected
        for keys in sync.public_keys():
            for _ in range(2):
                with contextlib.suppress(IndexError):
                    edited, deleted, unpublished, moved = (GuidePage.objects.get(pk=pages[order.pop()].pk) for _ in range(4))
                    expected = dict.fromkeys(rows(), 0)
                    edited.title += " แก้แล้ว"
                    edited.save()
                    deleted.delete()
                    unpublished.unpublish()
                    moved.move(closed, pos="last-child")
                    gone = {f"guide:{pages_pk}" for pages_pk in (deleted_pk(deleted), unpublished.pk, moved.pk)}
                    expected = {key: 0 for key in expected if key not in gone}
                    sweep()
                    hidden.update(gone)
            yield keys  # some of them were deleted or hidden a moment ago

    sampler = threading.Thread(target=look)
    sampler.start()
    calls = iter([batches])
    try:
        engine.rebuild(lambda: next(calls, sync.public_keys)(), sync.read_rows)
        time.sleep(0.2)
    finally:
        stop.set()
        sampler.join()
    assert (wrong, len(sizes) > 20, len(hidden) >= 30) == ([], True, True)
    assert is_level()
    assert len(generations(engine)) == 1
    assert not sync.reconcile()


def deleted_pk(page: GuidePage) -> int:
    """A deleted object has lost its number; Wagtail keeps that of the page's own columns."""
    return page.pk or page.page_ptr_id


REBUILDS = """
import os, sys
import django
django.setup()
from search import sync
sync.COMMIT = 12
for line in sys.stdin:  # each line is answered by a process that rebuilds, and by its number
    child = os.fork()
    if not child:
        sync.rebuild_index()
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def database_url() -> str:
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{parts['NAME']}"
    return f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_R13_rebuild_killed_at_random_points_leaves_the_old_index_and_no_orphan(engine, settings):
    make_guides(40)
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "SEARCH_INDEX_DIR": str(settings.SEARCH_INDEX_DIR),
        "ELASTICSEARCH_URL": settings.ELASTICSEARCH_URL,
        "ELASTICSEARCH_PREFIX": getattr(settings, "ELASTICSEARCH_PREFIX", ""),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    dice = random.Random(13)
    process = subprocess.Popen(
        [sys.executable, "-c", REBUILDS], env=environment, cwd=django_settings.BASE_DIR, text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def start() -> int:
        process.stdin.write("again\n")
        return int(process.stdout.readline())

    try:
        start()
        started = time.monotonic()
        assert process.stdout.readline() == "0\n"  # one that is left alone ends well
        usual = time.monotonic() - started
        ends = []
        for _ in range(6):
            child = start()
            time.sleep(dice.uniform(0.02, 0.9 * usual))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            ends.append(process.stdout.readline())
            assert engine.search(Plan()).total == len(rows())
            assert is_level()
        assert ends.count("-9\n") >= 3
    finally:
        process.kill()
        process.communicate()
    sync.rebuild_index()
    for each in choice.all_engines():
        assert len(generations(each)) == 1
    assert is_level()


def test_R14_second_rebuild_is_refused_and_the_first_is_whole(engine):
    make_guides(10)
    refused = []

    def batches():
        try:
            engine.rebuild(sync.public_keys, sync.read_rows)
        except EngineAway as error:
            refused.append(str(error))
        yield from sync.public_keys()

    calls = iter([batches])
    engine.rebuild(lambda: next(calls, sync.public_keys)(), sync.read_rows)
    assert (len(refused), len(generations(engine)), is_level()) == (1, 1, True)


def take_away(page: GuidePage, how: str) -> contextlib.AbstractContextManager:
    if how == "unpublish":
        page.unpublish()
    elif how == "restrict":
        PageViewRestriction.objects.create(page=page, restriction_type="login")
    elif how == "restrict above":
        PageViewRestriction.objects.create(page=page.get_parent(), restriction_type="login")
    elif how == "delete":
        page.delete()
    else:
        GuidePage.objects.filter(pk=page.pk).update(expire_at=timezone.now() + dt.timedelta(hours=1))
        return time_machine.travel(timezone.now() + dt.timedelta(hours=2))
    return contextlib.nullcontext()


@pytest.mark.parametrize("how", ["unpublish", "restrict", "restrict above", "delete", "expire"])
def test_R15_what_is_taken_away_is_gone_at_once(engine, sweep, how):
    page, _ = make_guides(2)
    assert slugs() == {"fish-0", "fish-1"}
    with take_away(page, how):
        assert "fish-0" not in slugs()  # the database says so before the worker comes
        if how == "expire":
            GuidePage.objects.get(pk=page.pk).unpublish()  # as the clock does each minute
        sweep()
        assert f"guide:{page.pk}" not in engine.describe().versions
        assert is_level()


@pytest.mark.needs("elasticsearch")
@pytest.mark.parametrize("how", ["unpublish", "restrict", "delete", "expire"])
def test_R15_what_is_taken_away_is_gone_at_once_with_the_engine_down(proxy: Proxy, sweep, how):
    page, _ = make_guides(2)
    proxy.set_mode("refuse")
    with take_away(page, how):
        assert slugs() == {"fish-1"}
        sweep()
        assert slugs() == {"fish-1"}
        proxy.set_mode("pass")
        assert f"guide:{page.pk}" in choice.remote().describe().versions  # it was away, and still has it
        assert slugs() == {"fish-1"}


def test_R16_jobs_out_of_order_end_with_the_newest(engine, sweep):
    (page,) = make_guides(1)
    old: list[Document] = []
    for number in range(25):
        page.title = f"ปลากะพง รุ่น {number}"
        page.save()
        sync.sync_object("guide", page.pk)
        old.append(Document.objects.get(kind="guide", object_id=page.pk))
    dice = random.Random(16)
    for _ in range(30):
        row = dice.choice(old)
        for each in choice.all_engines():
            each.write([row.key], lambda keys, row=row: [row])  # read long ago, written now
    assert is_level()
    assert "24" in engine.search(Plan(limit=500, filters={"type": ("guide",)})).hits[0].texts["title"]


def test_R17_injected_drift_is_named_exactly_and_the_exposed_goes_first(engine, monkeypatch):
    pages = make_guides(45)
    missing, stale, exposed = pages[:20], pages[20:40], pages[40:]
    engine.write([f"guide:{page.pk}" for page in missing], lambda keys: [])
    for page in stale:
        row = Document.objects.get(kind="guide", object_id=page.pk)
        Document.objects.filter(pk=row.pk).update(version=documents.new_version(row.version))
    GuidePage.objects.filter(pk__in=[page.pk for page in exposed]).update(live=False)  # past all signals
    hidden = {f"guide:{page.pk}" for page in exposed}
    real = sync._level_kind

    def look(*args):
        for each in choice.all_engines():
            assert not hidden & each.describe().versions.keys(), "something else was repaired first"
        return real(*args)

    monkeypatch.setattr(sync, "_level_kind", look)
    drift = sync.reconcile()
    assert drift.exposed == hidden
    assert drift.index == {f"guide:{page.pk}" for page in missing + stale}
    assert (drift.removed, drift.rewritten) == (set(), set())
    assert is_level()
    assert not sync.reconcile()


def test_R17_index_ahead_of_a_restored_database_is_rebuilt(engine):
    pages = make_guides(6)
    Document.objects.filter(object_id__in=[page.pk for page in pages[:3]], kind="guide").update(version=5)
    PageViewRestriction.objects.create(page=pages[4], restriction_type="login")
    sync.sweep_jobs()
    sync.reconcile()
    assert is_level()
    assert not sync.reconcile()


def test_R17_negative_control_drift_stays_without_the_comparison(engine, monkeypatch):
    pages = make_guides(3)
    engine.write([f"guide:{pages[0].pk}"], lambda keys: [])
    monkeypatch.setattr(sync, "_level_index", lambda *args: None)
    sync.reconcile()
    assert not is_level(engine)


NEW_WORDS = [f"กุ้งปลา{first}{second}" for first in ("แดง", "ดำ", "ขาว", "ทอง", "ม่วง") for second in range(40)]


@pytest.fixture
def word_list(tmp_path, monkeypatch):
    """Changes our own words as an update of the program would, and back."""
    own = thai.WORDS_FILE
    caches = [thing for thing in vars(thai).values() if hasattr(thing, "cache_clear")]

    def use(words: list[str]) -> None:
        file = tmp_path / f"words-{len(words)}.txt"
        file.write_text("\n".join([own.read_text(encoding="utf-8"), *words, ""]) if words else own.read_text(encoding="utf-8"))
        monkeypatch.setattr(thai, "WORDS_FILE", file)
        for cached in caches:
            cached.cache_clear()
        monkeypatch.setattr(thai, "VERSION", thai._make_version())

    yield use
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()


def test_R36_dictionary_update_reindexes_without_downtime_and_rolls_back(engine, word_list):
    make_guides(30)
    GuideFactory(slug="new", title="ขายกุ้งปลาแดง1ทางออนไลน์")
    sync.sweep_jobs()
    version, before = thai.VERSION, engine.cutter()
    assert before == version
    totals, stop = set(), threading.Event()

    def look():
        while not stop.is_set():
            totals.add(engine.search(Plan()).total)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        word_list(NEW_WORDS)
        assert version != thai.VERSION
        assert engine.cutter() == version  # old results until the switch
        assert len(slugs()) == 10
        sync.reconcile()
        assert (engine.cutter(), is_level(), len(slugs())) == (thai.VERSION, True, 10)
        assert set(Document.objects.values_list("cutter", flat=True)) == {thai.VERSION}
        word_list([])
        assert version == thai.VERSION
        sync.reconcile()
    finally:
        stop.set()
        reader.join()
    assert (engine.cutter(), is_level(), len(slugs())) == (version, True, 10)
    assert totals == {len(rows())}
    assert len(generations(engine)) == 1
    assert isinstance(engine, ElasticsearchEngine) or len(choice.all_engines()) == 1
