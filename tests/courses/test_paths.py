"""Learning paths: what is a step, what is done, what a placement test proves, and where to go on."""

import datetime as dt
import random
import re

import pytest
from django.urls import reverse
from wagtail.models import PageViewRestriction

from courses import paths, progress
from courses.demo.learners import take
from courses.models import Learner, LessonPage, PathPage, TaskMark
from kb.models import GuidePage
from tests.courses.learning import learner_of, make_course
from tests.courses.path_samples import TASK, make_item, make_path, placement_questions
from tests.factories import (
    BusinessFactory,
    GuideFactory,
    LessonFactory,
    ProgrammeFactory,
    QuizFactory,
    UserFactory,
    stage,
)
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 20, 5, 0, tzinfo=dt.UTC)


@pytest.fixture
def placement():
    return QuizFactory(code="placement", questions=placement_questions(), feedback="at_end")


def place(learner, path, *codes, days=0):
    """One placement test in which the questions of these codes are answered right."""
    return take(learner, path.placement, path, NOON + dt.timedelta(days=days), lambda question: question.code in codes, random.Random(1))


def by_kind(path, learner=None) -> dict:
    return {step.kind: step for step in paths.read_steps(path, learner)}


@pytest.fixture
def mixed(placement):
    """One item of each kind; the guide is proved by P-1 and P-2, the lesson by P-3, the course by all."""
    course, lessons = make_course(3)
    lesson = LessonFactory(minutes=9)
    path = make_path(
        [
            make_item("guide", GuideFactory(words=600), "P-1", "P-2"),
            make_item("lesson", lesson, "P-3", note="ทำเมื่อมีลูกจ้างเท่านั้น"),
            make_item("course", course, "P-1", "P-2", "P-3"),
            make_item("programme", ProgrammeFactory()),
            make_item("task", TASK),
        ],
        placement,
    )
    return path


def test_steps_stand_in_their_order_with_kind_address_minutes_and_note(mixed):
    steps = paths.read_steps(mixed, None)
    assert [(step.number, step.kind) for step in steps] == [(1, "guide"), (2, "lesson"), (3, "course"), (4, "programme"), (5, "task")]
    lesson = LessonPage.objects.get(minutes=9)
    assert (steps[1].title, steps[1].address, steps[1].minutes, steps[1].note) == (lesson.title, lesson.url, 9, "ทำเมื่อมีลูกจ้างเท่านั้น")
    assert (steps[2].minutes, steps[2].minutes_left) == (24, 24)
    assert (steps[4].title, steps[4].address, steps[4].minutes) == (TASK["text"], "", 30)
    assert all(step.is_open for step in steps)


def test_each_kind_is_done_by_its_own_rule(mixed):
    learner = Learner.objects.create()
    guide, lesson = GuidePage.objects.get(), LessonPage.objects.get(minutes=9)
    progress.record_opened(learner, guide)
    progress.record_read(learner, lesson)
    assert {kind: step.state for kind, step in by_kind(mixed, learner).items()} == {
        "guide": "opened", "lesson": "opened", "course": "", "programme": "", "task": "",
    }  # fmt: skip
    progress.record_read(learner, guide)
    progress.record_finished(learner, lesson)
    lessons = LessonPage.objects.exclude(pk=lesson.pk)
    progress.record_finished(learner, lessons[0])
    half = by_kind(mixed, learner)["course"]
    assert (half.state, half.percent, half.minutes_left) == ("opened", 33, 16)
    for each in lessons[1:]:
        progress.record_finished(learner, each)
    for kind in ("programme", "task"):
        TaskMark.objects.create(learner=learner, page=mixed, block=by_kind(mixed)[kind].block)
    steps = by_kind(mixed, learner)
    assert {kind: step.is_done for kind, step in steps.items()} == dict.fromkeys(steps, True)
    assert [step.minutes_left for step in steps.values()] == [0] * 5
    assert not any(step.state for step in by_kind(mixed, Learner.objects.create()).values())


def test_a_step_is_skipped_only_when_all_its_proofs_were_answered_right(mixed):
    learner = Learner.objects.create()
    place(learner, mixed, "P-1", "P-3")
    steps = by_kind(mixed, learner)
    assert {kind: step.is_skipped for kind, step in steps.items()} == {
        "guide": False, "lesson": True, "course": False, "programme": False, "task": False,
    }  # fmt: skip
    proof = steps["lesson"].proofs[0]
    assert (proof.number, proof.text, proof.answered_at > NOON) == (3, "มีกำไรแปลว่ามีเงินสดเสมอ", True)
    assert steps["lesson"].proved_at == proof.answered_at


def test_the_test_handed_in_last_decides(mixed):
    learner = Learner.objects.create()
    place(learner, mixed, "P-1", "P-2", "P-3")
    assert [step.kind for step in paths.read_steps(mixed, learner) if step.is_skipped] == ["guide", "lesson", "course"]
    second = place(learner, mixed, "P-3", days=1)
    assert [step.kind for step in paths.read_steps(mixed, learner) if step.is_skipped] == ["lesson"]
    second.answers.update(is_right=False)
    assert not any(step.is_skipped for step in paths.read_steps(mixed, learner))


def test_a_test_that_was_not_handed_in_or_is_anothers_proves_nothing(mixed):
    other, learner = Learner.objects.create(), Learner.objects.create()
    place(other, mixed, "P-1", "P-2", "P-3")
    attempt = place(learner, mixed, "P-1", "P-2", "P-3")
    type(attempt).objects.filter(pk=attempt.pk).update(submitted_at=None)
    assert not any(step.is_skipped for step in paths.read_steps(mixed, learner))


def test_without_proofs_nothing_is_skipped(placement):
    learner = Learner.objects.create()
    path = make_path([make_item("lesson", LessonFactory())], placement)
    place(learner, path, "P-1", "P-2", "P-3")
    assert by_kind(path, learner)["lesson"].is_open


def test_a_proof_that_the_test_no_longer_asks_does_not_skip(placement):
    learner = Learner.objects.create()
    path = make_path([make_item("lesson", LessonFactory(), "P-1", "gone")], placement)
    place(learner, path, "P-1", "P-2", "P-3")
    assert by_kind(path, learner)["lesson"].is_open


def test_what_was_skipped_and_then_done_is_done(mixed):
    learner = Learner.objects.create()
    place(learner, mixed, "P-3")
    progress.record_finished(learner, LessonPage.objects.get(minutes=9))
    step = by_kind(mixed, learner)["lesson"]
    assert (step.is_done, step.is_skipped) == (True, False)


def test_lessons_that_are_steps_of_their_own_count_once():
    course, lessons = make_course(3)
    path = make_path([make_item("lesson", lessons[0]), make_item("course", course)])
    steps = paths.read_steps(path, None)
    assert [step.minutes_left for step in steps] == [8, 16]


# The page


def test_the_page_says_what_is_left_and_where_to_go_on(client, mixed):
    context = client.get(mixed.url).context
    minutes = GuidePage.objects.get().reading_minutes + 9 + 24 + 30
    assert (context["minutes"], context["left"], context["done"], context["next_step"].number) == (minutes, minutes, 0, 1)
    client.post(reverse("task_mark", args=[mixed.pk, by_kind(mixed)["task"].block]), {"done": "1"})
    learner = learner_of(client)
    progress.record_read(learner, GuidePage.objects.get())
    place(learner, mixed, "P-3")
    answer = client.get(mixed.url)
    context, text = answer.context, re.sub(r"</?time[^>]*>", "", answer.content.decode())
    assert (context["left"], context["done"], context["next_step"].kind) == (24, 2, "course")
    assert "ข้ามได้ 1 รายการ" in text
    assert "เหลือ 24 นาที" in text
    assert "คุณตอบถูกแล้วเมื่อ 20 พฤศจิกายน 2569 เรียนด้วยก็ได้" in text
    assert f'href="{LessonPage.objects.get(minutes=9).url}"' in text


def test_a_path_that_is_all_done_says_so(client, placement):
    path = make_path([make_item("task", TASK)], placement)
    client.post(reverse("task_mark", args=[path.pk, by_kind(path)["task"].block]), {"done": "1"})
    assert "ครบทั้งเส้นทางแล้ว" in client.get(path.url).content.decode()
    client.post(reverse("task_mark", args=[path.pk, by_kind(path)["task"].block]), {"done": "0"})
    assert "ครบทั้งเส้นทางแล้ว" not in client.get(path.url).content.decode()


def test_the_placement_test_is_offered_but_its_answers_are_not_in_the_page(client, mixed):
    text = client.get(mixed.url).content.decode()
    assert "รู้บางเรื่องอยู่แล้วไหม" in text
    assert reverse("quiz_start", args=["placement"]) in text
    assert "เหตุผล" not in text
    assert "P-1" not in text


def test_a_placement_test_that_is_taken_back_is_not_offered(client, mixed, placement):
    type(placement).objects.update(live=False)
    answer = client.get(mixed.url)
    assert answer.context["card"] is None
    assert "รู้บางเรื่องอยู่แล้วไหม" not in answer.content.decode()


def test_what_the_public_may_not_see_is_no_step_and_only_editors_are_told(client, placement):
    hidden, gone, draft, drawn = LessonFactory(), LessonFactory(), ProgrammeFactory(live=False), GuideFactory()
    course, _lessons = make_course(1)
    items = [make_item("lesson", hidden), make_item("lesson", gone), make_item("programme", draft), make_item("guide", drawn)]
    path = make_path([*items, make_item("course", course), make_item("task", TASK)], placement)
    PageViewRestriction.objects.create(page=hidden, restriction_type="login")
    gone.delete()
    GuidePage.objects.get(pk=drawn.pk).unpublish()
    answer = client.get(path.url)
    assert [(step.number, step.kind) for step in answer.context["steps"]] == [(1, "course"), (2, "task")]
    assert answer.context["missing"] == []
    assert "เฉพาะคนดูแลเห็น" not in answer.content.decode()
    client.force_login(UserFactory(role=Role.EDITOR))
    text = client.get(path.url).content.decode()
    assert "ลำดับที่ 1 (บทเรียน), ลำดับที่ 2 (บทเรียน), ลำดับที่ 3 (โครงการ), ลำดับที่ 4 (คู่มือ)" in text
    course.unpublish()
    assert [step.kind for step in client.get(path.url).context["steps"]] == ["task"]


def test_a_path_whose_items_are_all_gone_still_opens(client):
    lesson = LessonFactory()
    path = make_path([make_item("lesson", lesson)])
    lesson.delete()
    answer = client.get(path.url)
    assert answer.status_code == 200
    assert "ยังไม่มีรายการที่เปิดอ่านได้" in answer.content.decode()


def test_titles_are_escaped(client):
    make_path([make_item("task", {"text": "<script>alert(1)</script>", "minutes": 5})], slug="path-x")
    text = client.get("/courses/path-x/").content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_path_costs_the_same_with_three_and_with_thirty_items(client, count_queries, placement):
    user = UserFactory()
    BusinessFactory(owner=user)
    client.force_login(user)
    learner = Learner.objects.create(user=user)

    def make_items():
        course, _lessons = make_course(2)
        kinds = [
            ("guide", GuideFactory()),
            ("lesson", LessonFactory()),
            ("course", course),
            ("programme", ProgrammeFactory()),
            ("task", TASK),
        ]
        return [make_item(kind, what, "P-1") for kind, what in kinds]

    small = make_path(make_items(), placement)
    large = make_path([item for _ in range(6) for item in make_items()], placement)
    place(learner, small, "P-1")
    few = count_queries(client, small.url)
    assert count_queries(client, large.url) == few
    for _ in range(5):
        place(learner, large, "P-2")
    for lesson in LessonPage.objects.all():
        progress.record_finished(learner, lesson)
    assert count_queries(client, large.url) == few
    assert few <= 26


# Recommended


def test_the_recommended_path_of_a_stage_is_public_and_meant_so():
    assert paths.recommended(stage("run")) is None
    make_path([make_item("task", TASK)], is_recommended=False)
    draft = make_path([make_item("task", TASK)])
    PathPage.objects.filter(pk=draft.pk).update(live=False)
    make_path([make_item("task", TASK)], stage=stage("grow"))
    first = make_path([make_item("task", TASK)])
    make_path([make_item("task", TASK)])
    assert paths.recommended(stage("run")) == first


def test_the_stage_page_shows_its_path_and_courses(client):
    course, _lessons = make_course(2, stages=["run"])
    make_course(1, stages=["grow"])
    make_course(0, stages=["run"], title="คอร์สที่ยังว่าง")
    make_path([make_item("task", TASK)], title="เส้นทางดูแลร้าน")
    text = client.get("/stages/run/").content.decode()
    assert "เส้นทางแนะนำของช่วงนี้" in text
    assert course.url in text
    assert "2 บท 16 นาที" in text
    assert "คอร์สที่ยังว่าง" not in text
    assert "เรียนทีละสิบนาที" not in client.get("/stages/exit/").content.decode()
    assert User.objects.count() == 0
