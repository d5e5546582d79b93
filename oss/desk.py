"""The advisors' desk: which cases a person sees, in which order, and what stands beside one."""

from dataclasses import dataclass

from django.db.models import Case as Choose
from django.db.models import Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from kb.matching import Band
from kb.models import Programme
from kb.programmes import Match, judge
from oss.models import Case, CaseEvent, Centre
from users.models import User

State = Case.State
MATCHES_SHOWN = 6
TABS = {
    "mine": _("ของฉัน"),
    "new": _("ยังไม่มีคนรับ"),
    "taken": _("กำลังดูแล"),
    "answered": _("ตอบแล้ว"),
    "closed": _("ปิดแล้ว"),
}


@dataclass(frozen=True)
class Tab:
    code: str
    number: int

    @property
    def name(self) -> str:
        return str(TABS[self.code])


def centres_of(user: User) -> list[Centre]:
    """The centres that the person works for; empty for everybody else."""
    return list(Centre.objects.filter(members__user=user).select_related("province").order_by("province__order"))


def _of_tab(code: str, user: User) -> Q:
    return Q(advisor=user) & ~Q(state=State.CLOSED) if code == "mine" else Q(state=code)


def _on_desk(user: User, centre: Centre | None) -> QuerySet[Case]:
    cases = Case.objects.visible_to(user)
    return cases.filter(centre=centre) if centre else cases


def count_tabs(user: User, centre: Centre | None = None) -> list[Tab]:
    """Every tab with its number of cases. One query."""
    counts = _on_desk(user, centre).order_by().aggregate(**{code: Count("pk", filter=_of_tab(code, user)) for code in TABS})
    return [Tab(code, counts[code]) for code in TABS]


def list_cases(user: User, tab: str, centre: Centre | None = None) -> QuerySet[Case]:
    """The cases of a tab: the person's own first, then those that have waited longest; what is closed, newest first."""
    is_mine = Choose(When(advisor=user, then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        _on_desk(user, centre)
        .filter(_of_tab(tab, user))
        .select_related("centre__province", "province", "stage", "topic", "advisor")
        .order_by(*(["-opened_at", "-pk"] if tab == "closed" else [is_mine, "opened_at", "pk"]))
    )


def find_case(user: User, reference: str) -> Case | None:
    """A case of the person's centres with all that its page shows; None for a foreign one as for a missing one."""
    return (
        Case.objects.visible_to(user)
        .select_related("centre__province", "province", "stage", "sector", "topic", "advisor", "guide", "programme")
        .filter(reference=reference.upper())
        .first()
    )


def history(case: Case) -> list[CaseEvent]:
    """The lines of its history, newest first."""
    return list(case.events.select_related("actor", "centre__province").order_by("-happened_at", "-pk"))


def match_programmes(case: Case) -> list[Match]:
    """Programmes that may fit what the person told, for the topic he asked about."""
    needs = frozenset([case.topic.code]) if case.topic else None
    bands = judge(Programme.objects.live().select_related("agency"), case.business, needs=needs)
    return [match for band in bands if band.band in (Band.LIKELY, Band.CHECK) for match in band.matches][:MATCHES_SHOWN]
