"""The search desk in Wagtail's admin: why a question finds what it finds, and what people look for."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
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
from search import differences, reports, thai
from search.engines import FIELDS, MARK, UNMARK, EngineAway
from search.knowledge import find_best_bets, find_phrases, knowledge, trying
from search.models import OwnWord, Promotion, SynonymSet
from search.query import Explanation, explain
from search.readings import Why

WORD_FIELDS = tuple(name for name in FIELDS if name not in ("pairs", "grams", "all", "starts"))
NO_MARKS = {ord(mark): None for mark in (thai.JOINER, MARK, UNMARK)}
WHY = {
    Why.TYPED: gettext_lazy("ตามที่พิมพ์"),
    Why.OFFERED: gettext_lazy("เสนอให้เลือก"),
    Why.NEARLY: gettext_lazy("คำใกล้เคียง"),
    **reports.CORRECTIONS,
}
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
            ShownReading(reading.text, [WHY[why] for why in sorted(reading.why)], reading.weight, reading.words)
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


Record = SynonymSet | OwnWord | Promotion
FIELDS_OF = {  # what the preview reads of a record, the first of them says that it is meant
    SynonymSet: ("term", "equivalents", "kind"),
    OwnWord: ("word",),
    Promotion: ("phrases", "title", "starts_on", "ends_on", "order"),
}


def read_record(given: Mapping[str, str]) -> Record | None:
    """The record that an editor is about to save, from its form or from the preview's; `record` is the number of a saved one.

    Raises ValidationError. A promotion's target is not asked for: it changes nothing about when it is shown.
    """
    for model, names in FIELDS_OF.items():
        if not any(given.get(name, "").strip() for name in names[:2] if name != "title"):
            continue
        number = given.get("record", "")
        record = (model.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None) or model()
        for name in names:
            if value := given.get(name, "").strip():
                setattr(record, name, value)
        if model is SynonymSet and record.pk:
            record.live = bool(given.get("live"))
        if model is Promotion:
            record.url, record.page, record.programme = "/", None, None
            record.title = record.title or record.phrases[:100]
        record.full_clean(exclude=["changed_by"])
        return record
    return None


def add_address(record: Record) -> str:
    """The form of a new record, filled in."""
    fields = {name: getattr(record, name) for name in FIELDS_OF[type(record)] if getattr(record, name) not in (None, "")}
    return f"{reverse(f'wagtailsnippets_search_{record._meta.model_name}:add')}?{urlencode(fields)}"


class PreviewView(DeskView):
    """Why a question finds what it finds, and what a record changes that is not saved yet."""

    template_name = "search/admin/preview.html"
    page_title = gettext_lazy("ลองค้นดู")

    def post(self, request, *args, **kwargs):
        """From the form of a record. Nothing is saved."""
        return self.get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        sent = self.request.POST if self.request.method == "POST" else self.request.GET
        asked = {name: sent.get(name, "")[:1_000] for name in ("q", "record", "live", *chain.from_iterable(FIELDS_OF.values()))}
        context |= {"asked": asked, "kinds": SynonymSet.Kind.choices, "fields": WORD_FIELDS}
        record = None
        try:
            record = read_record(asked)
        except ValidationError as error:
            context["errors"] = error.messages
        try:
            if asked["q"].strip():
                context |= self.explain(asked["q"], record if isinstance(record, SynonymSet) else None)
            if record:
                context |= {"record": record, "weeks": differences.WEEKS, "first": differences.FIRST}
                context["keep"] = "" if record.pk else add_address(record)
                context["differences"] = differences.TRIALS[type(record)](record)
        except EngineAway:
            context["is_away"] = True
        except differences.TrialFailed:
            context["is_failed"] = True
        return context

    def explain(self, text: str, synonym: SynonymSet | None) -> dict:
        explanation = explain(text)
        now = show_explanation(explanation)
        terms = explanation.readings[0].words if explanation.readings else ()
        context = {"now": now, "known": list_known(terms), "bets": find_best_bets(terms)}
        if synonym:
            with trying([(synonym.term, synonym.lines, synonym.kind)]):
                context["then"] = show_explanation(explain(text), now.hits)
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
