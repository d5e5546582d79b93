"""The results page."""

from dataclasses import dataclass

from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from business import vocabulary
from business.profile import current_business
from kb.programmes import join_names
from search.documents import ANY, FACETS, listed_kinds
from search.forms import FACET_NAMES, PREPOSITIONS, Asked, facet_rows, read_address
from search.log import LONGEST_TEXT, click_tokens, note_search
from search.query import LAST_PAGE, PAGE_SIZE, Item, Reach, Results, search
from search.topics import find_province, find_topics

FEW = 4  # results from which on nobody needs to be shown topics


@dataclass(frozen=True)
class Option:
    """One value of a facet: its name, how many results it would leave, and the address that adds or removes it."""

    code: str
    name: str
    count: int
    is_chosen: bool
    address: str


@require_safe
def show_results(request):
    asked = read_address(request.GET)
    context = {
        "asked": asked,
        "stages": lambda: vocabulary.stages().values(),  # only where nothing was found
        "functions": lambda: vocabulary.functions().values(),
    }
    if asked.is_empty:
        return render(request, "search/results.html", context)
    results = search(asked.text, filters=asked.engine_filters(), page=asked.page, exact=asked.exact)
    note(request, asked, results)
    business = current_business(request)
    named = find_province(results.question.words) or vocabulary.provinces().get(next(iter(asked.filters.get("province", ())), ""))
    pings = make_pings(asked, results)
    facets = make_facets(asked, results)
    context |= {
        "results": results,
        "items": list(zip(results.items, pings, strict=True)),
        "answer_ping": next((ping for item, ping in zip(results.items, pings, strict=True) if is_source(item, results)), ""),
        "is_widened": results.reach is Reach.SOME,
        "said": describe_filters(asked),
        "tabs": make_tabs(asked, results),
        "facets": facets,
        "provinces": next((show_options(options) for facet, _, options in facets if facet == "province"), ""),
        "chips": make_chips(asked),
        "previous": asked.address(page=results.page - 1) if results.page > 1 else "",
        "next": asked.address(page=results.page + 1) if results.page < results.pages else "",
        "is_last_page": results.page == LAST_PAGE and results.total > LAST_PAGE * PAGE_SIZE,
        "first_number": (results.page - 1) * PAGE_SIZE + 1,
        "without_filters": Asked(text=asked.text, exact=asked.exact).address() if asked.filters or asked.type else "",
        "as_typed": asked.address(exact=True),
        "corrected": asked.address(exact=False),
        "as_suggested": asked.address(text=results.question.suggestion, exact=False),
        "after": results.question.text[:LONGEST_TEXT],
        "nearest": find_topics(results.question) if results.total < FEW and (not results.total or results.reach is Reach.SOME) else [],
        "named": named,
        "province": named or (business.province if business else None),
    }
    return render(request, "search/results.html", context)


def note(request, asked: Asked, results: Results) -> None:
    """Counts the search, without who searched."""
    shown = results.question.shown
    note_search(
        asked.text,
        total=results.total,
        reach=str(results.reach),
        page=results.page,
        kind=asked.type,
        filters=asked.filters,
        reading={str(why) for reading in results.question.readings if shown and reading.text == shown for why in reading.why},
        previous=asked.after,
        request=request,
    )


def is_source(item: Item, results: Results) -> bool:
    return results.answer is not None and item.object == results.answer.source


def make_pings(asked: Asked, results: Results) -> list[str]:
    """For each result the address that its link tells when it is opened; without a question there is nothing to count."""
    if not results.question.words:
        return [""] * len(results.items)
    tokens = click_tokens(asked.text, [item.key for item in results.items], first=(results.page - 1) * PAGE_SIZE + 1)
    address = reverse("search_click")
    return [f"{address}?{urlencode({'t': token})}" for token in tokens]


def describe_filters(asked: Asked) -> list[tuple[str | Promise, str]]:
    """The filters in words: (preposition, names), in the order of a sentence; the kind first."""
    said = [("", str(listed_kinds()[asked.type].name))] if asked.type else []
    return said + [
        (PREPOSITIONS[facet], join_names([str(facet_rows(facet)[code].name) for code in asked.filters[facet]]))
        for facet in FACETS
        if facet in asked.filters
    ]


def make_tabs(asked: Asked, results: Results) -> list[Option]:
    """All, and each kind of which there is something."""
    counts = results.counts.get("type", {})
    tabs = [Option("", "", sum(counts.get(code, 0) for code in listed_kinds()), not asked.type, asked.address(type=""))]
    return tabs + [
        Option(code, kind.name, counts.get(code, 0), asked.type == code, asked.address(type=code))
        for code, kind in listed_kinds().items()
        if counts.get(code) or asked.type == code
    ]


def make_facets(asked: Asked, results: Results) -> list[tuple[str, str, list[Option]]]:
    """(facet, name, options). Options that would leave nothing are not offered, except those chosen; provinces all are."""
    facets = []
    for facet, name in FACET_NAMES.items():
        counts = results.counts.get(facet, {})
        chosen = asked.filters.get(facet, ())
        options = [
            Option(code, row.name, counts.get(code, counts.get(ANY, 0)), code in chosen, "")
            for code, row in facet_rows(facet).items()
            if facet == "province" or code in counts or code in chosen
        ]
        if facet == "province" or len(options) > 1 or chosen:
            facets.append((facet, name, options))
    return facets


def show_options(options: list[Option]) -> SafeString:
    """The options of a select. There are 77 provinces: a template's loop takes ten times as long."""
    rows = ((option.code, mark_safe(" selected" if option.is_chosen else ""), option.name, option.count) for option in options)
    return format_html_join("", '<option value="{}"{}>{} ({})</option>', rows)


def make_chips(asked: Asked) -> list[Option]:
    """What is applied, each with the address without it."""
    return [
        Option(code, facet_rows(facet)[code].name, 0, True, asked.address(**{facet: tuple(other for other in codes if other != code)}))
        for facet, codes in asked.filters.items()
        for code in codes
    ]
