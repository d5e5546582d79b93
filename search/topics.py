"""Which topics lie nearest to a question that finds nothing, and which province it names. No query, no engine.

`topics.json`, written by the clock beside the index, says for each word and scrap of the titles, keywords and summaries
in how many guides and programmes it stands, and in how many of each topic (stage or function). A topic is as near as
the share of the question, weighed by rareness, that leads to it: what stands everywhere leads nowhere, and what nobody
has ever written counts as not led anywhere.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.urls import reverse

from business import vocabulary
from business.models import Province, Stage
from search import thai
from search.beside import read_beside, write_beside
from search.knowledge import find_phrases, knowledge
from search.models import Document, key_of
from search.plan import find_equivalents, find_telling
from search.readings import Question

TOPICS = "topics.json"
FACETS = ("stage", "function")
TEXTS = ("title", "keywords", "summary")
MOST_ROWS, MOST_TOKENS = 3_000, 20_000  # that are counted, that are kept
MOST = 5
NEAR = 0.1  # share of the question that must lead to a topic
NEXT = 0.5  # of the nearest topic's share, that another one must have
WORD = 2.0  # a word against a scrap of three characters
FEW = 10  # documents by which a topic with few of them is taken for larger: one of three says little


@dataclass(frozen=True)
class Counts:
    """`documents` counted, `of` each topic ("function:tax"); `tokens`: {word or scrap: (documents, {topic: documents})}."""

    documents: int = 0
    of: Mapping[str, int] = field(default_factory=dict)
    tokens: Mapping[str, tuple[int, Mapping[str, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Topic:
    """A stage or a function with its page. `stage`: None for a function."""

    name: str
    address: str
    stage: Stage | None = None


def write_topics() -> Counts:
    """Counts anew and writes the file, for the clock. One query."""
    counts = count_tokens(_read_rows())
    write_beside(TOPICS, [counts.documents, counts.of, counts.tokens])
    return counts


def _read_rows() -> Iterable[tuple[list[str], set[str]]]:
    """(topics, tokens) of what has topics of its own, the newest first."""
    rows = Document.objects.public().filter(kind__in=("guide", "programme")).order_by("-version")
    for facets, words in rows.values_list("facets", "words")[:MOST_ROWS].iterator(chunk_size=200):
        topics = [f"{name}:{code}" for name in FACETS for code in facets.get(name, ()) if code in _rows(name)]
        if topics:
            yield topics, {token for name in TEXTS for token in find_tokens(thai.split_terms(words.get(name, "")))}


def count_tokens(rows: Iterable[tuple[Sequence[str], set[str]]]) -> Counts:
    number, of, tokens = 0, Counter(), {}
    for topics, found in rows:
        number += 1
        of.update(topics)
        for token in found:
            row = tokens.setdefault(token, [0, Counter()])
            row[0] += 1
            row[1].update(topics)
    for topic, row in {f"{facet}:{code}": row for facet in FACETS for code, row in _rows(facet).items()}.items():
        for token in find_tokens(word.term for text in (row.name_th, row.name_en) for word in thai.find_words(text)):
            tokens.setdefault(token, [1, Counter()])[1][topic] += 1  # its own name leads to it
    kept = sorted(tokens, key=lambda token: (-tokens[token][0], token))[:MOST_TOKENS]
    return Counts(number, dict(of), {token: (tokens[token][0], dict(tokens[token][1])) for token in kept})


def find_tokens(terms: Iterable[str]) -> set[str]:
    """Words, the parts of compounds, and the scraps of both; a scrap is marked, so that it is no word."""
    words = {word for term in terms for word in (term, *thai.parts_of(term))}
    return words | {f"~{scrap}" for word in words for scrap in thai.grams(word)}


def _rows(facet: str) -> Mapping:
    return vocabulary.stages() if facet == "stage" else vocabulary.functions()


def read_counts() -> Counts:
    return read_beside(TOPICS, _make_counts, Counts())


def _make_counts(content: list) -> Counts:
    number, of, tokens = content
    return Counts(int(number), dict(of), {token: (int(row[0]), dict(row[1])) for token, row in tokens.items()})


# Nearest


def find_topics(question: Question) -> list[Topic]:
    """At most `MOST` topics, the nearest first; empty when none is near."""
    shares = rate_topics(question, read_counts())
    best = max(shares.values(), default=0.0)
    near = [topic for topic, share in shares.items() if share >= max(NEAR, best * NEXT)]
    near.sort(key=lambda topic: (-shares[topic], topic))
    return list(filter(None, map(_show, near)))[:MOST]


def rate_topics(question: Question, counts: Counts) -> dict[str, float]:
    """{topic: share of the question that leads to it}."""
    known, whole, sums = knowledge(), 0.0, Counter()
    telling = find_telling(question.words, known)
    terms = dict.fromkeys(telling)
    for words, equivalent, _weight in find_equivalents(question.words, known):
        if not set(words).isdisjoint(telling):
            terms.update(dict.fromkeys(equivalent.terms))
    for token in find_tokens(terms):
        documents, leads = counts.tokens.get(token, (0, {}))
        weight = math.log(1 + (counts.documents + 1) / (documents + 0.5)) * (1.0 if token.startswith("~") else WORD)
        whole += weight
        for facet in FACETS:
            rates = {topic: number / (counts.of.get(topic, 0) + FEW) for topic, number in leads.items() if topic.startswith(facet)}
            together = sum(rates.values()) * (1 + 1 / max(documents, 1))  # what stands once proves half
            for topic, rate in rates.items():
                sums[topic] += weight * rate / together
    return {topic: share / whole for topic, share in sums.items()} if whole else {}


def _show(topic: str) -> Topic | None:
    facet, _, code = topic.partition(":")
    row = _rows(facet).get(code)
    if row is None:
        return None
    address = reverse("stage", args=[code]) if facet == "stage" else f"{reverse('search')}?function={code}"
    return Topic(row.name, address, row if facet == "stage" else None)


def words_of_functions(counts: Counts, *, least: int = 2) -> dict[str, list[str]]:
    """{code of a function: our own words that stand in `least` of its documents and in most of all that have them}."""
    own, found = thai.own_words() | knowledge().own, {}
    for token in own & counts.tokens.keys():
        documents, leads = counts.tokens[token]
        functions = {topic: number for topic, number in leads.items() if topic.startswith("function:")}
        topic = max(functions, key=lambda topic: (functions[topic], topic), default="")
        if topic and functions[topic] >= least and functions[topic] * 2 > documents:
            found.setdefault(topic.partition(":")[2], []).append(token)
    return {code: sorted(words) for code, words in found.items()}


# Places

BEFORE = ("จังหวัด", "จ.", "ศูนย์", "เมือง")
AMBIGUOUS = frozenset(("เลย", "ตาก", "แพร่", "น่าน", "loei", "tak", "nan"))  # words of every day: a province only after `BEFORE`


def find_province(words: Sequence[str]) -> Province | None:
    """The first province that a cut question names, also by a nickname."""
    provinces = vocabulary.provinces()
    names = _names(tuple((row.iso, row.name_th, row.name_en, *row.aliases) for row in provinces.values()))
    found = find_phrases(words, names)
    return provinces.get(names[found[0].key]) if found else None


@lru_cache(maxsize=4)
def _names(rows: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """{key of a name: ISO code}."""
    names = {}
    for iso, *called in rows:
        for key in filter(None, map(key_of, called)):
            names |= {key_of(before) + key: iso for before in BEFORE}
            if key not in AMBIGUOUS:
                names[key] = iso
    return names
