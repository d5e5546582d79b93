"""What a learner has here: where to go on, what was begun and finished, what he keeps and notes. The number of queries never grows."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import FilteredRelation, Q
from wagtail.models import Page

from courses.learners import current_learner
from courses.models import Attempt, Bookmark, Certificate, CoursePage, Learner, LessonPage, Note, PathPage, Progress, TaskMark
from courses.outline import Outline, only_reachable, public_courses, public_lessons, read_outlines
from courses.paths import Step, read_steps
from courses.progress import CourseProgress, measure_course
from kb.facts import find_references, plain_with_facts
from kb.guides import public_guides
from kb.models import Fact, GuidePage, block_texts

State = Progress.State
NOTES_KEPT = 500  # of one learner: more than anybody writes by hand
QUOTED = 160  # letters of a block that stand beside a note of it
_NAMED = 40  # letters of a block in the list of places
_STEPS_WITHOUT_PAGE = ("task", "programme")  # of a path: the learner himself says that they are done


def find_page(page_id: int, *kinds: type[Page]) -> Page | None:
    """The page of this number when the public may open it and it is of these kinds."""
    page = only_reachable(Page.objects.filter(pk=page_id)).specific().first()
    return page if isinstance(page, kinds) else None


# Where to go on


@dataclass
class Begun:
    """A course that was begun. `rows`: {lesson: its row}."""

    outline: Outline
    measured: CourseProgress
    rows: dict[int, Progress]
    seen_at: dt.datetime
    certificate: Certificate | None = None

    @property
    def course(self) -> CoursePage:
        return self.outline.course

    @cached_property
    def next_lesson(self) -> LessonPage | None:
        """The lesson seen last while it is not finished; else the next that is not, from there on and round."""
        lessons = self.outline.lessons
        last = max((key for key in self.rows), key=lambda key: (self.rows[key].seen_at, key), default=None)
        at = next((place for place, lesson in enumerate(lessons) if lesson.pk == last), 0)
        return next((lesson for lesson in [*lessons[at:], *lessons[:at]] if not self._is_done(lesson)), None)

    @property
    def marks(self) -> list[str]:
        """One scallop for each lesson: `done`, `now` or nothing."""
        on = self.next_lesson
        return [
            "done" if self._is_done(lesson) else "now" if on is not None and lesson.pk == on.pk else "" for lesson in self.outline.lessons
        ]

    @property
    def changed(self) -> list[LessonPage]:
        return [lesson for lesson in self.outline.lessons if is_changed(self.rows.get(lesson.pk), lesson)]

    def _is_done(self, lesson: LessonPage) -> bool:
        row = self.rows.get(lesson.pk)
        return row is not None and row.state >= State.FINISHED


@dataclass
class Resume:
    """Where to go on: `address` leads to the block, and in a video to the second."""

    page: LessonPage
    address: str
    begun: Begun

    @property
    def course(self) -> CoursePage:
        return self.begun.course

    @property
    def measured(self) -> CourseProgress:
        return self.begun.measured

    @property
    def number(self) -> int:
        return self.begun.outline.place_of(self.page)

    @cached_property
    def stage_code(self) -> str:
        """The stage in whose colours it stands; one query."""
        stage = self.course.stages.first()
        return stage.code if stage else "plain"

    @property
    def is_begun(self) -> bool:
        """Whether this lesson itself was opened before."""
        return self.page.pk in self.begun.rows


def resume(learner: Learner | None) -> Resume | None:
    """The lesson to go on with in the course seen last that is not finished."""
    return choose_resume(find_begun(learner)) if learner else None


def choose_resume(begun: Iterable[Begun]) -> Resume | None:
    for course in begun:
        lesson = None if course.measured.is_finished else course.next_lesson
        if lesson is not None:
            return Resume(lesson, write_address(lesson, course.rows.get(lesson.pk)), course)
    return None


def write_address(page: Page, row: Progress | None) -> str:
    """The page's address, with the second and the block where the reader was."""
    place = row.place if row else {}
    second, block = place.get("second", 0), place.get("block", "")
    return page.url + (f"?t={second}" if second else "") + (f"#b-{block}" if block else "")


def find_begun(learner: Learner) -> list[Begun]:
    """The courses of which something was opened or finished, last seen first; five queries, none more for more courses."""
    own = Progress.objects.filter(learner=learner)
    rows = {row.page_id: row for row in own}
    if not rows:
        return []
    pages = own.values("page_id")
    paths = {path[: -2 * Page.steplen] for path in public_lessons().filter(pk__in=pages).values_list("path", flat=True)}
    outlines = read_outlines(public_courses().filter(Q(path__in=paths) | Q(pk__in=pages)))
    states = {key: row.state for key, row in rows.items()}
    begun = []
    for outline in outlines.values():
        ids = [lesson.pk for lesson in outline.lessons]
        seen = [rows[key].seen_at for key in [outline.course.pk, *ids] if key in rows]
        if seen:
            measured = measure_course(ids, states, course_id=outline.course.pk)
            begun.append(Begun(outline, measured, {key: rows[key] for key in ids if key in rows}, max(seen)))
    return sorted(begun, key=lambda course: (course.seen_at, course.course.pk), reverse=True)


# What changed since


def is_changed(row: Progress | None, page: Page) -> bool:
    """Whether the page's words changed since the learner finished it. Not known is not changed."""
    return bool(row and row.state >= State.FINISHED and row.finished_hash and page.text_hash and row.finished_hash != page.text_hash)


def find_changed_guides(learner: Learner) -> list[GuidePage]:
    rows = {row.page_id: row for row in Progress.objects.filter(learner=learner, state=State.FINISHED).exclude(finished_hash="")}
    return [guide for guide in public_guides().filter(pk__in=list(rows)) if is_changed(rows[guide.pk], guide)] if rows else []


# One page


@dataclass
class PageState:
    """What the learner has at one page."""

    row: Progress | None = None
    is_kept: bool = False
    notes: list[Note] = field(default_factory=list)

    @property
    def is_finished(self) -> bool:
        return self.row is not None and self.row.state >= State.FINISHED

    @property
    def is_read(self) -> bool:
        return self.row is not None and self.row.state >= State.READ


def page_state(request, page: Page) -> PageState:
    """Read once per request: one query for row, bookmark and notes; none for a visitor who left nothing."""
    kept = request.__dict__.setdefault("_page_states", {})
    if page.pk not in kept:
        learner = current_learner(request)
        kept[page.pk] = _read_state(learner, page) if learner else PageState()
    return kept[page.pk]


def _read_state(learner: Learner, page: Page) -> PageState:
    here = {
        "here": FilteredRelation("progress", condition=Q(progress__page=page.pk)),
        "kept": FilteredRelation("bookmarks", condition=Q(bookmarks__page=page.pk)),
        "own": FilteredRelation("notes", condition=Q(notes__page=page.pk)),
    }
    of_row = ("pk", "state", "finished_at", "confirmed_at", "finished_hash", "place")
    of_note = ("pk", "block", "quote", "text", "created_at", "updated_at")
    names = ["kept__pk", *(f"here__{name}" for name in of_row), *(f"own__{name}" for name in of_note)]
    rows = list(Learner.objects.filter(pk=learner.pk).annotate(**here).order_by("own__created_at", "own__pk").values(*names))
    if not rows:
        return PageState()
    first = rows[0]
    row = Progress(page=page, learner=learner, **{name: first[f"here__{name}"] for name in of_row}) if first["here__pk"] else None
    notes = [Note(page=page, learner=learner, **{name: found[f"own__{name}"] for name in of_note}) for found in rows if found["own__pk"]]
    return PageState(row, first["kept__pk"] is not None, notes)


# What is kept


def keep_page(learner: Learner, page: Page) -> None:
    Bookmark.objects.get_or_create(learner=learner, page=page)


def drop_page(learner: Learner, page_id: int) -> None:
    Bookmark.objects.filter(learner=learner, page_id=page_id).delete()


def mark_task(learner: Learner, page: Page, block: str, *, is_done: bool) -> None:
    if is_done:
        TaskMark.objects.get_or_create(learner=learner, page=page, block=block)
    else:
        TaskMark.objects.filter(learner=learner, page=page, block=block).delete()


def task_ids(page: LessonPage | PathPage) -> set[str]:
    """The ids of the blocks that a learner may mark as done himself."""
    blocks, kinds = (page.items, _STEPS_WITHOUT_PAGE) if isinstance(page, PathPage) else (page.body, ("task",))
    return {raw["id"] for raw in blocks.raw_data if raw["type"] in kinds and raw.get("id")}


# Notes


def note_places(page: Page) -> list[tuple[str, str]]:
    """(id, first words) of the blocks of a lesson at which a note can stand."""
    if not isinstance(page, LessonPage):
        return []
    return [
        (block.id, words if len(words) <= _NAMED else f"{words[:_NAMED].rstrip()}…")
        for block in page.body
        if (words := quote_block(page, block))
    ]


def quote_block(page: LessonPage, block) -> str:
    """The first words of a block, facts in place."""
    if block.block_type in ("guide", "quiz"):
        named = block.value["guide" if block.block_type == "guide" else "quiz"]
        return str(named)[:QUOTED] if named and named.live else ""
    if block.block_type in ("video", "audio"):
        return block.value["title"][:QUOTED]
    words = " ".join(" ".join(block_texts(block.value)).split())
    return plain_with_facts(words, facts_of(page))[:QUOTED]


def facts_of(page: Page) -> dict:
    """The facts that a page quotes, read once."""
    if "_facts_quoted" not in page.__dict__:
        codes = find_references(*page.texts())
        page._facts_quoted = Fact.objects.in_bulk(codes, field_name="code") if codes else {}
    return page._facts_quoted


def write_note(learner: Learner, page: Page, text: str, block_id: str = "") -> Note:
    """A new note. A block that is no longer there makes it a note of the whole page: the words are never lost."""
    blocks = page.body if isinstance(page, LessonPage) else []
    block = next((block for block in blocks if block.id == block_id), None) if block_id else None
    quote = quote_block(page, block) if block is not None else ""
    return Note.objects.create(
        learner=learner, page=page, page_title=page.title, block=block.id if block is not None else "", quote=quote, text=text
    )


def has_room_for_notes(learner: Learner | None) -> bool:
    return learner is None or Note.objects.filter(learner=learner).count() < NOTES_KEPT


# Paths


@dataclass(frozen=True)
class BegunPath:
    path: PathPage
    steps: list[Step]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def left_out(self) -> int:
        return sum(step.is_skipped for step in self.steps)

    @property
    def next_step(self) -> Step | None:
        return next((step for step in self.steps if step.is_open), None)


def find_paths(learner: Learner | None) -> list[BegunPath]:
    """The paths that the learner took the test of, kept, or did a task of. There is one for each stage, hardly more."""
    if learner is None:
        return []
    own = [model.objects.filter(learner=learner).values("page_id") for model in (Attempt, Bookmark, TaskMark)]
    chosen = Q(pk__in=own[0]) | Q(pk__in=own[1]) | Q(pk__in=own[2])
    return [BegunPath(path, read_steps(path, learner)) for path in only_reachable(PathPage.objects.filter(chosen)).order_by("path")]


# Everything


@dataclass
class KeptNote:
    """A note with its page when the public may open it. `is_block_gone`: the page is there, the place in it is not."""

    note: Note
    page: Page | None
    is_block_gone: bool = False

    @property
    def address(self) -> str:
        if self.page is None:
            return ""
        return self.page.url + (f"#b-{self.note.block}" if self.note.block and not self.is_block_gone else "")


@dataclass
class Learning:
    """All that stands on «การเรียนของฉัน». `other_certificates`: of courses that are no longer there."""

    begun: list[Begun] = field(default_factory=list)
    finished: list[Begun] = field(default_factory=list)
    changed: list[Page] = field(default_factory=list)
    bookmarks: list[Page] = field(default_factory=list)
    notes: list[KeptNote] = field(default_factory=list)
    paths: list[BegunPath] = field(default_factory=list)
    other_certificates: list[Certificate] = field(default_factory=list)

    @cached_property
    def resume(self) -> Resume | None:
        return choose_resume(self.begun)

    @property
    def others(self) -> list[Begun]:
        """The courses begun without the one to go on with."""
        return [begun for begun in self.begun if self.resume is None or begun is not self.resume.begun]

    @property
    def number_of_courses(self) -> int:
        return len(self.begun) + len(self.finished)

    @property
    def is_empty(self) -> bool:
        return not any((self.begun, self.finished, self.bookmarks, self.notes, self.changed, self.paths, self.other_certificates))


def read_learning(learner: Learner | None) -> Learning:
    if learner is None:
        return Learning()
    courses = find_begun(learner)
    certificates = list(Certificate.objects.filter(learner=learner, revoked_at=None).order_by("issued_at"))
    by_course = {certificate.course_id: certificate for certificate in certificates}
    for course in courses:
        course.certificate = by_course.pop(course.course.pk, None)
    kept = list(Bookmark.objects.filter(learner=learner).values_list("page_id", flat=True))
    notes = list(Note.objects.filter(learner=learner).order_by("-updated_at", "-pk"))
    pages = {
        page.pk: page for page in only_reachable(Page.objects.filter(pk__in={*kept, *(note.page_id for note in notes if note.page_id)}))
    }
    return Learning(
        begun=[course for course in courses if not course.measured.is_finished],
        finished=[course for course in courses if course.measured.is_finished],
        other_certificates=list(by_course.values()),
        changed=[*(lesson for course in courses for lesson in course.changed), *find_changed_guides(learner)],
        bookmarks=[pages[key] for key in kept if key in pages],
        notes=_place_notes(notes, pages),
        paths=find_paths(learner),
    )


def _place_notes(notes: list[Note], pages: dict[int, Page]) -> list[KeptNote]:
    """Each note with its page; whether its block is still there is read from the lessons that have such notes, in one query."""
    with_block = {note.page_id for note in notes if note.block and note.page_id in pages}
    lessons = LessonPage.objects.filter(pk__in=with_block).only("pk", "body") if with_block else []
    blocks = {lesson.pk: {raw.get("id") for raw in lesson.body.raw_data} for lesson in lessons}
    return [
        KeptNote(note, pages.get(note.page_id), bool(note.block) and note.block not in blocks.get(note.page_id, set())) for note in notes
    ]
