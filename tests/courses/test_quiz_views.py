"""Taking a quiz by plain forms: the card, a question a page, the result; what is refused, and what never shows."""

import datetime as dt
import io
import re
import uuid

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.images import ImageFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image
from wagtail.images import get_image_model
from wagtail.models import PageViewRestriction

from courses.grading import right_answer
from courses.models import Answer, Attempt, Learner, LessonPrerequisite, PathPage
from courses.questions import write_given
from courses.quizzes import Sheet, submit_attempt
from tests.courses.question_samples import (
    MAKERS,
    make_every_kind,
    make_multiple,
    make_number,
    make_option,
    make_order,
    make_single,
    make_true_false,
)
from tests.factories import AttemptFactory, FactFactory, LessonFactory, QuizFactory, UserFactory, stage

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)


def lesson_with(*quizzes, **kwargs):
    return LessonFactory(body=[("quiz", {"quiz": quiz}) for quiz in quizzes], **kwargs)


def start(client, quiz, page):
    return client.post(reverse("quiz_start", args=[quiz.code]), {"page": page.pk})


def begin(client, questions=None, **kwargs) -> Attempt:
    quiz = QuizFactory(questions=questions or [make_single("a"), make_number("b"), make_true_false("c")], **kwargs)
    start(client, quiz, lesson_with(quiz))
    return Attempt.objects.select_related("version").latest("pk")


def address(attempt, number=None) -> str:
    return reverse("attempt", args=[attempt.key]) + (f"?q={number}" if number else "")


def answer(client, attempt, number, *, is_right=True, given=None):
    question, entry = Sheet(attempt).questions[number - 1], attempt.shown[number - 1]
    if not is_right:
        given = {
            "single": lambda: {"option": next(one.id for one in question.options if not one.is_right)},
            "number": lambda: {"text": "7"},
            "true_false": lambda: {"value": not question.is_true},
        }[question.kind]()
    written = write_given(question, given or right_answer(question), entry)
    return client.post(address(attempt), {"question": question.id, **written})


def read(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def words(response) -> str:
    return " ".join(read(response).main.get_text(" ").split())


# The whole way, at once


def test_visitor_fails_a_quiz_and_passes_it_by_forms_alone(client):
    quiz = QuizFactory(questions=[make_single("a"), make_number("b"), make_true_false("c")], pass_percent=60, max_attempts=2)
    lesson = lesson_with(quiz)
    card = client.get(reverse("quiz_start", args=[quiz.code]), {"page": lesson.pk})
    assert [part in words(card) for part in ("3 ข้อ", "ผ่านที่ 60%", "ทำได้อีก 2 ครั้ง")] == [True] * 3
    assert Learner.objects.count() == 0

    response = start(client, quiz, lesson)
    attempt = Attempt.objects.get()
    assert (response.status_code, response.url) == (302, address(attempt, 1))
    form = read(client.get(response.url)).select_one("form.quiz")
    assert form["action"] == address(attempt)
    assert [button.get_text() for button in form.select(".bar button")] == ["ตรวจคำตอบ"]

    response = answer(client, attempt, 1, is_right=False)
    assert (response.status_code, response.url) == (302, address(attempt, 1))
    page = client.get(response.url)
    assert [part in words(page) for part in ("ข้อ 1 จาก 3", "ยังไม่ใช่", "เหตุผลของ ห้าบาท", "เหตุผลของ สิบบาท", "อธิบายรวมว่าทำไม")] == [True] * 5
    assert read(page).select_one(".bar a")["href"] == "?q=2"
    answer(client, attempt, 2, is_right=False)
    page = client.get(answer(client, attempt, 3).url)
    assert "ถูกต้อง" in words(page)
    last = read(page).select_one("form.bar")
    assert (last["action"], last.button.get_text()) == (reverse("attempt_submit", args=[attempt.key]), "ส่งแล้วดูผล")

    response = client.post(last["action"])
    assert (response.status_code, response.url) == (302, reverse("attempt_result", args=[attempt.key]))
    result = client.get(response.url)
    assert [part in words(result) for part in ("ยังไม่ผ่าน", "ได้ 1 จาก 3 คะแนน คือ 33%", "ผ่านที่ 60%", "ทำได้อีก 1 ครั้ง")] == [True] * 4
    assert [bool(one.has_attr("open")) for one in read(result).select(".questions > details")] == [True, True, False]
    retry = read(result).select_one(".actions form")
    assert (retry.button.get_text(), retry["action"]) == ("ลองใหม่", reverse("quiz_start", args=[quiz.code]))

    client.post(retry["action"], {"page": retry.select_one("[name=page]")["value"]})
    second = Attempt.objects.latest("pk")
    for number in (1, 2, 3):
        answer(client, second, number)
    client.post(reverse("attempt_submit", args=[second.key]))
    result = client.get(reverse("attempt_result", args=[second.key]))
    assert "ผ่านแล้ว ได้ 3 จาก 3 คะแนน คือ 100%" in words(result)
    back = read(result).select_one(".actions a.button")
    assert (back["href"], back.get_text()) == (f"{lesson.get_url()}#quiz-{quiz.code}", "กลับไปบทเรียน")
    assert (Learner.objects.count(), Attempt.objects.count(), Answer.objects.count()) == (1, 2, 6)
    assert "<script" not in str(read(result).main)
    assert "style=" not in str(read(result).main)


def test_at_the_end_nothing_is_said_before_and_answers_may_be_changed(client):
    attempt = begin(client, feedback="at_end")
    assert answer(client, attempt, 1, is_right=False).url == address(attempt, 2)
    again = client.get(address(attempt, 1))
    assert [one.has_attr("checked") for one in read(again).select("input[type=radio]")] == [False, True, False]
    assert "ยังไม่ใช่" not in words(again)
    assert "เหตุผล" not in words(again)
    answer(client, attempt, 1)
    answer(client, attempt, 2)
    summary = client.get(reverse("attempt_submit", args=[attempt.key]))
    assert "ยังไม่ได้ตอบ 1 ข้อ" in words(summary)
    assert "เหตุผล" not in words(summary)
    assert answer(client, attempt, 3).url == reverse("attempt_submit", args=[attempt.key])
    assert "ตอบครบทุกข้อแล้ว" in words(client.get(reverse("attempt_submit", args=[attempt.key])))
    client.post(reverse("attempt_submit", args=[attempt.key]))
    assert "ผ่านแล้ว ได้ 3 จาก 3 คะแนน คือ 100%" in words(client.get(reverse("attempt_result", args=[attempt.key])))


def test_every_kind_is_asked_answered_and_explained(client):
    attempt = begin(client, make_every_kind())
    for number in range(1, 9):
        page = client.get(address(attempt, number))
        names = {one["name"] for one in read(page).select("form.quiz [name]")} - {"csrfmiddlewaretoken", "question"}
        question = Sheet(attempt).questions[number - 1]
        assert names == set(write_given(question, right_answer(question), attempt.shown[number - 1])) or question.kind == "multiple"
        assert "ถูกต้อง" in words(client.get(answer(client, attempt, number).url))
    client.post(reverse("attempt_submit", args=[attempt.key]))
    assert "ถูกเต็ม 8 ข้อ จาก 8 ข้อ" in words(client.get(reverse("attempt_result", args=[attempt.key])))


def test_partly_right_is_said_in_words(client):
    attempt = begin(client, [make_multiple("a")])
    options = Sheet(attempt).questions[0].options
    page = client.get(answer(client, attempt, 1, given={"options": [options[0].id]}).url)
    assert "ถูกบางส่วน ได้ 0.5 จาก 1 คะแนน" in words(page)


def test_steps_are_marked_as_their_points_are_counted(client):
    attempt = begin(client, [make_order("a")])
    a, b, c, d = (key for key, _text in Sheet(attempt).questions[0].steps)
    page = client.get(answer(client, attempt, 1, given={"order": [c, d, a, b]}).url)
    assert "ถูกบางส่วน ได้ 0.66 จาก 1 คะแนน" in words(page)
    assert [one["aria-label"] for one in read(page).select("ol.why svg")] == ["ต่อกันไม่ถูก", "ต่อกันถูก", "ต่อกันไม่ถูก", "ต่อกันถูก"]


def test_english_interface_keeps_its_language(client):
    quiz = QuizFactory()
    response = client.post(f"/en/learn/quizzes/{quiz.code}/start/", {"page": lesson_with(quiz).pk})
    assert response.url.startswith("/en/learn/attempts/")
    assert client.get(response.url).status_code == 200


# What never shows before the answer

SECRETS = ["เหตุผล", "อธิบายรวม", "1234.5", "1,234.5", "0.25", "กำไรขั้นต้น", "gross profit", "is_right", "tolerance"]


@pytest.mark.parametrize("feedback", ["at_once", "at_end"])
@pytest.mark.parametrize("kind", MAKERS)
def test_answers_are_not_in_the_page_before_they_are_in(client, kind, feedback):
    attempt = begin(client, [MAKERS[kind](), make_single()], feedback=feedback)
    pages = [address(attempt, 1), reverse("attempt_submit", args=[attempt.key])]
    for page in pages:
        html = client.get(page).content.decode()
        assert [secret for secret in SECRETS if secret in html] == []
    refused = client.post(address(attempt), {"question": attempt.shown[0]["id"]})
    assert refused.status_code == 422
    assert [secret for secret in SECRETS if secret in refused.content.decode()] == []


@pytest.mark.parametrize("kind", ["single", "multiple", "true_false", "number", "short"])
def test_the_page_is_the_same_whatever_is_right(client, kind):
    raw, other = MAKERS[kind]("same"), None
    other = {**raw, "value": dict(raw["value"])}
    if kind in ("single", "multiple"):
        flip = [one | {"value": one["value"] | {"is_right": not one["value"]["is_right"], "why": "อื่น"}} for one in raw["value"]["options"]]
        other["value"]["options"] = flip
    other["value"] |= {"is_true": True, "answer": "9", "tolerance": "4", "accepted": ["อื่น"], "explanation": "อื่น", "why_true": "อื่น"}
    title = {"title": "ชื่อเดียวกัน"}
    pages = []
    for questions in (raw, other):
        quiz = QuizFactory(questions=[questions], **title)
        lesson = lesson_with(quiz, **title)
        start(client, quiz, lesson)
        attempt = Attempt.objects.latest("pk")
        html = str(read(client.get(address(attempt, 1))).main)
        for own in (str(attempt.key), lesson.get_url(), quiz.code):
            html = html.replace(own, "")
        pages.append(re.sub(r'name="csrfmiddlewaretoken"[^>]*', "", html))
    assert pages[0] == pages[1]


def test_a_quoted_fact_looks_like_any_other_text_until_it_is_answered(client):
    FactFactory(code="fee", value="50", unit="บาท", source="แหล่งของค่าธรรมเนียม", valid_until=dt.date(2020, 1, 1))
    attempt = begin(client, [make_single("a", [make_option("{fact:fee}", True), make_option("40 บาท")])])
    page = read(client.get(address(attempt, 1))).main
    assert [one.decode_contents().strip() for one in page.select(".choice > span")] == ["50 บาท", "40 บาท"]
    assert "แหล่งของค่าธรรมเนียม" not in str(page)
    assert "แหล่งของค่าธรรมเนียม" in words(client.get(answer(client, attempt, 1).url))


# What is refused


def test_what_is_no_answer_comes_back_with_what_was_typed(client):
    attempt = begin(client)
    question = Sheet(attempt).questions[1]
    response = client.post(address(attempt), {"question": question.id, question.id: "40-50 บาท"})
    page = read(response)
    assert (response.status_code, Answer.objects.count()) == (422, 0)
    assert page.select_one(f'input[name="{question.id}"]')["value"] == "40-50 บาท"
    assert page.select_one("[role=alert] a")["href"] == f"#answer-{question.id}"
    assert "เราอ่านตัวเลขไม่ออก" in words(response)
    assert page.title.get_text().startswith("เกิดข้อผิดพลาด:")


def test_the_attempt_of_somebody_else_does_not_exist(client):
    attempt = begin(Client())
    begin(client)
    for name in ("attempt", "attempt_submit", "attempt_result"):
        assert client.get(reverse(name, args=[attempt.key])).status_code == 404
    question = attempt.shown[0]["id"]
    assert client.post(address(attempt), {"question": question, question: "x"}).status_code == 404
    assert client.post(reverse("attempt_submit", args=[attempt.key])).status_code == 404
    assert Client().get(address(attempt)).status_code == 404
    attempt.refresh_from_db()
    assert (attempt.submitted_at, attempt.answers.count()) == (None, 0)


def test_forged_addresses_are_not_found(client):
    attempt = begin(client)
    assert client.get(reverse("attempt", args=[uuid.uuid4()])).status_code == 404
    for number in ("0", "4", "-1", "x", "9" * 30):
        assert client.get(address(attempt), {"q": number}).status_code == 404
    assert client.get(address(attempt), {"q": "๒"}).status_code == 404
    for question in ("", "forged", attempt.quiz.code):
        assert client.post(address(attempt), {"question": question}).status_code == 404


def test_quiz_is_started_only_where_it_stands(client):
    quiz, other = QuizFactory(), QuizFactory()
    lesson, elsewhere = lesson_with(quiz), lesson_with(other)
    for page in (str(elsewhere.pk), "", "0", "x", "9" * 40, "-1", str(lesson.get_parent().pk)):
        assert client.post(reverse("quiz_start", args=[quiz.code]), {"page": page}).status_code == 404
    assert client.post(reverse("quiz_start", args=["nothing"]), {"page": lesson.pk}).status_code == 404
    assert (Learner.objects.count(), Attempt.objects.count()) == (0, 0)


@pytest.mark.parametrize("hidden", ["quiz", "lesson", "course", "private"])
def test_what_is_not_public_does_not_exist_neither_to_start_nor_to_go_on_with(client, hidden):
    quiz = QuizFactory()
    lesson = lesson_with(quiz)
    start(client, quiz, lesson)
    attempt = Attempt.objects.get()
    course = lesson.get_parent().get_parent()
    if hidden == "private":
        PageViewRestriction.objects.create(page=course, restriction_type=PageViewRestriction.LOGIN)
    else:
        {"quiz": quiz, "lesson": lesson, "course": course}[hidden].unpublish()
    assert [
        start(client, quiz, lesson).status_code,
        Client().get(reverse("quiz_start", args=[quiz.code]), {"page": lesson.pk}).status_code,
        client.get(address(attempt)).status_code,
        answer(client, attempt, 1).status_code,
        client.post(reverse("attempt_submit", args=[attempt.key])).status_code,
    ] == [404] * 5
    attempt.refresh_from_db()
    assert (attempt.submitted_at, attempt.answers.count()) == (None, 0)


def test_quiz_of_a_locked_lesson_is_refused_with_what_is_needed(client):
    quiz, needed = QuizFactory(), LessonFactory(title="บทที่ต้องเรียนก่อน")
    lesson = lesson_with(quiz)
    LessonPrerequisite.objects.create(page=lesson, needs=needed, kind="locked")
    response = start(client, quiz, lesson)
    assert (response.status_code, Attempt.objects.count(), Learner.objects.count()) == (409, 0, 0)
    assert "บทที่ต้องเรียนก่อน" in words(response)
    assert client.get(reverse("quiz_start", args=[quiz.code]), {"page": lesson.pk}).status_code == 409


def test_lesson_locked_meanwhile_takes_no_answers(client):
    attempt = begin(client)
    LessonPrerequisite.objects.create(page_id=attempt.page_id, needs=LessonFactory(), kind="locked")
    assert [client.get(address(attempt)).status_code, answer(client, attempt, 1).status_code] == [409, 409]
    assert client.post(reverse("attempt_submit", args=[attempt.key])).status_code == 409
    assert attempt.answers.count() == 0


def test_attempts_beyond_the_limit_are_refused_with_the_way_to_the_last(client):
    quiz = QuizFactory(max_attempts=1)
    lesson = lesson_with(quiz)
    start(client, quiz, lesson)
    attempt = submit_attempt(Attempt.objects.get())
    response = start(client, quiz, lesson)
    assert (response.status_code, Attempt.objects.count()) == (409, 1)
    assert "แบบฝึกนี้ทำได้ 1 ครั้ง และคุณทำครบแล้ว" in words(response)
    assert read(response).main.select_one("a.button")["href"] == reverse("attempt_result", args=[attempt.key])
    assert read(client.get(reverse("attempt_result", args=[attempt.key]))).select_one(".actions form") is None


def test_who_fails_after_passing_reads_that_the_pass_still_counts(client):
    quiz = QuizFactory(questions=[make_single("a")], pass_percent=60)
    lesson = lesson_with(quiz)
    results = []
    for is_right in (True, False):
        start(client, quiz, lesson)
        attempt = Attempt.objects.latest("pk")
        answer(client, attempt, 1, is_right=is_right)
        client.post(reverse("attempt_submit", args=[attempt.key]))
        results.append(words(client.get(reverse("attempt_result", args=[attempt.key]))))
    assert ["ผลนั้นยังนับอยู่" in result for result in results] == [False, True]
    assert "ครั้งก่อนคุณผ่านแล้วที่ 100%" in results[1]


def test_nothing_is_taken_after_handing_in_and_handing_in_again_is_harmless(client):
    attempt = begin(client)
    answer(client, attempt, 1)
    for _each in range(3):
        response = client.post(reverse("attempt_submit", args=[attempt.key]))
        assert (response.status_code, response.url) == (302, reverse("attempt_result", args=[attempt.key]))
    refused = answer(client, attempt, 2)
    assert (refused.status_code, attempt.answers.count()) == (409, 1)
    assert "ส่งไปแล้ว" in words(refused)
    assert client.get(address(attempt, 2)).url == reverse("attempt_result", args=[attempt.key])


def test_a_post_replayed_a_hundred_times_counts_once(client):
    attempt = begin(client)
    responses = {answer(client, attempt, 1).url for _each in range(100)}
    assert (responses, Answer.objects.count()) == ({address(attempt, 1)}, 1)


def test_result_is_not_there_before_the_end(client):
    attempt = begin(client)
    assert client.get(reverse("attempt_result", args=[attempt.key])).url == address(attempt)


def test_forms_need_their_token():
    strict = Client(enforce_csrf_checks=True)
    quiz = QuizFactory()
    assert start(strict, quiz, lesson_with(quiz)).status_code == 403
    assert Attempt.objects.count() == 0


# The clock


def test_time_left_is_said_by_the_server_and_what_comes_late_is_refused(client):
    with time_machine.travel(NOON, tick=False) as clock:
        attempt = begin(client, minutes=20)
        assert "เหลือราว 20 นาที ถึง 12:20 น." in words(client.get(address(attempt, 1)))
        answer(client, attempt, 1)
        clock.shift(dt.timedelta(minutes=19, seconds=30))
        assert "เหลือไม่ถึงหนึ่งนาที ถึง 12:20 น." in words(client.get(address(attempt, 2)))
        clock.shift(dt.timedelta(minutes=1))
        late = answer(client, attempt, 2)
        assert (late.status_code, attempt.answers.count()) == (410, 1)
        assert read(late).h1.get_text() == "หมดเวลาแล้ว"
        assert "คำตอบก่อนหน้านั้นนับครบทุกข้อ" in words(late)
        result = client.get(reverse("attempt_result", args=[attempt.key]))
        assert "หมดเวลาก่อนส่ง" in words(result)
        assert "ได้ 1 จาก 3 คะแนน" in words(result)


def test_looking_in_after_the_time_leads_to_the_result(client):
    with time_machine.travel(NOON, tick=False) as clock:
        attempt = begin(client, minutes=20)
        clock.shift(dt.timedelta(hours=2))
        assert client.get(address(attempt, 1)).url == reverse("attempt_result", args=[attempt.key])
        assert client.post(reverse("attempt_submit", args=[attempt.key])).url == reverse("attempt_result", args=[attempt.key])
    attempt.refresh_from_db()
    assert attempt.submitted_at == attempt.deadline


# A path's own test, and what follows the person


@pytest.mark.parametrize("pass_percent", [0, 100])
def test_placement_of_a_path_is_taken_on_the_path_and_passes_nobody(client, pass_percent):
    quiz = QuizFactory(pass_percent=pass_percent)
    index = lesson_with(quiz).get_parent().get_parent().get_parent()
    path = index.add_child(instance=PathPage(title="เส้นทางตัวอย่าง", slug="path", stage=stage("run"), summary="สรุป", placement=quiz))
    start(client, quiz, path)
    attempt = Attempt.objects.get()
    client.post(reverse("attempt_submit", args=[attempt.key]))
    result = client.get(reverse("attempt_result", args=[attempt.key]))
    assert "ทำเสร็จแล้ว" in words(result)
    assert [word in words(result) for word in ("ผ่านที่", "ยังไม่ผ่าน")] == [False, False]
    assert read(result).select_one(".actions a.button")["href"] == path.get_url()


def test_attempt_follows_its_visitor_into_the_account(client):
    attempt = begin(client)
    answer(client, attempt, 1)
    client.force_login(UserFactory())
    assert client.get(address(attempt, 2)).status_code == 200
    answer(client, attempt, 2)
    assert attempt.answers.count() == 2


def test_result_stays_when_its_page_is_gone(client):
    attempt = begin(client)
    submit_attempt(attempt)
    Attempt.objects.filter(pk=attempt.pk).update(page=None)
    result = client.get(reverse("attempt_result", args=[attempt.key]))
    assert (result.status_code, read(result).select_one(".actions form")) == (200, None)


# How much is asked of the database


def picture() -> int:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "PNG")
    return get_image_model().objects.create(title="ร้าน", file=ImageFile(io.BytesIO(file.getvalue()), name=f"{uuid.uuid4().hex}.png")).pk


def count(job) -> int:
    job()  # renditions are made the first time
    with CaptureQueriesContext(connection) as queries:
        job()
    return len(queries)


def test_pages_take_the_same_queries_with_three_and_with_thirty_questions(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    counted = []
    for number in (3, 30):
        FactFactory(code=f"fee-{number}")
        image = picture()
        questions = [
            make_single(
                f"q{place}",
                [make_option("ใช่", True, f"{{fact:fee-{number}}}", image=image, alt="ร้าน"), make_option("ไม่", image=picture(), alt="ร้าน")],
                image=image,
                alt="ร้าน",
            )
            for place in range(number)
        ]
        client = Client()
        attempt = begin(client, questions)
        seen = [count(lambda client=client, attempt=attempt: client.get(address(attempt, 2)))]
        answer(client, attempt, 1)
        seen.append(count(lambda client=client, attempt=attempt: client.get(address(attempt, 1))))
        seen.append(count(lambda client=client, attempt=attempt: client.get(reverse("attempt_submit", args=[attempt.key]))))
        client.post(reverse("attempt_submit", args=[attempt.key]))
        seen.append(count(lambda client=client, attempt=attempt: client.get(reverse("attempt_result", args=[attempt.key]))))
        counted.append(seen)
    assert counted[0] == counted[1]


def test_result_takes_the_same_queries_after_one_and_after_fifty_attempts(client):
    attempt = submit_attempt(begin(client))
    few = count(lambda: client.get(reverse("attempt_result", args=[attempt.key])))
    for number in range(2, 51):
        AttemptFactory(quiz=attempt.quiz, version=attempt.version, learner=attempt.learner, number=number, shown=[])
        AttemptFactory(quiz=attempt.quiz, version=attempt.version, number=1, shown=[])
    assert count(lambda: client.get(reverse("attempt_result", args=[attempt.key]))) == few


# For editors


def test_preview_shows_every_question_with_answers_explanations_and_faults(rf):
    quiz = QuizFactory(questions=[*make_every_kind(), make_single("bad", [make_option("ก"), make_option("ข")])])
    response = quiz.make_preview_request(preview_mode="")
    html = " ".join(BeautifulSoup(response.rendered_content, "html.parser").main.get_text(" ").split())
    expected = ["ข้อ bad: ยังไม่มีตัวเลือกที่ถูก", "เหตุผลของ ห้าบาท", "เหตุผลเมื่อตอบว่าไม่จริง", "1,234.5 บาท (คลาดเคลื่อนได้ 0.25)", "gross profit"]
    assert [part for part in expected if part not in html] == []
    assert "คุณเลือก" not in html
    assert "คุณตอบ" not in html
