"""What an engine is asked and what it answers. The plan is built above (`search/plan.py`), an engine only runs it.

An engine is filled from `Document` rows and knows nothing else:

    search(plan) -> Hits
    write(keys, read)                brings the documents of `keys` to the state that `read(keys)` gives
    rebuild(batches, read, report)   fills a new generation and switches to it
    describe() -> State              what it holds, for the comparison with the database
    is_healthy() -> bool             whether it can be searched by the rules of this code
    cutter() -> str                  the version of the cutter that the searched generation was filled with
    destroy()                        everything that it made is gone

All raise `EngineAway` when they cannot do their work now. User text is never parsed: a plan holds cut terms.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from search.models import Document


class EngineAway(Exception):
    """The engine cannot answer now: missing, damaged, locked, not reachable."""


class Analysis(StrEnum):
    """How an engine reads the text of an index field (`search.documents.index_texts`)."""

    JOINED = "joined"  # `thai.join`'s text: its words, with their number; shown and marked as it stands
    TOKENS = "tokens"  # tokens between blanks, with their number
    GRAMS = "grams"  # every `thai.GRAM` characters in a row, with their number
    ONCE = "once"  # tokens between blanks, there or not


FIELDS = {
    "title": Analysis.JOINED,
    "keywords": Analysis.JOINED,
    "summary": Analysis.JOINED,
    "body": Analysis.JOINED,
    "parts": Analysis.TOKENS,  # the parts of the compounds of all four
    "pairs": Analysis.TOKENS,  # words that stand side by side in one of the four
    "grams": Analysis.GRAMS,  # all four without blanks
    "all": Analysis.ONCE,  # every word and part: what selects
    "starts": Analysis.ONCE,  # the title from each of its words on: what is suggested while somebody types
}
"""Every field of an index; besides them an index keeps `key`, `version`, the facets and what a `Hit` gives."""

SCHEMA = 3  # raised when a field, a facet or its analysis changes: an index of another schema is rebuilt

MARK, UNMARK = "\ue000", "\ue001"  # around a marked word in a hit's texts


@dataclass(frozen=True, slots=True)
class Clause:
    """Adds `weight` × BM25(`term` in `field`) to the score of every document that has it. `k1` 1.2, `b` 0.75 everywhere.

    In a field of `Analysis.ONCE` it adds `weight` as it is.
    """

    field: str
    term: str
    weight: float


@dataclass(frozen=True, slots=True)
class Group:
    """One thing that was asked for: a document has it with any of `terms`, or with all of one of `together` (field `all`)."""

    terms: tuple[str, ...]
    together: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Plan:
    """A question as data.

    A document is found when it has at least `at_least` of the `groups`, or at least `near_needed` of the scraps `near`
    (field `grams`; 0: never). Without groups and scraps everything is found, newest version first. What is found is ordered by
    the sum of the `clauses`, then by key. `full` is the number of groups that count as everything asked for.

    `filters`: for a facet, the codes of which a document must have one. `marks`: the terms to mark in the texts of the
    hits, in `MARK` and `UNMARK`. With `limit` 0 only the numbers are wanted.
    """

    clauses: tuple[Clause, ...] = ()
    groups: tuple[Group, ...] = ()
    at_least: int = 1
    full: int = 0
    near: tuple[str, ...] = ()
    near_needed: int = 0
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    facets: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True)
class Hit:
    """`texts`: title, keywords, summary and body in `thai.join`'s form as they were indexed, with the plan's marks."""

    kind: str
    object_id: int
    score: float
    texts: dict[str, str]
    facets: dict[str, list[str]]
    sections: list  # [[anchor, heading, number of its first line in the body], …]

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.object_id}"


@dataclass(frozen=True)
class Hits:
    """`total` documents were found, `full` of them with everything that was asked for.

    `counts`: for each facet the number of results by code, counted as if that facet had no filter of its own.
    `took`: the engine's own time in milliseconds.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    full: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    took: float = 0.0


@dataclass(frozen=True)
class State:
    """What the engine holds: {document key: version}."""

    versions: dict[str, int]


Read = Callable[[list[str]], "list[Document]"]  # the rows that the public index should hold for these keys
Batches = Callable[[], Iterable[list[str]]]  # the keys of all of them, batch by batch


class Engine(Protocol):
    name: str

    def search(self, plan: Plan) -> Hits: ...
    def write(self, keys: Iterable[str], read: Read) -> None: ...
    def rebuild(self, batches: Batches, read: Read, *, report: Callable[[int], None] = ...) -> None: ...
    def describe(self) -> State: ...
    def is_healthy(self) -> bool: ...
    def cutter(self) -> str: ...
    def destroy(self) -> None: ...
