"""What the templates draw with: icons, house-number plates, shopfronts, and headings that break between words."""

import re
from functools import lru_cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe

from search.thai import cut
from users.formats import format_date

register = template.Library()

STAGE_CODES = ("idea", "start", "run", "grow", "transform", "recover", "exit", "unsure")
_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_THAI = re.compile(r"[฀-๿]")
_NUMBER_WITH_UNIT = re.compile(r"\d[\d,.]*\s[฀-๿]{1,8}(?![฀-๿])")
# Shorter words are not cut by browsers; longer ones would not fit a 320 px screen in the largest heading.
_SHORTEST, _LONGEST = 5, 16


@lru_cache
def _read_drawing(folder: str, name: str) -> str:
    """What stands between <svg> and </svg>. Raises LookupError when there is no such drawing."""
    path = settings.BASE_DIR / "static" / folder / f"{name}.svg"
    if not path.is_file():
        raise LookupError(f"no drawing {folder}/{name}.svg")
    return _INSIDE.search(path.read_text(encoding="utf-8"))[1]


@register.simple_tag
def icon(name, label=""):
    """An icon beside a word; with `label`, an icon that stands alone."""
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon" viewBox="0 0 24 24" {}>{}</svg>', role, mark_safe(_read_drawing("icons", name)))


@register.simple_tag
def plate(stage):
    """The house number of a stage; `?` for the cart of those who are not sure."""
    return format_html('<span class="plate">{}</span>', getattr(stage, "order", stage) or "?")


@register.simple_tag
def stage_picture(code, width=56, alt="", lazy=True):
    """The shopfront of a stage as a picture of its own file; `plain` for a code that has no drawing."""
    width = int(width)
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="{}"{}>',
        static(f"stages/{code if code in STAGE_CODES else 'plain'}.svg"),
        width,
        round(width * 1.1),
        alt,
        mark_safe(' loading="lazy"') if lazy else "",
    )


@register.simple_tag
def shopfront(code):
    """The shopfront drawn into the page, so that `look.css` can light its windows: the street of the home page."""
    inside = _STYLE.sub("", _read_drawing("stages", code if code in STAGE_CODES else "plain"))
    return format_html('<svg aria-hidden="true" class="sh" viewBox="0 0 160 176" fill="none">{}</svg>', mark_safe(inside))


@register.filter
def month_year(day):
    """`พ.ย. 69` under a large day of the month; `Nov 2026` in English."""
    return format_date(day, style="short").partition(" ")[2]


@register.simple_tag
def widget(field):
    """The control of a form field with the class that `look.css` styles, beside the field's own classes."""
    own = field.field.widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"input {own}".strip()})


@register.filter
def bind_marks(text):
    """Keeps the repetition mark beside its word (`จริง ๆ`), and nothing else: running text, what people wrote."""
    bound = _bind_marks(text or "")
    return mark_safe(bound) if hasattr(text, "__html__") else bound


def _bind_marks(text: str) -> str:
    return str(text).replace(" ๆ", "\u00a0ๆ")  # the repetition mark never begins a line


@register.filter
def thai_wrap(text):
    """Keeps Thai words whole where the browser's dictionary would cut them: headings, cards, buttons."""
    # A {% filter %} block hands over safe text, which may hold markup: only its marks are bound.
    return bind_marks(text) if hasattr(text, "__html__") or not text else _wrap(str(text))


@lru_cache(maxsize=4096)
def _wrap(text: str) -> str:
    text = _bind_marks(text)
    pieces, end = [], 0
    for match in _NUMBER_WITH_UNIT.finditer(text):
        pieces += [*cut(text[end : match.start()]), match[0]]
        end = match.end()
    pieces += cut(text[end:])
    return format_html_join("", "{}", ((_keep_whole(piece),) for piece in pieces))


def _keep_whole(piece: str) -> str:
    is_word = _THAI.search(piece) and _SHORTEST <= len(piece) <= _LONGEST
    return format_html('<span class="nb">{}</span>', piece) if is_word else conditional_escape(piece)
