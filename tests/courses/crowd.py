"""Many learners answering quizzes at the same time, and the proof afterwards that nothing was lost and nothing counted twice.

Each learner works through attempt after attempt as in a browser: begin, answer every question, hand in, finish the lesson.
A third of what he sends arrives twice at once, the second time with another answer where the first one counts. A pool of
threads with a database connection each does the work, as the threads of the server do.
"""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connections
from django.db.models import Count, F, Max, Sum

from courses import progress
from courses.models import Answer, Attempt, Learner, LessonPage, Progress, Quiz
from courses.quizzes import AlreadySubmitted, Sheet, answer_question, start_attempt, submit_attempt
from tests.courses.question_samples import make_multiple, make_option, make_single, make_true_false
from tests.factories import ChapterFactory, CourseFactory, LessonFactory, QuizFactory

Deliveries = list[Callable[[], object]]


@dataclass
class Said:
    """What was said to be taken: [(attempt, question, what was given)], attempts begun and handed in, lessons finished."""

    answers: list[tuple[int, str, dict]] = field(default_factory=list)
    begun: set[int] = field(default_factory=set)
    handed_in: set[int] = field(default_factory=set)
    finished: set[tuple[int, int]] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    lost: int
    doubled: int


def make_scene() -> tuple[Quiz, list[LessonPage]]:
    """A quiz of three questions, each right away with its answer, in both lessons of a course."""
    options = [make_option("ใช่", True), make_option("ไม่"), make_option("ไม่แน่")]
    quiz = QuizFactory(questions=[make_single("one", options), make_multiple("many"), make_true_false("truth")], pass_percent=0)
    chapter = ChapterFactory(parent=CourseFactory())
    return quiz, [LessonFactory(parent=chapter, body=[("quiz", {"quiz": quiz})]) for _ in range(2)]


def run_crowd(quiz: Quiz, lessons: list[LessonPage], *, number: int, seconds: float, workers: int) -> Said:
    """`number` learners for so many seconds; what has begun then is brought to its end."""
    said, started = Said(), time.monotonic()
    learners = Learner.objects.bulk_create(Learner() for _ in range(number))
    with ThreadPoolExecutor(workers) as pool:
        courses = {
            place: _study(learner, quiz, lessons, said, started + seconds, random.Random(place)) for place, learner in enumerate(learners)
        }
        running: dict = {}

        def go_on(place: int, results: list | None) -> None:
            try:
                deliveries = courses[place].send(results)
            except StopIteration:
                return
            left[place] = len(deliveries)
            done[place] = []
            for deliver in deliveries:
                running[pool.submit(deliver)] = place

        left: dict[int, int] = {}
        done: dict[int, list] = {}
        for place in courses:
            go_on(place, None)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                place = running.pop(future)
                done[place].append(future.exception() or future.result())
                left[place] -= 1
                if not left[place]:
                    go_on(place, done[place])
        list(pool.map(lambda _place: _leave(), range(workers * 2)))
    said.seconds = time.monotonic() - started
    return said


def _leave() -> None:
    connections.close_all()
    time.sleep(0.05)  # so that every thread gets one


def _study(learner, quiz, lessons, said: Said, until: float, chance: random.Random) -> Generator[Deliveries, list]:
    """What one learner sends, in turn; the results of each sending come back when all its deliveries are through."""

    def taken(results: list, allowed=()) -> list:
        said.errors += [repr(result) for result in results if isinstance(result, Exception) and not isinstance(result, allowed)]
        return [result for result in results if not isinstance(result, Exception)]

    def twice(first: Callable, second: Callable | None = None) -> Deliveries:
        return [first, second or first] if chance.random() < 1 / 3 else [first]

    for lesson in itertools.cycle(lessons):
        if time.monotonic() > until:
            return
        attempts = taken((yield twice(lambda lesson=lesson: start_attempt(learner, quiz, lesson))))
        said.begun.update(attempt.pk for attempt in attempts)
        if not attempts:
            return
        key = attempts[0].pk
        for question in Sheet(attempts[0]).questions:
            posts = [_make_post(question, chance) for _ in range(2)]
            deliver = [lambda key=key, question=question, post=post: answer_question(_read(key), question.id, post) for post in posts]
            for answer in taken((yield twice(*deliver))):
                said.answers.append((key, answer.question, answer.given))
        late = _make_post(question, chance)
        submit = lambda key=key: submit_attempt(_read(key)).pk  # noqa: E731
        results = yield [*twice(submit), lambda key=key, last=question.id, post=late: answer_question(_read(key), last, post)]
        said.handed_in.update(result for result in taken(results, AlreadySubmitted) if isinstance(result, int))
        taken((yield twice(lambda lesson=lesson: progress.record_finished(learner, lesson))))
        said.finished.add((learner.pk, lesson.pk))


def _read(key: int) -> Attempt:
    """Each delivery is a request of its own."""
    return Attempt.objects.select_related("version").get(pk=key)


def _make_post(question, chance: random.Random) -> dict:
    if question.kind == "true_false":
        return {question.id: chance.choice("10")}
    chosen = chance.choice(question.options).id
    return {question.id: chosen} if question.kind == "single" else _Many({question.id: [chosen]})


class _Many(dict):
    def getlist(self, name: str) -> list:
        return self.get(name, [])


def judge_crowd(said: Said) -> Verdict:
    """What the database has against what was said. The database of the learners must have nobody else in it."""
    kept = {(attempt, question): given for attempt, question, given in Answer.objects.values_list("attempt_id", "question", "given")}
    lost = sum(kept.get((attempt, question)) != given for attempt, question, given in said.answers)
    attempts = set(Attempt.objects.values_list("pk", flat=True))
    lost += len(said.begun - attempts)
    lost += len(said.handed_in - set(Attempt.objects.filter(submitted_at__isnull=False).values_list("pk", flat=True)))
    rows = Counter(
        Progress.objects.filter(state=Progress.State.FINISHED, page__in={page for _who, page in said.finished}).values_list(
            "learner_id", "page_id"
        )
    )
    lost += len(said.finished - rows.keys())
    doubled = len(attempts - said.begun) + sum(number - 1 for number in rows.values())
    doubled += max(0, Answer.objects.count() - len({(attempt, question) for attempt, question, _given in said.answers}))
    own = Attempt.objects.values("learner").annotate(attempts=Count("pk"), last=Max("number"))
    doubled += sum(abs(row["attempts"] - row["last"]) for row in own.order_by())
    wrong = Attempt.objects.filter(submitted_at__isnull=False).annotate(sum=Sum("answers__points")).exclude(points=F("sum"))
    doubled += sum(attempt.points != (attempt.sum or Decimal(0)) for attempt in wrong)
    return Verdict(lost, doubled)
