"""How far a learner is: one row for each page, one upsert for each event, one function for the percentage of a course.

Events may come twice, late and in any order (a beacon of a phone that was offline, two tabs, a merge at sign-in): every
column is combined by a rule that does not mind (greatest state, first and last times), so the row is the same.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.db import connection, models
from django.utils import timezone
from wagtail.models import Page

from courses.models import CoursePage, Learner, LessonPage, Progress
from courses.outline import Outline, course_path, public_courses, read_outlines

State = Progress.State
READ_SCROLLED = 90  # percent of the page that must have been in view
READ_SHARE = 0.4  # of the time that reading takes: quick readers are readers
LONGEST = 4 * 60 * 60  # seconds of one opening that are believed


@dataclass(frozen=True)
class Evidence:
    """What a browser says of one opening: seconds in view, furthest place in percent, and where the reader is."""

    seconds: int = 0
    scrolled: int = 0
    block: str = ""
    second: int = 0


@dataclass(frozen=True)
class CourseProgress:
    """Lessons finished of all. `percent` is 100 only when the course is finished."""

    done: int
    total: int
    is_finished: bool

    @property
    def percent(self) -> int:
        return percent_of(self.done, self.total, is_finished=self.is_finished)


# The number


def percent_of(done: int, total: int, *, is_finished: bool) -> int:
    """The percentage of a course, for learner, advisor, certificate and report. 100 means finished, and only that.

    Rounded down, so that 99.6 is not all. A finished course stays at 100 when lessons are added later.
    """
    if is_finished:
        return 100
    return min(99, 100 * done // total) if total else 0


def measure_course(lesson_ids: Collection[int], states: dict[int, int], *, course_id: int) -> CourseProgress:
    """states: {page: state} of one learner. A course is finished when its own row says so or when all its lessons are."""
    done = sum(states.get(key, 0) >= State.FINISHED for key in lesson_ids)
    is_finished = states.get(course_id, 0) >= State.FINISHED or (bool(lesson_ids) and done == len(lesson_ids))
    return CourseProgress(done, len(lesson_ids), is_finished)


def measure_courses(learner: Learner | None, outlines: Iterable[Outline]) -> dict[int, CourseProgress]:
    """{pk of the course: progress}; one query for all."""
    outlines = list(outlines)
    ids = [key for outline in outlines for key in (outline.course.pk, *(lesson.pk for lesson in outline.lessons))]
    states = find_states(learner, ids)
    return {
        outline.course.pk: measure_course([lesson.pk for lesson in outline.lessons], states, course_id=outline.course.pk)
        for outline in outlines
    }


def find_states(learner: Learner | None, page_ids: Collection[int]) -> dict[int, int]:
    if learner is None or not page_ids:
        return {}
    return dict(Progress.objects.filter(learner=learner, page_id__in=page_ids).values_list("page_id", "state"))


def find_rows(learner: Learner | None, page_ids: Collection[int]) -> dict[int, Progress]:
    if learner is None or not page_ids:
        return {}
    return {row.page_id: row for row in Progress.objects.filter(learner=learner, page_id__in=page_ids)}


# Events


def record_opened(learner: Learner, page: Page, *, now: dt.datetime | None = None) -> None:
    record_openings(learner, {page: now or timezone.now()})


def record_openings(learner: Learner, times: dict[Page, dt.datetime]) -> None:
    """Several pages at once, each with the time when it was opened."""
    write([_row(learner, page.pk, State.OPENED, time) for page, time in times.items()])


def record_evidence(learner: Learner, page: Page, evidence: Evidence, *, minutes: int, now: dt.datetime | None = None) -> int:
    """Writes what the browser says, as far as the server's own clock allows it, and gives the state that follows.

    `minutes`: how long the page takes. Time claimed beyond the time since the page was opened is not believed.
    """
    now = now or timezone.now()
    row = Progress.objects.filter(learner=learner, page=page).first()
    since_opened = (now - row.opened_at).total_seconds() if row else 0
    seconds = max(0, min(evidence.seconds, int(since_opened), LONGEST))
    scrolled = max(0, min(evidence.scrolled, 100))
    is_read = scrolled >= READ_SCROLLED and seconds >= READ_SHARE * minutes * 60
    state = State.READ if is_read else State.OPENED
    new = _row(learner, page.pk, state, now)
    new.seconds, new.scrolled = seconds, scrolled
    if row:
        new.seen_at = row.seen_at  # it comes when the page is left: the next one was opened before
    if evidence.block:
        new.place, new.place_at = {"block": evidence.block[:40], "second": max(0, evidence.second)}, now
    write([new])
    return max(state, row.state if row else 0)


def record_read(learner: Learner, page: Page, *, now: dt.datetime | None = None) -> None:
    """The reader says so himself."""
    write([_row(learner, page.pk, State.READ, now or timezone.now())])


def record_finished(learner: Learner, page: Page, *, now: dt.datetime | None = None) -> None:
    """Whether it may be finished is asked before, by `lessons.finish_lesson`. Finishes the course, too, when it was the last lesson."""
    now = now or timezone.now()
    row = _row(learner, page.pk, State.FINISHED, now)
    row.confirmed_at, row.finished_hash, row.finished_revision_id = now, getattr(page, "text_hash", ""), page.live_revision_id
    write([row])
    settle_courses(learner, [page.pk], now=now)


def settle_courses(learner: Learner, page_ids: Iterable[int], *, now: dt.datetime | None = None) -> list[CoursePage]:
    """Of the courses that these lessons belong to, those that are now finished for the first time; their rows are written."""
    lessons = LessonPage.objects.filter(pk__in=list(page_ids)).only("path", "pk")
    paths = {course_path(lesson) for lesson in lessons}
    if not paths:
        return []
    outlines = read_outlines(public_courses().filter(path__in=paths))
    known = find_states(learner, list(outlines))
    finished = [
        outlines[key].course
        for key, measured in measure_courses(learner, outlines.values()).items()
        if measured.is_finished and known.get(key, 0) < State.FINISHED
    ]
    now = now or timezone.now()
    rows = []
    for course in finished:
        row = _row(learner, course.pk, State.FINISHED, now)
        row.confirmed_at, row.finished_revision_id = now, course.live_revision_id
        rows.append(row)
    write(rows)
    return finished


def _row(learner: Learner, page_id: int, state: int, now: dt.datetime) -> Progress:
    return Progress(
        learner=learner,
        page_id=page_id,
        state=state,
        opened_at=now,
        read_at=now if state >= State.READ else None,
        finished_at=now if state >= State.FINISHED else None,
        seen_at=now,
    )


# Rows

_OLD, _NEW = "courses_progress", "excluded"
_COLUMNS = [field for field in Progress._meta.concrete_fields if not field.primary_key]
_ONE_ROW = f"({', '.join(['%s'] * len(_COLUMNS))})"
_TIMES = [field.attname for field in _COLUMNS if isinstance(field, models.DateTimeField)]


def write(rows: Sequence[Progress]) -> None:
    """Inserts the rows or joins them with those that are there: one statement for all (no two for the same page).

    Django's own upsert only replaces, which would let an older event undo a newer one.
    """
    if rows:
        values = [value for row in rows for value in _read_values(row)]
        with connection.cursor() as cursor:
            cursor.execute(f"{_insert()} VALUES {', '.join([_ONE_ROW] * len(rows))} {_join(connection.vendor)}", values)


def _read_values(row: Progress) -> list:
    """As the database takes them. Asking every field in turn took longer than the statement."""
    values = {field.attname: getattr(row, field.attname) for field in _COLUMNS}
    for name in _TIMES:
        values[name] = connection.ops.adapt_datetimefield_value(values[name])
    values["place"] = connection.ops.adapt_json_value(values["place"], None)
    return list(values.values())


def _insert() -> str:
    return f"INSERT INTO courses_progress ({', '.join(field.column for field in _COLUMNS)})"


@cache
def _join(vendor: str) -> str:
    """What becomes of each column when the row is there already. `vendor`: as Django calls the database."""
    greatest, least = ("GREATEST", "LEAST") if vendor == "postgresql" else ("MAX", "MIN")

    def joined(function: str, name: str) -> str:
        """Greatest or least of both, where an empty one gives way to the other."""
        return f"{function}(COALESCE({_OLD}.{name}, {_NEW}.{name}), COALESCE({_NEW}.{name}, {_OLD}.{name}))"

    def latest(name: str, time: str, *ties: str) -> str:
        """The value that belongs to the later time; of two at the same time the greater, so that the order never matters."""
        new, old = (" || ' ' || ".join(f"COALESCE(CAST({side}.{tie} AS text), '')" for tie in ties) for side in (_NEW, _OLD))
        is_newer = (
            f"{_NEW}.{time} IS NOT NULL AND ({_OLD}.{time} IS NULL OR {_NEW}.{time} > {_OLD}.{time} OR "
            f"({_NEW}.{time} = {_OLD}.{time} AND {new} > {old}))"
        )
        return f"CASE WHEN {is_newer} THEN {_NEW}.{name} ELSE {_OLD}.{name} END"

    rules = {name: joined(greatest, name) for name in ("state", "seen_at", "seconds", "scrolled")}
    rules |= {name: joined(least, name) for name in ("opened_at", "read_at", "finished_at")}
    rules |= {"place": latest("place", "place_at", "place"), "place_at": joined(greatest, "place_at")}
    rules |= {
        name: latest(name, "confirmed_at", "finished_hash", "finished_revision_id") for name in ("finished_hash", "finished_revision_id")
    }
    rules |= {"confirmed_at": joined(greatest, "confirmed_at")}
    return f"ON CONFLICT (learner_id, page_id) DO UPDATE SET {', '.join(f'{name} = {rule}' for name, rule in rules.items())}"
