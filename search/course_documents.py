"""Courses, lessons and learning paths in the search: found by their own words and filed as the course they belong to.

Questions and answers of quizzes are never indexed, nor what a lesson keeps closed until something else is finished. A guide
that a lesson shows is found by itself.
"""

from collections.abc import Callable, Iterator

from django.db import models
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished

from courses.lessons import read_media
from courses.models import ChapterPage, CourseIndexPage, CoursePage, LessonMedia, LessonPage, PathPage, Prerequisite
from courses.outline import course_path, only_reachable, public_courses, public_lessons, read_outlines
from kb.facts import find_references, plain_with_facts
from kb.models import Fact
from search import changes
from search.documents import FORMATS, Content, Kind, draft_text, register, unexpired
from search.passages import HEADING, Line, find_sections, read_block, show_lines, texts_of

CALLED = "คอร์ส คอร์สเรียนออนไลน์ course"  # what people call a course
PATH_CALLED = "เส้นทางเรียนรู้ learning path"
_TITLED = {"video": "title", "audio": "title", "task": "title", "quiz": "quiz", "guide": "guide"}  # block → where its heading is


# Courses


def searchable_courses() -> models.QuerySet:
    return public_courses().filter(unexpired())


def build_course(page: CoursePage) -> Content:
    quoted = find_references(page.goals)
    facts = Fact.objects.in_bulk(quoted, field_name="code") if quoted else {}
    return Content(
        title=page.title,
        summary=page.summary,
        keywords="\n".join([page.keywords, page.code, CALLED]),
        body="\n".join(plain_with_facts(goal, facts) for goal in page.goal_lines),
        facets=_facets_of(page),
        quotes=tuple(quoted),
        draft=draft_text(page),
    )


def _facets_of(course: CoursePage) -> dict[str, list[str]]:
    return {
        "stage": sorted(stage.code for stage in course.stages.all()),
        "function": sorted(function.code for function in course.functions.all()),
        "agency": [],
        "format": [],
    }


def attach_outlines(courses: list[CoursePage]) -> None:
    """Gives each course its outline, for the number of lessons and minutes on its card."""
    outlines = read_outlines(courses)
    for course in courses:
        course.outline = outlines[course.pk]


# Lessons


def searchable_lessons() -> models.QuerySet:
    return public_lessons().filter(unexpired())


def build_lesson(page: LessonPage) -> Content:
    course = CoursePage.objects.filter(path=course_path(page)).prefetch_related("stages", "functions").first()
    lines = [] if course is None or is_locked(page, course) else list(read_lines(page))
    quoted = find_references(page.goals, *(line.source for line in lines))
    facts = Fact.objects.in_bulk(quoted, field_name="code") if quoted else {}
    shown = show_lines(lines, facts)
    media = [block.value[block.block_type] for block in page.body if block.block_type in ("video", "audio")]
    return Content(
        title=page.title,
        summary=" · ".join(plain_with_facts(goal, facts) for goal in page.goal_lines),
        body="\n".join(text for _line, text in shown),
        facets=(_facets_of(course) if course else {"stage": [], "function": [], "agency": []})
        | {"format": sorted({FORMATS[block.block_type] for block in page.body if block.block_type in FORMATS})},
        sections=find_sections(shown),
        quotes=(*quoted, *(f"media:{medium.pk}" for medium in media if medium)),
        draft=draft_text(page),
    )


def is_locked(lesson: LessonPage, course: CoursePage) -> bool:
    """Whether its words are shown only after something else is finished."""
    locked = Prerequisite.Kind.LOCKED
    return lesson.prerequisites.filter(kind=locked).exists() or course.prerequisites.filter(kind=locked).exists()


def read_lines(page: LessonPage) -> Iterator[Line]:
    """The lines of the body in the order of reading; a block with a title is a section `b-<id>`, with what is said in a medium."""
    media = read_media(page)
    for at, block in enumerate(page.body):
        kind = block.block_type
        if kind not in _TITLED:
            yield from read_block(block, at)
            continue
        titled = block.value[_TITLED[kind]]
        if titled:
            yield Line(str(titled), HEADING, at, f"b-{block.id or at}")
        if kind == "task":
            yield from (Line(text, kind, at) for text in texts_of(block.value["text"]))
        elif kind in ("video", "audio") and block.value[kind]:
            yield from (Line(cue.text, kind, at) for cue in media[block.value[kind].pk].cues)


def attach_courses(lessons: list[LessonPage]) -> None:
    """Gives each lesson the course that its card names; one query."""
    courses = {course.path: course for course in CoursePage.objects.filter(path__in={course_path(lesson) for lesson in lessons})}
    for lesson in lessons:
        lesson.course = courses.get(course_path(lesson))


# Learning paths


def searchable_paths() -> models.QuerySet:
    return only_reachable(PathPage.objects.all()).filter(unexpired()).select_related("stage")


def build_path(page: PathPage) -> Content:
    notes = [item.value["note"] for item in page.items]
    tasks = [item.value["task"]["text"] for item in page.items if item.block_type == "task"]
    quoted = find_references(*tasks)
    facts = Fact.objects.in_bulk(quoted, field_name="code") if quoted else {}
    return Content(
        title=page.title,
        summary=page.summary,
        keywords=PATH_CALLED,
        body="\n".join(plain_with_facts(text, facts) for text in [*tasks, *notes] if text),
        facets={"stage": [page.stage.code], "function": [], "agency": [], "format": []},
        quotes=tuple(quoted),
        draft=draft_text(page),
    )


# What changes when


def note_above(sender, instance: Page, raw=False, **signal) -> None:
    """What stands above lessons was changed or withdrawn: they may be found or not, and are filed as their course is."""
    page = instance.specific if type(instance) is Page else instance
    if not raw and isinstance(page, CourseIndexPage | CoursePage | ChapterPage):
        lessons = LessonPage.objects.filter(path__startswith=page.path)
        changes.mark_changed("lesson", lessons.values_list("pk", flat=True))
        if isinstance(page, CourseIndexPage):
            for code, model in (("course", CoursePage), ("path", PathPage)):
                changes.mark_changed(code, model.objects.filter(path__startswith=page.path).values_list("pk", flat=True))


def note_medium(sender, instance: LessonMedia, raw=False, **signal) -> None:
    """Other captions are other words of the lessons that have them."""
    if not raw:
        changes.mark_quoting(f"media:{instance.pk}")


def _is_in(searchable: Callable[[], models.QuerySet]) -> Callable[[models.Model], bool]:
    return lambda page: searchable().filter(pk=page.pk).exists()


def connect() -> None:
    """Makes courses, lessons and paths searchable; called once when the app is ready."""
    register(
        Kind(
            code="course",
            model=CoursePage,
            name=_("คอร์ส"),
            icon="course",
            card="search/cards/course.html",
            objects=lambda: CoursePage.objects.prefetch_related("stages", "functions"),
            searchable=searchable_courses,
            is_searchable=_is_in(searchable_courses),
            build=build_course,
            complete=attach_outlines,
        )
    )
    register(
        Kind(
            code="lesson",
            model=LessonPage,
            name=_("บทเรียน"),
            icon="course",
            card="search/cards/lesson.html",
            objects=lambda: LessonPage.objects.all(),
            searchable=searchable_lessons,
            is_searchable=_is_in(searchable_lessons),
            build=build_lesson,
            complete=attach_courses,
        )
    )
    register(
        Kind(
            code="path",
            model=PathPage,
            name=_("เส้นทางเรียนรู้"),
            icon="list",
            card="search/cards/path.html",
            objects=lambda: PathPage.objects.select_related("stage"),
            searchable=searchable_paths,
            is_searchable=_is_in(searchable_paths),
            build=build_path,
        )
    )
    for signal in (post_save, post_delete):
        for model in (CourseIndexPage, CoursePage, ChapterPage):
            signal.connect(note_above, sender=model, dispatch_uid=f"search-lessons-{model.__name__}-{id(signal)}")
        signal.connect(note_medium, sender=LessonMedia, dispatch_uid=f"search-media-{id(signal)}")
    for signal in (page_published, page_unpublished):
        signal.connect(note_above, dispatch_uid=f"search-lessons-{id(signal)}")
