"""What may not be published, said in sentences to the editor; and how much a lesson weighs once it is out."""

import gzip
from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils import translation
from django.utils.translation import gettext as _
from wagtail.models import Site
from wagtail.signals import page_published

from courses import gates
from courses.guide_parts import find_missing_sections, read_shown_guides, section_names
from courses.lessons import has_captions, list_images
from courses.models import CoursePage, LessonPage, Quiz

BAR_BYTES = 800  # the reader's bar and its token, which a page without a reader does not have, and the padding of GZipMiddleware
PHONE_PICTURE = "width-360|format-avif"  # what a phone loads of templates/kb/blocks/picture.html


def find_obstacles(page: CoursePage | LessonPage, needs_ids: Iterable[int], *, parent=None) -> list[str]:
    """Why the page may not be published; empty when it may. The page and its body may be unsaved.

    needs_ids: pages that it is to need, saved or not. parent: of a lesson that has no place in the tree yet.
    """
    obstacles = find_faults_of_body(page.body) if isinstance(page, LessonPage) else []
    if chain := gates.find_cycle(page, needs_ids, parent=parent):
        obstacles.append(_("เรียนก่อนวนเป็นวง: %(chain)s เอาข้อหนึ่งออก") % {"chain": " → ".join(chain)})
    return obstacles


def find_faults_of_body(body) -> list[str]:
    """A video nobody can follow without sound, a quiz nobody can take, a guide nobody can read."""
    faults = []
    raw = list(body.raw_data)
    quiz_ids = [block["value"]["quiz"] for block in raw if block["type"] == "quiz"]
    live = set(Quiz.objects.live().filter(pk__in=quiz_ids).values_list("pk", flat=True)) if quiz_ids else set()
    shown = read_shown_guides(raw)
    for at, block in enumerate(body):
        if block.block_type == "video" and not has_captions(block.value["video"]):
            faults.append(_("วิดีโอ “%(title)s” ยังไม่มีคำบรรยายไทย (.vtt) ที่อ่านได้") % {"title": block.value["title"]})
        elif block.block_type == "quiz" and block.value["quiz"] and block.value["quiz"].pk not in live:
            faults.append(_("แบบฝึก “%(title)s” ยังไม่เผยแพร่") % {"title": block.value["quiz"].title})
        elif block.block_type == "guide" and block.value["guide"]:
            guide, title = shown[at].guide, block.value["guide"].title
            if guide is None:
                faults.append(_("คู่มือ “%(title)s” ยังไม่เผยแพร่") % {"title": title})
            elif missing := find_missing_sections(guide, section_names(raw[at]["value"])):
                faults.append(_("คู่มือ “%(title)s” ไม่มีหัวข้อ %(names)s") % {"title": title, "names": ", ".join(missing)})
    return faults


# Weight


def weigh_lesson(lesson: LessonPage) -> int:
    """Kilobytes of a published lesson on a phone: its compressed page as a visitor gets it, and its pictures at 360 px.

    Rounded up: nobody pays for more than is stated. Without what all pages share (styles, letters) and without media, which are loaded only when they are played.
    """
    with translation.override("th"):
        request = _visitor_request(lesson)
        context = lesson.get_context(request)
        page = render_to_string(lesson.template, context, request=request)
    pictures = list_images(lesson, context.get("shown_guides", {}))
    total = (
        len(gzip.compress(page.encode())) + BAR_BYTES + sum(_size_of(image) for image in {image.pk: image for image in pictures}.values())
    )
    return -(-total // 1000)


def _visitor_request(lesson: LessonPage) -> HttpRequest:
    request = HttpRequest()
    site = Site.find_for_request(None) or lesson.get_site()
    request.method, request.path = "GET", lesson.get_url() or get_script_prefix()
    request.path_info = request.path
    request.META = {"SERVER_NAME": site.hostname, "SERVER_PORT": str(site.port), "HTTP_HOST": site.hostname}
    request.user, request.session = AnonymousUser(), SessionBase()
    request.is_preview = True  # what comes first does not matter here: the lesson is weighed as it is when it is open
    return request


def _size_of(image) -> int:
    try:
        return image.get_rendition(PHONE_PICTURE).file.size
    except OSError:
        return 0


def weigh_published(sender, instance, **kwargs) -> None:
    """After the commit, so that a weight that cannot be taken never stops a publication."""
    if isinstance(instance, LessonPage):
        transaction.on_commit(lambda: write_weight(instance.pk), robust=True)


def write_weight(pk: int) -> None:
    lesson = LessonPage.objects.filter(pk=pk, live=True).first()
    if lesson:
        LessonPage.objects.filter(pk=pk).update(kilobytes=weigh_lesson(lesson))


page_published.connect(weigh_published, dispatch_uid="courses.weigh_published")
