"""Signing in and out in our frame, staff with a second factor, people in Wagtail's admin."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.test import override_settings
from wagtail.models import PageViewRestriction

from tests.factories import GuideFactory, UserFactory
from users.models import User

PAGES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/login/code/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/confirm-email/",
    "/accounts/inactive/",
    "/accounts/social/login/cancelled/",
    "/accounts/social/login/error/",
]
OWN_PAGES = [
    "/accounts/email/",
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/3rdparty/",
]


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests(db):
    cache.clear()


@pytest.fixture
def person(db, client):
    user = UserFactory()
    user.set_password("ขนมจีนน้ำยา-ปักษ์ใต้")
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": user.email, "password": "ขนมจีนน้ำยา-ปักษ์ใต้"})
    client.post("/accounts/reauthenticate/", {"password": "ขนมจีนน้ำยา-ปักษ์ใต้"})  # asked before anything of weight is changed
    return user


def is_in_our_frame(text: str) -> bool:
    return all(part in text for part in ('class="brand"', 'class="page section account stack"', 'class="pavement site-foot"', "noindex"))


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("address", PAGES)
def test_page_for_everybody_stands_in_our_frame(client, db, address, prefix):
    response = client.get(prefix + address, follow=True)
    assert response.status_code == (401 if "error" in address else 200)
    assert is_in_our_frame(response.text)


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("address", OWN_PAGES)
def test_page_of_the_account_stands_in_our_frame(client, person, address, prefix):
    response = client.get(prefix + address)
    assert response.status_code == 200
    assert is_in_our_frame(response.text)


def test_password_is_optional_and_signs_in(client, person):
    assert f'เข้าสู่ระบบเป็น <span class="any">{person}</span>' in client.get("/my/").text


def test_signing_up_asks_for_the_address_only(client):
    text = client.get("/accounts/signup/").text
    assert 'name="email"' in text
    assert 'name="password1"' not in text


def test_code_arrives_in_our_words(client, person):
    client.post("/accounts/logout/")
    client.post("/accounts/login/code/", {"email": person.email})
    message = mail.outbox[0]
    assert message.subject == "รหัสเข้าสู่ระบบ | คลังความรู้ SME"
    assert message.body.endswith("คลังความรู้ SME\nhttp://testserver")
    assert "อย่าบอกรหัสกับใคร" in message.body


def test_wrong_password_says_so_and_keeps_the_address(client):
    response = client.post("/accounts/login/", {"login": "nobody@example.test", "password": "wrong"})
    assert "<title>เกิดข้อผิดพลาด: " in response.text
    assert 'value="nobody@example.test"' in response.text
    assert 'class="error-summary"' in response.text


def test_asking_for_a_code_does_not_tell_who_is_known(client, db):
    user = UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    known = client.post("/accounts/login/code/", {"email": user.email})
    client.cookies.clear()
    unknown = client.post("/accounts/login/code/", {"email": "nobody@example.test"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


@pytest.mark.parametrize("path", ["/admin/", "/desk/", "/en/desk/"])
@override_settings(STAFF_MFA_REQUIRED=True)
def test_staff_without_second_factor_are_led_to_set_one_up(client, db, path):
    client.force_login(UserFactory(role="administrator"))
    response = client.get(path, follow=True)
    assert response.redirect_chain[0] == ("/en/accounts/2fa/" if path.startswith("/en/") else "/accounts/2fa/", 302)
    asked = "please turn on two-step verification" if path.startswith("/en/") else "กรุณาเปิดใช้การยืนยันตัวตนขั้นที่สอง"
    assert asked in response.text


@override_settings(STAFF_MFA_REQUIRED=True)
def test_staff_with_second_factor_pass(client, db):
    user = UserFactory(role="administrator")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    RecoveryCodes.activate(user)
    client.force_login(user)
    assert client.get("/admin/").status_code == 200


@override_settings(STAFF_MFA_REQUIRED=True)
def test_entrepreneur_is_not_asked_for_a_second_factor(client, db):
    client.force_login(UserFactory(role="entrepreneur"))
    assert client.get("/desk/").status_code in (403, 404, 302)
    assert client.get("/my/").status_code == 200


@override_settings(STAFF_MFA_REQUIRED=False)
def test_admin_makes_and_changes_a_person_by_his_address(client, db):
    client.force_login(UserFactory(is_superuser=True))
    assert client.get("/admin/users/").status_code == 200
    assert client.get("/admin/users/new/").status_code == 200
    answers = {
        "email": "Advisor@Example.test", "first_name": "กานดา", "last_name": "สมมติ", "is_active": "on",
        "password1": "ข้าวซอยไก่-ลำพูน", "password2": "ข้าวซอยไก่-ลำพูน",
    }  # fmt: skip
    response = client.post("/admin/users/new/", answers)
    assert response.status_code == 302, response.context["form"].errors
    user = User.objects.get(email="advisor@example.test")
    response = client.post(f"/admin/users/edit/{user.pk}/", answers | {"first_name": "กานดาใหม่", "password1": "", "password2": ""})
    assert response.status_code == 302, response.context["form"].errors
    user.refresh_from_db()
    assert user.first_name == "กานดาใหม่"


@override_settings(STAFF_MFA_REQUIRED=False)
def test_person_made_in_the_admin_needs_no_password(client, db):
    client.force_login(UserFactory(is_superuser=True))
    client.post("/admin/users/new/", {"email": "new@example.test", "first_name": "ใหม่", "last_name": "สมมติ", "is_active": "on"})
    client.logout()
    client.post("/accounts/login/code/", {"email": "new@example.test"})
    code = re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mail.outbox[-1].body, re.MULTILINE)[0]
    assert client.post("/accounts/login/code/confirm/", {"code": code})["Location"] == "/my/"


def test_addresses_differing_in_case_are_one_person(db):
    User.objects.create_user("Somchai@Example.test", "x")
    assert User.objects.get_by_natural_key("SOMCHAI@example.TEST").email == "somchai@example.test"


def read_heading(response) -> str:
    return re.sub(r"<[^>]+>", "", re.search(r"<h1>(.*?)</h1>", response.text)[1])


@override_settings(STAFF_MFA_REQUIRED=False)
@pytest.mark.parametrize(("role", "has_way_to_the_desk"), [("advisor", True), ("entrepreneur", False)])
@pytest.mark.parametrize("address", ["/admin/", "/admin/pages/?q=ก&p=2"])
def test_signed_in_person_without_the_admin_is_told_so(client, db, role, has_way_to_the_desk, address):
    """Not sent to sign in, from where he would be sent back without end."""
    client.force_login(UserFactory(role=role))
    response = client.get(address)
    assert (response.status_code, response["Cache-Control"]) == (403, "private, no-store")
    assert read_heading(response) == "ส่วนนี้เปิดให้เฉพาะผู้ดูแลเนื้อหา"
    assert ('class="button" href="/desk/"' in response.text) is has_way_to_the_desk
    assert 'class="button second" href="/my/"' in response.text
    assert 'class="page messages"' not in response.text
    assert 'class="page messages"' not in client.get("/my/").text


@pytest.fixture
def guide_for_editors(db):
    page = GuideFactory(slug="for-editors", title="เฉพาะทีม")
    restriction = PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.GROUPS)
    restriction.groups.add(Group.objects.get(name="editor"))
    return page


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_signed_in_person_outside_the_groups_of_a_page_is_told_so(client, guide_for_editors, prefix):
    client.force_login(UserFactory(role="entrepreneur"))
    response = client.get(f"{prefix}/guides/for-editors/")
    assert response.status_code == 403
    assert "เฉพาะทีม" not in response.text
    if not prefix:
        assert read_heading(response) == "หน้านี้เปิดให้เฉพาะกลุ่ม"


def test_visitor_is_asked_to_sign_in_and_whoever_may_reads(client, guide_for_editors):
    response = client.get("/guides/for-editors/", follow=True)
    assert (response.status_code, response.redirect_chain[-1][0]) == (200, "/accounts/login/?next=/guides/for-editors/")
    client.force_login(UserFactory(role="editor"))
    assert client.get("/guides/for-editors/").status_code == 200


def test_way_back_after_signing_in_still_leads_there(client, person):
    response = client.get("/accounts/login/?next=/my/business/")
    assert (response.status_code, response["Location"]) == (302, "/my/business/")
    client.post("/accounts/logout/")
    response = client.post(
        "/accounts/login/?next=/my/business/", {"login": person.email, "password": "ขนมจีนน้ำยา-ปักษ์ใต้", "next": "/my/business/"}
    )
    assert (response.status_code, response["Location"]) == (302, "/my/business/")


@pytest.mark.parametrize("address", ["/admin/", "/desk/"])
def test_visitor_is_asked_to_sign_in_before_work(client, db, address):
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={address}")
