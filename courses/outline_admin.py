"""The outline of a course in Wagtail's admin: chapters and lessons in order, moved by plain buttons that need no script."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page

from courses import gates
from courses.models import ChapterPage, CoursePage, LessonPage, LessonPrerequisite, Quiz

MOVES = {"up": ("get_prev_sibling", "left"), "down": ("get_next_sibling", "right")}


class Refused(Exception):
    """A move that cannot be made; the message is for the editor."""


@dataclass
class LessonLine:
    lesson: LessonPage
    quizzes: list[Quiz]
    can_move: bool


@dataclass
class ChapterLines:
    chapter: ChapterPage
    can_add: bool
    lines: list[LessonLine] = field(default_factory=list)


def read_lines(course: CoursePage, user) -> list[ChapterLines]:
    """Every chapter and lesson, drafts too, with the quizzes of each; a constant number of queries."""
    chapters = {
        chapter.path: ChapterLines(chapter, chapter.permissions_for_user(user).can_add_subpage())
        for chapter in ChapterPage.objects.child_of(course).order_by("path")
    }
    lessons = list(LessonPage.objects.descendant_of(course).order_by("path"))
    quizzes = Quiz.objects.defer("questions").in_bulk({key for lesson in lessons for key in lesson.quiz_ids})
    for lesson in lessons:
        if group := chapters.get(lesson.path[: -Page.steplen]):
            own = [quizzes[key] for key in lesson.quiz_ids if key in quizzes]
            group.lines.append(LessonLine(lesson, own, lesson.permissions_for_user(user).can_move()))
    return list(chapters.values())


@transaction.atomic
def move_in_turn(page: Page, direction: str, user) -> None:
    """One place up or down among its siblings. At the end of the row nothing happens: somebody was quicker."""
    if not page.get_parent().permissions_for_user(user).can_reorder_children():
        raise PermissionDenied
    find_sibling, side = MOVES[direction]
    sibling = getattr(page, find_sibling)()
    if sibling is not None:
        page.move(sibling, pos=side, user=user)


@transaction.atomic
def move_to_chapter(lesson: LessonPage, chapter: ChapterPage, user) -> None:
    """To the end of another chapter. Raises Refused when its address is taken there or prerequisites would run in a circle."""
    if not lesson.permissions_for_user(user).can_move_to(chapter):
        raise PermissionDenied
    if not Page._slug_is_available(lesson.slug, chapter, lesson):
        raise Refused(_("ย้ายไม่ได้ ในบท “%(title)s” มีบทเรียนที่ใช้ที่อยู่ %(slug)s แล้ว") % {"title": chapter.title, "slug": lesson.slug})
    needs = LessonPrerequisite.objects.filter(page=lesson).values_list("needs_id", flat=True)
    if chain := gates.find_cycle(lesson, needs, parent=chapter):
        raise Refused(_("ย้ายไม่ได้ เรียนก่อนจะวนเป็นวง: %(chain)s") % {"chain": " → ".join(chain)})
    lesson.move(chapter, pos="last-child", user=user)


class OutlineView(WagtailAdminTemplateMixin, TemplateView):
    """Shows the outline; a POST moves one page of it: page, and `move` = up | down | to with `chapter`."""

    template_name = "courses/admin/outline.html"
    header_icon = "list-ol"
    page_title = ""

    def dispatch(self, request, *args, **kwargs):
        self.course = get_object_or_404(CoursePage, pk=kwargs["course_id"])
        if not self.course.permissions_for_user(request.user).can_edit():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return _("โครงคอร์ส %(title)s") % {"title": self.course.title}

    def get_breadcrumbs_items(self):
        courses = self.course.get_parent()
        return [
            *self.breadcrumbs_items,
            {"url": reverse("wagtailadmin_explore", args=[courses.pk]), "label": courses.get_admin_display_title()},
            {"url": reverse("wagtailadmin_pages:edit", args=[self.course.pk]), "label": self.course.get_admin_display_title()},
            {"url": "", "label": _("โครงคอร์ส")},
        ]

    def get_context_data(self, **kwargs):
        perms = self.course.permissions_for_user(self.request.user)
        groups = read_lines(self.course, self.request.user)
        return super().get_context_data(**kwargs) | {
            "course": self.course,
            "groups": groups,
            "can_add": perms.can_add_subpage(),
            "can_reorder": perms.can_reorder_children(),
            "minutes": sum(line.lesson.minutes for group in groups for line in group.lines if line.lesson.live),
        }

    def post(self, request, *args, **kwargs):
        page = self._find(request.POST.get("page", ""))
        move = request.POST.get("move", "")
        if move in MOVES:
            move_in_turn(page, move, request.user)
        elif move == "to" and isinstance(page, LessonPage):
            chapter = self._find(request.POST.get("chapter", ""))
            if not isinstance(chapter, ChapterPage):
                raise PermissionDenied
            try:
                if page.path[: -Page.steplen] != chapter.path:
                    move_to_chapter(page, chapter, request.user)
            except Refused as refusal:
                messages.error(request, str(refusal))
        return redirect(f"{reverse('course_outline', args=[self.course.pk])}#page-{page.pk}")

    def _find(self, key: str) -> ChapterPage | LessonPage:
        """A chapter or lesson of this course and of no other."""
        below = Page.objects.descendant_of(self.course).filter(pk=int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0)
        return get_object_or_404(below).specific
