"""The life of a case: opened, taken, answered, closed. Each step is one transaction with its line in the history."""

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from business.models import BusinessFunction, Province, Sector, Stage
from kb.models import GuidePage, Programme
from oss.centres import route_province
from oss.models import Case, CaseCounter, CaseEvent
from users.formats import BUDDHIST_OFFSET
from users.models import Consent, User

Kind, State = CaseEvent.Kind, Case.State

# From which state a step leads where. What is not here is refused.
STEPS = {
    Kind.TAKEN: {State.NEW: State.TAKEN},
    Kind.ANSWERED: {State.TAKEN: State.ANSWERED, State.ANSWERED: State.ANSWERED},
    Kind.CLOSED: {State.TAKEN: State.CLOSED, State.ANSWERED: State.CLOSED},
}


class Refused(Exception):
    """The step is not possible now; the message says why, in the reader's language."""


class KeyUsed(Exception):
    """This form key has already opened `case`, with other words than these."""

    def __init__(self, case: Case):
        super().__init__(case.reference)
        self.case = case


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """What a person asks, checked and cleaned. `phone` is E.164, `yearly_revenue` is in baht; None means not told."""

    question: str
    province: Province
    contact_name: str
    channel: Case.Channel
    phone: str = ""
    email: str = ""
    line_id: str = ""
    topic: BusinessFunction | None = None
    stage: Stage | None = None
    sector: Sector | None = None
    staff: int | None = None
    yearly_revenue: Decimal | None = None
    legal_form: str = ""
    business_name: str = ""
    guide: GuidePage | None = None
    programme: Programme | None = None
    query: str = ""

    def values(self) -> dict:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def digest(self) -> str:
        """The same words give the same digest, whoever sends them and whenever."""
        plain = {name: value.pk if isinstance(value, models.Model) else value and str(value) for name, value in self.values().items()}
        return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def open_case(inquiry: Inquiry, *, key: UUID, wording: str, user: User | None = None, now: datetime | None = None) -> tuple[Case, bool]:
    """The case of this form and whether it is new: pressing twice, even at the same moment, opens one.

    `wording`: the notice and the sentence that the person agreed to. Consent, case and first events are written
    together or not at all. Raises KeyUsed when the key has opened a case with other words; nothing is written then.
    """
    known = find_opened(inquiry, key=key)
    if known:
        return known, False
    try:
        with transaction.atomic():
            return _write_case(inquiry, key=key, wording=wording, user=user, now=now or timezone.now()), True
    except IntegrityError:  # the other connection was first
        known = find_opened(inquiry, key=key)
        if known is None:
            raise
        return known, False


def find_opened(inquiry: Inquiry, *, key: UUID) -> Case | None:
    """The case that this form has already opened. Raises KeyUsed when its words were others."""
    case = Case.objects.filter(form_key=key).first()
    if case and case.form_digest != inquiry.digest():
        raise KeyUsed(case)
    return case


def _write_case(inquiry: Inquiry, *, key: UUID, wording: str, user: User | None, now: datetime) -> Case:
    hops = route_province(inquiry.province.pk)
    consent = Consent.objects.create(purpose=Consent.Purpose.CONSULTATION, wording=wording, user=user, subject=str(key))
    case = Case.objects.create(
        **inquiry.values(),
        reference=next_reference(inquiry.province, now=now),
        form_key=key,
        form_digest=inquiry.digest(),
        centre=hops[-1][0],
        opened_by=user,
        opened_at=now,
        consent=consent,
    )
    CaseEvent.objects.bulk_create(
        [
            CaseEvent(case=case, kind=Kind.OPENED, actor=user, happened_at=now),
            *(CaseEvent(case=case, kind=Kind.ROUTED, centre=centre, reason=reason, happened_at=now) for centre, reason in hops),
        ]
    )
    return case


def next_reference(province: Province, *, now: datetime) -> str:
    """`CNX-69-000123`: province of the business, Buddhist year in Bangkok, running number of both.

    The counter's row stays locked until the transaction ends, so no number is given twice; one may be missing.
    """
    year = timezone.localtime(now).year + BUDDHIST_OFFSET
    counter, _created = CaseCounter.objects.select_for_update().get_or_create(letters=province.letters, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{province.letters}-{year % 100:02d}-{counter.last:06d}"


def take_case(case: Case, user: User) -> Case:
    """Gives the case to an advisor. Of two at the same moment one wins, and the other reads who."""
    return _step(case, user, Kind.TAKEN)


def record_answer(case: Case, user: User, note: str) -> Case:
    """Writes down what was answered; several answers may follow one another."""
    return _step(case, user, Kind.ANSWERED, note)


def close_case(case: Case, user: User, note: str) -> Case:
    """Ends the case with its outcome."""
    return _step(case, user, Kind.CLOSED, note)


@transaction.atomic
def _step(case: Case, user: User, kind: CaseEvent.Kind, text: str = "") -> Case:
    """One step of one person, with its line in the history. The same button pressed twice is one step. Raises Refused."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    last = case.events.last()
    if last and (last.kind, last.actor_id, last.text) == (kind, user.pk, text):
        return case
    if case.state not in STEPS[kind]:
        raise Refused(explain_refusal(case, kind))
    case.state = STEPS[kind][case.state]
    if kind == Kind.TAKEN:
        case.advisor = user
    case.save(update_fields=["state", "advisor"])
    CaseEvent.objects.create(case=case, kind=kind, actor=user, text=text)
    return case


def explain_refusal(case: Case, kind: CaseEvent.Kind) -> str:
    if case.state == State.CLOSED:
        return _("เรื่องนี้ปิดไปแล้ว")
    if kind == Kind.TAKEN:
        return _("%(person)s รับเรื่องนี้ไปแล้ว") % {"person": case.advisor or _("เพื่อนร่วมศูนย์")}
    return _("ต้องรับเรื่องก่อน แล้วจึงบันทึกคำตอบหรือปิดเรื่องได้")
