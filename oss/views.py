"""The form, its receipt, the centres, and the advisors' desk."""

import logging

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from business import vocabulary
from business.profile import current_business
from kb.guides import public_guides
from kb.models import Programme
from kb.programmes import describe_known
from oss import cases, centres, consent, desk, form_key, history, limits
from oss.forms import AskForm, NoteForm, describe_for_form
from oss.models import Case
from search import thai
from users.addresses import client_address

CASES_A_PAGE = 20
QUERY_MAX = 200
logger = logging.getLogger(__name__)


# The form

# Never kept by a shared cache; but not "no-store", with which browsers forget what was typed when one goes back.
_kept_by_its_browser = cache_control(private=True, no_cache=True)


@_kept_by_its_browser
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request):
    """The request for a consultation. Whatever goes wrong, what was typed comes back with the reason."""
    about = _read_about(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        return _receive(request, about)
    return _show_form(request, AskForm(initial=_first_values(request, about)), about, key=form_key.issue())


@_kept_by_its_browser
def _ask_again(request):
    """The form as it was typed, when its cookie was lost: nothing is written (`home.views.show_csrf_failure`)."""
    problem = _("ยังไม่ได้ส่ง เพราะเบราว์เซอร์ไม่ได้ส่งคุกกี้ยืนยันมาด้วย ข้อความของคุณอยู่ครบ กดส่งอีกครั้ง ถ้ายังไม่ได้ ให้เปิดรับคุกกี้ของเว็บนี้หรือโทรหาศูนย์")
    return _show_form(
        request, AskForm(request.POST), _read_about(request.POST), key=form_key.issue(waited=True), problem=problem, status=403
    )


ask.shows_typed_text = _ask_again


def _receive(request, about: dict):
    form, key = AskForm(request.POST), request.POST.get("form_key", "")
    try:
        one_time, age = form_key.read(key)
    except form_key.Stale:
        problem = _("ยังไม่ได้ส่ง เพราะหน้านี้เปิดไว้นานเกินไป ข้อความของคุณอยู่ครบ ดูอีกครั้งแล้วกดส่ง")
        return _show_form(request, form, about, key=form_key.issue(waited=True), problem=problem)
    if not form.is_valid():
        return _show_form(request, form, about, key=key)
    inquiry = form.inquiry(**about)
    try:
        case = cases.find_opened(inquiry, key=one_time)
        if case is None:
            sender = _describe_sender(request, inquiry)
            problem, status = _find_problem(request, age, sender)
            if problem:
                return _show_form(request, form, about, key=key, problem=problem, status=status)
            user = request.user if request.user.is_authenticated else None
            case, is_new = cases.open_case(inquiry, key=one_time, wording=consent.wording(), user=user)
            if is_new:
                limits.CASES.count(sender)
    except cases.KeyUsed as used:
        problem = _("ยังไม่ได้ส่ง เพราะคำขอจากหน้านี้ส่งไปแล้วก่อนหน้านี้ แต่ข้อความไม่เหมือนเดิม ถ้าเป็นเรื่องใหม่ กดส่งอีกครั้ง")
        return _show_form(request, form, about, key=form_key.issue(waited=True), problem=problem, earlier=used.case, status=422)
    except DatabaseError as error:
        logger.error("A case was not written: %s", type(error).__name__)  # the message may hold what was typed
        problem = _("ตอนนี้ระบบบันทึกเรื่องไม่ได้ ข้อความของคุณอยู่ครบ รอสักครู่แล้วกดส่งอีกครั้ง หรือโทรหาศูนย์ได้เลย")
        response = _show_form(request, form, about, key=key, problem=problem, status=503)
        response["Retry-After"] = "60"
        return response
    return redirect(case)


def _show_form(request, form: AskForm, about: dict, *, key: str, problem: str = "", earlier: Case | None = None, status: int = 200):
    if problem:
        form.is_valid()
        form.add_error(None, problem)
    context = {
        "form": form,
        "about": about,
        "form_key": key,
        "earlier": earlier,
        "privacy": consent.notice(),
        "centre": centres.find_centre(form["province"].value()),
    }
    return render(request, "oss/ask.html", context, status=status)


def _read_about(sent) -> dict:
    """`{guide, programme, query}` that the person came from; what is forged or gone is left out."""
    code, programme = sent.get("guide", ""), sent.get("programme", "")
    return {
        "guide": public_guides().filter(code=code).first() if code.isascii() and code.isdigit() else None,
        "programme": Programme.objects.live().filter(code=programme).first() if programme and "\x00" not in programme else None,
        "query": thai.repair(sent.get("query", sent.get("q", "")))[:QUERY_MAX].replace("\n", " ").strip(),
    }


def _first_values(request, about: dict) -> dict:
    """From the profile, the page that he came from and the address, in this order; the form never changes the profile."""
    values = {"channel": Case.Channel.PHONE, **describe_for_form(current_business(request))}
    if about["guide"]:
        function = about["guide"].functions.order_by("order").first()
        values["topic"] = function.code if function else ""
    province = request.GET.get("province", "").upper()
    if province in vocabulary.provinces():
        values["province"] = province
    if request.user.is_authenticated:
        values |= {"contact_name": request.user.get_full_name(), "email": request.user.email}
    return values


def _describe_sender(request, inquiry: cases.Inquiry) -> dict[str, str]:
    """Who sends, as `oss.limits` counts. A stranger has no session, but the form's cookie tells his browser from others."""
    browser = request.session.session_key or request.META.get("CSRF_COOKIE") or ""
    contact = inquiry.phone or inquiry.email.lower() or inquiry.line_id.lower()
    return {"contact": contact, "session": browser, "address": client_address(request)}


def _find_problem(request, age: float, sender: dict[str, str]) -> tuple[str, int]:
    """Why this form is not taken now, in words, and the status; empty when it is."""
    if age < form_key.FASTEST:
        return _("ยังไม่ได้ส่ง เพราะหน้านี้เพิ่งเปิดเมื่อครู่นี้เอง ดูข้อความอีกครั้งแล้วกดส่ง"), 200
    if request.POST.get("reply_to"):
        return _("ยังไม่ได้ส่ง เพราะมีข้อความในช่องที่ต้องเว้นว่างซึ่งซ่อนอยู่ เราล้างช่องนั้นให้แล้ว กดส่งอีกครั้ง"), 200
    exceeded = limits.CASES.find_exceeded(sender)
    if exceeded == "contact":
        return _("ยังไม่ได้ส่ง เพราะวันนี้ส่งจากเบอร์หรือที่อยู่นี้ครบ 3 เรื่องแล้ว ข้อความของคุณอยู่ครบ ส่งใหม่ได้พรุ่งนี้ เรื่องด่วนโทรหาศูนย์ได้เลย"), 429
    if exceeded:
        return _("ยังไม่ได้ส่ง เพราะมีคำขอเข้ามาทางนี้มากเกินไป ข้อความของคุณอยู่ครบ ลองอีกครั้งในหนึ่งชั่วโมง เรื่องด่วนโทรหาศูนย์ได้เลย"), 429
    return "", 200


# The receipt


def _find_by_token(token: str) -> Case:
    case = (
        Case.objects.select_related("centre__province", "province", "stage", "sector", "topic", "guide", "programme")
        .prefetch_related("events")
        .filter(token=token)
        .first()
    )
    if case is None:
        raise Http404
    return case


@never_cache
@require_safe
def show_receipt(request, token):
    """What was sent, to whom, and what happens next. The token is the key, so the page can be kept and come back to."""
    case = _find_by_token(token)
    return _hide_from_robots(render(request, "oss/receipt.html", _describe_receipt(request, case)))


@never_cache
@require_safe
def download_receipt(request, token):
    """The same as a text file: a copy without a printer and without a script."""
    case = _find_by_token(token)
    text = render(request, "oss/receipt.txt", _describe_receipt(request, case)).content.decode()
    response = HttpResponse("\ufeff" + text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{case.reference}.txt"'
    return _hide_from_robots(response)


def _describe_receipt(request, case: Case) -> dict:
    return {
        "case": case,
        "centre": case.centre,
        "address": f"{settings.SITE_URL}{reverse('case_receipt', args=[case.token])}",
        "detour": history.explain_detour(case),
        "status": history.say_status(case),
        "name": history.mask_name(case.contact_name),
        "contact": history.mask_contact(case),
        "told": [(name, value) for name, value in describe_known(case.business) if value],
    }


def _hide_from_robots(response):
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


# The centres


@require_safe
def list_centres(request):
    """All 77 by region. `?province=` is a code or a name as people say it, and leads to its centre."""
    wanted = thai.repair(request.GET.get("province", ""))[:60].replace("\n", " ").strip()
    found = centres.find_provinces(wanted)
    if len(found) == 1:
        return redirect("centre", found[0].iso)
    return render(request, "oss/centres.html", {"regions": centres.list_regions(), "wanted": wanted, "found": found})


@require_safe
def show_centre(request, iso):
    if iso != iso.upper():
        return redirect("centre", iso.upper())
    centre = centres.read_centre(iso)
    if centre is None:
        raise Http404
    return render(
        request,
        "oss/centre.html",
        {"centre": centre, "neighbours": centres.list_neighbours(centre), "topics": vocabulary.functions().values()},
    )


# The desk


def _open_desk(view):
    """Signed in, and working for a centre; for everybody else the desk does not exist."""

    @never_cache
    @login_required
    def checked(request, *args, **kwargs):
        request.centres = desk.centres_of(request.user)
        if not request.centres:
            raise Http404
        return _hide_from_robots(view(request, *args, **kwargs))

    return checked


@_open_desk
@require_safe
def show_desk(request):
    """The cases of the person's centres, by tab."""
    centre = next((centre for centre in request.centres if centre.province_id == request.GET.get("centre")), None)
    tabs = desk.count_tabs(request.user, centre)
    chosen = next((tab for tab in tabs if tab.code == request.GET.get("tab")), None)
    chosen = chosen or next((tab for tab in tabs[:2] if tab.number), tabs[1])  # mine when there is any, else the new ones
    items = Paginator(desk.list_cases(request.user, chosen.code, centre), CASES_A_PAGE).get_page(request.GET.get("page"))
    context = {"tabs": tabs, "tab": chosen, "items": items, "cases": list(items), "centre": centre, "centres": request.centres}
    return render(request, "oss/desk.html", context)


def _find_on_desk(request, reference: str) -> Case:
    case = desk.find_case(request.user, reference)
    if case is None:
        raise Http404
    return case


@_open_desk
@require_safe
def show_case(request, reference):
    return _show_case(request, _find_on_desk(request, reference))


@_open_desk
@require_http_methods(["GET", "HEAD", "POST"])
def take_case(request, reference):
    """One press. Somebody else was first: the person reads who."""
    case = _find_on_desk(request, reference)
    if request.method == "POST":
        try:
            cases.take_case(case, request.user)
            messages.success(request, _("คุณรับเรื่อง %(reference)s แล้ว") % {"reference": case.reference})
        except cases.Refused as refusal:
            messages.warning(request, str(refusal))
    return redirect("case", case.reference)


@_open_desk
@require_http_methods(["GET", "HEAD", "POST"])
def answer_case(request, reference):
    case = _find_on_desk(request, reference)
    return _write_note(request, case, "answer_form", cases.record_answer, _("บันทึกคำตอบแล้ว"))


@_open_desk
@require_http_methods(["GET", "HEAD", "POST"])
def close_case(request, reference):
    case = _find_on_desk(request, reference)
    return _write_note(request, case, "close_form", cases.close_case, _("ปิดเรื่องแล้ว"))


def _write_note(request, case: Case, name: str, step, done: str):
    """A step with a note. A refused one comes back with the note, so that it can be kept elsewhere."""
    if request.method != "POST":
        return redirect("case", case.reference)
    form = _note_forms(request.POST, only=name)[name]
    if not form.is_valid():
        return _show_case(request, case, **{name: form})
    try:
        step(case, request.user, form.cleaned_data["note"])
    except cases.Refused as refusal:
        form.add_error(None, str(refusal))
        return _show_case(request, _find_on_desk(request, case.reference), status=409, **{name: form})
    messages.success(request, done)
    return redirect("case", case.reference)


def _note_forms(data=None, *, only: str | None = None) -> dict[str, NoteForm]:
    labels = {"answer_form": _("ตอบอะไรไปแล้ว"), "close_form": _("เรื่องจบอย่างไร")}
    return {name: NoteForm(data if name == only else None, label=label, prefix=name, auto_id="id_%s") for name, label in labels.items()}


def _show_case(request, case: Case, *, status: int = 200, **bound):
    forms = _note_forms() | bound
    context = {
        **forms,
        "bound": next(iter(bound.values()), None),
        "case": case,
        "told": [(name, value) for name, value in describe_known(case.business) if value],
        "size": case.business.size,
        "matches": desk.match_programmes(case),
        "history": [history.tell(event, case) for event in desk.history(case)],
    }
    return render(request, "oss/case.html", context, status=status)
