"""No registry's address in what is installed or built: it would bind a stranger to our network, or to one vendor."""

import re
import sys
from pathlib import Path

from scripts.environment import ROOT

CHECKED = ("requirements*.txt", "pyproject.toml", "Dockerfile", "docker-compose.yml", "Makefile", "Procfile", "scripts/*", ".ci/run")
_OPTIONS = re.compile(r"^\s*(-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host)\b", re.MULTILINE)
_ADDRESS = re.compile(r"\b(?:https?|git\+\w+|ftp)://([^\s/\"'`{}:]+)")
_IMAGE = re.compile(r"(?:image:|FROM)\s+([\w-]+\.[\w.-]+/\S+)")
_OURS = ("127.0.0.1", "localhost", "testserver", "elasticsearch", "web", "example.go.th")


def find_addresses(root: Path = ROOT) -> list[str]:
    """`file: address` for each that is not this machine or a service of the compose file."""
    found = []
    for pattern in CHECKED:
        for path in sorted(root.glob(pattern)):
            if not path.is_file() or path.suffix == ".pyc":
                continue
            text = path.read_text()
            strange = [host for host in _ADDRESS.findall(text) if host not in _OURS] + _IMAGE.findall(text)
            if path.name.startswith("requirements"):
                strange += [match.group().strip() for match in _OPTIONS.finditer(text)] + re.findall(r"^\S+ @ \S+", text, re.MULTILINE)
            found += [f"{path.relative_to(root)}: {item}" for item in strange]
    return found


if __name__ == "__main__":
    addresses = find_addresses()
    print("\n".join(addresses) or "no addresses")
    sys.exit(1 if addresses else 0)
