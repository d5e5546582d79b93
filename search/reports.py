"""What people look for, from the log: aggregated by the database, always the same number of queries.

A number below `FEWEST` is not shown, and a wording only when it was used that often: no cell leads to one person.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from search.log import most_used_texts
from search.models import SearchClick, SearchEvent
from search.readings import Why

FEWEST = 3
LONGEST_TABLE = 50
PERIODS = {4: _("4 สัปดาห์"), 12: _("12 สัปดาห์"), 26: _("26 สัปดาห์")}
CORRECTIONS = {
    Why.LAYOUT: _("ลืมเปลี่ยนภาษาแป้นพิมพ์"),
    Why.SPELLING: _("พิมพ์ผิด"),
    Why.SPACES: _("เว้นวรรคเกิน"),
}  # what a question that is announced as another may have been repaired of


@dataclass(frozen=True)
class Week:
    """Numbers below `FEWEST` are None."""

    starts_on: dt.date
    number: int | None
    nothing_found: int | None


@dataclass(frozen=True)
class Asked:
    """A cluster of questions. `clicks` None: fewer than `FEWEST`, but some."""

    text: str
    number: int
    clicks: int | None = 0


@dataclass(frozen=True)
class Refined:
    before: str
    after: str
    number: int


@dataclass(frozen=True)
class Corrected:
    """`how`: names of `CORRECTIONS`."""

    how: tuple[str, ...]
    text: str
    number: int

    @property
    def reasons(self) -> list:
        return [CORRECTIONS.get(name, name) for name in self.how]


@dataclass(frozen=True)
class Report:
    since: dt.date
    weeks: list[Week]
    top: list[Asked]
    nothing_found: list[Asked]
    not_opened: list[Asked]
    refined: list[Refined]
    corrected: list[Corrected]

    @property
    def most(self) -> int:
        """The busiest week, for the bars."""
        return max((week.number or 0 for week in self.weeks), default=0)


def read_report(*, weeks: int = 4, stage: str = "", today: dt.date | None = None) -> Report:
    """Of the last `weeks` weeks, whole ones from Monday on; `stage`: only what was asked with this filter. Eight queries."""
    today = today or timezone.localdate()
    since = today - dt.timedelta(days=today.weekday(), weeks=weeks - 1)
    events = SearchEvent.objects.filter(day__gte=since)
    if stage:
        events = events.filter(filters__contains=f" stage:{stage} ")
    clicks = SearchClick.objects.filter(day__gte=since)
    top = _count_clusters(events)
    nothing = _count_clusters(events.filter(total=0))
    not_opened = _count_clusters(events.filter(total__gt=0).exclude(cluster_id__in=clicks.values("cluster_id")))
    clusters = {cluster for rows in (top, nothing, not_opened) for cluster, _words, _number in rows}
    texts = most_used_texts(clusters, at_least=FEWEST, day__gte=since)
    opened = dict(clicks.filter(cluster_id__in=[row[0] for row in top]).values_list("cluster_id").annotate(sum=Sum("number")))

    def show(rows, numbers=None) -> list[Asked]:
        numbers = numbers or {}
        return [Asked(texts.get(cluster, words), number, _hide(numbers.get(cluster, 0))) for cluster, words, number in rows]

    return Report(
        since,
        _read_weeks(events, since, weeks),
        show(top, opened),
        show(nothing),
        show(not_opened),
        _read_refined(events),
        _read_corrected(events),
    )


def read_frequent(*, weeks: int, today: dt.date | None = None) -> list[Asked]:
    """The most frequent questions of the last weeks in a wording of many, `LONGEST_TABLE` at most. Two queries."""
    since = (today or timezone.localdate()) - dt.timedelta(weeks=weeks)
    rows = _count_clusters(SearchEvent.objects.filter(day__gte=since))
    texts = most_used_texts([cluster for cluster, _words, _number in rows], at_least=FEWEST, day__gte=since)
    return [Asked(texts[cluster], number) for cluster, _words, number in rows if cluster in texts]


def _hide(number: int) -> int | None:
    return number if number >= FEWEST or number == 0 else None


def _count_clusters(events: QuerySet) -> list[tuple[str, str, int]]:
    """(cluster id, its words, number), the most frequent first."""
    rows = events.values_list("cluster_id", "cluster").annotate(number=Count("pk")).filter(number__gte=FEWEST)
    return list(rows.order_by("-number", "cluster")[:LONGEST_TABLE])


def _read_weeks(events: QuerySet, since: dt.date, weeks: int) -> list[Week]:
    counted = (
        events.annotate(week=TruncWeek("day")).values_list("week").annotate(number=Count("pk"), nothing=Count("pk", filter=Q(total=0)))
    )
    numbers = {week: (number, nothing) for week, number, nothing in counted.order_by("week")}
    found = []
    for at in range(weeks):
        starts_on = since + dt.timedelta(weeks=at)
        number, nothing = numbers.get(starts_on, (0, 0))
        found.append(Week(starts_on, _hide(number), _hide(nothing)))
    return found


def _read_refined(events: QuerySet) -> list[Refined]:
    rows = events.exclude(previous="").values_list("previous", "text").annotate(number=Count("pk")).filter(number__gte=FEWEST)
    return [Refined(*row) for row in rows.order_by("-number", "previous", "text")[:LONGEST_TABLE]]


def _read_corrected(events: QuerySet) -> list[Corrected]:
    rows = events.exclude(correction="").values_list("correction", "text").annotate(number=Count("pk")).filter(number__gte=FEWEST)
    return [Corrected(tuple(how.split("+")), text, number) for how, text, number in rows.order_by("-number", "text")[:LONGEST_TABLE]]


# As sheets


def make_sheet(report: Report, table: str) -> tuple[list[str], list[list]]:
    """(headings, rows) of one table for a spreadsheet; what is hidden on the page is hidden here. Raises KeyError."""

    def shown(number: int | None) -> str:
        return f"<{FEWEST}" if number is None else str(number)

    sheets = {
        "weeks": (["week", "searches", "nothing_found"], lambda: [[week.starts_on.isoformat(), shown(week.number), shown(week.nothing_found)] for week in report.weeks]),
        "top": (["question", "searches", "opened"], lambda: [[row.text, row.number, shown(row.clicks)] for row in report.top]),
        "nothing_found": (["question", "searches"], lambda: [[row.text, row.number] for row in report.nothing_found]),
        "not_opened": (["question", "searches"], lambda: [[row.text, row.number] for row in report.not_opened]),
        "refined": (["before", "after", "searches"], lambda: [[row.before, row.after, row.number] for row in report.refined]),
        "corrected": (["correction", "question", "searches"], lambda: [["+".join(row.how), row.text, row.number] for row in report.corrected]),
    }  # fmt: skip
    headings, rows = sheets[table]
    return headings, [[_disarm(cell) for cell in row] for row in rows()]


def _disarm(cell):
    """A question may begin like a formula; a spreadsheet must not run it."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell
