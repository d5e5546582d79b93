"""The guides that a reader opened last, so that he can go on where he was.

The trail is five page numbers in a cookie of its own and not in the session: a session row would have to be written
with every guide that is read. It names pages, not people, and stays on the reader's device; on his page he may stop it.
"""

from django.conf import settings
from django.http import HttpResponse

from kb.guides import public_guides
from kb.models import GuidePage

COOKIE = "reading"
STOPPED = "off"
LENGTH = 5
SECONDS = 60 * 60 * 24 * 90


def read_trail(request) -> list[int]:
    """The page numbers, last read first. A forged or broken cookie is an empty trail."""
    parts = request.COOKIES.get(COOKIE, "").split(".")[:LENGTH]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10 and int(part)]


def is_kept(request) -> bool:
    """Whether this reader's trail is kept: unless he stopped it."""
    return request.COOKIES.get(COOKIE) != STOPPED


def record_reading(request, response: HttpResponse, page: GuidePage) -> None:
    """Puts the page at the front of the trail. Nothing is sent when it is there already."""
    before = read_trail(request)
    after = [page.pk, *(number for number in before if number != page.pk)][:LENGTH]
    if is_kept(request) and after != before:
        write_trail(response, after)


def write_trail(response: HttpResponse, numbers: list[int]) -> None:
    """Sets the cookie; `0` keeps a trail on which nothing stands yet."""
    _set_cookie(response, ".".join(str(number) for number in numbers) or "0")


def stop_trail(response: HttpResponse) -> None:
    """Forgets what was read, and what will be."""
    _set_cookie(response, STOPPED)


def _set_cookie(response: HttpResponse, value: str) -> None:
    response.set_cookie(COOKIE, value, max_age=SECONDS, secure=settings.IS_HTTPS, httponly=True, samesite="Lax")


def guides_read(request) -> list[GuidePage]:
    """The guides of the trail that are still public, last read first."""
    numbers = read_trail(request)
    if not numbers:
        return []
    found = {page.pk: page for page in public_guides().filter(pk__in=numbers).prefetch_related("stages")}
    return [found[number] for number in numbers if number in found]
