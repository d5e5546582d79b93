"""R10: the search engine is away, hangs or talks nonsense while people search and editors publish."""

import fcntl
import os
import shutil
import time

import pytest
from django.utils import timezone

from kb.models import GuidePage
from search import sync
from search.engines import choice
from search.models import Document, IndexJob
from tests.factories import GuideFactory
from tests.faults.proxy import MODES, wait_until

pytestmark = pytest.mark.django_db
ASKED = "/search/?q=ปลากะพง"
FALLBACK_SECONDS = 0.3


def ask(client):
    started = time.perf_counter()
    response = client.get(ASKED)
    assert response.status_code == 200
    return response.context["results"], time.perf_counter() - started


def publish(pages) -> None:
    for page in pages:
        page.title += " ฉบับแก้"
        page.save_revision().publish()


def level(engine) -> bool:
    return engine.describe().versions == {row.key: row.version for row in Document.objects.public().only("kind", "object_id", "version")}


def make_due() -> None:
    """The ten seconds of a waiting job have passed."""
    IndexJob.objects.update(due_at=timezone.now())


@pytest.mark.needs("elasticsearch")
@pytest.mark.parametrize("mode", MODES)
def test_R10_elasticsearch_fails_while_people_search_and_publish(proxy, client, sweep, monkeypatch, mode):
    monkeypatch.setattr(choice, "PAUSE_SECONDS", 0.5)
    pages = [GuideFactory(title=f"เลี้ยงปลากะพง {number}") for number in range(8)]
    sweep()
    sync.reconcile()
    results, _ = ask(client)
    assert results.total == 8
    assert wait_until(lambda: not ask(client)[0].is_fallback)  # a busy machine may miss the first second
    publish(pages)
    sweep()
    ask(client)

    proxy.set_mode(mode)
    for _ in range(choice.MOST_FAILURES):
        results, _ = ask(client)
        assert results.total == 8
    answers = [ask(client) for _ in range(20)]
    assert {results.total for results, _ in answers} == {8}
    assert {results.is_fallback for results, _ in answers} == {mode != "partial"}
    assert sorted(seconds for _, seconds in answers)[18] <= FALLBACK_SECONDS

    asked_before = len(proxy.requests)
    publish([GuidePage.objects.get(pk=page.pk) for page in pages])
    assert len(proxy.requests) - asked_before <= 2  # at most a trial that a search began; publishing asks nothing, so waits for nothing
    hidden = GuidePage.objects.get(pk=pages[0].pk)
    hidden.unpublish()
    GuideFactory(title="ปลากะพงระหว่างที่เสีย")
    choice.breaker().succeed()  # the worker is another process, which does not know yet
    sweep()
    waiting = IndexJob.objects.filter(last_error__startswith=f"{sync.WAITS}elasticsearch")
    assert waiting.count() == IndexJob.objects.count() >= 9
    assert level(choice.embedded())
    results, _ = ask(client)
    assert hidden.pk not in {item.object.pk for item in results.items}
    assert mode == "partial" or results.total == 8

    proxy.set_mode("pass")
    make_due()
    sweep()
    assert IndexJob.objects.count() == 0
    assert level(choice.remote())
    assert not sync.reconcile()
    assert wait_until(lambda: not ask(client)[0].is_fallback)
    assert ask(client)[0].total == 8


@pytest.mark.needs("elasticsearch")
def test_R10_negative_control_without_a_breaker_every_search_waits(proxy, client, sweep, monkeypatch):
    monkeypatch.setattr(choice.Breaker, "fail", lambda self, seconds=0.0: None)
    GuideFactory(title="เลี้ยงปลากะพง")
    sweep()
    proxy.set_mode("hang")
    assert min(ask(client)[1] for _ in range(3)) > FALLBACK_SECONDS


@pytest.mark.needs("elasticsearch")
def test_R10_breaker_closes_by_a_trial_beside_the_requests(proxy, client, sweep, monkeypatch):
    monkeypatch.setattr(choice, "PAUSE_SECONDS", 0.2)
    GuideFactory(title="เลี้ยงปลากะพง")
    sweep()
    proxy.set_mode("hang")
    ask(client)
    assert choice.breaker().is_open
    time.sleep(0.25)
    assert ask(client)[1] <= FALLBACK_SECONDS  # began a trial, which hangs, and did not wait for it
    proxy.set_mode("pass")
    assert wait_until(lambda: ask(client)[0].is_fallback is False)


@pytest.mark.needs("elasticsearch")
def test_R10_elasticsearch_emptied_while_away_is_filled_by_the_sweep(proxy, client, sweep):
    GuideFactory(title="เลี้ยงปลากะพง")
    sweep()
    choice.remote().destroy()
    assert ask(client)[0].is_fallback
    sweep()
    assert level(choice.remote())
    assert (ask(client)[0].total, ask(client)[0].is_fallback) == (1, False)


@pytest.mark.needs("elasticsearch")
def test_R10_waiting_jobs_are_not_worked_on_again_and_again(proxy, sweep, monkeypatch):
    GuideFactory(title="เลี้ยงปลากะพง")
    sweep()
    proxy.set_mode("refuse")
    GuideFactory(title="ปลากะพงสอง")
    sweep()
    make_due()
    monkeypatch.setattr(sync, "write_document", lambda *args: pytest.fail("built again"))
    sweep()
    waits = [job.due_at - timezone.now() for job in IndexJob.objects.all()]
    assert len(waits) == 1
    assert waits[0].total_seconds() <= 0  # still due: the first sweep that finds the server takes it


# The embedded engine


@pytest.mark.parametrize("damage", ["removed", "truncated", "locked"])
def test_R10_embedded_index_fails_while_people_search_and_publish(client, sweep, index_dir, monkeypatch, damage):
    from search.engines import tantivy_engine

    monkeypatch.setattr(tantivy_engine, "LOCK_SECONDS", 0.05)
    pages = [GuideFactory(title=f"เลี้ยงปลากะพง {number}") for number in range(5)]
    sweep()
    sync.reconcile()
    publish(pages)
    sweep()
    with open(index_dir / "write.lock", "a") as lock:
        if damage == "removed":
            shutil.rmtree(index_dir)
        elif damage == "truncated":
            for path in (index_dir / "generations" / choice.embedded()._name()).glob("*.store"):
                os.truncate(path, 3)
            choice.embedded()._open = None
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        results, seconds = ask(client)
        assert (results.reach == "away", seconds <= FALLBACK_SECONDS) == (damage != "locked", True)
        publish([GuidePage.objects.get(pk=page.pk) for page in pages])
        assert IndexJob.objects.count() == 5  # publishing wrote its rows and left the index alone, so it waits for nothing
        if damage == "locked":
            sweep()
            assert IndexJob.objects.count() == 5
    make_due()
    sweep()
    assert (IndexJob.objects.count(), level(choice.embedded())) == (0, True)
    assert not sync.reconcile()
    assert ask(client)[0].total == 5
