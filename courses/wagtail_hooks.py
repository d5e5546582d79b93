"""Courses in Wagtail's admin: their list, the way to the outline, and what may not be published."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.admin.widgets import Button
from wagtail.models import Page

from courses import certificate_admin, quiz_admin, report_admin  # noqa: F401 - their own hooks
from courses.models import CoursePage, LessonPage
from courses.outline_admin import OutlineView
from courses.publishing import find_obstacles
from kb.wagtail_hooks import DayColumn


class CourseViewSet(PageListingViewSet):
    model = CoursePage
    icon = "folder-open-inverse"
    menu_label = _("คอร์ส")
    menu_order = 112
    add_to_admin_menu = True
    columns = [
        *(column for column in PageListingViewSet.columns if column.name != "parent"),
        Column("code", label=_("รหัสคอร์ส"), sort_key="code"),
        Column("level", label=_("ระดับ"), accessor="get_level_display", sort_key="level"),
        DayColumn("next_review", label=_("ตรวจทานครั้งหน้า"), sort_key="next_review"),
    ]


@hooks.register("register_admin_viewset")
def register_courses():
    return CourseViewSet("courses")


@hooks.register("register_admin_urls")
def register_outline():
    return [path("courses/<int:course_id>/outline/", OutlineView.as_view(), name="course_outline")]


def _outline_button(page, user):
    if issubclass(page.specific_class or type(page), CoursePage) and page.pk and page.permissions_for_user(user).can_edit():
        yield Button(_("โครงคอร์ส"), reverse("course_outline", args=[page.pk]), icon_name="list-ol", priority=12)


@hooks.register("register_page_header_buttons")
def add_outline_to_header(page, user, view_name, next_url=None):
    yield from _outline_button(page, user)


@hooks.register("register_page_listing_more_buttons")
def add_outline_to_listing(page, user, next_url=None):
    yield from _outline_button(page, user)


@hooks.register("before_bulk_action")
def refuse_unfit_pages(request, action_type, objects, action):
    """Publishing from a list passes no form: what the form would refuse is refused here, for all that were ticked."""
    if action_type != "publish" or not issubclass(action.model, Page):
        return None
    pages = {page.pk: page for page in objects}
    if request.POST.get("include_descendants"):
        for page in list(pages.values()):
            pages |= {below.pk: below for below in page.get_descendants()}
    refused = []
    for page in pages.values():
        if issubclass(page.specific_class or type(page), (CoursePage, LessonPage)):
            draft = page.get_latest_revision_as_object()
            refused += [f"{draft.title}: {fault}" for fault in find_obstacles(draft, [row.needs_id for row in draft.prerequisites.all()])]
    if not refused:
        return None
    for fault in refused:
        messages.error(request, gettext("ยังไม่ได้เผยแพร่อะไร %(fault)s") % {"fault": fault})
    return redirect(action.next_url)
