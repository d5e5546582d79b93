"""The editors' search desk in Wagtail's admin: words, synonyms, promotions, preview and report, in one menu."""

from django.urls import path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.admin.viewsets.base import ViewSet
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet, SnippetViewSetGroup

from kb.wagtail_hooks import DayColumn
from search.models import OwnWord, Promotion, SynonymSet
from search.panel import LogView, PreviewView, may_use_desk

GIVEN = ("term", "equivalents", "kind", "word", "phrases", "title")  # fields that an address may fill in beforehand


_TRY = HelpPanel(template="search/admin/try_panel.html", heading=_("ก่อนบันทึก"))  # search.panel.PreviewView


class _Signed:
    """Notes who saved it."""

    def save_instance(self):
        self.form.instance.changed_by = self.request.user
        return super().save_instance()


class DeskCreateView(_Signed, CreateView):
    def get_initial_form_instance(self):
        names = {field.name for field in self.model._meta.concrete_fields}
        given = {name: self.request.GET[name][:200] for name in GIVEN if name in names and name in self.request.GET}
        return self.model(**given)


class DeskEditView(_Signed, EditView):
    pass


class _DeskRecords(SnippetViewSet):
    """What the three kinds of records have in common."""

    add_view_class = DeskCreateView
    edit_view_class = DeskEditView
    copy_view_enabled = False
    search_backend_name = None
    list_per_page = 100


class OwnWordViewSet(_DeskRecords):
    model = OwnWord
    icon = "openquote"
    menu_label = _("คำในพจนานุกรม")
    list_display = ["word", "note", DayColumn("changed_at", label=_("แก้ล่าสุด"), sort_key="changed_at"), "changed_by"]
    list_export = ["word", "note", "changed_at", "changed_by"]
    export_filename = "words"
    search_fields = ["word", "note"]
    panels = [FieldPanel("word"), FieldPanel("note"), _TRY]


class SynonymSetViewSet(_DeskRecords):
    model = SynonymSet
    icon = "copy"
    menu_label = _("คำพ้อง")
    list_display = ["term", "equivalents", "kind", "live", DayColumn("changed_at", label=_("แก้ล่าสุด"), sort_key="changed_at"), "changed_by"]
    list_filter = ["kind", "live"]
    list_export = ["term", "equivalents", "kind", "note", "live", "changed_at", "changed_by"]
    export_filename = "synonyms"
    search_fields = ["term", "equivalents", "note"]
    panels = [FieldPanel("term"), FieldPanel("equivalents"), FieldPanel("kind"), FieldPanel("note"), FieldPanel("live"), _TRY]


class PromotionViewSet(_DeskRecords):
    model = Promotion
    icon = "pick"
    menu_label = _("รายการแนะนำ")
    list_display = [
        "title",
        "phrases",
        DayColumn("starts_on", label=_("เริ่มแสดง"), sort_key="starts_on"),
        DayColumn("ends_on", label=_("แสดงถึงวันที่"), sort_key="ends_on"),
        "order",
        "changed_by",
    ]
    list_filter = ["starts_on", "ends_on"]
    list_export = ["title", "phrases", "text", "page", "programme", "url", "starts_on", "ends_on", "order", "changed_at", "changed_by"]
    export_filename = "promotions"
    search_fields = ["title", "phrases"]
    panels = [
        FieldPanel("title"),
        FieldPanel("phrases"),
        FieldPanel("text"),
        MultiFieldPanel(
            [FieldPanel("page"), FieldPanel("programme"), FieldPanel("url")], heading=_("ปลายทาง"), help_text=_("เลือกอย่างเดียว")
        ),
        FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on"), FieldPanel("order")]),
        _TRY,
    ]


class _DeskMenuItem(MenuItem):
    def is_shown(self, request):
        return may_use_desk(request.user)


class PreviewViewSet(ViewSet):
    name = "search_preview"
    icon = "view"
    menu_label = _("ลองค้นดู")
    menu_item_class = _DeskMenuItem

    def get_urlpatterns(self):
        return [path("", PreviewView.as_view(), name="index")]


class LogViewSet(ViewSet):
    name = "search_log"
    icon = "history"
    menu_label = _("คนหาอะไร")
    menu_item_class = _DeskMenuItem

    def get_urlpatterns(self):
        return [path("", LogView.as_view(), name="index")]


class SearchDeskGroup(SnippetViewSetGroup):
    menu_label = _("โต๊ะค้นหา")
    menu_name = "search-desk"
    menu_icon = "search"
    menu_order = 130
    items = (PreviewViewSet, SynonymSetViewSet, OwnWordViewSet, PromotionViewSet, LogViewSet)


register_snippet(SearchDeskGroup)
