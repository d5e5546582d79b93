"""A question that was pasted whole: its address is long, and a real gunicorn must let it through."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest

from scripts.environment import ROOT, choose_port

APPLICATION = """
from urllib.parse import parse_qs
import django
django.setup()  # our settings of gunicorn warm Django up
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(len(parse_qs(environ["QUERY_STRING"]).get("q", [""])[0])).encode()]
"""


def ask(url: str, timeout: float = 10) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=timeout) as response:
        return response.status, response.read().decode()


@pytest.fixture
def gunicorn(tmp_path):
    """The address of a gunicorn with our settings before an application that tells how long the question was."""
    (tmp_path / "counting.py").write_text(APPLICATION)
    port = choose_port(8700 + os.getpid() % 90)
    command = [sys.executable, "-m", "gunicorn", "-c", ROOT / "config/gunicorn.py", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    process = subprocess.Popen([*command, "--chdir", tmp_path, "counting:application"], env=environment, stdout=subprocess.DEVNULL)
    url, end = f"http://127.0.0.1:{port}", time.monotonic() + 30
    try:
        while True:
            try:
                ask(url)
                break
            except (urllib.error.URLError, ConnectionError):
                assert (process.poll(), time.monotonic() < end) == (None, True)
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.parametrize("length", [200, 460, 10_000])
def test_question_of_any_expected_length_passes_the_web_server(gunicorn, length):
    assert ask(f"{gunicorn}/search/?q={quote('ก' * length)}") == (200, str(length))
