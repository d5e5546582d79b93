"""`make check`: everything that can be judged without running a page. All steps run; each failure is named at the end."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.environment import ROOT, make_environment

PYTHON = sys.executable
STEPS: dict[str, list[str]] = {
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "templates": ["djlint", "--lint", "--quiet", "templates"],
    "layers": ["lint-imports", "--no-cache"],
    "deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "messages": [PYTHON, "-m", "scripts.check_messages"],
    "addresses": [PYTHON, "-m", "scripts.check_addresses"],
}


def production_environment(var: str) -> dict[str, str]:
    """As a careful operator would set it; the deployment check then has nothing to say."""
    return make_environment(
        {
            "SECRET_KEY": "check-" + "0123456789abcdefghij" * 4,
            "SITE_URL": "https://example.go.th",
            "BADGE_KEY": "Y2hlY2stb25seS1jaGVjay1vbmx5LWNoZWNrLW9ubHk=",
            "VAR_DIR": var,
            "LOG_LEVEL": "ERROR",
            "PATH": f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}",
        }
    )


def main(names: list[str]) -> int:
    failed = []
    with tempfile.TemporaryDirectory(prefix="msme-check-") as var:
        environment = production_environment(var)
        for name, command in STEPS.items():
            if names and name not in names:
                continue
            started = time.monotonic()
            result = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            print(f"{'✗' if result.returncode else '✓'} {name} ({time.monotonic() - started:.1f} s)", flush=True)
            if result.returncode:
                failed.append(name)
                print("\n".join(f"    {line}" for line in result.stdout.rstrip().splitlines()), flush=True)
    if failed:
        print(f"\n✗ {', '.join(failed)}", flush=True)
        if os.environ.get("CI") != "true":
            print("  จัดรูปแบบ / format: make fmt    คำแปล / messages: .venv/bin/python -m scripts.check_messages --update", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
