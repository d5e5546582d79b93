"""The lines of a case's history, and what its sender reads of it, in words."""

from django.utils.translation import gettext as _

from oss.models import Case, CaseEvent
from oss.routing import Reason

ICONS = {
    CaseEvent.Kind.OPENED: "chat",
    CaseEvent.Kind.ROUTED: "pin",
    CaseEvent.Kind.TAKEN: "person",
    CaseEvent.Kind.ANSWERED: "check",
    CaseEvent.Kind.CLOSED: "save",
}


def explain_route(event: CaseEvent, province: str) -> str:
    """Why the case came to the centre of this event. `province`: where the business stands."""
    if event.reason == Reason.OWN:
        return _("เพราะร้านอยู่จังหวัด%(province)s") % {"province": province}
    if event.reason == Reason.STANDS_IN:
        return _("เพราะศูนย์ก่อนหน้ายังไม่รับเรื่องในตอนนี้ ศูนย์นี้รับแทน")
    if event.reason == Reason.NOBODY:
        return _("เพราะตอนนี้ไม่มีศูนย์ไหนรับเรื่องได้ ศูนย์กรุงเทพฯ จึงเก็บเรื่องไว้ดูแล")
    return ""


def tell(event: CaseEvent, case: Case) -> dict:
    """`{icon, title, text, actor, happened_at}` of one line."""
    kind = CaseEvent.Kind(event.kind)
    centre = event.centre.short_name if event.centre else ""
    titles = {
        CaseEvent.Kind.OPENED: _("ส่งคำขอเข้ามา"),
        CaseEvent.Kind.ROUTED: _("ส่งเข้า%(centre)s") % {"centre": centre},
        CaseEvent.Kind.TAKEN: _("รับเรื่องแล้ว"),
        CaseEvent.Kind.ANSWERED: _("บันทึกคำตอบ"),
        CaseEvent.Kind.CLOSED: _("ปิดเรื่องแล้ว"),
    }
    return {
        "icon": ICONS[kind],
        "title": titles[kind],
        "text": explain_route(event, case.province.name) if kind == CaseEvent.Kind.ROUTED else event.text,
        "actor": event.actor if kind != CaseEvent.Kind.OPENED else None,
        "happened_at": event.happened_at,
    }


def explain_detour(case: Case) -> str:
    """Why another centre than the province's own looks after the case, for its sender; empty when it is the own one."""
    if case.centre.province_id == case.province_id and not _nobody_takes(case):
        return ""
    if _nobody_takes(case):
        return _("ตอนนี้ยังไม่มีศูนย์ไหนรับเรื่องได้ %(centre)s จึงเก็บเรื่องของคุณไว้ดูแล") % {"centre": case.centre.short_name}
    return _("ศูนย์จังหวัด%(province)sยังไม่รับเรื่องในตอนนี้ %(centre)s จึงดูแลแทน") % {
        "province": case.province.name,
        "centre": case.centre.short_name,
    }


def _nobody_takes(case: Case) -> bool:
    return any(event.reason == Reason.NOBODY for event in case.events.all())


def say_status(case: Case) -> str:
    """Where the case stands, in plain words for its sender."""
    return {
        Case.State.NEW: _("ถึงศูนย์แล้ว รอที่ปรึกษารับเรื่อง"),
        Case.State.TAKEN: _("มีที่ปรึกษารับเรื่องแล้ว กำลังดูเรื่องของคุณ"),
        Case.State.ANSWERED: _("ศูนย์ตอบคุณแล้ว"),
        Case.State.CLOSED: _("ปิดเรื่องแล้ว"),
    }[Case.State(case.state)]


def mask_contact(case: Case) -> str:
    """Enough to recognise one's own number or address, not enough to learn it: `xxx xxx 5678`."""
    if case.channel == Case.Channel.PHONE:
        return f"xxx xxx {str(case.phone.national_number)[-4:]}" if case.phone else ""
    if case.channel == Case.Channel.EMAIL:
        name, _at, host = case.email.partition("@")
        return f"{name[:1]}xxx@{host}"
    return f"{case.line_id[:2]}xxx"


def mask_name(name: str) -> str:
    """The first name as it is, the others hidden: `สมชาย xxx`."""
    first, *rest = name.split()
    return f"{first} xxx" if rest else first
