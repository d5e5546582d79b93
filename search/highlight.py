"""Marked words in a text for the page: everything escaped, the shortest useful stretch found.

The engines mark whole words of joined text (`engines.MARK` … `UNMARK`); here nothing is cut or looked up again.
"""

import re
from collections.abc import Container

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search import thai
from search.engines import MARK, UNMARK

PASSAGE = 170  # characters, about two lines on a phone
LONGEST_UNBROKEN = 16  # characters of a mark that stays on one line of a phone
MOST_MARKED = 20  # words in one passage
_SIDE_BY_SIDE = re.compile(f"{UNMARK}{thai.JOINER}*{MARK}")
_MARKED = re.compile(f"{MARK}([^{UNMARK}]*){UNMARK}")
_UNSEEN = {ord(character): None for character in (thai.JOINER, MARK, UNMARK)}


def plain(joined: str) -> str:
    """The text as people read it."""
    return joined.translate(_UNSEEN)


def show_marked(joined: str) -> SafeString:
    """The text as safe HTML, marked words in <mark>. Words side by side share one mark; a long one may break over lines."""
    text = _SIDE_BY_SIDE.sub("", joined).replace(thai.JOINER, "")
    return mark_safe(_MARKED.sub(_mark, str(escape(text))))


def _mark(found: re.Match[str]) -> str:
    return ('<mark class="long">' if len(found[1]) > LONGEST_UNBROKEN else "<mark>") + f"{found[1]}</mark>"


def find_passage(joined: str, *, length: int = PASSAGE, skip: Container[int] = ()) -> tuple[SafeString, int]:
    """The stretch of at most `length` characters with most different marked words, and its line; empty when there is none.

    It begins and ends between words, at a blank where one is near, and never runs over a line's end. `skip`: numbers of
    lines that are no passage, such as headings.
    """
    best: tuple[int, int, str] | None = None
    for number, line in enumerate(joined.split("\n")):
        if MARK not in line or number in skip:
            continue
        score, stretch = _best_of_line(line, length)
        if best is None or score > best[0]:
            best = (score, number, stretch)
    return (mark_safe(""), 0) if best is None else (show_marked(best[2]), best[1])


def _best_of_line(line: str, length: int) -> tuple[int, str]:
    """(score, stretch) of one line."""
    marked = [(match.start(), match.end(), thai.fold(match[1])) for match in _MARKED.finditer(line)]
    best, first = (0, 0, 0), 0
    for number, (start, _, _) in enumerate(marked):
        window = []
        for found in marked[number : number + MOST_MARKED]:
            if found[1] - start > length and window:
                break
            window.append(found)
        score = len({word for _, _, word in window}) * 100 + len(window)
        if score > best[0]:
            best, first = (score, start, window[-1][1]), start
    score, start, end = best
    start, end = _widen(line, first, end, length)
    stretch = line[start:end].strip(f" {thai.JOINER}")
    return score, f"{'… ' if start else ''}{stretch}{' …' if end < len(line) else ''}"


def _widen(line: str, start: int, end: int, length: int) -> tuple[int, int]:
    """The stretch around start…end filled up to `length`: a third before, the rest after, at blanks or between words."""
    room = max(length - (end - start), 0)
    first = max(0, start - room // 3)
    last = min(len(line), end + room - (start - first))
    if first:
        blank = line.find(" ", first, start)
        word = line.find(thai.JOINER, first, start)
        first = blank + 1 if blank != -1 else word + 1 if word != -1 else start
    if last < len(line):
        blank = line.rfind(" ", end, last)
        word = line.rfind(thai.JOINER, end, last)
        last = blank if blank > end + (last - end) // 2 else word if word != -1 else end
    return first, last
