"""The 77 centres in the search: by name, province, nickname and group of provinces."""

from django.db.models.signals import post_save
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from business.models import Province
from oss.centres import REGIONS
from oss.models import Centre
from search import changes
from search.documents import Content, Kind, register

# How people call such a place. The same words for all, so they say that a centre is wanted and not which.
CALLED = "ศูนย์ SME\nศูนย์เอสเอ็มอี\nศูนย์ช่วยเหลือผู้ประกอบการ\nศูนย์บริการธุรกิจ\nที่ปรึกษาธุรกิจ\nปรึกษา\nSME centre center"


def build_centre(centre: Centre) -> Content:
    province = centre.province
    names = [province.name_th, *province.aliases]
    return Content(
        title=centre.name_th,
        summary=centre.address,
        keywords="\n".join(
            [*(f"ศูนย์{name} {name}" for name in names), f"จังหวัด{province.name_th}", province.name_en, centre.name_en, CALLED]
        ),
        body="\n".join(filter(None, [name_group(province.group), centre.phone, centre.hours])),
        facets={"province": [province.iso], "format": ["place"]} | dict.fromkeys(("stage", "function", "sector", "size", "agency"), []),
    )


def name_group(code: str) -> str:
    """`กลุ่มจังหวัดอีสานตอนล่าง 1 ภาคตะวันออกเฉียงเหนือ`; empty for a province without a group."""
    return next(
        (f"กลุ่มจังหวัด{_thai(name)} {_thai(region)}" for region, groups in REGIONS for group, name in groups if group and group == code), ""
    )


def _thai(text) -> str:
    with translation.override("th"):
        return str(text)


def note_province(sender, instance: Province, raw=False, **signal) -> None:
    """A province's other names are those of its centre."""
    if not raw:
        changes.mark_changed("centre", Centre.objects.filter(province=instance).values_list("pk", flat=True))


def connect() -> None:
    """Makes the centres searchable; called once when the app is ready."""
    register(
        Kind(
            code="centre",
            model=Centre,
            name=_("ศูนย์"),
            icon="pin",
            card="search/cards/centre.html",
            objects=lambda: Centre.objects.select_related("province"),
            searchable=lambda: Centre.objects.select_related("province"),
            is_searchable=lambda centre: True,
            build=build_centre,
        )
    )
    post_save.connect(note_province, sender=Province, dispatch_uid="search-province")
