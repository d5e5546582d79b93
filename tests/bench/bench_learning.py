"""P12: what recording progress costs against a bare upsert; and 200 learners at once on PostgreSQL, for a minute.

The crowd works in an empty database of its own, made for it on the tests' PostgreSQL (`scripts/services start`) and dropped
afterwards, in a process of its own: `python -m tests.bench.bench_learning`. Without PostgreSQL it is said and left out.
"""

import contextlib
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from scripts.environment import ROOT, make_environment
from scripts.services import read_addresses
from tests.bench import Record, record, time_of

LEARNERS, SECONDS, WORKERS = 200, 60, 16
BATCH, TIMES = 50, 200
BARE = (
    "INSERT INTO courses_progress (learner_id, page_id, state, opened_at, seen_at, seconds, scrolled, place, finished_hash) "
    "VALUES (%s, %s, 1, %s, %s, 0, 0, '{}', '') ON CONFLICT (learner_id, page_id) DO UPDATE SET state = excluded.state, seen_at = excluded.seen_at"
)


def bench_progress() -> Iterator[Record]:
    """In the demonstration's own database."""
    yield from measure_progress("SQLite")


def measure_progress(name: str) -> Iterator[Record]:
    """Every event is committed, as in a request; the learner is deleted at the end."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone
    from wagtail.models import Page

    from courses import progress
    from courses.models import Learner

    learner, pages = Learner.objects.create(), list(Page.objects.filter(depth__gt=1).order_by("pk")[:BATCH])
    now = timezone.now()
    written = connection.ops.adapt_datetimefield_value(now)
    evidence = progress.Evidence(seconds=30, scrolled=50, block="b", second=3)

    def upsert_bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [learner.pk, pages[0].pk, written, written])

    try:
        bare = time_of(upsert_bare, times=TIMES)
        one = time_of(lambda: progress.record_opened(learner, pages[0]), times=TIMES)
        told = time_of(lambda: progress.record_evidence(learner, pages[0], evidence, minutes=5), times=TIMES)
        batch = time_of(lambda: progress.record_openings(learner, dict.fromkeys(pages, now)), times=TIMES)
        with CaptureQueriesContext(connection) as queries:
            progress.record_evidence(learner, pages[0], evidence, minutes=5)
    finally:
        learner.delete()
    yield record(f"P12 {name}, openings recorded", 1 / one, "1/s", against="bare upserts", reference=1 / bare)
    yield record(f"P12 {name}, reading recorded", 1 / told, "1/s", against="bare upserts", reference=1 / bare)
    yield record(f"P12 {name}, {len(pages)} events at once", batch * 1000, "ms", against="one event", reference=one * 1000)
    yield record(f"P12 {name}, reading recorded, queries", len(queries), "SQL")


def bench_crowd() -> Iterator[Record]:
    address = read_addresses().get("TEST_POSTGRES_URL")
    if not address:
        print('  not measured, PostgreSQL is not there: eval "$(scripts/services start)"', file=sys.stderr)
        return
    with own_database(address) as url:
        environment = make_environment({"DATABASE_URL": url}, keep=("SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS", "VAR_DIR", "LOG_LEVEL"))
        for command in (["manage.py", "migrate", "--verbosity", "0"], ["-m", "tests.bench.bench_learning"]):
            done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
    yield from json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def own_database(address: str) -> Iterator[str]:
    """The address of an empty database on the same server, dropped at the end."""
    import psycopg

    name = f"msme_bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def measure_crowd(seconds: float = SECONDS) -> Iterator[Record]:
    """In the database of the settings, which has no learners yet."""
    from tests.courses.crowd import judge_crowd, make_scene, run_crowd

    quiz, lessons = make_scene()
    said = run_crowd(quiz, lessons, number=LEARNERS, seconds=seconds, workers=WORKERS)
    verdict = judge_crowd(said)
    yield record("learning.lost", verdict.lost, "answers")
    yield record("learning.doubled", verdict.doubled, "answers")
    yield record("learning.errors", len(said.errors), "errors")
    yield record("learning.answers", len(said.answers) / said.seconds, "1/s")
    yield record("learning.attempts", len(said.handed_in), "attempts")


def main() -> None:
    import django

    django.setup()
    from tests.factories import LessonFactory

    chapter = LessonFactory().get_parent().specific
    for _ in range(BATCH):
        LessonFactory(parent=chapter)
    print(json.dumps([*measure_progress("PostgreSQL"), *measure_crowd(float(os.environ.get("BENCH_SECONDS") or SECONDS))]))


if __name__ == "__main__":
    main()
