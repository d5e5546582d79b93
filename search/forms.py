"""What a visitor asked for in the address: read leniently, because an address is often passed on, cut or mistyped."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from business import vocabulary
from search import thai
from search.documents import listed_kinds
from search.query import LAST_PAGE, LONGEST

SINGLE = ("province",)
MOST_VALUES = 40  # of one facet; an address with more was not made by our form
FACET_NAMES = {"stage": _("ช่วงธุรกิจ"), "function": _("เรื่อง"), "province": _("ใช้ได้ในจังหวัด"), "sector": _("ประเภทกิจการ")}


def facet_rows(name: str) -> Mapping[str, object]:
    """{code: row} of a facet's vocabulary, in order."""
    return {"stage": vocabulary.stages, "function": vocabulary.functions, "province": vocabulary.provinces, "sector": vocabulary.sectors}[
        name
    ]()


@dataclass(frozen=True)
class Asked:
    """`filters` holds known codes only; `is_partly_unknown` says that others were left out."""

    text: str = ""
    type: str = ""
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1
    is_partly_unknown: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not self.type and not self.filters

    def engine_filters(self) -> dict[str, tuple[str, ...]]:
        return {"type": (self.type,) if self.type else tuple(listed_kinds()), **self.filters}

    def address(self, **changes) -> str:
        """The results page with something changed: `type`, `page`, `text`, or a facet's codes. Page 1 unless said."""
        values = {"q": changes.get("text", self.text)[: LONGEST * 2], "type": changes.get("type", self.type)}
        query = QueryDict(mutable=True)
        for name, value in values.items():
            if value:
                query[name] = value
        for name in FACET_NAMES:
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
    for name in FACET_NAMES:
        given = [code for code in dict.fromkeys(params.getlist(name)[: MOST_VALUES + 1]) if code]
        known = [code for code in given if code in facet_rows(name)][: 1 if name in SINGLE else MOST_VALUES]
        is_partly_unknown = is_partly_unknown or len(known) < len(given)
        if known:
            filters[name] = tuple(known)
    return Asked(
        text=thai.repair(params.get("q", "")[: LONGEST * 5]),
        type=kind,
        filters=filters,
        page=_read_page(params.get("page", "")),
        is_partly_unknown=is_partly_unknown,
    )


def _read_page(text: str) -> int:
    digits = thai.fold(text.strip())
    if not digits.isascii() or not digits.isdecimal():
        return 1
    return min(max(int(digits[:6]), 1), LAST_PAGE)
