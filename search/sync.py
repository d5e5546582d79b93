"""Brings rows and indexes level with the database: one object, what is due, or everything.

Everything here may be done again at any time. The row is written from the object as it is now, every engine from the
row as it is now, so it does not matter in which order jobs arrive. A job is done when every engine took it; one that waits
for an engine that is away (`WAITS`) is left alone until that engine answers, and then goes first thing.
"""

import contextlib
import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from search import knowledge, thai
from search.documents import Kind, kinds, write_document, write_documents
from search.engines import Engine, EngineAway
from search.engines.choice import all_engines, breaker, remote
from search.engines.elasticsearch_engine import PartlyRefused
from search.models import Document, IndexJob

log = logging.getLogger(__name__)
FIRST_WAIT = dt.timedelta(seconds=10)
LONGEST_WAIT = dt.timedelta(hours=1)
WAITS = "waits for "  # begins the `last_error` of a job that one engine did not take; the engine's name follows
PAGE = 200
COMMIT = 1_000  # documents of a rebuild in one commit: fewer commits, fewer merges

Pair = tuple[str, int]  # (kind, primary key) of an object
Tokens = dict[Pair, int | None]  # the token of the job that the work for an object answers; None: it had no job


def split_key(key: str) -> Pair:
    kind, object_id = key.split(":")
    return kind, int(object_id)


def read_rows(keys: Iterable[str]) -> list[Document]:
    """The rows that the public engine should hold for these keys."""
    by_kind = _by_kind(map(split_key, keys))
    return [row for kind, ids in by_kind.items() for row in Document.objects.public().filter(kind=kind, object_id__in=ids)]


def sync_object(kind: str, object_id: int) -> bool:
    """Brings one object's row and index entry level; False when that has to be tried again, which the job then says."""
    return sync_objects([(kind, object_id)]) == 1


def sync_objects(wanted: Iterable[Pair]) -> int:
    """The same for many, with one write to each engine; gives the number of objects that are level now."""
    knowledge.refresh(force=True)  # never cut with yesterday's words
    tokens: Tokens = {}
    for kind, object_id in wanted:
        tokens |= _write_one(kind, object_id)
    if not tokens:
        return 0
    level = set(tokens)
    for engine in all_engines():
        level -= _write_to(engine, tokens)
    for kind, object_id in level:
        IndexJob.objects.filter(kind=kind, object_id=object_id, token=tokens[kind, object_id]).delete()
    return len(level)


def _write_to(engine: Engine, tokens: Tokens) -> set[Pair]:
    """Brings one engine level with the rows; gives what it did not take, whose jobs then wait."""
    if _is_away(engine):
        _wait_for(engine, tokens, "it does not answer")
        return set(tokens)
    written: dict[str, Document] = {}

    def read(keys: list[str]) -> list[Document]:
        rows = read_rows(keys)
        written.update((row.key, row) for row in rows)
        return rows

    started = time.monotonic()
    try:
        engine.write([f"{kind}:{object_id}" for kind, object_id in tokens], read)
    except PartlyRefused as error:
        refused = {pair for pair in tokens if f"{pair[0]}:{pair[1]}" in error.keys}
        for kind, object_id in refused:
            _put_off(kind, object_id, str(error))
        return refused
    except EngineAway as error:
        seconds = time.monotonic() - started
        if not mend_engine(engine):  # a rebuilt index is level with the rows
            log.warning("%s cannot be written (%s); %d jobs wait for it", engine.name, error, len(tokens))
            _note_failure(engine, seconds)
            _wait_for(engine, tokens, str(error))
            return set(tokens)
    return set()


def _is_away(engine: Engine) -> bool:
    """Whether this process knows that the engine does not answer: then nobody waits for it."""
    return engine is remote() and breaker().is_open


def _note_failure(engine: Engine, seconds: float) -> None:
    if engine is remote():
        breaker().fail(seconds)


def _wait_for(engine: Engine, tokens: Tokens, error: str) -> None:
    """The jobs of these objects wait for an engine: always as long, so that all of them are there when it is back.

    A change that came meanwhile has raised the token and keeps its job as it is. An object without a job gets one.
    """
    waiting = {"attempts": 1, "due_at": timezone.now() + FIRST_WAIT, "last_error": f"{WAITS}{engine.name}: {error}"[:500]}
    new = [IndexJob(kind=kind, object_id=object_id, **waiting) for (kind, object_id), token in tokens.items() if token is None]
    IndexJob.objects.bulk_create(new, batch_size=500, ignore_conflicts=True)
    for kind, ids in _by_kind(pair for pair, token in tokens.items() if token is not None).items():
        known = [tokens[kind, object_id] for object_id in ids]
        for at in range(0, len(ids), PAGE):
            some = slice(at, at + PAGE)
            IndexJob.objects.filter(kind=kind, object_id__in=ids[some], token__in=known[some]).update(**waiting)


def _by_kind(pairs: Iterable[Pair]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for kind, object_id in pairs:
        found.setdefault(kind, []).append(object_id)
    return found


def _write_one(kind: str, object_id: int) -> Tokens:
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
    """An object that cannot be made: its job stays, later each time; a change meanwhile makes it due again at once."""
    job = IndexJob.objects.get_or_create(kind=kind, object_id=object_id)[0]
    wait = min(FIRST_WAIT * 2 ** min(job.attempts, 12), LONGEST_WAIT)
    IndexJob.objects.filter(pk=job.pk, token=job.token).update(
        attempts=job.attempts + 1, due_at=timezone.now() + wait, last_error=error[:500]
    )


def sweep_jobs() -> int:
    """Works off what is due, first mending an index that cannot be searched; gives the number of objects done.

    Jobs that wait for an engine that is still away are left alone: their rows are written, the others have taken them.
    """
    mend_index()
    away = [engine for engine in all_engines() if _is_away(engine)]
    done, before = 0, None
    while True:
        jobs = IndexJob.objects.due()
        for engine in away:
            jobs = jobs.exclude(last_error__startswith=f"{WAITS}{engine.name}")
        due = list(jobs.order_by("due_at").values_list("kind", "object_id")[:PAGE])
        unknown = [pair for pair in due if pair[0] not in kinds()]
        for kind, object_id in unknown:  # a kind that was taken away: nothing can be built, nothing may be found
            Document.objects.filter(kind=kind, object_id=object_id).delete()
        level = sync_objects(pair for pair in due if pair not in unknown)
        for kind, object_id in unknown:
            IndexJob.objects.filter(kind=kind, object_id=object_id).delete()
        done += level
        if not due or due == before:
            return done
        before = due


def mend_index() -> bool:
    """Mends every engine that needs it; says whether one was."""
    mended = [mend_engine(engine) for engine in all_engines()]
    return any(mended)


def mend_engine(engine: Engine) -> bool:
    """Rebuilds an index from the rows when it is missing, damaged or of another schema; says whether it did."""
    started = time.monotonic()
    try:
        if engine.is_healthy():
            if _is_away(engine):
                breaker().succeed()
            return False
        log.warning("the index of %s cannot be searched and is rebuilt from the stored documents", engine.name)
        rebuild_engine(engine)
    except EngineAway as error:
        log.warning("the index of %s could not be rebuilt: %s", engine.name, error)
        _note_failure(engine, time.monotonic() - started)
        return False
    return True


def rebuild_engine(engine: Engine, *, report: Callable[[int], None] = lambda done: None) -> None:
    """A new generation of one engine's index from the stored rows. Nothing is cut."""
    engine.rebuild(public_keys, read_rows, report=report)
    if engine is remote():
        breaker().succeed()


def rebuild_index(*, report: Callable[[int], None] = lambda done: None) -> None:
    """The same for every engine; raises EngineAway when one of them could not, after the others are done."""
    _with_each(lambda engine: rebuild_engine(engine, report=report))


def _with_each(work: Callable[[Engine], None]) -> None:
    errors = []
    for engine in all_engines():
        try:
            work(engine)
        except EngineAway as error:
            errors.append(f"{engine.name}: {error}")
    if errors:
        raise EngineAway("; ".join(errors))


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
    """What was not level, as keys. `exposed`: what could be found and must not be; it is repaired first.

    `away`: the engines that could not be brought level, and why.
    """

    exposed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    rewritten: set[str] = field(default_factory=set)
    index: set[str] = field(default_factory=set)
    away: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.exposed or self.removed or self.rewritten or self.index)

    def __str__(self) -> str:
        return f"exposed {len(self.exposed)}, removed {len(self.removed)}, rewritten {len(self.rewritten)}, index {len(self.index)}"


def reconcile(*, report: Callable[[str, int, int], None] = lambda kind, done, total: None) -> Drift:
    """Compares database, rows and every engine, and repairs. `report(kind, done, total)` as the objects are walked.

    An engine that is away is left out, and jobs wait for it; raises EngineAway when no engine can be brought level.
    """
    knowledge.refresh(force=True)
    drift = Drift()
    covered = list(IndexJob.objects.filter(Q(attempts=0) | Q(last_error__startswith=WAITS)).values_list("pk", "token"))
    ready = [engine for engine in all_engines() if _is_ready(engine)]
    _hide_exposed(ready, drift)
    for kind in kinds().values():
        _level_kind(kind, drift, report)
    known = set(kinds())
    drift.removed |= {row.key for row in Document.objects.exclude(kind__in=known)}
    Document.objects.exclude(kind__in=known).delete()
    for engine in all_engines():
        try:
            if engine not in ready or engine.cutter() != thai.VERSION:
                rebuild_engine(engine)
            else:
                _level_index(engine, drift)
        except EngineAway as error:
            drift.away[engine.name] = str(error)
            _wait_for(engine, {split_key(key): None for key in drift.exposed | drift.removed | drift.rewritten}, str(error))
    if not drift.away:  # what was due before is done now; what changed meanwhile has another token
        for pk, token in covered:
            IndexJob.objects.filter(pk=pk, token=token).delete()
    if drift:
        log.warning("search drift repaired: %s", drift)
    for name, error in drift.away.items():
        log.warning("%s is not level: %s", name, error)
    if len(drift.away) == len(all_engines()):
        raise EngineAway("; ".join(f"{name}: {error}" for name, error in drift.away.items()))
    return drift


def _is_ready(engine: Engine) -> bool:
    """Whether it can be compared: it can be searched, or could be mended."""
    try:
        return mend_engine(engine) or engine.is_healthy()
    except EngineAway:
        return False


def _hide_exposed(engines: list[Engine], drift: Drift) -> None:
    """Whatever an index holds and the public may not see goes before anything else."""
    held: set[Pair] = set()
    for engine in engines:
        with contextlib.suppress(EngineAway):  # the comparison at the end will say it
            held |= {split_key(key) for key in engine.describe().versions}
    rows = set(Document.objects.public().values_list("kind", "object_id"))
    allowed = {(code, pk) for code, kind in kinds().items() for pk in kind.searchable().order_by().values_list("pk", flat=True)}
    exposed = (held | rows) - allowed
    drift.exposed |= {f"{kind}:{object_id}" for kind, object_id in exposed}
    sync_objects((kind, object_id) for kind, object_id in sorted(exposed) if kind in kinds())
    strangers = [f"{kind}:{object_id}" for kind, object_id in exposed if kind not in kinds()]
    for engine in engines if strangers else ():
        with contextlib.suppress(EngineAway):
            engine.write(strangers, lambda keys: [])


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


def _level_index(engine: Engine, drift: Drift) -> None:
    """An index against the rows, by version. One that stays ahead of them (the database is a restored backup) is rebuilt."""
    held = engine.describe().versions
    wanted = {
        f"{kind}:{object_id}": version for kind, object_id, version in Document.objects.public().values_list("kind", "object_id", "version")
    }
    differing = sorted(key for key in held.keys() | wanted.keys() if held.get(key) != wanted.get(key))
    drift.index |= set(differing) - drift.rewritten
    for at in range(0, len(differing), PAGE):
        with contextlib.suppress(PartlyRefused):  # logged; the others are taken
            engine.write(differing[at : at + PAGE], read_rows)
    if differing and _is_ahead(engine, differing):
        rebuild_engine(engine)


def _is_ahead(engine: Engine, keys: list[str]) -> bool:
    """Whether the index still holds one of them newer than its row, or without one."""
    held = engine.describe().versions
    rows = {row.key: row.version for at in range(0, len(keys), PAGE) for row in read_rows(keys[at : at + PAGE])}
    return any(key in held and held[key] > rows.get(key, -1) for key in keys)
