"""What changed on a page since a learner finished it: what the editors said of it, and the paragraphs before and after."""

import datetime as dt
import difflib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from wagtail.models import Page

from courses.models import Progress
from kb.facts import find_references, plain_with_facts
from kb.models import Change, Fact, GuidePage
from search.thai import cut

_ALIKE = 0.4  # of the letters: below that a paragraph was replaced, not changed
_AROUND = 60  # letters shown on each side of a change; the rest of a long paragraph is left out


@dataclass(frozen=True)
class Piece:
    """Some words of a paragraph; `is_other`: those that are not in the other version."""

    text: str
    is_other: bool = False


@dataclass(frozen=True)
class Pair:
    """A paragraph before and after. An empty side: words were only added, or only taken out."""

    before: list[Piece]
    after: list[Piece]


@dataclass(frozen=True)
class Changes:
    """`notes`: what the editors said. `pairs`: None when the words as they were are not kept any more."""

    notes: list[Change]
    pairs: list[Pair] | None


def read_changes(row: Progress, page: Page) -> Changes:
    """row: that of a learner who finished the page; its confirmation is where the comparison begins."""
    return Changes(find_notes(page, row.confirmed_at), _compare_with(row, page))


def find_notes(page: Page, since: dt.datetime) -> list[Change]:
    """The notes of the day of `since` and later, without typing errors, newest first."""
    notes = page.change_notes if isinstance(page, GuidePage) else page.changes
    return list(notes.filter(date__gte=timezone.localdate(since)).exclude(significance=Change.Significance.TYPO))


def _compare_with(row: Progress, page: Page) -> list[Pair] | None:
    if row.finished_revision is None:
        return None
    before, after = row.finished_revision.as_object().texts(), page.texts()
    codes = find_references(*before, *after)
    facts = Fact.objects.in_bulk(codes, field_name="code") if codes else {}
    return compare(*([plain_with_facts(text, facts) for text in texts] for texts in (before, after)))


# Comparing


def compare(before: Iterable[str], after: Iterable[str]) -> list[Pair]:
    """The paragraphs that differ, in the order of the page."""
    old, new = _paragraphs(before), _paragraphs(after)
    pairs = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            for was, now in itertools.zip_longest(old[a:b], new[c:d], fillvalue=""):
                pairs += compare_words(was, now)
    return pairs


def compare_words(was: str, now: str) -> list[Pair]:
    """One pair whose differing words are marked; two when hardly anything is left of the old words."""
    if not was or not now:
        return [Pair(_whole(was), _whole(now))]
    old, new = cut(was), cut(now)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [Pair(_whole(was), []), Pair([], _whole(now))]
    before, after = [], []
    for kind, a, b, c, d in matcher.get_opcodes():
        for side, words in ((before, old[a:b]), (after, new[c:d])):
            if words:
                side.append(Piece("".join(words), kind != "equal"))
    return [Pair(*(_shorten(side) if any(piece.is_other for piece in side) else [] for side in (before, after)))]


def _paragraphs(texts: Iterable[str]) -> list[str]:
    lines = (" ".join(line.split()) for text in texts for line in text.splitlines())
    return [line for line in lines if line]


def _whole(text: str) -> list[Piece]:
    return [Piece(text, True)] if text else []


def _shorten(pieces: list[Piece]) -> list[Piece]:
    """Leaves out what is far from any change."""
    shown = []
    for at, piece in enumerate(pieces):
        text = piece.text
        if not piece.is_other and len(text) > 2 * _AROUND:
            start = text[:_AROUND] if at else ""
            end = text[-_AROUND:] if at < len(pieces) - 1 else ""
            text = f"{start}…{end}"
        shown.append(Piece(text, piece.is_other))
    return shown
