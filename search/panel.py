"""The search desk in Wagtail's admin: why a question finds what it finds, and what people look for."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from business import vocabulary
from kb.models import GuideIndexPage
from search import reports, thai
from search.engines import FIELDS, MARK, UNMARK, EngineAway
from search.knowledge import find_best_bets, find_phrases, knowledge, trying
from search.models import SynonymSet
from search.query import Explanation, explain

WORD_FIELDS = tuple(name for name in FIELDS if name not in ("pairs", "grams", "all", "starts"))
NO_MARKS = {ord(mark): None for mark in (thai.JOINER, MARK, UNMARK)}
WHY = {"typed": gettext_lazy("ตามที่พิมพ์"), "offered": gettext_lazy("เสนอให้เลือก"), "nearly": gettext_lazy("คำใกล้เคียง"), **reports.CORRECTIONS}
KINDS = dict(SynonymSet.Kind.choices) | {"variant": gettext_lazy("สะกดอีกแบบ"), "abbreviation": gettext_lazy("คำย่อ")}
MOST_TERMS = 60


def may_use_desk(user) -> bool:
    return user.has_perm("search.change_synonymset")


class DeskView(WagtailAdminTemplateMixin, TemplateView):
    """Asks for the permission of the desk; Wagtail has asked for the admin's already."""

    header_icon = "search"

    def dispatch(self, request, *args, **kwargs):
        if not may_use_desk(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]


# Preview


@dataclass(frozen=True)
class ShownReading:
    text: str
    why: list
    weight: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class ShownHit:
    """`before`: its place without the synonym on trial; 0: it was not among them. None: nothing to compare with."""

    place: int
    title: str
    key: str
    score: float
    before: int | None = None


@dataclass(frozen=True)
class Shown:
    """An explanation as the page shows it. `terms`: (term, weights in the order of `WORD_FIELDS`)."""

    readings: list[ShownReading]
    terms: list[tuple[str, list[float]]]
    more_terms: int
    pairs: int
    scraps: int
    hits: list[ShownHit]
    engine: str
    took: float


def show_explanation(explanation: Explanation, before: Iterable[ShownHit] | None = None) -> Shown:
    places = None if before is None else {hit.key: hit.place for hit in before}
    weights: dict[str, dict[str, float]] = {}
    numbers = {"pairs": 0, "grams": 0}
    for clause in explanation.plan.clauses:
        if clause.field in numbers:
            numbers[clause.field] += 1
        elif clause.field in WORD_FIELDS:
            row = weights.setdefault(clause.term, {})
            row[clause.field] = row.get(clause.field, 0) + clause.weight
    heaviest = sorted(weights.items(), key=lambda row: -max(row[1].values()))
    return Shown(
        readings=[
            ShownReading(reading.text, [WHY.get(str(why), str(why)) for why in sorted(reading.why)], reading.weight, reading.words)
            for reading in explanation.readings
        ],
        terms=[(term, [row.get(name, 0) for name in WORD_FIELDS]) for term, row in heaviest[:MOST_TERMS]],
        more_terms=max(0, len(heaviest) - MOST_TERMS),
        pairs=numbers["pairs"],
        scraps=numbers["grams"],
        hits=[
            ShownHit(place, hit.texts["title"].translate(NO_MARKS), hit.key, hit.score, None if places is None else places.get(hit.key, 0))
            for place, hit in enumerate(explanation.hits, start=1)
        ],
        engine=explanation.engine,
        took=explanation.took,
    )


def list_known(terms: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """(phrase of the question, what it stands for, kind) of everything that is known about the question's words."""
    known, rows = knowledge(), []
    for table in (known.synonyms, known.abbreviations, known.short_forms):
        for found in find_phrases(terms, table):
            phrase = " ".join(terms[found.start : found.end])
            rows += [(phrase, equivalent.text, KINDS.get(equivalent.kind, equivalent.kind)) for equivalent in table[found.key]]
    for found in find_phrases(terms, known.variants):
        rows.append((" ".join(terms[found.start : found.end]), known.variants[found.key].text, KINDS["variant"]))
    for found in find_phrases(terms, known.fillers):
        rows.append((" ".join(terms[found.start : found.end]), "", _("คำพูดประกอบ ไม่ใช้ค้น")))
    return rows


class PreviewView(DeskView):
    template_name = "search/admin/preview.html"
    page_title = gettext_lazy("ลองค้นดู")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        asked = {name: self.request.GET.get(name, "")[:1_000] for name in ("q", "term", "equivalents", "kind")}
        context |= {"asked": asked, "kinds": SynonymSet.Kind.choices, "fields": WORD_FIELDS}
        if not asked["q"].strip():
            return context
        synonym = None
        if asked["term"].strip() or asked["equivalents"].strip():
            synonym = SynonymSet(term=asked["term"], equivalents=asked["equivalents"], kind=asked["kind"] or SynonymSet.Kind.SAME)
            try:
                synonym.full_clean(exclude=["changed_by"])
            except ValidationError as error:
                context["errors"], synonym = error.messages, None
        try:
            explanation = explain(asked["q"])
            now = show_explanation(explanation)
            terms = explanation.readings[0].words if explanation.readings else ()
            context |= {"now": now, "known": list_known(terms), "bets": find_best_bets(terms)}
            if synonym:
                with trying([(synonym.term, synonym.lines, synonym.kind)]):
                    context["then"] = show_explanation(explain(asked["q"]), now.hits)
                fields = {"term": synonym.term, "equivalents": synonym.equivalents, "kind": synonym.kind}
                context["keep"] = f"{add_synonym_address()}?{urlencode(fields)}"
        except EngineAway:
            context["is_away"] = True
        return context


def add_synonym_address() -> str:
    return reverse("wagtailsnippets_search_synonymset:add")


# Report


class LogView(DeskView):
    template_name = "search/admin/log.html"
    page_title = gettext_lazy("คนหาอะไร")

    def read_asked(self) -> tuple[int, str]:
        """(weeks, stage's code) of the address; what is unknown is the default."""
        weeks, stage = self.request.GET.get("weeks", ""), self.request.GET.get("stage", "")
        known = {str(number): number for number in reports.PERIODS}
        return known.get(weeks, 4), stage if stage in vocabulary.stages() else ""

    def get(self, request, *args, **kwargs):
        weeks, stage = self.read_asked()
        self.report = reports.read_report(weeks=weeks, stage=stage)
        if table := request.GET.get("export", ""):
            try:
                return write_csv(table, *reports.make_sheet(self.report, table))
            except KeyError:
                pass
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        weeks, stage = self.read_asked()
        guides = GuideIndexPage.objects.first()
        return super().get_context_data(**kwargs) | {
            "report": self.report,
            "weeks": weeks,
            "stage": stage,
            "periods": reports.PERIODS.items(),
            "stages": vocabulary.stages().values(),
            "fewest": reports.FEWEST,
            "here": urlencode({"weeks": weeks, "stage": stage}),
            "add_guide": reverse("wagtailadmin_pages:add", args=("kb", "guidepage", guides.pk)) if guides else "",
            "add_synonym": add_synonym_address(),
        }


def write_csv(name: str, headings: list[str], rows: list[list]) -> HttpResponse:
    """With a byte order mark, or Excel takes Thai for something else."""
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="searches-{name}.csv"'}
    )
    response.write("\ufeff")
    csv.writer(response).writerows([headings, *rows])
    return response
