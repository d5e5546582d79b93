"""The one-time key of a form: signed, with the moment it was given. One key opens at most one case."""

import time
import uuid

from django.core import signing

SALT = "oss.form_key"
OLDEST = 24 * 60 * 60  # seconds; an older page gets a new key and keeps its text
FASTEST = 2  # seconds; nobody fills the form in less


class Stale(ValueError):
    """Missing, forged or older than `OLDEST`."""


def issue(*, waited: bool = False) -> str:
    """A new key. `waited`: for a page that comes back with the person's text, who has only to press again."""
    return signing.dumps([uuid.uuid4().hex, time.time() - (FASTEST if waited else 0)], salt=SALT)


def read(text: str) -> tuple[uuid.UUID, float]:
    """The key and its age in seconds. Raises Stale."""
    try:
        key, issued_at = signing.loads(text, salt=SALT)
    except signing.BadSignature as error:
        raise Stale(str(error)) from error
    age = time.time() - issued_at
    if age > OLDEST:
        raise Stale(f"{age:.0f} seconds old")
    return uuid.UUID(key), age
