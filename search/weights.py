"""What ranking is made of: all the numbers and lists that may be tuned, and nothing else.

They were set lightly on questions over the demo guides (`docs/search.md`); the next round tunes them on the
development sets of `shared/data/search-dev`.
"""

from pathlib import Path

FIELDS = {"title": 3.0, "keywords": 2.5, "summary": 1.5, "body": 1.0}
PART = 0.6  # a part of a compound that was asked for, against the compound itself
PAIR = 0.8  # two words of the question side by side
COMMON = 0.1  # words that every question has: they order, they do not select
GRAMS = 0.12  # scraps of three characters: they order, and select only when no word does

# How many of a question's telling words a result must have, by their number; the last one is a share.
NEEDED = {1: 1, 2: 2, 3: 2, 4: 3}
NEEDED_SHARE = 0.6
FEW = 3  # with fewer results than this, pages that have only some of the words follow
NEAR_SHARE = 0.6  # of the scraps, when no word is found

COMMON_WORDS = frozenset(
    line for line in (Path(__file__).parent / "data" / "common.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
)
