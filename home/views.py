"""Pages of the shell, and how an address finds its Wagtail page."""

from django.http import HttpResponse
from django.shortcuts import render
from wagtail.models import Page, Site
from wagtail.views import serve


def serve_page(request, path=""):
    """Wagtail's own serving, with the page found by its address in one query at any depth of the tree.

    Wagtail walks the tree with two queries a level. Pages with routes of their own below them (none yet) still
    reach Wagtail's walk, since no page stands at their full address.
    """
    site = Site.find_for_request(request)
    if site is not None:
        page = Page.objects.filter(url_path=f"{site.root_page.url_path}{path}", live=True).specific().first()
        if page is not None:
            request._wagtail_route_for_request = (page, [], {})
    return serve(request, path)


def show_not_found(request, exception=None):
    return render(request, "404.html", status=404)


def show_server_error(request):
    return HttpResponse("500", status=500)


def show_csrf_failure(request, reason=""):
    return HttpResponse("403", status=403)
