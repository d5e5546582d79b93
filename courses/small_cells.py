"""Tables of people by group in which no small number stands, and none can be computed from what stands there. Pure.

Groups of fewer than `FEWEST` are shown together, at least two of them, without their names. Where fewer than `FEWEST` of a
group have finished, or have not, both numbers are hidden; and as the total is known, so many more are hidden that for each
hidden number at least two values remain possible.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

FEWEST = 5
_LEAST_USEFUL = 2 * FEWEST + 1  # a hidden row of fewer could be told from the fact that it is no small one


@dataclass(frozen=True)
class Row:
    """`key` None: the small groups together. `finished` None: hidden; `few` says why: "finished", "unfinished", or "other"."""

    key: str | None
    begun: int
    finished: int | None
    few: str = ""

    @property
    def percent(self) -> int | None:
        return None if self.finished is None else 100 * self.finished // self.begun

    @property
    def bounds(self) -> tuple[int, int]:
        """What a reader knows of the number that finished, from this row alone."""
        if self.finished is not None:
            return self.finished, self.finished
        if self.few == "finished":
            return 0, min(FEWEST - 1, self.begun)
        if self.few == "unfinished":
            return max(0, self.begun - FEWEST + 1), self.begun
        return FEWEST, self.begun - FEWEST


def hide_small(counts: dict[str, tuple[int, int]]) -> list[Row]:
    """counts: {group: (begun, finished of them)}. The rows that may be shown, in the order given; [] when there is no safe table."""
    rows = _join_small({key: pair for key, pair in counts.items() if pair[0]})
    if len(rows) < 2 or any(row.begun < FEWEST for row in rows):
        return []
    finished = sum(row.finished for row in rows)
    shown = [replace(row, finished=None, few=_why(row)) if _why(row) else row for row in rows]
    while _is_told(shown, finished):
        spare = [row for row in shown if row.finished is not None and row.begun >= _LEAST_USEFUL]
        if not spare:
            return []
        least = min(spare, key=lambda row: row.begun)
        shown[shown.index(least)] = replace(least, finished=None, few="other")
    return shown


def _join_small(counts: dict[str, tuple[int, int]]) -> list[Row]:
    """The small groups as one row at the end; when it would be small itself or of one group, the next smallest join it."""
    joined = [key for key, (begun, _finished) in counts.items() if begun < FEWEST]
    others = sorted((key for key in counts if key not in joined), key=lambda key: counts[key][0])
    while joined and others and (len(joined) < 2 or sum(counts[key][0] for key in joined) < FEWEST):
        joined.append(others.pop(0))
    rows = [Row(key, *pair) for key, pair in counts.items() if key not in joined]
    if joined:
        rows.append(Row(None, *(sum(counts[key][place] for key in joined) for place in (0, 1))))
    return rows


def _why(row: Row) -> str:
    return "finished" if row.finished < FEWEST else "unfinished" if row.begun - row.finished < FEWEST else ""


def _is_told(rows: Iterable[Row], finished: int) -> bool:
    """Whether the total leaves only one value for a hidden number."""
    hidden = [row.bounds for row in rows if row.finished is None]
    left = finished - sum(row.finished for row in rows if row.finished is not None)
    least, most = sum(low for low, _high in hidden), sum(high for _low, high in hidden)
    return any(max(low, left - (most - high)) == min(high, left - (least - low)) for low, high in hidden)
