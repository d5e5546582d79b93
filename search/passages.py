"""A guide line by line, as its page shows it: what is indexed, what a passage links to, what an answer quotes.

A line is what stands by itself on the page: a heading, a paragraph, an item of a list, a cell's row. No line holds a
line break, so the number of a line in the search document is its number here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape

from django.utils.html import strip_tags
from wagtail.blocks import StreamValue, StructValue

from kb.facts import plain_with_facts
from kb.headings import anchor_of
from kb.models import Fact, GuidePage, block_texts

HEADING = "heading"
_HEADING = re.compile(r"(<h2[^>]*>.*?</h2>)", re.S)
_INNER = re.compile(r"<h2[^>]*>(.*?)</h2>", re.S)
_BREAK = re.compile(r"</?(?:p|li|ul|ol|h[1-6]|hr|br|div|blockquote|figure|table|tr)\b[^>]*>", re.I)


@dataclass(frozen=True)
class Line:
    """`source` still has its references to facts. `block` is the type of its block, or "heading" for an h2.

    Lines with the same `item` belong together: the title and the text of a step, a question and its answer.
    """

    source: str
    block: str
    item: int
    anchor: str = ""


def read_lines(page: GuidePage) -> list[Line]:
    """The lines of the body in the order of reading, empty ones left out."""
    lines: list[Line] = []
    item = 0
    for block in page.body:
        lines += read_block(block, item)
        item += len(_items_of(block.value))
    return lines


def read_block(block: StreamValue.StreamChild, before: int = 0) -> list[Line]:
    """The lines of one block; its items are numbered on from `before`."""
    lines: list[Line] = []
    for item, part in enumerate(_items_of(block.value), start=before + 1):
        if block.block_type == "text":
            lines += _rich_lines(part.source, item)
        else:
            lines += [Line(text, block.block_type, item) for text in texts_of(part)]
    return lines


def show_lines(lines: Iterable[Line], facts: dict[str, Fact]) -> list[tuple[Line, str]]:
    """Each line with its words as a reader sees them; a line of which nothing is left is left out."""
    shown = ((line, tidy(plain_with_facts(line.source, facts))) for line in lines)
    return [(line, text) for line, text in shown if text]


def find_sections(shown: list[tuple[Line, str]]) -> tuple[tuple[str, str, int], ...]:
    """(anchor, heading, number of its line) of every h2. A section begins with its heading's own line."""
    return tuple((line.anchor, text, number) for number, (line, text) in enumerate(shown) if line.block == HEADING)


def tidy(text: str) -> str:
    """One line, one blank between words."""
    return " ".join(text.split())


def _items_of(value) -> list:
    """The items of a list block, or the value itself."""
    return [value] if isinstance(value, str | StructValue) or hasattr(value, "source") or not hasattr(value, "__iter__") else list(value)


def texts_of(value) -> Iterator[str]:
    """The lines of a struct or a plain text, rich text inside cut at its paragraphs."""
    if hasattr(value, "source"):
        yield from _pieces(value.source)
    elif isinstance(value, StructValue):
        for key, part in value.items():
            if key not in ("url", "image", "document"):
                yield from texts_of(part)
    else:
        for text in block_texts(value):
            yield from filter(None, map(tidy, text.splitlines()))


def _rich_lines(html: str, item: int) -> Iterator[Line]:
    """A rich text: its h2 are headings, the rest is cut at paragraphs and list items."""
    for piece in _HEADING.split(html):
        if heading := _INNER.fullmatch(piece):
            words = tidy(unescape(strip_tags(heading[1])))
            if words:
                yield Line(words, HEADING, item, anchor_of(heading[1]))
        else:
            yield from (Line(text, "text", item) for text in _pieces(piece))


def _pieces(html: str) -> Iterator[str]:
    yield from filter(None, (tidy(unescape(strip_tags(piece))) for piece in _BREAK.split(html)))
