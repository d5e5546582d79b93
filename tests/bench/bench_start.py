"""P15: how long from nothing to the first page, against a plain Wagtail project started in the same way.

Thai dictionaries and the search engine cost a second each if a page loads them; none of that may happen here.
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
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.test import Client
response = Client().get("/", SERVER_NAME="localhost")
assert response.status_code == 200, response.status_code
"""
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
            ours.append(seconds_to_first_page(dict(os.environ), ROOT))
            reference.append(seconds_to_first_page(plain, Path(folder)))
        yield record("P15 cold start to first page", median(ours), "s", against="plain Wagtail, same start", reference=median(reference))


def make_plain_project(folder: Path) -> dict[str, str]:
    """Writes and migrates it; returns its environment."""
    (folder / "plain_settings.py").write_text(PLAIN_SETTINGS)
    (folder / "plain_urls.py").write_text(PLAIN_URLS)
    (folder / "wagtailcore").mkdir()
    (folder / "wagtailcore" / "page.html").write_text(PLAIN_PAGE)
    environment = make_environment({"DJANGO_SETTINGS_MODULE": "plain_settings", "PYTHONPATH": str(folder)})
    subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], cwd=folder, env=environment, check=True)
    return environment


def seconds_to_first_page(environment: dict[str, str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", FIRST_PAGE], cwd=folder, env=environment, check=True)
    return time.perf_counter() - started
