"""Learning paths: an ordered mix of guides, lessons, courses, programmes and tasks, made shorter by what a test proves known.

A step is left out only when every question that proves it was answered right in the placement test handed in last;
its link stays open, and doing it counts. What the public may not see is not a step.
"""

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from courses.learners import current_learner
from courses.models import Attempt, CoursePage, Learner, LessonPage, PathPage, Progress, TaskMark
from courses.outline import Outline, only_reachable, public_courses, public_lessons, read_outlines
from courses.progress import find_states, measure_course
from courses.questions import Question, read_questions
from kb.facts import find_references
from kb.guides import public_guides
from kb.models import Fact, GuidePage, Programme

KIND_NAMES = {
    "guide": _("คู่มือ"),
    "lesson": _("บทเรียน"),
    "course": _("คอร์ส"),
    "programme": _("โครงการ"),
    "task": _("งานที่ร้าน"),
}
KIND_ICONS = {"guide": "guide", "lesson": "play", "course": "course", "programme": "programme", "task": "edit"}
OPENED, DONE = "opened", "done"


@dataclass(frozen=True)
class Proof:
    """A question of the placement test that was answered right. `number`: its place in the test."""

    number: int
    text: str
    answered_at: dt.datetime


@dataclass
class Step:
    """One item of a path as this learner has it. `minutes`: of the whole; `minutes_left`: of what is not done yet.

    `state`: "", OPENED or DONE. `proofs`: not empty when the step may be left out.
    """

    block: str
    kind: str
    title: str
    address: str = ""
    note: str = ""
    minutes: int = 0
    minutes_left: int = 0
    state: str = ""
    percent: int = 0
    page_id: int | None = None
    proofs: list[Proof] = field(default_factory=list)
    number: int = 0

    @property
    def is_done(self) -> bool:
        return self.state == DONE

    @property
    def is_skipped(self) -> bool:
        return bool(self.proofs) and not self.is_done

    @property
    def is_open(self) -> bool:
        """Still to be done."""
        return not self.is_done and not self.is_skipped

    @property
    def is_marked_by_hand(self) -> bool:
        """Nobody but the learner knows whether it is done."""
        return self.kind in ("task", "programme")

    @property
    def kind_name(self) -> str:
        return str(KIND_NAMES[self.kind])

    @property
    def icon(self) -> str:
        return KIND_ICONS[self.kind]

    @property
    def proved_at(self) -> dt.datetime | None:
        return max((proof.answered_at for proof in self.proofs), default=None)


@dataclass
class _Found:
    """Everything that the items of a path point to and that the public may see, by primary key."""

    guides: dict[int, GuidePage]
    lessons: dict[int, LessonPage]
    courses: dict[int, CoursePage]
    outlines: dict[int, Outline]
    programmes: dict[int, Programme]

    def page_ids(self) -> list[int]:
        inside = [lesson.pk for outline in self.outlines.values() for lesson in outline.lessons]
        return [*self.guides, *self.lessons, *self.courses, *inside]


# Reading


def recommended(stage) -> PathPage | None:
    """The path that its stage recommends; the first when there are more."""
    return only_reachable(PathPage.objects.filter(stage=stage, is_recommended=True)).order_by("path").first()


def read_steps(path: PathPage, learner: Learner | None) -> list[Step]:
    """The steps in their order, in a number of queries that does not grow with them."""
    return _read(path, learner, find_placement(path, learner))[0]


def find_placement(path: PathPage, learner: Learner | None) -> Attempt | None:
    """The placement test that the learner handed in last."""
    if learner is None or path.placement_id is None:
        return None
    attempts = Attempt.objects.filter(learner=learner, quiz=path.placement_id, submitted_at__isnull=False)
    return attempts.select_related("version").order_by("-number").first()


def _read(path: PathPage, learner: Learner | None, attempt: Attempt | None) -> tuple[list[Step], list[str]]:
    """(steps, words for editors about the items that are left out)."""
    raw = list(path.items.raw_data)
    found = _find(raw)
    states = find_states(learner, found.page_ids())
    marks = set(TaskMark.objects.filter(learner=learner, page=path).values_list("block", flat=True)) if learner and path.pk else set()
    proved = read_proofs(attempt)
    steps, missing = [], []
    for at, item in enumerate(raw, start=1):
        step = _make_step(item, found, states, marks)
        if step is None:
            missing.append(_("ลำดับที่ %(number)s (%(kind)s)") % {"number": at, "kind": KIND_NAMES[item["type"]]})
            continue
        codes = [_bare(code) for code in item["value"].get("proofs") or []]
        if codes and all(code in proved for code in codes):
            step.proofs = [proved[code] for code in codes]
        step.number = len(steps) + 1
        steps.append(step)
    _count_lessons_once(steps, found, states)
    return steps, missing


def _bare(item) -> str:
    """An item of a list as it is stored: with an id, or, from old data, the value alone."""
    return item["value"] if isinstance(item, dict) else item


def _find(raw: list[dict]) -> _Found:
    def ids(kind: str, key: str = "page") -> set[int]:
        return {item["value"][key] for item in raw if item["type"] == kind and item["value"].get(key)}

    courses = {page.pk: page for page in public_courses().filter(pk__in=ids("course"))}
    return _Found(
        guides={page.pk: page for page in public_guides().filter(pk__in=ids("guide")).defer("body")},
        lessons={page.pk: page for page in public_lessons().filter(pk__in=ids("lesson")).defer("body")},
        courses=courses,
        outlines=read_outlines(courses.values()),
        programmes={row.pk: row for row in Programme.objects.live().filter(pk__in=ids("programme", "programme"))},
    )


def _make_step(item: dict, found: _Found, states: dict[int, int], marks: set[str]) -> Step | None:
    """None when the public may not see what the item points to."""
    kind, value = item["type"], item["value"]
    step = Step(block=item.get("id") or "", kind=kind, title="", note=value.get("note") or "")
    if step.is_marked_by_hand and step.block in marks:
        step.state = DONE
    if kind == "task":
        step.title, step.minutes = value["task"]["text"], value["task"]["minutes"]
    elif kind == "programme":
        programme = found.programmes.get(value["programme"])
        if programme is None:
            return None
        step.title, step.address = programme.name, programme.get_absolute_url()
    else:
        page = {"guide": found.guides, "lesson": found.lessons, "course": found.courses}[kind].get(value["page"])
        if page is None:
            return None
        step.title, step.address, step.page_id = page.title, page.url, page.pk
        state = states.get(page.pk, 0)
        step.state = OPENED if state else ""
        if kind == "guide":
            step.minutes = page.reading_minutes
            is_done = state >= Progress.State.READ
        elif kind == "lesson":
            step.minutes = page.minutes
            is_done = state >= Progress.State.FINISHED
        else:
            outline = found.outlines[page.pk]
            measured = measure_course([lesson.pk for lesson in outline.lessons], states, course_id=page.pk)
            step.minutes, step.percent, is_done = outline.minutes, measured.percent, measured.is_finished
            step.state = OPENED if state or measured.done else ""
        step.state = DONE if is_done else step.state
    step.minutes_left = 0 if step.is_done else step.minutes
    return step


def _count_lessons_once(steps: list[Step], found: _Found, states: dict[int, int]) -> None:
    """Of an open course only the lessons are left that are not finished and not steps of their own."""
    own = {step.page_id for step in steps if step.kind == "lesson"}
    for step in steps:
        if step.kind == "course" and not step.is_done:
            left = [lesson for lesson in found.outlines[step.page_id].lessons if states.get(lesson.pk, 0) < Progress.State.FINISHED]
            step.minutes_left = sum(lesson.minutes for lesson in left if lesson.pk not in own)


def read_proofs(attempt: Attempt | None) -> dict[str, Proof]:
    """{code: proof} of the questions that the attempt answered right, as they stood when it began."""
    if attempt is None:
        return {}
    questions: dict[str, Question] = {question.id: question for question in read_questions(attempt.version.content["questions"])}
    numbers = {entry["id"]: number for number, entry in enumerate(attempt.shown, start=1)}
    return {
        questions[answer.question].code: Proof(numbers.get(answer.question, 0), questions[answer.question].text, answer.answered_at)
        for answer in attempt.answers.filter(is_right=True)
        if answer.question in questions
    }


# Showing


def path_context(path: PathPage, request) -> dict:
    """What the path's template shows. `left`: minutes; `card`: of the placement test, None when there is none."""
    learner = None if getattr(request, "is_preview", False) else current_learner(request)
    attempt = find_placement(path, learner)
    steps, missing = _read(path, learner, attempt)
    quiz = path.placement if path.placement_id and path.placement.live else None
    return {
        "stage": path.stage,
        "steps": steps,
        "next_step": next((step for step in steps if step.is_open), None),
        "done": sum(step.is_done for step in steps),
        "skipped": [step for step in steps if step.is_skipped],
        "minutes": sum(step.minutes for step in steps),
        "left": sum(step.minutes_left for step in steps if step.is_open),
        "attempt": attempt,
        "card": _placement_card(learner, quiz, path),
        "facts": _find_facts(steps),
        "missing": missing if missing and request.user.has_perm("wagtailadmin.access_admin") else [],
    }


def _placement_card(learner: Learner | None, quiz, path: PathPage):
    from courses.quizzes import quiz_cards

    return quiz_cards(learner, [quiz], path)[quiz.pk] if quiz else None


def _find_facts(steps: list[Step]) -> dict[str, Fact]:
    texts = [step.title for step in steps if step.kind == "task"] + [proof.text for step in steps for proof in step.proofs]
    codes = find_references(*texts)
    return Fact.objects.in_bulk(codes, field_name="code") if codes else {}


# On the page of a stage


@dataclass(frozen=True)
class CourseLine:
    """A course in a list: how many lessons it has, and how long they take."""

    course: CoursePage
    lessons: int
    minutes: int


def learning_of_stage(stage) -> tuple[PathPage | None, list[CourseLine]]:
    """The recommended path and the courses of a stage; three queries for any number of courses."""
    courses = list(public_courses().filter(stages=stage).order_by("code"))
    lessons = list(public_lessons().values_list("path", "minutes")) if courses else []
    lines = []
    for course in courses:
        minutes = [minutes for path, minutes in lessons if path.startswith(course.path)]
        if minutes:
            lines.append(CourseLine(course, len(minutes), sum(minutes)))
    return recommended(stage), lines
