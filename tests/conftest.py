"""What every test has. The environment itself is made in tests/environment.py."""

import os

from django.conf import settings

# A file and not SQLite's shared memory: the live server's threads have connections of their own, as in production.
if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = os.path.join(os.environ["VAR_DIR"], "test.sqlite3")

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose

if not (settings.STATIC_ROOT / "staticfiles.json").exists():  # collecting failed, and said so
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
