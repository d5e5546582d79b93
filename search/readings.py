"""What a question may mean: as typed, and as it was perhaps meant.

Every reading is searched in one request (`plan.make_plan`: what several readings ask for counts as in the best of them),
so a wrong guess costs little. What is itself good Thai is never rewritten; what is rewritten is announced (`Question.shown`), and the visitor can have it as typed (`exact`).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from search import layout, thai, weights
from search.knowledge import NOTHING, Knowledge, find_phrases
from search.lattice import Repair, find_way
from search.vocabulary import EMPTY, SHORTEST, Vocabulary, is_good

LONGEST = 1_000  # characters of a question that are read: people tell their whole situation
MOST_WORDS = 40  # of them, the most telling ones
LONGEST_CORRECTED = 200  # characters; who writes more is understood by the rest of it
_THAI = "[ก-ฮะ-ฺเ-ๅ็-๎]"
_THAI_RUN = re.compile(f"{_THAI}+")
_LATIN_WORD = re.compile("[a-z]+")
_LATIN_PIECE = re.compile("[A-Za-z][-A-Za-z0-9]+")
_BLANK_IN_THAI = re.compile(f"(?<={_THAI}) +(?={_THAI})")


class Why(StrEnum):
    """What a reading does to what was typed."""

    TYPED = "typed"
    LAYOUT = "layout"  # typed on the other keyboard layout
    SPELLING = "spelling"  # an error corrected
    SPACES = "spaces"  # spaces joined
    OFFERED = "offered"  # good words as others that are more likely here: offered, not announced
    NEARLY = "nearly"  # the same, but too far-fetched to be offered: searched with less weight


@dataclass(frozen=True)
class Reading:
    """One way to understand the question: its text and its words in order. `why` says how it came about."""

    text: str
    words: tuple[str, ...]
    why: frozenset[Why]
    weight: float = 1.0
    others: tuple[tuple[str, str], ...] = ()  # (word of it, another that may have been meant)


@dataclass(frozen=True)
class Question:
    """What was asked, bounded. `readings` begins with the most probable one.

    `shown` is the text that the results are for when it is not the typed one (announced, with a way back);
    `suggestion` is offered ("did you mean") and searched with less weight.
    """

    text: str = ""
    readings: tuple[Reading, ...] = ()
    shown: str = ""
    suggestion: str = ""
    is_cut: bool = False  # something of it is not searched
    is_exact: bool = False  # the visitor asked for it as typed

    @property
    def words(self) -> tuple[str, ...]:
        return self.readings[0].words if self.readings else ()


def read_question(text: str, *, vocabulary: Vocabulary = EMPTY, known: Knowledge = NOTHING, exact: bool = False) -> Question:
    """The question's readings. What is beyond `LONGEST` or `MOST_WORDS` is left out and said to be."""
    typed = thai.repair(text[: LONGEST * 4]).strip()
    is_cut = len(text) > LONGEST * 4 or len(typed) > LONGEST
    typed = typed[:LONGEST].strip()
    readings: dict[tuple[str, ...], Reading] = {}
    for guess in [Guess(typed)] if exact else _guess(text[: LONGEST * 4].strip()[:LONGEST], typed, vocabulary, known):
        every = [word.term for word in thai.find_words(guess.text)]
        words = _most_telling(every, vocabulary)
        is_cut = is_cut or len(words) < len(every)
        if words and words not in readings:
            weight = 1.0 if not readings else weights.BOLD_READING if guess.why & {Why.OFFERED, Why.NEARLY} else weights.OTHER_READING
            readings[words] = Reading(guess.text, words, guess.why or frozenset({Why.TYPED}), weight, guess.others)
    ordered = tuple(readings.values())
    shown = ordered[0].text if ordered and ordered[0].why & {Why.LAYOUT, Why.SPELLING, Why.SPACES} else ""
    suggestion = next((reading.text for reading in ordered if Why.OFFERED in reading.why), "")
    return Question(typed, ordered, shown, suggestion, is_cut, exact)


def _most_telling(words: list[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """At most `MOST_WORDS` of the words, in their order: the rarest that the index has, what every question has last."""
    if len(words) <= MOST_WORDS:
        return tuple(words)
    tell = {word: vocabulary.idf(word) for word in words if vocabulary.counts.get(word) and word not in weights.COMMON_WORDS}
    ranked = sorted(range(len(words)), key=lambda at: (-tell.get(words[at], 0.0), at))
    return tuple(words[at] for at in sorted(ranked[:MOST_WORDS]))


@dataclass(frozen=True)
class Guess:
    text: str
    why: frozenset[Why] = frozenset()
    others: tuple[tuple[str, str], ...] = ()


def _guess(keys: str, typed: str, vocabulary: Vocabulary, known: Knowledge) -> list[Guess]:
    """The texts that may have been meant, most probable first, each with what was done to it.

    `keys` is what was typed before any repair, which would take away marks that are letters on the other layout.
    """
    base = mend_layout(keys, vocabulary, known)
    best = Guess(base, frozenset({Why.LAYOUT}) if base != typed else frozenset())
    guesses = [best]
    if len(base) > LONGEST_CORRECTED:
        return guesses if base == typed else [best, Guess(typed)]
    joined = join_spaces(base, vocabulary)
    if joined != base:
        best = Guess(joined, best.why | {Why.SPACES})
        guesses.insert(0, best)
    standard = replace_variants(joined, known)
    corrected = correct(standard, vocabulary, known)
    if corrected.text != joined:
        best = Guess(corrected.text, best.why | {Why.SPELLING}, corrected.others)
        guesses.insert(0, best)
    bold = correct(best.text, vocabulary, known, bold=True)
    if bold.text != best.text:
        why = Why.OFFERED if all(_may_offer(typed, word) for typed, word in bold.changes) else Why.NEARLY
        guesses.insert(1, Guess(bold.text, best.why | {why}, bold.others))
    if base != typed:
        guesses.append(Guess(typed))
    return guesses


def replace_variants(text: str, known: Knowledge) -> str:
    """The text with known misspellings in their standard spelling."""
    words = thai.find_words(text)
    for found in reversed(find_phrases([word.term for word in words], known.variants)):
        first, last = words[found.start], words[found.end - 1]
        if not any(character.isspace() for character in text[first.start : last.end]):
            text = text[: first.start] + known.variants[found.key].text + text[last.end :]
    return text


def join_spaces(text: str, vocabulary: Vocabulary) -> str:
    """The text without those blanks between Thai letters that stand inside words."""
    blanks = list(_BLANK_IN_THAI.finditer(text))
    if not blanks:
        return text
    pieces = [
        text[start:end] for start, end in zip([0, *(b.end() for b in blanks)], [*(b.start() for b in blanks), len(text)], strict=True)
    ]
    whole = pieces[0]
    for piece in pieces[1:]:
        left, right = _last_run(whole), _first_run(piece)
        apart = find_way(left, vocabulary).cost + find_way(right, vocabulary).cost
        together = find_way(left + right, vocabulary).cost
        is_spelt_out = len(left) == 1 and len(piece.split(" ")[0]) == 1
        whole += piece if together + JOIN_WORTH < apart or is_spelt_out else f" {piece}"
    return whole


def _last_run(text: str) -> str:
    """The Thai letters at the end, back to the last blank; a long run's last stretch is enough."""
    return thai.fold(_THAI_RUN.findall(text)[-1])[-40:]


def _first_run(text: str) -> str:
    return thai.fold(_THAI_RUN.findall(text)[0])[:40]


# Spelling

WORTH = 1.0  # nats that a correction must gain
CONTEXT = 4  # characters: so much of a question that stands in a document is no slip
WORTH_WORDS = 5.0  # when all is made of words as it stands
JOIN_WORTH = 2.0
CHEAP = 1.2  # nats a character of a run that nobody needs to look at twice


@dataclass(frozen=True)
class Corrected:
    """A text with its slips corrected; `changes`: (as typed, as meant); `others`: (as meant, what else it may be)."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()
    others: tuple[tuple[str, str], ...] = ()


def correct(text: str, vocabulary: Vocabulary, known: Knowledge = NOTHING, *, bold: bool = False) -> Corrected:
    """The text with its slips corrected, run by run; as it was when nothing is better.

    `bold`: also where good Thai or a short form would change, for a reading that counts less and is not announced.
    """
    folded = thai.fold(text)
    out, at, changes, others = [], 0, [], []
    for run in _THAI_RUN.finditer(folded):
        has_point = "." in (folded[run.start() - 1 : run.start()], folded[run.end() : run.end() + 1])
        is_short_form = run[0] in known.abbreviations or (has_point and not bold)
        found = Corrected(run[0]) if is_short_form else _correct_run(run[0], vocabulary, bold)
        out += [text[at : run.start()], found.text]
        changes += found.changes
        others += found.others
        at = run.end()
    return Corrected("".join([*out, text[at:]]), tuple(changes), tuple(others))


def _correct_run(run: str, vocabulary: Vocabulary, bold: bool) -> Corrected:
    plain = find_way(run, vocabulary)
    is_good_thai = not plain.unknown and all(is_good(word) and len(word) > 1 for word in plain.words)
    if is_good_thai and (plain.cost < CHEAP * len(run) or (not bold and len(plain.words) == 1)):
        return Corrected(run)
    if bold and all(vocabulary.counts.get(word) or len(word) < SHORTEST for word in plain.words) and len(plain.words) == 1:
        return Corrected(run)
    better = find_way(run, vocabulary, repair=Repair.STRANGERS if bold else Repair.SLIPS)
    worth = WORTH if bold or not is_good_thai else WORTH_WORDS
    if not better.is_corrected or plain.cost - better.cost <= worth:
        return Corrected(run)
    cut = thai.find_words(run)
    out, at, changes, others = [], 0, [], []
    for typed, word, more in zip(better.typed, better.words, better.others, strict=True):
        end = at + len(typed)
        around = [found.term for found in cut if found.start < end and found.end > at]
        stands = typed != word and (
            vocabulary.stands_in_index(around) or (not bold and vocabulary.count_text(run[max(0, min(at, end - CONTEXT)) : end]))
        )
        if typed == word or stands or (not bold and not _may_rewrite(typed, vocabulary)):
            out.append(typed)
        else:
            out.append(word)
            changes.append((typed, word))
            others += [(word, other) for other in more]
        at = end
    return Corrected("".join(out), tuple(changes), tuple(others))


def _may_rewrite(typed: str, vocabulary: Vocabulary) -> bool:
    """Not when it is a row of good words of some length, as ออฟไลน์ after ตลาด."""
    way = find_way(typed, vocabulary)
    return bool(way.unknown) or not all(is_good(word) and len(word) >= SHORTEST for word in way.words)


def _may_offer(typed: str, word: str) -> bool:
    """Only a longer word for a longer word: what is offered must make sense by itself."""
    return min(len(typed), len(word)) >= LEAST_OFFERED and is_good(word)


LEAST_OFFERED = 5  # characters

# Keyboard layout

_KEYS = re.compile(r"[!-~]+")
_NAME = re.compile("(?=.*[A-Z])[A-Za-z]+|[A-Za-z]+(?:-[A-Za-z0-9]+)+:?")  # Volvo, WhatsApp, d-max, covid-19
_SHORT_FORM = re.compile(r"(?:[^.\s]{1,4}\.)+")
_WELL_FORMED = re.compile("(?:[เแโใไ]?[ก-ฮ](?:[ัิ-ฺ็ํ]?[่-๋]?์?)?[าำ]?ะ?[ๆฯ.]?)+")
_SIGNS = frozenset('.-!?()"%')  # they may be meant as they are


def mend_layout(text: str, vocabulary: Vocabulary, known: Knowledge = NOTHING) -> str:
    """The text with the stretches that were typed on the other layout as they were meant."""
    verdicts = [(match, *_as_thai(match[0], vocabulary, known)) for match in _KEYS.finditer(text)]
    found = [(verdict, gain) for _, _, verdict, gain in verdicts if verdict != "kept"]
    letters = sum(len(meant) for _, meant, verdict, _ in verdicts if verdict != "kept")
    all_fit = {verdict for verdict, _ in found} == {"fits"} and sum(gain for _, gain in found) > MARGIN
    is_sure = any(verdict == "sure" for verdict, _ in found) or (all_fit and letters >= LEAST_LETTERS)
    out, at = [], 0
    for match, meant, verdict, _ in verdicts:
        out += [text[at : match.start()], meant if is_sure and verdict in ("sure", "fits") else match[0]]
        at = match.end()
    mended = "".join([*out, text[at:]])
    return thai.repair("".join(_as_latin(piece, vocabulary, known) for piece in re.split(r"(\s+)", mended)))


def _as_latin(piece: str, vocabulary: Vocabulary, known: Knowledge) -> str:
    """A piece typed on the Thai layout that is known on the English one and no Thai; else as it is."""
    if not _THAI_RUN.search(piece) or len(piece) < SHORTEST:
        return piece
    meant = layout.to_latin(piece)
    if not _LATIN_PIECE.fullmatch(meant):
        return piece
    runs = _THAI_RUN.findall(thai.fold(piece))
    is_known = all(_is_known(term, vocabulary, known) for term in _LATIN_WORD.findall(meant.lower()))
    if not all(_WELL_FORMED.fullmatch(run) for run in runs):  # no Thai at all
        return meant if is_known or layout.english_cost(meant) < LIKELY * len(meant) else piece
    return meant if is_known and any(find_way(run, vocabulary).unknown for run in runs) else piece


LEAST_LETTERS = 5
LEAST_SURE = 3
MARGIN = 4.0  # nats by which Thai must be more probable than English
STRANGE, LIKELY, PLAIN = 4.0, 3.5, 3.0  # nats a key: no English; may be, when it is no Thai at all; may well be


def _as_thai(keys: str, vocabulary: Vocabulary, known: Knowledge) -> tuple[str, str, float]:
    """(the keys on the Thai layout, whether that was meant, nats by which it is more probable than English).

    "sure"; "fits": when the rest of the question was; "no"; "kept": a number.
    """
    if not any(character.isalpha() for character in keys) and (keys.isdigit() or len(keys) < 2):
        return keys, "kept", 0.0
    mapped = thai.fold(layout.to_thai(keys))
    if _SHORT_FORM.fullmatch(keys):
        mapped = "".join("." if key == "." else thai_key for key, thai_key in zip(keys, mapped, strict=True))
    way = find_way(mapped, vocabulary, kept=_kept(keys))
    runs = _THAI_RUN.findall(way.text)
    letters = sum(map(len, runs))
    is_known = keys.isupper() or all(_is_known(term, vocabulary, known) for term in _LATIN_WORD.findall(keys.lower()))
    if not letters or is_known or not all(_WELL_FORMED.fullmatch(thai.repair(run)) for run in runs):
        return keys, "no", 0.0
    if thai.term_of(way.text) in known.abbreviations or (len(way.words) == 1 and way.text in thai.own_words()):
        return way.text, "sure", MARGIN
    english = layout.english_cost(keys)
    gain = english - way.cost
    is_plain = (keys.isalpha() and keys.islower() and len(keys) < LEAST_LETTERS) or bool(_NAME.fullmatch(keys))
    most_unknown = 0 if keys.isalpha() else letters if letters >= LEAST_LETTERS else letters / 2
    is_strange = english > STRANGE * len(keys) and way.unknown <= most_unknown
    if letters >= LEAST_SURE and not is_plain and (gain > MARGIN or is_strange):
        return way.text, "sure", gain
    return way.text, "fits" if gain > 0 or english > PLAIN * len(keys) else "no", gain


def _is_known(latin: str, vocabulary: Vocabulary, known: Knowledge) -> bool:
    return len(latin) > 1 and bool(
        vocabulary.counts.get(latin) or thai.is_word(latin) or latin in known.synonyms or latin in known.abbreviations
    )


def _kept(keys: str) -> dict[int, str]:
    """The places of keys that may be meant as the digit or sign on them."""
    kept = {place: key for place, key in enumerate(keys) if key in _SIGNS or (key == "," and place == len(keys) - 1)}
    for group in re.finditer("[0-9]{2,}", keys):
        kept |= {place: keys[place] for place in range(group.start(), group.end())}
    return kept
