"""Suggestions as the browser asks for them, and the way to what was chosen."""

import json

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe
from wagtail.models import Page

from search.documents import listed_kinds
from search.readings import LONGEST
from search.suggest import find_suggestions, name_kind, shorten

MOST_BYTES = 1_400  # of an answer before compression: with the headers it stays below 2 kB
LARGEST_ID = 2**63 - 1


@require_safe
def suggest(request) -> HttpResponse:
    """`[{"text", "kind", "url"}, …]`, eight at most; always 200. Nobody's session is touched, so anybody may keep it for a minute.

    `kind` is shown beside the text. `url` is missing when the text is to be searched; one that ends in `=` takes what was typed.
    """
    rows, size = [], 2
    for found in find_suggestions(request.GET.get("q", "")):
        row = {"text": shorten(found.text) if found.address else found.text, "kind": name_kind(found.kind)}
        written = json.dumps(row | ({"url": found.address} if found.address else {}), ensure_ascii=False, separators=(",", ":"))
        size += len(written.encode()) + 1
        if size > MOST_BYTES:
            break
        rows.append(written)
    response = HttpResponse(f"[{','.join(rows)}]", content_type="application/json")
    response["Cache-Control"] = "public, max-age=60"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def open_found(request, kind: str, object_id: int) -> HttpResponse:
    """The page of what was suggested, if the public may see it now; else the results for what was typed (`q`)."""
    known = listed_kinds().get(kind)
    found = known.searchable().filter(pk=object_id).first() if known and object_id <= LARGEST_ID else None
    address = _address_of(found, request) if found else None
    if not address:
        query = QueryDict(mutable=True)
        query["q"] = request.GET.get("q", "")[:LONGEST]
        address = f"{reverse('search')}?{query.urlencode()}"
    response = redirect(address)
    response["Cache-Control"] = "no-store"
    return response


def _address_of(found, request) -> str | None:
    if isinstance(found, Page):
        return found.get_url(request)
    return found.get_absolute_url() if hasattr(found, "get_absolute_url") else found.url
