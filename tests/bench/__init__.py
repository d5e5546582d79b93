"""Measurements: `make bench` runs every `bench_*` function of every `tests/bench/bench_*.py` and writes var/bench.json.

A bench function takes nothing and yields records made by `record()`. It runs inside Django on a migrated database
that holds the demo content and its index (VAR_DIR is var/bench, kept between runs). What must not be kept, it puts
into a transaction that it rolls back.

A record is `{"name", "value", "unit", "against", "ratio"}`: what was measured, the number, its unit, what it was
measured against in the same run (a name that says what it is), and value ÷ reference. Absolute numbers depend on the
machine; the ratio is what is watched. `against` is "" and `ratio` None only for plain counts, such as SQL queries.
Names start with the goal's number in the reliability record when there is one: "P15 cold start to first page".
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

Record = dict[str, Any]


def record(name: str, value: float, unit: str, *, against: str = "", reference: float | None = None) -> Record:
    """`reference` is the other side's number in the same unit."""
    ratio = round(value / reference, 3) if reference else None
    return {"name": name, "value": round(value, 4), "unit": unit, "against": against, "ratio": ratio}


def time_of(action: Callable[[], object], *, times: int = 20, warm: int = 2) -> float:
    """Median seconds of one call, after a few that do not count."""
    for _ in range(warm):
        action()
    measured = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        measured.append(time.perf_counter() - started)
    return median(measured)
