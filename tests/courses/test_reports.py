"""What editors learn from learners, and that nothing of it leads to one person."""

import csv
import io
import itertools
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from business.models import Business
from courses import progress, quizzes
from courses.models import Answer, Attempt, CoursePage, Learner
from courses.outline import read_outline, read_outlines
from courses.reports import UNKNOWN, find_finished, make_sheet, read_report
from courses.small_cells import FEWEST, hide_small
from courses.templatetags.charts import bars
from tests.courses.lesson_samples import make_course
from tests.courses.question_samples import make_case, make_multiple, make_number, make_option, make_single, make_true_false
from tests.factories import ChapterFactory, CourseFactory, LessonFactory, QuizFactory, UserFactory, province, sector, stage
from users.roles import Role

pytestmark = pytest.mark.django_db


# Small cells


def attack(counts: dict[str, tuple[int, int]]) -> None:
    """All that a reader could compute: every way to fill the hidden numbers that agrees with rows, marks and total."""
    rows = hide_small(counts)
    if not rows:
        return
    total = sum(finished for _begun, finished in counts.values())
    assert sum(row.begun for row in rows) == sum(begun for begun, _finished in counts.values())
    shown = {row.key for row in rows if row.key is not None}
    assert all(counts[key][0] >= FEWEST for key in shown)
    assert {key for key, (begun, _finished) in counts.items() if 0 < begun < FEWEST}.isdisjoint(shown)
    left_out = [key for key, (begun, _finished) in counts.items() if begun and key not in shown]
    assert len(left_out) != 1
    for row in rows:
        assert row.begun >= FEWEST
        if row.finished is not None:
            assert row.finished >= FEWEST
            assert row.begun - row.finished >= FEWEST
            assert row.key is None or row.finished == counts[row.key][1]
    hidden = [row for row in rows if row.finished is None]
    ranges = []
    for row in hidden:
        few, many = range(min(FEWEST - 1, row.begun) + 1), range(max(0, row.begun - FEWEST + 1), row.begun + 1)
        ranges.append({"finished": few, "unfinished": many, "other": range(FEWEST, row.begun - FEWEST + 1)}[row.few])
        real = counts[row.key][1] if row.key is not None else sum(counts[key][1] for key in left_out)
        assert real in ranges[-1]  # the mark tells the truth
    left = total - sum(row.finished for row in rows if row.finished is not None)
    fits = [values for values in itertools.product(*ranges) if sum(values) == left]
    for place in range(len(hidden)):
        assert len({values[place] for values in fits}) >= 2, (counts, rows)


@pytest.mark.django_db(transaction=False)
@settings(max_examples=400, deadline=None)
@given(st.lists(st.integers(0, 24).flatmap(lambda begun: st.tuples(st.just(begun), st.integers(0, begun))), max_size=5))
def test_no_hidden_number_can_be_computed(pairs):
    attack({f"g{number}": pair for number, pair in enumerate(pairs)})


def test_no_hidden_number_can_be_computed_in_all_tables_of_three_groups():
    pairs = [(0, 0), (1, 1), (4, 0), (4, 4), (5, 5), (7, 3), (9, 4), (9, 5), (10, 5), (11, 5), (12, 1), (12, 6), (15, 14), (20, 10)]
    for chosen in itertools.product(pairs, repeat=3):
        attack(dict(zip("abc", chosen, strict=True)))


def test_safe_table_is_shown_as_it_is():
    rows = hide_small({"a": (20, 10), "b": (12, 6)})
    assert [(row.key, row.begun, row.finished, row.percent) for row in rows] == [("a", 20, 10, 50), ("b", 12, 6, 50)]


def test_small_groups_stand_together_and_never_alone():
    rows = hide_small({"a": (30, 15), "b": (3, 1), "c": (12, 6), "d": (20, 10)})
    assert [(row.key, row.begun) for row in rows] == [("a", 30), ("d", 20), (None, 15)]
    rows = hide_small({"a": (30, 15), "b": (3, 3), "c": (4, 3), "d": (4, 0)})
    assert [(row.key, row.begun, row.finished) for row in rows] == [("a", 30, 15), (None, 11, 6)]


def test_one_small_number_hides_another_so_that_the_total_does_not_tell_it():
    rows = hide_small({"a": (100, 2), "b": (40, 20), "c": (60, 30)})
    assert [(row.key, row.finished, row.few) for row in rows] == [("a", None, "finished"), ("b", None, "other"), ("c", 30, "")]


def test_too_few_learners_make_no_table():
    assert hide_small({}) == hide_small({"a": (3, 1)}) == hide_small({"a": (3, 1), "b": (9, 4)}) == hide_small({"a": (50, 25)}) == []


# Stops and completion


def finish(learner: Learner, lessons) -> None:
    for lesson in lessons:
        progress.record_opened(learner, lesson)
        progress.record_finished(learner, lesson)


def test_stops_count_those_who_open_and_finish_each_lesson():
    course, lessons = make_course(3)
    for number in range(6):
        learner = Learner.objects.create()
        finish(learner, lessons[: number % 3])
        progress.record_opened(learner, lessons[min(number % 3 + 1, 2)])
    report = read_report(course)
    assert [(stop.number, stop.opened, stop.finished, stop.lost) for stop in report.stops] == [(1, 4, 4, 0), (2, 4, 2, 50), (3, 4, 0, 100)]
    assert (report.begun, report.finished) == (6, 0)


def test_finished_is_what_the_learner_sees():
    course, lessons = make_course(2)
    learners = [Learner.objects.create() for _ in range(4)]
    finish(learners[0], lessons)
    finish(learners[1], lessons[:1])
    progress.record_opened(learners[2], lessons[0])
    LessonFactory(parent=lessons[0].get_parent().specific)  # one more, after the first has finished: finished stays
    outline = read_outline(course)
    finished = find_finished(outline)
    assert finished == {learners[0].pk: True, learners[1].pk: False, learners[2].pk: False}
    for learner in learners[:3]:
        assert finished[learner.pk] is progress.measure_courses(learner, read_outlines([course]).values())[course.pk].is_finished


def make_people(course, lessons, counts: dict[tuple, tuple[int, int]]) -> None:
    """counts: {(province, stage, staff): (begun, finished)}."""
    for (iso, code, staff), (begun, done) in counts.items():
        for number in range(begun):
            user = UserFactory()
            Business.objects.create(
                owner=user, province=province(iso), stage=stage(code), sector=sector("retail"), staff=staff, yearly_revenue=1_000_000
            )
            Business.objects.create(owner=user, province=province("TH-10"))  # a second business is not the first
            learner = Learner.objects.create(user=user)
            progress.record_opened(learner, lessons[0])
            if number < done:
                finish(learner, lessons)


def test_completion_by_group_without_small_cells():
    course, lessons = make_course(1)
    make_people(course, lessons, {("TH-50", "run", 3): (12, 6), ("TH-40", "grow", 3): (11, 5), ("TH-30", "grow", 3): (2, 1)})
    for number in range(14):
        learner = Learner.objects.create()
        progress.record_opened(learner, lessons[0])
        if number < 7:
            finish(learner, lessons)
    groups = read_report(course).groups
    assert [(row.key, row.begun, row.finished) for row in groups["province"]] == [("TH-50", 12, 6), (UNKNOWN, 14, 7), (None, 13, 6)]
    assert {(row.key, row.begun, row.finished) for row in groups["stage"]} == {("run", 12, 6), ("grow", 13, 6), (UNKNOWN, 14, 7)}
    assert [(row.key, row.begun, row.finished) for row in groups["size"]] == [("micro", 25, 12), (UNKNOWN, 14, 7)]


# Questions


def take(quiz, given: dict, *, submit: bool = True) -> Attempt:
    """given: {code: what the form holds}."""
    attempt = quizzes.start_attempt(Learner.objects.create(), quiz, None)
    raw = {item["value"]["code"]: item for item in attempt.version.content["questions"]}
    for code, value in given.items():
        Answer.objects.create(
            attempt=attempt, question=raw[code]["id"], given=value, points=Decimal(0), is_right=value.pop("is_right", False)
        )
    return quizzes.submit_attempt(attempt) if submit else attempt


def course_with(quiz) -> CoursePage:
    course = CourseFactory()
    LessonFactory(parent=ChapterFactory(parent=course), body=[("quiz", {"quiz": quiz})])
    return course


def options_of(item) -> dict[str, str]:
    return {option["value"]["text"]: option["id"] for option in item["value"]["options"]}


def test_questions_that_fail_most_and_what_draws_them():
    single = make_single("s", [make_option("ถูก", True), make_option("หลอก"), make_option("แย่")])
    multiple = make_multiple("m", [make_option("ก", True), make_option("ข", True), make_option("ค")])
    quiz = QuizFactory(title="แบบฝึกรวม", questions=[single, multiple, make_true_false("t"), make_number("n")])
    course = course_with(quiz)
    at, more = options_of(single), options_of(multiple)
    for number in range(8):
        take(
            quiz,
            {
                "s": {"option": at["หลอก" if number < 5 else "แย่" if number < 6 else "ถูก"], "is_right": number >= 6},
                "m": {"options": [more["ก"], more["ค"]] if number < 2 else [more["ก"], more["ข"]], "is_right": number >= 2},
                "t": {"value": True, "is_right": False},
                "n": {"text": "081-234-5678", "number": "1", "is_right": False},
            },
        )
    take(quiz, {"s": {"option": at["แย่"]}}, submit=False)  # not handed in: not counted
    asked = {one.question.code: one for one in read_report(course).questions}
    assert sorted((code, one.answers, one.failed) for code, one in asked.items()) == [("m", 8, 2), ("n", 8, 8), ("s", 8, 6), ("t", 8, 8)]
    assert [one.failed_percent for one in asked.values()] == [100, 100, 75, 25]
    assert [(wrong.text, wrong.number, wrong.share) for wrong in asked["s"].wrong] == [("หลอก", 5, 62), ("แย่", 1, 12)]
    assert [(wrong.text, wrong.number) for wrong in asked["m"].wrong] == [("ค", 2)]
    assert [(wrong.text, wrong.number) for wrong in asked["t"].wrong] == [("จริง", 8)]
    assert asked["n"].wrong == []  # what was typed is nobody's business


def test_question_that_changed_counts_anew_and_few_answers_say_nothing():
    single = make_single("s", text="ก่อนแก้")
    quiz = QuizFactory(questions=[single])
    course = course_with(quiz)
    wrong = [option["id"] for option in single["value"]["options"] if not option["value"]["is_right"]][0]
    for _ in range(FEWEST):
        take(quiz, {"s": {"option": wrong}})
    single["value"]["text"] = "หลังแก้"
    quiz.questions = type(quiz)._meta.get_field("questions").stream_block.to_python([single])
    quiz.save()
    for _ in range(FEWEST - 1):
        take(quiz, {"s": {"option": wrong}})
    assert [(one.text, one.answers) for one in read_report(course).questions] == [("ก่อนแก้", FEWEST)]


def test_parts_of_a_case_stand_alone():
    part = make_single("p", [make_option("ใช่", True), make_option("เปล่า")])
    other = make_true_false("o", is_true=True)
    case = make_case("c", parts=[part, other])
    quiz = QuizFactory(questions=[case])
    course = course_with(quiz)
    for _ in range(FEWEST):
        take(quiz, {"c": {"parts": {part["id"]: {"option": options_of(part)["เปล่า"]}, other["id"]: {"value": True}}}})
    assert [(one.question.code, one.failed, [wrong.text for wrong in one.wrong]) for one in read_report(course).questions] == [
        ("p", FEWEST, ["เปล่า"])
    ]


# The page


@pytest.fixture
def editor(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    client.force_login(UserFactory(role=Role.EDITOR))
    return client


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER, Role.ADMINISTRATOR])
def test_writers_have_the_report_in_the_menu(client, settings, role):
    settings.STAFF_MFA_REQUIRED = False
    client.force_login(UserFactory(role=role))
    assert client.get(reverse("course_report")).status_code == 200
    assert reverse("course_report") in client.get(reverse("wagtailadmin_home")).content.decode()


@pytest.mark.parametrize("role", [None, Role.ADVISOR])
def test_others_have_none(client, settings, role):
    settings.STAFF_MFA_REQUIRED = False
    client.force_login(UserFactory(role=role))
    assert client.get(reverse("course_report")).status_code in (302, 403)


def test_page_says_so_while_there_is_nothing(editor):
    assert "ยังไม่มีคอร์สที่เผยแพร่" in editor.get(reverse("course_report")).content.decode()


def test_page_shows_bars_and_the_same_in_a_table(editor):
    other, _lessons = make_course(1, title="คอร์สแรก")
    course, lessons = make_course(2, title="คอร์สสอง")
    finish(Learner.objects.create(), lessons)
    progress.record_opened(Learner.objects.create(), lessons[0])
    html = editor.get(reverse("course_report"), {"course": course.pk}).content.decode()
    soup = BeautifulSoup(html, "html.parser")
    section = soup.find("h2", string="ผู้เรียนหยุดที่บทเรียนไหน").parent
    assert len(section.find_all("rect")) == 4
    assert [cell.text for cell in section.find("tbody").find_all("td")][1:4] == ["2", "1", "50%"]
    assert "style=" not in str(section)
    assert soup.find("option", selected=True)["value"] == str(course.pk)
    for bad in ("x", "0", "99999999999999999999", "' OR 1=1"):
        assert "คอร์สแรก" in editor.get(reverse("course_report"), {"course": bad, "export": bad}).content.decode()


def test_draft_course_has_no_report(editor):
    course = CourseFactory(live=False, title="ยังร่างอยู่")
    assert "ยังร่างอยู่" not in editor.get(reverse("course_report"), {"course": course.pk}).content.decode()


def test_bars_escape_what_they_say():
    drawn = bars([("<script>alert(1)</script>", 10, None, "<b>")], '"><i>')
    assert "<script" not in drawn
    assert "<i>" not in drawn
    assert 'width="0.0"' in drawn


def test_sheet_is_guarded_against_formulas_and_hides_what_the_page_hides(editor):
    course, lessons = make_course(1)
    lessons[0].title = '=HYPERLINK("http://x")'
    lessons[0].save()
    make_people(course, lessons, {("TH-50", "run", 3): (12, 2), ("TH-40", "grow", 3): (14, 6), ("TH-30", "grow", 3): (13, 6)})
    response = editor.get(reverse("course_report"), {"course": course.pk, "export": "stops"})
    assert response["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[1][1] == '\'=HYPERLINK("http://x")'
    _headings, shown = make_sheet(read_report(course), "province")
    assert [row[2] for row in shown if row[1] == "12"] == ["<5"]
    assert sorted(row[2] for row in shown) == ["6", "<5", "–"]


def test_number_of_queries_does_not_grow_with_learners(editor):
    quiz = QuizFactory(questions=[single := make_single("s")])
    course = course_with(quiz)
    lesson = read_outline(course).lessons[0]
    wrong = [option["id"] for option in single["value"]["options"] if not option["value"]["is_right"]][0]

    def add(number: int) -> None:
        make_people(course, [lesson], {("TH-50", "run", 3): (number, number // 2)})
        for _ in range(number):
            take(quiz, {"s": {"option": wrong}})

    def count() -> int:
        address = reverse("course_report"), {"course": course.pk}
        editor.get(*address)
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(*address).status_code == 200
        return len(queries)

    add(1)
    one = count()
    add(30)
    assert count() == one
