"""The learner's screens: what he learns, and everything he says himself - finished, kept, noted, done."""

import functools
import re

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.models import Page

from courses import gates, progress, reading
from courses.changes import read_changes
from courses.learners import current_learner, ensure_learner
from courses.lessons import Locked, NotYet, finish_lesson
from courses.models import CoursePage, Learner, LessonPage, Note, PathPage
from courses.note_form import NoteForm
from courses.outline import course_of, read_outline
from courses.trail import is_kept, read_trail
from kb.models import GuidePage

TEXTS = (GuidePage, LessonPage)
PAGES = (*TEXTS, CoursePage, PathPage)
STAYED = 20  # seconds on a lesson after which a browser that keeps our cookies is a learner's, and no passer-by's
_NUMBER = re.compile(r"[0-9]{1,9}")


def refuses_locked(view):
    """What is asked of a lesson that is closed for this learner is refused with the reason."""

    @functools.wraps(view)
    def guarded(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except Locked as refused:
            return render(request, "courses/refused.html", {"needs": refused.needs}, status=409)

    return guarded


def _find(page_id: int, kinds) -> Page:
    page = reading.find_page(page_id, *kinds)
    if page is None:
        raise Http404
    return page


def _find_open(request, page_id: int, kinds) -> Page:
    """The page, when it is there and not closed for this learner. Raises Http404, Locked."""
    page = _find(page_id, kinds)
    if isinstance(page, LessonPage):
        needs = gates.find_locks(current_learner(request), page)
        if gates.is_closed(needs):
            raise Locked(needs)
    return page


def _back(request, page: Page, anchor: str = ""):
    """To the page of ours that the form names, else to the page that it was about."""
    wanted = request.POST.get("next", "")
    is_ours = wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if is_ours else page.get_url(request) + (f"#{anchor}" if anchor else ""))


# What the learner has


@require_safe
@never_cache
def show_learning(request):
    learner = current_learner(request)
    return render(request, "courses/learning.html", {"learning": reading.read_learning(learner), "days_kept": settings.LEARNER_DAYS})


@require_safe
@never_cache
def show_changes(request, page_id):
    """What changed since this learner finished the page."""
    page = _find(page_id, TEXTS)
    row = progress.find_rows(current_learner(request), [page.pk]).get(page.pk)
    if row is None or row.confirmed_at is None:
        return redirect(page.get_url(request))
    context = {"page": page, "row": row, "is_changed": reading.is_changed(row, page)}
    if context["is_changed"]:
        context["changes"] = read_changes(row, page)
    return render(request, "courses/changes.html", context)


# What the browser says


@require_POST
@never_cache
@refuses_locked
def take_evidence(request, page_id):
    """Seconds in view, furthest place, block and second of a video; the server judges. Nobody waits for the answer."""
    page = _find_open(request, page_id, TEXTS)
    try:
        said = {name: _read_number(request.POST.get(name, "0")) for name in ("seconds", "scrolled", "second")}
    except ValueError:
        return HttpResponse(status=400)
    learner = _learner_of_evidence(request, page, said["seconds"])
    if learner is not None:
        block = request.POST.get("block", "")
        known = {raw.get("id") for raw in page.body.raw_data} if isinstance(page, LessonPage) else ()
        evidence = progress.Evidence(**said, block=block) if block in known else progress.Evidence(said["seconds"], said["scrolled"])
        minutes = page.minutes if isinstance(page, LessonPage) else page.reading_minutes
        try:
            progress.record_evidence(learner, page, evidence, minutes=minutes)
        except IntegrityError:  # the visitor became a person while this was on its way
            return HttpResponse(status=204)
    return HttpResponse(status=204)


def _read_number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text[:20])
    return int(text)


def _learner_of_evidence(request, page: Page, seconds: int) -> Learner | None:
    if not is_kept(request):
        return None
    learner = current_learner(request)
    if learner is None and isinstance(page, LessonPage) and seconds >= STAYED and page.pk in read_trail(request):
        learner = ensure_learner(request)
    return learner


# What the learner says


@require_POST
@never_cache
@refuses_locked
def finish_page(request, page_id):
    """A lesson or guide is finished, or finished again after it changed. Leads on: to the next lesson, else to the course."""
    page = _find(page_id, TEXTS)
    known = current_learner(request)
    states = progress.find_states(known, [page.pk])
    if isinstance(page, GuidePage) or states.get(page.pk, 0) >= progress.State.FINISHED:
        progress.record_finished(ensure_learner(request), page)
        messages.success(request, _("จำไว้แล้วว่าคุณอ่านจบ"))
        return _back(request, page)
    _find_open(request, page_id, TEXTS)  # nobody becomes a learner by knocking at a closed door
    learner = ensure_learner(request)
    try:
        finish_lesson(learner, page)
    except NotYet as missing:
        first = missing.quizzes[0]
        messages.warning(request, _("ทำแบบฝึก “%(title)s” ให้ผ่านก่อน แล้วค่อยกดจบบทนี้") % {"title": first.title})
        return redirect(f"{page.get_url(request)}#quiz-{first.code}")
    return _lead_on(request, learner, page)


def _lead_on(request, learner: Learner, lesson: LessonPage):
    outline = read_outline(course_of(lesson))
    states = progress.find_states(learner, [outline.course.pk, *(one.pk for one in outline.lessons)])
    measured = progress.measure_course([one.pk for one in outline.lessons], states, course_id=outline.course.pk)
    said = {"done": measured.done, "total": measured.total}
    if measured.done == measured.total:
        messages.success(request, _("จบบทนี้แล้ว และครบทั้งคอร์สแล้ว"))
        return redirect(outline.course.get_url(request))
    messages.success(request, _("จบบทนี้แล้ว เรียนแล้ว %(done)s จาก %(total)s บทเรียน") % said)
    after = outline.lessons[outline.place_of(lesson) :]
    following = next((one for one in after if states.get(one.pk, 0) < progress.State.FINISHED), None)
    return _back(request, following or outline.course)


@require_POST
@never_cache
@refuses_locked
def keep_bookmark(request, page_id):
    keep = _read_choice(request, "keep")
    page = _find_open(request, page_id, PAGES) if keep else reading.find_page(page_id, *PAGES)  # what is gone can be dropped
    if keep:
        reading.keep_page(ensure_learner(request), page)
        messages.success(request, _("เก็บหน้านี้ไว้แล้ว อยู่ใน “การเรียนของฉัน”"))
    elif learner := current_learner(request):
        reading.drop_page(learner, page_id)
        messages.success(request, _("เอาออกจากหน้าที่เก็บไว้แล้ว"))
    return _back(request, page, "reading-bar") if page else redirect("learning")


def _read_choice(request, name: str) -> bool:
    """`1` or `0`; anything else is not a form of ours."""
    if request.POST.get(name) not in ("0", "1"):
        raise Http404
    return request.POST[name] == "1"


@require_POST
@never_cache
@refuses_locked
def mark_task(request, page_id, block):
    page = _find_open(request, page_id, (LessonPage, PathPage))
    is_done = _read_choice(request, "done")
    if block not in reading.task_ids(page):
        raise Http404
    if is_done or current_learner(request):
        reading.mark_task(ensure_learner(request), page, block, is_done=is_done)
    return _back(request, page, f"b-{block}")


# Notes


@require_POST
@never_cache
@refuses_locked
def add_note(request, page_id):
    page = _find_open(request, page_id, TEXTS)
    form = NoteForm(request.POST)
    if form.is_valid() and not reading.has_room_for_notes(current_learner(request)):
        form.add_error("text", _("บันทึกเต็ม %(number)s เรื่องแล้ว ลบเรื่องเก่าก่อน") % {"number": reading.NOTES_KEPT})
    if not form.is_valid():
        return _show_note_form(request, form, page, status=422)
    note = reading.write_note(ensure_learner(request), page, form.cleaned_data["text"], form.cleaned_data["block"])
    messages.success(request, _("บันทึกแล้ว คุณเห็นคนเดียว"))
    return _back(request, page, f"note-{note.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit_note(request, note_id):
    note = get_object_or_404(Note.objects.select_related("page"), pk=note_id, learner=_own(request))
    page = reading.find_page(note.page_id, *TEXTS) if note.page_id else None
    if request.method != "POST":
        return _show_note_form(request, NoteForm({"text": note.text}), page, note=note)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show_note_form(request, form, page, note=note, status=422)
    note.text = form.cleaned_data["text"]
    note.save(update_fields=["text", "updated_at"])
    messages.success(request, _("บันทึกแล้ว คุณเห็นคนเดียว"))
    return _back(request, page, f"note-{note.pk}") if page else redirect("learning")


@require_POST
@never_cache
def delete_note(request, note_id):
    note = get_object_or_404(Note, pk=note_id, learner=_own(request))
    page = reading.find_page(note.page_id, *TEXTS) if note.page_id else None
    note.delete()
    messages.success(request, _("ลบบันทึกแล้ว"))
    return _back(request, page, "reading-bar") if page else redirect("learning")


def _own(request) -> Learner:
    learner = current_learner(request)
    if learner is None:
        raise Http404
    return learner


def _show_note_form(request, form: NoteForm, page: Page | None, *, note: Note | None = None, status: int = 200):
    return render(request, "courses/notes.html", {"form": form, "page": page, "note": note}, status=status)


def _show_note_again(request, page_id=None, note_id=None):
    """The form came without its key: nothing is written, what was typed comes back."""
    note = Note.objects.filter(pk=note_id, learner=current_learner(request)).first() if note_id else None
    if note_id and (note is None or note.learner_id is None):
        raise Http404
    page = reading.find_page(page_id or note.page_id or 0, *TEXTS)
    if page is None and note is None:
        raise Http404
    return _show_note_form(request, NoteForm(request.POST), page, note=note, status=403)


add_note.shows_typed_text = edit_note.shows_typed_text = _show_note_again
