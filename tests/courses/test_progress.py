"""One row for each page that does not mind the order of events, and one percentage that is the same everywhere."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses import progress
from courses.certificates import NotFinished, issue_certificate
from courses.learners import Learner
from courses.models import Progress
from courses.outline import read_outline
from courses.progress import Evidence, State, measure_course, measure_courses, percent_of
from courses.reading import resume
from tests.courses.learning import make_course, make_lesson
from tests.factories import LessonFactory, UserFactory

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
COLUMNS = [field.attname for field in Progress._meta.concrete_fields if not field.primary_key]
with_rows = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


pytestmark = pytest.mark.django_db


@pytest.fixture
def learner():
    return Learner.objects.create()


@pytest.fixture
def lesson():
    return make_lesson()


def moment(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


# Rows in any order

events = st.lists(
    st.one_of(
        st.tuples(st.just("opened"), st.integers(0, 6)),
        st.tuples(st.just("read"), st.integers(0, 6)),
        st.tuples(st.just("finished"), st.integers(0, 6), st.sampled_from(["", "a1", "b2"])),
        st.tuples(
            st.just("evidence"),
            st.integers(0, 6),
            st.integers(0, 400),
            st.integers(0, 100),
            st.sampled_from(["", "x", "y"]),
            st.integers(0, 3),
        ),
    ),
    min_size=1,
    max_size=8,
)


def tell(learner, lesson, event) -> None:
    kind, at, *said = event
    now = moment(at * 100)
    if kind == "opened":
        progress.record_opened(learner, lesson, now=now)
    elif kind == "read":
        progress.record_read(learner, lesson, now=now)
    elif kind == "finished":
        lesson.text_hash = said[0]
        progress.record_finished(learner, lesson, now=now)
    else:
        progress.record_evidence(learner, lesson, Evidence(*said), minutes=1, now=now)


def row_after(learner, lesson, told) -> dict:
    Progress.objects.filter(learner=learner).delete()
    tell(learner, lesson, ("opened", -1))  # the server's clock: no event comes before the page was opened
    for event in told:
        tell(learner, lesson, event)
    return Progress.objects.filter(learner=learner, page=lesson).values(*COLUMNS).get()


@given(told=events, data=st.data())
@with_rows
def test_any_order_and_any_repetition_give_the_same_row(learner, lesson, told, data):
    again = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=4))))
    assert row_after(learner, lesson, again) == row_after(learner, lesson, told)


@given(told=events)
@with_rows
def test_a_state_never_goes_back_and_first_times_stay_first(learner, lesson, told):
    before = row_after(learner, lesson, [])
    for event in told:
        tell(learner, lesson, event)
        after = Progress.objects.filter(learner=learner, page=lesson).values(*COLUMNS).get()
        assert after["state"] >= before["state"]
        assert after["opened_at"] <= before["opened_at"]
        for name in ("seconds", "scrolled", "seen_at"):
            assert after[name] >= before[name]
        for name in ("read_at", "finished_at"):
            assert before[name] is None or after[name] <= before[name]
        before = after


def test_rows_of_two_learners_and_of_two_pages_never_meet():
    one, other, (_course, lessons) = Learner.objects.create(), Learner.objects.create(), make_course(2)
    progress.record_finished(one, lessons[0])
    progress.record_opened(one, lessons[1])
    progress.record_opened(other, lessons[0])
    assert sorted(Progress.objects.values_list("learner_id", "page_id", "state")) == sorted(
        [(one.pk, lessons[0].pk, 3), (one.pk, lessons[1].pk, 1), (other.pk, lessons[0].pk, 1)]
    )


def test_opening_is_one_statement(django_assert_num_queries):
    learner, lesson = Learner.objects.create(), make_lesson()
    for _time in range(2):
        with django_assert_num_queries(1):
            progress.record_opened(learner, lesson)


# Evidence is judged by the server


@pytest.mark.parametrize(
    ("seconds", "scrolled", "after", "state", "kept"),
    [
        (200, 100, 200, State.READ, 200),  # 0.4 of eight minutes are 192 seconds
        (191, 100, 191, State.OPENED, 191),
        (200, 89, 200, State.OPENED, 200),
        (999_999_999, 100, 60, State.OPENED, 60),  # claims more than has passed
        (999_999_999, 100, 86_400, State.READ, progress.LONGEST),
        (0, 100, 9999, State.OPENED, 0),
    ],
)
def test_time_is_believed_as_far_as_the_servers_clock_goes(seconds, scrolled, after, state, kept):
    learner, lesson = Learner.objects.create(), make_lesson()
    progress.record_opened(learner, lesson, now=NOON)
    assert progress.record_evidence(learner, lesson, Evidence(seconds, scrolled), minutes=8, now=moment(after)) == state
    row = Progress.objects.get()
    assert (row.state, row.seconds) == (state, kept)


def test_evidence_of_the_page_just_left_does_not_make_it_the_last_seen():
    learner, (_course, lessons) = Learner.objects.create(), make_course(2)
    progress.record_opened(learner, lessons[0], now=NOON)
    progress.record_opened(learner, lessons[1], now=moment(60))
    progress.record_evidence(learner, lessons[0], Evidence(50, 30, "x"), minutes=8, now=moment(61))
    assert resume(learner).page == lessons[1]


def test_evidence_without_an_opening_proves_nothing_but_keeps_the_place():
    learner, lesson = Learner.objects.create(), make_lesson()
    progress.record_evidence(learner, lesson, Evidence(9000, 100, "x", 12), minutes=1)
    row = Progress.objects.get()
    assert (row.state, row.seconds, row.place) == (State.OPENED, 0, {"block": "x", "second": 12})


# The number


@given(done=st.integers(0, 60), total=st.integers(0, 60), is_finished=st.booleans())
def test_hundred_means_finished_and_only_that(done, total, is_finished):
    percent = percent_of(min(done, total), total, is_finished=is_finished)
    assert 0 <= percent <= 100
    assert (percent == 100) == is_finished


@given(total=st.integers(1, 60), order=st.lists(st.integers(1, 60), max_size=80))
def test_percentage_never_falls_while_events_come(total, order):
    states, shown = {}, [0]
    for key in order:
        states[key] = State.FINISHED
        shown.append(measure_course(range(1, total + 1), states, course_id=999).percent)
    assert shown == sorted(shown)


def test_a_lesson_added_later_does_not_undo_a_finished_course():
    learner, (course, lessons) = Learner.objects.create(), make_course(2)
    for lesson in lessons:
        progress.record_finished(learner, lesson)
    LessonFactory(parent=lessons[0].get_parent())
    measured = measure_courses(learner, [read_outline(course)])[course.pk]
    assert (measured.done, measured.total, measured.percent) == (2, 3, 100)


@pytest.mark.parametrize("done", [0, 1, 2, 3])
def test_the_same_number_stands_everywhere(client, done):
    user = UserFactory()
    learner = Learner.objects.create(user=user)
    course, lessons = make_course(3)
    make_course(1)  # of which nothing counts here
    progress.record_opened(learner, lessons[0])
    for lesson in lessons[:done]:
        progress.record_finished(learner, lesson)
    wanted = measure_courses(learner, [read_outline(course)])[course.pk]
    said = f"เรียนแล้ว {done} จาก 3 บทเรียน ({wanted.percent}%)"
    assert wanted.percent == [0, 33, 66, 100][done]
    client.force_login(user)
    assert said in text_of(client, "/learn/")
    assert said in text_of(client, course.url)
    assert said in text_of(client, lessons[0].url)
    assert (said in text_of(client, "/")) == (done < 3)  # nothing to go on with in a finished course
    assert is_certified(learner, course) == (wanted.percent == 100)


def text_of(client, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).text)


def is_certified(learner, course) -> bool:
    """Whether the certificate is given; who is refused is told the same number."""
    measured = measure_courses(learner, [read_outline(course)])[course.pk]
    if measured.is_finished:
        return issue_certificate(learner, course, "สมมติ ตัวอย่าง").course_id == course.pk
    with pytest.raises(NotFinished) as refused:
        issue_certificate(learner, course, "สมมติ ตัวอย่าง")
    assert refused.value.measured == measured
    return False


def test_measuring_takes_one_query_for_any_number_of_courses():
    learner, counts = Learner.objects.create(), []
    for number in (1, 8):
        outlines = [read_outline(make_course(2)[0]) for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            measure_courses(learner, outlines)
        counts.append(len(queries))
    assert counts == [1, 1]
