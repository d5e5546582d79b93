"""The centres and their people in Wagtail's admin. Cases are not there: who may see one works at the desk."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from oss.models import Centre
from users.models import User
from users.roles import Role


class _OnlyStaffOfCentres:
    """Lists the people who may work for a centre, to those who may say who does."""

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm("oss.change_centremember"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_object_list(self):
        staff = User.objects.filter(groups__name__in=[Role.ADVISOR, Role.CENTRE_HEAD])
        return User.objects.filter(pk__in=staff.values("pk"), is_active=True).order_by("first_name", "email")


class StaffChooseView(_OnlyStaffOfCentres, chooser.ChooseView):
    pass


class StaffChooseResultsView(_OnlyStaffOfCentres, chooser.ChooseResultsView):
    pass


class StaffChosenView(_OnlyStaffOfCentres, chooser.ChosenView):
    pass


class StaffChooserViewSet(ChooserViewSet):
    model = User
    icon = "user"
    choose_one_text = _("เลือกเจ้าหน้าที่")
    choose_another_text = _("เลือกคนอื่น")
    choose_view_class = StaffChooseView
    choose_results_view_class = StaffChooseResultsView
    chosen_view_class = StaffChosenView
    register_widget = False


staff_chooser = StaffChooserViewSet("centre_staff_chooser")


@hooks.register("register_admin_viewset")
def register_staff_chooser():
    return staff_chooser


class CentreViewSet(SnippetViewSet):
    model = Centre
    icon = "home"
    menu_label = _("ศูนย์")
    menu_order = 140
    add_to_admin_menu = True
    copy_view_enabled = False
    list_display = ["name_th", "kind", BooleanColumn("accepts_cases", label=_("รับเรื่องได้"), sort_key="accepts_cases"), "phone", "hours"]
    list_filter = ["kind", "accepts_cases"]
    list_per_page = 77
    search_backend_name = None
    search_fields = ["name_th", "name_en"]
    panels = [
        MultiFieldPanel([FieldPanel("name_th"), FieldPanel("name_en")], heading=_("ชื่อ")),
        MultiFieldPanel([FieldPanel("address"), FieldRowPanel([FieldPanel("phone"), FieldPanel("hours")])], heading=_("ที่อยู่และเวลา")),
        MultiFieldPanel([FieldPanel("accepts_cases"), FieldPanel("fallback")], heading=_("การรับเรื่อง")),
        InlinePanel(
            "members",
            panels=[FieldPanel("user", widget=staff_chooser.widget_class), FieldPanel("is_head")],
            heading=_("เจ้าหน้าที่ศูนย์"),
            label=_("เจ้าหน้าที่"),
        ),
    ]


register_snippet(CentreViewSet)
