"""Found words in a text: whole words marked, everything escaped. Works on joined text, so nothing is cut again."""

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search import thai

PASSAGE = 170  # characters, about two lines on a phone


def matches(term: str, wanted: frozenset[str]) -> bool:
    """Whether a word of the text is one that was asked for, or a compound that holds one."""
    return term in wanted or any(part in wanted for part in thai.parts_of(term))


def mark_words(joined: str, wanted: frozenset[str]) -> SafeString:
    """The text as safe HTML, the wanted words in <mark>. Words side by side share one mark."""
    return _mark(joined, [word for word in thai.split(joined) if matches(word.term, wanted)], 0, len(joined))


def has_words(joined: str, wanted: frozenset[str]) -> bool:
    return any(matches(word.term, wanted) for word in thai.split(joined))


def find_passage(joined: str, wanted: frozenset[str], *, length: int = PASSAGE) -> SafeString:
    """The stretch of at most `length` characters with most different wanted words; empty when there is none.

    It begins and ends between words, at a blank where one is near, and never runs over a line's end.
    """
    best: tuple[int, int, int] | None = None
    for start, end in _lines(joined):
        words = thai.split(joined[start:end])
        found = [word for word in words if matches(word.term, wanted)]
        for number, first in enumerate(found):
            window = [word for word in found[number:] if word.end - first.start <= length]
            score = len({word.term for word in window}) * 100 + len(window)
            if best is None or score > best[0]:
                best = (score, *_widen(joined, start, end, start + first.start, start + window[-1].end, length))
    if best is None:
        return mark_safe("")
    _score, start, end = best
    found = [word for word in thai.split(joined[start:end]) if matches(word.term, wanted)]
    marked = _mark(joined[start:end], found, 0, end - start).strip()
    before = "… " if start > 0 and joined[start - 1] != "\n" else ""
    after = " …" if end < len(joined) and joined[end] != "\n" else ""
    return mark_safe(f"{before}{marked}{after}")


def _lines(joined: str) -> list[tuple[int, int]]:
    lines, at = [], 0
    for line in joined.split("\n"):
        if line.strip():
            lines.append((at, at + len(line)))
        at += len(line) + 1
    return lines


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
