"""What is suggested while somebody types: titles from the index, topics, our own words, frequent questions.

No query of the database, ever. Titles come from the embedded engine, which both arrangements keep level; the rest from
a file beside the index (`suggestions.json`), which the clock writes (`write_lists`) and every process reads when it has
changed: topics, by the words that lead to them, too; centres by what people call their provinces. Engine away: nothing is
suggested. No file: titles only.

Nothing is re-checked here. What the public index holds is suggested, and a withdrawn page leaves it with the sync:
within two seconds of the commit. A browser or a shared cache may repeat an answer for `max-age` (60 s). Whatever is
chosen is checked in the database when it is opened (`search.suggest_views.open_found`), so an old suggestion shows a
title that was public and leads to nothing that is not. That is R15's "from suggestions at the next request".

What was typed is cut at its blanks into chunks; the last may be half typed. Each must be the beginning of a title from
one of its words on (the index's `starts`) or, when that gives too little, stand inside one of the title's compounds, at
the beginning of one of its parts first. When no guide begins so, those are asked for that have as a keyword what was
begun. No kind fills the list while another has something (`MOST_OF`).
Only letters, marks and digits are left of a chunk (`thai.term_of`), so the patterns made of it hold nothing of the
visitor's that could be an operator.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from business import vocabulary
from search import knowledge, layout, log, thai
from search.beside import read_beside, write_beside
from search.documents import kinds
from search.engines import Clause, EngineAway, Group, Plan
from search.engines.choice import embedded
from search.models import Document, key_of
from search.topics import words_of_functions, write_topics

MOST = 8  # suggestions
MOST_OF = {
    "guide": 4,
    "programme": 3,
    "centre": 3,
    "word": 2,
    "question": 2,
    "stage": 2,
    "function": 2,
    "course": 2,
    "lesson": 2,
    "path": 1,
    "download": 1,
}  # unless nothing else is left
MOST_BY_KEYWORD, MOST_COMPLETED = 3, 4  # guides; words that complete what was typed
ORDER = ("guide", "stage", "function", "programme", "course", "lesson", "path", "question", "centre", "word", "download")  # among equals
SHORTEST, LONGEST, MOST_CHUNKS = 2, 80, 6  # characters typed (longer is a question, no beginning), chunks
CANDIDATES = 40  # titles that are ranked
SHORTEST_INSIDE = 3  # characters looked for inside a compound
LONGEST_SHOWN = 90  # characters of a title
MOST_WORDS_LISTED, MOST_QUESTIONS_LISTED, LONGEST_LISTED = 3_000, 200, 90
LISTS = "suggestions.json"


@dataclass(frozen=True)
class Suggestion:
    """`kind`: a registered kind, `stage`, `function`, `word` or `question`. `address`: empty when the text is to be searched.

    An address that ends in `=` takes what was typed, for the case that the page has gone meanwhile.
    """

    kind: str
    text: str
    address: str = ""


class Rank(NamedTuple):
    """The smaller, the earlier."""

    fit: int  # 0 the title begins so, 1 one of its words or parts; 2, 3 the same with tone marks supplied; 4, 5 inside a word
    kind: int
    length: int


def find_suggestions(text: str) -> list[Suggestion]:
    """The best for what was typed so far; when that begins nothing, for the same keys on the other keyboard layout."""
    if len(text) > LONGEST * 4:
        return []
    for place, reading in enumerate(_read_typed(text)):
        chunks = read_chunks(reading)
        if chunks:
            try:
                found = _find(chunks, as_typed=place == 0)
            except EngineAway:
                return []
            if found:
                return found
    return []


def _read_typed(text: str) -> Iterable[str]:
    """As typed; as meant on the other layout; the same for what was typed last."""
    yield text
    turn = layout.to_latin if re.search("[ก-๛]", text) else layout.to_thai
    yield turn(text)
    before, blank, last = text.rstrip().rpartition(" ")
    if blank:
        yield f"{before} {layout.to_latin(last) if re.search('[ก-๛]', last) else layout.to_thai(last)}"


def read_chunks(text: str) -> list[str]:
    """What was typed between blanks, as the index spells it; empty when it is too short or too long to begin anything."""
    shown = thai.repair(text).strip()
    if len(shown) > LONGEST:
        return []
    chunks = list(dict.fromkeys(filter(None, map(key_of, shown.split()))))
    return chunks if len(chunks) <= MOST_CHUNKS and sum(map(len, chunks)) >= SHORTEST else []


# Patterns

_TONE, _VOWEL = "[\u0e48-\u0e4b]", "[\u0e31\u0e34-\u0e39\u0e47]"
_TONE_MAY_FOLLOW = re.compile(r"([ก-ฮ](?![\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])|[\u0e31\u0e34-\u0e39](?![\u0e47-\u0e4e]))(?=.)", re.S)
_LAST_TONE = re.compile(r"(?<=[ก-ฮ])([\u0e48-\u0e4b])$")
_HALF_AM = re.compile(r"\u0e4d([\u0e48-\u0e4b]?)$")


def make_pattern(chunk: str) -> str:
    """A regular expression, the same for Python and for tantivy: the chunk, with the tone marks that are not typed yet.

    A tone typed before its vowel stands for both; ◌ํ for ำ.
    """
    escaped, tail = chunk[: thai.LONGEST_START].replace(".", "[.]"), ""
    if half := _HALF_AM.search(escaped):
        escaped, tail = escaped[: half.start()], f"{half[1] or f'{_TONE}?'}\u0e33"
    elif tone := _LAST_TONE.search(escaped):
        escaped, tail = escaped[: tone.start()], f"{_VOWEL}?{tone[1]}"
    return _TONE_MAY_FOLLOW.sub(rf"\1{_TONE}?", escaped) + tail


class _Chunks:
    """The chunks with their patterns, to compare titles with."""

    def __init__(self, chunks: Sequence[str]) -> None:
        self.texts = tuple(chunks)
        self.sources = tuple(map(make_pattern, chunks))
        self.patterns = tuple(map(re.compile, self.sources))

    def rank(self, kind: str, keys: Sequence[str], *, length: int) -> Rank | None:
        """How well a title fits, by its starts (the first of them is the whole title); None: not at all."""
        if not keys:
            return None
        if not all(any(pattern.search(key) for key in keys) for pattern in self.patterns):
            return None
        exact = self._place(keys, lambda text, key: key.startswith(text), self.texts)
        loose = self._place(keys, lambda pattern, key: pattern.match(key), self.patterns)
        inside = 4 if all(text in keys[0] for text in self.texts) else 5
        fit = exact if exact < 2 else loose + 2 if loose < 2 else inside
        return Rank(fit, ORDER.index(kind) if kind in ORDER else len(ORDER), length)

    @staticmethod
    def _place(keys: Sequence[str], begins: Callable, chunks: Sequence) -> int:
        """0: the title begins with the first chunk; 1: one of its words with the last; 2: neither."""
        if begins(chunks[0], keys[0]):
            return 0
        return 1 if any(begins(chunks[-1], key) for key in keys) else 2


INSIDE = 4  # the fit from which on it stands just anywhere


def _find(typed: Sequence[str], *, as_typed: bool) -> list[Suggestion]:
    """What fits best. Keys that are read on the other layout must begin a word or a part of one."""
    chunks = _Chunks(typed)
    ranked: dict[object, tuple[Rank, str, Entry]] = {}

    def put(entry: Entry) -> None:
        rank = chunks.rank(entry.kind, entry.keys, length=len(entry.text))
        if rank and (as_typed or rank.fit < INSIDE):
            put_ranked(rank, entry)

    def put_ranked(rank: Rank, entry: Entry) -> None:
        key = (entry.kind, entry.code) if entry.kind == "centre" else entry.keys[0]  # a centre has a nickname beside its title
        if key not in ranked or rank < ranked[key][0]:
            ranked[key] = (rank, entry.keys[0], entry)

    for inside in (False, True):
        if inside and (len(ranked) >= MOST or max(map(len, typed)) < SHORTEST_INSIDE):
            break
        for kind, object_id, joined in embedded().begin_with(chunks.sources, CANDIDATES, inside=inside):
            if entry := _read_title(kind, object_id, joined):
                put(entry)
    for entry in lists().beginning_with(chunks.patterns[-1], typed[-1][0]):
        put(entry)
    if ranked and not any(entry.kind == "guide" for _rank, _key, entry in ranked.values()):
        for entry in _find_by_keyword(typed, [entry for _rank, _key, entry in ranked.values()]):
            put_ranked(Rank(INSIDE - 1, ORDER.index("guide"), len(entry.text)), entry)
    return [_show(entry) for entry in _choose([entry for _rank, _key, entry in sorted(ranked.values(), key=lambda found: found[:2])])]


def _read_title(kind: str, object_id: int, joined: str) -> "Entry | None":
    keys = _all_starts(joined)
    return Entry(kind, joined.replace(thai.JOINER, ""), str(object_id), tuple(keys)) if kind in kinds() and keys else None


def _find_by_keyword(typed: Sequence[str], found: Iterable["Entry"]) -> list["Entry"]:
    """Guides that have as a keyword what was begun, as words of what was found complete it."""
    begun = typed[-1]
    words = {term for entry in found for key in entry.keys[:1] for term in thai.split_terms(thai.join(key)) if term.startswith(begun)}
    if len(typed) > 1 or len(begun) < SHORTEST_INSIDE or not words:
        return []
    terms = tuple(sorted(words, key=lambda word: (len(word), word))[:MOST_COMPLETED])
    clauses = tuple(Clause("keywords", term, 1.0) for term in terms)
    plan = Plan(clauses=clauses, groups=(Group(terms),), filters={"type": ("guide",)}, limit=MOST_BY_KEYWORD)
    hits = [hit for hit in embedded().search(plan).hits if not set(terms).isdisjoint(thai.split_terms(hit.texts["keywords"]))]
    return list(filter(None, (_read_title(hit.kind, hit.object_id, hit.texts["title"]) for hit in hits)))


def _all_starts(joined: str) -> list[str]:
    """The title from each of its words and parts of compounds on, in full; the whole title first."""
    terms = thai.split_terms(joined)
    whole, at, found = "".join(terms), 0, []
    for term in terms:
        found += [whole[at + start :] for start in [0, *_starts_of_parts(term)]]
        at += len(term)
    return list(dict.fromkeys(found))


def _starts_of_parts(term: str) -> list[int]:
    """Where the parts of a compound begin in it."""
    places = {term.find(part) for part in thai.parts_of(term) if len(part) >= thai.SHORTEST_PART}
    return sorted(place for place in places if place > 0)


def _choose(found: list["Entry"]) -> list["Entry"]:
    """The first `MOST`, no more of a kind than `MOST_OF` unless places are left; in the order given."""
    numbers: dict[str, int] = {}
    first, rest = [], []
    for place, entry in enumerate(found):
        numbers[entry.kind] = numbers.get(entry.kind, 0) + 1
        (first if numbers[entry.kind] <= MOST_OF.get(entry.kind, MOST) else rest).append(place)
    return [found[place] for place in sorted([*first, *rest][:MOST])]


def _show(entry: "Entry") -> Suggestion:
    match entry.kind:
        case "stage":
            address = reverse("stage", args=[entry.code])
        case "function":
            address = f"{reverse('search')}?function={entry.code}"
        case "word" | "question":
            address = ""
        case _:
            address = f"{reverse('search_open', args=[entry.kind, entry.code])}?q="
    return Suggestion(entry.kind, entry.text, address)


def name_kind(kind: str) -> str:
    """What stands beside a suggestion."""
    if kind in kinds():
        return str(kinds()[kind].name)
    return {"stage": _("ช่วงธุรกิจ"), "function": _("หัวข้อ"), "question": _("คำถามที่พบบ่อย")}.get(kind, _("คำค้น"))


def shorten(text: str) -> str:
    """A long title, cut between words."""
    if len(text) <= LONGEST_SHOWN:
        return text
    end = max((word.end for word in thai.find_words(text) if word.end < LONGEST_SHOWN), default=LONGEST_SHOWN - 1)
    return f"{text[:end].rstrip()}…"


# What is not in the index, in a file beside it


class Entry(NamedTuple):
    """What may be suggested. `code`: of a stage or function; the primary key of what the index found."""

    kind: str
    text: str
    code: str
    keys: tuple[str, ...]  # its starts, as `_all_starts` gives them


class Lists:
    """The entries by the beginnings of their starts."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._by_key = sorted(((key, entry) for entry in entries for key in entry.keys), key=lambda pair: pair[0])
        self._keys = [key for key, _entry in self._by_key]

    def beginning_with(self, pattern: re.Pattern, first: str) -> Iterable[Entry]:
        """The entries one of whose starts the pattern begins; `first` is the pattern's first letter."""
        for at in range(bisect_left(self._keys, first), len(self._keys)):
            key, entry = self._by_key[at]
            if not key.startswith(first):
                return
            if pattern.match(key):
                yield entry


_NOTHING = Lists()


def lists() -> Lists:
    """The entries in the language of now, read again when the file has changed. Without a readable file there are none."""
    language = "en" if (get_language() or "").startswith("en") else "th"
    return read_beside(LISTS, lambda content: Lists(_read_entries(content[language])), _NOTHING, purpose=language)


def _read_entries(rows: Iterable) -> list[Entry]:
    return [Entry(str(kind), str(text), str(code), tuple(map(str, keys))) for kind, text, code, keys in rows if keys]


def write_lists() -> int:
    """Writes the file anew, and that of the nearest topics, for the clock; gives the number of entries. A few queries, some of a second.

    Raises EngineAway when the index cannot be asked which words it has.
    """
    words, questions, centres = _own_words(), _frequent_questions(), _called_centres()
    leading = words_of_functions(write_topics())
    content = {}
    for language in ("th", "en"):
        entries = [("stage", getattr(row, f"name_{language}") or row.name_th, code, ()) for code, row in vocabulary.stages().items()]
        entries += [
            ("function", getattr(row, f"name_{language}") or row.name_th, code, leading.get(code, ()))
            for code, row in vocabulary.functions().items()
        ]
        entries += centres
        entries += [("question", text, "", ()) for text in questions] + [("word", text, "", ()) for text in words]
        seen: dict[str, list] = {}
        for kind, text, code, others in entries:
            keys = [start for called in (text, *others) for start in _all_starts(thai.join(called))]
            if keys:
                seen.setdefault(keys[0], [kind, text, code, list(dict.fromkeys(keys))])
        content[language] = list(seen.values())
    write_beside(LISTS, content)
    return sum(map(len, content.values()))


def _called_centres() -> list[tuple[str, str, str, tuple[str, ...]]]:
    """(kind, title with the nickname, its key, other names) of centres in provinces that people call otherwise. One query."""
    called = {iso: province.aliases for iso, province in vocabulary.provinces().items() if province.aliases}
    found = []
    for number, facets, words in Document.objects.public().filter(kind="centre").values_list("object_id", "facets", "words"):
        title = words["title"].replace(thai.JOINER, "")
        for name in called.get(next(iter(facets.get("province", ())), ""), ()):
            found.append(("centre", f"{title} ({name})", str(number), (f"ศูนย์{name}",)))
    return found


def _own_words() -> list[str]:
    """The words of our dictionary and the editors' that a public document has, the most frequent first."""
    lines = thai.WORDS_FILE.read_text(encoding="utf-8").splitlines()
    shown = {key_of(line): line.strip() for line in lines if line.strip() and not line.startswith("#")}
    for word in knowledge.knowledge().own:
        shown.setdefault(key_of(word), word)
    shown = {key: text for key, text in shown.items() if len(key) > SHORTEST and len(text) <= LONGEST_LISTED}
    numbers = dict(embedded().read_vocabulary()[2])
    found = sorted((key for key in shown if numbers.get(key)), key=lambda key: (-numbers[key], key))
    return [shown[key] for key in found[:MOST_WORDS_LISTED]]


def _frequent_questions() -> list[str]:
    return [text for text in log.frequent_questions(MOST_QUESTIONS_LISTED) if SHORTEST < len(text) <= LONGEST_LISTED]
