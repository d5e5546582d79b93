"""Staff work with a second factor, and in an admin that may run its own scripts."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

STAFF_PREFIXES = ("/admin/", "/desk/", "/en/desk/")


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
            response._csp_config = settings.ADMIN_CONTENT_SECURITY_POLICY  # what csp.decorators.csp sets
        return response
