"""A whole site in processes of its own, as `make run` starts it: web server, worker, demonstration content, index.

The content is made once for a state of the sources (var/tests/site) and copied for each pytest worker, so that a
test may write what it likes. Nothing is mocked: what is published goes through the worker into the index.
"""

import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

from scripts.environment import ROOMS, ROOT, Stamps, checksum, choose_port, make_environment
from tests.environment import SHARED

TEMPLATE = SHARED / "site"
SECONDS_TO_START = 60


def make_template() -> Path:
    """The folder with a migrated database, the demonstration and its index. A minute when something has changed."""
    TEMPLATE.mkdir(parents=True, exist_ok=True)
    with open(SHARED / "site.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state, stamps = checksum(*ROOMS, "config/settings.py", "requirements.txt"), Stamps(SHARED / "site.json")
        if not stamps.is_fresh("site", state):
            stamps.forget("site")
            shutil.rmtree(TEMPLATE)
            TEMPLATE.mkdir()
            for command in (["migrate"], ["load_demo"], ["rebuild_index"]):
                run_command(command, environment_of(TEMPLATE, "http://127.0.0.1"))
            shutil.rmtree(TEMPLATE / "broker", ignore_errors=True)  # what loading asked of a worker that was not there
            stamps.set("site", state)
    return TEMPLATE


def environment_of(var: Path, url: str) -> dict[str, str]:
    return make_environment(
        {
            "SECRET_KEY": "browser-tests-only-" + "k" * 50,
            "DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SITE_URL": url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "VAR_DIR": str(var),
            "LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
        }
    )


def run_command(arguments: list[str], environment: dict[str, str]) -> None:
    """Raises RuntimeError with the command's own words when it fails."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{result.stdout[-2000:]}{result.stderr[-4000:]}")


class RunningSite:
    """`url` answers until `stop()`."""

    def __init__(self, var: Path) -> None:
        self.var = var
        shutil.copytree(make_template(), var, dirs_exist_ok=True)
        (var / "static").symlink_to(SHARED / "static")
        port = choose_port(8900 + os.getpid() % 90)
        self.url = f"http://127.0.0.1:{port}"
        environment = environment_of(var, self.url)
        self.log = open(var / "log.txt", "w")  # noqa: SIM115 - the processes write to it until stop()
        web = ["gunicorn", "-c", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}", "--workers", "1", "config.wsgi"]
        worker = [
            "celery",
            "-A",
            "config",
            "-q",
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            "1",
            "--without-gossip",
            "--without-mingle",
        ]
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=self.log, stderr=self.log, start_new_session=True
            )
            for command in (web, worker)
        ]
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as response:
                    if response.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"the site did not start:\n{(self.var / 'log.txt').read_text()[-4000:]}")

    def page_number(self, code: str) -> int:
        """The number in the admin of the guide with this code."""
        return self.query("SELECT page_ptr_id FROM kb_guidepage WHERE code = ?", code)[0][0]

    def query(self, sql: str, *values) -> list[tuple]:
        """Asks the site's database, or writes to it."""
        with closing(sqlite3.connect(self.var / "db.sqlite3", timeout=20)) as database, database:
            return database.execute(sql, values).fetchall()

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        self.log.close()
