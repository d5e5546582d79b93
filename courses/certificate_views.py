"""Asking for a certificate, its public page, the page to type a number, and the certificate as PDF and QR."""

import io

import segno
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses import badges, certificate_pdf, certificates
from courses.learners import current_learner, ensure_learner
from courses.models import Certificate, CoursePage
from courses.outline import public_courses, read_outline
from courses.progress import measure_courses
from users.addresses import client_address

_AGAIN = 60 * 60  # seconds after which somebody who missed too often may try again
# Fresh each time: it may have been revoked. Never kept by a shared cache.
_fresh = cache_control(private=True, no_cache=True)


# Asking for it


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("ชื่อบนประกาศนียบัตร"),
        help_text=gettext_lazy("คำนำหน้า ชื่อ และนามสกุล อย่างที่อยากให้คนอื่นเห็น ดูตัวสะกดให้ดี ออกใบแล้วแก้เองไม่ได้"),
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "required": True}),
    )

    def clean_name(self):
        return certificates.read_name(self.cleaned_data["name"])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_certificate(request, course_id):
    """The name on it, for who is signed in and has finished; for others what is missing and the way there."""
    course = _find_course(course_id)
    if not request.user.is_authenticated:
        return _show_ask(request, course, status=403 if request.method == "POST" else 200)
    learner = current_learner(request)
    if certificate := certificates.find_certificate(learner, course):
        return redirect("certificate", certificate.number)
    if request.method != "POST":
        return _show_ask(request, course, form=NameForm(initial={"name": _remember_name(request)}))
    form = NameForm(request.POST)
    if not form.is_valid():
        return _show_ask(request, course, form=form)
    try:
        certificate = certificates.issue_certificate(ensure_learner(request), course, form.cleaned_data["name"])
    except (certificates.NotFinished, certificates.Refused):
        return _show_ask(request, course, status=409)
    messages.success(request, _("ออกประกาศนียบัตรให้แล้ว เก็บที่อยู่ของหน้านี้ไว้ หรือส่งให้คนที่อยากตรวจ"))
    return redirect("certificate", certificate.number)


def _ask_again(request, course_id):
    """The form as it was typed, when its cookie was lost (`home.views.show_csrf_failure`)."""
    form = NameForm(request.POST)
    form.is_valid()
    form.add_error(None, ValidationError(_("ยังไม่ได้ส่ง เพราะเบราว์เซอร์ไม่ได้ส่งคุกกี้ยืนยันมาด้วย กดส่งอีกครั้ง")))
    return _show_ask(request, _find_course(course_id), form=form, status=403)


ask_for_certificate.shows_typed_text = _ask_again


def _find_course(course_id: int) -> CoursePage:
    return get_object_or_404(public_courses(), pk=course_id, has_certificate=True)


def _show_ask(request, course: CoursePage, *, form: NameForm | None = None, status: int = 200):
    learner = current_learner(request)
    context = {
        "course": course,
        "stage": course.stages.order_by("order").first(),
        "form": form,
        "measured": measure_courses(learner, [read_outline(course)])[course.pk],
        "refusal": certificates.find_refusal(learner, course) if request.user.is_authenticated else None,
    }
    return render(request, "courses/certificate_ask.html", context, status=status)


def _remember_name(request) -> str:
    """The name of the last certificate, else the account's."""
    learner = current_learner(request)
    last = learner.certificates.order_by("-issued_at").values_list("name", flat=True).first() if learner else None
    return last or request.user.get_full_name()


# The public page


@_fresh
@require_safe
def search_certificate(request):
    """A form for a number. `?number=`: what was typed; a number that exists leads to its page."""
    typed = request.GET.get("number", "").strip()
    return _answer(request, typed, _lead_on) if typed else _show_form(request)


@_fresh
@require_safe
def show_certificate(request, number):
    """Whether the certificate stands, for anybody who has its number."""
    return _answer(request, number, _show_page)


@_fresh
@require_safe
def download_pdf(request, number):
    return _answer(request, number, _show_pdf)


@_fresh
@require_safe
def show_qr(request, number):
    return _answer(request, number, _draw_qr)


def _answer(request, typed: str, show):
    """What `show(request, certificate)` gives, or the form with the reason why there is nothing."""
    if request.user.is_authenticated:
        sender = {"person": str(request.user.pk)}
    else:
        sender = {"address": client_address(request)}
    try:
        certificate = certificates.look_up(typed, sender=sender)
    except ValueError:
        return _show_form(request, typed, problem="misread", status=404)
    except certificates.TooManyMisses:
        response = _show_form(request, typed, problem="too_many", status=429)
        response["Retry-After"] = str(_AGAIN)
        return response
    if certificate is None:
        return _show_form(request, typed, problem="unknown", status=404)
    if show is not _lead_on and typed != certificate.number:
        return redirect(request.resolver_match.view_name, certificate.number)
    return _hide_from_robots(show(request, certificate))


def _show_form(request, typed: str = "", *, problem: str = "", status: int = 200):
    context = {"typed": typed[:60], "problem": problem}
    response = render(request, "courses/certificate_search.html", context, status=status)
    return _hide_from_robots(response) if typed else response


def _lead_on(request, certificate: Certificate):
    return redirect("certificate", certificate.number)


def _show_page(request, certificate: Certificate):
    course = public_courses().filter(pk=certificate.course_id).first()
    learner = current_learner(request) if request.user.is_authenticated else None
    context = {
        "certificate": certificate,
        "course": course,
        "stage": course.stages.order_by("order").first() if course else None,
        "goals": badges.read_goals(course) if course else [],
        "address": badges.page_address(certificate),
        "has_pdf": certificate_pdf.is_available(),
        "is_own": learner is not None and certificate.learner_id == learner.pk,
    }
    return render(request, "courses/certificate.html", context)


def _show_pdf(request, certificate: Certificate):
    if certificate.revoked_at:
        return redirect("certificate", certificate.number)
    if not certificate_pdf.is_available():
        return render(request, "courses/certificate_no_pdf.html", {"certificate": certificate}, status=503)
    response = HttpResponse(certificate_pdf.make_pdf(certificate), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{certificate.number}.pdf"'
    return response


def _draw_qr(request, certificate: Certificate):
    """Dark on white with its quiet zone, also on a dark page: a reader of codes needs both."""
    drawn = io.BytesIO()
    code = segno.make(badges.page_address(certificate), error="m")
    code.save(drawn, kind="svg", scale=8, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


def _hide_from_robots(response):
    response["X-Robots-Tag"] = "noindex"
    return response
