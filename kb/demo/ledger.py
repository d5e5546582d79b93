"""What the demonstration has put into this database: {key: checksum of its source}. Kept in `home.DemoMark`.

The ledger is why a second run leaves people's work alone. A key that stands there is never made again, so what a
person deleted stays deleted; and when its source has changed, the loader writes it anew only if no person has
touched the object since.
"""

import hashlib
import json
from collections.abc import MutableMapping
from enum import Enum

Ledger = MutableMapping[str, str]


class State(Enum):
    NEW = "new"
    SAME = "same"
    CHANGED = "changed"


def checksum(source) -> str:
    """Of a text, of bytes, or of anything that JSON can write."""
    if not isinstance(source, str | bytes):
        source = json.dumps(source, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(source.encode() if isinstance(source, str) else source).hexdigest()[:16]


def compare(ledger: Ledger, key: str, source) -> State:
    known = ledger.get(key)
    if known is None:
        return State.NEW
    return State.SAME if known == checksum(source) else State.CHANGED
