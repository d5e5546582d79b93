"""Who becomes a learner, how a visitor's work becomes the person's, and when visitors are forgotten."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from courses import progress, quizzes
from courses.learners import forget_visitors, merge_learners
from courses.models import Attempt, Bookmark, Certificate, Learner, Note, Progress, TaskMark
from courses.progress import Evidence, State
from courses.reading import find_begun
from tests.courses.learning import TASK, first_block, learner_of, make_course, make_lesson
from tests.factories import AttemptFactory, QuizFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


@pytest.fixture
def visitor():
    return Learner.objects.create()


@pytest.fixture
def person():
    return Learner.objects.create(user=UserFactory())


def rows_of(learner) -> list[tuple]:
    return sorted(Progress.objects.filter(learner=learner).values_list("page_id", "state", "seconds", "opened_at", "finished_at"))


def make_certificate(learner, course, number, index, **fields):
    return Certificate.objects.create(
        number=number, learner=learner, course=course, course_title=course.title, course_code=course.code, name="สมมติ", completed_at=NOON,
        status_index=index, **fields,
    )  # fmt: skip


# Merging


def test_states_and_times_meet_in_one_row(visitor, person):
    lesson = make_lesson()
    progress.record_opened(person, lesson, now=NOON)
    progress.record_opened(visitor, lesson, now=NOON - dt.timedelta(days=1))
    progress.record_evidence(visitor, lesson, Evidence(300, 60, "x", 9), minutes=8, now=NOON)
    progress.record_finished(person, lesson, now=NOON + dt.timedelta(hours=1))
    merge_learners(visitor, person)
    row = Progress.objects.get(page=lesson)
    assert (row.learner_id, row.state, row.seconds, row.place) == (person.pk, State.FINISHED, 300, {"block": "x", "second": 9})
    assert (row.opened_at, row.finished_at) == (NOON - dt.timedelta(days=1), NOON + dt.timedelta(hours=1))


def test_a_course_done_in_halves_is_finished_once(visitor, person):
    course, lessons = make_course(2)
    progress.record_finished(visitor, lessons[0])
    progress.record_finished(person, lessons[1])
    merge_learners(visitor, person)
    begun = find_begun(person)
    assert [(one.course, one.measured.percent) for one in begun] == [(course, 100)]
    assert Progress.objects.get(learner=person, page=course).state == State.FINISHED


def test_everything_kept_comes_along_and_nothing_twice(visitor, person):
    lesson, other = make_lesson(body=[TASK]), make_lesson()
    block = first_block(lesson, "task")
    for learner in (visitor, person):
        Bookmark.objects.create(learner=learner, page=lesson)
        TaskMark.objects.create(learner=learner, page=lesson, block=block)
        Note.objects.create(learner=learner, page=lesson, page_title=lesson.title, text="ของคน" if learner == person else "ของผู้มาเยือน")
    Bookmark.objects.create(learner=visitor, page=other)
    TaskMark.objects.create(learner=visitor, page=lesson, block="another")
    merge_learners(visitor, person)
    assert sorted(Bookmark.objects.values_list("learner_id", "page_id")) == sorted([(person.pk, lesson.pk), (person.pk, other.pk)])
    assert sorted(TaskMark.objects.values_list("learner_id", "block")) == sorted([(person.pk, block), (person.pk, "another")])
    assert sorted(Note.objects.values_list("learner_id", "text")) == [(person.pk, "ของคน"), (person.pk, "ของผู้มาเยือน")]


def test_attempts_are_numbered_on(visitor, person):
    quiz, other = QuizFactory(), QuizFactory()
    mine = [AttemptFactory(learner=person, quiz=quiz, number=number) for number in (1, 2)]
    theirs = [AttemptFactory(learner=visitor, quiz=quiz, number=number) for number in (1, 2, 3)]
    elsewhere = AttemptFactory(learner=visitor, quiz=other, number=1)
    merge_learners(visitor, person)
    numbered = dict(Attempt.objects.filter(learner=person).values_list("pk", "number"))
    assert [numbered[attempt.pk] for attempt in [*mine, *theirs, elsewhere]] == [1, 2, 3, 4, 5, 1]
    assert Attempt.objects.count() == 6


@pytest.mark.parametrize("visitor_is_younger", [True, False])
def test_of_two_open_attempts_the_younger_stays_open(visitor, person, visitor_is_younger):
    quiz = QuizFactory()
    first, second = (person, visitor) if visitor_is_younger else (visitor, person)
    with time_machine.travel(NOON, tick=False):
        older = quizzes.start_attempt(first, quiz, None)
    with time_machine.travel(NOON + dt.timedelta(minutes=5), tick=False):
        younger = quizzes.start_attempt(second, quiz, None)
        merge_learners(visitor, person)
    found = {attempt.pk: attempt for attempt in Attempt.objects.filter(learner=person)}
    assert (found[older.pk].submitted_at is None, found[younger.pk].submitted_at is None) == (False, True)
    assert {attempt.number for attempt in found.values()} == {1, 2}


def test_merging_twice_changes_nothing(visitor, person):
    for lesson in make_course(2)[1]:
        progress.record_finished(visitor, lesson)
    AttemptFactory(learner=visitor, number=1)
    visitor_again = Learner.objects.get(pk=visitor.pk)
    merge_learners(visitor, person)
    before = (rows_of(person), Attempt.objects.count(), Learner.objects.count())
    merge_learners(visitor_again, person)
    merge_learners(person, person)
    assert (rows_of(person), Attempt.objects.count(), Learner.objects.count()) == before


def test_a_person_is_never_merged_away(person):
    other = Learner.objects.create(user=UserFactory())
    merge_learners(other, person)
    assert Learner.objects.count() == 2


def test_a_second_certificate_of_the_same_course_stays_valid_and_moves_nobodys(visitor, person):
    course, other = make_course(1)[0], make_course(1)[0]
    own = make_certificate(person, course, "A", 1)
    second, third = make_certificate(visitor, course, "B", 2), make_certificate(visitor, other, "C", 3)
    merge_learners(visitor, person)
    owners = dict(Certificate.objects.values_list("number", "learner_id"))
    assert owners == {own.number: person.pk, second.number: None, third.number: person.pk}
    assert not Certificate.objects.exclude(revoked_at=None).exists()


def test_the_earlier_beginning_counts(visitor, person):
    Learner.objects.filter(pk=visitor.pk).update(created_at=NOON - dt.timedelta(days=9))
    merge_learners(visitor, person)
    assert Learner.objects.get().created_at == NOON - dt.timedelta(days=9)


# Signing in


def test_signing_in_brings_the_visitors_work_and_leaves_no_visitor(client):
    _course, lessons = make_course(3)
    client.post(f"/learn/pages/{lessons[0].pk}/finish/")
    visitor = learner_of(client)
    user = UserFactory()
    client.force_login(user)
    assert list(Learner.objects.values_list("user_id", flat=True)) == [user.pk]
    assert not Learner.objects.filter(pk=visitor.pk, user=None).exists()
    assert "เรียนแล้ว 1 จาก 3 บทเรียน (33%)" in client.get("/learn/").text


def test_signing_in_on_a_second_device_finds_everything(client):
    _course, lessons = make_course(2)
    user = UserFactory()
    client.post(f"/learn/pages/{lessons[0].pk}/finish/")
    client.force_login(user)
    other = type(client)()
    other.post(f"/learn/pages/{lessons[1].pk}/finish/")
    other.force_login(user)
    assert "(100%)" in other.get("/learn/").text
    assert "(100%)" in client.get("/learn/").text
    assert Learner.objects.count() == 1


def test_signing_in_without_having_learnt_makes_nobody(client):
    client.force_login(UserFactory())
    client.get("/learn/")
    assert not Learner.objects.exists()


def test_after_signing_out_the_device_knows_nothing_of_the_person(client):
    _course, lessons = make_course(2)
    client.force_login(UserFactory())
    client.post(f"/learn/pages/{lessons[0].pk}/finish/")
    client.logout()
    assert "ยังไม่ได้เริ่มเรียน" in client.get("/learn/").text


# Forgetting


def test_visitors_not_seen_for_long_are_forgotten_and_persons_never(settings, visitor, person):
    settings.LEARNER_DAYS = 180
    fresh = Learner.objects.create()
    lesson = make_lesson()
    progress.record_opened(visitor, lesson)
    long_ago = timezone.now() - dt.timedelta(days=180, minutes=1)
    Learner.objects.filter(pk__in=[visitor.pk, person.pk]).update(seen_at=long_ago)
    Learner.objects.filter(pk=fresh.pk).update(seen_at=long_ago + dt.timedelta(minutes=2))
    assert forget_visitors() == 1
    assert set(Learner.objects.values_list("pk", flat=True)) == {fresh.pk, person.pk}
    assert not Progress.objects.exists()


def test_a_forgotten_visitors_session_begins_anew(client):
    lesson = make_lesson()
    client.post(f"/learn/pages/{lesson.pk}/bookmark/", {"keep": "1"})
    learner_of(client).delete()
    assert client.get(lesson.url).status_code == 200
    client.post(f"/learn/pages/{lesson.pk}/bookmark/", {"keep": "1"})
    assert Bookmark.objects.count() == 1
