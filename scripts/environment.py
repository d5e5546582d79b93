"""What the scripts share: which variables the settings read, what has changed since the last time, free ports."""

import hashlib
import json
import os
import re
import secrets
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("home", "oss", "search", "courses", "kb", "business", "users")
STATIC_SOURCES = ("static", *(f"{room}/static" for room in ROOMS), "requirements.txt")  # Wagtail's own come with its version
_READ = re.compile(r"""\benv(?:\.\w+)?\(\s*["']([A-Z][A-Z0-9_]*)["']""")


def read_setting_names() -> set[str]:
    """Every environment variable that config/settings.py reads."""
    return set(_READ.findall((ROOT / "config" / "settings.py").read_text()))


def var_dir() -> Path:
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()


def make_environment(values: dict[str, str], *, keep: Iterable[str] = ()) -> dict[str, str]:
    """The process's environment with our settings replaced: what a shell has exported for some other
    installation (DATABASE_URL above all) must not reach the demo or the tests unless it is named in `keep`.
    """
    names = read_setting_names() - set(keep)
    return {name: value for name, value in os.environ.items() if name not in names} | values


def keep_secret(path: Path) -> str:
    """The secret in the file, which is made (readable by its owner only) the first time."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        secret = secrets.token_urlsafe(50)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret + "\n")
        return secret


def checksum(*patterns: str, root: Path = ROOT) -> str:
    """Of the names and contents of the files that match; a folder counts with all it holds."""
    digest = hashlib.sha256()
    for path in sorted(set(_files(patterns, root))):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(patterns: Iterable[str], root: Path) -> Iterator[Path]:
    for pattern in patterns:
        for found in root.glob(pattern):
            for path in found.rglob("*") if found.is_dir() else (found,):
                if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".mo":
                    yield path


class Stamps:
    """What was done to which state of the sources, kept in one JSON file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.values: dict[str, str] = json.loads(path.read_text())
        except (OSError, ValueError):
            self.values = {}

    def is_fresh(self, name: str, state: str) -> bool:
        return self.values.get(name) == state

    def set(self, name: str, state: str) -> None:
        self.values[name] = state
        self._write()

    def forget(self, *names: str) -> None:
        for name in names:
            self.values.pop(name, None)
        self._write()

    def _write(self) -> None:
        unfinished = self.path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(self.values, indent=1) + "\n")
        unfinished.replace(self.path)


def is_free(port: int) -> bool:
    """Both ways are asked: macOS lets one bind 127.0.0.1 beside a server on all addresses."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(wanted: int, *, tries: int = 100) -> int:
    """The wanted port, or the next free one above it. Raises OSError when `tries` in a row are taken."""
    for port in range(wanted, min(wanted + tries, 65536)):
        if is_free(port):
            return port
    raise OSError(f"no free port from {wanted} on")
