"""The vocabulary in Wagtail's admin, in its own order. Codes are addresses and the keys of pictures: they do not change here."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from business.models import BusinessFunction, Province, Sector, Stage

_NAMES = MultiFieldPanel([FieldPanel("name_th"), FieldPanel("name_en")], heading=_("ชื่อ"))


class StageViewSet(SnippetViewSet):
    model = Stage
    icon = "site"
    menu_label = _("ช่วงธุรกิจ")
    ordering = ["scheme", "order"]
    list_display = ["order", "name_th", "name_en", "scheme"]
    list_filter = ["scheme"]
    copy_view_enabled = False
    panels = [
        _NAMES,
        MultiFieldPanel([FieldPanel("sentence_th"), FieldPanel("sentence_en")], heading=_("ประโยคที่ผู้อ่านรู้จักตัวเอง")),
        MultiFieldPanel([FieldPanel("lede_th"), FieldPanel("lede_en")], heading=_("ช่วงนี้เรื่องใหญ่คืออะไร")),
        FieldPanel("equivalents"),
        FieldPanel("order"),
    ]


class FunctionViewSet(SnippetViewSet):
    model = BusinessFunction
    icon = "list-ul"
    menu_label = _("เรื่อง")
    ordering = ["order"]
    list_display = ["order", "name_th", "name_en"]
    copy_view_enabled = False
    panels = [_NAMES, FieldPanel("order")]


class SectorViewSet(SnippetViewSet):
    model = Sector
    icon = "tag"
    menu_label = _("ประเภทกิจการ")
    ordering = ["order"]
    list_display = ["order", "name_th", "name_en", "family"]
    list_filter = ["family"]
    copy_view_enabled = False
    panels = [_NAMES, FieldPanel("family"), FieldPanel("order")]


class ProvinceViewSet(SnippetViewSet):
    model = Province
    icon = "globe"
    menu_label = _("จังหวัด")
    ordering = ["order"]
    list_display = ["name_th", "name_en", "letters", "group"]
    list_per_page = 100
    copy_view_enabled = False
    panels = [_NAMES, FieldPanel("aliases")]


class VocabularyGroup(SnippetViewSetGroup):
    menu_label = _("คำกลาง")
    menu_icon = "list-ul"
    menu_order = 700
    items = (StageViewSet, FunctionViewSet, SectorViewSet, ProvinceViewSet)


register_snippet(VocabularyGroup)
