"""The world that tests run in: a pytest plugin, loaded by `-p tests.environment` before the settings are read.

Each xdist worker has a VAR_DIR of its own (database, index, broker, media); style sheets are collected once, as in
production, and shared. Marks:

    needs("postgresql" | "redis" | "elasticsearch" | "chromium", …)   skipped without it; with CI=true it fails
    only_on("sqlite" | "postgresql")     not run in the other lane
    browser                              set by itself on what needs Chromium; the PostgreSQL lane leaves these out
    slow                                 takes more than ten seconds

Addresses come from `eval "$(scripts/services start)"` or from the environment: TEST_POSTGRES_URL, TEST_REDIS_URL,
TEST_ELASTICSEARCH_URL, CHROMIUM. The fixtures postgres_url, redis_url, elasticsearch_url and chromium_path give them.
"""

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from scripts.environment import ROOT, STATIC_SOURCES, Stamps, checksum, make_environment
from scripts.messages import compile_messages
from scripts.services import VARIABLES, read_addresses

IN_CI = os.environ.get("CI") == "true"
IS_XDIST_WORKER = "PYTEST_XDIST_WORKER" in os.environ
SHARED = ROOT / "var" / "tests"
_MISSING = "missing service: "

_var = Path(tempfile.mkdtemp(prefix="msme-tests-"))
atexit.register(shutil.rmtree, _var, ignore_errors=True)
(_var / "static").symlink_to(SHARED / "static")

_VALUES = {
    "SECRET_KEY": "tests-only-" + "k" * 50,
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "VAR_DIR": str(_var),
    "SERVE_MEDIA": "1",
    "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
}
# What scripts/test.py or a person sets on purpose for a lane; anything else that a shell has exported stays out.
_environment = make_environment(_VALUES, keep=("DATABASE_URL", "CACHE_URL", "CELERY_BROKER_URL", "ELASTICSEARCH_URL"))
os.environ.clear()
os.environ.update(_environment)
for _name, _value in read_addresses().items():
    os.environ.setdefault(_name, _value)

LANE = "sqlite" if os.environ.get("DATABASE_URL", "sqlite:").startswith("sqlite") else "postgresql"


def pytest_configure(config: pytest.Config) -> None:
    for line in (
        "needs(*services): PostgreSQL, Redis, Elasticsearch or Chromium; skipped without it, with CI=true it fails",
        "only_on(database): runs in this lane only, sqlite or postgresql",
        "browser: needs Chromium (set by itself)",
        "slow: takes more than ten seconds",
    ):
        config.addinivalue_line("markers", line)
    if not IS_XDIST_WORKER:
        compile_messages()
        collect_static()


def collect_static() -> None:
    """As production collects: names with hashes, compressed. Only when something has changed."""
    SHARED.mkdir(parents=True, exist_ok=True)
    with open(SHARED / "static.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state, stamps = checksum(*STATIC_SOURCES), Stamps(SHARED / "static.json")
        if stamps.is_fresh("static", state) and (SHARED / "static" / "staticfiles.json").exists():
            return
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        result = subprocess.run(command, cwd=ROOT, env=os.environ | {"VAR_DIR": str(SHARED)}, capture_output=True, text=True, check=False)
        if result.returncode == 0:
            stamps.set("static", state)
        elif IN_CI:
            raise pytest.UsageError(f"collectstatic failed:\n{result.stdout}{result.stderr}")
        else:  # tests of what has no page still run
            sys.stderr.write(
                f"\n!!! collectstatic failed, pages will lack their style sheets:\n{(result.stdout + result.stderr)[-600:]}\n\n"
            )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere = []
    for item in items:
        if "chromium" in needed_by(item):
            item.add_marker("browser")
        commits = any(mark.kwargs.get("transaction") for mark in item.iter_markers("django_db"))
        if commits or {"transactional_db", "live_server"} & set(item.fixturenames):
            # Such a test ends by emptying every table. What migrations wrote (provinces, roles, the site tree) is put
            # back for the next one; all of them must do so, or content types return under other numbers.
            item.fixturenames.append("django_db_serialized_rollback")
        lanes = [lane for mark in item.iter_markers("only_on") for lane in mark.args]
        if lanes and LANE not in lanes:
            elsewhere.append(item)
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


def needed_by(item: pytest.Item) -> list[str]:
    names = [name for mark in item.iter_markers("needs") for name in mark.args]
    unknown = set(names) - set(VARIABLES)
    if unknown:
        raise pytest.UsageError(f"{item.nodeid} needs {unknown}; known are {sorted(VARIABLES)}")
    return names


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name in needed_by(item):
        address_of(name)


def address_of(service: str) -> str:
    """The address, or the end of the test: skipped, or failed with CI=true."""
    value = os.environ.get(VARIABLES[service], "")
    if not value:
        reason = f"{_MISSING}{service} ({VARIABLES[service]} is not set)"
        if IN_CI:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return value


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    lacking = [name for name in VARIABLES if any(_MISSING + name in reason for reason in reasons)]
    if lacking:
        count = sum(_MISSING in reason for reason in reasons)
        terminalreporter.write_sep("!", f"{count} tests NOT RUN for want of {', '.join(lacking)}", red=True, bold=True)
        terminalreporter.write_line('    eval "$(scripts/services start)" && make test      (make doctor บอกวิธีแก้)', red=True)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    return address_of("postgresql")


@pytest.fixture(scope="session")
def redis_url() -> str:
    return address_of("redis")


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    return address_of("elasticsearch")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return address_of("chromium")
