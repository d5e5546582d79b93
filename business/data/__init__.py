"""The vocabulary as files, and how a migration loads it."""

import csv
from pathlib import Path

FOLDER = Path(__file__).parent


def read_rows(name: str) -> list[dict[str, str]]:
    with open(FOLDER / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
