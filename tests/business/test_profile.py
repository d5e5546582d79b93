"""The profile of a business: kept for the visit, merged at sign-in, several for one person."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core import mail

from business.models import Business
from tests.factories import BusinessFactory, UserFactory, province, sector, stage

ANSWERS = {
    "stage": "run",
    "sector": "retail",
    "province": "TH-50",
    "staff": "๓ คน",
    "yearly_revenue": "1.2 ล้าน",
    "legal_form": "person",
    "registered_on_0": "๑",
    "registered_on_1": "5",
    "registered_on_2": "2567",
    "name": "ร้านป้าแดง",
}


def facts_of(business: Business) -> dict:
    names = ("stage", "sector", "province", "staff", "yearly_revenue", "legal_form", "registered_on", "name")
    return {name: getattr(business, name) for name in names}


@pytest.fixture
def told(db):
    return {
        "stage": stage("run"), "sector": sector("retail"), "province": province("TH-50"), "staff": 3,
        "yearly_revenue": Decimal("1200000"), "legal_form": "person", "registered_on": dt.date(2024, 5, 1), "name": "ร้านป้าแดง",
    }  # fmt: skip


def test_visitor_is_understood_and_remembered_without_a_row(client, told):
    response = client.post("/my/business/", ANSWERS, follow=True)
    assert response.redirect_chain == [("/my/business/", 302)]
    assert facts_of(response.context["business"]) == told
    assert Business.objects.count() == 0


def test_size_is_echoed_with_its_reason(client, db):
    text = client.post("/my/business/", ANSWERS, follow=True).text
    assert "ร้านของคุณเป็นวิสาหกิจรายย่อย: รายได้ 1.2 ล้านบาท ต่อปีอยู่ในเกณฑ์รายย่อย" in text


def test_unknown_size_says_what_is_missing(client, db):
    text = client.post("/my/business/", {"sector": "retail"}, follow=True).text
    assert "ขนาดกิจการยังบอกไม่ได้: ยังไม่รู้รายได้ต่อปี" in text


def test_empty_answers_are_welcome(client, db):
    response = client.post("/my/business/", {"stage": "", "legal_form": ""}, follow=True)
    assert response.status_code == 200
    assert facts_of(response.context["business"]) == {
        "stage": None, "sector": None, "province": None, "staff": None, "yearly_revenue": None, "legal_form": "", "registered_on": None, "name": "",
    }  # fmt: skip


def test_form_shows_the_answers_again(client, db):
    client.post("/my/business/", ANSWERS)
    text = client.get("/my/business/").text
    assert 'value="1,200,000"' in text
    assert '<option value="5" selected>พฤษภาคม</option>' in text
    assert 'name="registered_on_2" value="2567"' in text


def test_english_form_shows_the_common_era(client, db):
    client.post("/my/business/", ANSWERS)
    text = client.get("/en/my/business/").text
    assert '<option value="5" selected>May</option>' in text
    assert 'name="registered_on_2" value="2024"' in text


@pytest.mark.parametrize(
    ("field", "typed", "field_shown"),
    [
        ("staff", "สามคน", "staff"),
        ("staff", "-1", "staff"),
        ("staff", "99999999", "staff"),
        ("yearly_revenue", "1-2 ล้าน", "yearly_revenue"),
        ("yearly_revenue", "ไม่รู้", "yearly_revenue"),
        ("yearly_revenue", "9" * 40, "yearly_revenue"),
        ("yearly_revenue", "๑" * 500, "yearly_revenue"),
        ("registered_on_0", "32", "registered_on"),
        ("registered_on_2", "", "registered_on"),
        ("registered_on_2", "99", "registered_on"),
        ("registered_on_1", "13", "registered_on"),
        ("stage", "forged", "stage"),
        ("sector", "forged", "sector"),
        ("province", "TH-99", "province"),
        ("legal_form", "forged", "legal_form"),
        ("name", "ก" * 201, "name"),
    ],
)
def test_bad_answer_is_named_and_nothing_typed_is_lost(client, db, field, typed, field_shown):
    response = client.post("/my/business/", ANSWERS | {field: typed})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field_shown]
    assert "<title>เกิดข้อผิดพลาด: " in response.text
    assert f'<a href="#id_{field_shown}' in response.text
    assert 'value="ร้านป้าแดง"' in response.text or field == "name"
    if field not in ("stage", "sector", "province", "legal_form", "registered_on_1"):
        assert f'value="{typed}"' in response.text or typed == ""
    assert Session.objects.count() == 0


def test_control_characters_and_markup_in_the_name_do_no_harm(client, db):
    response = client.post("/my/business/", ANSWERS | {"name": "<script>\u0000\u202eร้าน"})
    assert "<script>" not in response.text
    assert response.status_code == 422  # Django refuses the null


def test_month_and_year_are_enough(client, db):
    client.post("/my/business/", ANSWERS | {"registered_on_0": ""})
    assert client.get("/my/business/").context["business"].registered_on == dt.date(2024, 5, 1)


def test_common_era_year_is_understood(client, db):
    client.post("/my/business/", ANSWERS | {"registered_on_2": "2024"})
    assert client.get("/my/business/").context["business"].registered_on == dt.date(2024, 5, 1)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("/guides/?x=1", "/guides/?x=1"),
        ("http://testserver/guides/", "http://testserver/guides/"),
        ("https://evil.example/", "/my/business/"),
        ("//evil.example/", "/my/business/"),
        ("/\\evil.example", "/my/business/"),
        ("javascript:alert(1)", "/my/business/"),
        ("", "/my/business/"),
    ],
)
def test_way_back_stays_on_this_site(client, db, asked, sent):
    assert client.post("/my/business/", ANSWERS | {"next": asked})["Location"] == sent
    shown = client.get("/my/business/", {"next": asked}).context["next"]
    assert shown == (asked if sent != "/my/business/" else "")


def read_code() -> str:
    """The code in the last message."""
    return re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mail.outbox[-1].body, re.MULTILINE)[0]


def sign_in(client, user):
    """By the code that is sent to the e-mail address, as a person does."""
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    client.post("/accounts/login/code/", {"email": user.email})
    response = client.post("/accounts/login/code/confirm/", {"code": read_code()})
    assert (response.status_code, response["Location"]) == (302, "/my/")


def test_signing_in_takes_the_business_along_once(client, told):
    user = UserFactory()
    client.post("/my/business/", ANSWERS)
    sign_in(client, user)
    mine = list(user.businesses.all())
    assert [facts_of(business) for business in mine] == [told]
    assert client.get("/my/business/").context["business"] == mine[0]
    client.post("/accounts/logout/")
    client.post("/my/business/", ANSWERS)  # tells the same again, and signs in again
    sign_in(client, user)
    assert user.businesses.count() == 1


def test_a_different_business_becomes_the_second_and_the_one_in_view(client, db):
    user = UserFactory()
    first = BusinessFactory(owner=user)
    client.post("/my/business/", ANSWERS)
    sign_in(client, user)
    second = user.businesses.exclude(pk=first.pk).get()
    assert client.get("/my/").context["business"] == second


def test_signing_in_without_a_business_writes_none(client, db):
    user = UserFactory()
    sign_in(client, user)
    assert user.businesses.count() == 0


def test_signing_out_leaves_nothing_of_the_business_behind(client, db):
    business = BusinessFactory(name="ร้านลับ")
    client.force_login(business.owner)
    client.get("/my/")
    client.post("/accounts/logout/")
    assert "ร้านลับ" not in client.get("/my/").text


def test_session_of_an_older_vocabulary_loses_only_what_is_gone(client, told):
    client.post("/my/business/", ANSWERS)
    session = client.session
    session["business"] = session["business"] | {"stage": "gone", "sector": "gone", "province": "TH-00"}
    session.save()
    business = client.get("/my/business/").context["business"]
    assert facts_of(business) == told | {"stage": None, "sector": None, "province": None}


def test_changing_a_business_changes_that_row(client, told):
    business = BusinessFactory()
    client.force_login(business.owner)
    client.post(f"/my/business/{business.pk}/", ANSWERS)
    business.refresh_from_db()
    assert facts_of(business) == told
    assert Business.objects.count() == 1


def test_new_business_is_added_and_comes_into_view(client, db):
    business = BusinessFactory()
    client.force_login(business.owner)
    assert client.get("/my/business/new/").context["business"] is None
    client.post("/my/business/new/", ANSWERS)
    assert business.owner.businesses.count() == 2
    assert client.get("/my/business/").context["business"].name == "ร้านป้าแดง"


def test_choosing_another_business(client, db):
    user = UserFactory()
    first, second = BusinessFactory.create_batch(2, owner=user)
    client.force_login(user)
    assert client.get("/my/").context["business"] == first
    assert client.post(f"/my/business/{second.pk}/choose/")["Location"] == "/my/"
    assert client.get("/my/").context["business"] == second
    assert client.get(f"/my/business/{second.pk}/choose/").status_code == 405


def test_deleting_asks_first(client, db):
    user = UserFactory()
    first, second = BusinessFactory.create_batch(2, owner=user)
    client.force_login(user)
    client.post(f"/my/business/{second.pk}/choose/")
    assert "ลบข้อมูลของ ร้านสมมติ ใช่ไหม" in client.get(f"/my/business/{first.pk}/forget/").text
    assert user.businesses.count() == 2
    client.post(f"/my/business/{first.pk}/forget/")
    assert list(user.businesses.all()) == [second]
    assert client.get("/my/").context["business"] == second


def test_deleting_the_one_in_view_shows_the_next(client, db):
    user = UserFactory()
    first, second = BusinessFactory.create_batch(2, owner=user)
    client.force_login(user)
    client.post("/my/business/forget/")
    assert list(user.businesses.all()) == [second]
    assert client.get("/my/").context["business"] == second


def test_visitor_forgets_what_he_told(client, db):
    client.post("/my/business/", ANSWERS)
    client.post("/my/business/forget/")
    assert client.get("/my/business/").context["business"] is None
    assert "ยังไม่มีข้อมูลกิจการให้ลบ" in client.get("/my/business/forget/").text


@pytest.mark.parametrize("address", ["/my/business/{}/", "/my/business/{}/choose/", "/my/business/{}/forget/"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_somebody_elses_business_is_not_there(client, db, address, signed_in):
    business = BusinessFactory()
    if signed_in:
        client.force_login(UserFactory())
    assert client.post(address.format(business.pk), ANSWERS).status_code == 404
    business.refresh_from_db()
    assert (business.name, business.owner.businesses.count()) == ("ร้านสมมติ", 1)


@pytest.mark.parametrize("number", [1, 30])
def test_form_takes_three_queries_with_one_business_and_with_thirty(client, db, django_assert_num_queries, number):
    user = UserFactory()
    BusinessFactory.create_batch(number, owner=user)
    client.force_login(user)
    client.get("/my/business/")
    with django_assert_num_queries(3):  # session, person, businesses
        client.get("/my/business/")


def test_visitors_form_takes_no_query_when_the_vocabulary_is_warm(client, db, django_assert_num_queries):
    client.get("/my/business/")
    with django_assert_num_queries(0):
        client.get("/my/business/")


def test_new_person_is_an_entrepreneur_and_keeps_the_business(client, db):
    client.post("/my/business/", ANSWERS)
    client.post("/accounts/signup/", {"email": "New.Person@Example.test"})
    response = client.post("/accounts/confirm-email/", {"code": read_code()})
    assert response.status_code == 302
    user = get_user_model().objects.get(email="new.person@example.test")
    assert user.roles == {"entrepreneur"}
    assert [business.name for business in user.businesses.all()] == ["ร้านป้าแดง"]
