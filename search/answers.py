"""The sentence that answers, quoted from the page as it is now, or nothing.

Nothing is written here: a quote is a stretch of the page's own words. It is shown only when most of what was asked for,
weighed by how rare it is, stands in the page found first, and in no other so much of it (`SIGNS`); a figure that is no
longer valid, or not confirmed, is quoted with that warning.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.facts import REFERENCE, plain_with_facts, warn_of
from kb.models import Fact, GuidePage, Programme
from search import thai
from search.engines import MARK, UNMARK, Group, Hit, Plan
from search.passages import HEADING, Line, read_lines, show_lines, tidy
from search.weights import COMMON_WORDS
from users.formats import format_date

LONGEST = 320  # characters of a quote
SHORTEST = 40  # a line that is shorter is quoted with the next one, or not at all
COMPARED = 5  # results that are looked at
BETTER = 0.25  # share of the question that a line must have more than the short answer to be quoted instead
# What speaks for an answer, with its weight: shares of the question, weighed by idf, that stand in the title and keywords, and
# anywhere on the page; how far the second result is behind by score; how much more of the question the head (title, keywords,
# summary, short answer) has than any other's; and how much that is rare stands in the head at all. Fitted on the tuning half of
# our questions; `ENOUGH` leaves 95 % of those that nothing answers without an answer.
SIGNS = {"title": 2.4, "all": 2.0, "margin": 2.2, "ahead": 0.9, "mass": 2.8}
ENOUGH = 3.0
LEAST = 0.25  # share of the question that stands on the page, at least
NEARLY = 0.98  # of the first score: as good as the first
MUCH = 12.0  # sum of idf from which more says nothing more
SILENT = ("table", "law", "picture", "download")  # blocks whose lines say nothing by themselves


@dataclass(frozen=True)
class Answer:
    """`warnings`: (figure, what to know of it). `seen`: when the page was looked at last, in words."""

    quote: str
    source: Model
    title: str
    address: str
    section: str
    anchor: str
    seen_on: dt.date
    warnings: tuple[tuple[str, str], ...] = ()

    @property
    def is_guide(self) -> bool:
        return isinstance(self.source, GuidePage)

    @property
    def origin(self) -> str:
        return _("คำตอบจากคู่มือ") if self.is_guide else _("จากหน้าโครงการ")

    @property
    def seen(self) -> str:
        words = _("ตรวจทาน %(date)s") if self.is_guide else _("ตรวจแหล่งเมื่อ %(date)s")
        return words % {"date": format_date(self.seen_on)}


@dataclass(frozen=True)
class _Part:
    """A stretch of a page that may be quoted: its lines with references to facts, and what its section is called."""

    sources: tuple[str, ...]
    section: str
    anchor: str
    first: int  # number of its first line in the document's body; -1: the short answer
    length: int = 1  # number of its lines there


def find_answer(plan: Plan, hits: Sequence[Hit], objects: Mapping[str, Model], idf: Callable[[str], float]) -> Answer | None:
    """The answer to a question whose first results are `hits`; `objects` are theirs, by key, as they are now.

    `idf` weighs a term. None: nothing answers surely enough.
    """
    if not plan.groups or not hits or not isinstance(objects.get(hits[0].key), GuidePage | Programme):
        return None
    asked = _Asked(plan.groups, idf)
    if not asked.total or all(group.terms[0] in COMMON_WORDS for group in plan.groups) or judge(asked, hits) < ENOUGH:
        return None
    page = objects[hits[0].key]
    part = _choose(asked, hits[0], page)
    return _quote(page, part) if part else None


class _Asked:
    """The groups of a question with their weights."""

    def __init__(self, groups: Sequence[Group], idf: Callable[[str], float]):
        self.groups = groups
        self.weights = [_weigh(group, idf) for group in groups]
        self.total = sum(self.weights)
        self._wanted = frozenset(term for group in groups for terms in (group.terms, *group.together) for term in terms)
        self._known: dict[str, frozenset[str]] = {}

    def find(self, *texts: str) -> frozenset[int]:
        """The numbers of the groups that joined texts have."""
        terms: set[str] = set()
        for text in texts:
            for term in thai.find_terms(text.replace(MARK, "").replace(UNMARK, "")):
                terms.update(self._read(term))
        return frozenset(number for number, group in enumerate(self.groups) if _has(group, terms)) if terms else frozenset()

    def _read(self, term: str) -> frozenset[str]:
        """What of the question a word is or has in it."""
        if term not in self._known:
            self._known[term] = self._wanted.intersection((term, *thai.parts_of(term)))
        return self._known[term]

    def share(self, found: Iterable[int]) -> float:
        return sum(self.weights[number] for number in set(found)) / self.total


def _weigh(group: Group, idf: Callable[[str], float]) -> float:
    """The weight of what is most easily found of the group."""
    ways = [idf(term) for term in group.terms] + [max(map(idf, parts)) for parts in group.together if parts]
    return max(min(ways, default=0.0), 0.0)


def _has(group: Group, terms: set[str]) -> bool:
    return any(term in terms for term in group.terms) or any(parts and terms.issuperset(parts) for parts in group.together)


def judge(asked: _Asked, hits: Sequence[Hit]) -> float:
    """How surely the first result answers: the sum of `SIGNS`."""
    shares = []
    for hit in hits[:COMPARED]:
        title = asked.find(hit.texts["title"], hit.texts["keywords"])
        head = title | asked.find(hit.texts["summary"])
        shares.append((asked.share(title), asked.share(head), asked.share(head | asked.find(hit.texts["body"]))))
    (title, head, everywhere), others = shares[0], shares[1:]
    second = hits[1].score if len(hits) > 1 else 0.0
    is_tie = second > hits[0].score * NEARLY and others[0][:2] >= (title, head)
    if is_tie or everywhere < LEAST:
        return 0.0
    signs = {
        "title": title,
        "all": everywhere,
        "margin": 1 - second / hits[0].score if hits[0].score > 0 else 0.0,
        "ahead": head - max((other[1] for other in others), default=0.0),
        "mass": min(head * asked.total, MUCH) / MUCH,
    }
    return sum(weight * signs[name] for name, weight in SIGNS.items())


def _choose(asked: _Asked, hit: Hit, page: Model) -> _Part | None:
    """The part that has most of the question; the short answer unless the words of another add clearly to it."""
    title = asked.find(hit.texts["title"])
    _, _, short = hit.texts["summary"].partition("\n")
    known = title | asked.find(short, hit.texts["keywords"])
    lines = hit.texts["body"].split("\n")
    parts = list(_parts_of(page))
    sections: dict[str, frozenset[int]] = {}
    best, best_share = next((part for part in parts if part.first < 0), None), asked.share(known) if short else 0.0
    for part in parts:
        if part.first < 0 or sum(map(len, part.sources)) < SHORTEST:
            continue
        own = asked.find(*lines[part.first : part.first + part.length])
        if asked.share(own - known) < BETTER:
            continue
        if part.section not in sections:
            sections[part.section] = asked.find(thai.join(part.section))
        share = asked.share(title | own | sections[part.section])
        if share > best_share:
            best, best_share = part, share
    return best


def _parts_of(page: Model) -> Iterable[_Part]:
    return _parts_of_guide(page) if isinstance(page, GuidePage) else _parts_of_programme(page)


def _parts_of_guide(page: GuidePage) -> Iterable[_Part]:
    yield _Part((page.short_answer,), "", "answer", -1)
    section, anchor = "", ""
    lines = show_lines(read_lines(page), page.facts)
    at = 0
    while at < len(lines):
        line, text = lines[at]
        if line.block == HEADING:
            section, anchor = text, line.anchor
            at += 1
            continue
        end = at + 1
        while end < len(lines) and _belongs(lines[at][0], lines[end - 1], lines[end][0]):
            end += 1
        if line.block not in SILENT:
            quoted = lines[at + 1 : end] if line.block == "questions" and end > at + 1 else lines[at:end]
            yield _Part(tuple(one.source for one, _text in quoted), section, anchor, at, end - at)
        at = end


def _belongs(first: Line, last: tuple[Line, str], line: Line) -> bool:
    """Whether a line is quoted together with those before it: of the same item, or after a paragraph too short by itself."""
    if first.item != line.item or line.block == HEADING:
        return False
    return first.block != "text" or len(last[1]) < SHORTEST


def _parts_of_programme(programme: Programme) -> Iterable[_Part]:
    yield _Part((programme.summary,), "", "", -1)
    at = 0
    for text, section, anchor in (
        (programme.offers, _("ให้อะไร"), "offers"),
        (programme.who, _("ใครสมัครได้"), "clauses"),
        (programme.how_to_apply, _("สมัครอย่างไร"), "apply"),
    ):
        length = text.count("\n") + 1
        yield _Part((text,), section, anchor, at, length)
        at += length


def _quote(page: Model, part: _Part) -> Answer:
    facts = page.facts
    quote = _shorten(tidy(" ".join(plain_with_facts(source, facts) for source in part.sources)))
    is_guide = isinstance(page, GuidePage)
    address = page.get_url() if is_guide else page.get_absolute_url()
    return Answer(
        quote,
        page,
        str(page),
        f"{address}#{part.anchor}" if part.anchor else address,
        part.section,
        part.anchor,
        page.reviewed_on if is_guide else page.checked_on,
        tuple(_warnings(page, part, facts, quote)),
    )


def _shorten(text: str) -> str:
    """At most `LONGEST` characters, ended at a blank: Thai sentences end there."""
    if len(text) <= LONGEST:
        return text
    end = text.rfind(" ", LONGEST // 2, LONGEST + 1)
    return text[: end if end > 0 else LONGEST].rstrip()


def _warnings(page: Model, part: _Part, facts: Mapping[str, Fact], quote: str) -> Iterable[tuple[str, str]]:
    today = timezone.localdate()
    seen = set()
    for match in (match for source in part.sources for match in REFERENCE.finditer(source)):
        fact = facts.get(match[1])
        if fact is None or fact.code in seen:
            continue
        seen.add(fact.code)
        shown = tidy(fact.statement if match[2] or not fact.value else fact.shown_value)
        warning = warn_of(fact, today)
        if warning and (shown[:20] in quote):
            yield (shown if len(shown) <= SHORTEST else "", warning)
    if isinstance(page, Programme) and page.is_closed(today):
        yield ("", _("โครงการนี้ปิดรับแล้ว"))
    if isinstance(page, GuidePage) and page.is_review_due:
        yield ("", _("หน้านี้เลยกำหนดตรวจทาน เนื้อหาอาจเก่า"))
