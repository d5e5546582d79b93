"""Pages of the shell, and how an address finds its Wagtail page."""

import contextlib

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import Resolver404, resolve
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST
from wagtail.models import Page, Site
from wagtail.views import serve

from business import vocabulary
from business.profile import current_business
from courses.trail import is_kept, pages_read, read_trail, record_opening, stop_trail, write_trail
from oss.models import Case
from users.roles import Role

CASES_SHOWN = 20
# What a failed form must not show back, or what means nothing to its writer.
_NEVER_SHOWN = ("csrfmiddlewaretoken", "next", "password", "code", "key", "token", "honeypot")


def serve_page(request, path=""):
    """Wagtail's own serving, with the page found by its address in one query at any depth of the tree.

    Wagtail walks the tree with two queries a level. Pages with routes of their own below them (none yet) still
    reach Wagtail's walk, since no page stands at their full address.
    """
    site = Site.find_for_request(request)
    page = None
    if site is not None:
        page = Page.objects.filter(url_path=f"{site.root_page.url_path}{path}", live=True).specific().first()
        if page is not None:
            request._wagtail_route_for_request = (page, [], {})
    response = serve(request, path)
    if page is not None:
        record_opening(request, response, page)
    return response


@never_cache
def show_my_page(request):
    """What this person has here: businesses, what was read, requests. Works for a visitor, too."""
    user = request.user
    context = {
        "business": current_business(request),
        "businesses": list(user.businesses.select_related("province", "sector", "stage")) if user.is_authenticated else [],
        "read": pages_read(request),
        "keeps_reading": is_kept(request),
        "has_desk": user.is_authenticated and user.has_role(Role.ADVISOR, Role.CENTRE_HEAD),
        "is_editor": user.is_authenticated and (user.is_superuser or user.has_role(Role.EDITOR, Role.PUBLISHER, Role.ADMINISTRATOR)),
        "cases": list(Case.objects.filter(opened_by=user).select_related("centre")[:CASES_SHOWN]) if user.is_authenticated else [],
    }
    return render(request, "home/my_page.html", context)


@require_POST
def keep_reading(request):
    """Begins or ends the trail of what is read on this device."""
    response = redirect("my_page")
    if request.POST.get("keep") == "1":
        write_trail(response, read_trail(request))
    else:
        stop_trail(response)
    return response


def show_alive(request):
    return HttpResponse("ok", content_type="text/plain")


@cache_control(max_age=3600)
def show_favicon(request):
    """Browsers and readers of feeds ask for it whatever the page says. The mark's own address changes with the mark."""
    return redirect(static("mark.svg"))


@cache_control(max_age=3600)
def show_robots(request):
    closed = ["/admin/", "/accounts/", "/my/", "/search/", "/ask/", "/desk/", "/feedback/", "/learn/"]
    lines = ["User-agent: *", *(f"Disallow: {prefix}{path}" for path in closed for prefix in ("", "/en"))]
    return HttpResponse("\n".join([*lines, f"Sitemap: {settings.SITE_URL}/sitemap.xml", ""]), content_type="text/plain")


def show_not_found(request, exception=None):
    return render(request, "404.html", {"stages": list(vocabulary.stages().values())}, status=404)


def show_server_error(request):
    """A page without context: whatever failed may fail again."""
    try:
        page = get_template("500.html").template.source
    except Exception:  # noqa: BLE001 - the last page must come whatever happens
        page = "<!doctype html><html lang=th><meta charset=utf-8><title>500</title><p>ระบบขัดข้อง ลองใหม่อีกครั้ง"
    return HttpResponse(page, status=500)


def show_csrf_failure(request, reason=""):
    """A form came without its key: the page was open too long, or cookies are off. What was typed comes back.

    A view that can show its form again says so: `view.shows_typed_text` is a function (request, *args, **kwargs)
    that answers with the form, filled in and with a new key, and changes nothing.
    """
    with contextlib.suppress(Resolver404):
        match = resolve(request.path_info)
        show_again = getattr(match.func, "shows_typed_text", None)
        if callable(show_again):
            return show_again(request, *match.args, **match.kwargs)
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if not any(part in name.lower() for part in _NEVER_SHOWN)
        for value in values
        if value.strip()
    ]
    return render(request, "403_csrf.html", {"typed": typed}, status=403)
