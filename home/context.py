"""What every template may use: the site's name, the language switch, where in the menu we are."""

from django.conf import settings
from django.core.cache import cache
from django.db.models.signals import post_delete, post_save

from business.models import is_english
from home.models import SiteSettings

SECONDS = 60
_KEY = "home.site_settings"
_FIELDS = ("name_th", "name_en", "tagline_th", "tagline_en", "notice")
_SECTIONS = {
    "": "stages", "stages": "stages", "guides": "guides", "g": "guides", "programmes": "programmes",
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


def forget_settings(**signal) -> None:
    cache.delete(_KEY)


post_save.connect(forget_settings, sender=SiteSettings, dispatch_uid="home.forget_settings.save")
post_delete.connect(forget_settings, sender=SiteSettings, dispatch_uid="home.forget_settings.delete")
