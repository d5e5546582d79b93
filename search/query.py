"""A question in Thai becomes results: read, asked of the engine once, checked in the database.

The engine proposes ids; the database decides what is shown.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from django.db.models import Model
from django.utils.html import escape
from django.utils.safestring import SafeString
from wagtail.fields import StreamField
from wagtail.models import Page

from search import thai
from search.answers import Answer, find_answer
from search.documents import ANY, FACETS, Kind, kinds
from search.engines import MARK, EngineAway, Hit, Plan
from search.engines.choice import ask, chosen_engine, embedded
from search.highlight import find_passage, plain, show_marked
from search.knowledge import BestBet, find_best_bets, knowledge
from search.plan import make_plan
from search.readings import Question, Reading, read_question
from search.vocabulary import Vocabulary, current_vocabulary

PAGE_SIZE = 10
LAST_PAGE = 50  # deeper nobody reads, and the cost of a page stays constant


class Reach(StrEnum):
    """How much of what was asked for was found."""

    WORDS = "words"  # something has as many of the words as count as all
    SOME = "some"  # nothing has all of them
    AWAY = "away"  # no engine answered


@dataclass(frozen=True)
class Item:
    """One result: the object from the database, its texts with the found words marked."""

    kind: Kind
    object: Model
    title: SafeString
    summary: SafeString
    passage: SafeString  # from the body, when neither title nor summary shows why it was found
    section: tuple[str, str]  # (anchor, heading) of the section that the passage is from; empty strings: none
    facets: dict[str, list[str]]
    key: str
    score: float

    @cached_property
    def address(self) -> str:
        """Where it is read; a file, at the guide that offers it."""
        return address_of(getattr(self.object, "guide", self.object))


def address_of(found: Model) -> str:
    return found.get_url() if isinstance(found, Page) else found.get_absolute_url()


@dataclass(frozen=True)
class Results:
    """`full`: how many of the `total` have everything that was asked for. `is_fallback`: the embedded engine stood in."""

    question: Question
    items: tuple[Item, ...] = ()
    total: int = 0
    full: int = 0
    page: int = 1
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    reach: Reach = Reach.WORDS
    is_fallback: bool = False
    took: float = 0.0  # milliseconds of the engine
    answer: Answer | None = None
    best_bets: tuple[BestBet, ...] = ()

    @property
    def has_others(self) -> bool:
        """Whether some of what was found has everything that was asked for, and some has not."""
        return 0 < self.full < self.total

    @property
    def pages(self) -> int:
        return min(max(1, math.ceil(self.total / PAGE_SIZE)), LAST_PAGE)


@dataclass(frozen=True)
class Explanation:
    """Why a question finds what it finds."""

    question: Question
    plan: Plan
    hits: tuple[Hit, ...]
    engine: str
    took: float  # milliseconds

    @property
    def readings(self) -> tuple[Reading, ...]:
        return self.question.readings


def search(text: str, *, filters: dict[str, Sequence[str]] | None = None, page: int = 1, exact: bool = False) -> Results:
    """Results for a question; without a question, everything that the filters leave. `page` is corrected to what exists.

    `exact`: as typed, nothing corrected.
    """
    vocabulary = current_vocabulary()
    question = read_question(text, vocabulary=vocabulary, known=knowledge(), exact=exact)
    if text.strip() and not question.readings:
        return Results(question)
    page = min(max(page, 1), LAST_PAGE)
    plan = _plan(question, filters, page, vocabulary)
    best_bets = tuple(find_best_bets(question.words)) if page == 1 else ()
    try:
        hits, is_fallback = ask(plan)
        last = min(max(1, math.ceil(hits.total / PAGE_SIZE)), LAST_PAGE)
        if page > last:
            page = last
            hits, is_fallback = ask(_plan(question, filters, page, vocabulary))
    except EngineAway:
        return Results(question, page=1, reach=Reach.AWAY, best_bets=best_bets)
    items = _load(hits.hits)
    total = max(hits.total - (len(hits.hits) - len(items)), len(items))
    return Results(
        question,
        items,
        total,
        min(hits.full, total),
        page,
        _spread(hits.counts),
        Reach.WORDS if hits.full or not hits.total else Reach.SOME,
        is_fallback,
        hits.took,
        find_answer(plan, hits.hits, {item.key: item.object for item in items}, vocabulary.idf) if page == 1 and hits.full else None,
        best_bets,
    )


def explain(text: str, *, limit: int = 20) -> Explanation:
    """The readings, clauses and scores of a question, for the editors' desk. Raises EngineAway."""
    vocabulary = current_vocabulary()
    question = read_question(text, vocabulary=vocabulary, known=knowledge())
    plan = make_plan(question, vocabulary=vocabulary, known=knowledge(), limit=limit)
    hits, is_fallback = ask(plan)
    return Explanation(question, plan, hits.hits, (embedded() if is_fallback else chosen_engine()).name, hits.took)


def _plan(question: Question, filters: dict[str, Sequence[str]] | None, page: int, vocabulary: Vocabulary) -> Plan:
    return make_plan(
        question,
        vocabulary=vocabulary,
        known=knowledge(),
        filters=_widen_filters(filters or {}),
        facets=("type", *FACETS),
        offset=(page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )


def _widen_filters(filters: dict[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """A guide for the whole country holds in every province; only the type is never "all"."""
    return {name: (*codes, *(() if name == "type" else (ANY,))) for name, codes in filters.items() if codes}


def _load(hits: Sequence[Hit]) -> tuple[Item, ...]:
    """The objects that may still be shown, one query a kind, in the engine's order. No card shows a body: it is left there."""
    found: dict[tuple[str, int], Model] = {}
    for code in {hit.kind for hit in hits} & kinds().keys():
        ids = [hit.object_id for hit in hits if hit.kind == code]
        bodies = [field.name for field in kinds()[code].model._meta.concrete_fields if isinstance(field, StreamField)]
        rows = list(kinds()[code].searchable().filter(pk__in=ids).defer(*bodies).order_by())
        kinds()[code].complete(rows)
        found |= {(code, row.pk): row for row in rows}
    return tuple(_show(hit, found[hit.kind, hit.object_id]) for hit in hits if (hit.kind, hit.object_id) in found)


def _show(hit: Hit, row: Model) -> Item:
    summary, _, answer = hit.texts["summary"].partition("\n")
    passage, section = SafeString(""), ("", "")
    if MARK not in summary:
        passage, section = _explain(answer, hit)
    bare = plain(hit.texts["title"])
    title = show_marked(hit.texts["title"]) if thai.repair(str(row)) == bare else escape(str(row))  # else renamed a moment ago
    return Item(kinds()[hit.kind], row, title, show_marked(summary), passage, section, hit.facets, hit.key, hit.score)


def _explain(answer: str, hit: Hit) -> tuple[SafeString, tuple[str, str]]:
    """What shows why it was found: a passage of the short answer or the body with its section, else a heading alone."""
    before = answer.count("\n") + 1
    passage, line = find_passage(f"{answer}\n{hit.texts['body']}", skip={before + first for _, _, first in hit.sections})
    if passage:
        return passage, _section_of(hit.sections, line - before)
    lines = hit.texts["body"].split("\n")
    named = ((anchor, heading) for anchor, heading, first in hit.sections if first < len(lines) and MARK in lines[first])
    return passage, next(named, ("", ""))


def _section_of(sections: list, line: int) -> tuple[str, str]:
    """(anchor, heading) of the section that holds this line of the body."""
    found = ("", "")
    for anchor, heading, first in sections:
        if first > line:
            break
        found = (anchor, heading)
    return found


def _spread(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """What holds for all counts for each: 3 for Chiang Mai and 20 for the whole country are 23 in Chiang Mai."""
    spread = {}
    for name, numbers in counts.items():
        everywhere = numbers.get(ANY, 0)
        spread[name] = {code: number + (everywhere if code != ANY else 0) for code, number in numbers.items()}
    return spread
