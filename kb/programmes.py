"""Programmes against a reader's business, in words: the verdict, each reason with its source, how to find out the rest."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from business import vocabulary
from business.models import Business, LegalForm
from business.profile import current_business
from kb.matching import Answer, Band, Finding, Topic, Verdict
from kb.models import Programme, describe_business, name_codes
from users.formats import format_baht

BAND_ORDER = [Band.LIKELY, Band.CHECK, Band.NO, Band.CLOSED]
BAND_NAMES = {
    Band.LIKELY: gettext_lazy("น่าจะได้"),
    Band.CHECK: gettext_lazy("ต้องตรวจเพิ่ม"),
    Band.NO: gettext_lazy("ไม่ตรงตอนนี้"),
    Band.CLOSED: gettext_lazy("ปิดรับแล้ว"),
}
# How the look draws each: class of the verdict, class of its scallops, icon.
BAND_LOOKS = {
    Band.LIKELY: ("yes", "of-yes", "yes"),
    Band.CHECK: ("maybe", "of-maybe", "unknown"),
    Band.NO: ("no", "of-no", "no"),
    Band.CLOSED: ("no", "of-no", "no"),
}
TOPIC_NAMES = {
    Topic.STAGE: gettext_lazy("ช่วงธุรกิจ"),
    Topic.NEED: gettext_lazy("เรื่องที่ช่วย"),
    Topic.SECTOR: gettext_lazy("ประเภทกิจการ"),
    Topic.SIZE: gettext_lazy("ขนาดกิจการ"),
    Topic.PROVINCE: gettext_lazy("จังหวัด"),
    Topic.LEGAL_FORM: gettext_lazy("รูปแบบกิจการ"),
    Topic.OTHER: gettext_lazy("เงื่อนไขอื่น"),
}
ANSWER_NAMES = {Answer.YES: gettext_lazy("ตรง"), Answer.NO: gettext_lazy("ไม่ตรง"), Answer.UNKNOWN: gettext_lazy("ยังไม่รู้")}
ANSWER_LOOKS = {Answer.YES: ("yes", "done", "yes"), Answer.NO: ("no", "not", "no"), Answer.UNKNOWN: ("maybe", "unknown", "unknown")}
NAMES_SHOWN = 4
FEW_SHOWN = 3


class Reason(NamedTuple):
    """One clause in words. `asks` is the condition as published, `known` what we know of the business about it."""

    answer: Answer
    topic: Topic
    asks: str
    known: str
    source: str

    @property
    def answer_name(self) -> str:
        return str(ANSWER_NAMES[self.answer])

    @property
    def topic_name(self) -> str:
        return str(TOPIC_NAMES[self.topic])

    @property
    def look(self) -> str:
        return ANSWER_LOOKS[self.answer][0]

    @property
    def scallop(self) -> str:
        return ANSWER_LOOKS[self.answer][1]

    @property
    def icon(self) -> str:
        return ANSWER_LOOKS[self.answer][2]

    @property
    def is_for_profile(self) -> bool:
        """Whether the reader's profile can answer it; the rest only the agency can."""
        return self.answer is Answer.UNKNOWN and self.topic not in (Topic.OTHER, Topic.NEED)


class Match(NamedTuple):
    """A programme with its verdict for a business."""

    programme: Programme
    verdict: Verdict

    @property
    def name(self) -> str:
        return str(BAND_NAMES[self.verdict.band])

    @property
    def look(self) -> str:
        return BAND_LOOKS[self.verdict.band][0]

    @property
    def scallops(self) -> str:
        return BAND_LOOKS[self.verdict.band][1]

    @property
    def icon(self) -> str:
        return BAND_LOOKS[self.verdict.band][2]

    @property
    def total(self) -> int:
        return len(self.verdict.conditions)

    @property
    def reasons(self) -> list[Reason]:
        """Failed clauses first, then unknown ones, then those that hold: the reader asks why not before why."""
        order = [Answer.NO, Answer.UNKNOWN, Answer.YES]
        return sorted((explain(finding) for finding in self.verdict.findings), key=lambda reason: order.index(reason.answer))

    @property
    def failed_reasons(self) -> list[Reason]:
        return [reason for reason in self.reasons if reason.answer is Answer.NO]

    @property
    def counted_reasons(self) -> list[Reason]:
        """What "met of total" counts, those that hold first: how the scallops are hung."""
        counted = [explain(finding) for finding in self.verdict.conditions]
        return sorted(counted, key=lambda reason: [Answer.YES, Answer.UNKNOWN, Answer.NO].index(reason.answer))

    @property
    def unknown_names(self) -> list[str]:
        """What is not known, named: the topic, or the condition itself where it is one in words."""
        return list(
            dict.fromkeys(
                finding.clause.text if finding.clause.topic is Topic.OTHER else str(TOPIC_NAMES[finding.clause.topic])
                for finding in self.verdict.unknown
            )
        )

    @property
    def can_tell_more(self) -> bool:
        """Whether something unknown could be learnt from the reader's profile."""
        return any(finding.clause.topic is not Topic.OTHER for finding in self.verdict.unknown)


def explain(finding: Finding) -> Reason:
    """A finding in words that name the codes."""
    clause = finding.clause
    if clause.topic is Topic.OTHER:
        return Reason(finding.answer, clause.topic, clause.text, _("เรื่องนี้ต้องถามหน่วยงานเจ้าของโครงการ"), clause.source)
    known = name_codes(clause.topic, finding.have or ())
    if not known:
        said = _("เรายังไม่รู้%(topic)sของคุณ") % {"topic": TOPIC_NAMES[clause.topic]}
    elif clause.topic is Topic.NEED:
        said = _("คุณกำลังดูเรื่อง %(names)s") % {"names": join_names(known)}
    elif len(known) > 1:
        said = _("ร้านคุณอาจเป็น %(names)s") % {"names": join_names(known)}
    else:
        said = _("ร้านคุณ: %(name)s") % {"name": known[0]}
    return Reason(finding.answer, clause.topic, join_names(name_codes(clause.topic, clause.wanted)), said, clause.source)


def join_names(names: list[str]) -> str:
    """`ก, ข หรือ ค`; a long list is cut and says how many are left."""
    if len(names) > NAMES_SHOWN:
        return _("%(names)s และอีก %(number)s แบบ") % {"names": ", ".join(names[: NAMES_SHOWN - 1]), "number": len(names) - NAMES_SHOWN + 1}
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s หรือ %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def describe_known(business: Business | None) -> list[tuple[str, str]]:
    """What the reader has told of the business, as (name, value); an empty value was not answered."""
    business = business or Business()
    return [
        (_("ทำกิจการ"), business.sector.name if business.sector else ""),
        (_("จังหวัด"), business.province.name if business.province else ""),
        (_("ช่วงธุรกิจ"), business.stage.name if business.stage else ""),
        (_("คนทำงาน"), "" if business.staff is None else _("%(number)s คน") % {"number": business.staff}),
        (_("รายได้ต่อปี"), "" if business.yearly_revenue is None else format_baht(business.yearly_revenue)),
        (_("รูปแบบกิจการ"), str(LegalForm(business.legal_form).label) if business.legal_form in LegalForm else ""),
        (_("ขนาดกิจการ"), business.size.size.label if business.size.size else ""),
    ]


def sort_key(match: Match, today: dt.date):
    """The nearest closing day first; then what is surely open, the fewest clauses that fail, the most that hold, the name."""
    programme, verdict = match
    left = programme.days_left(today)
    is_uncertain = programme.status == Programme.Status.UNCERTAIN
    return (left is None, left or 0, is_uncertain, len(verdict.failed), -verdict.met, programme.name)


@dataclass(frozen=True)
class BandOfMatches:
    band: Band
    matches: list[Match]

    @property
    def name(self) -> str:
        return str(BAND_NAMES[self.band])

    @property
    def look(self) -> str:
        return BAND_LOOKS[self.band][0]

    @property
    def icon(self) -> str:
        return BAND_LOOKS[self.band][2]

    @property
    def shown(self) -> int:
        """How many stand open; the rest of what does not fit waits behind one press."""
        return FEW_SHOWN if self.band in (Band.NO, Band.CLOSED) else len(self.matches)

    @property
    def hidden(self) -> int:
        return max(0, len(self.matches) - self.shown)


def judge(programmes: Iterable[Programme], business: Business | None, *, needs: frozenset[str] | None = None) -> list[BandOfMatches]:
    """The programmes in bands for a business, all four in order. Ineligible ones stay, with their reasons."""
    today = timezone.localdate()
    profile = describe_business(business, needs=needs)
    matches = sorted(
        (Match(programme, programme.match(profile, today=today)) for programme in programmes), key=lambda m: sort_key(m, today)
    )
    return [BandOfMatches(band, [match for match in matches if match.verdict.band is band]) for band in BAND_ORDER]


def open_programmes_of_stage(code: str, business: Business | None, number: int) -> list[Match]:
    """Programmes that a business in this stage may apply to now; those written for the stage first, then by closing day."""
    today = timezone.localdate()
    profile = describe_business(business)
    found = []
    for programme in Programme.objects.live().select_related("agency"):
        codes = programme.codes_wanted(Topic.STAGE)
        if not programme.is_closed(today) and (not codes or code in codes):
            found.append((not codes, Match(programme, programme.match(profile, today=today))))
    found.sort(key=lambda pair: (pair[0], *sort_key(pair[1], today)))
    return [match for _general, match in found[:number]]


def programme_context(programme: Programme, request) -> dict:
    """What the page of one programme shows."""
    from kb.guides import public_guides

    business = current_business(request)
    codes = programme.codes_wanted(Topic.STAGE)
    stages = vocabulary.stages()
    return {
        "programme": programme,
        "match": Match(programme, programme.match(describe_business(business))),
        "business": business,
        "facts": programme.facts,
        "stage": stages.get(next(iter(codes))) if len(codes) == 1 else None,
        "guides": list(public_guides().filter(programmes=programme.pk).order_by("title").prefetch_related("stages")[:6])
        if programme.pk
        else [],
    }


def profile_address(next_address: str) -> str:
    """Where the reader tells of the business, and then comes back."""
    return reverse("business") + "?" + urlencode({"next": next_address})
