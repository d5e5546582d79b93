"""Addresses. Thai at `/`, the English interface at `/en/`; what has no language of its own stands outside."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.views import authenticate_with_password

from home.media import serve_media
from home.views import serve_page

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("", include("home.urls_plain")),
    path("", include("courses.urls_plain")),
    *([re_path(r"^media/(?P<path>.*)$", serve_media)] if settings.SERVE_MEDIA else []),
    *i18n_patterns(
        path("accounts/", include("allauth.urls")),
        path("", include("business.urls")),
        path("", include("kb.urls")),
        path("", include("courses.urls")),
        path("", include("search.urls")),
        path("", include("oss.urls")),
        path("", include("home.urls")),
        path(
            "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/",
            authenticate_with_password,
            name="wagtailcore_authenticate_with_password",
        ),
        re_path(r"^((?:[\w\-]+/)*)$", serve_page, name="wagtail_serve"),
        prefix_default_language=False,
    ),
]

handler404 = "home.views.show_not_found"
handler500 = "home.views.show_server_error"
