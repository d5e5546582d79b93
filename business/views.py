"""The profile of a business: asked once, kept for the person or for the visit, used everywhere."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from business.forms import BusinessForm
from business.models import Business
from business.profile import choose_business, current_business, forget_business, keep_business
from users.formats import format_baht, format_date


@never_cache
def show_business(request, pk=None):
    """The form of the business in view, or of another one of the person's own."""
    return _fill_in(request, _business_of(request, pk))


@never_cache
def show_new_business(request):
    """An empty form. A visitor who has not signed in has one business, so his is shown instead."""
    return _fill_in(request, None if request.user.is_authenticated else current_business(request))


def return_typed_text(request, pk=None):
    """The form as it was sent, with a new key: nothing typed is lost when the old key was no longer valid."""
    messages.warning(request, _("หน้านี้เปิดค้างไว้นาน เรายังไม่ได้จำข้อมูล สิ่งที่คุณตอบไว้ยังอยู่ กดอีกครั้งได้เลย"))
    form = BusinessForm(request.POST, business=_business_of(request, pk))
    return _render_form(request, form, _business_of(request, pk), status=403)


show_business.shows_typed_text = show_new_business.shows_typed_text = return_typed_text


@require_POST
def choose(request, pk):
    choose_business(request, get_object_or_404(_mine(request), pk=pk))
    return redirect(_next_address(request) or "my_page")


@never_cache
def forget(request, pk=None):
    """Asks first, then deletes one business of the person, or what the visit knows."""
    business = _business_of(request, pk)
    if request.method != "POST":
        return render(request, "business/forget.html", {"business": business, "pk": pk})
    was_in_view = business is current_business(request) or business == current_business(request)
    if business is not None and business.pk:
        business.delete()
    if was_in_view:
        forget_business(request)
    messages.success(request, _("ลบข้อมูลกิจการแล้ว"))
    return redirect("my_page")


def _fill_in(request, business):
    form = BusinessForm(request.POST if request.method == "POST" else None, business=business)
    next_address = _next_address(request)
    if request.method == "POST" and form.is_valid():
        kept = form.write_to(business or Business())
        keep_business(request, kept)
        messages.success(request, _read_back(kept))
        return redirect(next_address or "business")
    return _render_form(request, form, business, status=422 if form.errors else 200)


def _render_form(request, form, business, *, status: int):
    context = {"form": form, "business": business, "next": _next_address(request), "answers": answers_of(business) if business else []}
    return render(request, "business/form.html", context, status=status)


def _business_of(request, pk: int | None) -> Business | None:
    """The person's own business of that number, else the one in view. Raises Http404 for somebody else's."""
    return get_object_or_404(_mine(request), pk=pk) if pk else current_business(request)


def _mine(request):
    return (
        request.user.businesses.select_related("province", "sector", "stage") if request.user.is_authenticated else Business.objects.none()
    )


def _next_address(request) -> str:
    """Where the person came from, if it is on this site; else empty."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return address if is_ours else ""


def _read_back(business: Business) -> str:
    """One line that says how the answers were understood."""
    verdict = business.size
    if verdict.size:
        return _("จำไว้แล้ว ร้านของคุณเป็นวิสาหกิจ%(size)s: %(reason)s") % {"size": verdict.size.label, "reason": verdict.reason}
    return _("จำไว้แล้ว ขนาดกิจการยังบอกไม่ได้: %(reason)s") % {"reason": verdict.reason}


def answers_of(business: Business) -> list[tuple[str, str]]:
    """(question, answer) in the order of the form; what was not told says so."""
    unknown = _("ไม่ได้ระบุ")
    return [
        (_("ช่วง"), business.stage.name if business.stage else unknown),
        (_("กิจการ"), business.sector.name if business.sector else unknown),
        (_("จังหวัด"), business.province.name if business.province else unknown),
        (_("คนทำงาน"), unknown if business.staff is None else _("%(number)s คน") % {"number": f"{business.staff:,}"}),
        (_("ขายได้ต่อปี"), unknown if business.yearly_revenue is None else format_baht(business.yearly_revenue)),
        (_("รูปแบบ"), business.get_legal_form_display() or unknown),
        (_("เปิดหรือจดเมื่อ"), format_date(business.registered_on) if business.registered_on else unknown),
        (_("ขนาด"), f"{business.size}: {business.size.reason}"),
    ]
