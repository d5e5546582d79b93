"""Quizzes in Wagtail's admin: the list, the form that refuses to publish what cannot be asked, files out and in."""

import base64
import binascii

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail import hooks
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.menus import MenuItem
from wagtail.admin.ui.tables import Column, LiveStatusTagColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button
from wagtail.blocks import StreamBlockValidationError
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import EditView, IndexView, SnippetViewSet

from courses.gift import write_gift
from courses.models import Quiz
from courses.question_csv import write_csv
from courses.questions import find_faults, read_questions
from courses.quiz_imports import (
    IMPORTED,
    MOST_BYTES,
    READERS,
    ChangedMeanwhile,
    NotReadable,
    decode_file,
    draft_of,
    plan_import,
    save_import,
)
from kb.models import HOW_TO_QUOTE
from kb.wagtail_hooks import DayColumn

WRITERS = {"gift": (write_gift, "text/plain"), "csv": (write_csv, "text/csv")}


class QuizForm(WagtailAdminModelForm):
    """A draft may be half written. What is published must be answerable."""

    def clean(self):
        cleaned = super().clean()
        if not self.is_deferred_validation and "questions" in cleaned:
            faults = find_faults(read_questions(cleaned["questions"].get_prep_value()), cleaned.get("pool") or 0)
            if faults:
                self.add_error("questions", StreamBlockValidationError(non_block_errors=[ValidationError(fault) for fault in faults]))
        return cleaned


def file_links(quiz: Quiz) -> list[tuple[str, str, str]]:
    """(label, address, icon) of what is done with files."""
    return [
        (gettext("นำเข้าคำถาม"), reverse(QuizViewSet.address("import"), args=[quiz.pk]), "upload"),
        (gettext("ส่งออก GIFT"), reverse(QuizViewSet.address("export"), args=[quiz.pk, "gift"]), "download"),
        (gettext("ส่งออก CSV"), reverse(QuizViewSet.address("export"), args=[quiz.pk, "csv"]), "download"),
    ]


class QuizIndexView(IndexView):
    def get_list_more_buttons(self, instance):
        buttons = super().get_list_more_buttons(instance)
        if self.user_has_permission("change"):
            links = enumerate(file_links(instance), start=60)
            buttons += [MenuItem(label, url=address, icon_name=icon, priority=place) for place, (label, address, icon) in links]
        return buttons


class QuizEditView(EditView):
    @cached_property
    def header_more_buttons(self):
        links = enumerate(file_links(self.object), start=60)
        more = [Button(label, url=address, icon_name=icon, priority=place) for place, (label, address, icon) in links]
        return [*super().header_more_buttons, *more]


class QuizFileView(View):
    """Anything about one quiz that its editors may do."""

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm("courses.change_quiz"):
            raise PermissionDenied
        self.quiz = get_object_or_404(Quiz, pk=kwargs["pk"])
        self.draft = draft_of(self.quiz)
        return super().dispatch(request, *args, **kwargs)

    @property
    def questions(self) -> list[dict]:
        return self.draft.questions.get_prep_value()


class QuizExportView(QuizFileView):
    """The questions of the newest draft as a file."""

    def get(self, request, pk, suffix):
        if suffix not in WRITERS:
            raise Http404
        write, content_type = WRITERS[suffix]
        name = f"{self.draft.code or self.quiz.pk}.{suffix}"
        return HttpResponse(
            write(self.questions),
            content_type=f"{content_type}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
        )


class ImportForm(forms.Form):
    """`file` when it is chosen, `content` (its bytes in base64) and `suffix` when what was shown is confirmed."""

    WAYS = [
        ("codes", gettext_lazy("เพิ่มข้อใหม่ และแทนข้อที่รหัสตรงกัน")),
        ("whole", gettext_lazy("แทนคำถามทั้งชุด ข้อที่ไม่มีในไฟล์จะหายไปจากร่าง")),
    ]
    file = forms.FileField(label=_("ไฟล์ GIFT (.gift, .txt) หรือ CSV (.csv)"), help_text=_("ไม่เกิน 1 MB เป็น UTF-8"), required=False)
    way = forms.ChoiceField(label=_("กับคำถามเดิม"), choices=WAYS, initial="codes", widget=forms.RadioSelect)
    allow_missing = forms.BooleanField(
        label=_("ใส่คำอธิบายว่างไว้เป็นร่าง"),
        help_text=_("ถ้าตัวเลือกในไฟล์ยังไม่มีคำอธิบาย นำเข้าไว้ก่อนแล้วค่อยเขียนเติม เผยแพร่ได้เมื่อเติมครบ"),
        required=False,
    )
    content = forms.CharField(widget=forms.HiddenInput, required=False)
    suffix = forms.ChoiceField(choices=[(suffix, suffix) for suffix in READERS], widget=forms.HiddenInput, required=False)
    base = forms.IntegerField(widget=forms.HiddenInput, required=False)
    file.widget.attrs["accept"] = ".gift,.txt,.csv"

    def clean(self):
        """Adds `text` and `data` of the file."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        chosen = cleaned.get("file")
        if chosen:
            cleaned["suffix"] = chosen.name.rpartition(".")[2].lower()
            if cleaned["suffix"] not in READERS:
                raise ValidationError({"file": gettext("อ่านได้เฉพาะไฟล์ .gift .txt และ .csv")})
            if chosen.size > MOST_BYTES:
                raise ValidationError({"file": gettext("ไฟล์ใหญ่เกิน 1 MB แบ่งเป็นหลายไฟล์แล้วนำเข้าทีละไฟล์")})
            cleaned["data"] = chosen.read()
        else:
            try:
                cleaned["data"] = base64.b64decode(cleaned["content"], validate=True)
            except (binascii.Error, ValueError):
                cleaned["data"] = b""
            if not cleaned["data"] or not cleaned["suffix"] or len(cleaned["data"]) > MOST_BYTES:
                raise ValidationError({"file": gettext("เลือกไฟล์ก่อน")})
        try:
            cleaned["text"] = decode_file(cleaned["data"])
        except NotReadable as reason:
            raise ValidationError({"file": str(reason)}) from None
        return cleaned


class QuizImportView(WagtailAdminTemplateMixin, QuizFileView, TemplateView):
    """First what a file would do, then the same file again with «ยืนยัน». Nothing is kept in between."""

    template_name = "courses/admin/import.html"
    header_icon = "upload"

    def get_page_title(self):
        return gettext("นำเข้าคำถาม: %(title)s") % {"title": self.draft}

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse(QuizViewSet.address("list")), "label": gettext("แบบฝึก")},
            {"url": reverse(QuizViewSet.address("edit"), args=[self.quiz.pk]), "label": str(self.draft)},
            {"url": "", "label": self.get_page_title()},
        ]

    def get(self, request, *args, **kwargs):
        return self.show(ImportForm())

    def post(self, request, *args, **kwargs):
        lock = self.quiz.get_lock()
        if lock and lock.for_user(request.user):
            raise PermissionDenied(gettext("แบบฝึกนี้ถูกล็อกอยู่"))
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.show(form, status=400)
        given = form.cleaned_data
        options = {"is_whole": given["way"] == "whole", "allow_missing": given["allow_missing"]}
        plan = plan_import(self.questions, given["text"], given["suffix"], **options)
        if "confirm" in request.POST and not plan.faults:
            try:
                save_import(self.quiz.pk, given["base"], plan, request.user)
            except ChangedMeanwhile:
                messages.warning(request, gettext("มีคนบันทึกแบบฝึกนี้หลังจากที่คุณตรวจไฟล์ ดูอีกครั้งก่อนยืนยัน"))
            else:
                counts = {"added": plan.number("added"), "replaced": plan.number("replaced"), "removed": plan.number("removed")}
                messages.success(
                    request, gettext("นำเข้าเป็นร่างแล้ว เพิ่ม %(added)s ข้อ แทน %(replaced)s ข้อ เอาออก %(removed)s ข้อ ยังไม่เผยแพร่") % counts
                )
                return redirect(QuizViewSet.address("edit"), self.quiz.pk)
        again = ImportForm(
            initial={
                "way": given["way"],
                "allow_missing": given["allow_missing"],
                "content": base64.b64encode(given["data"]).decode(),
                "suffix": given["suffix"],
                "base": self.quiz.latest_revision_id,
            }
        )
        return self.show(again, plan=plan, status=422 if plan.faults else 200)

    def show(self, form: ImportForm, *, plan=None, status: int = 200) -> HttpResponse:
        block = Quiz._meta.get_field("questions").stream_block
        names = {"added": gettext("เพิ่ม"), "replaced": gettext("แทนข้อเดิม"), "same": gettext("เหมือนเดิม"), "removed": gettext("เอาออก")}
        rows = [(row, block.child_blocks[row.kind].label, names[row.what]) for row in plan.rows] if plan else []
        context = self.get_context_data(form=form, plan=plan, rows=rows, quiz=self.quiz, links=file_links(self.quiz)[1:])
        return self.render_to_response(context, status=status)


class QuizViewSet(SnippetViewSet):
    model = Quiz
    icon = "help"
    menu_label = _("แบบฝึก")
    menu_order = 113
    add_to_admin_menu = True
    index_view_class = QuizIndexView
    edit_view_class = QuizEditView
    inspect_view_enabled = True
    inspect_view_fields = [
        "code",
        "title",
        "intro",
        "pass_percent",
        "max_attempts",
        "minutes",
        "feedback",
        "pool",
        "is_shuffled",
        "questions",
    ]
    list_display = [
        "title",
        Column("code", label=_("รหัส"), sort_key="code"),
        Column("number", label=_("จำนวนข้อ"), accessor=lambda quiz: len(quiz.questions.raw_data)),
        LiveStatusTagColumn(),
        DayColumn("_updated_at", label=_("แก้ล่าสุด"), sort_key="_updated_at"),
    ]
    list_filter = ["live", "feedback"]
    list_export = ["code", "title", "pass_percent", "max_attempts", "minutes", "feedback", "pool", "is_shuffled", "live"]
    export_filename = "quizzes"
    edit_handler = ObjectList(
        [
            FieldPanel("title"),
            FieldPanel("code", help_text=_("ตัวอังกฤษพิมพ์เล็กกับขีด ตั้งแล้วไม่ควรเปลี่ยน")),
            FieldPanel("intro"),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("pass_percent"), FieldPanel("max_attempts")]),
                    FieldRowPanel([FieldPanel("minutes"), FieldPanel("pool")]),
                    FieldRowPanel([FieldPanel("feedback"), FieldPanel("is_shuffled")]),
                ],
                heading=_("กติกา"),
            ),
            FieldPanel("questions", help_text=HOW_TO_QUOTE),
        ],
        base_form_class=QuizForm,
    )

    @staticmethod
    def address(view: str) -> str:
        """The name of an address of these views."""
        return f"{Quiz.snippet_viewset.url_namespace}:{view}"

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("import/<int:pk>/", QuizImportView.as_view(), name="import"),
            path("export/<int:pk>/<slug:suffix>/", QuizExportView.as_view(), name="export"),
        ]


@hooks.register("register_log_actions")
def register_import(actions):
    actions.register_action(IMPORTED, _("นำเข้าคำถาม"), _("นำเข้าคำถามจากไฟล์"))


register_snippet(QuizViewSet)
