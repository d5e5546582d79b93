"""Prerequisites: met, advised or locking, never of what nobody can reach, never in a circle."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses import gates, progress
from tests.courses.lesson_samples import make_course, make_learner, need
from tests.factories import ChapterFactory, LessonFactory

pytestmark = pytest.mark.django_db


def told(needs) -> list[tuple[str, bool, bool]]:
    return [(item.page.title, item.is_locked, item.is_met) for item in needs]


def test_nothing_is_needed_first_by_default():
    course, (lesson,) = make_course(1)
    assert gates.find_locks(None, lesson) == []
    assert gates.find_locks(None, course) == []


def test_lesson_needs_what_it_and_its_course_ask_for():
    before, (first,) = make_course(1)
    course, (one, two) = make_course(2)
    need(course, before)
    need(two, one, "advised")
    assert told(gates.find_locks(None, two)) == [(before.title, True, False), (one.title, False, False)]
    assert told(gates.find_locks(None, course)) == [(before.title, True, False)]


def test_need_is_met_when_its_lesson_or_course_is_finished():
    before, (first, second) = make_course(2)
    course, (one, two) = make_course(2)
    need(course, before)
    need(two, one)
    learner, other = make_learner(), make_learner()
    progress.record_read(learner, one)
    assert [item.is_met for item in gates.find_locks(learner, two)] == [False, False]
    progress.record_finished(learner, one)
    progress.record_finished(learner, first)
    assert [item.is_met for item in gates.find_locks(learner, two)] == [False, True]
    progress.record_finished(learner, second)
    assert [item.is_met for item in gates.find_locks(learner, two)] == [True, True]
    assert not gates.is_closed(gates.find_locks(learner, two))
    assert gates.is_closed(gates.find_locks(other, two))


def test_course_finished_before_a_lesson_was_added_still_counts():
    before, (first,) = make_course(1)
    course, (lesson,) = make_course(1)
    need(course, before)
    learner = make_learner()
    progress.record_finished(learner, first)
    LessonFactory(parent=first.get_parent().specific)
    assert told(gates.find_locks(learner, lesson)) == [(before.title, True, True)]


def test_lock_counts_for_more_than_advice():
    before, _lessons = make_course(1)
    course, (lesson,) = make_course(1)
    need(course, before, "locked")
    need(lesson, before, "advised")
    assert told(gates.find_locks(None, lesson)) == [(before.title, True, False)]


def test_page_that_is_not_public_locks_nobody_out():
    before, (first,) = make_course(1)
    course, (lesson,) = make_course(1)
    need(course, before)
    need(lesson, first)
    before.unpublish()
    first.unpublish()
    assert gates.find_locks(None, lesson) == []


def test_needs_take_the_same_queries_for_one_and_for_many():
    course, (lesson,) = make_course(1)
    learner = make_learner()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            gates.find_locks(learner, lesson)
        return len(queries)

    before, (first,) = make_course(1)
    need(course, before)
    need(lesson, first)
    one = count()
    for _number in range(10):
        before, (first, _second) = make_course(2)
        need(course, before)
        need(lesson, first)
    assert len(gates.find_locks(learner, lesson)) == 22
    assert count() == one


# Circles


def test_no_circle_where_there_is_none():
    first, _lessons = make_course(1)
    second, (lesson,) = make_course(1)
    need(second, first)
    assert gates.find_cycle(lesson, [first.pk]) == []
    assert gates.find_cycle(second, [first.pk]) == []


def test_page_that_needs_itself():
    course, (lesson,) = make_course(1)
    assert gates.find_cycle(lesson, [lesson.pk]) == [lesson.title, lesson.title]
    assert gates.find_cycle(course, [course.pk]) == [course.title, course.title]


def test_courses_that_need_each_other():
    first, _lessons = make_course(1)
    second, _lessons = make_course(1)
    need(first, second)
    chain = gates.find_cycle(second, [first.pk])
    assert chain[0] == chain[-1] == second.title
    assert first.title in chain


def test_lesson_cannot_need_its_own_course():
    course, (lesson,) = make_course(1)
    assert gates.find_cycle(lesson, [course.pk]) == [lesson.title, course.title, lesson.title]


def test_course_cannot_need_its_own_lesson():
    course, (lesson,) = make_course(1)
    assert gates.find_cycle(course, [lesson.pk]) == [course.title, lesson.title, course.title]


def test_circle_over_both_tables():
    """The course asks for a lesson of another course, that lesson for one of this course."""
    course, (own,) = make_course(1)
    other, (theirs,) = make_course(1)
    need(theirs, own)
    assert gates.find_cycle(course, [theirs.pk]) == [course.title, theirs.title, own.title, course.title]
    need(course, theirs)
    assert gates.find_cycle(own, []) == [own.title, course.title, theirs.title, own.title]
    assert gates.find_cycle(theirs, [own.pk]) == [theirs.title, own.title, course.title, theirs.title]


def test_circle_of_advice_is_a_circle_too():
    _course, (one, two, three) = make_course(3)
    need(one, two, "advised")
    need(two, three, "advised")
    assert gates.find_cycle(three, [one.pk]) == [three.title, one.title, two.title, three.title]


def test_what_is_not_live_makes_no_circle():
    first, _lessons = make_course(1)
    second, _lessons = make_course(1)
    need(first, second)
    first.unpublish()
    assert gates.find_cycle(second, [first.pk]) == []


def test_lesson_that_would_stand_elsewhere():
    """Moved into the course that waits for it, a lesson could never be opened."""
    course, _lessons = make_course(1)
    _other, (lesson,) = make_course(1)
    need(course, lesson)
    assert gates.find_cycle(lesson, []) == []
    chapter = ChapterFactory(parent=course)
    assert gates.find_cycle(lesson, [], parent=chapter) == [lesson.title, course.title, lesson.title]
