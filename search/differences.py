"""Which of the frequent questions change their first results when an editor's record is saved. Nothing is saved here.

A synonym is tried on the index that is searched, and a promotion needs no index. A dictionary word changes how documents
are cut, and the cutter is one for the whole process, where visitors search meanwhile; so another process tries it
(`search/word_trial.py`): it gets texts and questions, fills an index of its own, asks, cuts anew what has the word,
writes it and asks again.
"""

import datetime as dt
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils import timezone

from search import thai
from search.engines import MARK, UNMARK, Plan
from search.engines.choice import ask
from search.knowledge import SHOWN_PROMOTIONS, Knowledge, build_knowledge, find_promotions, holding, knowledge, list_pages
from search.models import Document, OwnWord, Promotion, SynonymSet
from search.plan import make_plan
from search.readings import read_question
from search.reports import read_frequent
from search.vocabulary import current_vocabulary

FIRST = 3  # results of a question that are compared
WEEKS = 12  # of the log that are read
MOST_PAGES = 2_000  # that a word is tried on: those found first, then the rest
SECONDS = 25  # for the other process
_MARKS = {ord(mark): None for mark in (thai.JOINER, MARK, UNMARK)}
_one_at_a_time = threading.Lock()


class TrialFailed(Exception):
    """The other process is busy with another word, took too long, or broke."""


@dataclass(frozen=True)
class Changed:
    """`before` and `after`: titles of the first results, or of the promotions shown."""

    text: str
    number: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Differences:
    """`compared`: how many questions were looked at. A word: `cut` of the `pages` it was tried on have it, of `all_pages` there are."""

    compared: int
    changed: tuple[Changed, ...]
    cut: int | None = None
    pages: int = 0
    all_pages: int = 0

    @property
    def is_sample(self) -> bool:
        return self.pages < self.all_pages


Found = list[tuple[str, str]]  # (key, title) of the first results


def _compare(questions: Sequence, before: Sequence[Found], after: Sequence[Found], **numbers) -> Differences:
    changed = [
        Changed(question.text, question.number, tuple(title for _key, title in old), tuple(title for _key, title in new))
        for question, old, new in zip(questions, before, after, strict=True)
        if [key for key, _title in old] != [key for key, _title in new]
    ]
    return Differences(len(questions), tuple(changed), **numbers)


# Synonyms


def try_synonym(synonym: SynonymSet) -> Differences:
    """A new set, or an old one as it would be. Raises EngineAway."""
    questions = read_frequent(weeks=WEEKS)
    now, then = knowledge(), _know_synonym(synonym)
    plans = [(_plan(question.text, now), _plan(question.text, then)) for question in questions]
    before = [_find(old) if old != new else [] for old, new in plans]  # the same plan finds the same
    after = [_find(new) if old != new else [] for old, new in plans]
    return _compare(questions, before, after)


def _know_synonym(synonym: SynonymSet) -> Knowledge:
    known = knowledge()
    others = SynonymSet.objects.filter(live=True).exclude(pk=synonym.pk).order_by("pk")
    sets = [*others, synonym] if synonym.live else others
    return replace(build_knowledge(known.own, sets), promotions=known.promotions, revision=known.revision)


def _plan(text: str, known: Knowledge) -> Plan:
    vocabulary = current_vocabulary()
    return make_plan(
        read_question(text, vocabulary=vocabulary, known=known), vocabulary=vocabulary, known=known, limit=FIRST, is_marked=False
    )


def _find(plan: Plan) -> Found:
    return [(hit.key, hit.texts["title"].translate(_MARKS)) for hit in ask(plan)[0].hits] if plan.clauses else []


# Promotions


def try_promotion(promotion: Promotion, *, today: dt.date | None = None) -> Differences:
    """Which questions show it, and instead of what. No engine is asked."""
    questions, today = read_frequent(weeks=WEEKS), today or timezone.localdate()
    rows = list(Promotion.objects.exclude(pk=promotion.pk).order_by("order", "pk"))
    titles = {row.pk: row.title for row in Promotion.objects.all()}
    words = [_words_of(question.text) for question in questions]

    def show(promotions: Iterable[Promotion], names: dict) -> list[Found]:
        with holding(replace(knowledge(), promotions=build_knowledge(promotions=promotions).promotions)):
            found = [find_promotions(terms, today=today)[:SHOWN_PROMOTIONS] for terms in words]
        return [[(str(promoted.pk), names[promoted.pk]) for promoted in shown] for shown in found]

    tried = sorted([*rows, promotion], key=lambda row: (row.order, row.pk or sys.maxsize))
    promotion.pk = promotion.pk or 0  # what is not saved has no number yet
    before = show(Promotion.objects.order_by("order", "pk"), titles)
    return _compare(questions, before, show(tried, titles | {promotion.pk: promotion.title}))


def _words_of(text: str) -> tuple[str, ...]:
    return read_question(text, vocabulary=current_vocabulary(), known=knowledge()).words


# Dictionary words


def try_word(word: OwnWord) -> Differences:
    """A new word, or an old one as it would be. Raises EngineAway and TrialFailed."""
    questions = read_frequent(weeks=WEEKS)
    own = set(OwnWord.objects.exclude(pk=word.pk).values_list("word", flat=True))
    old = OwnWord.objects.filter(pk=word.pk).values_list("word", flat=True).first()
    rows, number = _choose_rows(questions)
    sets = [[known.term, known.lines, known.kind] for known in SynonymSet.objects.filter(live=True).order_by("pk")]
    answer = _run(
        {
            "before": sorted(own | ({old} if old else set())),
            "after": sorted(own | {word.word}),
            "sets": sets,
            "questions": [question.text for question in questions],
            "first": FIRST,
            "documents": [
                [row.kind, row.object_id, {name: text.replace(thai.JOINER, "") for name, text in row.words.items()}] for row in rows
            ],
        }
    )
    before, after = ([[tuple(found) for found in question] for question in answer[name]] for name in ("before", "after"))
    return _compare(questions, before, after, cut=answer["cut"], pages=len(rows), all_pages=number)


def _choose_rows(questions: Sequence) -> tuple[list[Document], int]:
    """(at most `MOST_PAGES` public documents, how many there are)."""
    public = Document.objects.public()
    number, known = public.count(), knowledge()
    rows: dict[str, Document] = {}
    if number > MOST_PAGES:
        for question in questions:
            found = [key.partition(":") for key, _title in _find(replace(_plan(question.text, known), limit=10))]
            for kind, _, object_id in found:
                rows.setdefault(f"{kind}:{object_id}", None)
        for kind in {key.partition(":")[0] for key in rows}:
            ids = [int(key.partition(":")[2]) for key in rows if key.startswith(f"{kind}:")]
            rows |= {row.key: row for row in public.filter(kind=kind, object_id__in=ids)}
        rows = {key: row for key, row in rows.items() if row}
    for page in list_pages(public):
        for row in page:
            rows.setdefault(row.key, row)
        if len(rows) >= MOST_PAGES:
            break
    return list(rows.values())[:MOST_PAGES], number


def _run(work: dict) -> dict:
    if not _one_at_a_time.acquire(blocking=False):
        raise TrialFailed("another word is being tried")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "search.word_trial"],
            input=json.dumps(work).encode(),
            capture_output=True,
            timeout=SECONDS,
            cwd=settings.BASE_DIR,
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise TrialFailed(str(error)) from error
    finally:
        _one_at_a_time.release()


Try = Callable[..., Differences]
TRIALS: dict[type, Try] = {SynonymSet: try_synonym, OwnWord: try_word, Promotion: try_promotion}
