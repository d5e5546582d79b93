"""Staff work with a second factor, in an admin that may run its own scripts; whoever is refused is told so."""

from urllib.parse import parse_qs, urlsplit

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

STAFF_PREFIXES = ("/admin/", "/desk/", "/en/desk/")


def is_sent_back_to_sign_in(request, response) -> bool:
    """Wagtail refuses whoever lacks a right (the admin, a page or file for groups) by asking him to sign in and come back.

    To a person who is signed in the sign-in page answers with the way back: the two addresses would never end.
    """
    if response.status_code != 302:
        return False
    address = urlsplit(response["Location"])
    return (
        address.path in (reverse(settings.LOGIN_URL), reverse("wagtailcore_login"))
        and parse_qs(address.query).get("next") == [request.get_full_path()]
        and request.user.is_authenticated
    )


def show_refusal(request):
    """403 in our look. It says what Wagtail's own message says, which is taken out of the queue."""
    list(messages.get_messages(request))
    context = {"is_admin_area": request.path.startswith("/admin/"), "messages": []}
    response = render(request, "403.html", context, status=403)
    response["Cache-Control"] = "private, no-store"
    return response


class RefusalMiddleware:
    """Tells a signed-in person that a page is not for him, where Wagtail would ask him to sign in again, and again."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        return show_refusal(request) if is_sent_back_to_sign_in(request, response) else response


class StaffMfaMiddleware:
    """Sends staff without a second factor to set one up before any page of their work opens."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if (
            settings.STAFF_MFA_REQUIRED
            and request.path.startswith(STAFF_PREFIXES)
            and request.user.is_authenticated
            and request.user.is_member_of_staff
            and not is_mfa_enabled(request.user)
        ):
            messages.warning(request, _("ก่อนเข้างานส่วนเจ้าหน้าที่ กรุณาเปิดใช้การยืนยันตัวตนขั้นที่สอง"))
            return redirect(reverse("mfa_index"))
        return self.get_response(request)


class AdminContentSecurityPolicyMiddleware:
    """Gives the admin the policy that its inline scripts and preview frames need; every other page keeps the strict one.

    A page previewed inside the admin is served from an admin address and shown in the admin's frame.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            # A preview is rendered through all the middleware once more, as the page it shows: its header would stand.
            response.headers.pop("Content-Security-Policy", None)
            response._csp_config = settings.ADMIN_CONTENT_SECURITY_POLICY  # what csp.decorators.csp sets
        return response
