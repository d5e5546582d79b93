"""What must or should be done first: prerequisites of lessons and courses, whether they are met, and that they never run in a circle."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, Value
from wagtail.models import Page

from courses.models import CoursePage, CoursePrerequisite, Learner, LessonPage, LessonPrerequisite, Prerequisite, Progress
from courses.outline import course_path, public_courses, public_lessons, read_outlines
from courses.progress import find_states, measure_courses


@dataclass(frozen=True)
class Need:
    """A course or lesson that comes first. `is_locked`: the page stays closed until it is met; otherwise it is advice."""

    page: CoursePage | LessonPage
    is_locked: bool
    is_met: bool

    @property
    def is_course(self) -> bool:
        return isinstance(self.page, CoursePage)


def is_closed(needs: Iterable[Need]) -> bool:
    return any(need.is_locked and not need.is_met for need in needs)


def find_locks(learner: Learner | None, page: CoursePage | LessonPage) -> list[Need]:
    """What comes before a course, or before a lesson and the course it belongs to; in a constant number of queries."""
    if isinstance(page, LessonPage):
        own, of_course = find_needs(learner, course_path(page), [page.pk])
        return join_needs(of_course, own.get(page.pk, []))
    return find_needs(learner, page.path, [])[1]


def join_needs(*groups: list[Need]) -> list[Need]:
    """Each page once; a lock counts for more than advice."""
    found: dict[int, Need] = {}
    for need in (need for group in groups for need in group):
        if need.page.pk not in found or need.is_locked:
            found[need.page.pk] = need
    return list(found.values())


def find_needs(learner: Learner | None, path_of_course: str, lesson_ids: Iterable[int]) -> tuple[dict[int, list[Need]], list[Need]]:
    """({lesson: what it needs itself}, what the course needs). What is not public is left out: nobody could ever meet it."""
    columns = ("page_id", "needs_id", "kind", "sort_order", "table")
    rows = list(
        CoursePrerequisite.objects.filter(page__path=path_of_course)
        .order_by()
        .annotate(table=Value("course", CharField()))
        .values_list(*columns)
        .union(
            LessonPrerequisite.objects.filter(page__in=list(lesson_ids))
            .order_by()
            .annotate(table=Value("lesson", CharField()))
            .values_list(*columns),
            all=True,
        )
    )
    if not rows:
        return {}, []
    ids = {row[1] for row in rows}
    pages = {page.pk: page for page in public_courses().filter(pk__in=ids)}
    outlines = read_outlines(pages.values())
    pages |= {page.pk: page for page in public_lessons().filter(pk__in=ids).defer("body")}
    finished = {key for key, measured in measure_courses(learner, outlines.values()).items() if measured.is_finished}
    finished |= {key for key, state in find_states(learner, ids - set(outlines)).items() if state >= Progress.State.FINISHED}
    of_lessons: dict[int, list[Need]] = {}
    of_course: list[Need] = []
    for page_id, needs_id, kind, _order, table in sorted(rows, key=lambda row: (row[3] or 0, row[1])):
        if needs_id in pages:
            need = Need(pages[needs_id], kind == Prerequisite.Kind.LOCKED, needs_id in finished)
            (of_course if table == "course" else of_lessons.setdefault(page_id, [])).append(need)
    return of_lessons, of_course


# Circles


def find_cycle(page: Page, needs_ids: Iterable[int], *, parent: Page | None = None) -> list[str]:
    """Titles from the page back to itself if it needed these pages; empty when there is no circle.

    A lesson can be opened after what it needs and what its course needs; a course is finished after all its lessons.
    parent: the chapter that a lesson is (to be) in, when it is not where the tree has it.
    """
    arrows = _read_arrows()
    start = ("open", page.pk)
    arrows[start] = [("done", key) for key in needs_ids]
    if isinstance(page, LessonPage):
        chapter_path = parent.path if parent else page.path[: -Page.steplen]
        course = CoursePage.objects.filter(path=chapter_path[: -Page.steplen]).values_list("pk", flat=True).first()
        arrows[start].append(("open", course))
        arrows[("done", page.pk)] = [start]
        arrows.setdefault(("done", course), []).append(("done", page.pk))
    before, queue = {start: None}, [start]
    for node in queue:
        for after in arrows.get(node, ()):
            if after == start:
                return _name_chain([*_walk_back(node, before), page.pk], page)
            if after not in before:
                before[after] = node
                queue.append(after)
    return []


def _walk_back(node, before: dict) -> list[int]:
    """The pages from the start to here."""
    chain = []
    while node is not None:
        chain.append(node[1])
        node = before[node]
    return chain[::-1]


def _name_chain(ids: list[int], page: Page) -> list[str]:
    """Titles, each page once in a row: to open it and to finish it are one to the reader."""
    ids = [key for at, key in enumerate(ids) if at == 0 or key != ids[at - 1]]
    titles = dict(Page.objects.filter(pk__in=[key for key in ids if key]).values_list("pk", "title")) | {page.pk: page.title}
    return [titles[key] for key in ids] if len(ids) > 1 else [page.title, page.title]


def _read_arrows() -> dict[tuple[str, int], list[tuple[str, int]]]:
    """{what: what must be before}, of all live courses and lessons: "open" is that one may begin, "done" that it is finished."""
    courses = dict(CoursePage.objects.filter(live=True).values_list("path", "pk"))
    arrows: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for pk in courses.values():
        arrows[("open", pk)] = []
        arrows[("done", pk)] = [("open", pk)]
    for lesson in LessonPage.objects.filter(live=True).only("pk", "path"):
        arrows[("open", lesson.pk)] = []
        arrows[("done", lesson.pk)] = [("open", lesson.pk)]
        course = courses.get(course_path(lesson))
        if course:
            arrows[("open", lesson.pk)].append(("open", course))
            arrows[("done", course)].append(("done", lesson.pk))
    for model in (CoursePrerequisite, LessonPrerequisite):
        for page_id, needs_id in model.objects.filter(page__live=True).values_list("page_id", "needs_id"):
            arrows.setdefault(("open", page_id), []).append(("done", needs_id))
    return arrows
