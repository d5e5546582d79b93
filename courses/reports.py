"""What editors learn from learners: where they stop, which questions fail, and who finishes. Always the same number of queries.

Who has finished is asked of `progress.measure_course`, like everywhere. By province, stage and size no small number is
shown (`small_cells`); of a question only what `FEWEST` attempts or more have answered.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from business import vocabulary
from business.models import Business
from business.size import LABELS
from courses.grading import judge
from courses.models import Answer, CoursePage, LessonPage, Progress, QuizVersion
from courses.outline import Outline, read_outline
from courses.progress import measure_course
from courses.questions import Given, Question, read_questions
from courses.small_cells import FEWEST, Row, hide_small
from kb.facts import plain_with_facts
from kb.models import Fact

MOST_QUESTIONS = 50
UNKNOWN = "unknown"  # visitors, and people who have not told


@dataclass(frozen=True)
class Stop:
    """A lesson. `lost`: those who opened it and have not finished it, in percent rounded; None when nobody opened it."""

    lesson: LessonPage
    number: int
    opened: int
    finished: int

    @property
    def lost(self) -> int | None:
        return round(100 * (self.opened - self.finished) / self.opened) if self.opened else None


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that draws: `text` is an option of the question, `share` percent of all answers, rounded."""

    text: str
    number: int
    share: int


@dataclass
class Asked:
    """A question as one version of a quiz puts it, with the answers of attempts handed in. A part of a case stands alone."""

    quiz: str
    question: Question
    facts: dict[str, Fact] = field(default_factory=dict)
    answers: int = 0
    failed: int = 0
    chosen: Counter = field(default_factory=Counter)  # wrong option: number of answers

    @property
    def text(self) -> str:
        return plain_with_facts(self.question.text, self.facts)

    @property
    def failed_percent(self) -> int:
        return round(100 * self.failed / self.answers) if self.answers else 0

    @property
    def wrong(self) -> list[Wrong]:
        """The most drawing first."""
        texts = {key: plain_with_facts(text, self.facts) for key, text in _texts_of_options(self.question).items()}
        found = sorted(self.chosen.items(), key=lambda pair: (-pair[1], texts.get(pair[0], "")))
        return [Wrong(texts[key], number, round(100 * number / self.answers)) for key, number in found if key in texts]


@dataclass(frozen=True)
class CourseReport:
    """`begun`: learners who opened a lesson. `groups`: {"province", "stage", "size": rows, [] when there are too few learners}."""

    course: CoursePage
    begun: int
    finished: int
    stops: list[Stop]
    questions: list[Asked]
    groups: dict[str, list[Row]]


def read_report(course: CoursePage) -> CourseReport:
    """Of one public course."""
    outline = read_outline(course)
    finished_by = find_finished(outline)
    return CourseReport(
        course,
        len(finished_by),
        sum(finished_by.values()),
        read_stops(outline),
        read_questions_asked(outline),
        read_groups(outline, finished_by),
    )


# Where they stop


def read_stops(outline: Outline) -> list[Stop]:
    """One query."""
    rows = (
        Progress.objects.filter(page__in=[lesson.pk for lesson in outline.lessons])
        .values_list("page_id")
        .annotate(opened=Count("pk"), finished=Count("pk", filter=Q(state=Progress.State.FINISHED)))
    )
    counts = {page: numbers for page, *numbers in rows.order_by()}
    return [Stop(lesson, number, *counts.get(lesson.pk, (0, 0))) for number, lesson in enumerate(outline.lessons, start=1)]


# Who finishes


def find_finished(outline: Outline) -> dict[int, bool]:
    """{learner who opened a lesson of the course: whether the course is finished}; one query."""
    lessons, course_id = [lesson.pk for lesson in outline.lessons], outline.course.pk
    states: dict[int, dict[int, int]] = {}
    for learner, page, state in Progress.objects.filter(page__in=[course_id, *lessons]).values_list("learner_id", "page_id", "state"):
        states.setdefault(learner, {})[page] = state
    return {
        learner: measure_course(lessons, own, course_id=course_id).is_finished
        for learner, own in states.items()
        if own.keys() != {course_id} or own[course_id] == Progress.State.FINISHED
    }


def read_groups(outline: Outline, finished_by: dict[int, bool]) -> dict[str, list[Row]]:
    """By the first business of the person; one query. Rows bear codes: a province's, a stage's, a size's, or `UNKNOWN`."""
    pages = [outline.course.pk, *(lesson.pk for lesson in outline.lessons)]
    learning = Progress.objects.filter(page__in=pages).values("learner__user_id")
    businesses: dict[int, Business] = {}
    rows = (
        Business.objects.filter(owner__in=learning)
        .select_related("sector", "stage")
        .order_by("pk")
        .annotate(learner_id=F("owner__learner__pk"))
    )
    for business in rows:
        businesses.setdefault(business.learner_id, business)
    return {
        name: hide_small(_count_groups({learner: find_code(businesses.get(learner)) for learner in finished_by}, finished_by, order))
        for name, find_code, order in (
            ("province", _province_of, vocabulary.provinces()),
            ("stage", _stage_of, vocabulary.stages()),
            ("size", _size_of, LABELS),
        )
    }


def _count_groups(codes: dict[int, str], finished_by: dict[int, bool], order: Iterable[str]) -> dict[str, tuple[int, int]]:
    begun = Counter(codes.values())
    finished = Counter(code for learner, code in codes.items() if finished_by[learner])
    return {code: (begun[code], finished[code]) for code in [*order, UNKNOWN] if begun[code]}


def _province_of(business: Business | None) -> str:
    return business.province_id if business and business.province_id in vocabulary.provinces() else UNKNOWN


def _stage_of(business: Business | None) -> str:
    return business.stage.code if business and business.stage and business.stage.code in vocabulary.stages() else UNKNOWN


def _size_of(business: Business | None) -> str:
    return (business.size.size if business else None) or UNKNOWN


def name_group(kind: str, key: str | None) -> str:
    """kind: "province", "stage", "size"."""
    if key is None:
        return _("กลุ่มเล็กรวมกัน")
    if key == UNKNOWN:
        return _("ไม่ทราบ")
    if kind == "size":
        return str(LABELS[key])
    return (vocabulary.provinces() if kind == "province" else vocabulary.stages())[key].name


# Which questions fail


def read_questions_asked(outline: Outline) -> list[Asked]:
    """Those that fail most first. Four queries at most."""
    bodies = LessonPage.objects.filter(pk__in=[lesson.pk for lesson in outline.lessons]).only("pk", "body")
    quiz_ids = {key for lesson in bodies for key in lesson.quiz_ids}
    rows = (
        Answer.objects.filter(attempt__quiz__in=quiz_ids, attempt__submitted_at__isnull=False)
        .values_list("attempt__version_id", "question", "given", "is_right")
        .annotate(number=Count("pk"))
        .order_by()
    )
    rows, asked = list(rows), {}
    versions = QuizVersion.objects.in_bulk({version for version, *_rest in rows})
    questions = {key: {question.id: question for question in read_questions(row.content["questions"])} for key, row in versions.items()}
    for version, key, given, is_right, number in rows:
        if question := questions[version].get(key):
            for part, part_given, is_part_right in _parts_of(question, given, is_right):
                one = asked.setdefault((version, part.id), Asked(versions[version].content["title"], part))
                one.answers += number
                if not is_part_right:
                    one.failed += number
                    one.chosen.update(dict.fromkeys(_wrong_options(part, part_given), number))
    enough = [one for one in asked.values() if one.answers >= FEWEST and one.failed]
    found = sorted(enough, key=lambda one: (-one.failed / one.answers, -one.answers, one.quiz, one.question.code))[:MOST_QUESTIONS]
    codes = {code for one in found for code in one.question.fact_codes(is_answered=False)}
    facts = Fact.objects.in_bulk(codes, field_name="code") if codes else {}
    for one in found:
        one.facts = facts
    return found


def _parts_of(question: Question, given: Given, is_right: bool) -> Iterator[tuple[Question, Given, bool]]:
    if question.kind != "case":
        yield question, given, is_right
        return
    for part in question.parts:
        part_given = given.get("parts", {}).get(part.id) or {}
        yield part, part_given, judge(part, part_given).is_right


def _wrong_options(question: Question, given: Given) -> list[str]:
    """The wrong options chosen. What was typed is not repeated: it may be anything."""
    if question.kind in ("single", "multiple"):
        chosen = given.get("options") or [given.get("option")]
        return [option.id for option in question.options if option.id in chosen and not option.is_right]
    if question.kind == "true_false" and "value" in given:
        return [str(given["value"])]
    return []


def _texts_of_options(question: Question) -> dict[str, str]:
    if question.kind == "true_false":
        return {"True": _("จริง"), "False": _("ไม่จริง")}
    return {option.id: option.text or option.alt for option in question.options}


# As sheets


def make_sheet(report: CourseReport, table: str) -> tuple[list[str], list[list[str]]]:
    """(headings, rows) of one table for a spreadsheet; what is hidden on the page is hidden here. Raises KeyError."""
    sheets = {
        "stops": lambda: (
            ["lesson", "title", "opened", "finished", "lost_percent"],
            [[stop.number, stop.lesson.title, stop.opened, stop.finished, stop.lost] for stop in report.stops],
        ),
        "questions": lambda: (
            ["quiz", "code", "question", "answers", "failed", "failed_percent", "wrong_option", "chosen"],
            [
                [one.quiz, one.question.code, one.text, one.answers, one.failed, one.failed_percent, text, number]
                for one in report.questions
                for text, number in [(wrong.text, wrong.number) for wrong in one.wrong] or [("", "")]
            ],
        ),
    }
    sheets |= {
        kind: lambda kind=kind: (
            [kind, "begun", "finished", "percent"],
            [[name_group(kind, row.key), row.begun, show_finished(row), row.percent] for row in report.groups[kind]],
        )
        for kind in report.groups
    }
    headings, rows = sheets[table]()
    return headings, [["" if cell is None else str(cell) for cell in row] for row in rows]


def show_finished(row: Row) -> str:
    """The number, or why it is hidden: `<5` finished, `<5` left, or hidden so that another cannot be computed."""
    if row.finished is not None:
        return str(row.finished)
    return {"finished": f"<{FEWEST}", "unfinished": f">{row.begun - FEWEST}"}.get(row.few, "–")
