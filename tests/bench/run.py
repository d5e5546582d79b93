"""`make bench`: python -m tests.bench.run [part of a name …]"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.environment import ROOT
from scripts.run import Failed, demo_environment, prepare
from tests.bench import Record

VAR = ROOT / "var" / "bench"


def enter_site() -> None:
    """A demo site of its own, so that measuring never touches what somebody is trying out."""
    VAR.mkdir(parents=True, exist_ok=True)
    environment = demo_environment(VAR, 8000) | {"LOG_LEVEL": "ERROR", "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost"}
    prepare(VAR, environment)
    os.environ.clear()
    os.environ.update(environment)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def find_benches(wanted: list[str]) -> Iterator[Callable[[], Iterator[Record]]]:
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        module = importlib.import_module(f"tests.bench.{path.stem}")
        for name, function in vars(module).items():
            is_bench = name.startswith("bench_") and function.__module__ == module.__name__
            if is_bench and (not wanted or any(part in f"{path.stem}.{name}" for part in wanted)):
                yield function


def print_table(records: list[Record]) -> None:
    rows = [("name", "value", "unit", "ratio", "against")]
    rows += [(r["name"], f"{r['value']:g}", r["unit"], f"{r['ratio']:g}" if r["ratio"] is not None else "", r["against"]) for r in records]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        print(
            "  ".join(cell.rjust(w) if i in (1, 3) else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))).rstrip()
        )


def main(wanted: list[str]) -> int:
    try:
        enter_site()
    except Failed as failure:
        print(f"✗ {failure}", file=sys.stderr)
        return 1
    records: list[Record] = []
    for bench in find_benches(wanted):
        print(f"• {bench.__module__.rpartition('.')[2]}.{bench.__name__} …", file=sys.stderr, flush=True)
        records += bench()
    if not records:
        print("✗ nothing was measured", file=sys.stderr)
        return 1
    (ROOT / "var" / "bench.json").write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")
    print_table(records)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
