"""How long a Thai text takes to read, and whether it is still the text that was read."""

import hashlib
import math
import re
from collections.abc import Iterable

from search.thai import cut

WORDS_PER_MINUTE = 200  # ○ an assumption for plain Thai prose on a phone; no Thai norm was found
_WORD = re.compile(r"[ก-๛A-Za-z0-9]")


def count_words(text: str) -> int:
    return sum(bool(_WORD.search(word)) for word in cut(text))


def reading_minutes(words: int) -> int:
    """Whole minutes, never less than one."""
    return max(1, math.ceil(words / WORDS_PER_MINUTE))


def hash_texts(texts: Iterable[str]) -> str:
    """16 hexadecimal digits that change when a word of the texts does; white space does not count."""
    return hashlib.sha256("\0".join(" ".join(text.split()) for text in texts).encode("utf-8", "replace")).hexdigest()[:16]
