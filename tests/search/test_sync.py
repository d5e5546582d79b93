"""From a change to the index: nothing lost, nothing that may not be found, whatever fails in between.

Each test runs over the embedded engine alone and over a real Elasticsearch with the embedded engine beside it.
"""

import datetime as dt
import fcntl
import os
import shutil
import threading

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from kb.models import GuideIndexPage, GuidePage
from search import changes, documents, sync, thai
from search.engines import EngineAway, Plan, choice
from search.models import Document, IndexJob
from search.query import Reach, search
from tests.factories import AgencyFactory, FactFactory, GuideFactory, ProgrammeFactory
from tests.faults.engines import generation, generations, use_elasticsearch

pytestmark = pytest.mark.django_db
embedded_only = pytest.mark.parametrize("engine", ["embedded"], indirect=True)
remote_only = pytest.mark.parametrize("engine", [pytest.param("elasticsearch", marks=pytest.mark.needs("elasticsearch"))], indirect=True)


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.needs("elasticsearch"))], autouse=True)
def engine(request, settings, index_dir):
    """The engine that is asked."""
    if request.param == "embedded":
        settings.ELASTICSEARCH_URL = ""
        yield choice.embedded()
        return
    with use_elasticsearch(settings, request.getfixturevalue("elasticsearch_url")) as engine:
        yield engine


def found(text: str = "ปลากะพง") -> list[str]:
    return [item.object.slug if isinstance(item.object, GuidePage) else item.object.code for item in search(text).items]


@pytest.fixture
def page(sweep):
    page = GuideFactory(slug="fish", title="เลี้ยงปลากะพงขาย")
    sweep()
    assert found() == ["fish"]
    return page


def test_published_page_is_found(page):
    assert not IndexJob.objects.exists()


def test_changed_words_are_found_and_old_ones_are_not(page, sweep):
    page.title = "เลี้ยงกุ้งก้ามกรามขาย"
    page.save_revision().publish()
    sweep()
    assert (found("กุ้งก้ามกราม"), found("ปลากะพง")) == (["fish"], [])


def test_unpublished_page_is_gone(page, sweep):
    page.unpublish()
    sweep()
    assert (found(), choice.chosen_engine().describe().versions) == ([], {})


def test_unpublished_page_is_not_shown_even_before_the_worker_comes(page):
    page.unpublish()
    assert found() == []


def test_deleted_page_is_gone_and_leaves_no_row(page, sweep):
    page.delete()
    sweep()
    assert (found(), Document.objects.filter(kind="guide").count()) == ([], 0)


def test_restricted_page_is_gone_and_comes_back(page, sweep):
    restriction = PageViewRestriction.objects.create(page=page, restriction_type="login")
    assert found() == []  # the database's answer, before the worker
    sweep()
    assert choice.chosen_engine().describe().versions == {}
    restriction.delete()
    sweep()
    assert found() == ["fish"]


def test_restricted_parent_hides_all_below(page, sweep):
    PageViewRestriction.objects.create(page=GuideIndexPage.objects.get(), restriction_type="login")
    sweep()
    assert (found(), choice.chosen_engine().describe().versions) == ([], {})


def test_page_moved_below_a_restricted_page_is_gone(page, sweep):
    closed = Page.objects.get(depth=2).add_child(instance=Page(title="ปิด", slug="closed"))
    PageViewRestriction.objects.create(page=closed, restriction_type="login")
    sweep()
    page.refresh_from_db()
    page.move(closed, pos="last-child")
    assert found() == []
    sweep()
    assert choice.chosen_engine().describe().versions == {}


def test_page_past_its_expiry_is_not_shown_before_the_clock_unpublishes_it(sweep):
    GuideFactory(slug="fish", title="เลี้ยงปลากะพงขาย", expire_at=timezone.now() + dt.timedelta(hours=1))
    sweep()
    assert found() == ["fish"]
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2)):
        assert found() == []
        call_command("publish_scheduled", verbosity=0)
        sweep()
        assert choice.chosen_engine().describe().versions == {}


def test_draft_save_changes_nothing_for_the_public(page, sweep):
    page.title = "ชื่อใหม่ที่ยังไม่เผยแพร่"
    page.save_revision()
    sweep()
    assert (found(), found("เผยแพร่")) == (["fish"], [])


def test_programme_published_and_unpublished(sweep):
    programme = ProgrammeFactory(code="fish-fund", name="กองทุนปลากะพง", live=True)
    sweep()
    assert found() == ["fish-fund"]
    programme.unpublish()
    sweep()
    assert found() == []


def test_changed_fact_changes_what_quotes_it(sweep):
    fact = FactFactory(code="fee", value="50", unit="บาท")
    GuideFactory(slug="fish", short_answer="ค่าธรรมเนียม {fact:fee}")
    ProgrammeFactory(code="fund", offers="ร่วมจ่าย {fact:fee}", live=True)
    sweep()
    fact.value = "7777"
    fact.save()
    assert set(IndexJob.objects.values_list("kind", flat=True)) == {"guide", "programme"}
    sweep()
    assert set(found("7777")) == {"fish", "fund"}


def test_renamed_agency_changes_its_programmes(sweep):
    agency = AgencyFactory(name_th="กรมเดิม")
    ProgrammeFactory(code="fund", agency=agency, live=True)
    sweep()
    agency.name_th = "กรมปลากะพง"
    agency.save()
    sweep()
    assert found() == ["fund"]


def test_rolled_back_change_leaves_neither_job_nor_document(sweep):
    sweep()
    for _ in range(5):
        with transaction.atomic():
            GuideFactory(slug="phantom", title="ปลากะพง")
            transaction.set_rollback(True)
    assert not IndexJob.objects.filter(kind="guide").exists()
    sweep()
    assert (found(), Document.objects.filter(kind="guide").count()) == ([], 0)


def test_jobs_of_one_object_are_one_row_with_a_newer_token(db):
    page = GuideFactory()
    first = IndexJob.objects.get(kind="guide", object_id=page.pk)
    page.save()
    second = IndexJob.objects.get(kind="guide", object_id=page.pk)
    assert (second.pk, second.token > first.token) == (first.pk, True)


def test_change_during_the_work_leaves_the_job(page, monkeypatch):
    page.title = "ปลากะพงสอง"
    page.save()
    real = sync.write_document

    def change_meanwhile(kind, object_id):
        result = real(kind, object_id)
        changes.mark_changed("guide", [page.pk])
        return result

    monkeypatch.setattr(sync, "write_document", change_meanwhile)
    assert sync.sync_object("guide", page.pk) is True
    assert IndexJob.objects.filter(kind="guide", object_id=page.pk).count() == 1


@embedded_only
def test_marking_many_costs_one_insert(django_assert_num_queries):
    with django_assert_num_queries(1):
        changes.mark_changed("guide", range(1, 100))


def test_engine_never_takes_an_older_row(page, engine):
    row = Document.objects.get(kind="guide", object_id=page.pk)
    old = Document(**{field.attname: getattr(row, field.attname) for field in Document._meta.concrete_fields})
    old.version, old.words = row.version - 1, row.words | {"title": "เก่า"}
    for _ in range(20):
        engine.write([row.key], lambda keys: [old])
    assert engine.describe().versions == {row.key: row.version}
    assert found() == ["fish"]


def test_jobs_in_any_order_end_with_the_newest_words(page, sweep):
    for number in range(10):
        page.title = f"ปลากะพง {number}"
        page.save()
        sync.sync_object("guide", page.pk)
    sync.sync_object("guide", page.pk)  # an old message, delivered again
    assert Document.objects.get(kind="guide").words["title"].replace(thai.JOINER, "") == "ปลากะพง 9"
    assert choice.chosen_engine().search(Plan()).hits[0].texts["title"].replace(thai.JOINER, "") == "ปลากะพง 9"


def test_page_that_cannot_be_read_does_not_hold_up_others(sweep, monkeypatch):
    bad, good = GuideFactory(slug="bad", title="ปลากะพงเสีย"), GuideFactory(slug="good", title="ปลากะพงดี")
    kind = documents.kinds()["guide"]

    def build(page):
        if page.pk == bad.pk:
            raise ValueError("broken block")
        return documents.build_guide(page)

    monkeypatch.setitem(documents._kinds, "guide", documents.Kind(**{**vars(kind), "build": build}))
    sweep()
    assert found() == ["good"]
    job = IndexJob.objects.get(kind="guide")
    assert (job.object_id, job.attempts, job.last_error) == (bad.pk, 1, "ValueError: broken block")
    assert job.due_at > timezone.now()
    assert good.pk != bad.pk


@embedded_only
def test_waits_grow_and_a_new_change_ends_them(page):
    for _ in range(4):
        sync._put_off("guide", page.pk, "away")
    job = IndexJob.objects.get()
    assert dt.timedelta(seconds=75) < job.due_at - timezone.now() < dt.timedelta(seconds=85)
    page.save()
    job.refresh_from_db()
    assert (job.attempts, job.due_at <= timezone.now()) == (0, True)


@pytest.mark.parametrize("error", [OSError("no folder"), ConnectionError("refused"), RuntimeError("anything")])
def test_publish_succeeds_without_a_broker_and_the_sweep_mends(sweep, monkeypatch, error, django_capture_on_commit_callbacks):
    from search import tasks

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(tasks.sync_object_task, "delay", fail)
    monkeypatch.setattr(changes, "_silent_until", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        GuideFactory(slug="fish", title="ปลากะพง")
    sweep()
    assert found() == ["fish"]


@embedded_only
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.only_on("sqlite")
def test_publish_succeeds_when_the_broker_folder_is_a_file(settings, monkeypatch):
    """Nothing can be written into it, not even by root."""
    folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"]
    monkeypatch.setattr(changes, "_silent_until", 0.0)
    shutil.rmtree(folder)
    open(folder, "w").close()
    try:
        GuideFactory(slug="fish", title="ปลากะพง")
        assert IndexJob.objects.filter(kind="guide").count() == 1
    finally:
        os.unlink(folder)
        os.makedirs(folder)
    sync.sweep_jobs()
    assert found() == ["fish"]


# The index on disk


@embedded_only
def test_index_that_is_missing_is_rebuilt_without_an_operator(page, sweep, index_dir):
    shutil.rmtree(index_dir)
    assert search("ปลากะพง").reach == Reach.AWAY
    sweep()
    assert found() == ["fish"]


@embedded_only
@pytest.mark.parametrize("damage", ["truncate", "garbage", "remove one", "pointer"])
def test_damaged_index_is_rebuilt_without_an_operator(page, sweep, index_dir, engine, damage):
    generation = index_dir / "generations" / (index_dir / "current").read_text()
    files = [path for path in generation.iterdir() if path.suffix in (".store", ".idx", ".term", ".fast")]
    if damage == "truncate":
        for path in files:
            os.truncate(path, 3)
    elif damage == "garbage":
        (generation / "meta.json").write_text("{ nonsense")
    elif damage == "remove one":
        files[0].unlink()
    else:
        (index_dir / "current").write_text("")
    engine._open = None  # as a process that starts now
    assert search("ปลากะพง").reach == Reach.AWAY
    sweep()
    assert found() == ["fish"]


@embedded_only
def test_index_of_another_schema_is_rebuilt(page, sweep, index_dir, monkeypatch):
    from search.engines import tantivy_engine

    before = (index_dir / "current").read_text()
    monkeypatch.setattr(tantivy_engine, "SCHEMA", 99)
    sweep()
    after = (index_dir / "current").read_text()
    assert (after != before, after.startswith("99-"), found()) == (True, True, ["fish"])


@embedded_only
def test_report_of_damage_alone_rebuilds_nothing(page, sweep, index_dir, engine):
    name = (index_dir / "current").read_text()
    engine._report_damage()
    sweep()
    assert ((index_dir / "current").read_text(), (index_dir / "damaged").exists()) == (name, False)


@embedded_only
def test_locked_index_keeps_answering_and_the_job_waits(page, sweep, index_dir, monkeypatch):
    from search.engines import tantivy_engine

    monkeypatch.setattr(tantivy_engine, "LOCK_SECONDS", 0.05)
    page.title = "กุ้งก้ามกราม"
    page.save()
    with open(index_dir / "write.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert sync.sync_object("guide", page.pk) is False
        assert search("ปลากะพง").reach == Reach.WORDS
    job = IndexJob.objects.get()
    assert (job.attempts, "write.lock" in job.last_error) == (1, True)
    IndexJob.objects.update(due_at=timezone.now())
    sweep()
    assert found("กุ้งก้ามกราม") == ["fish"]


def test_rebuild_switches_and_leaves_one_generation(page, engine, index_dir):
    before = generation(engine)
    sync.rebuild_index()
    after = generation(engine)
    assert before != after
    assert generations(engine) == [after]
    assert not (index_dir / "building").exists()
    assert found() == ["fish"]


@embedded_only
def test_second_rebuild_is_refused(page, engine, index_dir):
    with open(index_dir / "rebuild.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(EngineAway):
            sync.rebuild_index()
    assert found() == ["fish"]


def test_rebuild_that_died_is_cleared_by_the_next(page, engine):
    def die():
        yield []
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.rebuild(die, sync.read_rows)
    assert len(generations(engine)) == 2
    assert found() == ["fish"]
    sync.rebuild_index()
    assert len(generations(engine)) == 1
    assert found() == ["fish"]


def test_changes_during_a_rebuild_are_in_the_new_generation(page, engine):
    late = GuideFactory(slug="late", title="ปลากะพงมาทีหลัง")
    gone = GuideFactory(slug="gone", title="ปลากะพงที่หายไป")
    sync.sweep_jobs()

    def batches_with_changes():
        keys = [key for batch in sync.public_keys() for key in batch]
        yield keys[:1]
        GuideFactory(slug="new", title="ปลากะพงเกิดใหม่")
        GuidePage.objects.get(pk=gone.pk).unpublish()
        changed = GuidePage.objects.get(pk=late.pk)
        changed.title = "ปลากะพงแก้แล้ว"
        changed.save()
        sync.sweep_jobs()
        yield keys[1:]

    calls = iter([batches_with_changes])
    engine.rebuild(lambda: next(calls, sync.public_keys)(), sync.read_rows)
    assert sorted(found()) == ["fish", "late", "new"]
    rows = {row.key: row.version for row in Document.objects.public()}
    assert engine.describe().versions == rows


def test_readers_and_writers_at_once_never_fail(page, engine):
    """Searching while others commit and switch generations: an answer each time."""
    errors, stop = [], threading.Event()
    row = Document.objects.get(kind="guide")

    def read():
        while not stop.is_set():
            try:
                assert engine.search(Plan()).total == 1
            except BaseException as error:  # noqa: BLE001 (reported below)
                errors.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(15):
        if number % 5 == 4:
            engine.rebuild(lambda: [[row.key]], lambda keys: [row])
        else:
            row.version += 1
            engine.write([row.key], lambda keys: [row])
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []


# Comparing everything


def test_reconcile_names_and_repairs_exactly_what_drifted(sweep, engine):
    pages = [GuideFactory(title=f"ปลากะพง {number}") for number in range(12)]
    sync.reconcile()
    hidden, missing, stale = pages[:3], pages[3:6], pages[6:9]
    GuidePage.objects.filter(pk__in=[page.pk for page in hidden]).update(live=False)  # past all signals
    engine.write([f"guide:{page.pk}" for page in missing], lambda keys: [])
    GuidePage.objects.filter(pk__in=[page.pk for page in stale]).update(title="กุ้งก้ามกราม")
    Document.objects.create(
        kind="guide", object_id=999_999, is_public=True, words={"title": "ผี", "summary": "", "keywords": "", "body": ""},
        facets={}, cutter="x", content_hash="x", version=1,
    )  # fmt: skip
    drift = sync.reconcile()

    def keys(pages):
        return {f"guide:{page.pk}" for page in pages}

    assert drift.exposed == keys(hidden) | {"guide:999999"}
    assert drift.rewritten == keys(stale)
    assert drift.index == keys(missing)
    assert (drift.removed, bool(sync.reconcile())) == (set(), False)
    assert len(search("ปลากะพง").items) == 6
    assert search("กุ้งก้ามกราม").total == 3
    assert engine.describe().versions == {row.key: row.version for row in Document.objects.public()}


def test_reconcile_hides_before_it_does_anything_else(page, monkeypatch):
    GuidePage.objects.filter(pk=page.pk).update(live=False)
    monkeypatch.setattr(sync, "_level_kind", lambda *args: pytest.fail("too early") if choice.chosen_engine().describe().versions else None)
    sync.reconcile()


def test_reconcile_finds_what_never_had_a_row(sweep):
    GuideFactory(slug="fish", title="ปลากะพง")
    IndexJob.objects.all().delete()  # the job was lost
    sync.reconcile()
    assert found() == ["fish"]


def test_rebuild_index_command_is_quick_and_silent_of_changes_the_second_time(page, capsys, monkeypatch):
    call_command("rebuild_index")
    monkeypatch.setattr(documents, "cut_content", lambda content: pytest.fail("cut again"))
    call_command("rebuild_index")
    assert f"เปลี่ยน 0 / index ready: {Document.objects.public().count()}, changed 0" in capsys.readouterr().out


def test_rebuild_index_command_builds_everything_from_nothing(db, capsys):
    GuideFactory(slug="fish", title="ปลากะพง")
    IndexJob.objects.all().delete()
    call_command("rebuild_index", "--full")
    assert found() == ["fish"]


def test_new_word_list_cuts_and_fills_anew(page, engine, monkeypatch):
    before = generation(engine)
    monkeypatch.setattr(thai, "VERSION", "newmm-6/1/0")
    sync.reconcile()
    assert Document.objects.exclude(cutter="newmm-6/1/0").count() == 0
    assert (generation(engine) != before, engine.cutter()) == (True, "newmm-6/1/0")
    assert found() == ["fish"]


# An engine that is away


@pytest.fixture
def away(settings, monkeypatch):
    """Elasticsearch cannot be reached; calling it brings it back."""
    monkeypatch.setattr(choice, "PAUSE_SECONDS", 0.05)
    address, prefix = settings.ELASTICSEARCH_URL, settings.ELASTICSEARCH_PREFIX

    def stop():
        settings.ELASTICSEARCH_URL = "http://127.0.0.1:1"
        return lambda: setattr(settings, "ELASTICSEARCH_URL", address)

    assert prefix.startswith("msme-test-")
    return stop


@remote_only
def test_jobs_wait_the_same_time_for_an_engine_that_is_away(page, sweep, away, engine):
    come_back = away()
    page.title = "กุ้งก้ามกราม"
    page.save()
    waits = []
    for _ in range(3):
        assert sync.sync_object("guide", page.pk) is False
        job = IndexJob.objects.get()
        waits.append(round((job.due_at - timezone.now()).total_seconds()))
        assert (job.attempts, job.last_error[:24]) == (1, "waits for elasticsearch:")
    assert waits == [10, 10, 10]
    assert (found("กุ้งก้ามกราม"), search("กุ้งก้ามกราม").is_fallback) == (["fish"], True)
    come_back()
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=11)):
        assert sweep() == 1
    assert not IndexJob.objects.exists()
    assert engine.search(Plan()).hits[0].texts["title"].replace(thai.JOINER, "") == "กุ้งก้ามกราม"


@remote_only
def test_change_while_an_engine_is_away_is_not_held_back_from_the_other(page, sweep, away):
    away()
    page.title = "กุ้งก้ามกราม"
    page.save()
    sweep()
    page.title = "ปูม้า"
    page.save()
    assert IndexJob.objects.due().count() == 1
    sweep()
    assert found("ปูม้า") == ["fish"]


@remote_only
def test_more_jobs_than_a_page_drain_in_one_sweep_after_an_outage(sweep, away, monkeypatch, engine):
    monkeypatch.setattr(sync, "PAGE", 3)
    sweep()
    come_back = away()
    for number in range(10):
        GuideFactory(title=f"ปลากะพง {number}")
    sweep()
    assert IndexJob.objects.filter(last_error__startswith=sync.WAITS, kind="guide").count() == 10
    come_back()
    IndexJob.objects.update(due_at=timezone.now())
    sweep()
    assert not IndexJob.objects.exists()
    assert engine.describe().versions == {row.key: row.version for row in Document.objects.public()}


@remote_only
def test_reconcile_without_elasticsearch_levels_the_other_and_leaves_jobs(page, sweep, away, engine):
    sync.reconcile()
    come_back = away()
    GuidePage.objects.filter(pk=page.pk).update(title="กุ้งก้ามกราม")  # past all signals
    drift = sync.reconcile()
    assert (drift.rewritten, set(drift.away)) == ({f"guide:{page.pk}"}, {"elasticsearch"})
    assert found("กุ้งก้ามกราม") == ["fish"]
    come_back()
    IndexJob.objects.update(due_at=timezone.now())
    sweep()
    assert engine.describe().versions == {row.key: row.version for row in Document.objects.public()}


@remote_only
def test_rebuild_index_command_says_what_is_away_and_succeeds(page, away, capsys):
    away()
    call_command("rebuild_index")
    assert "elasticsearch" in capsys.readouterr().out


def test_rebuild_index_command_fails_when_no_engine_can_be_written(page, monkeypatch):
    def fail(*args, **options):
        raise EngineAway("nowhere")

    for engine in choice.all_engines():
        monkeypatch.setattr(type(engine), "is_healthy", lambda self: False)
        monkeypatch.setattr(type(engine), "rebuild", fail)
    with pytest.raises(CommandError, match="nowhere"):
        call_command("rebuild_index")


@remote_only
def test_empty_elasticsearch_is_filled_by_the_next_sweep(page, sweep, engine):
    engine.destroy()
    assert search("ปลากะพง").is_fallback
    sweep()
    assert (found(), search("ปลากะพง").is_fallback) == (["fish"], False)


@remote_only
def test_document_that_elasticsearch_refuses_backs_off_alone(page, sweep, engine, monkeypatch):
    from search.engines import elasticsearch_engine

    real = elasticsearch_engine.make_document
    bad = GuideFactory(slug="bad", title="ปลากะพงเสีย")

    def make(row):
        return real(row) | ({"unknown": 1} if row.object_id == bad.pk else {})

    monkeypatch.setattr(elasticsearch_engine, "make_document", make)
    GuideFactory(slug="good", title="ปลากะพงดี")
    sweep()
    job = IndexJob.objects.get()
    assert (job.object_id, job.attempts, job.last_error.startswith(sync.WAITS)) == (bad.pk, 1, False)
    assert set(found()) == {"fish", "good"}
