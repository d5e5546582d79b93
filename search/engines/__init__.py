"""What an engine is asked and what it answers. The plan is built above (`search/query.py`), the engine only runs it.

An engine is filled from `Document` rows and knows nothing else. It has four functions:

    search(plan) -> Hits
    write(keys, read)          brings the documents of `keys` to the state that `read(keys)` gives
    rebuild(batches, read_all) fills a new generation and switches to it
    describe() -> State        what it holds, for the comparison with the database

All raise `EngineAway` when they cannot do their work now.
"""

from dataclasses import dataclass, field


class EngineAway(Exception):
    """The engine cannot answer now: missing, damaged, locked, not reachable."""


@dataclass(frozen=True)
class Wanted:
    """One word of the question: found as it is, or by the smallest parts of a compound together.

    `parts` are those of every size; each of them adds to the score.
    """

    term: str
    parts: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    is_common: bool = False  # orders the results, does not select them


@dataclass(frozen=True)
class Plan:
    """A question as data.

    `needed`: how many of the words that are not common a document must have; 0 selects by `grams` instead
    (`near_needed` of them), and an empty plan finds everything. `filters` gives for a facet the codes of which one
    must hold. `fields` are the weights of the fields, the other numbers those of `search/weights.py`.
    """

    words: tuple[Wanted, ...] = ()
    needed: int = 1
    grams: tuple[str, ...] = ()
    near_needed: int = 0
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    facets: tuple[str, ...] = ()
    fields: dict[str, float] = field(default_factory=dict)
    part: float = 0.0
    pair: float = 0.0
    common: float = 0.0
    gram: float = 0.0
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True)
class Hit:
    kind: str
    object_id: int
    score: float
    words: dict[str, str]  # the joined texts (`thai.join`) as they were indexed
    facets: dict[str, list[str]]


@dataclass(frozen=True)
class Hits:
    """`counts`: for each facet the number of results by code, counted as if that facet had no filter of its own."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """What the engine holds: {document key: version}."""

    versions: dict[str, int]
