"""The contents of a course for one learner: every lesson with its state, what is closed and why, and where to go on."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from courses import gates, progress
from courses.gates import Need
from courses.models import CoursePage, Learner, LessonPage, Progress
from courses.outline import Chapter, Outline, read_outline
from courses.progress import CourseProgress

SCALLOPS_SHOWN = 24  # more would be thinner than their own edges on a phone
STATE_NAMES = {0: _("ยังไม่เริ่ม"), Progress.State.OPENED: _("เปิดแล้ว"), Progress.State.READ: _("อ่านแล้ว"), Progress.State.FINISHED: _("จบแล้ว")}


@dataclass(frozen=True)
class Entry:
    """A lesson in the contents. `needs`: what it asks for itself, without what its course asks for."""

    lesson: LessonPage
    number: int
    row: Progress | None
    needs: list[Need]

    @property
    def state(self) -> int:
        return self.row.state if self.row else 0

    @property
    def state_name(self) -> str:
        return str(STATE_NAMES[self.state])

    @property
    def is_finished(self) -> bool:
        return self.state >= Progress.State.FINISHED

    @property
    def is_begun(self) -> bool:
        return 0 < self.state < Progress.State.FINISHED

    @property
    def is_closed(self) -> bool:
        return gates.is_closed(self.needs)

    @property
    def unmet(self) -> list[Need]:
        """What keeps it closed."""
        return [need for need in self.needs if need.is_locked and not need.is_met]


@dataclass
class Contents:
    """`needs`: what the course itself asks for, for all its lessons."""

    outline: Outline
    measured: CourseProgress
    rows: dict[int, Progress]
    needs: list[Need]
    entries: list[Entry] = field(default_factory=list)

    @property
    def course(self) -> CoursePage:
        return self.outline.course

    @property
    def chapters(self) -> list[tuple[Chapter, list[Entry]]]:
        of = {entry.lesson.pk: entry for entry in self.entries}
        return [(chapter, [of[lesson.pk] for lesson in chapter.lessons]) for chapter in self.outline.chapters]

    @property
    def is_closed(self) -> bool:
        return gates.is_closed(self.needs)

    @property
    def has_scallops(self) -> bool:
        return 0 < len(self.entries) <= SCALLOPS_SHOWN

    @property
    def is_begun(self) -> bool:
        return any(entry.state for entry in self.entries)

    @property
    def next_lesson(self) -> LessonPage | None:
        """Where to go on: the lesson seen last while it is not finished, else the first open one after it, else the first of all."""
        if not self.entries:
            return None
        seen = max((entry for entry in self.entries if entry.row), key=lambda entry: (entry.row.seen_at, entry.number), default=None)
        at = seen.number - 1 if seen else 0
        in_turn = [*self.entries[at:], *self.entries[:at]]
        left = [entry for entry in in_turn if not entry.is_finished]
        return next((entry.lesson for entry in left if not entry.is_closed), (left or self.entries)[0].lesson)


def read_contents(learner: Learner | None, course: CoursePage) -> Contents:
    """In a constant number of queries."""
    outline = read_outline(course)
    ids = [lesson.pk for lesson in outline.lessons]
    of_lessons, of_course = gates.find_needs(learner, course.path, ids)
    rows = progress.find_rows(learner, [course.pk, *ids])
    measured = progress.measure_course(ids, {key: row.state for key, row in rows.items()}, course_id=course.pk)
    entries = [
        Entry(lesson, number, rows.get(lesson.pk), of_lessons.get(lesson.pk, [])) for number, lesson in enumerate(outline.lessons, start=1)
    ]
    return Contents(outline, measured, rows, of_course, entries)
