"""What a visitor asked for in the address: read leniently, because an address is often passed on, cut or mistyped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.cache import cache
from django.db.models.signals import post_delete, post_save
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from business import vocabulary
from business.models import is_english
from business.size import LABELS, Size
from kb.models import Agency
from search import thai
from search.documents import FACETS, listed_kinds
from search.log import LONGEST_TEXT
from search.query import LAST_PAGE
from search.readings import LONGEST

SINGLE = ("province",)
MOST_VALUES = 40  # of one facet; an address with more was not made by our form
FACET_NAMES = {
    "stage": _("ช่วงธุรกิจ"),
    "function": _("เรื่อง"),
    "province": _("ใช้ได้ในจังหวัด"),
    "sector": _("ประเภทกิจการ"),
    "size": _("ขนาดกิจการ"),
    "agency": _("หน่วยงาน"),
    "format": _("ในหน้ามี"),
}
# How a filter is said in a sentence: «คู่มือ ในช่วง เริ่มต้น เรื่อง ภาษี ใช้ได้ใน เชียงใหม่».
PREPOSITIONS = {
    "stage": _("ในช่วง"),
    "function": _("เรื่อง"),
    "province": _("ใช้ได้ใน"),
    "sector": _("ของกิจการ"),
    "size": _("ขนาด"),
    "agency": _("ของ"),
    "format": _("ที่มี"),
}


class Named(NamedTuple):
    name: str | Promise


class AgencyName(NamedTuple):
    """An agency as people call it."""

    short: str
    english: str

    @property
    def name(self) -> str:
        return self.english if is_english() else self.short


FORMAT_NAMES = {
    "steps": Named(_("ขั้นตอนทีละข้อ")),
    "checklist": Named(_("รายการเอกสาร")),
    "fees": Named(_("ค่าธรรมเนียม")),
    "place": Named(_("ที่ติดต่อ")),
    "table": Named(_("ตาราง")),
    "questions": Named(_("ถามตอบ")),
    "file": Named(_("ไฟล์ดาวน์โหลด")),
    "video": Named(_("วิดีโอ")),
    "audio": Named(_("เสียง")),
    "quiz": Named(_("แบบฝึก")),
    "task": Named(_("งานที่ร้าน")),
}
SIZES = {size.value: Named(LABELS[size]) for size in (Size.MICRO, Size.SMALL, Size.MEDIUM)}
SECONDS = 60
_KEY = "search.agencies"


def _agencies() -> dict[str, AgencyName]:
    """The agencies by code, read once a minute per process."""
    return cache.get_or_set(_KEY, _read_agencies, SECONDS)


def _read_agencies() -> dict[str, AgencyName]:
    return {code: AgencyName(*names) for code, *names in Agency.objects.values_list("code", "short_name", "name_en")}


def forget_agencies(**signal) -> None:
    cache.delete(_KEY)


for _signal in (post_save, post_delete):
    _signal.connect(forget_agencies, sender=Agency, dispatch_uid=f"search-agencies-{id(_signal)}")

_ROWS = {
    "stage": vocabulary.stages,
    "function": vocabulary.functions,
    "province": vocabulary.provinces,
    "sector": vocabulary.sectors,
    "size": lambda: SIZES,
    "agency": _agencies,
    "format": lambda: FORMAT_NAMES,
}


def facet_rows(name: str) -> Mapping[str, object]:
    """{code: row with a `name`} of a facet, in order."""
    return _ROWS[name]()


@dataclass(frozen=True)
class Asked:
    """`filters` holds known codes only; `is_partly_unknown` says that others were left out.

    `exact`: as typed, nothing corrected. `after`: the question before this one, for the log.
    """

    text: str = ""
    type: str = ""
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1
    is_partly_unknown: bool = False
    exact: bool = False
    after: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not self.type and not self.filters

    def engine_filters(self) -> dict[str, tuple[str, ...]]:
        return {"type": (self.type,) if self.type else tuple(listed_kinds()), **self.filters}

    def address(self, **changes) -> str:
        """The results page with something changed: `type`, `page`, `text`, `exact`, or a facet's codes. Page 1 unless said."""
        values = {"q": changes.get("text", self.text)[: LONGEST + 1], "type": changes.get("type", self.type)}
        query = QueryDict(mutable=True)
        for name, value in values.items():
            if value:
                query[name] = value
        if changes.get("exact", self.exact):
            query["exact"] = "1"
        for name in FACETS:
            query.setlist(name, changes.get(name, self.filters.get(name, ())))
        if changes.get("page", 1) > 1:
            query["page"] = changes["page"]
        return f"{reverse('search')}?{query.urlencode()}" if query else reverse("search")


def read_address(params: QueryDict) -> Asked:
    """Reads what can be read. The text is bounded and clean, codes exist, the page is a number from 1 on."""
    is_partly_unknown = False
    kind = params.get("type", "")
    if kind and kind not in listed_kinds():
        kind, is_partly_unknown = "", True
    filters = {}
    for name in FACETS:
        given = [code for code in dict.fromkeys(params.getlist(name)[: MOST_VALUES + 1]) if code]
        known = [code for code in given if code in facet_rows(name)][: 1 if name in SINGLE else MOST_VALUES] if given else []
        is_partly_unknown = is_partly_unknown or len(known) < len(given)
        if known:
            filters[name] = tuple(known)
    return Asked(
        text=thai.repair(params.get("q", "")[: LONGEST * 2])[: LONGEST * 2],
        type=kind,
        filters=filters,
        page=_read_page(params.get("page", "")),
        is_partly_unknown=is_partly_unknown,
        exact=params.get("exact", "") == "1",
        after=thai.repair(params.get("after", "")[:LONGEST_TEXT]).strip(),
    )


def _read_page(text: str) -> int:
    digits = thai.fold(text.strip())
    if not digits.isascii() or not digits.isdecimal():
        return 1
    return min(max(int(digits[:6]), 1), LAST_PAGE)
