"""The MSME size class of a business, with its reason. Pure.

Source: กฎกระทรวงกำหนดลักษณะของวิสาหกิจขนาดกลางและขนาดย่อม พ.ศ. 2562 and, for micro, the สสว. announcement of
21 January 2563 (domain.md §1.1). Micro is legally a part of small: a programme "for small" includes micro unless
it says otherwise. Where staff and revenue fall in different classes the sources disagree (§1.2): `rule` chooses.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users.formats import format_baht


class Size(StrEnum):
    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGER = "larger"

    @property
    def label(self) -> str:
        return str(LABELS[self])


ORDER = list(Size)
LABELS = {
    Size.MICRO: gettext_lazy("รายย่อย"),
    Size.SMALL: gettext_lazy("ขนาดย่อม"),
    Size.MEDIUM: gettext_lazy("ขนาดกลาง"),
    Size.LARGER: gettext_lazy("ใหญ่กว่า MSME"),
}
# Upper limits, inclusive: (staff, baht a year) of micro, small and medium.
LIMITS = {
    "manufacturing": [(5, 1_800_000), (50, 100_000_000), (200, 500_000_000)],
    "trade": [(5, 1_800_000), (30, 50_000_000), (100, 300_000_000)],
    "service": [(5, 1_800_000), (30, 50_000_000), (100, 300_000_000)],
}
RULES = ("revenue", "higher")


@dataclass(frozen=True)
class SizeVerdict:
    """`size` is None when it is not known; `possible` holds every class that is still open."""

    size: Size | None
    possible: frozenset[Size]
    reason: str

    def __str__(self):
        return self.size.label if self.size else _("ยังบอกไม่ได้")


def classify(*, family: str | None, staff: int | None, yearly_revenue: Decimal | int | None, rule: str = "revenue") -> SizeVerdict:
    """The class of a business of `family` with `staff` people and `yearly_revenue` baht.

    rule "revenue": revenue decides; staff alone can only say "at least". "higher": the higher of the two decides.
    Raises ValueError on an unknown rule or family.
    """
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r}")
    if family is None:
        return SizeVerdict(None, frozenset(Size), _("ยังไม่รู้ว่าเป็นการผลิต การค้า หรือบริการ"))
    if family not in LIMITS:
        raise ValueError(f"unknown family {family!r}")
    by_staff = None if staff is None else _class_of(staff, [limit[0] for limit in LIMITS[family]])
    by_revenue = None if yearly_revenue is None else _class_of(yearly_revenue, [limit[1] for limit in LIMITS[family]])
    if rule == "higher":
        return _by_higher(by_staff, by_revenue, staff, yearly_revenue)
    if by_revenue is not None:
        reason = _("รายได้ %(revenue)s ต่อปีอยู่ในเกณฑ์%(size)s") % {"revenue": format_baht(yearly_revenue), "size": by_revenue.label}
        if by_staff is not None and by_staff != by_revenue:
            reason += " " + _("แม้คนทำงาน %(staff)s คนจะเข้าเกณฑ์%(size)s เพราะถือรายได้เป็นเกณฑ์") % {"staff": staff, "size": by_staff.label}
        return SizeVerdict(by_revenue, frozenset([by_revenue]), reason)
    return SizeVerdict(None, frozenset(Size), _("ยังไม่รู้รายได้ต่อปี ซึ่งเป็นตัวตัดสินขนาด"))


def _by_higher(by_staff, by_revenue, staff, yearly_revenue) -> SizeVerdict:
    known = [size for size in (by_staff, by_revenue) if size is not None]
    if not known:
        return SizeVerdict(None, frozenset(Size), _("ยังไม่รู้ทั้งจำนวนคนและรายได้"))
    highest = max(known, key=ORDER.index)
    if len(known) == 2:
        reason = _("คนทำงาน %(staff)s คน รายได้ %(revenue)s ต่อปี ถือเกณฑ์ที่สูงกว่าคือ%(size)s") % {
            "staff": staff,
            "revenue": format_baht(yearly_revenue),
            "size": highest.label,
        }
        return SizeVerdict(highest, frozenset([highest]), reason)
    possible = frozenset(ORDER[ORDER.index(highest) :])
    missing = _("รายได้ต่อปี") if by_revenue is None else _("จำนวนคนทำงาน")
    reason = _("อย่างน้อย%(size)s ยังไม่รู้%(missing)s") % {"size": highest.label, "missing": missing}
    return SizeVerdict(highest if len(possible) == 1 else None, possible, reason)


def _class_of(amount, limits: list[int]) -> Size:
    for size, limit in zip(ORDER, limits, strict=False):
        if amount <= limit:
            return size
    return Size.LARGER
