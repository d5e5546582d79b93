"""A question becomes a plan: every reading's words, parts, pairs and scraps as weighted clauses. The same for every engine."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from search import thai, weights
from search.engines import Clause, Group, Plan
from search.knowledge import NOTHING, Equivalent, Knowledge, find_phrases
from search.readings import Question, Reading
from search.vocabulary import EMPTY, Vocabulary


def make_plan(
    question: Question,
    *,
    vocabulary: Vocabulary = EMPTY,
    known: Knowledge = NOTHING,
    filters: dict[str, Sequence[str]] | None = None,
    facets: tuple[str, ...] = (),
    offset: int = 0,
    limit: int = 10,
    is_marked: bool = True,
) -> Plan:
    """The question as data for an engine. Without `is_marked` nothing is marked in the texts of the hits."""
    sums: dict[tuple[str, str], float] = {}
    for reading in question.readings:
        for field, term, weight in _score_reading(reading, vocabulary, known):
            sums[field, term] = max(sums.get((field, term), 0.0), weight * reading.weight)
    telling = find_telling(question.words, known)
    groups = tuple(_make_groups(question, telling, known))
    scraps = tuple(find_scraps(question.readings[0], vocabulary)) if question.readings else ()
    number = len(telling)
    return Plan(
        clauses=tuple(Clause(field, term, weight) for (field, term), weight in sums.items()),
        groups=groups,
        at_least=min(max(1, math.floor(number * weights.AT_LEAST_SHARE)), weights.AT_LEAST_MOST),
        full=weights.FULL.get(number, math.ceil(number * weights.FULL_SHARE)),
        near=scraps if groups and _may_miss(telling, vocabulary) else (),
        near_needed=math.ceil(len(scraps) * weights.NEAR_SHARE),
        filters={name: tuple(codes) for name, codes in (filters or {}).items() if codes},
        facets=facets,
        marks=_find_marks(groups, vocabulary) if is_marked else frozenset(),
        offset=offset,
        limit=limit,
    )


MOST_SCRAPS = 160
ENOUGH = 100  # documents


def _may_miss(telling: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Whether the words alone may find too little, so that scraps select too: one is unknown here, or all are rare."""
    counts, numbers = vocabulary.counts, []
    for word in telling:
        parts = min((counts.get(part, 0) for part in smallest_parts(word)), default=0)
        numbers.append(counts.get(word, 0) or (parts if parts >= ENOUGH else 0))  # the parts of an unknown compound are sought, too
    return not all(numbers) or sum(numbers) < ENOUGH


def find_scraps(reading: Reading, vocabulary: Vocabulary) -> list[str]:
    """The reading's scraps, each once; of a long one those of its rarest words."""
    scraps = dict.fromkeys(thai.grams(reading.text))
    if len(scraps) > MOST_SCRAPS:
        rarest = sorted(dict.fromkeys(reading.words), key=lambda word: -vocabulary.idf(word) if vocabulary.counts.get(word) else 0.0)
        scraps = dict.fromkeys(scrap for word in rarest for scrap in thai.grams(word))
    return list(scraps)[:MOST_SCRAPS]


def find_telling(words: Sequence[str], known: Knowledge) -> list[str]:
    """The words that say what is asked for, each once; all of them when none does."""
    frames = {at for found in find_phrases(words, known.fillers) for at in range(found.start, found.end)}
    telling = dict.fromkeys(word for at, word in enumerate(words) if at not in frames and word not in weights.COMMON_WORDS)
    return list(telling or dict.fromkeys(words))


def find_equivalents(words: Sequence[str], known: Knowledge, *, inside: bool = True) -> list[tuple[tuple[str, ...], Equivalent, float]]:
    """(the words of the question, what else to look for, its weight) for every known phrase in it; `inside` compounds, too."""
    tables = ((known.synonyms, weights.SYNONYM), (known.abbreviations, weights.SHORT_FORM), (known.short_forms, weights.SHORT_FORM))
    found = []
    for table, weight in tables:
        for phrase in find_phrases(words, table):
            asked = tuple(words[phrase.start : phrase.end])
            found += [(asked, equivalent, weight) for equivalent in table[phrase.key][: weights.MOST_EQUIVALENTS]]
        for word in dict.fromkeys(words) if inside else ():
            if word not in table:
                parts = [part for part in thai.parts_of(word) if part in table and part not in weights.COMMON_WORDS]
                found += [
                    ((word,), equivalent, weight * weights.PART) for part in parts for equivalent in table[part][: weights.MOST_EQUIVALENTS]
                ]
    return found


MOST_MARKS = 300


def _find_marks(groups: Sequence[Group], vocabulary: Vocabulary) -> frozenset[str]:
    """What was asked for, what stands for it, and the compounds that hold it."""
    asked = [term for group in groups for term in group.terms]
    parts = [part for group in groups for parts in group.together for part in parts if part not in weights.COMMON_WORDS]
    marks = dict.fromkeys([*asked, *(part for part in parts if len(part) >= thai.SHORTEST_PART)])
    for term in asked:
        if len(term) >= thai.SHORTEST_PART:
            marks.update(dict.fromkeys(vocabulary.compounds_with(term)))
    return frozenset(list(marks)[:MOST_MARKS])


def _make_groups(question: Question, telling: Sequence[str], known: Knowledge) -> Iterable[Group]:
    """A group for each telling word: itself, the parts of it together, or what is known to mean the same."""
    equivalents = find_equivalents(question.words, known, inside=False)
    others = dict(question.readings[0].others) if question.readings else {}
    for word in telling:
        terms, together = [word], [smallest_parts(word)] if thai.parts_of(word) else []
        terms += [others[word]] if word in others else []
        for words, equivalent, _ in equivalents:
            if word in words:
                (terms if len(equivalent.terms) == 1 else together).append(
                    equivalent.terms[0] if len(equivalent.terms) == 1 else equivalent.terms
                )
        yield Group(tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(together)))


def smallest_parts(term: str) -> tuple[str, ...]:
    """The parts of a compound that are no compounds themselves; together they stand for it."""
    return tuple(part for part in thai.parts_of(term) if not thai.parts_of(part))


def _score_reading(reading: Reading, vocabulary: Vocabulary, known: Knowledge) -> Iterable[tuple[str, str, float]]:
    """(field, term, weight) of everything that counts for a reading."""
    words = dict.fromkeys(reading.words)
    telling = set(find_telling(reading.words, known))
    covers = {word: vocabulary.idf(word) * (1.0 if word in telling else weights.COMMON) for word in words}
    whole = sum(covers.values())
    for word, cover in covers.items():
        for field, weight in weights.FIELDS.items():
            yield field, word, weight
        if whole and vocabulary.counts.get(word):
            yield "all", word, weights.COVER * cover / whole
    for word, cover in covers.items():
        parts = [part for part in smallest_parts(word) if part not in weights.COMMON_WORDS]
        for part in parts:
            for field, weight in weights.FIELDS.items():
                yield field, part, weight * weights.PART
            if whole and vocabulary.counts.get(part):
                yield "all", part, weights.COVER * cover * weights.PART / len(parts) / whole
    for word, other in reading.others:
        for field, weight in weights.FIELDS.items():
            yield field, other, weight * weights.OTHER_WORD
        if whole:
            yield "all", other, weights.COVER * weights.OTHER_WORD * covers.get(word, vocabulary.idf(other)) / whole
    for phrase, equivalent, share in find_equivalents(reading.words, known):
        cover = max(covers.get(word, 0.0) for word in phrase) * share / len(equivalent.terms)
        for term in equivalent.terms:
            for field, weight in weights.FIELDS.items():
                yield field, term, weight * share
            if whole:
                yield "all", term, weights.COVER * cover / whole
        for first, second in pairwise(equivalent.terms):
            yield "pairs", thai.pair(first, second), weights.PAIR * share
    for first, second in dict.fromkeys(pairwise(reading.words)):
        yield "pairs", thai.pair(first, second), weights.PAIR
    for scrap in find_scraps(reading, vocabulary):
        yield "grams", scrap, weights.GRAM
