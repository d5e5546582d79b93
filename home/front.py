"""What the home page shows. The number of queries does not depend on how much there is to show."""

from django.db.models import Count
from django.utils import timezone

from business import vocabulary
from business.models import BusinessFunction
from business.profile import current_business
from courses.learners import current_learner
from courses.reading import resume
from courses.trail import pages_read
from kb.guides import latest_guides, most_useful_guides, public_guides
from kb.models import Programme

USEFUL_SHOWN = 5
LATEST_SHOWN = 4
CLOSING_SHOWN = 3


def home_context(request) -> dict:
    useful = most_useful_guides(USEFUL_SHOWN)
    shown = {guide.pk for guide in useful}
    latest = [guide for guide in latest_guides(LATEST_SHOWN + USEFUL_SHOWN) if guide.pk not in shown]
    return {
        "stages": list(vocabulary.stages().values()),
        "provinces": list(vocabulary.provinces().values()),
        "business": current_business(request),
        "read": pages_read(request),
        "resume": resume(current_learner(request)),
        "useful": useful,
        "latest": latest[:LATEST_SHOWN],
        "closing": closing_programmes(CLOSING_SHOWN),
        "functions": count_by_function(),
    }


def closing_programmes(number: int) -> list[Programme]:
    """Open programmes whose closing day is known and still to come, the soonest first."""
    today = timezone.localdate()
    return list(
        Programme.objects.live()
        .filter(closes_on__gte=today)
        .exclude(status=Programme.Status.CLOSED)
        .exclude(opens_on__gt=today)
        .select_related("agency")
        .order_by("closes_on", "name")[:number]
    )


def count_by_function() -> list[tuple[BusinessFunction, int]]:
    """Every function with how many public guides it has; a guide of two functions counts in both."""
    rows = public_guides().values_list("functions__code").annotate(number=Count("pk", distinct=True)).order_by()
    counts = dict(rows)
    return [(function, counts.get(code, 0)) for code, function in vocabulary.functions().items()]
