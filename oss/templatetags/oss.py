"""The way to a person, from any page."""

from django import template
from django.urls import reverse
from django.utils.http import urlencode

from business.profile import current_business
from oss.centres import find_centre

register = template.Library()


@register.simple_tag(takes_context=True)
def find_counter(context, guide=None, query="", programme=None):
    """`{centre, address}`: the reader's own centre when his province is known, and the form that knows where he came from."""
    request = context.get("request")
    business = current_business(request) if request is not None and hasattr(request, "user") else None
    about = {
        "guide": getattr(guide, "code", "") or "",
        "programme": getattr(programme, "code", "") or "",
        "q": query or "",
        "province": business.province_id if business and business.province_id else "",
    }
    told = urlencode({name: value for name, value in about.items() if value and name != "province"})
    return {
        "centre": context.get("centre") or find_centre(about["province"]),
        "address": reverse("ask") + (f"?{told}" if told else ""),
    }


@register.simple_tag
def ask_address(**about):
    """The address of the form with `guide`, `programme`, `q` or `province` carried along."""
    told = urlencode({name: value for name, value in about.items() if value})
    return reverse("ask") + (f"?{told}" if told else "")
