"""Small files beside the index that the clock writes, and that every process reads again when they have changed."""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.conf import settings

log = logging.getLogger(__name__)
MOST_KEPT = 12  # of what was read: tests and benchmarks use many folders
T = TypeVar("T")

_read: dict[tuple[str, str], tuple[tuple, object]] = {}  # {(file, purpose): (what the file was, what was made of it)}


def write_beside(name: str, content: object) -> None:
    """Replaces the file whole: whoever reads meanwhile has the old one."""
    path = Path(settings.SEARCH_INDEX_DIR) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    os.replace(temporary, path)


def read_beside(name: str, make: Callable[[object], T], nothing: T, *, purpose: str = "") -> T:
    """What `make` makes of the file's content, remembered until the file changes; `nothing` when it is missing or no good."""
    path = Path(settings.SEARCH_INDEX_DIR) / name
    try:
        state = path.stat()
    except OSError:
        return nothing
    mark = (state.st_ino, state.st_mtime_ns, state.st_size)
    known = _read.get((str(path), purpose))
    if known is None or known[0] != mark:
        known = (mark, _make(path, make, nothing))
        if len(_read) >= MOST_KEPT:
            _read.clear()
        _read[str(path), purpose] = known
    return known[1]


def _make(path: Path, make: Callable[[object], T], nothing: T) -> T:
    try:
        return make(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("%s cannot be read (%s)", path.name, type(error).__name__)
        return nothing
