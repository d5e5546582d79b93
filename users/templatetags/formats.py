"""Template filters over `users.formats`; built in, so that no template prints a date or a sum its own way."""

import datetime as dt

from django import template
from django.utils.html import format_html

from users import formats

register = template.Library()


@register.filter
def thaidate(value, style="long"):
    """`<time>` with the date as people read it: พ.ศ. in Thai, the common era in English. Empty stays empty."""
    if not value:
        return ""
    day = value.date() if isinstance(value, dt.datetime) else value
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), formats.format_date(value, style=style))


@register.filter
def baht(value):
    return "" if value is None else formats.format_baht(value)


@register.filter
def phone(value):
    return formats.format_phone(str(value)) if value else ""
