"""What every template may use: the site's name, the language switch, where in the menu we are, the footer's pages."""

from django.conf import settings
from django.core.cache import cache
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _
from wagtail.signals import page_unpublished

from business.models import is_english
from home.models import PlainPage, SiteSettings

SECONDS = 60
_KEY = "home.site_settings"
_PAGES_KEY = "home.plain_pages"
_FIELDS = ("name_th", "name_en", "tagline_th", "tagline_en", "notice")
_SECTIONS = {
    "": "stages", "stages": "stages", "guides": "guides", "g": "guides", "programmes": "programmes",
    "courses": "courses", "learn": "courses", "certificates": "courses",
    "ask": "ask", "centres": "ask", "my": "my", "accounts": "my", "desk": "desk", "search": "search",
}  # fmt: skip


def shell(request) -> dict:
    """The context of every page. Without a query once the site's settings are warm."""
    english = is_english()
    path = request.path
    bare_path = "/" + path.removeprefix("/en/") if path.startswith("/en/") else path
    query = request.META.get("QUERY_STRING", "")
    words = site_settings()
    return {
        "site_name": words["name_en" if english else "name_th"],
        "tagline": words["tagline_en" if english else "tagline_th"],
        "notice": words["notice"],
        "is_english": english,
        "thai_url": bare_path,
        "english_url": f"/en{bare_path}",
        "other_language_url": (bare_path if english else f"/en{bare_path}") + (f"?{query}" if query else ""),
        "site_url": settings.SITE_URL,
        "current_section": _SECTIONS.get(bare_path.split("/")[1] if "/" in bare_path else "", ""),
        "plain_pages": plain_pages(),
        "IS_DEMO": settings.DEMO,
    }


def site_settings() -> dict[str, str]:
    """The settings of the default site, read once a minute per process."""
    words = cache.get(_KEY)
    if words is None:
        row = SiteSettings.objects.filter(site__is_default_site=True).first() or SiteSettings()
        words = {field: getattr(row, field) for field in _FIELDS}
        cache.set(_KEY, words, SECONDS)
    return words


# What every such site must say of itself has a name in both languages; other pages of text keep their own titles.
_STATEMENTS = {"about": _("ใครเป็นผู้จัดทำ"), "privacy": _("ความเป็นส่วนตัว"), "accessibility": _("การเข้าถึงของทุกคน"), "cookies": _("คุกกี้")}


def plain_pages() -> list[tuple[str, str]]:
    """(path, name) of the public pages of text, in the order of the tree; read once a minute per process."""
    rows = cache.get(_PAGES_KEY)
    if rows is None:
        rows = list(PlainPage.objects.live().public().order_by("path").values_list("slug", "title"))
        cache.set(_PAGES_KEY, rows, SECONDS)
    return [(f"{slug}/", str(_STATEMENTS.get(slug, title))) for slug, title in rows]


def forget_settings(**signal) -> None:
    cache.delete_many([_KEY, _PAGES_KEY])


post_save.connect(forget_settings, sender=SiteSettings, dispatch_uid="home.forget_settings.save")
post_delete.connect(forget_settings, sender=SiteSettings, dispatch_uid="home.forget_settings.delete")
for _signal in (post_save, post_delete):
    _signal.connect(forget_settings, sender=PlainPage, dispatch_uid=f"home.forget_pages.{id(_signal)}")
page_unpublished.connect(forget_settings, sender=PlainPage, dispatch_uid="home.forget_pages.unpublished")
