"""Message catalogues: .po to .mo, without GNU gettext.

polib is a runtime dependency for this: Django's own `compilemessages` calls msgfmt, which neither a stranger's
laptop nor the slim image has, and .mo files are not kept in git.
"""

import os
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent


def compile_messages(root: Path = ROOT) -> int:
    """Compiles the catalogues that are newer than their compiled form; returns how many. Fuzzy entries are left out."""
    count = 0
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        unfinished = target.with_suffix(f".{os.getpid()}.tmp")  # a running server never sees half a file
        polib.pofile(str(source)).save_as_mofile(str(unfinished))
        unfinished.replace(target)
        count += 1
    return count


if __name__ == "__main__":
    print(f"{compile_messages()} catalogue(s) compiled", file=sys.stderr)
