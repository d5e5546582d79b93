"""What a reader sees of guides: which are public, what stands beside one, what was found useful."""

from django.db.models import Count, Q

from business import vocabulary
from business.models import BusinessFunction, Stage
from business.profile import current_business
from kb import matching
from kb.models import GuidePage, Programme, describe_business
from kb.matching import Band, Topic

BAND_ORDER = [Band.LIKELY, Band.CHECK, Band.NO, Band.CLOSED]
MATCHES_SHOWN = 4


def public_guides():
    """Live guides that no view restriction hides."""
    return GuidePage.objects.live().public()


def guides_of_stage(code: str):
    return public_guides().filter(stages__code=code, stages__scheme__is_current=True)


def latest_guides(number: int) -> list[GuidePage]:
    return list(public_guides().order_by("-reviewed_on", "-pk").prefetch_related("stages")[:number])


def most_useful_guides(number: int) -> list[GuidePage]:
    """By the readers' votes; with few votes yet, the rest in order of review."""
    return list(
        public_guides()
        .annotate(votes=Count("feedback", filter=Q(feedback__was_useful=True)) - Count("feedback", filter=Q(feedback__was_useful=False)))
        .order_by("-votes", "-reviewed_on", "-pk")
        .prefetch_related("stages")[:number]
    )


def guide_context(page: GuidePage, request) -> dict:
    """What the guide's template shows beside the text. The number of queries does not depend on the content."""
    stages = sorted(page.stages.all(), key=lambda stage: stage.order)
    functions = sorted(page.functions.all(), key=lambda function: function.order)
    business = current_business(request)
    return {
        "stages": stages,
        "stage": next((stage for stage in stages if business and business.stage_id == stage.pk), stages[0] if stages else None),
        "functions": functions,
        "provinces": list(page.provinces.all()),
        "facts": page.facts,
        "business": business,
        "matches": match_programmes(page, business, needs=frozenset(function.code for function in functions)),
        "related": list(GuidePage.objects.live().public().filter(pk__in=page.related_guides.values("guide"))[:3]),
    }


def match_programmes(page: GuidePage, business, *, needs: frozenset[str]) -> list[tuple[Programme, matching.Verdict]]:
    """The editor's picks first, then programmes that match by themselves; closed and unfitting ones only when picked."""
    picked = set(page.programmes.values_list("pk", flat=True))
    profile = describe_business(business, needs=needs)
    judged = [(programme, programme.match(profile)) for programme in Programme.objects.live().select_related("agency")]
    wanted = [
        (programme, verdict)
        for programme, verdict in judged
        if programme.pk in picked or (verdict.band in (Band.LIKELY, Band.CHECK) and needs & programme.codes_wanted(Topic.NEED))
    ]
    wanted.sort(key=lambda pair: (pair[0].pk not in picked, BAND_ORDER.index(pair[1].band), -pair[1].met, pair[0].name))
    return wanted[:MATCHES_SHOWN]


def count_guides() -> list[tuple[Stage, list[tuple[BusinessFunction, int]]]]:
    """The stage × function grid: how many public guides each cell holds. An empty cell is a zero, not a gap."""
    rows = (
        public_guides()
        .filter(stages__scheme__is_current=True)
        .values("stages__code", "functions__code")
        .annotate(number=Count("pk", distinct=True))
        .order_by()
    )
    counts = {(row["stages__code"], row["functions__code"]): row["number"] for row in rows}
    return [
        (stage, [(function, counts.get((stage.code, function.code), 0)) for function in vocabulary.functions().values()])
        for stage in vocabulary.stages().values()
    ]
