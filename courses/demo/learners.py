"""Loads what the demonstration's learners did: progress in every state, attempts passed and failed, notes, certificates.

Made once, through the functions that record the same for everybody, at times before now; what people do with it
afterwards is theirs. The crowd is invented by a fixed seed: whole accounts without a password, so that nobody signs in.
"""

import datetime as dt
import random
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone
from wagtail.models import Page

from business import vocabulary
from business.models import Business
from courses import certificates, grading, progress
from courses.demo.load import read_yaml
from courses.models import Answer, Attempt, Bookmark, CoursePage, Learner, LessonPage, Note, PathPage, Progress, Quiz, TaskMark
from courses.outline import Outline, read_outlines
from courses.progress import Evidence
from courses.questions import Question
from courses.quizzes import Sheet, start_attempt, submit_attempt
from kb.demo.guide_files import FileError
from kb.demo.ledger import Ledger, checksum
from kb.demo.load import Say
from kb.models import GuidePage
from kb.reading import hash_texts
from users.models import User
from users.roles import Role

FILE = "learners.yaml"
_HARD = 0.45  # of the right answers are left of a question that the dice call hard


def load_learners(ledger: Ledger, say: Say) -> None:
    """Safe to repeat; the caller holds the transaction and has loaded the courses and the people."""
    told = read_yaml(FILE)
    people = [entry for entry in told["people"] if f"learner/{entry['email']}" not in ledger]
    has_crowd = "learners/crowd" in ledger or not told["crowd"]
    if people or not has_crowd:
        school = School(timezone.now())
        users = {user.email: user for user in User.objects.filter(email__in=[entry["email"] for entry in people])}
        for entry in people:
            if user := users.get(entry["email"]):
                learner = Learner.objects.get_or_create(user=user)[0]
                for did in entry["did"]:
                    school.do(learner, did, told["older"])
            ledger[f"learner/{entry['email']}"] = checksum(entry)
        if not has_crowd:
            _load_crowd(school, told["crowd"])
            ledger["learners/crowd"] = checksum(told["crowd"])
    say(f"ผู้เรียน {Learner.objects.count()} คน / learners")


@dataclass
class School:
    """The courses as the demonstration's learners meet them, read once."""

    now: dt.datetime

    @cached_property
    def outlines(self) -> dict[str, Outline]:
        courses = {course.pk: course for course in CoursePage.objects.live()}
        return {courses[pk].slug: outline for pk, outline in read_outlines(courses.values()).items()}

    @cached_property
    def lessons(self) -> dict[str, LessonPage]:
        keys = {lesson.pk: f"{slug}/{lesson.slug}" for slug, outline in self.outlines.items() for lesson in outline.lessons}
        return {keys[lesson.pk]: lesson for lesson in LessonPage.objects.filter(pk__in=keys)}

    @cached_property
    def quizzes(self) -> dict[int, Quiz]:
        return Quiz.objects.live().in_bulk()

    def find(self, name: str) -> Page | None:
        """A lesson `course/lesson`, `guide:…` or `path:…`; None when a person has deleted it."""
        kind, _, slug = name.rpartition(":")
        if kind:
            return {"guide": GuidePage, "path": PathPage}[kind].objects.filter(slug=slug, live=True).first()
        return self.lessons.get(name)

    def moment(self, days: float, hour: int = 20) -> dt.datetime:
        """So many days ago, in the evening in Bangkok; never later than an hour ago."""
        then = timezone.localtime(self.now).replace(hour=hour, minute=7, second=0, microsecond=0) - dt.timedelta(days=days)
        return min(then, self.now - dt.timedelta(hours=1))

    # What is told of a person

    def do(self, learner: Learner, did: dict, older: dict) -> None:
        """One entry of `did`. Raises FileError on one that cannot be understood."""
        verbs = ("finish", "read", "open", "fail", "placement", "certificate", "keep", "note", "task")
        verb = next((verb for verb in verbs if verb in did), None)
        if verb is None:
            raise FileError(FILE, f"{did} says nothing that can be done")
        when = self.moment(did["days"])
        if verb == "certificate":
            self._certify(learner, did["certificate"])
            return
        page = self.find(did[verb])
        if page is None:
            return
        match verb:
            case "finish":
                self.finish(learner, page, when, older=older if did.get("older") else None)
            case "read":
                self.read(learner, page, when)
            case "open":
                self._open(learner, page, when, _block_id(page, did.get("block")), did.get("second", 0))
            case "fail":
                progress.record_opened(learner, page, now=when)
                self.take_quizzes(learner, page, when, chance=random.Random(did["fail"]), share=0.2)
            case "placement":
                if page.placement:
                    take(learner, page.placement, page, when, lambda question: question.code in did["right"], random.Random(1))
            case "keep":
                row = Bookmark.objects.get_or_create(learner=learner, page=page)[0]
                Bookmark.objects.filter(pk=row.pk).update(created_at=when)
            case "note":
                Note.objects.create(
                    learner=learner,
                    page=page,
                    page_title=page.title,
                    block=_block_id(page, did["block"]),
                    text=did["text"],
                    created_at=when,
                )
            case "task":
                TaskMark.objects.get_or_create(learner=learner, page=page, block=_block_id(page, did["block"]), defaults={"done_at": when})

    def _open(self, learner: Learner, page: Page, when: dt.datetime, block: str, second: int) -> None:
        progress.record_opened(learner, page, now=when)
        evidence = Evidence(seconds=100, scrolled=45, block=block, second=second)
        progress.record_evidence(learner, page, evidence, minutes=minutes_of(page), now=when + dt.timedelta(minutes=2))

    def read(self, learner: Learner, page: Page, when: dt.datetime) -> None:
        """Looked at for as long as it takes, to its end."""
        minutes = minutes_of(page)
        progress.record_opened(learner, page, now=when)
        later = when + dt.timedelta(minutes=minutes)
        progress.record_evidence(learner, page, Evidence(seconds=60 * minutes, scrolled=100), minutes=minutes, now=later)

    def finish(self, learner: Learner, lesson: LessonPage, when: dt.datetime, *, older: dict | None = None, chance=None) -> None:
        """Read, its quizzes passed, said to be finished; `older`: when it still had other words."""
        self.read(learner, lesson, when)
        self.take_quizzes(learner, lesson, when + dt.timedelta(minutes=lesson.minutes), chance=chance, share=1)
        if older:
            lesson = _with_older_words(lesson, older)
        progress.record_finished(learner, lesson, now=when + dt.timedelta(minutes=lesson.minutes + 6))

    def take_quizzes(self, learner: Learner, lesson: LessonPage, when: dt.datetime, *, share: float, chance=None) -> bool:
        """All quizzes of the lesson once, so much of the answers right; whether all are passed."""
        seed = (chance or random.Random(lesson.slug)).random()  # one throw of the dice, however many questions are drawn

        def is_known(question: Question) -> bool:
            return share == 1 or random.Random(f"{seed} {question.code}").random() < share * _ease_of(question)

        attempts = [
            take(learner, self.quizzes[key], lesson, when, is_known, random.Random(seed)) for key in lesson.quiz_ids if key in self.quizzes
        ]
        return all(attempt.is_passed for attempt in attempts)

    def _certify(self, learner: Learner, slug: str) -> None:
        """Issued at this very moment: what is signed cannot be set back."""
        if outline := self.outlines.get(slug):
            certificates.issue_certificate(learner, outline.course, f"{learner.user.first_name} {learner.user.last_name}", is_demo=True)


def minutes_of(page: Page) -> int:
    return page.minutes if isinstance(page, LessonPage) else page.reading_minutes


def _block_id(page: Page, number: int | None) -> str:
    """Of the block at this place, counted from 1."""
    raw = list((page.items if isinstance(page, PathPage) else page.body).raw_data)
    return raw[number - 1].get("id") or "" if number and number <= len(raw) else ""


def _with_older_words(lesson: LessonPage, older: dict) -> LessonPage:
    """The lesson as it stood: a revision with those words, below the one that is live."""
    was = LessonPage.objects.get(pk=lesson.pk)
    raw = was.body.get_prep_value()
    for block in raw:
        if block["type"] == "text":
            block["value"] = block["value"].replace(older["now"], older["then"])
    was.body = was.body.stream_block.to_python(raw)
    was.text_hash = hash_texts(was.texts())
    if was.text_hash == lesson.text_hash:
        raise FileError(FILE, f"{older['lesson']} does not say “{older['now']}”")
    revision = was.save_revision(clean=False)
    lesson.save_revision().publish()
    was.live_revision_id = revision.pk
    return was


# A quiz taken


def take(learner: Learner, quiz: Quiz, page: Page, when: dt.datetime, is_known, chance: random.Random) -> Attempt:
    """One attempt from beginning to end. is_known(question): whether the learner gets it right."""
    attempt = start_attempt(learner, quiz, page, now=when)
    answers = []
    for number, question in enumerate(Sheet(attempt).questions):
        given = grading.right_answer(question) if is_known(question) else wrong_answer(question, chance)
        judged = grading.judge(question, given)
        answered_at = when + dt.timedelta(seconds=25 * (number + 1))
        answers.append(
            Answer(
                attempt=attempt, question=question.id, given=given, points=judged.points, is_right=judged.is_right, answered_at=answered_at
            )
        )
    Answer.objects.bulk_create(answers)
    return submit_attempt(attempt, now=when + dt.timedelta(seconds=25 * (len(answers) + 1)))


def wrong_answer(question: Question, chance: random.Random) -> dict:
    """Something that a person might give: mostly the first of the wrong options."""
    right = grading.right_answer(question)
    match question.kind:
        case "single":
            wrong = [option.id for option in question.options if not option.is_right]
            return {"option": wrong[0] if chance.random() < 0.6 else chance.choice(wrong)}
        case "multiple":
            first, *others = question.options
            return {"options": [first.id] if not first.is_right or len(right["options"]) > 1 else [one.id for one in others]}
        case "true_false":
            return {"value": not question.is_true}
        case "order":
            return {"order": right["order"][::-1]}
        case "number":
            number = question.answer * 2 + question.tolerance + 1
            return {"text": f"{number:f}", "number": f"{number:f}"}
        case "short":
            return {"text": "ไม่แน่ใจ"}
        case "match":
            keys = [key for key, _text in question.rights]
            return {"pairs": {key: keys[(keys.index(value) + 1) % len(keys)] for key, value in right["pairs"].items()}}
    return {"parts": {part.id: wrong_answer(part, chance) for part in question.parts}}


def _ease_of(question: Question) -> float:
    """Some questions are hard for everybody."""
    return _HARD if random.Random(question.code).random() < 0.25 else 1.0


# The crowd


def _load_crowd(school: School, told: dict) -> None:
    chance = random.Random("learners")
    shops = _deal(told, chance)
    learners = [(Learner.objects.create(user=_make_owner(number, shop)), shop["stage"]) for number, shop in enumerate(shops, start=1)]
    learners += [(Learner.objects.create(), chance.choice(list(told["stages"]))) for _number in range(told["visitors"])]
    for learner, stage in learners:
        _study(school, learner, stage, chance)
    for learner, _stage in learners:  # nobody of the crowd was here at the very moment of loading
        seen = Progress.objects.filter(learner=learner).order_by("-seen_at").values_list("seen_at", flat=True).first() or school.moment(30)
        Learner.objects.filter(pk=learner.pk).update(seen_at=seen, created_at=seen - dt.timedelta(days=3))


def _deal(told: dict, chance: random.Random) -> list[dict]:
    """One shop for each place in `provinces`, stages and numbers of staff dealt out by their counts."""
    columns = {}
    for name in ("provinces", "stages", "staff"):
        columns[name] = [key for key, number in told[name].items() for _one in range(number)]
    if len({len(column) for column in columns.values()}) != 1:
        raise FileError(FILE, "provinces, stages and staff do not add up to the same number")
    chance.shuffle(columns["stages"])
    chance.shuffle(columns["staff"])
    return [dict(zip(("province", "stage", "staff"), row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _make_owner(number: int, shop: dict) -> User:
    owner = User(email=f"learner-{number:02}@example.test", first_name="ผู้เรียน", last_name=f"สมมติที่ {number}")
    owner.set_unusable_password()
    owner.save()
    owner.give_role(Role.ENTREPRENEUR)
    Business.objects.create(
        owner=owner,
        name=f"ร้านตัวอย่างที่ {number} (สมมติ)",
        province=vocabulary.provinces()[shop["province"]],
        stage=vocabulary.stages()[shop["stage"]],
        sector=vocabulary.sectors()["retail"],
        staff=shop["staff"] or None,
    )
    return owner


def _study(school: School, learner: Learner, stage: str, chance: random.Random) -> None:
    """One or two courses, most begun with that of the own stage; many stop at the first quiz or after the second lesson."""
    by_stage = {outline.course.stages.all()[0].code: slug for slug, outline in school.outlines.items() if outline.course.stages.all()}
    first = by_stage.get(stage if chance.random() < 0.8 else "run") or next(iter(school.outlines))
    chosen = [first, *chance.sample([slug for slug in school.outlines if slug != first], k=chance.random() < 0.3)]
    start = chance.randint(5, 55)
    for slug in chosen:
        for at, lesson in enumerate(school.outlines[slug].lessons):
            lesson = school.lessons[f"{slug}/{lesson.slug}"]
            when = school.moment(max(0.2, start - 2 * at), hour=chance.randint(8, 21))
            if chance.random() < 0.12 + 0.06 * at:
                progress.record_opened(learner, lesson, now=when)
                break
            school.read(learner, lesson, when)
            if lesson.quiz_ids and not _pass(school, learner, lesson, when, chance):
                break
            progress.record_finished(learner, lesson, now=when + dt.timedelta(minutes=lesson.minutes + 9))


def _pass(school: School, learner: Learner, lesson: LessonPage, when: dt.datetime, chance: random.Random) -> bool:
    """Up to three goes, each better than the one before."""
    for go, share in enumerate((0.82, 0.92, 1)):
        if school.take_quizzes(learner, lesson, when + dt.timedelta(minutes=10 + 5 * go), share=share, chance=chance):
            return True
        if chance.random() < 0.25:
            return False
    return False
