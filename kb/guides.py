"""What a reader sees of guides: which are public, what stands beside one, how they are counted and grouped."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import CharField, Count, Exists, ExpressionWrapper, F, IntegerField, OuterRef, Q, Value
from django.db.models.functions import Cast
from django.utils.http import urlencode
from wagtail.models import Page, PageViewRestriction
from wagtail.rich_text import extract_references_from_rich_text

from business import vocabulary
from business.models import BusinessFunction, Province, Sector, Stage
from business.profile import current_business
from kb.feedback import find_vote
from kb.matching import Band, Topic
from kb.models import GuidePage, Programme, describe_business
from kb.programmes import BAND_ORDER, Match

MATCHES_SHOWN = 4
FIRST_GUIDES = 3


def only_public(pages):
    """The live pages that no view restriction hides, in the query itself: Wagtail's `public()` asks a query more."""
    own_path = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    restrictions = PageViewRestriction.objects.alias(own_path=own_path).filter(own_path__startswith=F("page__path"))
    return pages.filter(~Exists(restrictions), live=True)


def public_guides():
    return only_public(GuidePage.objects.all())


def guides_of_stage(code: str):
    return public_guides().filter(stages__code=code, stages__scheme__is_current=True)


def latest_guides(number: int) -> list[GuidePage]:
    return list(public_guides().order_by("-reviewed_on", "-pk")[:number])


def most_useful_guides(number: int) -> list[GuidePage]:
    """Those that more readers found useful than not, by that difference; nothing is claimed of a guide without votes."""
    return list(
        public_guides()
        .annotate(votes=Count("feedback", filter=Q(feedback__was_useful=True)) - Count("feedback", filter=Q(feedback__was_useful=False)))
        .filter(votes__gt=0)
        .order_by("-votes", "-reviewed_on", "-pk")[:number]
    )


@dataclass
class Place:
    """Where a guide belongs and what it points to, each list in its own order."""

    stages: list[Stage] = field(default_factory=list)
    functions: list[BusinessFunction] = field(default_factory=list)
    sectors: list[Sector] = field(default_factory=list)
    provinces: list[Province] = field(default_factory=list)
    programme_ids: set[int] = field(default_factory=set)
    related_ids: list[int] = field(default_factory=list)


def read_place(page: GuidePage) -> Place:
    """The six relations of a stored guide in one query; what they point to is in the vocabulary already."""
    relations = [
        ("stages", GuidePage.stages.through, "stage_id"),
        ("functions", GuidePage.functions.through, "businessfunction_id"),
        ("sectors", GuidePage.sectors.through, "sector_id"),
        ("provinces", GuidePage.provinces.through, "province_id"),
        ("programmes", GuidePage.programmes.through, "programme_id"),
    ]

    def rows(kind, model, owner, key, place):
        return (
            model.objects.filter(**{owner: page.pk})
            .order_by()
            .annotate(kind=Value(kind, CharField()), key=Cast(key, CharField()), place=Cast(place, IntegerField()))
            .values_list("kind", "key", "place")
        )

    related = rows("related", page.related_guides.model, "page_id", "guide_id", "sort_order")
    union = related.union(*(rows(kind, model, "guidepage_id", key, Value(0)) for kind, model, key in relations), all=True)
    keys: dict[str, list[str]] = {}
    for kind, key, _place in sorted(union, key=lambda row: row[2] or 0):
        keys.setdefault(kind, []).append(key)

    def named(kind):
        wanted = set(keys.get(kind, ()))
        return [row for row in getattr(vocabulary, kind)().values() if str(row.pk) in wanted]

    return Place(
        *(named(kind) for kind in ("stages", "functions", "sectors", "provinces")),
        {int(key) for key in keys.get("programmes", ())},
        [int(key) for key in keys.get("related", ())],
    )


def read_unsaved_place(page: GuidePage) -> Place:
    """The same of a guide in the editor, whose relations are in memory only."""
    return Place(
        *(sorted(getattr(page, kind).all(), key=lambda row: row.order) for kind in ("stages", "functions", "sectors", "provinces")),
        {programme.pk for programme in page.programmes.all()},
        [related.guide_id for related in page.related_guides.all()],
    )


def guide_context(page: GuidePage, request) -> dict:
    """What the guide's template shows beside the text. The number of queries does not depend on the content."""
    is_preview = getattr(request, "is_preview", False)
    place = read_unsaved_place(page) if is_preview else read_place(page)
    business = current_business(request)
    own_stage = next((stage for stage in place.stages if business and business.stage_id == stage.pk), None)
    known = find_linked_pages(page, place.related_ids)
    address = request.build_absolute_uri(page.url) if page.url else ""
    return {
        "stages": place.stages,
        "stage": own_stage or next(iter(place.stages), None),
        "functions": place.functions,
        "sectors": place.sectors,
        "provinces": place.provinces,
        "is_elsewhere": bool(place.provinces and business and business.province_id and business.province not in place.provinces),
        "facts": page.facts,
        "change_notes": list(page.change_notes.all()),
        "business": business,
        "matches": match_programmes(place, business),
        "related": [known[key] for key in place.related_ids if key in known],
        "links": {key: linked.url for key, linked in known.items()},
        "address": address,
        "line_address": "https://line.me/R/share?" + urlencode({"text": f"{page.title}\n{address}"}),
        "vote": None if is_preview else find_vote(request, page),
    }


def find_linked_pages(page: GuidePage, more_ids: Iterable[int] = ()) -> dict[int, Page]:
    """The public pages that a guide's texts link to, and those of `more_ids`, by id; in one query."""
    ids = set(more_ids)
    for source in page.rich_texts():
        ids.update(int(key) for model, key, *_rest in extract_references_from_rich_text(source) if model is Page)
    return {linked.pk: linked for linked in only_public(Page.objects.filter(pk__in=ids))} if ids else {}


def match_programmes(place: Place, business) -> list[Match]:
    """The editor's picks first, then programmes that match by themselves; closed and unfitting ones only when picked."""
    needs = frozenset(function.code for function in place.functions)
    profile = describe_business(business, needs=needs)
    judged = [Match(programme, programme.match(profile)) for programme in Programme.objects.live().select_related("agency")]
    wanted = [
        match
        for match in judged
        if match.programme.pk in place.programme_ids
        or (match.verdict.band in (Band.LIKELY, Band.CHECK) and needs & match.programme.codes_wanted(Topic.NEED))
    ]
    wanted.sort(
        key=lambda match: (
            match.programme.pk not in place.programme_ids,
            BAND_ORDER.index(match.verdict.band),
            -match.verdict.met,
            match.programme.name,
        )
    )
    return wanted[:MATCHES_SHOWN]


def grid_context() -> dict:
    """The stage × function grid: [(stage, [(function, guides)], guides)], and the number of all guides.

    A guide in two functions stands in two cells and counts once for its stage. An empty cell is a zero, not a gap.
    """
    rows = list(public_guides().filter(stages__scheme__is_current=True).values_list("pk", "stages__code", "functions__code").order_by())
    in_cell = Counter((stage, function) for _pk, stage, function in set(rows))
    in_stage = Counter(stage for _pk, stage in {row[:2] for row in rows})
    return {
        "grid": [
            (stage, [(function, in_cell[stage.code, function.code]) for function in vocabulary.functions().values()], in_stage[stage.code])
            for stage in vocabulary.stages().values()
        ],
        "number": len({row[0] for row in rows}),
    }


@dataclass
class FunctionGroup:
    """The guides of a stage about one function. `elsewhere` stand in full under an earlier function."""

    function: BusinessFunction
    guides: list[GuidePage]
    elsewhere: list[GuidePage]

    @property
    def number(self) -> int:
        return len(self.guides) + len(self.elsewhere)


def group_by_function(guides: list[GuidePage]) -> list[FunctionGroup]:
    """One group for each function in order, empty ones too: what is missing shall be seen."""
    groups, placed = [], set()
    for function in vocabulary.functions().values():
        here = [guide for guide in guides if function in guide.functions.all()]
        groups.append(FunctionGroup(function, [g for g in here if g.pk not in placed], [g for g in here if g.pk in placed]))
        placed.update(guide.pk for guide in here)
    return groups


def choose_first_guides(guides: list[GuidePage]) -> list[GuidePage]:
    """Three to begin with: those written for the fewest stages, one of each first function, then by page code."""
    ordered = sorted(guides, key=lambda guide: (len(guide.stages.all()), guide.code))
    chosen, functions = [], set()
    for guide in ordered:
        first = next((function.pk for function in guide.functions.all()), None)
        if first not in functions:
            chosen.append(guide)
            functions.add(first)
    rest = [guide for guide in ordered if guide not in chosen]
    return (chosen + rest)[:FIRST_GUIDES]
