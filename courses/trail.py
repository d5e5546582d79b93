"""The guides and lessons that a reader opened last, so that he can go on where he was, and the recording of each opening.

The trail is five page numbers in a cookie of its own and not in the session: a session row would have to be written
with every guide that is read. It names pages, not people, and stays on the reader's device; on his page he may stop it.
A browser that brings the trail back and opens a lesson becomes a learner, and what stands on its trail is recorded, too.
Whoever stopped the trail is recorded only by what he says himself.
"""

import datetime as dt
from http import HTTPStatus

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpResponse
from django.utils import timezone
from wagtail.models import Page

from courses import progress
from courses.learners import current_learner, ensure_learner
from courses.models import Learner, LessonPage
from courses.outline import public_lessons
from kb.guides import public_guides
from kb.models import GuidePage

COOKIE = "reading"
STOPPED = "off"
LENGTH = 5
SECONDS = 60 * 60 * 24 * 90
KINDS = (GuidePage, LessonPage)
_AHEAD_OF_READING = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # what browsers say when they fetch before anybody reads


def read_trail(request) -> list[int]:
    """The page numbers, last read first. A forged or broken cookie is an empty trail."""
    parts = request.COOKIES.get(COOKIE, "").split(".")[:LENGTH]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10 and int(part)]


def is_kept(request) -> bool:
    """Whether this reader's trail is kept: unless he stopped it."""
    return request.COOKIES.get(COOKIE) != STOPPED


def is_reading(request) -> bool:
    """Whether somebody opens the page: not a probe, nor a browser that fetches ahead, nor an editor's preview."""
    ahead = any(
        word in request.headers.get(name, "").lower() for name in _AHEAD_OF_READING for word in ("prefetch", "prerender", "preview")
    )
    return request.method == "GET" and not ahead and not getattr(request, "is_preview", False)


def record_opening(request, response: HttpResponse, page: Page) -> None:
    """Called when a page was served: records a guide or lesson for the learner and puts it at the front of the trail."""
    if not isinstance(page, KINDS) or response.status_code != HTTPStatus.OK or not is_kept(request) or not is_reading(request):
        return
    if (getattr(response, "context_data", None) or {}).get("is_closed"):
        return  # the reader saw why it is locked, not the lesson
    before = read_trail(request)
    after = [page.pk, *(number for number in before if number != page.pk)][:LENGTH]
    if after != before:
        write_trail(response, after)
    learner = current_learner(request)
    if learner is None and isinstance(page, LessonPage) and (COOKIE in request.COOKIES or request.user.is_authenticated):
        learner = ensure_learner(request)
        _record(learner, [page, *pages_of(number for number in after if number != page.pk)])
    elif learner is not None:
        _record(learner, [page])


def _record(learner: Learner, pages: list[Page]) -> None:
    """Last read first. When the older ones were opened is not known, only in which order."""
    now = timezone.now()
    try:
        progress.record_openings(learner, {page: now - dt.timedelta(seconds=at) for at, page in enumerate(pages)})
    except IntegrityError:  # the visitor became a person, or the page went, while this request was on its way
        return


def write_trail(response: HttpResponse, numbers: list[int]) -> None:
    """Sets the cookie; `0` keeps a trail on which nothing stands yet."""
    _set_cookie(response, ".".join(str(number) for number in numbers) or "0")


def stop_trail(response: HttpResponse) -> None:
    """Forgets what was read, and what will be."""
    _set_cookie(response, STOPPED)


def _set_cookie(response: HttpResponse, value: str) -> None:
    response.set_cookie(COOKIE, value, max_age=SECONDS, secure=settings.IS_HTTPS, httponly=True, samesite="Lax")


def pages_read(request) -> list[GuidePage | LessonPage]:
    """The guides and lessons of the trail that are still public, last read first."""
    return pages_of(read_trail(request))


def pages_of(numbers) -> list[GuidePage | LessonPage]:
    """The public guides and lessons of these numbers in their order, without the bodies of lessons."""
    numbers = list(numbers)
    if not numbers:
        return []
    found = {page.pk: page for page in public_guides().filter(pk__in=numbers).prefetch_related("stages")}
    if len(found) < len(numbers):
        found |= {page.pk: page for page in public_lessons().filter(pk__in=numbers).defer("body")}
    return [found[number] for number in numbers if number in found]
