"""The index's own words: how many documents have each, what a word costs in a reading, and what is one slip away.

Read from the embedded index, which is there in every arrangement; nothing of it is stored anywhere else.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from search import thai, weights
from search.engines import EngineAway
from search.engines.choice import embedded
from search.engines.tantivy_engine import TantivyEngine

log = logging.getLogger(__name__)
REFRESH_SECONDS = 60
SHORTEST, LONGEST = 3, 20  # characters of a word that is corrected to
GENERAL = 0.5  # share of the general language in a word's probability
FLOOR = 0.3  # occurrences that a dictionary word has although nobody counted it
MOST_COMPOUNDS = 40
UNKNOWN = 11.0  # nats for a character that belongs to no word


@lru_cache(maxsize=1)
def _general() -> tuple[dict[str, int], int]:
    """Word frequencies of the Thai National Corpus as PyThaiNLP ships them, and their sum."""
    from pythainlp.corpus.tnc import unigram_word_freqs

    counts = {thai.normalise(word): number for word, number in unigram_word_freqs().items()}
    return counts, sum(counts.values())


def is_good(term: str) -> bool:
    """Whether it is good Thai that is never rewritten: a word, or what every question has."""
    return thai.is_word(term) or term in weights.COMMON_WORDS


START = 4  # characters


def _find_reach(words: Iterable[str]) -> dict[str, int]:
    """{the first `START` characters of words: the length of the longest that begins so}."""
    reach: dict[str, int] = {}
    for word in words:
        start, length = word[:START], len(word)
        if reach.get(start, 0) < length:
            reach[start] = length
    return reach


@lru_cache(maxsize=2)
def _dictionary_reach(added: frozenset[str]) -> dict[str, int]:
    return _find_reach(chain(thai.common_words(), thai.own_words(), weights.COMMON_WORDS, added))


class Vocabulary:
    """`counts`: documents by word; `documents`: how many there are."""

    def __init__(
        self,
        counts: dict[str, int],
        documents: int,
        *,
        count_pair: Callable[[str, str], int] = lambda first, second: 0,
        count_text: Callable[[str], int] = lambda text: 0,
    ):
        self.counts = counts
        self.documents = documents
        self.count_pair = count_pair  # documents in which two words stand side by side
        self.count_text = count_text  # documents that have all the scraps of a text
        self._total = sum(counts.values()) or 1
        self._costs: dict[str, float | None] = {}
        self._text = "".join(f"{term}\n" for term in counts)
        self._compounds: dict[str, tuple[str, ...]] = {}
        self.memory: dict = {}  # what the lattice has worked out from these words
        self._neighbours: _Neighbours | None = None
        self._reach: dict[str, int] | None = None

    def idf(self, term: str) -> float:
        """BM25's weight of a word, as Lucene and tantivy compute it."""
        number = self.counts.get(term, 0)
        return math.log(1 + (self.documents - number + 0.5) / (number + 0.5))

    def cost(self, term: str) -> float | None:
        """How improbable a word is, in nats; None for what is no word. A lone consonant is a word in a dictionary only."""
        found = self._costs.get(term)
        if found is None:
            found = self._cost(term)
            if found is not None:  # what is no word is not kept: there is no end of it
                self._costs[term] = found
        return found

    def _cost(self, term: str) -> float | None:
        here, is_word = self.counts.get(term, 0), is_good(term)
        if not is_word and (not here or len(term) < SHORTEST):
            return None
        counts, total = _general()
        general = counts.get(term, 0)
        if not is_word:
            here = max(here - 1, FLOOR)  # what was cut out once may be a scrap
        share = (1 - GENERAL) * here / self._total + GENERAL * max(general, FLOOR if is_word else 0) / total
        return -math.log(share) if share else None

    def longest_from(self, start: str) -> int:
        """The most characters of a word that begins with `start`, its first `START` characters or fewer."""
        if self._reach is None:
            self._reach = _find_reach(self.counts)
        return max(self._reach.get(start, START - 1), _dictionary_reach(thai.added_words()).get(start, 0))

    def stands_in_index(self, words: Sequence[str]) -> bool:
        """Whether these words stand in the index as they are, side by side: a name that no dictionary has, perhaps."""
        return all(map(self.counts.get, words)) and all(self.count_pair(first, second) for first, second in pairwise(words))

    def compounds_with(self, word: str) -> tuple[str, ...]:
        """The words of the index that are compounds with this one in them, the most frequent `MOST_COMPOUNDS`."""
        if word not in self._compounds:
            found, at = [], self._text.find(word)
            while at != -1:
                start, end = self._text.rfind("\n", 0, at) + 1, self._text.find("\n", at)
                found.append(self._text[start:end])
                at = self._text.find(word, end)
            compounds = [term for term in found if term != word and word in thai.parts_of(term)]
            self._compounds[word] = tuple(sorted(compounds, key=lambda term: (-self.counts[term], term))[:MOST_COMPOUNDS])
        return self._compounds[word]

    def neighbours(self, segments: Iterable[str]) -> dict[str, list[str]]:
        """For each of `segments`, which have at most `LONGEST` characters, the words of the index that are one slip away."""
        if self._neighbours is None:
            self._neighbours = _Neighbours(
                [
                    term
                    for term in self.counts
                    if SHORTEST <= len(term) <= LONGEST
                    and not term.isdigit()
                    and (thai.is_word(term) or self.counts[term] > 1 or term.isascii())
                ]
            )
        return self._neighbours.find(list(segments))


class _Neighbours:
    """Words by what is left of them when one character is taken out (the symmetric delete method).

    What is left is known by its hash, the sum of its characters times powers of `BASE`, so that those of many words are
    made at once. A bit for each hash, `seen`, keeps nearly all that nothing has from the sorted `keys`.
    """

    def __init__(self, terms: list[str]):
        self.terms = terms
        hashes, owners, places = [], [], []
        for start in range(0, len(terms), 10_000):  # a bounded amount of memory
            left, inside = _hash_deletions(terms[start : start + 10_000])
            rows, columns = np.nonzero(inside)
            hashes.append(left[rows, columns])
            owners.append((rows + start).astype(np.int32))
            places.append(columns.astype(np.int8))
        keys = np.concatenate(hashes) if hashes else np.zeros(0, dtype=np.uint64)
        order = np.argsort(keys, kind="stable")
        self.keys = keys[order]
        self.owners = np.concatenate(owners)[order] if owners else np.zeros(0, dtype=np.int32)
        self.places = np.concatenate(places)[order] if places else np.zeros(0, dtype=np.int8)
        self.shift = np.uint64(64 - min(max(len(keys) * 8, 2).bit_length(), MOST_BITS))
        self.seen = np.zeros(1 << (64 - int(self.shift)), dtype=bool)
        self.seen[(self.keys * SPREAD) >> self.shift] = True

    def find(self, segments: list[str]) -> dict[str, list[str]]:
        if not segments or not len(self.keys):
            return {}
        left, inside = _hash_deletions(segments)
        askers, asked_places = np.nonzero(self.seen[(left * SPREAD) >> self.shift] & inside)
        wanted = left[askers, asked_places]
        low = np.searchsorted(self.keys, wanted, side="left")
        numbers = np.searchsorted(self.keys, wanted, side="right") - low
        askers, asked_places = np.repeat(askers, numbers), np.repeat(asked_places, numbers)
        rows = np.arange(len(askers)) - np.repeat(np.cumsum(numbers) - numbers, numbers) + np.repeat(low, numbers)
        owners, apart = self.owners[rows], np.abs(self.places[rows] - asked_places)
        is_added = (asked_places == LONGEST) ^ (self.places[rows] == LONGEST)
        pairs = np.unique((askers * len(self.terms) + owners)[is_added | (apart <= 1)])
        found: dict[str, list[str]] = {}
        for asker, owner in zip(*(part.tolist() for part in np.divmod(pairs, len(self.terms))), strict=True):
            segment, term = segments[asker], self.terms[owner]
            if term != segment and is_one_slip(segment, term):
                found.setdefault(segment, []).append(term)
        return {segment: sorted(terms) for segment, terms in found.items()}


BASE, MOST_BITS = 0x9E3779B97F4A7C15, 23
SPREAD = np.uint64(0xD1B54A32D192ED03)
_POWERS = np.array([pow(BASE, power, 1 << 64) for power in range(LONGEST)], dtype=np.uint64)
_BACK = np.uint64(pow(BASE, -1, 1 << 64))  # one power less


def _hash_deletions(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """For words of at most `LONGEST` characters: (hashes, which of them there are), both of shape (words, `LONGEST` + 1).

    Column n is the hash without character n, the last column that of the whole word.
    """
    characters = np.array(words, dtype=f"U{LONGEST}").view(np.uint32).reshape(len(words), LONGEST)
    sums = np.zeros((len(words), LONGEST + 1), dtype=np.uint64)
    np.cumsum(characters * _POWERS, axis=1, out=sums[:, 1:])
    left = np.empty_like(sums)
    left[:, :-1] = sums[:, :-1] + (sums[:, -1:] - sums[:, 1:]) * _BACK
    left[:, -1] = sums[:, -1]
    inside = np.ones(left.shape, dtype=bool)
    inside[:, :-1] = characters != 0
    return left, inside


def is_one_slip(one: str, other: str) -> bool:
    """One character too many, missing, another, or two that changed places."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = find_difference(one, other)
    if len(one) == len(other):
        return one[start + 1 :] == other[start + 1 :] or (
            one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
        )
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[start + 1 :] == shorter[start:]


def find_difference(one: str, other: str) -> int:
    """The place of the first character that is not the same."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


EMPTY = Vocabulary({}, 0)


# The vocabulary of this process

SMALL = 5_000  # documents; the words of so few are read again at once


@dataclass
class _Loaded:
    state: str
    read_at: float
    vocabulary: Vocabulary


_loaded: dict[Path, _Loaded] = {}
_lock = threading.Lock()


def current_vocabulary() -> Vocabulary:
    """The words of the index that is searched now, at most `REFRESH_SECONDS` old; no query. Empty when there is no index.

    A large vocabulary is read anew beside the requests: nobody waits for it but the first.
    """
    engine = embedded()
    known = _loaded.get(engine.folder)
    try:
        state = engine.state_name()
        if known and (known.state == state or (known.vocabulary.documents > SMALL and time.monotonic() < known.read_at + REFRESH_SECONDS)):
            return known.vocabulary
        if known and known.vocabulary.documents > SMALL:
            known.read_at = time.monotonic()  # one thread reads
            threading.Thread(target=_read_quietly, args=(engine,), name="search-vocabulary", daemon=True).start()
            return known.vocabulary
        return read_vocabulary(engine)
    except EngineAway:
        return known.vocabulary if known else EMPTY


def read_vocabulary(engine: TantivyEngine) -> Vocabulary:
    """The words of an index as they are now. Raises EngineAway."""
    with _lock:
        state, documents, terms = engine.read_vocabulary()
        vocabulary = Vocabulary(
            dict(terms),
            documents,
            count_pair=lambda first, second: engine.number_with("pairs", thai.pair(first, second)),
            count_text=engine.number_with_text,
        )
        if documents > SMALL:
            vocabulary.neighbours(())
        _loaded[engine.folder] = _Loaded(state, time.monotonic(), vocabulary)
        return vocabulary


def _read_quietly(engine: TantivyEngine) -> None:
    try:
        read_vocabulary(engine)
    except EngineAway as error:
        log.warning("the words of the index were not read anew: %s", error)
