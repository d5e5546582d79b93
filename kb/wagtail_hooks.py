"""Guides, programmes, agencies and facts in Wagtail's admin: what the lists show, how they are filtered and exported."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, LiveStatusTagColumn
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from business.models import BusinessFunction, Stage
from kb.models import HOW_TO_QUOTE, Agency, Fact, GuidePage, Programme
from users.formats import format_date


class DayColumn(Column):
    """A day as a person writes it, in the Buddhist era in Thai. Wagtail's own column tells how long ago, also of days to come."""

    def get_value(self, instance):
        day = super().get_value(instance)
        return format_date(day) if day else ""


class GuideFilter(PageListingViewSet.filterset_class):
    stages = django_filters.ModelMultipleChoiceFilter(
        label=_("ช่วงธุรกิจ"), queryset=Stage.objects.filter(scheme__is_current=True), widget=forms.CheckboxSelectMultiple
    )
    functions = django_filters.ModelMultipleChoiceFilter(
        label=_("เรื่อง"), queryset=BusinessFunction.objects.all(), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = GuidePage
        fields = ["code", "next_review", "live"]


class GuideListing(PageListingViewSet.index_view_class):
    list_export = ["code", "title", "slug", "reviewed_on", "reviewed_by", "next_review", "words", "live"]

    def annotate_queryset(self, pages):
        return super().annotate_queryset(pages).prefetch_related("stages")


class GuideViewSet(PageListingViewSet):
    model = GuidePage
    icon = "doc-full"
    menu_label = _("คู่มือ")
    menu_order = 110
    add_to_admin_menu = True
    index_view_class = GuideListing
    filterset_class = GuideFilter
    export_filename = "guides"
    columns = [
        *(column for column in PageListingViewSet.columns if column.name != "parent"),
        Column("code", label=_("รหัสหน้า"), sort_key="code"),
        Column("stages", label=_("ช่วงธุรกิจ"), accessor=lambda page: ", ".join(stage.name for stage in page.stages.all())),
        DayColumn("next_review", label=_("ตรวจทานครั้งหน้า"), sort_key="next_review"),
    ]


@hooks.register("register_admin_viewset")
def register_guides():
    return GuideViewSet("guides")


class ProgrammeViewSet(SnippetViewSet):
    model = Programme
    icon = "pick"
    menu_label = _("โครงการ")
    list_display = [
        "name",
        "agency",
        "support",
        "status",
        DayColumn("closes_on", label=_("ปิดรับ"), sort_key="closes_on"),
        DayColumn("checked_on", label=_("วันที่ตรวจแหล่ง"), sort_key="checked_on"),
        LiveStatusTagColumn(),
    ]
    list_filter = ["support", "status", "agency", "fiscal_year", "closes_on", "checked_on", "live"]
    list_export = [
        "code",
        "name",
        "name_en",
        "agency",
        "support",
        "summary",
        "status",
        "opens_on",
        "closes_on",
        "is_first_come",
        "fiscal_year",
        "source_name",
        "source_url",
        "checked_on",
        "live",
    ]
    export_filename = "programmes"
    panels = [
        MultiFieldPanel(
            [FieldPanel("name"), FieldPanel("name_en"), FieldPanel("code"), FieldPanel("agency"), FieldPanel("support")],
            heading=_("โครงการ"),
        ),
        FieldPanel("summary"),
        FieldPanel("offers", help_text=HOW_TO_QUOTE),
        FieldPanel("who", help_text=HOW_TO_QUOTE),
        FieldPanel("eligibility"),
        FieldPanel("how_to_apply", help_text=HOW_TO_QUOTE),
        MultiFieldPanel(
            [
                FieldPanel("status"),
                FieldRowPanel([FieldPanel("opens_on"), FieldPanel("closes_on")]),
                FieldPanel("is_first_come"),
                FieldPanel("fiscal_year"),
            ],
            heading=_("เปิดและปิด"),
        ),
        MultiFieldPanel([FieldPanel("source_name"), FieldPanel("source_url"), FieldPanel("checked_on")], heading=_("แหล่งทางการ")),
    ]


class AgencyViewSet(SnippetViewSet):
    model = Agency
    icon = "group"
    menu_label = _("หน่วยงาน")
    list_display = ["name_th", "short_name", "phone", "website"]
    search_fields = ["code", "name_th", "name_en", "short_name"]
    list_export = ["code", "name_th", "name_en", "short_name", "phone", "website"]
    export_filename = "agencies"
    panels = [FieldPanel(name) for name in ("name_th", "name_en", "short_name", "code", "website", "phone")]


class FactViewSet(SnippetViewSet):
    model = Fact
    icon = "order"
    menu_label = _("ข้อเท็จจริง")
    list_display = [
        "topic",
        Column("code", label=_("ใช้อ้าง"), accessor=lambda fact: f"{{fact:{fact.code}}}", sort_key="code"),
        Column("shown_value", label=_("ค่าที่แสดง")),
        Column("seen_on", label=_("วันที่ของแหล่ง"), accessor="shown_seen_on", sort_key="seen_on"),
        DayColumn("valid_until", label=_("ใช้ได้ถึง"), sort_key="valid_until"),
        "confidence",
    ]
    list_filter = ["confidence", "valid_until", "unit"]
    search_fields = ["code", "topic", "statement", "agency_name", "source"]
    list_export = [
        "code",
        "topic",
        "statement",
        "value",
        "unit",
        "legal_basis",
        "agency_name",
        "source",
        "seen_on",
        "valid_until",
        "confidence",
        "note",
    ]
    export_filename = "facts"
    panels = [
        FieldPanel("topic"),
        FieldPanel("code"),
        FieldPanel("statement"),
        FieldRowPanel([FieldPanel("value"), FieldPanel("unit")]),
        MultiFieldPanel(
            [
                FieldPanel("source"),
                FieldRowPanel([FieldPanel("seen_on"), FieldPanel("valid_until")]),
                FieldPanel("confidence"),
                FieldPanel("note"),
            ],
            heading=_("แหล่งและอายุ"),
        ),
        FieldPanel("legal_basis"),
        FieldPanel("agency_name"),
    ]


class KnowledgeGroup(SnippetViewSetGroup):
    menu_label = _("โครงการและข้อเท็จจริง")
    menu_icon = "folder-open-inverse"
    menu_order = 120
    items = (ProgrammeViewSet, FactViewSet, AgencyViewSet)


register_snippet(KnowledgeGroup)
