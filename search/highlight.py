"""Found words in a text: whole words marked, everything escaped. Works on joined text, so nothing is cut again."""

from dataclasses import dataclass
from itertools import takewhile

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search import thai

PASSAGE = 170  # characters, about two lines on a phone
MOST_MARKED = 20  # words in one passage


@dataclass(frozen=True)
class Marked:
    """What to mark: words that were asked for, and compounds that hold one.

    `parts` are the parts of asked compounds. They count when they stand alone; in a compound two of them are needed,
    or เงิน of กู้เงิน would mark every kind of money.
    """

    terms: frozenset[str]
    parts: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __contains__(self, term: str) -> bool:
        if term in self.terms or term in self.parts:
            return True
        inside = thai.parts_of(term)
        return not self.terms.isdisjoint(inside) or len(self.parts.intersection(inside)) > 1


def find_wanted(joined: str, wanted: Marked) -> list[thai.Word]:
    return thai.split(joined, wanted.__contains__) if wanted else []


def mark_words(joined: str, wanted: Marked) -> SafeString:
    """The text as safe HTML, the wanted words in <mark>. Words side by side share one mark."""
    return _mark(joined, find_wanted(joined, wanted), 0, len(joined))


def find_passage(joined: str, wanted: Marked, *, length: int = PASSAGE) -> SafeString:
    """The stretch of at most `length` characters with most different wanted words; empty when there is none.

    It begins and ends between words, at a blank where one is near, and never runs over a line's end.
    """
    found = find_wanted(joined, wanted)
    best: tuple[int, int, int] | None = None
    line_end = -1
    for number, first in enumerate(found):
        if first.start > line_end:
            line_end = joined.find("\n", first.start)
            line_end = len(joined) if line_end == -1 else line_end
        window = list(takewhile(lambda word: word.end <= min(first.start + length, line_end), found[number : number + MOST_MARKED]))  # noqa: B023
        score = len({word.term for word in window}) * 100 + len(window)
        if window and (best is None or score > best[0]):
            best = (score, first.start, window[-1].end)
    if best is None:
        return mark_safe("")
    low = joined.rfind("\n", 0, best[1]) + 1
    high = joined.find("\n", best[1])
    start, end = _widen(joined, low, len(joined) if high == -1 else high, best[1], best[2], length)
    marked = _mark(joined, [word for word in found if start <= word.start and word.end <= end], start, end).strip()
    before = "… " if start > low else ""
    after = " …" if end < len(joined) and joined[end] != "\n" else ""
    return mark_safe(f"{before}{marked}{after}")


def _widen(joined: str, low: int, high: int, start: int, end: int, length: int) -> tuple[int, int]:
    """The stretch around start…end filled up to `length`: a third before, the rest after, at blanks or between words."""
    room = max(length - (end - start), 0)
    first = max(low, start - room // 3)
    last = min(high, end + room - (start - first))
    if first > low:
        blank = joined.find(" ", first, start)
        word = joined.find(thai.JOINER, first, start)
        first = blank + 1 if blank != -1 else word + 1 if word != -1 else start
    if last < high:
        blank = joined.rfind(" ", end, last)
        word = joined.rfind(thai.JOINER, end, last)
        last = blank if blank > end + (last - end) // 2 else word if word != -1 else end
    return first, last


def _mark(joined: str, found: list[thai.Word], low: int, high: int) -> SafeString:
    out, at, is_open = [], low, False
    for word in found:
        gap = joined[at : word.start].replace(thai.JOINER, "")
        if is_open and gap:
            out.append("</mark>")
            is_open = False
        out.append(escape(gap))
        if not is_open:
            out.append("<mark>")
            is_open = True
        out.append(escape(joined[word.start : word.end]))
        at = word.end
    if is_open:
        out.append("</mark>")
    out.append(escape(joined[at:high].replace(thai.JOINER, "")))
    return mark_safe("".join(out))
