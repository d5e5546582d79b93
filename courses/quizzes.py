"""Quizzes as they are taken: versions, attempts, answers, and what a learner has of each.

An attempt keeps the version that it began with, and the questions and their order drawn then. The clock is the
server's. An attempt is locked while it is written to, so what arrives twice or at the same time counts once.
"""

import datetime as dt
import hashlib
import json
import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.models import Page

from courses import grading
from courses.asking import show_answered
from courses.models import Answer, Attempt, Learner, Quiz, QuizVersion
from courses.questions import Question, draw, find_faults, read_given, read_questions
from kb.models import Fact

GRACE = dt.timedelta(seconds=5)  # what is on its way at the deadline still counts
_SECONDS = {"single": 30, "multiple": 40, "true_false": 20, "order": 60, "number": 60, "short": 45, "match": 60, "case": 90}
# What templates/courses/questions/picture.html shows, as Wagtail names it.
RENDITIONS = [f"format-{kind}|width-{width}" for kind in ("avif", "webp", "jpeg") for width in (360, 720)]


class TooManyAttempts(Exception):
    """All attempts that the quiz allows are used."""


class TimeOver(Exception):
    """The attempt's time has passed; it is closed with what was answered."""


class AlreadySubmitted(Exception):
    """Nothing is taken after the attempt was handed in."""


# Versions


def current_version(quiz: Quiz) -> QuizVersion:
    """The quiz as it stands now, kept for good; the same content is kept once."""
    content = {
        "title": quiz.title,
        "pass_percent": quiz.pass_percent,
        "feedback": str(quiz.feedback),
        "minutes": quiz.minutes,
        "pool": quiz.pool,
        "is_shuffled": quiz.is_shuffled,
        "questions": quiz.questions.get_prep_value(),
    }
    written = json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True)
    key = hashlib.sha256(written.encode()).hexdigest()
    return QuizVersion.objects.get_or_create(quiz=quiz, hash=key, defaults={"content": json.loads(written)})[0]


# One attempt as it is taken


@dataclass
class Sheet:
    """An attempt with its questions in the order shown, and what was answered. Reads the answers once."""

    attempt: Attempt

    @cached_property
    def content(self) -> dict:
        return self.attempt.version.content

    @cached_property
    def questions(self) -> list[Question]:
        found = {question.id: question for question in read_questions(self.content["questions"])}
        return [found[entry["id"]] for entry in self.attempt.shown]

    @cached_property
    def answers(self) -> dict[str, Answer]:
        return {answer.question: answer for answer in self.attempt.answers.all()}

    @property
    def is_at_once(self) -> bool:
        return self.content["feedback"] == Quiz.Feedback.AT_ONCE

    def find(self, question_id: str) -> tuple[Question, dict]:
        """A question and its entry in `Attempt.shown`. Raises LookupError for one that was not asked."""
        for question, entry in zip(self.questions, self.attempt.shown, strict=True):
            if question.id == question_id:
                return question, entry
        raise LookupError(f"question {question_id} was not asked")

    def first_open(self) -> int:
        """Number of the first question without an answer, from 1; 0 when there is none."""
        return next((number for number, one in enumerate(self.questions, start=1) if one.id not in self.answers), 0)


def start_attempt(learner: Learner, quiz: Quiz, page: Page | None, *, now: dt.datetime | None = None) -> Attempt:
    """The learner's open attempt, or a new one. Raises TooManyAttempts."""
    now = now or timezone.now()
    version = current_version(quiz)
    with transaction.atomic():
        Learner.objects.select_for_update().get(pk=learner.pk)  # one at a time for each learner
        own = Attempt.objects.filter(learner=learner, quiz=quiz)
        attempt = own.filter(submitted_at=None).select_related("version").first()
        if attempt and not is_over(attempt, now):
            return attempt
        if attempt:
            close_attempt(attempt, now=now)
        last = own.aggregate(last=Max("number"))["last"] or 0
        if quiz.max_attempts and own.count() >= quiz.max_attempts:
            is_refused = True
        else:
            is_refused = False
            attempt = Attempt(learner=learner, quiz=quiz, version=version, page=page, number=last + 1, started_at=now)
            _draw(attempt)
            attempt.save()
    if is_refused:  # after the commit: the attempt whose time was over stays closed
        raise TooManyAttempts
    return attempt


def _draw(attempt: Attempt) -> None:
    content = attempt.version.content
    questions = {question.id: question for question in read_questions(content["questions"])}
    chance = random.Random(attempt.key.int)
    attempt.shown = draw(list(questions.values()), pool=content["pool"], is_shuffled=content["is_shuffled"], chance=chance)
    attempt.max_points = sum((Decimal(questions[entry["id"]].points) for entry in attempt.shown), Decimal(0))
    attempt.deadline = attempt.started_at + dt.timedelta(minutes=content["minutes"]) if content["minutes"] else None


def is_over(attempt: Attempt, now: dt.datetime | None = None) -> bool:
    return attempt.deadline is not None and (now or timezone.now()) > attempt.deadline + GRACE


def answer_question(attempt: Attempt, question_id: str, post, *, now: dt.datetime | None = None) -> Answer:
    """Takes one answer. Where feedback comes at once the first answer counts; else it may be changed until the end.

    Raises LookupError (not a question of this attempt), questions.Unreadable, TimeOver, AlreadySubmitted.
    """
    now = now or timezone.now()
    sheet = Sheet(attempt)
    question, entry = sheet.find(question_id)
    with transaction.atomic():
        _lock(attempt)
        if attempt.submitted_at is None and not is_over(attempt, now):
            known = Answer.objects.filter(attempt=attempt, question=question.id).first()
            if known and sheet.is_at_once:
                return known
            given = read_given(question, post, entry)
            if known and known.given == given:
                return known
            answer = known or Answer(attempt=attempt, question=question.id)
            judged = grading.judge(question, given)
            answer.given, answer.points, answer.is_right, answer.answered_at = given, judged.points, judged.is_right, now
            answer.save()
            return answer
    if attempt.submitted_at is not None:
        raise AlreadySubmitted
    close_attempt(attempt, now=now)
    raise TimeOver


def submit_attempt(attempt: Attempt, *, now: dt.datetime | None = None) -> Attempt:
    """Hands the attempt in; what was not answered is worth nothing. Safe to repeat: the first time counts."""
    now = now or timezone.now()
    with transaction.atomic():
        _lock(attempt)
        if attempt.submitted_at is None:
            attempt.points = sum(attempt.answers.values_list("points", flat=True), Decimal(0))
            attempt.is_passed = grading.is_enough(attempt.points, attempt.max_points, attempt.version.content["pass_percent"])
            attempt.submitted_at = min(now, attempt.deadline) if attempt.deadline else now
            attempt.save(update_fields=["points", "is_passed", "submitted_at"])
    return attempt


def close_attempt(attempt: Attempt, *, now: dt.datetime | None = None) -> Attempt:
    """Hands it in for the learner, with what is answered: its time is over, or a merge left two open."""
    return submit_attempt(attempt, now=now)


def _lock(attempt: Attempt) -> None:
    """Holds the row until the end of the transaction and reads how it stands."""
    row = Attempt.objects.select_for_update().only("submitted_at", "points", "is_passed", "deadline").get(pk=attempt.pk)
    for name in ("submitted_at", "points", "is_passed", "deadline"):
        setattr(attempt, name, getattr(row, name))


# What a learner has


def find_passed(learner: Learner | None, quiz_ids: Collection[int]) -> set[int]:
    """Those of the quizzes that the learner has passed."""
    if learner is None or not quiz_ids:
        return set()
    return set(Attempt.objects.filter(learner=learner, quiz_id__in=list(quiz_ids), is_passed=True).values_list("quiz_id", flat=True))


@dataclass(frozen=True)
class QuizCard:
    """What is said of a quiz before it begins. `attempts_left` None: no limit. `best`: percent of the best attempt handed in."""

    quiz: Quiz
    page: Page | None
    number: int
    minutes: int
    pass_percent: int
    attempts_left: int | None
    best: int | None
    is_passed: bool
    open_attempt: Attempt | None
    last_attempt: Attempt | None = None

    @property
    def can_start(self) -> bool:
        return self.open_attempt is not None or self.attempts_left is None or self.attempts_left > 0


def quiz_cards(learner: Learner | None, quizzes: Iterable[Quiz], page: Page | None) -> dict[int, QuizCard]:
    """{pk of the quiz: card}; one query for all."""
    quizzes, now = list(quizzes), timezone.now()
    by_quiz: dict[int, list[Attempt]] = {quiz.pk: [] for quiz in quizzes}
    if learner is not None and quizzes:
        for attempt in Attempt.objects.filter(learner=learner, quiz__in=list(by_quiz)).defer("shown").order_by("number"):
            by_quiz[attempt.quiz_id].append(attempt)
    return {quiz.pk: _make_card(quiz, page, by_quiz[quiz.pk], now) for quiz in quizzes}


def _make_card(quiz: Quiz, page: Page | None, attempts: list[Attempt], now: dt.datetime) -> QuizCard:
    done = [attempt for attempt in attempts if attempt.submitted_at]
    return QuizCard(
        quiz=quiz,
        page=page,
        number=quiz.number_asked,
        minutes=rough_minutes(quiz),
        pass_percent=quiz.pass_percent,
        attempts_left=max(0, quiz.max_attempts - len(attempts)) if quiz.max_attempts else None,
        best=max((grading.percent(attempt.points, attempt.max_points) for attempt in done), default=None),
        is_passed=any(attempt.is_passed for attempt in done),
        open_attempt=next((attempt for attempt in attempts if not attempt.submitted_at and not is_over(attempt, now)), None),
        last_attempt=done[-1] if done else None,
    )


def rough_minutes(quiz: Quiz) -> int:
    """How long the quiz takes, by the kinds of its questions; without a query."""
    raw = list(quiz.questions.raw_data)
    seconds = sum(_SECONDS[item["type"]] + sum(_SECONDS[part["type"]] for part in item["value"].get("parts") or []) for item in raw)
    return max(1, round(seconds * quiz.number_asked / len(raw) / 60)) if raw else 1


# What stands around the questions on a page


def find_pictures(questions: Iterable[Question]) -> dict:
    """{pk: image} of the questions, with the renditions that the pages show, made where they are missing. Three queries at most
    once they exist."""
    keys = {key for question in questions for key in question.images}
    if not keys:
        return {}
    images = get_image_model().objects.filter(pk__in=keys).prefetch_renditions(*RENDITIONS)
    return {image.pk: image for image in images}


def find_facts(questions: Iterable[Question], *, is_answered: bool) -> dict[str, Fact]:
    """{code: fact} that the texts shown quote, in one query."""
    codes = [code for question in questions for code in question.fact_codes(is_answered=is_answered)]
    return Fact.objects.in_bulk(codes, field_name="code") if codes else {}


def preview_context(quiz: Quiz) -> dict:
    """For editors: every question with its right answers, and what keeps the quiz from being published."""
    questions = read_questions(quiz.questions.get_prep_value())
    facts, pictures = find_facts(questions, is_answered=True), find_pictures(questions)
    return {
        "quiz": quiz,
        "faults": find_faults(questions, quiz.pool),
        "minutes": rough_minutes(quiz),
        "shown": [
            show_answered(question, number=number, given=grading.right_answer(question), facts=facts, pictures=pictures)
            for number, question in enumerate(questions, start=1)
        ],
    }
