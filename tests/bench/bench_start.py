"""P15: how long from nothing to the first page, against a plain Wagtail project started in the same way.

The Thai dictionary costs a second, so the server reads it before it answers; no reader may wait for it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from scripts.environment import ROOT, make_environment
from tests.bench import Record, record

TIMES = 5
FIRST_PAGE = """
import time
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
{warm_up}
from django.test import Client
client = Client()
started = time.perf_counter()
response = client.get("/", SERVER_NAME="localhost")
assert response.status_code == 200, response.status_code
print(time.perf_counter() - started)
"""
WARM_UP = "from config.gunicorn import warm_up; warm_up()"  # as the server does before it answers
PLAIN_SETTINGS = """
from pathlib import Path
HERE = Path(__file__).parent
SECRET_KEY = "plain"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "plain_urls"
INSTALLED_APPS = [
    "wagtail.contrib.redirects", "wagtail.sites", "wagtail.users", "wagtail.snippets", "wagtail.documents", "wagtail.images",
    "wagtail.embeds", "wagtail.admin", "wagtail.search", "wagtail", "modelcluster", "taggit", "django.contrib.admin",
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [HERE], "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                           "django.contrib.messages.context_processors.messages"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "plain.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
USE_TZ = True
WAGTAIL_SITE_NAME = "plain"
WAGTAILADMIN_BASE_URL = "http://localhost"
"""
PLAIN_URLS = """
from django.urls import include, path
from wagtail import urls
from wagtail.admin import urls as admin
from wagtail.documents import urls as documents
urlpatterns = [path("admin/", include(admin)), path("documents/", include(documents)), path("", include(urls))]
"""
PLAIN_PAGE = "{% load wagtailcore_tags %}<!doctype html><title>{{ page.title }}</title><h1>{{ page.title }}</h1>"


def bench_cold_start() -> Iterator[Record]:
    with tempfile.TemporaryDirectory() as folder:
        plain = make_plain_project(Path(folder))
        ours, reference = [], []
        for _ in range(TIMES):  # by turns, so that a busy moment meets both
            ours.append(start_once(dict(os.environ), ROOT, WARM_UP))
            reference.append(start_once(plain, Path(folder), ""))
    for index, name in enumerate(("P15 cold start to first page", "P15 first page of a started server")):
        value, against = (median(run[index] for run in side) for side in (ours, reference))
        yield record(name, value, "s", against="plain Wagtail, same start", reference=against)


def make_plain_project(folder: Path) -> dict[str, str]:
    """Writes and migrates it; returns its environment."""
    (folder / "plain_settings.py").write_text(PLAIN_SETTINGS)
    (folder / "plain_urls.py").write_text(PLAIN_URLS)
    (folder / "wagtailcore").mkdir()
    (folder / "wagtailcore" / "page.html").write_text(PLAIN_PAGE)
    environment = make_environment({"DJANGO_SETTINGS_MODULE": "plain_settings", "PYTHONPATH": str(folder)})
    subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], cwd=folder, env=environment, check=True)
    return environment


def start_once(environment: dict[str, str], folder: Path, warm_up: str) -> tuple[float, float]:
    """Seconds from nothing to the first page, and of these the seconds that its reader waited."""
    command = [sys.executable, "-c", FIRST_PAGE.format(warm_up=warm_up)]
    started = time.perf_counter()
    output = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - started, float(output)
