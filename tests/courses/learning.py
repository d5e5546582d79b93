"""Courses, lessons and learners for tests of progress."""

import datetime as dt

from courses.models import Learner, LessonChange, LessonPage
from tests.factories import ChapterFactory, CourseFactory, LessonFactory

TASK = ("task", {"title": "นับลูกค้า", "text": "<p>ยืนหน้าร้านสิบนาที</p>", "minutes": 10})


def make_course(number: int = 3, **fields):
    """(course, its lessons)."""
    course = CourseFactory(**fields)
    chapter = ChapterFactory(parent=course)
    return course, [LessonFactory(parent=chapter) for _ in range(number)]


def make_lesson(**fields) -> LessonPage:
    lesson = LessonFactory(**fields)
    return LessonPage.objects.get(pk=lesson.pk)


def first_block(lesson: LessonPage, kind: str = "text") -> str:
    lesson = LessonPage.objects.get(pk=lesson.pk)
    return next(block.id for block in lesson.body if block.block_type == kind)


def edit(lesson: LessonPage, text: str, note: str = "", significance: str = "major") -> LessonPage:
    """Publishes other words."""
    lesson = LessonPage.objects.get(pk=lesson.pk)
    lesson.body = [("text", text)]
    lesson.save_revision().publish()
    if note:
        LessonChange.objects.create(page=lesson, date=dt.date(2026, 11, 30), significance=significance, note=note)
    return LessonPage.objects.get(pk=lesson.pk)


def learner_of(client) -> Learner | None:
    key = client.session.get("learner")
    return Learner.objects.filter(pk=key).first() if key else None
