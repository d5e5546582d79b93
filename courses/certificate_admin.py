"""Certificates in Wagtail's admin: a list to search, and the form that revokes one. Nobody writes or deletes them by hand."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.views.generic import EditView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from courses.certificates import revoke_certificate
from courses.models import Certificate
from kb.wagtail_hooks import DayColumn


class _ReadAndRevoke(ModelPermissionPolicy):
    """`change` is to revoke. Adding and deleting is nobody's, not even a superuser's: learners are issued certificates."""

    def user_has_permission(self, user, action):
        return action in ("view", "change") and super().user_has_permission(user, action)

    def user_has_any_permission(self, user, actions):
        return any(self.user_has_permission(user, action) for action in actions)


class RevokeForm(forms.ModelForm):
    revoked_reason = forms.CharField(
        label=_("เหตุผลที่เพิกถอน"), max_length=200, help_text=_("เจ้าของใบเห็นข้อความนี้ คนอื่นเห็นแค่ว่าถูกเพิกถอน เพิกถอนแล้วย้อนกลับไม่ได้")
    )

    class Meta:
        model = Certificate
        fields = ["revoked_reason", "may_reissue"]
        help_texts = {"may_reissue": _("เลือกเมื่อชื่อสะกดผิดหรือเจ้าของขอแก้")}


class RevokeView(EditView):
    """The certificate, and how to take it back while it stands."""

    page_title = _("เพิกถอน")
    success_message = _("เพิกถอน “%(object)s” แล้ว")
    submit_button_label = submit_button_active_label = _("เพิกถอนใบนี้")

    def get_page_subtitle(self):
        return f"{self.object.number} · {self.object.name}"

    def get_form_class(self):
        return RevokeForm

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        if self.object.revoked_at:
            for field in form.fields.values():
                field.disabled = True
        return form

    def save_instance(self):
        """The rule itself stands in `certificates`; it notes the deed in the log."""
        given = self.form.cleaned_data
        revoke_certificate(self.object, given["revoked_reason"], self.request.user, may_reissue=given["may_reissue"])
        return self.object


class _MenuItem(MenuItem):
    def is_shown(self, request):
        return request.user.has_perm("courses.view_certificate")


class CertificateViewSet(ModelViewSet):
    model = Certificate
    icon = "success"
    menu_label = _("ประกาศนียบัตร")
    menu_item_class = _MenuItem
    menu_order = 137
    add_to_admin_menu = True
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_fields = ["number", "name", "course_title", "completed_at", "issued_at", "revoked_at", "revoked_reason", "may_reissue"]
    edit_view_class = RevokeView
    form_fields = ["revoked_reason", "may_reissue"]
    list_display = [
        "number",
        "name",
        Column("course_title", label=_("คอร์ส"), sort_key="course_title"),
        DayColumn("issued_at", label=_("ออกเมื่อ"), sort_key="issued_at"),
        BooleanColumn("is_standing", label=_("ใช้ได้")),
    ]
    list_filter = {"course_code": ["exact"], "issued_at": ["date"], "revoked_at": ["isnull"]}
    search_backend_name = None
    search_fields = ["number", "name", "course_title", "course_code"]
    list_per_page = 100

    @property
    def permission_policy(self):
        return _ReadAndRevoke(self.model)


@hooks.register("register_admin_viewset")
def register_certificates():
    return CertificateViewSet("certificates")
