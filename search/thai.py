"""Thai words, cut one way for the index and for the question. Pure: no Django, no engine.

Cutting is PyThaiNLP's newmm over its word list and our own words (`search/data/words.txt`). The cutter, its
version and the word list's checksum together are `VERSION`, which the index records.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

WORDS_FILE = Path(__file__).parent / "data" / "words.txt"


def normalise(text: str) -> str:
    """One spelling for what looks the same. NFC, never NFKC, which would take ำ apart."""
    from pythainlp.util import normalize

    text = unicodedata.normalize("NFC", text)
    return normalize(text).lower()


@lru_cache(maxsize=1)
def _dictionary():
    from pythainlp.corpus.common import thai_words
    from pythainlp.util import Trie

    own = WORDS_FILE.read_text(encoding="utf-8").split() if WORDS_FILE.exists() else []
    return Trie(set(thai_words()) | set(own))


def cut(text: str) -> list[str]:
    """The text in pieces, spaces and punctuation included; joining them gives `text` back."""
    from pythainlp.tokenize import word_tokenize

    return word_tokenize(text, engine="newmm", custom_dict=_dictionary(), keep_whitespace=True, join_broken_num=False) if text else []
