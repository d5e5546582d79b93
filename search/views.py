"""The results page."""

from dataclasses import dataclass

from django.shortcuts import render
from django.views.decorators.http import require_safe

from business import vocabulary
from search.documents import ANY, listed_kinds
from search.forms import FACET_NAMES, Asked, facet_rows, read_address
from search.query import PAGE_SIZE, Reach, Results, search


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
        "facets": [],
        "stages": list(vocabulary.stages().values()),
        "functions": list(vocabulary.functions().values()),
    }
    if asked.is_empty:
        return render(request, "search/results.html", context)
    results = search(asked.text, filters=asked.engine_filters(), page=asked.page)
    context |= {
        "results": results,
        "is_widened": results.reach in (Reach.SOME, Reach.NEAR),
        "tabs": make_tabs(asked, results),
        "facets": make_facets(asked, results),
        "chips": make_chips(asked),
        "previous": asked.address(page=results.page - 1) if results.page > 1 else "",
        "next": asked.address(page=results.page + 1) if results.page < results.pages else "",
        "first_number": (results.page - 1) * PAGE_SIZE + 1,
        "without_filters": Asked(text=asked.text).address() if asked.filters or asked.type else "",
    }
    return render(request, "search/results.html", context)


def make_tabs(asked: Asked, results: Results) -> list[Option]:
    counts = results.counts.get("type", {})
    tabs = [Option("", "", sum(counts.get(code, 0) for code in listed_kinds()), not asked.type, asked.address(type=""))]
    return tabs + [
        Option(code, kind.name, counts.get(code, 0), asked.type == code, asked.address(type=code)) for code, kind in listed_kinds().items()
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


def make_chips(asked: Asked) -> list[Option]:
    """What is applied, each with the address without it."""
    return [
        Option(code, facet_rows(facet)[code].name, 0, True, asked.address(**{facet: tuple(other for other in codes if other != code)}))
        for facet, codes in asked.filters.items()
        for code in codes
    ]
