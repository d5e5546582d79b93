"""Texts that quote facts, bodies made of blocks, and small words of the knowledge pages."""

import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from wagtail.rich_text import expand_db_html
from wagtail.rich_text.rewriters import FIND_A_TAG, extract_attrs

from kb import facts as quoting
from kb.forms import ReasonForm
from kb.headings import add_anchors
from kb.programmes import profile_address

register = template.Library()


@register.filter(name="facts")
def quote(text, facts):
    """A text, plain or rich, with its facts in place. `facts`: {code: Fact}."""
    return mark_safe(expand_db_html(_quote(text, facts)))


@register.filter
def plain_facts(text, facts):
    """The same in words only: for a page's description."""
    return quoting.plain_with_facts(text, facts or {})


@register.simple_tag(takes_context=True)
def quoted(context, text):
    """The same inside a block: the facts are the page's, and its links are written with all others at the end."""
    html = _quote(text, context.get("facts"))
    return html if context.get("links_come_later") else mark_safe(expand_db_html(html))


@register.simple_tag(takes_context=True)
def body(context, stream):
    """The blocks of a page. Links are found once for the whole text, so that many cost no more queries than one."""
    inside = {**context.flatten(), "links_come_later": True}
    return write_links("".join(block.render(inside) for block in stream), context.get("links"))


def write_links(html: str, links: dict[int, str] | None) -> str:
    """The text with the links of its rich texts written out; links to pages by `links`, {id of the page: address}."""
    if links is not None:
        html = FIND_A_TAG.sub(lambda match: _write_link(match, links), html)
    return mark_safe(expand_db_html(html))


@register.simple_tag(takes_context=True)
def profile_link(context):
    """Where to tell of the business, with the way back to this page."""
    request = context.get("request")
    return profile_address(request.get_full_path() if request else "/")


@register.simple_tag(takes_context=True)
def article_data(context, page):
    """What search engines read of a guide (schema.org). A block of data: never executed, so the content policy lets it stand."""
    data = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": page.title,
        "description": page.summary,
        "inLanguage": "th",
        "mainEntityOfPage": context.get("address", ""),
        "dateModified": page.reviewed_on.isoformat() if page.reviewed_on else "",
        "publisher": {"@type": "Organization", "name": context.get("site_name", "")},
    }
    written = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(written))


@register.simple_tag
def reason_form():
    """An empty form for why a guide did not help."""
    return ReasonForm()


def _quote(text, facts):
    source = mark_safe(add_anchors(text.source)) if hasattr(text, "source") else text
    if facts is None:
        from kb.models import Fact

        facts = Fact.objects.in_bulk(quoting.find_references(str(source or "")), field_name="code")
    return quoting.quote_facts(source, facts)


def _write_link(match, links: dict[int, str]) -> str:
    """A page's link by its address; to a page that is not public there is none, the words stay."""
    attrs = extract_attrs(match[1])
    if attrs.get("linktype") != "page":
        return match[0]
    address = links.get(int(attrs["id"])) if attrs.get("id", "").isdigit() else None
    return format_html('<a href="{}">', address) if address else "<a>"
