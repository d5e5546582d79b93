"""config/settings.py read afresh in a process of its own, as each installation reads it."""

import json
import subprocess
import sys

from scripts.check_addresses import find_addresses
from scripts.environment import ROOT, make_environment

_SHOW = "import json; from config import settings as s; print(json.dumps({n: getattr(s, n) for n in %r}))"


def read_settings(tmp_path, *names: str, **values: str) -> subprocess.CompletedProcess:
    environment = make_environment({"VAR_DIR": str(tmp_path)} | values)
    return subprocess.run([sys.executable, "-c", _SHOW % (names,)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


SECURE = (
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "LANGUAGE_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
)


def test_settings_refuse_to_start_without_secret_key(tmp_path):
    result = read_settings(tmp_path, "DEBUG")
    assert result.returncode == 1
    assert "ImproperlyConfigured: SECRET_KEY is missing" in result.stderr


def test_an_empty_environment_is_safe(tmp_path):
    result = read_settings(tmp_path, "DEBUG", "DEMO", "STAFF_MFA_REQUIRED", "SERVE_MEDIA", *SECURE, SECRET_KEY="k")
    assert json.loads(result.stdout) == {"DEBUG": False, "DEMO": False, "STAFF_MFA_REQUIRED": True, "SERVE_MEDIA": False} | dict.fromkeys(
        SECURE, True
    )


def test_https_address_makes_cookies_secure(tmp_path):
    names = (*SECURE, "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SECURE_HSTS_SECONDS")
    result = read_settings(tmp_path, *names, SECRET_KEY="k", SITE_URL="https://example.go.th/")
    assert json.loads(result.stdout) == dict.fromkeys(SECURE, True) | {
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SECURE_HSTS_SECONDS": 31536000,
    }


def test_plain_http_address_keeps_sign_in_possible(tmp_path):
    result = read_settings(tmp_path, *SECURE, "ALLOWED_HOSTS", SECRET_KEY="k", SITE_URL="http://127.0.0.1:8000")
    assert json.loads(result.stdout) == dict.fromkeys(SECURE, False) | {"ALLOWED_HOSTS": ["127.0.0.1"]}


def test_no_registry_address_in_what_is_installed_or_built():
    assert find_addresses() == []


def test_addresses_are_found_when_there_are_some(tmp_path):
    (tmp_path / "requirements.txt").write_text(
        "--index-url https://pypi.example.org/simple\ndjango==5.2\nfoo @ git+https://x.example/foo\n"
    )
    (tmp_path / "Dockerfile").write_text("FROM registry.example.org/python:3.11\n")
    assert find_addresses(tmp_path) == [
        "requirements.txt: pypi.example.org",
        "requirements.txt: x.example",
        "requirements.txt: --index-url",
        "requirements.txt: foo @ git+https://x.example/foo",
        "Dockerfile: registry.example.org/python:3.11",
    ]


def test_every_requirement_is_pinned_and_hashed():
    for name in ("requirements.txt", "requirements-dev.txt"):
        entries = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
        packages = [line for line in entries if line and not line.lstrip().startswith("#")]
        assert [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == []


def test_development_requirements_hold_the_runtime_ones():
    def pins(name: str) -> set[str]:
        return {line.split(" ")[0] for line in (ROOT / name).read_text().splitlines() if "==" in line and line[0].isalnum()}

    assert pins("requirements.txt") - pins("requirements-dev.txt") == set()
