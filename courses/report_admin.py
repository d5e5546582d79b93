"""The report of a course in Wagtail's admin: for those who write and publish courses."""

import csv

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from courses import reports
from courses.models import CoursePage
from courses.outline import public_courses
from courses.question_csv import guard
from courses.small_cells import FEWEST

GROUPS = {"province": _("จังหวัด"), "stage": _("ช่วงธุรกิจ"), "size": _("ขนาดกิจการ")}


def may_read_reports(user) -> bool:
    return user.has_perm("courses.view_quiz")


class ReportView(WagtailAdminTemplateMixin, TemplateView):
    """?course=pk, else the first; ?export=name of a table gives it as a sheet."""

    template_name = "courses/admin/report.html"
    page_title = _("รายงานการเรียน")
    header_icon = "folder-open-inverse"

    def dispatch(self, request, *args, **kwargs):
        if not may_read_reports(request.user):
            raise PermissionDenied
        self.courses = list(public_courses().order_by("path").only("pk", "path", "title", "code"))
        self.report = reports.read_report(course) if (course := self._find_course()) else None
        return super().dispatch(request, *args, **kwargs)

    def _find_course(self) -> CoursePage | None:
        wanted = self.request.GET.get("course", "")
        return next((course for course in self.courses if str(course.pk) == wanted), next(iter(self.courses), None))

    def get(self, request, *args, **kwargs):
        if self.report and (table := request.GET.get("export", "")):
            try:
                return write_sheet(f"{self.report.course.code}-{table}", *reports.make_sheet(self.report, table))
            except KeyError:
                pass
        return super().get(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs) | {"courses": self.courses, "report": self.report, "fewest": FEWEST}
        if self.report:
            context["groups"] = [
                (kind, name, [(reports.name_group(kind, row.key), reports.show_finished(row), row) for row in self.report.groups[kind]])
                for kind, name in GROUPS.items()
            ]
        return context


def write_sheet(name: str, headings: list[str], rows: list[list[str]]) -> HttpResponse:
    """With a byte order mark, as Excel wants it; no cell is run as a formula."""
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})
    response.write("\ufeff")
    csv.writer(response).writerows([headings, *([guard(cell) for cell in row] for row in rows)])
    return response


class ReportMenuItem(MenuItem):
    def is_shown(self, request):
        return may_read_reports(request.user)


@hooks.register("register_admin_urls")
def register_report():
    return [path("reports/courses/", ReportView.as_view(), name="course_report")]


@hooks.register("register_reports_menu_item")
def register_report_menu_item():
    return ReportMenuItem(_("รายงานการเรียน"), reverse("course_report"), name="course-report", icon_name="folder-open-inverse", order=850)
