"""The h2 of a guide's rich text: their words for the contents list, their anchors in the text. Pure."""

import hashlib
import re
from html import unescape

_HEADING = re.compile(r"<h2[^>]*>(.*?)</h2>", re.S)
_TAG = re.compile(r"<[^>]+>")


def find_headings(html: str) -> list[tuple[str, str]]:
    """(anchor, words) of every h2 in a piece of rich text."""
    return [(anchor_of(inner), _words(inner)) for inner in _HEADING.findall(html)]


def add_anchors(html: str) -> str:
    """Gives every h2 the id that the contents list links to."""
    return _HEADING.sub(lambda match: f'<h2 id="{anchor_of(match[1])}">{match[1]}</h2>', html)


def anchor_of(heading: str) -> str:
    """A short ASCII anchor: Thai words make no readable one, and it must not change while the words stay."""
    return "h-" + hashlib.sha256(_words(heading).encode()).hexdigest()[:8]


def _words(heading: str) -> str:
    return unescape(_TAG.sub("", heading)).strip()
