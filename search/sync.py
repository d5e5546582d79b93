"""Brings rows and index level with the database: one object, what is due, or everything.

Everything here may be done again at any time. The row is written from the object as it is now, the index from the
row as it is now, so it does not matter in which order jobs arrive.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from search import thai
from search.documents import Kind, kinds, write_document, write_documents
from search.engines import EngineAway
from search.engines.choice import chosen_engine
from search.models import Document, IndexJob

log = logging.getLogger(__name__)
FIRST_WAIT = dt.timedelta(seconds=10)
LONGEST_WAIT = dt.timedelta(hours=1)
PAGE = 200
COMMIT = 1_000  # documents of a rebuild in one commit: fewer commits, fewer merges


def split_key(key: str) -> tuple[str, int]:
    kind, object_id = key.split(":")
    return kind, int(object_id)


def read_rows(keys: Iterable[str]) -> list[Document]:
    """The rows that the public engine should hold for these keys."""
    by_kind: dict[str, list[int]] = {}
    for kind, object_id in map(split_key, keys):
        by_kind.setdefault(kind, []).append(object_id)
    return [row for kind, ids in by_kind.items() for row in Document.objects.public().filter(kind=kind, object_id__in=ids)]


def sync_object(kind: str, object_id: int) -> bool:
    """Brings one object's row and index entry level; False when that has to be tried again, which the job then says."""
    return sync_objects([(kind, object_id)]) == 1


def sync_objects(wanted: Iterable[tuple[str, int]]) -> int:
    """The same for many, with one write to the engine; gives the number of objects that are level now."""
    tokens: dict[tuple[str, int], int | None] = {}
    for kind, object_id in wanted:
        tokens |= _write_one(kind, object_id)
    if not tokens:
        return 0
    try:
        chosen_engine().write([f"{kind}:{object_id}" for kind, object_id in tokens], read_rows)
    except EngineAway as error:
        if not mend_index():  # a rebuilt index is level with the rows
            log.warning("the index cannot be written (%s); %d jobs stay due", error, len(tokens))
            for kind, object_id in tokens:
                _put_off(kind, object_id, str(error))
            return 0
    for (kind, object_id), token in tokens.items():
        IndexJob.objects.filter(kind=kind, object_id=object_id, token=token).delete()
    return len(tokens)


def _write_one(kind: str, object_id: int) -> dict[tuple[str, int], int | None]:
    """The row of one object; {(kind, id): token of the job it answers}, or nothing when it failed."""
    try:
        with transaction.atomic():
            job = _lock_job(kind, object_id)
            token = job.token if job else None
            write_document(kinds()[kind], object_id)
    except Exception as error:  # noqa: BLE001 (one page that cannot be read must not hold up the others)
        log.exception("the search document of %s %s could not be made", kind, object_id)
        _put_off(kind, object_id, f"{type(error).__name__}: {error}")
        return {}
    return {(kind, object_id): token}


def _lock_job(kind: str, object_id: int) -> IndexJob | None:
    """The job, held so that two workers never build the same object at once (SQLite has one writer anyway)."""
    jobs = IndexJob.objects.filter(kind=kind, object_id=object_id)
    return (jobs.select_for_update() if connection.features.has_select_for_update else jobs).first()


def _put_off(kind: str, object_id: int, error: str) -> None:
    """The job stays, later each time; a change meanwhile makes it due again at once."""
    job = IndexJob.objects.get_or_create(kind=kind, object_id=object_id)[0]
    wait = min(FIRST_WAIT * 2 ** min(job.attempts, 12), LONGEST_WAIT)
    IndexJob.objects.filter(pk=job.pk, token=job.token).update(
        attempts=job.attempts + 1, due_at=timezone.now() + wait, last_error=error[:500]
    )


def sweep_jobs() -> int:
    """Works off what is due, first mending an index that cannot be searched; gives the number of objects done."""
    mend_index()
    done = 0
    while True:
        due = list(IndexJob.objects.due().order_by("due_at").values_list("kind", "object_id")[:PAGE])
        unknown = [pair for pair in due if pair[0] not in kinds()]
        for kind, object_id in unknown:  # a kind that was taken away: nothing can be built, nothing may be found
            Document.objects.filter(kind=kind, object_id=object_id).delete()
        level = sync_objects(pair for pair in due if pair not in unknown)
        for kind, object_id in unknown:
            IndexJob.objects.filter(kind=kind, object_id=object_id).delete()
        done += level
        if not level:
            return done


def mend_index() -> bool:
    """Rebuilds the index from the rows when it is missing, damaged or of another schema; says whether it did."""
    engine = chosen_engine()
    if engine.is_healthy():
        return False
    try:
        log.warning("the search index cannot be searched and is rebuilt from the stored documents")
        rebuild_index()
    except EngineAway as error:
        log.warning("the search index could not be rebuilt: %s", error)
        return False
    return True


def rebuild_index(*, report: Callable[[int], None] = lambda done: None) -> None:
    """A new generation of the index from the stored rows. Nothing is cut."""
    chosen_engine().rebuild(public_keys, read_rows, report=report)


def public_keys() -> Iterator[list[str]]:
    """The keys of all public rows, page by page."""
    for rows in walk(Document.objects.public().only("pk", "kind", "object_id"), size=COMMIT):
        yield [row.key for row in rows]


def walk(queryset: QuerySet, *, size: int = PAGE) -> Iterator[list]:
    """The objects of a queryset by primary key, page by page: no offset, so nothing is skipped when rows come and go."""
    last = 0
    while page := list(queryset.filter(pk__gt=last).order_by("pk")[:size]):
        yield page
        last = page[-1].pk


@dataclass
class Drift:
    """What was not level, as keys. `exposed`: what could be found and must not be; it is repaired first."""

    exposed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    rewritten: set[str] = field(default_factory=set)
    index: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.exposed or self.removed or self.rewritten or self.index)

    def __str__(self) -> str:
        return f"exposed {len(self.exposed)}, removed {len(self.removed)}, rewritten {len(self.rewritten)}, index {len(self.index)}"


def reconcile(*, report: Callable[[str, int, int], None] = lambda kind, done, total: None) -> Drift:
    """Compares database, rows and index, and repairs. `report(kind, done, total)` as the objects are walked."""
    drift = Drift()
    engine = chosen_engine()
    covered = list(IndexJob.objects.filter(attempts=0).values_list("pk", "token"))
    can_search = engine.is_healthy() or mend_index()
    if can_search:
        _hide_exposed(drift)
    for kind in kinds().values():
        _level_kind(kind, drift, report)
    known = set(kinds())
    drift.removed |= {row.key for row in Document.objects.exclude(kind__in=known)}
    Document.objects.exclude(kind__in=known).delete()
    if not can_search or engine.cutter() != thai.VERSION:
        rebuild_index()
    else:
        _level_index(drift)
    for pk, token in covered:  # what was due before is done now; what changed meanwhile has another token
        IndexJob.objects.filter(pk=pk, token=token, attempts=0).delete()
    if drift:
        log.warning("search drift repaired: %s", drift)
    return drift


def _hide_exposed(drift: Drift) -> None:
    """Whatever the index holds and the public may not see goes before anything else."""
    held = {split_key(key) for key in chosen_engine().describe().versions}
    rows = set(Document.objects.public().values_list("kind", "object_id"))
    allowed = {(code, pk) for code, kind in kinds().items() for pk in kind.searchable().order_by().values_list("pk", flat=True)}
    exposed = (held | rows) - allowed
    drift.exposed |= {f"{kind}:{object_id}" for kind, object_id in exposed}
    sync_objects((kind, object_id) for kind, object_id in sorted(exposed) if kind in kinds())
    strangers = [f"{kind}:{object_id}" for kind, object_id in exposed if kind not in kinds()]
    if strangers:
        chosen_engine().write(strangers, lambda keys: [])


def _level_kind(kind: Kind, drift: Drift, report) -> None:
    """The rows of one kind: built anew, written when they differ, deleted when the object is gone."""
    stored = set(Document.objects.filter(kind=kind.code).values_list("object_id", flat=True))
    objects = kind.objects()
    total, done = objects.count(), 0
    for page in walk(objects.prefetch_related(None).select_related(None).only("pk")):
        ids = [found.pk for found in page]
        try:
            with transaction.atomic():
                changed = write_documents(kind, ids)
        except Exception:  # noqa: BLE001 (one of them cannot be read, or a job was quicker: then one by one)
            sync_objects((kind.code, object_id) for object_id in ids)
            changed = []
        drift.rewritten |= {f"{kind.code}:{object_id}" for object_id in changed}
        stored.difference_update(ids)
        done += len(page)
        report(kind.code, done, total)
    drift.removed |= {f"{kind.code}:{object_id}" for object_id in stored}
    sync_objects((kind.code, object_id) for object_id in sorted(stored))


def _level_index(drift: Drift) -> None:
    """The index against the rows, by version."""
    engine = chosen_engine()
    held = engine.describe().versions
    wanted = {
        f"{kind}:{object_id}": version for kind, object_id, version in Document.objects.public().values_list("kind", "object_id", "version")
    }
    differing = sorted(key for key in held.keys() | wanted.keys() if held.get(key) != wanted.get(key))
    drift.index |= set(differing) - drift.rewritten
    for at in range(0, len(differing), PAGE):
        engine.write(differing[at : at + PAGE], read_rows)
