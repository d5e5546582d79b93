"""What the templates draw with: icons, house-number plates, shopfronts, and headings that break between words."""

import re
from functools import lru_cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe

from courses.learners import current_learner
from courses.models import LessonPage
from courses.paths import learning_of_stage
from courses.reading import is_changed, note_places, page_state
from courses.trail import is_kept
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


@register.inclusion_tag("courses/reading_bar.html", takes_context=True)
def reading_bar(context, page):
    """How far the reader is with a guide or lesson, and what he may say of it: finished, keep, note. Empty in a preview."""
    request = context.get("request")
    if request is None or page.pk is None or getattr(request, "is_preview", False):
        return {}
    state = page_state(request, page)
    is_lesson = isinstance(page, LessonPage)
    places = note_places(page)
    at_blocks = {block for block, _words in places}
    return {
        "shown": True,
        "page": page,
        "state": state,
        "is_lesson": is_lesson,
        "is_changed": is_changed(state.row, page),
        "places": places,
        "notes": [note for note in state.notes if note.block not in at_blocks],
        "is_measured": is_kept(request) and (is_lesson or current_learner(request) is not None),
    }


@register.inclusion_tag("components/stage_learning.html", takes_context=True)
def stage_learning(context, stage):
    """The recommended learning path and the courses of a stage; three queries."""
    path, courses = learning_of_stage(stage)
    return {"path": path, "courses": courses, "request": context.get("request")}
