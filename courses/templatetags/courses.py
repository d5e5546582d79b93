"""The body of a lesson with a place to come back to at every block, and sizes in words."""

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import ngettext

from courses.reading import page_state
from kb.templatetags.kb import write_links

register = template.Library()


@register.simple_tag(takes_context=True)
def lesson_body(context, stream):
    """The blocks of a lesson, each in a box `#b-<id>`, so that progress and notes can name it. Links are written once, at the end."""
    inside = {**context.flatten(), "links_come_later": True}
    boxes = []
    for at, block in enumerate(stream):
        key = block.id or str(at)
        html = block.render({**inside, "block_id": key, "shown": context["shown_guides"].get(at)})
        boxes.append((key, key, mark_safe(html + _notes_at(context, key))))
    html = format_html_join("\n", '<div class="prose" id="b-{}" data-block="{}">{}</div>', boxes)
    return write_links(html, context["links"])


def _notes_at(context, block: str) -> str:
    """The reader's own notes at a block; nothing in a preview."""
    request, page = context.get("request"), context["page"]
    if request is None or page.pk is None or getattr(request, "is_preview", False):
        return ""
    notes = [note for note in page_state(request, page).notes if note.block == block]
    return render_to_string("courses/block_notes.html", {"notes": notes}, request) if notes else ""


@register.simple_tag(takes_context=True)
def guide_blocks(context, blocks):
    """The blocks of a guide inside a lesson, with the guide's own templates. The lesson writes their links."""
    return mark_safe("".join(block.render(context.flatten()) for block in blocks))


@register.filter
def kilobytes(number):
    """`40 kB`, from a thousand up `1.6 MB`."""
    if not number:
        return ""
    return format_html('<span class="nb num">{}</span>', f"{number} kB" if number < 1000 else f"{number / 1000:.1f} MB")


@register.filter
def duration(minutes):
    """`50 นาที`, from an hour up `1 ชั่วโมง 20 นาที`."""
    hours, rest = divmod(int(minutes or 0), 60)
    parts = []
    if hours:
        parts.append(ngettext("%(number)s ชั่วโมง", "%(number)s ชั่วโมง", hours) % {"number": hours})
    if rest or not hours:
        parts.append(ngettext("%(number)s นาที", "%(number)s นาที", rest) % {"number": rest})
    return " ".join(parts)


@register.filter
def of(mapping, key):
    """The value that a mapping has for a key; empty when there is none."""
    return mapping.get(key) if mapping else None
