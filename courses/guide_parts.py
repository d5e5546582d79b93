"""Guides inside a lesson: the whole of one, or the sections that the lesson asks for by their headings."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from wagtail.blocks import StreamValue

from kb.guides import public_guides
from kb.headings import find_headings
from kb.models import GuidePage, block_sources, block_texts

_BEFORE_HEADING = re.compile(r"(?=<h2[\s>])")


@dataclass
class ShownGuide:
    """`guide` is None when it is not public any more. `blocks`: what is shown of its body, as Wagtail's stream children."""

    guide: GuidePage | None = None
    is_whole: bool = True
    blocks: list = field(default_factory=list)

    def texts(self) -> list[str]:
        return [text for block in self.blocks for text in block_texts(block.value)]

    def rich_texts(self) -> list[str]:
        return [source for block in self.blocks for source in block_sources(block.value)]


def read_shown_guides(raw_blocks: Iterable[dict]) -> dict[int, ShownGuide]:
    """{place of the block in the lesson's body: what it shows}, in one query for all guides.

    All of them are laid into one stream, so that Wagtail finds their pictures and files together.
    """
    wanted = {at: raw["value"] for at, raw in enumerate(raw_blocks) if raw["type"] == "guide" and raw["value"].get("guide")}
    if not wanted:
        return {}
    guides = {guide.pk: guide for guide in public_guides().filter(pk__in={value["guide"] for value in wanted.values()})}
    joined, spans = [], {}
    for at, value in wanted.items():
        guide = guides.get(value["guide"])
        parts = select_sections(list(guide.body.raw_data), section_names(value)) if guide else []
        spans[at] = (guide, len(joined), len(joined) + len(parts))
        joined += parts
    stream = StreamValue(GuidePage._meta.get_field("body").stream_block, joined, is_lazy=True)
    return {
        at: ShownGuide(guide, is_whole=not section_names(wanted[at]), blocks=stream[start:end]) for at, (guide, start, end) in spans.items()
    }


def section_names(value: dict) -> list[str]:
    """The headings asked for; items of a list are stored bare or with their ids."""
    items = [item["value"] if isinstance(item, dict) else item for item in value.get("sections") or ()]
    return [name for item in items if (name := _spaced_once(item or ""))]


def select_sections(raw_blocks: list[dict], names: list[str]) -> list[dict]:
    """The blocks under these headings (h2), in the guide's own order; all of them when none is named."""
    if not names:
        return raw_blocks
    chosen, is_wanted = [], False
    for raw in raw_blocks:
        if raw["type"] != "text":
            if is_wanted:
                chosen.append(raw)
            continue
        pieces = []
        for piece in _BEFORE_HEADING.split(raw["value"]):
            if headings := find_headings(piece):
                is_wanted = _spaced_once(headings[0][1]) in names
            if is_wanted:
                pieces.append(piece)
        if "".join(pieces).strip():
            chosen.append({**raw, "value": "".join(pieces)})
    return chosen


def find_missing_sections(guide: GuidePage, names: Iterable[str]) -> list[str]:
    """The names that no heading of the guide bears."""
    there = {_spaced_once(words) for raw in guide.body.raw_data if raw["type"] == "text" for _anchor, words in find_headings(raw["value"])}
    return [name for name in names if name not in there]


def _spaced_once(words: str) -> str:
    return " ".join(words.split())
