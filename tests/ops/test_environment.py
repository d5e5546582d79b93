"""The pytest plugin itself: a missing service on a laptop and in CI, and the two lanes."""

import os
import re
import subprocess
import sys

import pytest

from scripts.environment import ROOT

TESTS = """\
import os, pytest

@pytest.mark.needs("redis")
def test_that_needs_redis():
    pass

@pytest.mark.only_on("postgresql")
def test_of_the_other_lane():
    raise AssertionError

def test_world():
    from django.conf import settings
    assert str(settings.VAR_DIR) == os.environ["VAR_DIR"] != %r
    assert settings.SITE_URL == "http://testserver"
    assert settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert settings.DEMO is False
"""


def run_pytest(folder, **values: str) -> str:
    (folder / "test_sample.py").write_text(TESTS % str(ROOT / "var"))
    environment = (
        {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        | {"DEMO": "1", "SITE_URL": "https://x"}
        | values
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "pyproject.toml", "--rootdir", str(ROOT), str(folder)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    ("ci", "closing", "loud"),
    [("", "1 passed, 1 skipped, 1 deselected", True), ("true", "1 passed, 1 deselected, 1 error", False)],
)
def test_a_missing_service_skips_aloud_on_a_laptop_and_fails_in_ci(tmp_path, ci, closing, loud):
    output = run_pytest(tmp_path, CI=ci, TEST_REDIS_URL="")
    assert re.search(r"=+ (.*) in [\d.]+s", output.splitlines()[-1])[1] == closing, output
    assert ("1 tests NOT RUN for want of redis" in output) is loud


def test_a_service_that_is_there_is_used(tmp_path):
    output = run_pytest(tmp_path, CI="true", TEST_REDIS_URL="redis://127.0.0.1:1/0")
    assert "2 passed, 1 deselected" in output.splitlines()[-1], output
