"""Thai words, cut one way for the index and for the question. Pure: no Django, no engine.

Text goes through three steps, each of which keeps the way back to what was written:

- `repair` gives one spelling to what looks the same (`เ`+`เ` is `แ`, the tone stands after the vowel, hidden
  characters are gone). It works cluster by cluster, so every place in the result has a place in the original.
- `fold` maps letters one to one (lower case, Thai and full-width digits), so it moves nothing.
- PyThaiNLP's newmm cuts the Thai runs over its word list and our own words (`search/data/words.txt`).

A word is letters, marks and digits, with `.` and `,` inside it at most (`ภ.พ.30`, `1,800,000`); `term_of` gives
what it is found by. The cutter, its version and the word list's checksum together are `VERSION`, which is
recorded with whatever was cut.
"""

import re
import unicodedata
import zlib
from collections.abc import Container
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

WORDS_FILE = Path(__file__).parent / "data" / "words.txt"
RULES = 1  # raised when this file cuts or spells differently than before
JOINER = "\u200b"
LONGEST_WORD = 100  # characters; what is longer is no word and is cut into pieces (Elasticsearch would do it at 255)
MOST_MARKS = 4  # marks on one letter

_SPACE_CATEGORIES = {"Zs", "Zl", "Zp"}
_DROPPED_CATEGORIES = {"Cf", "Cc", "Cs"}
_BLANKS = "\t\n\v\f\x1c\x1d\x1e\x1f\x85"


class _Clean(dict):
    """A table for `str.translate`: hidden and control characters go, every kind of blank becomes a space."""

    def __missing__(self, code: int):
        character = chr(code)
        category = unicodedata.category(character)
        if character == "\n":
            kept = code
        elif character in _BLANKS or category in _SPACE_CATEGORIES:
            kept = " "
        else:
            kept = None if category in _DROPPED_CATEGORIES else code
        self[code] = kept
        return kept


_CLEAN = _Clean()


def _classes() -> tuple[str, str]:
    """The marks and the hidden characters, each as the inside of a regular expression's class."""
    ranges: dict[str, list[list[int]]] = {"mark": [], "hidden": []}
    for code in (*range(0x20000), *range(0xE0000, 0xE0200)):
        category = unicodedata.category(chr(code))
        kind = "mark" if category[0] == "M" else "hidden" if category in _DROPPED_CATEGORIES and chr(code) not in _BLANKS else ""
        if not kind:
            continue
        if ranges[kind] and ranges[kind][-1][1] == code - 1:
            ranges[kind][-1][1] = code
        else:
            ranges[kind].append([code, code])
    mark, hidden = ("".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in pairs) for pairs in ranges.values())
    return mark, hidden


_MARK, _HIDDEN = _classes()
_ABOVE_OR_BELOW = "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a\u0e47\u0e4d"
_TONE = "\u0e48\u0e49\u0e4a\u0e4b"
_ORDER = {mark: place for place, marks in enumerate((_ABOVE_OR_BELOW, _TONE, "\u0e4c\u0e4e")) for mark in marks}
_FOLLOWED = "\u0e32\u0e33"  # า ำ

# One letter with all that belongs to it. A run of เ and แ, or of another vowel that is never doubled, is one cluster.
_CLUSTER = re.compile(
    rf"[เแ](?:[{_HIDDEN}]*[เแ])*[{_MARK}{_HIDDEN}]*"
    rf"|([ะโใไ])(?:[{_HIDDEN}]*\1)*[{_MARK}{_HIDDEN}]*"
    rf"|[^{_MARK}{_HIDDEN}]?[{_MARK}{_HIDDEN}{_FOLLOWED}]+"
    rf"|[^{_MARK}{_HIDDEN}]",
    re.S,
)
# Where a text may need repair. What it does not match, and is clean and composed, is right as it stands.
_TROUBLE = re.compile(
    rf"[เแ][เแ]|([ะโใไ])\1|[{_FOLLOWED}][{_MARK}{_FOLLOWED}]|\u0e4d[{_TONE}]*[{_FOLLOWED}]|[{_ABOVE_OR_BELOW}][{_ABOVE_OR_BELOW}]"
    rf"|[{_TONE}\u0e4c\u0e4e][{_MARK}]|\A[{_MARK}{_FOLLOWED}]|[{_MARK}]{{3}}"
)


@lru_cache(maxsize=50_000)
def _repair_cluster(cluster: str) -> str:
    text = unicodedata.normalize("NFC", cluster.translate(_CLEAN))
    if not text:
        return ""
    if text[0] in "เแ":
        text = re.sub("แแ+", "แ", text.replace("เเ", "แ"))
    elif text[0] in "ะโใไ":
        text = re.sub(r"^(.)\1+", r"\1", text)
    base, marks, follower = "", [], ""
    for character in text:
        if character in _FOLLOWED:
            follower = "\u0e33" if "\u0e33" in (character, follower) else character
        elif unicodedata.category(character)[0] == "M":
            if character not in marks:
                marks.append(character)
        else:
            base += character
    if follower and "\u0e4d" in marks:
        marks.remove("\u0e4d")
        follower = "\u0e33"
    marks.sort(key=lambda mark: _ORDER.get(mark, 0))
    if not base and not follower:
        return ""  # marks on nothing
    return unicodedata.normalize("NFC", base + "".join(marks[:MOST_MARKS]) + follower)


def _needs_repair(text: str) -> bool:
    return bool(_TROUBLE.search(text)) or text.translate(_CLEAN) != text or not unicodedata.is_normalized("NFC", text)


def repair(text: str) -> str:
    """One spelling for what looks the same, fit to be shown. NFC, never NFKC, which would take ำ apart."""
    if not _needs_repair(text):
        return text
    return "".join([_repair_cluster(match[0]) for match in _CLUSTER.finditer(text)])


def _repair_with_places(text: str) -> tuple[str, list[int] | None]:
    """The repaired text, and for each of its characters (and its end) the place in `text` where its cluster begins.

    None instead of places: nothing moved.
    """
    if not _needs_repair(text):
        return text, None
    parts, places = [], []
    for match in _CLUSTER.finditer(text):
        part = _repair_cluster(match[0])
        parts.append(part)
        places.extend([match.start()] * len(part))
    return "".join(parts), [*places, len(text)]


class _Fold(dict):
    """A table for `str.translate` that maps letters one to one."""

    def __missing__(self, code: int):
        character = chr(code)
        if 0xFF01 <= code <= 0xFF5E:
            character = chr(code - 0xFEE0)
        elif character.isdecimal():
            character = str(unicodedata.decimal(character))
        lower = character.lower()
        self[code] = lower if len(lower) == 1 else character
        return self[code]


_FOLD = _Fold()


def fold(text: str) -> str:
    """Lower case, ASCII digits and ASCII width; as long as `text`."""
    return text.translate(_FOLD)


def normalise(text: str) -> str:
    """What the text is compared by."""
    return fold(repair(text))


class Word(NamedTuple):
    """A word in a text: `text[start:end]` shows it, `term` finds it."""

    term: str
    start: int
    end: int


_THAI = "ก-ฮะ-ฺเ-ๅ็-๎"
_RUN = re.compile(
    rf"(?P<thai>[ก-ฮะาำเ-ๅ](?:[{_THAI}]|\.(?=[{_THAI}])|(?<=[ก-ฮ])\.[0-9]*)*)"  # dots and digits only as in ภ.พ.30
    rf"|(?P<number>(?>[0-9]+(?:,[0-9]{{3}}(?![0-9]))*(?:\.[0-9]+)?))(?![^\W0-9_{_THAI}ฯๆ]|[{_MARK}])"
    rf"|(?P<other>[^\W_{_THAI}ฯๆ](?:[^\W_{_THAI}ฯๆ]|[{_MARK}])*)"
)
_SAME = re.compile(r"(.)\1{29,}", re.S)
_DROPPED_IN_TERM = re.compile(r"(?<=\d),(?=\d)|(?<!\d)\.|\.(?!\d)")
_LETTER = re.compile(r"[^\W_]")


def term_of(word: str) -> str:
    """What a word is found by: folded, without the dots of an abbreviation (`ภ.พ.30` → `ภพ30`) and thousands' commas."""
    return _DROPPED_IN_TERM.sub("", fold(word)).strip(".,")


@lru_cache(maxsize=1)
def own_words() -> frozenset[str]:
    """Our own words, as they are matched."""
    lines = WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(normalise(line.strip()) for line in lines if line.strip() and not line.startswith("#"))


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """The general dictionary of PyThaiNLP."""
    from pythainlp.corpus.common import thai_words

    return frozenset(thai_words())


_added: frozenset[str] = frozenset()  # by `use_words`


def use_words(words: frozenset[str]) -> None:
    """These words are known from now on besides the files', and no others that were given before. A few milliseconds."""
    global _added
    words = frozenset(filter(None, map(normalise, words)))
    if words == _added:
        return
    dictionary = _dictionary()
    for word in _added - words - common_words() - own_words():
        dictionary.remove(word)
    for word in words - _added:
        dictionary.add(word)
    _added = words
    parts_of.cache_clear()


def added_words() -> frozenset[str]:
    """What `use_words` was given last."""
    return _added


def is_word(word: str) -> bool:
    """Whether a dictionary has the word, as normalised."""
    return word in common_words() or word in own_words() or word in _added


@lru_cache(maxsize=1)
def _dictionary():
    from pythainlp.util import Trie

    return Trie(common_words() | own_words())


def warm() -> None:
    """Reads the dictionary now (about half a second), so that no visitor waits for it."""
    _dictionary()


def _cut_thai(run: str) -> list[str]:
    """A folded Thai run in pieces. The same character by the dozen is no text and is not looked up."""
    from pythainlp.tokenize.newmm import segment

    pieces, at = [], 0
    for same in _SAME.finditer(run):
        if same.start() > at:
            pieces += segment(run[at : same.start()], _dictionary())
        pieces.append(same[0])
        at = same.end()
    if at < len(run):
        pieces += segment(run[at:], _dictionary())
    whole: list[str] = []
    for piece in pieces:
        if whole and (piece[0] in _ORDER or piece[0] in _FOLLOWED):  # newmm cuts before a mark that it does not expect
            whole[-1] += piece
        else:
            whole.append(piece)
    return whole


def _find_words(folded: str) -> list[tuple[int, int]]:
    """The places of the words in a repaired and folded text."""
    found = []
    for run in _RUN.finditer(folded):
        start = run.start()
        for piece in _cut_thai(run[0]) if run.lastgroup == "thai" else [run[0]]:
            end = start + len(piece)
            if _LETTER.search(piece):
                left = start + len(piece) - len(piece.lstrip("."))
                right = start + len(piece.rstrip("."))
                found += _short_enough(folded, left, right)
            start = end
    return found


def _short_enough(folded: str, left: int, right: int) -> list[tuple[int, int]]:
    """The place as it is, or in pieces of about `LONGEST_WORD`, none of which begins with a mark."""
    pieces = []
    while right - left > LONGEST_WORD:
        end = left + LONGEST_WORD
        while end < right and unicodedata.category(folded[end])[0] == "M":
            end += 1
        pieces.append((left, end))
        left = end
    return [*pieces, (left, right)] if left < right else pieces


def find_words(text: str) -> list[Word]:
    """The words of a text, in order, with their places in `text` as it was given. A place never cuts a cluster."""
    repaired, places = _repair_with_places(text)
    folded = fold(repaired)
    words = []
    for start, end in _find_words(folded):
        term = term_of(folded[start:end])
        if places is not None:
            start, end = places[start], _next_place(places, end)
        if term and end > start:
            words.append(Word(term, start, end))
    return words


def _next_place(places: list[int], end: int) -> int:
    """Where the cluster that holds the last character ends: the next different place."""
    last, at = places[end - 1], end
    while at < len(places) - 1 and places[at] == last:
        at += 1
    return places[at]


def cut(text: str) -> list[str]:
    """The text in pieces, spaces and punctuation included; joining them gives `text` back."""
    pieces, at = [], 0
    for word in find_words(text):
        if word.start < at:
            continue  # two words inside one cluster
        if word.start > at:
            pieces.append(text[at : word.start])
        pieces.append(text[word.start : word.end])
        at = word.end
    return pieces + [text[at:]] if at < len(text) else pieces


# Joined text: the repaired text with U+200B where two words stand side by side. It is shown as it is, and any engine
# that splits at these characters and strips what is neither letter, mark nor digit from both ends gets our words.
SEPARATORS = JOINER + " \n!\"#$%&'()*+-/:;<=>?@[\\]^_`{|}~“”‘’–—…•·«»฿ฯๆ๏๚๛"
_PIECE = re.compile(f"[^{re.escape(SEPARATORS)}]+")
_PIECE_OR_BETWEEN = re.compile(f"({_PIECE.pattern})")
_EDGE = re.compile(rf"^(?:\W|_)+|(?:[^\w{_MARK}]|_)+$")  # a mark belongs to what stands before it


def join(text: str) -> str:
    """The repaired text, cut once for every engine (see `SEPARATORS`). Without U+200B it is `repair(text)`."""
    repaired = repair(text)
    parts, at = [], 0
    for start, end in _find_words(fold(repaired)):
        parts += [_fence(repaired[at:start], is_first=not at), repaired[start:end]]
        at = end
    return "".join([*parts, _fence(repaired[at:], is_last=True)])


def _fence(gap: str, *, is_first: bool = False, is_last: bool = False) -> str:
    """What stands between two words, set off from them where no separator does it; a dot may stay with its word."""
    before = JOINER if gap and not is_first and gap[0] not in SEPARATORS and gap[0] not in ".," else ""
    after = JOINER if not is_first and not is_last and not any(character in SEPARATORS for character in gap) else ""
    return f"{before}{gap}{after}"


def split(joined: str) -> list[Word]:
    """The words of a joined text with their places in it; nothing is cut again."""
    words: list[Word] = []
    for piece in _PIECE.finditer(joined):
        read = _read_piece(piece[0])
        if read:
            start = piece.start() + read[1]
            words.append(Word(read[0], start, start + read[2]))
    return words


def split_terms(joined: str) -> list[str]:
    """The terms alone, in order."""
    return [read[0] for read in map(_read_piece, _PIECE.findall(joined)) if read]


def find_terms(joined: str) -> set[str]:
    """The terms alone, each once."""
    return {read[0] for read in map(_read_piece, set(_PIECE.findall(joined))) if read}


class Marker(dict):
    """Puts `before` and `after` around the words of joined texts whose term is one of `terms`.

    As a table it gives every piece as it is shown, so a word that stands on ten pages is read once.
    """

    def __init__(self, terms: Container[str], before: str, after: str):
        super().__init__()
        self.terms, self.before, self.after = terms, before, after

    def mark(self, joined: str) -> str:
        return "".join(map(self.__getitem__, _PIECE_OR_BETWEEN.split(joined)))

    def __missing__(self, piece: str) -> str:
        read = _read_piece(piece) if piece else None
        shown = piece
        if read and read[0] in self.terms:
            start, end = read[1], read[1] + read[2]
            shown = f"{piece[:start]}{self.before}{piece[start:end]}{self.after}{piece[end:]}"
        self[piece] = shown
        return shown


@lru_cache(maxsize=50_000)
def _read_piece(shown: str) -> tuple[str, int, int] | None:
    """(term, where it begins in the piece, its length); None when the piece holds no word."""
    left = 0
    if not (shown[0].isalnum() and shown[-1].isalnum()):
        bare = _EDGE.sub("", shown)
        left = shown.index(bare)
        shown = bare
    term = term_of(shown) if _LETTER.search(shown) else ""
    return (term, left, len(shown)) if term else None


# Too common inside compounds to be looked for: an index of ผู้ would find everybody.
BOUND = frozenset("การ ความ ผู้ นัก ของ ได้ ไม่ ที่ ให้ เป็น ใน และ จะ มี ไป มา กับ แก่ แต่ ว่า อยู่ ทาง เพื่อ ต่อ ตาม โดย หรือ ด้วย".split())  # noqa: SIM905
# Words of two characters that are worth finding.
SHORT_PARTS = frozenset(("จด", "ขอ", "ทำ", "ใบ", "รถ", "ยา", "ตก", "ลา"))
SHORTEST_PART, LONGEST_PART_NEEDED, LONGEST_COMPOUND = 3, 4, 60


@lru_cache(maxsize=50_000)
def parts_of(term: str) -> tuple[str, ...]:
    """The words that a compound is made of, also those that are compounds themselves; empty for a plain word.

    `ภาษีมูลค่าเพิ่ม` → ภาษี, มูลค่า, เพิ่ม. A split into scraps (อา + หาร) is no compound: one part must be long.
    """
    if not (LONGEST_PART_NEEDED + 2 <= len(term) <= LONGEST_COMPOUND) or not "ก" <= term[0] <= "๎":
        return _abbreviation_parts(term)
    tiling = _tile(term)
    if not tiling or max(map(len, tiling)) < LONGEST_PART_NEEDED:
        return _abbreviation_parts(term)
    parts = [part for piece in tiling for part in (piece, *parts_of(piece)) if part not in BOUND]
    return tuple(dict.fromkeys(parts))


def _abbreviation_parts(term: str) -> tuple[str, ...]:
    """`ภพ30` → ภพ, 30: letters and digits that stand together are also found apart."""
    pieces = re.findall(r"\d+|[^\d.,]+", term)
    return tuple(pieces) if len(pieces) > 1 and "ก" <= term[0] <= "๎" else ()


def _tile(term: str) -> tuple[str, ...] | None:
    """The word as the fewest dictionary words, longest first among equals; None when it cannot be split."""
    length = len(term)
    best: list[tuple[int, int, tuple[str, ...]] | None] = [None] * (length + 1)
    best[0] = (0, 0, ())
    for end in range(2, length + 1):
        for start in range(end - 1):
            before, piece = best[start], term[start:end]
            if before is None or len(piece) == length or not (is_word(piece) if len(piece) >= SHORTEST_PART else piece in SHORT_PARTS):
                continue
            found = (before[0] + 1, before[1] - len(piece) ** 2, (*before[2], piece))
            if best[end] is None or found[:2] < best[end][:2]:
                best[end] = found
    return best[length][2] if best[length] else None


GRAM = 3
_NO_LETTERS = re.compile(rf"(?:[^\w{_MARK}]|_)+")
_BETWEEN_THAI = re.compile(rf"(?<=[{_THAI}]) (?=[{_THAI}])")


def compact(repaired: str) -> str:
    """A repaired or joined text without blanks and punctuation between Thai letters: no space too many or too few matters."""
    return _BETWEEN_THAI.sub("", _NO_LETTERS.sub(" ", fold(repaired.replace(JOINER, "")))).strip()


def grams(text: str) -> list[str]:
    """The text in overlapping scraps of three characters: what survives a misspelling. Nothing is cut."""
    bare = compact(repair(text.replace(JOINER, "")))
    return [bare[at : at + GRAM] for at in range(len(bare) - GRAM + 1)]


def pair(first: str, second: str) -> str:
    """Two words side by side as one token."""
    return f"{first}_{second}"


LONGEST_START = 40


def starts(joined: str) -> list[str]:
    """A joined title from each of its words on, without blanks: what somebody may have begun to type."""
    bare = split_terms(joined)
    whole = "".join(bare)
    found, at = [], 0
    for term in bare:
        found.append(whole[at : at + LONGEST_START])
        at += len(term)
    return list(dict.fromkeys(found))


def _make_version() -> str:
    checksum = zlib.crc32(WORDS_FILE.read_bytes()) if WORDS_FILE.exists() else 0
    return f"newmm-{version('pythainlp')}/{RULES}/{checksum:08x}"


VERSION = _make_version()
