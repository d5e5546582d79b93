"""The order of a course: its chapters and lessons as a reader may see them. A constant number of queries for any number of courses."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q
from wagtail.models import Page

from courses.models import ChapterPage, CoursePage, LessonPage
from kb.guides import only_public


@dataclass
class Chapter:
    page: ChapterPage
    lessons: list[LessonPage] = field(default_factory=list)


@dataclass
class Outline:
    """`lessons` come without their bodies. A chapter without public lessons is left out."""

    course: CoursePage
    chapters: list[Chapter] = field(default_factory=list)

    @property
    def lessons(self) -> list[LessonPage]:
        return [lesson for chapter in self.chapters for lesson in chapter.lessons]

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)

    @property
    def kilobytes(self) -> int:
        return sum(lesson.kilobytes for lesson in self.lessons)

    def place_of(self, lesson: LessonPage) -> int:
        """Number of the lesson in the whole course, from 1; 0 when it is not there."""
        return next((number for number, found in enumerate(self.lessons, start=1) if found.pk == lesson.pk), 0)

    def neighbours(self, lesson: LessonPage) -> tuple[LessonPage | None, LessonPage | None]:
        lessons, at = self.lessons, self.place_of(lesson) - 1
        return (lessons[at - 1] if at > 0 else None, lessons[at + 1] if 0 <= at < len(lessons) - 1 else None)


def only_reachable(pages):
    """The public pages that stand below no draft: one may be taken back while what is below it stays live."""
    own_path = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    drafts = Page.objects.filter(live=False).alias(own_path=own_path).filter(own_path__startswith=F("path"))
    return only_public(pages).filter(~Exists(drafts))


def stands_below_draft(page: Page) -> bool:
    """Whether something above the page was taken back or never published. One query."""
    above = [page.path[:end] for end in range(Page.steplen, len(page.path), Page.steplen)]
    return Page.objects.filter(path__in=above, live=False).exists()


def public_courses():
    return only_reachable(CoursePage.objects.all())


def public_lessons():
    """The lessons that the public may open: nothing above them is hidden or a draft either."""
    return only_reachable(LessonPage.objects.all())


def read_outline(course: CoursePage) -> Outline:
    return read_outlines([course])[course.pk]


def read_outlines(courses: Iterable[CoursePage]) -> dict[int, Outline]:
    """{pk of the course: its outline}, in two queries."""
    outlines = {course.path: Outline(course) for course in courses}
    if not outlines:
        return {}
    below = Q()
    for path in outlines:
        below |= Q(path__startswith=path)
    chapters = {page.path: Chapter(page) for page in only_public(ChapterPage.objects.filter(below)).order_by("path")}
    for lesson in only_public(LessonPage.objects.filter(below)).defer("body").order_by("path"):
        if chapter := chapters.get(lesson.path[: -LessonPage.steplen]):
            chapter.lessons.append(lesson)
    for path, chapter in chapters.items():
        if chapter.lessons:
            outlines[path[: -ChapterPage.steplen]].chapters.append(chapter)
    return {outline.course.pk: outline for outline in outlines.values()}


def course_path(page: Page) -> str:
    """The tree path of the course that a chapter or lesson belongs to."""
    return page.path[: -Page.steplen * (2 if isinstance(page, LessonPage) else 1)]


def course_of(lesson: LessonPage) -> CoursePage:
    return CoursePage.objects.get(path=course_path(lesson))
