"""The guides that a reader opened last, so that he can go on where he was.

The trail is five page numbers in a cookie of its own and not in the session: a session row would have to be written
with every guide that is read. It is kept only for readers who already have a session (they signed in, or told us of
their business) or who asked for it on their page; nobody else's response is touched.
"""

from django.conf import settings
from django.http import HttpResponse

from kb.guides import public_guides
from kb.models import GuidePage

COOKIE = "reading"
LENGTH = 5
SECONDS = 60 * 60 * 24 * 90


def read_trail(request) -> list[int]:
    """The page numbers, last read first. A forged or broken cookie is an empty trail."""
    parts = request.COOKIES.get(COOKIE, "").split(".")[:LENGTH]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10 and int(part)]


def is_kept(request) -> bool:
    """Whether this reader's trail is kept."""
    return COOKIE in request.COOKIES or settings.SESSION_COOKIE_NAME in request.COOKIES


def record_reading(request, response: HttpResponse, page: GuidePage) -> None:
    """Puts the page at the front of the trail. Nothing is sent when it is there already."""
    before = read_trail(request)
    after = [page.pk, *(number for number in before if number != page.pk)][:LENGTH]
    if is_kept(request) and after != before:
        write_trail(response, after)


def write_trail(response: HttpResponse, numbers: list[int]) -> None:
    """Sets the cookie; `0` keeps a trail on which nothing stands yet."""
    value = ".".join(str(number) for number in numbers) or "0"
    response.set_cookie(COOKIE, value, max_age=SECONDS, secure=settings.IS_HTTPS, httponly=True, samesite="Lax")


def forget_trail(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")


def guides_read(request) -> list[GuidePage]:
    """The guides of the trail that are still public, last read first."""
    numbers = read_trail(request)
    if not numbers:
        return []
    found = {page.pk: page for page in public_guides().filter(pk__in=numbers).prefetch_related("stages")}
    return [found[number] for number in numbers if number in found]
