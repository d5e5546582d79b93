"""What ranking is made of: all the numbers and lists that may be tuned, and nothing else.

They were chosen on the development sets of `shared/data/search-dev` and on the tuning half of our own questions
(`tests/search/questions`); `docs/search.md` has the tables and how to repeat them.
"""

from pathlib import Path

FIELDS = {"title": 0.8, "keywords": 0.7, "summary": 0.6, "body": 0.6}
PART = 0.35  # a part of a compound that was asked for, against the compound itself
PAIR = 0.1  # two words of the question side by side
GRAM = 0.35  # scraps of three characters
COVER = 12.0  # all the words of the question in a document, however often; each counts by its rareness
COMMON = 0.2  # of that for words that every question has: they order, they do not select

SYNONYM = 0.8  # an equivalent, against the word itself
SHORT_FORM = 0.7  # a short form and its long form
MOST_EQUIVALENTS = 4  # of one phrase
OTHER_WORD = 1.0  # the next best words that a corrected one may stand for
BOLD_READING = 0.9  # one that changes good Thai, too
OTHER_READING = 0.35  # every reading but the most probable one

# How many of a question's telling words count as all of them, by their number; beyond, a share.
FULL = {1: 1, 2: 2, 3: 2, 4: 3}
FULL_SHARE = 0.6
AT_LEAST_SHARE = 0.3  # of the telling words a result must have,
AT_LEAST_MOST = 4  # but no more than so many
NEAR_SHARE = 0.5  # of the scraps, when the words are not there

COMMON_WORDS = frozenset(
    line for line in (Path(__file__).parent / "data" / "common.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
)
