"""Cutting and correcting together: a run of letters as the most probable row of words, each with one slip at most.

A slip breaks the cut first, so a speller that looks at cut words never sees the word that was meant. Here every stretch of
the run is a candidate, as it stands or as a word of the index that is one slip away, and the cheapest way through wins
(Viterbi over a word lattice). Costs are in nats.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from operator import itemgetter
from typing import Any

from search import layout, weights
from search.vocabulary import START, UNKNOWN, Vocabulary, find_difference, is_good

LONGEST_PIECE = 40  # characters of a word
LONGEST_SLIP = 20  # of a stretch that may be a word with a slip
SHORTEST_SLIP = 3  # characters of a stretch that may be a word with a slip
SLIP = 4.5
USUAL_SLIP = 3.0  # a tone mark, a silenced letter, a letter that sounds the same, a key beside the right one
MARKS = set("่้๊๋็์ิีึืัุู")
ALIKE = ("ศษส", "ณน", "ญย", "ฎด", "ฏต", "ฐถ", "ฑทฒธ", "ภพผ", "ฆคขฅฃ", "ฬลร", "ใไ", "ชซฉฌ", "ฝฟ", "ะา", "ิี", "ึื", "ุู", "เแ", "โอ")
DEPENDENT = frozenset("ะาำัิีึืฺุู็่้๊๋์ํๅ")  # no word begins with them
_SOUNDS = {frozenset((one, other)) for letters in ALIKE for one in letters for other in letters if one != other}
_ROWS = ("qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
_BESIDE = {frozenset(map(layout.to_thai, pair)) for row in _ROWS for pair in zip(row, row[1:], strict=False)} | {
    frozenset(map(layout.to_thai, pair))
    for upper, lower in zip(_ROWS, _ROWS[1:], strict=False)
    for pair in (*zip(upper, lower, strict=False), *zip(upper[1:], lower, strict=False))
}
_SHIFTED = {frozenset((layout.to_thai(key), layout.to_thai(key.upper()))) for row in _ROWS for key in row if key.isalpha()}


@dataclass(frozen=True)
class Way:
    """A way through a run: its cost, the stretches as typed, and the words that they stand for."""

    cost: float
    typed: tuple[str, ...]
    words: tuple[str, ...]
    unknown: int  # characters that belong to no word
    others: tuple[tuple[str, ...], ...] = ()  # for each word the next best ones that it may stand for

    @property
    def text(self) -> str:
        return "".join(self.words)

    @property
    def is_corrected(self) -> bool:
        return self.typed != self.words


KEPT = 8.0  # a digit or a sign that stays what it is although its key is a Thai letter on the other layout


class Repair(IntEnum):
    NOTHING = 0
    SLIPS = 1  # what is no word
    STRANGERS = 2  # also words that the index does not have


def find_way(run: str, vocabulary: Vocabulary, *, repair: Repair = Repair.NOTHING, kept: dict[int, str] | None = None) -> Way:
    """The cheapest way through a folded run of letters. `kept`: other characters for places of it."""
    if kept:
        return _find_way(run, vocabulary, repair, kept)
    return _remember(vocabulary, (run, repair), lambda: _find_way(run, vocabulary, repair, {}))


REMEMBERED = 200  # of each vocabulary; some kilobytes each


def _remember(vocabulary: Vocabulary, key: tuple, make: Callable[[], Any]) -> Any:
    """What is worked out more than once for a question, and for the next one like it."""
    memory = vocabulary.memory
    found = memory.get(key)
    if found is None:
        if len(memory) >= REMEMBERED:
            memory.clear()
        found = memory[key] = make()
    return found


def _find_way(run: str, vocabulary: Vocabulary, repair: Repair, kept: dict[int, str]) -> Way:
    slips = find_slips(run, vocabulary, repair) if repair else {}
    words_at = _find_words_at(run, vocabulary)
    slips_at = _find_cheapest_at(run, slips)
    length = len(run)
    best: list[tuple[float, int, str, str, int] | None] = [None] * (length + 1)
    best[0] = (0.0, 0, "", "", 0)
    for start in range(length):
        here = best[start]
        if here is None:
            continue
        before = here[0]
        options = [(end, price, word, word, 0) for end, price, word in words_at[start]]
        options += slips_at.get(start, ())
        if vocabulary.cost(run[start]) is None:
            options.append((start + 1, UNKNOWN, run[start], run[start], 1))
        if start in kept:
            options.append((start + 1, KEPT, run[start], kept[start], 0))
        for end, price, piece, word, unknown in options:
            total = before + price
            if best[end] is None or total < best[end][0]:
                best[end] = (total, start, piece, word, unknown)
    typed, words, unknown, at = [], [], 0, length
    while at:
        _, start, piece, word, lost = best[at]
        typed.append(piece)
        words.append(word)
        unknown += lost
        at = start
    typed, words = typed[::-1], words[::-1]
    others = tuple(_others(slips.get(one, ()), word) if one != word else () for one, word in zip(typed, words, strict=True))
    return Way(best[length][0], tuple(typed), tuple(words), unknown, others)


def _find_words_at(run: str, vocabulary: Vocabulary) -> list[list[tuple[int, float, str]]]:
    """For each place of the run (end, cost, word) of the words that begin there."""
    return _remember(vocabulary, (run,), lambda: _look_up(run, vocabulary))


def _look_up(run: str, vocabulary: Vocabulary) -> list[list[tuple[int, float, str]]]:
    found, price_of, length = [], vocabulary.cost, len(run)
    for start in range(length):
        longest = min(vocabulary.longest_from(run[start : start + START]), LONGEST_PIECE, length - start)
        pieces = [run[start : start + size] for size in range(1, longest + 1)]
        found.append([(start + len(piece), cost, piece) for piece in pieces if (cost := price_of(piece)) is not None])
    return found


def _find_cheapest_at(run: str, slips: dict[str, list[tuple[float, str, int]]]) -> dict[int, list[tuple[int, float, str, str, int]]]:
    """For each place the stretches that begin there, each as the word that it costs least to take it for."""
    found: dict[int, list[tuple[int, float, str, str, int]]] = {}
    for piece, options in slips.items():
        if not options:
            continue
        price, word, _ = min(options, key=_first)
        start = run.find(piece)
        while start >= 0:
            found.setdefault(start, []).append((start + len(piece), price, piece, word, 0))
            start = run.find(piece, start + 1)
    return found


_first = itemgetter(0)


NEARLY = 4.5  # nats
MOST_OTHERS = 4


def _others(options: Iterable[tuple[float, str, int]], chosen: str) -> tuple[str, ...]:
    costs = {word: cost for cost, word, _ in options}
    near = sorted((cost, word) for word, cost in costs.items() if word != chosen and cost < costs[chosen] + NEARLY)
    return tuple(word for _, word in near[:MOST_OTHERS])


def find_slips(run: str, vocabulary: Vocabulary, repair: Repair) -> dict[str, list[tuple[float, str, int]]]:
    """For each stretch that is no word itself: (cost, word, 0) of the words it may have been meant as.

    A scrap of a name that the index happens to have is not what a longer stretch was meant as.
    """
    segments = dict.fromkeys(  # in order, so that every process decides a tie alike
        run[start:end]
        for start in range(len(run))
        if not start or run[start] not in DEPENDENT
        for end in range(start + SHORTEST_SLIP - 1, min(start + LONGEST_SLIP, len(run)) + 1)
    )
    if repair is Repair.SLIPS:
        words = {word for found in _find_words_at(run, vocabulary) for _end, _cost, word in found}
        segments = [segment for segment in segments if segment not in words or not is_good(segment)]
    else:
        segments = [segment for segment in segments if not vocabulary.counts.get(segment) and segment not in weights.COMMON_WORDS]
    return {segment: options for segment, options in _find_options(run, segments, vocabulary).items() if options}


def _find_options(run: str, segments: list[str], vocabulary: Vocabulary) -> dict[str, list[tuple[float, str, int]]]:
    """For each stretch of the run, its options; those of another repair of the same run are known already."""
    known = _remember(vocabulary, (run, "options"), dict)
    new = [segment for segment in segments if segment not in known]
    found = vocabulary.neighbours(new) if new else {}
    for segment in new:
        known[segment] = [
            (cost + price(segment, word), word, 0)
            for word in found.get(segment, ())
            if (cost := vocabulary.cost(word)) is not None and (is_good(word) or not _is_scrap(segment, word))
        ]
    return {segment: known[segment] for segment in segments}


def _is_scrap(segment: str, word: str) -> bool:
    """Whether the word is the stretch without a consonant at one of its ends."""
    extra = segment[-1] if segment.startswith(word) else segment[0] if segment.endswith(word) else ""
    return "ก" <= extra <= "ฮ" and len(segment) > len(word)


def price(typed: str, meant: str) -> float:
    """What a slip costs: less when people make it often."""
    changed = _changed(typed, meant)
    if changed and (changed <= MARKS or changed in _SOUNDS or changed in _BESIDE or changed in _SHIFTED):
        return USUAL_SLIP
    if len(typed) > len(meant) and any(one == other for one, other in zip(typed, typed[1:], strict=False)):
        return USUAL_SLIP  # a letter twice
    return SLIP


def _changed(typed: str, meant: str) -> frozenset[str]:
    """The characters in which two words that are one slip apart differ."""
    start = find_difference(typed, meant)
    if len(typed) == len(meant):
        return frozenset((typed[start], meant[start]))
    return frozenset(max(typed, meant, key=len)[start])
