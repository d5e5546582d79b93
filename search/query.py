"""A question in Thai becomes results: cut as the documents were, asked of the engine once, checked in the database.

The engine proposes ids; the database decides what is shown. A question that finds nothing is asked again more widely,
and the result says so (`Results.reach`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Model
from django.utils.html import escape
from django.utils.safestring import SafeString

from search import thai, weights
from search.documents import ANY, FACETS, Kind, kinds
from search.engines import EngineAway, Hit, Hits, Plan, Wanted
from search.engines.choice import chosen_engine
from search.highlight import Marked, find_passage, find_wanted, mark_words

LONGEST = 200  # characters of a question
MOST_WORDS = 20
PAGE_SIZE = 10
LAST_PAGE = 50  # deeper nobody reads, and the cost of a page stays constant


class Reach(StrEnum):
    """How far the question had to be widened."""

    WORDS = "words"  # as many of the words as `weights.NEEDED` asks for
    SOME = "some"  # any of them
    NEAR = "near"  # none of them: what is spelled nearly so
    AWAY = "away"  # the engine did not answer


@dataclass(frozen=True)
class Question:
    """What was asked, bounded: the text as typed, its words, and whether something was left out."""

    text: str = ""
    words: tuple[Wanted, ...] = ()
    grams: tuple[str, ...] = ()
    is_cut: bool = False  # it was longer than we read

    @property
    def telling(self) -> tuple[Wanted, ...]:
        return tuple(word for word in self.words if not word.is_common) or self.words

    @property
    def marked(self) -> Marked:
        """What to mark in the results."""
        parts = frozenset(part for word in self.telling for part in word.parts)
        return Marked(frozenset(word.term for word in self.telling), parts)


@dataclass(frozen=True)
class Item:
    """One result: the object from the database, its texts with the found words marked."""

    kind: Kind
    object: Model
    title: SafeString
    summary: SafeString
    passage: SafeString  # from the body, when neither title nor summary shows why it was found
    facets: dict[str, list[str]]


@dataclass(frozen=True)
class Results:
    question: Question
    items: tuple[Item, ...] = ()
    total: int = 0
    page: int = 1
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    reach: Reach = Reach.WORDS
    full: int = 0  # with Reach.SOME: how many have the words that were needed at first

    @property
    def pages(self) -> int:
        return min(max(1, math.ceil(self.total / PAGE_SIZE)), LAST_PAGE)


def read_question(text: str) -> Question:
    """The question's words, each once. What is beyond `LONGEST` or `MOST_WORDS` is left out and said to be."""
    shown = thai.repair(text[: LONGEST * 4]).strip()
    is_cut = len(text) > LONGEST * 4 or len(shown) > LONGEST
    shown = shown[:LONGEST].strip()
    terms = list(dict.fromkeys(word.term for word in thai.find_words(shown)))
    is_cut = is_cut or len(terms) > MOST_WORDS
    words = tuple(want(term) for term in terms[:MOST_WORDS])
    return Question(shown, words, tuple(dict.fromkeys(thai.grams(shown))), is_cut)


def want(term: str) -> Wanted:
    parts = thai.parts_of(term)
    return Wanted(term, parts, tuple(part for part in parts if not thai.parts_of(part)), term in weights.COMMON_WORDS)


def make_plan(question: Question, *, filters: dict[str, Sequence[str]] | None = None, page: int = 1, reach: Reach = Reach.WORDS) -> Plan:
    """The question as data for an engine."""
    telling = len(question.telling)
    needed = {
        Reach.WORDS: weights.NEEDED.get(telling, math.ceil(telling * weights.NEEDED_SHARE)),
        Reach.SOME: 1,
        Reach.NEAR: 0,
    }[reach]
    return Plan(
        words=question.words,
        needed=needed if question.words else 0,
        grams=question.grams if question.words else (),
        near_needed=math.ceil(len(question.grams) * weights.NEAR_SHARE) if reach is Reach.NEAR else 0,
        filters=_widen_filters(filters or {}),
        facets=("type", *FACETS),
        fields=weights.FIELDS,
        part=weights.PART,
        pair=weights.PAIR,
        common=weights.COMMON,
        gram=weights.GRAMS,
        offset=(page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )


def _widen_filters(filters: dict[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """A guide for the whole country holds in every province; only the type is never "all"."""
    return {name: (*codes, *(() if name == "type" else (ANY,))) for name, codes in filters.items() if codes}


def search(text: str, *, filters: dict[str, Sequence[str]] | None = None, page: int = 1) -> Results:
    """Results for a question; without a question, everything that the filters leave. `page` is corrected to what exists."""
    question = read_question(text)
    if text.strip() and not question.words:
        return Results(question)
    page = min(max(page, 1), LAST_PAGE)
    try:
        reach, hits, full = _ask(question, filters, page)
        last = min(max(1, math.ceil(hits.total / PAGE_SIZE)), LAST_PAGE)
        if page > last:
            page = last
            hits = chosen_engine().search(make_plan(question, filters=filters, page=page, reach=reach))
    except EngineAway:
        return Results(question, page=1, reach=Reach.AWAY)
    items = _load(hits.hits, question)
    dropped = len(hits.hits) - len(items)
    return Results(question, items, max(hits.total - dropped, len(items)), page, _spread(hits.counts), reach, full)


def _ask(question: Question, filters, page: int) -> tuple[Reach, Hits, int]:
    """One request when enough is found; the wider ones only when not."""
    engine = chosen_engine()
    hits = engine.search(make_plan(question, filters=filters, page=page))
    if hits.total >= weights.FEW or not question.words:
        return Reach.WORDS, hits, hits.total
    if len(question.telling) > 1:
        some = engine.search(make_plan(question, filters=filters, page=page, reach=Reach.SOME))
        if some.total > hits.total:
            return Reach.SOME, some, hits.total
    if hits.total:
        return Reach.WORDS, hits, hits.total
    near = engine.search(make_plan(question, filters=filters, page=page, reach=Reach.NEAR))
    return (Reach.NEAR, near, 0) if near.total else (Reach.WORDS, hits, 0)


def _load(hits: Sequence[Hit], question: Question) -> tuple[Item, ...]:
    """The objects that may still be shown, one query a kind, in the engine's order."""
    found: dict[tuple[str, int], Model] = {}
    for code in {hit.kind for hit in hits} & kinds().keys():
        ids = [hit.object_id for hit in hits if hit.kind == code]
        found |= {(code, row.pk): row for row in kinds()[code].searchable().filter(pk__in=ids)}
    return tuple(_show(hit, found[hit.kind, hit.object_id], question) for hit in hits if (hit.kind, hit.object_id) in found)


def _show(hit: Hit, row: Model, question: Question) -> Item:
    wanted = question.marked
    summary, _, answer = hit.words["summary"].partition("\n")
    passage = SafeString("")
    if wanted and not find_wanted(summary, wanted):
        passage = find_passage(f"{answer}\n{hit.words['body']}", wanted)
    is_current = thai.repair(str(row)) == hit.words["title"].replace(thai.JOINER, "")
    title = mark_words(hit.words["title"], wanted) if is_current else escape(str(row))  # renamed a moment ago
    return Item(kinds()[hit.kind], row, title, mark_words(summary, wanted), passage, hit.facets)


def _spread(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """What holds for all counts for each: 3 for Chiang Mai and 20 for the whole country are 23 in Chiang Mai."""
    spread = {}
    for name, numbers in counts.items():
        everywhere = numbers.get(ANY, 0)
        spread[name] = {code: number + (everywhere if code != ANY else 0) for code, number in numbers.items()}
    return spread
