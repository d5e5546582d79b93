"""What changed becomes due: index jobs, written in the transaction of the change.

The rows are the truth. The message to the worker after the commit is only a doorbell: when the broker is away, the
clock's sweep finds the rows.
"""

import logging
import time
from collections.abc import Iterable

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move

from kb.models import Agency, Fact, Programme
from search import documents
from search.models import Document, IndexJob, new_token

log = logging.getLogger(__name__)
ONE_BY_ONE = 5  # with more changes in one call, one message asks for a sweep
SILENCE_SECONDS = 10  # after the broker did not answer, nobody waits for it again for so long
_silent_until = 0.0


def mark_changed(kind: str, object_ids: Iterable[int]) -> None:
    """Writes one job per object, or raises the token of the one that is due, and rings after the commit."""
    ids = list(dict.fromkeys(object_ids))
    now = timezone.now()
    jobs = [IndexJob(kind=kind, object_id=object_id, due_at=now, token=new_token()) for object_id in ids]
    IndexJob.objects.bulk_create(
        jobs,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["kind", "object_id"],
        update_fields=["token", "due_at", "attempts", "last_error"],
    )
    if ids:
        transaction.on_commit(lambda: ring(kind, ids), robust=True)


def ring(kind: str, object_ids: list[int]) -> None:
    """Tells the worker. Never raises: a visitor's or an editor's work does not depend on the broker."""
    global _silent_until
    from search.tasks import sweep_index_jobs_task, sync_object_task

    if time.monotonic() < _silent_until:
        return
    try:
        if len(object_ids) > ONE_BY_ONE:
            sweep_index_jobs_task.delay()
        else:
            for object_id in object_ids:
                sync_object_task.delay(kind, object_id)
    except Exception as error:  # noqa: BLE001 (whatever a broker may raise; the row is written)
        _silent_until = time.monotonic() + SILENCE_SECONDS
        log.warning("the worker was not told of %s %s (%s); the sweep will find the job", kind, object_ids, type(error).__name__)


def note_saved(sender, instance, raw=False, **signal) -> None:
    """A page or another searched object was saved or deleted: published, unpublished, scheduled, edited as a draft."""
    if raw:
        return
    kind = documents.kind_of(instance)
    if kind and not (isinstance(instance, Page) and instance.depth == 1):
        mark_changed(kind, [instance.pk])


def note_published(sender, instance, **signal) -> None:
    note_saved(sender, instance.specific)


def note_moved(sender, instance, **signal) -> None:
    mark_tree_changed(instance)


def mark_tree_changed(page: Page) -> None:
    """A page and all below it: who may read them may have changed."""
    others = set(Page.objects.filter(path__startswith=page.path, depth__gt=1).values_list("pk", flat=True))
    for code, model in documents.page_kinds().items():
        below = set(model.objects.filter(path__startswith=page.path).values_list("pk", flat=True))
        mark_changed(code, below)
        others -= below
    mark_changed("page", others)


def note_restricted(sender, instance, raw=False, **signal) -> None:
    if not raw:
        page = Page.objects.filter(pk=instance.page_id).first()
        if page:
            mark_tree_changed(page)


def note_fact(sender, instance, raw=False, **signal) -> None:
    """A changed fact changes the words of every text that quotes it."""
    if not raw:
        mark_quoting(instance.code)


def note_agency(sender, instance, created=False, raw=False, **signal) -> None:
    if not raw and not created:
        mark_changed("programme", Programme.objects.filter(agency=instance).values_list("pk", flat=True))


def mark_quoting(code: str) -> None:
    """Everything whose document names the code in its `quotes`."""
    changed: dict[str, list[int]] = {}
    for kind, object_id in Document.objects.filter(quotes__contains=f" {code} ").values_list("kind", "object_id"):
        changed.setdefault(kind, []).append(object_id)
    for kind, object_ids in changed.items():
        mark_changed(kind, object_ids)


def connect() -> None:
    """Listens to Wagtail and Django; called once when the app is ready."""
    post_save.connect(note_saved, dispatch_uid="search-saved")
    post_delete.connect(note_saved, dispatch_uid="search-deleted")
    page_published.connect(note_published, dispatch_uid="search-published")
    page_unpublished.connect(note_published, dispatch_uid="search-unpublished")
    post_page_move.connect(note_moved, dispatch_uid="search-moved")
    for signal in (post_save, post_delete):
        signal.connect(note_restricted, sender=PageViewRestriction, dispatch_uid=f"search-restriction-{id(signal)}")
        signal.connect(note_fact, sender=Fact, dispatch_uid=f"search-fact-{id(signal)}")
    post_save.connect(note_agency, sender=Agency, dispatch_uid="search-agency")
