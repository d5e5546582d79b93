"""The 77 centres: how a case finds one, how a person finds one by the name he knows, and the box that offers one."""

import difflib
import re
from functools import lru_cache

from django.core.cache import cache
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

from business import vocabulary
from business.models import Province
from oss import routing
from oss.models import Centre
from search import thai

SECONDS = 60
_KEY = "oss.centre.{}"

# The 18 groups of provinces (กลุ่มจังหวัด, Gazette 17 Nov 2560; domain.md §3), north to south. Bangkok is in none.
REGIONS = [
    (_("ภาคเหนือ"), [("N1", _("เหนือตอนบน 1")), ("N2", _("เหนือตอนบน 2")), ("N3", _("เหนือตอนล่าง 1")), ("N4", _("เหนือตอนล่าง 2"))]),
    (
        _("ภาคตะวันออกเฉียงเหนือ"),
        [
            ("NE1", _("อีสานตอนบน 1")),
            ("NE2", _("อีสานตอนบน 2")),
            ("NE3", _("อีสานตอนกลาง")),
            ("NE4", _("อีสานตอนล่าง 1")),
            ("NE5", _("อีสานตอนล่าง 2")),
        ],
    ),
    (
        _("กรุงเทพฯ และภาคกลาง"),
        [
            ("", _("กรุงเทพมหานคร")),
            ("C1", _("กลางตอนบน")),
            ("C2", _("กลางปริมณฑล")),
            ("C3", _("กลางตอนล่าง 1")),
            ("C4", _("กลางตอนล่าง 2")),
        ],
    ),
    (_("ภาคตะวันออก"), [("E1", _("ตะวันออก 1")), ("E2", _("ตะวันออก 2"))]),
    (_("ภาคใต้"), [("S1", _("ใต้ฝั่งอ่าวไทย")), ("S2", _("ใต้ฝั่งอันดามัน")), ("S3", _("ใต้ชายแดน"))]),
]


def route_province(iso: str) -> list[tuple[Centre, routing.Reason]]:
    """The way of a case from this province: each centre with its reason; the last one takes it. One query.

    Raises routing.UnknownProvince.
    """
    centres = {centre.province_id: centre for centre in Centre.objects.select_related("province", "fallback")}
    stops = {
        iso: routing.Stop(accepts=centre.accepts_cases, fallback=centre.fallback.province_id if centre.fallback else None)
        for iso, centre in centres.items()
    }
    return [(centres[hop.iso], hop.reason) for hop in routing.route(iso, stops)]


def find_centre(iso: str | None) -> Centre | None:
    """The centre of a province with its province, remembered for a minute; None for an unknown code."""
    if not iso:
        return None
    centre = cache.get(_KEY.format(iso))
    if centre is None:
        centre = Centre.objects.select_related("province").filter(province_id=iso).first()
        if centre:
            cache.set(_KEY.format(iso), centre, SECONDS)
    return centre


def forget_centre(sender, instance: Centre, **signal) -> None:
    cache.delete(_KEY.format(instance.province_id))


post_save.connect(forget_centre, sender=Centre, dispatch_uid="oss.forget_centre.save")
post_delete.connect(forget_centre, sender=Centre, dispatch_uid="oss.forget_centre.delete")


def read_centre(iso: str) -> Centre | None:
    """A centre with all that its page shows, in one query."""
    return Centre.objects.select_related("province", "fallback__province").filter(province_id=iso).first()


def list_neighbours(centre: Centre) -> list[Centre]:
    """The other centres of its group of provinces."""
    group = Centre.objects.filter(province__group=centre.province.group).exclude(pk=centre.pk)
    return list(group.select_related("province").order_by("province__order")) if centre.province.group else []


def list_regions() -> list[tuple[str, list[tuple[str, list[Centre]]]]]:
    """Every centre under its region and group; the group's own centre first. One query."""
    centres: dict[str, list[Centre]] = {}
    for centre in Centre.objects.select_related("province").order_by("province__order"):
        centres.setdefault(centre.province.group, []).append(centre)
    for members in centres.values():
        members.sort(key=lambda centre: centre.kind == Centre.Kind.PROVINCIAL)
    return [(region, [(name, centres.get(code, [])) for code, name in groups]) for region, groups in REGIONS]


def find_provinces(text: str) -> list[Province]:
    """The provinces that a name, a nickname or a near miss may mean, best first; one when it is clear."""
    wanted = _plain(text[:60])
    if not wanted:
        return []
    provinces = vocabulary.provinces()
    names = _plain_names(tuple((row.iso, row.letters, row.name_th, row.name_en, *row.aliases) for row in provinces.values()))
    if wanted in names:
        return [provinces[names[wanted]]]
    found = [iso for name, iso in names.items() if name.startswith(wanted)]
    if not found and len(wanted) >= 3:
        found = [iso for name, iso in names.items() if wanted in name or (len(name) >= 4 and name in wanted)]
    if not found:
        found = [names[name] for name in difflib.get_close_matches(wanted, list(names), n=3, cutoff=0.7)]
    return [provinces[iso] for iso in dict.fromkeys(found)]


@lru_cache(maxsize=4)
def _plain_names(rows: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """{plain name: ISO code} of rows that begin with the code."""
    return {_plain(name): row[0] for row in rows for name in row}


def _plain(text: str) -> str:
    """`จังหวัด เชียงใหม่`, `จ.เชียงใหม่` and `Chiang Mai province` without what says nothing."""
    text = thai.fold(thai.repair(text)).strip()
    text = re.sub(r"^(ศูนย์|จังหวัด|จ\.)\s*", "", re.sub(r"^ศูนย์\s*", "", text))
    text = re.sub(r"\bprovince\b", "", text)
    return re.sub(r"[\s.ฯ\-]+", "", text)
