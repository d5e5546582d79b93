"""Versions, attempts and answers: limits, the server's clock, what is sent again and what arrives at the same time."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from courses import quizzes
from courses.models import Answer, Attempt, Learner, Quiz, QuizVersion
from courses.questions import Unreadable
from courses.quizzes import (
    AlreadySubmitted,
    Sheet,
    TimeOver,
    TooManyAttempts,
    answer_question,
    close_attempt,
    current_version,
    find_passed,
    quiz_cards,
    start_attempt,
    submit_attempt,
)
from tests.courses.question_samples import make_case, make_match, make_number, make_option, make_single, make_true_false
from tests.factories import AttemptFactory, LessonFactory, QuizFactory

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def new_learner() -> Learner:
    return Learner.objects.create()


def three() -> list[dict]:
    return [make_single("a"), make_number("b", points=2), make_true_false("c")]


def answers_right(sheet: Sheet, place: int) -> dict:
    from courses.grading import right_answer
    from courses.questions import write_given

    question = sheet.questions[place]
    return write_given(question, right_answer(question), sheet.attempt.shown[place])


def answer_all(attempt: Attempt, *, right: int) -> None:
    sheet = Sheet(attempt)
    for place in range(right):
        answer_question(attempt, sheet.questions[place].id, answers_right(sheet, place))


# Versions


def test_same_content_is_one_version_and_a_change_makes_another():
    quiz = QuizFactory(questions=three())
    first = current_version(quiz)
    assert current_version(Quiz.objects.get(pk=quiz.pk)) == first
    quiz.pass_percent = 80
    quiz.save()
    second = current_version(Quiz.objects.get(pk=quiz.pk))
    assert (second.pk != first.pk, second.content["pass_percent"], first.content["pass_percent"]) == (True, 80, 60)
    quiz.pass_percent = 60
    quiz.save()
    assert current_version(Quiz.objects.get(pk=quiz.pk)) == first
    assert QuizVersion.objects.count() == 2


def test_attempt_is_judged_by_the_version_it_began_with():
    quiz = QuizFactory(questions=[make_number("a", answer="5", tolerance="0")], pass_percent=50)
    attempt = start_attempt(new_learner(), quiz, None)
    raw = quiz.questions.get_prep_value()
    raw[0]["value"]["answer"] = "6"
    quiz.questions = quiz.questions.stream_block.to_python(raw)
    quiz.pass_percent = 100
    quiz.save()
    question = attempt.shown[0]["id"]
    assert answer_question(attempt, question, {question: "5"}).is_right
    assert submit_attempt(attempt).is_passed


# Starting


def test_attempts_are_numbered_and_an_open_one_is_resumed_with_the_order_it_was_drawn_with():
    quiz, learner = QuizFactory(questions=[make_single(f"q{n}") for n in range(8)], pool=5, is_shuffled=True), new_learner()
    first = start_attempt(learner, quiz, None)
    assert (first.number, len(first.shown), first.max_points) == (1, 5, Decimal(5))
    again = start_attempt(learner, Quiz.objects.get(pk=quiz.pk), None)
    assert (again.pk, again.shown) == (first.pk, first.shown)
    submit_attempt(first)
    second = start_attempt(learner, quiz, None)
    assert (second.number, second.pk != first.pk) == (2, True)


def test_no_more_attempts_than_allowed():
    quiz, learner = QuizFactory(max_attempts=2), new_learner()
    for _each in range(2):
        submit_attempt(start_attempt(learner, quiz, None))
    with pytest.raises(TooManyAttempts):
        start_attempt(learner, quiz, None)
    assert learner.attempts.count() == 2
    assert start_attempt(new_learner(), quiz, None).number == 1


def test_the_last_attempt_whose_time_is_over_is_closed_even_when_no_other_is_allowed():
    quiz, learner = QuizFactory(questions=three(), max_attempts=1, minutes=10), new_learner()
    with time_machine.travel(NOON, tick=False) as clock:
        attempt = start_attempt(learner, quiz, None)
        answer_all(attempt, right=2)
        clock.shift(dt.timedelta(hours=1))
        with pytest.raises(TooManyAttempts):
            start_attempt(learner, quiz, None)
    attempt.refresh_from_db()
    assert (attempt.points, attempt.is_passed, attempt.submitted_at) == (Decimal(3), True, NOON + dt.timedelta(minutes=10))


def test_pool_draws_maximum_points_of_what_was_drawn():
    quiz = QuizFactory(questions=[make_number("a", points=2), make_case("b", [make_single(points=3), make_single()])])
    assert start_attempt(new_learner(), quiz, None).max_points == Decimal(6)


# Answering


def test_at_once_the_first_answer_counts():
    quiz = QuizFactory(questions=three())
    attempt = start_attempt(new_learner(), quiz, None)
    sheet = Sheet(attempt)
    question = sheet.questions[1]
    first = answer_question(attempt, question.id, {question.id: "7"})
    assert (first.is_right, first.points, first.given) == (False, 0, {"text": "7", "number": "7"})
    again = answer_question(attempt, question.id, answers_right(sheet, 1))
    assert (again.pk, again.is_right, again.given) == (first.pk, False, first.given)


def test_at_the_end_an_answer_may_be_changed_until_it_is_handed_in():
    quiz = QuizFactory(questions=three(), feedback="at_end")
    attempt = start_attempt(new_learner(), quiz, None)
    sheet = Sheet(attempt)
    question = sheet.questions[1]
    answer_question(attempt, question.id, {question.id: "7"})
    assert answer_question(attempt, question.id, answers_right(sheet, 1)).points == Decimal(2)
    submit_attempt(attempt)
    with pytest.raises(AlreadySubmitted):
        answer_question(attempt, question.id, {question.id: "7"})
    assert [(answer.question, answer.points) for answer in attempt.answers.all()] == [(question.id, Decimal(2))]


@pytest.mark.parametrize("feedback", ["at_once", "at_end"])
def test_what_is_sent_a_hundred_times_counts_once(feedback):
    quiz = QuizFactory(questions=three(), feedback=feedback)
    attempt = start_attempt(new_learner(), quiz, None)
    sheet = Sheet(attempt)
    for _each in range(100):
        answer_question(attempt, sheet.questions[0].id, answers_right(sheet, 0))
    before = list(Answer.objects.values())
    for _each in range(100):
        submit_attempt(Attempt.objects.get(pk=attempt.pk))
    assert len(before) == 1
    assert list(Answer.objects.values()) == before
    assert [(row.points, row.number) for row in Attempt.objects.all()] == [(Decimal(1), 1)]


def test_a_question_that_was_not_asked_is_not_taken():
    quiz = QuizFactory(questions=[make_single("a"), make_single("b")], pool=1)
    attempt = start_attempt(new_learner(), quiz, None)
    left_out = next(raw["id"] for raw in quiz.questions.raw_data if raw["id"] != attempt.shown[0]["id"])
    for forged in (left_out, "", "0", "'; drop table"):
        with pytest.raises(LookupError):
            answer_question(attempt, forged, {forged: "1"})
    assert Answer.objects.count() == 0


def test_an_option_of_another_question_is_no_answer_and_leaves_nothing():
    quiz = QuizFactory(questions=[make_single("a"), make_single("b")])
    attempt = start_attempt(new_learner(), quiz, None)
    first, second = Sheet(attempt).questions
    with pytest.raises(Unreadable):
        answer_question(attempt, first.id, {first.id: second.options[0].id})
    assert Answer.objects.count() == 0


# The clock


@pytest.mark.parametrize(("late", "is_taken"), [(0, True), (5, True), (6, False), (3600, False)])
def test_the_deadline_is_the_servers_with_five_seconds_of_grace(late, is_taken):
    quiz, learner = QuizFactory(questions=three(), minutes=10), new_learner()
    with time_machine.travel(NOON, tick=False) as clock:
        attempt = start_attempt(learner, quiz, None)
        assert attempt.deadline == NOON + dt.timedelta(minutes=10)
        sheet = Sheet(attempt)
        answer_question(attempt, sheet.questions[0].id, answers_right(sheet, 0))
        clock.move_to(attempt.deadline + dt.timedelta(seconds=late))
        if is_taken:
            assert answer_question(attempt, sheet.questions[1].id, answers_right(sheet, 1)).is_right
        else:
            with pytest.raises(TimeOver):
                answer_question(attempt, sheet.questions[1].id, answers_right(sheet, 1))
    attempt.refresh_from_db()
    assert attempt.answers.count() == 1 + is_taken
    assert (attempt.submitted_at, attempt.points) == ((None, 0) if is_taken else (attempt.deadline, 1))


def test_a_clock_that_the_client_rewinds_changes_nothing():
    quiz = QuizFactory(questions=three(), minutes=10)
    attempt = start_attempt(new_learner(), quiz, None, now=NOON)
    sheet = Sheet(attempt)
    sent = answers_right(sheet, 0) | {"deadline": ["2099-01-01"], "started_at": ["2099-01-01"], "now": ["2026-11-23T12:00"]}
    with pytest.raises(TimeOver):
        answer_question(attempt, sheet.questions[0].id, sent, now=NOON + dt.timedelta(minutes=11))
    attempt.refresh_from_db()
    assert (attempt.started_at, attempt.deadline) == (NOON, NOON + dt.timedelta(minutes=10))


def test_handing_in_counts_what_is_there_and_only_once():
    quiz = QuizFactory(questions=three(), pass_percent=75)
    attempt = start_attempt(new_learner(), quiz, None)
    answer_all(attempt, right=2)
    submit_attempt(attempt, now=NOON)
    assert (attempt.points, attempt.max_points, attempt.is_passed, attempt.submitted_at) == (Decimal(3), Decimal(4), True, NOON)
    close_attempt(attempt, now=NOON + dt.timedelta(hours=1))
    attempt.refresh_from_db()
    assert attempt.submitted_at == NOON


def test_an_attempt_without_answers_is_not_passed_unless_nothing_is_needed():
    assert not submit_attempt(start_attempt(new_learner(), QuizFactory(), None)).is_passed
    assert submit_attempt(start_attempt(new_learner(), QuizFactory(pass_percent=0), None)).is_passed


# What a learner has


def test_passed_quizzes_are_those_of_the_learner_alone():
    quiz, other, learner = QuizFactory(), QuizFactory(), new_learner()
    AttemptFactory(quiz=quiz, learner=learner)
    AttemptFactory(quiz=other, learner=learner, is_passed=False)
    AttemptFactory(quiz=other)
    assert find_passed(learner, [quiz.pk, other.pk]) == {quiz.pk}
    assert find_passed(learner, [other.pk]) == find_passed(learner, []) == find_passed(None, [quiz.pk]) == set()


def test_card_says_what_is_asked_and_what_was_reached():
    quiz = QuizFactory(questions=three(), max_attempts=3, pass_percent=70, pool=2)
    page, learner = LessonFactory(body=[("quiz", {"quiz": quiz})]), new_learner()
    fresh = quiz_cards(None, [quiz], page)[quiz.pk]
    assert (fresh.number, fresh.minutes, fresh.pass_percent, fresh.attempts_left) == (2, 1, 70, 3)
    assert (fresh.best, fresh.is_passed, fresh.open_attempt, fresh.can_start) == (None, False, None, True)
    AttemptFactory(quiz=quiz, learner=learner, number=1, points=Decimal(2), max_points=Decimal(3), is_passed=False)
    AttemptFactory(quiz=quiz, learner=learner, number=2, points=Decimal(1), max_points=Decimal(3), is_passed=False)
    opened = start_attempt(learner, quiz, page)
    card = quiz_cards(learner, [quiz], page)[quiz.pk]
    assert (card.best, card.is_passed, card.attempts_left, card.open_attempt, card.last_attempt.number) == (66, False, 0, opened, 2)
    assert card.can_start
    submit_attempt(opened)
    assert not quiz_cards(learner, [quiz], page)[quiz.pk].can_start


def test_open_attempt_whose_time_is_over_is_not_offered_to_go_on_with():
    quiz, learner = QuizFactory(minutes=5, max_attempts=1), new_learner()
    with time_machine.travel(NOON, tick=False) as clock:
        start_attempt(learner, quiz, None)
        clock.shift(dt.timedelta(minutes=6))
        card = quiz_cards(learner, [quiz], None)[quiz.pk]
    assert (card.open_attempt, card.attempts_left, card.can_start) == (None, 0, False)


@pytest.mark.parametrize(("quizzes_there", "attempts"), [(1, 1), (3, 50)])
def test_cards_and_passed_quizzes_take_one_query_each(django_assert_num_queries, quizzes_there, attempts):
    learner, found = new_learner(), [QuizFactory() for _each in range(quizzes_there)]
    for quiz in found:
        version = current_version(quiz)
        for number in range(attempts):
            AttemptFactory(quiz=quiz, version=version, learner=learner, number=number + 1, shown=[])
    found = list(Quiz.objects.filter(pk__in=[quiz.pk for quiz in found]))
    with django_assert_num_queries(1):
        assert len(quiz_cards(learner, found, None)) == quizzes_there
    with django_assert_num_queries(1):
        assert len(find_passed(learner, [quiz.pk for quiz in found])) == quizzes_there


@pytest.mark.parametrize("number", [3, 30])
def test_answering_takes_the_same_queries_whatever_the_length(django_assert_num_queries, number):
    quiz = QuizFactory(questions=[make_single(f"q{n}") for n in range(number)])
    attempt = start_attempt(new_learner(), quiz, None)
    sheet = Sheet(attempt)
    sent = answers_right(sheet, number - 1)
    attempt = Attempt.objects.select_related("version").get(pk=attempt.pk)
    with django_assert_num_queries(5):  # savepoint, lock, what is known, insert, release
        answer_question(attempt, sheet.questions[-1].id, sent)
    assert attempt.answers.count() == 1


def test_preview_shows_right_answers_and_faults():
    quiz = QuizFactory(questions=[make_single("a"), make_match("b"), make_single("c", [make_option("ก"), make_option("ข")])])
    context = quizzes.preview_context(quiz)
    assert context["faults"] == ["ข้อ c: ยังไม่มีตัวเลือกที่ถูก"]
    assert [row.text for row in context["shown"][0].rows if row.is_right] == ["สิบบาท"]
    assert [row.right for row in context["shown"][1].rows] == ["คงที่", "ผันแปร", "คงที่", "ลงทุน"]


# At the same time


def run_together(number: int, job) -> list:
    results, barrier = [None] * number, threading.Barrier(number)

    def work(place):
        try:
            barrier.wait(10)
            results[place] = job(place)
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[place]) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_starts_at_the_same_moment_make_one_attempt():
    quiz, learner = QuizFactory(questions=three(), max_attempts=3), new_learner()
    results = run_together(6, lambda place: start_attempt(learner, Quiz.objects.get(pk=quiz.pk), None).pk)
    assert results == [Attempt.objects.get().pk] * 6
    assert QuizVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_starting_and_handing_in_at_the_same_moment_never_exceeds_the_limit():
    quiz, learner = QuizFactory(max_attempts=2), new_learner()

    def start_and_submit(place):
        try:
            return submit_attempt(start_attempt(learner, Quiz.objects.get(pk=quiz.pk), None)).number
        except TooManyAttempts:
            return "refused"

    results = run_together(6, start_and_submit)
    assert set(results) <= {1, 2, "refused"}
    assert sorted(learner.attempts.values_list("number", flat=True)) in ([1], [1, 2])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_different_answers_at_the_same_moment_leave_one_and_the_points_agree():
    quiz = QuizFactory(questions=three())
    attempt = start_attempt(new_learner(), quiz, None)
    question = Sheet(attempt).questions[0]

    def answer(place):
        own = Attempt.objects.select_related("version").get(pk=attempt.pk)
        return answer_question(own, question.id, {question.id: question.options[place % 3].id}).given

    results = run_together(6, answer)
    kept = Answer.objects.get()
    assert results == [kept.given] * 6
    assert submit_attempt(attempt).points == kept.points


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_answer_slips_in_beside_the_handing_in():
    for _round in range(4):
        quiz = QuizFactory(questions=three())
        attempt = start_attempt(new_learner(), quiz, None)
        sheet = Sheet(attempt)

        def act(place, attempt=attempt, sheet=sheet):
            own = Attempt.objects.select_related("version").get(pk=attempt.pk)
            if place == 3:
                return submit_attempt(own)
            return answer_question(own, sheet.questions[place].id, answers_right(sheet, place))

        results = run_together(4, act)
        assert all(isinstance(result, Answer | Attempt | AlreadySubmitted) for result in results)
        attempt.refresh_from_db()
        assert attempt.points == sum(attempt.answers.values_list("points", flat=True), Decimal(0))


@pytest.mark.needs("postgresql")
@pytest.mark.only_on("postgresql")
def test_learner_and_attempt_are_locked_on_postgresql():
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        attempt = start_attempt(new_learner(), QuizFactory(), None, now=timezone.now())
        submit_attempt(attempt)
    locks = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert [any(table in sql for sql in locks) for table in ("courses_learner", "courses_attempt")] == [True, True]
