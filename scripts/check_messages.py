"""The message catalogues: everything the sources say in Thai has its English, and nothing is left over half done.

    python -m scripts.check_messages [--update]

Thai is the source (msgid), English stands in locale/en. The sources are read by `manage.py makemessages` in a copy,
which needs GNU gettext. `--update` writes what is new into the catalogue, to be translated, and drops what is gone.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

from scripts.environment import ROOMS, ROOT, make_environment

LANGUAGE = "en"
CATALOGUE = ROOT / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
_COPIED = (*ROOMS, "config", "templates", "manage.py")
# %(name)s, %s and {name}; %% is a sign and no place
_PLACES = re.compile(r"%\([^)]+\)[sdfr]|%[sdfr]|\{[a-z_][a-z0-9_.]*\}")

Key = tuple[str, str, str]


def key_of(entry: polib.POEntry) -> Key:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def read_sources() -> dict[Key, polib.POEntry]:
    """What makemessages finds in the sources. Raises RuntimeError when it fails."""
    with tempfile.TemporaryDirectory(prefix="msme-messages-") as folder:
        copy = Path(folder)
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "demo", "locale", "*.mo"))
            elif source.exists():
                shutil.copy(source, copy / name)
        (copy / "locale").mkdir()
        (copy / "static").mkdir()
        values = {
            "SECRET_KEY": "messages",
            "SITE_URL": "http://localhost",
            "VAR_DIR": str(copy / "var"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        command = [sys.executable, "manage.py", "makemessages", "--locale", LANGUAGE, "--no-location", "--verbosity", "0"]
        result = subprocess.run(command, cwd=copy, env=make_environment(values), capture_output=True, text=True, check=False)
        if result.returncode:
            raise RuntimeError(result.stdout + result.stderr)
        found = copy / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
        return {key_of(entry): entry for entry in polib.pofile(str(found))} if found.exists() else {}


# xgettext knows these names only: what is called by another is never found, and stays Thai on an English page.
_ALIAS = re.compile(r"from django\.utils\.translation import .*gettext(?:_lazy)? as (?!_\b)(\w+)")


def find_aliases() -> Iterator[str]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for match in _ALIAS.finditer(path.read_text(encoding="utf-8")):
                yield f"gettext under a name that makemessages does not know: {match[1]} in {path.relative_to(ROOT)}"


def find_problems(sources: dict[Key, polib.POEntry], catalogue: polib.POFile) -> Iterator[str]:
    known = {key_of(entry): entry for entry in catalogue if not entry.obsolete}
    for key in sources:
        if key not in known:
            yield f"missing: {key[1]!r}"
    for key, entry in known.items():
        if key not in sources:
            yield f"no longer in the sources: {key[1]!r}"
        elif entry.fuzzy:
            yield f"fuzzy: {key[1]!r}"
        elif not entry.translated():
            yield f"not translated: {key[1]!r}"
        else:
            yield from find_place_problems(entry)


def find_place_problems(entry: polib.POEntry) -> Iterator[str]:
    """A translation must name the same places as its source; an English plural may leave out a count of one."""
    wanted = sorted(set(_PLACES.findall(entry.msgid.replace("%%", "")) + _PLACES.findall((entry.msgid_plural or "").replace("%%", ""))))
    translations = entry.msgstr_plural or {None: entry.msgstr}
    for index, text in translations.items():
        found = sorted(set(_PLACES.findall(text.replace("%%", ""))))
        if found != wanted and not (index == 0 and set(found) < set(wanted)):
            yield f"places differ: {entry.msgid!r} has {wanted}, {text!r} has {found}"


def update(sources: dict[Key, polib.POEntry], catalogue: polib.POFile) -> None:
    for entry in list(catalogue):
        if key_of(entry) not in sources:
            catalogue.remove(entry)
    known = {key_of(entry) for entry in catalogue}
    for key, entry in sources.items():
        if key not in known:
            catalogue.append(entry)
    catalogue.sort(key=key_of)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))


def read_catalogue() -> polib.POFile:
    if CATALOGUE.exists():
        return polib.pofile(str(CATALOGUE), wrapwidth=110)
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.metadata = {
        "Language": LANGUAGE,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    return catalogue


def main(arguments: list[str]) -> int:
    if not shutil.which("xgettext"):
        print("✗ GNU gettext is needed: apt-get install gettext", file=sys.stderr)
        return 0 if os.environ.get("CI") != "true" else 1
    try:
        sources = read_sources()
    except RuntimeError as error:
        print(f"✗ makemessages failed\n{error}", file=sys.stderr)
        return 1
    catalogue = read_catalogue()
    if "--update" in arguments:
        update(sources, catalogue)
    problems = [*find_aliases(), *find_problems(sources, catalogue)]
    for problem in problems[:50]:
        print(problem)
    print(f"{len(sources)} messages, {len(problems)} problems" + (f" ({len(problems) - 50} more not shown)" if len(problems) > 50 else ""))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
