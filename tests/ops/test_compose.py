"""docker-compose.yml and Dockerfile, without an engine: the published schema, and agreement with the settings."""

import re
import subprocess
import sys

import pytest
import yaml

from scripts.environment import ROOT, make_environment, read_setting_names

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {"init", "web", "worker", "clock"}
_VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")


def fill(text: str, **values: str) -> str:
    """As compose interpolates: the value, else what follows `:-`."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[2] or ""), text)


def test_compose_follows_published_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_compose_has_every_part():
    assert set(SERVICES) == OURS | {"postgres", "redis", "elasticsearch"}


def test_every_service_but_the_one_shot_has_a_health_check():
    assert {name for name, service in SERVICES.items() if "test" not in service.get("healthcheck", {})} == {"init"}


def test_servers_are_waited_for_and_not_slept_for():
    assert {name: wait["condition"] for name, wait in SERVICES["init"]["depends_on"].items()} == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        "elasticsearch": "service_healthy",
    }
    for name in OURS - {"init"}:
        assert SERVICES[name]["depends_on"] == {"init": {"condition": "service_completed_successfully"}}


def test_only_the_web_server_is_reached_from_outside():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_passed_is_read_in_settings(name):
    assert set(SERVICES[name]["environment"]) <= read_setting_names()


def test_settings_accept_what_compose_passes(tmp_path):
    passed = {name: fill(value, SECRET_KEY="k" * 60, POSTGRES_PASSWORD="secret") for name, value in SERVICES["web"]["environment"].items()}
    show = (
        "from config import settings as s;"
        "print(s.DATABASES['default']['ENGINE'], s.DATABASES['default']['HOST'], s.CACHES['default']['BACKEND'], s.CELERY_BROKER_URL)"
    )
    environment = make_environment(passed | {"VAR_DIR": str(tmp_path)})
    result = subprocess.run([sys.executable, "-c", show], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.split() == [
        "django.db.backends.postgresql",
        "postgres",
        "django.core.cache.backends.redis.RedisCache",
        "redis://redis:6379/0",
    ]


def test_variables_of_the_env_file_are_those_that_compose_reads():
    example = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example == {match[0] for match in _VARIABLE.findall((ROOT / "docker-compose.yml").read_text())}


def test_every_volume_is_declared():
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_image_does_not_run_as_root_and_checks_hashes():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER hub"]
    assert any("--require-hashes -r /requirements.txt" in line for line in lines)
    assert sum(line.startswith("FROM python:3.11-slim") for line in lines) == 2


def test_image_makes_the_folders_that_volumes_cover():
    made = next(line for line in (ROOT / "Dockerfile").read_text().splitlines() if "mkdir" in line)
    covered = {mount.split(":")[1] for name in OURS for mount in SERVICES[name]["volumes"]}
    assert covered <= set(made.split())


def test_readme_lists_exactly_the_variables_of_the_settings():
    listed = set(re.findall(r"^\|\s*`([A-Z][A-Z0-9_]+)`", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert listed == read_setting_names()
