"""Container health: `python -m scripts.health web | worker | clock`; exit status 0 when well."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

CLOCK_FOLDER = Path("/var/hub/clock")
CLOCK_SECONDS = 600  # beat writes its schedule every three minutes


def check_web() -> bool:
    """Under the public name, because the server refuses every other one."""
    host = urlsplit(os.environ.get("SITE_URL", "")).netloc or "localhost"
    request = urllib.request.Request("http://127.0.0.1:8000/readyz", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=8) as response:
        return response.status == 200


def check_worker() -> bool:
    command = ["celery", "-A", "config", "inspect", "ping", "--timeout", "10", "--destination", f"celery@{socket.gethostname()}"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def check_clock() -> bool:
    return any(time.time() - path.stat().st_mtime < CLOCK_SECONDS for path in CLOCK_FOLDER.glob("schedule*"))


if __name__ == "__main__":
    sys.exit(0 if {"web": check_web, "worker": check_worker, "clock": check_clock}[sys.argv[1]]() else 1)
