"""The demonstration's courses: the files themselves (no database), the reader's refusals, and what loading makes of them."""

import re
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.captions import read_captions
from courses.demo import learners, load
from courses.demo.course_files import LESSON_FORMS, check_names, names_in, read_course, read_lesson, read_paths, read_quiz, to_quiz
from courses.lessons import read_media
from courses.models import Answer, Attempt, Certificate, CoursePage, Learner, LessonMedia, LessonPage, PathPage, Progress, Quiz
from courses.paths import read_steps
from courses.questions import find_faults, read_questions
from kb.demo import load as kb_load
from kb.demo.guide_files import FileError, parse_text
from kb.facts import REFERENCE, find_references
from kb.models import block_texts
from kb.reading import count_words
from users.models import User

STAGES = ["idea", "start", "run", "grow", "transform", "recover", "exit"]
COURSES = sorted(load.FOLDER.glob("courses/*/course.yaml"))
LESSONS = sorted(load.FOLDER.glob("courses/*/*.md"))
QUIZZES = sorted(load.FOLDER.glob("courses/*/*.quiz.yaml"))


def silent(line):
    pass


@pytest.fixture(scope="module")
def quizzes():
    """{code: QuizFile} of lessons and placement tests."""
    own = {path.name.removesuffix(".quiz.yaml"): read_quiz(path) for path in QUIZZES}
    return own | {path.placement.fields["code"]: path.placement for path in read_paths(load.FOLDER / "paths.yaml")}


def all_questions(quizzes) -> list:
    """Every question and part of a case."""
    found = [question for quiz in quizzes.values() for question in read_questions(quiz.questions)]
    return [one for question in found for one in (question, *question.parts)]


# The files


def test_there_is_a_course_a_path_and_a_placement_test_for_each_stage(quizzes):
    courses = [read_course(path).meta for path in COURSES]
    assert sorted(course["stage"] for course in courses) == sorted(STAGES)
    assert len({course["code"] for course in courses}) == 7
    paths = read_paths(load.FOLDER / "paths.yaml")
    assert [path.meta["stage"] for path in paths] == STAGES
    assert [len(path.placement.questions) >= 5 for path in paths] == [True] * 7
    assert len(LESSONS) >= 24
    assert sum(len(quiz.questions) for quiz in quizzes.values()) >= 80


def test_placement_tests_ask_everything_and_answer_at_the_end(quizzes):
    rules = {
        (quiz.fields["pool"], quiz.fields["feedback"], quiz.fields["max_attempts"])
        for code, quiz in quizzes.items()
        if code.endswith("-placement")
    }
    assert rules == {(0, "at_end", 0)}


def test_every_kind_of_question_and_of_block_is_used(quizzes):
    kinds = Counter(question.kind for question in all_questions(quizzes))
    assert set(kinds) == {"single", "multiple", "true_false", "order", "number", "short", "match", "case"}
    used = {block["type"] for path in LESSONS for block in read_lesson(path).body}
    assert {"text", "steps", "table", "warning", "guide", "quiz", "task", "video", "download"} <= used


def test_every_quiz_may_be_published(quizzes):
    assert {
        code: faults for code, quiz in quizzes.items() if (faults := find_faults(read_questions(quiz.questions), quiz.fields["pool"]))
    } == {}


def test_every_option_and_every_question_says_why(quizzes):
    silent_ones = []
    for question in all_questions(quizzes):
        if question.kind in ("single", "multiple"):
            says = all(option.why.strip() for option in question.options)
        elif question.kind == "true_false":
            says = question.why_true.strip() and question.why_false.strip()
        else:
            says = question.explanation.strip()
        if not says:
            silent_ones.append(question.code)
    assert silent_ones == []


def test_codes_of_questions_are_used_once_in_the_whole_demonstration(quizzes):
    assert [code for code, number in Counter(question.code for question in all_questions(quizzes)).items() if number > 1] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_ten_minutes_of_its_own_teaching(path):
    lesson = read_lesson(path)
    raw = LessonPage._meta.get_field("body").stream_block.to_python(
        [block for block in lesson.body if block["type"] not in ("guide", "quiz", "video", "audio", "download", "picture")]
    )
    words = count_words(REFERENCE.sub("1", " ".join(text for block in raw for text in block_texts(block.value))))
    assert 250 <= words <= 600
    assert 3 <= lesson.meta["minutes"] <= 12
    assert lesson.meta["goals"]
    assert sum(block["type"] == "task" for block in lesson.body) >= 1
    assert "ตัวอย่างสมมติ" in path.read_text(encoding="utf-8")


def test_only_what_exists_is_named(quizzes):
    known = {
        "fact": {row["code"] for row in kb_load.read_facts()},
        "guide": {path.stem for path in kb_load.GUIDES.glob("*.md")},
        "quiz": set(quizzes),
        "media": {told["file"] for told in load.read_yaml("media/media.yaml")},
    }
    for path in [*LESSONS, *QUIZZES, load.FOLDER / "paths.yaml"]:
        check_names(path.name, path.read_text(encoding="utf-8"), **known)
    shown = Counter(name for path in LESSONS for _line, kind, name in names_in(path.read_text(encoding="utf-8")) if kind == "quiz")
    assert shown == {path.name.removesuffix(".quiz.yaml"): 1 for path in QUIZZES}


def test_what_is_not_confirmed_is_marked_as_such_wherever_it_stands(quizzes):
    """A fact that is only believed is quoted as a whole sentence in a lesson, where the page says so, and in no question."""
    unsure = {row["code"] for row in kb_load.read_facts() if row["confidence"] != "confirmed"}
    texts = [text for quiz in quizzes.values() for question in read_questions(quiz.questions) for text in question.texts()]
    assert unsure & set(find_references(*texts)) == set()


# The arithmetic of the questions with a number

OPERATORS = {"×": "*", "คูณ": "*", "หาร": "/", "+": "+", "บวก": "+", "−": "-", "ลบ": "-", "หัก": "-"}
NUMBER = r"-?\d[\d,]*(?:\.\d+)?"
SAYS = r"(?:=|เท่ากับ|ได้|เหลือ|เป็น)"
GAP = rf"(?:(?!{SAYS})[^\d×+−])"
STEP = re.compile(rf"{GAP}{{0,24}}?(×|คูณ|หาร|\+|บวก|−|ลบ|หัก)(?!ค่า){GAP}{{0,16}}?({NUMBER})")
RESULT = re.compile(rf"[^\d×+−]{{0,40}}?{SAYS}([^\d×+−]{{0,12}}?)({NUMBER})")


def read_sums(text: str) -> list[tuple[str, Decimal, Decimal]]:
    """(as written, what comes out, what is said) of each chain of operations that states its result; from left to right,
    products before sums."""
    found, at = [], 0
    while start := re.compile(NUMBER).search(text, at):
        end, terms = start.end(), start[0]
        while step := STEP.match(text, end):
            terms, end = f"{terms}{OPERATORS[step[1]]}{step[2]}", step.end()
        result = RESULT.match(text, end) if end > start.end() else None
        if result:
            said = Decimal(result[2].replace(",", "")) * (-1 if "ติดลบ" in result[1] else 1) / (100 if "ร้อยละ" in result[1] else 1)
            found.append((text[start.start() : result.end()], _reckon(terms.replace(",", "")), said))
            at = result.start(2)
        else:
            at = max(end, start.end())
    return found


def _reckon(terms: str) -> Decimal:
    total = Decimal(0)
    for sign, product in re.findall(r"(^|[+-])((?:\d+(?:\.\d+)?)(?:[*/]\d+(?:\.\d+)?)*)", terms):
        value, *steps = re.findall(r"[*/]?\d+(?:\.\d+)?", product)
        value = Decimal(value)
        for step in steps:
            value = value * Decimal(step[1:]) if step[0] == "*" else value / Decimal(step[1:])
        total += -value if sign == "-" else value
    return total


def test_sums_are_read_as_people_write_them():
    assert read_sums("200 × 75 = 15,000 ตร.ซม. หาร 500 ได้ 30 ส่วน") == [
        ("200 × 75 = 15,000", Decimal(15000), Decimal(15000)),
        ("15,000 ตร.ซม. หาร 500 ได้ 30", Decimal(30), Decimal(30)),
    ]
    assert [(out, said) for _text, out, said in read_sums("800 + 3,400 − 1,750 − 200 = 2,251 บาท")] == [(Decimal(2250), Decimal(2251))]
    assert [said for _text, _out, said in read_sums("5 ลบ 7 เท่ากับติดลบ 2 บาท 36 หาร 240 เท่ากับร้อยละ 15")] == [Decimal(-2), Decimal("0.15")]
    assert read_sums("ตกเดือนละ 500 บาท") == []


def test_the_arithmetic_of_every_explanation_comes_out(quizzes):
    sums = [
        (question, *found) for question in all_questions(quizzes) if question.kind == "number" for found in read_sums(question.explanation)
    ]
    assert [(question.code, text, out) for question, text, out, said in sums if abs(out - said) > Decimal("0.01")] == []
    assert len({question.code for question, *_rest in sums}) >= 28


def test_every_explanation_of_a_number_ends_at_its_answer(quizzes):
    missing = []
    for question in all_questions(quizzes):
        if question.kind == "number":
            numbers = [Decimal(number.replace(",", "")) for number in re.findall(NUMBER, question.explanation)]
            if not any(abs(number - abs(question.answer)) <= question.tolerance for number in numbers):
                missing.append(question.code)
    assert missing == []


def test_numbers_that_are_made_up_say_so(quizzes):
    """A number to be reckoned stands in an invented example, in the question itself or in the story of its case."""
    unsaid = []
    for quiz in quizzes.values():
        for question in read_questions(quiz.questions):
            unsaid += [
                one.code
                for one in (question, *question.parts)
                if one.kind == "number" and "ตัวอย่างสมมติ" not in one.text and "ตัวอย่างสมมติ" not in question.story
            ]
    assert unsaid == []


# The video


def test_the_video_is_small_and_its_captions_cover_all_of_it():
    for told in load.read_yaml("media/media.yaml"):
        assert sum(len(content) for content in load.media_files(told).values()) <= 250_000
        for name in ("captions_th", "captions_en"):
            text = (load.FOLDER / "media" / told[name]).read_text(encoding="utf-8")
            cues = read_captions(text)
            ends = [int(minutes) * 60 + int(seconds) for minutes, seconds in re.findall(r"--> (\d\d):(\d\d)", text)]
            assert (cues[0].second, ends[-1]) == (0, told["duration"])
            assert [cue.second for cue in cues[1:]] == ends[:-1]


# What the reader refuses

LESSON = """---
title: บทตัวอย่าง
slug: lesson
minutes: 8
goals: [ทำได้]
---

นำ {fact:rd-1161}

:::quiz
code: q1
:::
"""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("{fact:rd-1161}", "{fact:nothing}"), "line 8: there is no fact nothing"),
        (("code: q1", "code: q2"), "line 11: there is no quiz q2"),
        ((":::quiz\ncode: q1", ":::guide\nslug: nowhere"), "line 11: there is no guide nowhere"),
        ((":::quiz\ncode: q1", ":::video\nfile: x.mp4\ntitle: ก"), "line 11: there is no media x.mp4"),
        (("นำ", "นำ [ไป](guide:gone)"), "line 8: there is no guide gone"),
    ],
)
def test_a_lesson_that_names_what_does_not_exist_is_refused_with_its_line(change, reason):
    with pytest.raises(FileError) as error:
        check_names("lesson.md", LESSON.replace(*change), fact={"rd-1161"}, quiz={"q1"}, guide={"cash-flow"}, media=set())
    assert str(error.value) == f"lesson.md: {reason}"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("code: q1", "slug: q1"), "line 10: quiz lacks code"),
        ((":::quiz", ":::dance"), "line 10: unknown block dance"),
        (("goals: [ทำได้]", "goals: ทำได้"), "goals is not a list"),
        (("minutes: 8\n", ""), "lacks minutes"),
        (("slug: lesson", "slug: other"), "slug other is not the name of the file"),
        (("minutes: 8", "minutes: 8\ncolour: red"), "has unknown colour"),
    ],
)
def test_a_broken_lesson_is_refused(tmp_path, change, reason):
    path = tmp_path / "lesson.md"
    path.write_text(LESSON.replace(*change), encoding="utf-8")
    with pytest.raises(FileError, match=re.escape(reason)):
        read_lesson(path)


def test_a_guide_may_not_use_the_blocks_of_lessons():
    with pytest.raises(FileError, match="line 10: unknown block quiz"):
        parse_text("guide.md", LESSON)
    assert [block["type"] for block in parse_text("lesson.md", LESSON, LESSON_FORMS).body] == ["text", "quiz"]


QUESTION = {
    "code": "A",
    "kind": "single",
    "text": "ถาม",
    "options": [{"text": "ก", "right": True, "why": "ใช่"}, {"text": "ข", "right": False, "why": "ไม่"}],
}
RULES = {"title": "แบบฝึก", "pass_percent": 60, "attempts": 0, "minutes": 0, "feedback": "at_once", "pool": 0, "shuffle": True}


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (QUESTION | {"kind": "essay"}, "question A: unknown kind essay"),
        (QUESTION | {"options": []}, "question A: lacks options"),
        (QUESTION | {"colour": "red"}, "question A: has unknown colour"),
        (QUESTION | {"options": [{"text": "ก", "right": True, "why": ""}]}, "question A: an option needs text, right and why"),
        (QUESTION | {"kind": "true_false"}, "question A: needs the options จริง and ไม่จริง, one of them right"),
        (QUESTION | {"kind": "number"}, "question A: lacks answer"),
    ],
)
def test_a_broken_question_is_refused_by_its_code_and_line(question, reason):
    with pytest.raises(FileError) as error:
        to_quiz("x.quiz.yaml", "x", RULES | {"questions": [question]}, "title: ก\n  - code: A\n")
    assert str(error.value).startswith(f"x.quiz.yaml: line 2: {reason}")


def test_a_path_that_skips_what_it_has_not_or_what_must_be_done_is_refused(tmp_path):
    source = """- {slug: p, stage: run, title: ก, summary: ข, items: [{id: a, kind: task, text: ทำ, minutes: 5}],
   placement: {title: วัด, questions: [{code: A, kind: short, text: ถาม, accepted: [ก], skips: [%s]}]}}"""
    path = tmp_path / "paths.yaml"
    for item, reason in (
        ("b", "p: the placement test skips b, which the path does not have"),
        ("a", "p: a is to be done, no answer proves it"),
    ):
        path.write_text(source % item, encoding="utf-8")
        with pytest.raises(FileError, match=reason):
            read_paths(path)


def test_ids_are_the_same_every_time():
    first, second = read_quiz(QUIZZES[0]), read_quiz(QUIZZES[0])
    assert first.questions == second.questions
    ids = [block["id"] for path in LESSONS for block in read_lesson(path).body]
    assert len(set(ids)) == len(ids)


# Loading


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the content that a test may change."""
    folder = tmp_path / "demo"
    shutil.copytree(load.FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(load, "FOLDER", folder)
    return folder


@pytest.fixture
def ledger(media):
    """A database that knows the real knowledge."""
    ledger: dict = {}
    kb_load.load_knowledge(ledger, silent)
    return ledger


def written(run) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        run()
    return [query["sql"] for query in queries if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]


@pytest.mark.slow
@pytest.mark.django_db
def test_everything_is_loaded_published_and_marked_and_a_second_load_changes_nothing(client, ledger, folder):
    load.load_courses(ledger, silent)
    for model, number in ((CoursePage, 7), (LessonPage, len(LESSONS)), (PathPage, 7), (Quiz, len(QUIZZES) + 7)):
        assert model.objects.filter(live=True, is_demo=True, latest_revision__isnull=False).count() == number
    check_a_lesson_with_a_video(client)
    check_paths_and_prerequisites(client)
    before = dict(ledger)
    assert written(lambda: load.load_courses(ledger, silent)) == []
    assert ledger == before

    check_a_changed_file_is_written_anew_and_what_people_did_stays(ledger, folder)
    check_learners(ledger)


def check_a_lesson_with_a_video(client) -> None:
    lesson = LessonPage.objects.get(slug="books-price-and-breakeven")
    [medium] = read_media(lesson).values()
    assert (medium.media.duration, medium.media.width, medium.media.height, medium.media.type) == (38, 640, 360, "video")
    assert len(medium.cues) == 10
    assert medium.media.thumbnail
    answer = client.get(lesson.url)
    assert answer.status_code == 200
    for page in LessonPage.objects.all():
        assert client.get(page.url).status_code == 200


def check_paths_and_prerequisites(client) -> None:
    for path in PathPage.objects.all():
        assert len(read_steps(path, None)) == len(path.items.raw_data) >= 11
        assert client.get(path.url).status_code == 200
    books = CoursePage.objects.get(slug="shop-books-and-unit-cost")
    assert [(need.needs.slug, need.kind) for need in books.prerequisites.all()] == [("open-shop-right", "advised")]
    assert [programme.code for programme in books.next_programmes.all()] == ["dip-academy"]


def check_a_changed_file_is_written_anew_and_what_people_did_stays(ledger, folder: Path) -> None:
    untouched = folder / "courses/open-shop-right/open-choose-form.md"
    edited = folder / "courses/open-shop-right/open-register-shop.md"
    deleted = folder / "courses/leave-in-good-order/hand-over-whole.md"
    quiz = folder / "courses/open-shop-right/open-check-opening.quiz.yaml"
    for path in (untouched, edited, deleted):
        path.write_text(
            re.sub(r"^title: .*", "title: ชื่อใหม่จากไฟล์", path.read_text(encoding="utf-8"), count=1, flags=re.M), encoding="utf-8"
        )
    quiz.write_text(re.sub(r"^title: .*", "title: แบบฝึกใหม่", quiz.read_text(encoding="utf-8"), count=1, flags=re.M), encoding="utf-8")
    page = LessonPage.objects.get(slug=edited.stem)
    page.title = "ชื่อที่คนแก้"
    page.save_revision(user=User.objects.create(email="editor@example.test")).publish()
    LessonPage.objects.get(slug=deleted.stem).delete()
    blocks = [block["id"] for block in LessonPage.objects.get(slug=untouched.stem).body.raw_data]
    questions = [item["id"] for item in Quiz.objects.get(code="open-check-opening").questions.raw_data]

    load.load_courses(ledger, silent)
    assert LessonPage.objects.get(slug=untouched.stem).title == "ชื่อใหม่จากไฟล์"
    assert LessonPage.objects.get(slug=edited.stem).title == "ชื่อที่คนแก้"
    assert not LessonPage.objects.filter(slug=deleted.stem).exists()
    assert [block["id"] for block in LessonPage.objects.get(slug=untouched.stem).body.raw_data] == blocks
    assert Quiz.objects.get(code="open-check-opening").title == "แบบฝึกใหม่"
    assert [item["id"] for item in Quiz.objects.get(code="open-check-opening").questions.raw_data] == questions
    assert LessonMedia.objects.count() == 1


def check_learners(ledger) -> None:
    """In every state, passed and failed, changed since, and one certificate; a second load adds nothing."""
    User.objects.create(email="pranom@example.test", first_name="ประนอม", last_name="ข้าวแกงสมมติ")
    learners.load_learners(ledger, silent)
    assert Learner.objects.exclude(user=None).count() == 50
    assert set(Progress.objects.values_list("state", flat=True)) == set(Progress.State.values)
    assert set(Attempt.objects.exclude(submitted_at=None).values_list("is_passed", flat=True)) == {True, False}
    assert Attempt.objects.filter(submitted_at=None).count() == 0
    certificate = Certificate.objects.get()
    assert (certificate.name, certificate.is_demo) == ("ประนอม ข้าวแกงสมมติ", True)
    lesson = LessonPage.objects.get(slug="books-ten-minutes-a-day")
    row = Progress.objects.get(learner__user__email="pranom@example.test", page=lesson)
    assert row.finished_hash != lesson.text_hash
    assert "จำไม่ได้ว่าใครค้างเท่าไร" in " ".join(row.finished_revision.as_object().texts())
    assert lesson.live_revision_id == lesson.latest_revision_id
    assert User.objects.filter(email__startswith="learner-").count() == 49
    assert not any(user.has_usable_password() for user in User.objects.filter(email__startswith="learner-"))
    counts = [model.objects.count() for model in (Learner, Progress, Attempt, Answer, Certificate)]
    assert written(lambda: learners.load_learners(ledger, silent)) == []
    assert [model.objects.count() for model in (Learner, Progress, Attempt, Answer, Certificate)] == counts
