"""Bars drawn by the server as SVG, without script or inline style. The table beneath says the same in numbers."""

from django import template
from django.utils.html import format_html, format_html_join

register = template.Library()
WIDTH, BAR, ROW = 640, 14, 42  # units of the drawing
LONGEST_LABEL = 60  # characters


@register.simple_tag
def bars(rows, label):
    """rows: (name, whole, part or None when it is hidden, what is said beside it). Each bar is as long as its whole, filled up to its part."""
    rows = list(rows)
    most = max((whole for _name, whole, _part, _said in rows), default=0) or 1
    drawn = format_html_join(
        "\n",
        '<text x="0" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>'
        '<rect class="whole" x="0" y="{}" width="{}" height="{}"/><rect class="part" x="0" y="{}" width="{}" height="{}"/>',
        (
            (
                *(at * ROW + 16, name if len(name) <= LONGEST_LABEL else f"{name[:LONGEST_LABEL].rstrip()}…"),
                *(WIDTH, at * ROW + 16, said),
                *(at * ROW + 22, round(WIDTH * whole / most, 1), BAR),
                *(at * ROW + 22, round(WIDTH * (part or 0) / most, 1), BAR),
            )
            for at, (name, whole, part, said) in enumerate(rows)
        ),
    )
    return format_html('<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', WIDTH, len(rows) * ROW, label, drawn)


@register.filter
def stop_bars(stops):
    """Of `reports.Stop`: opened, finished of them."""
    return [(f"{stop.number}. {stop.lesson.title}", stop.opened, stop.finished, f"{stop.finished} / {stop.opened}") for stop in stops]


@register.filter
def question_bars(questions):
    """Of `reports.Asked`: all hundred percent, failed of them."""
    return [(one.text, 100, one.failed_percent, f"{one.failed_percent}%") for one in questions]


@register.filter
def group_bars(rows):
    """Of (name, shown number, `small_cells.Row`): begun, finished of them; of a hidden number nothing is drawn."""
    return [(name, row.begun, row.finished, f"{shown} / {row.begun}") for name, shown, row in rows]
