"""The form as people meet it: filled in for them, sent once, never lost."""

import datetime as dt
import re
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from oss import consent, form_key
from oss.models import Case, CaseEvent
from tests.factories import BusinessFactory, GuideFactory, ProgrammeFactory, UserFactory
from tests.oss.test_forms import TYPED
from users import limits
from users.models import Consent

pytestmark = pytest.mark.django_db
ASK = "/ask/"
NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
QUESTION = TYPED["question"]


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def old_enough(clock):
    """A key that was given a minute ago."""
    key = form_key.issue()
    clock.shift(60)
    return key


def post(client, key, **changes):
    return client.post(ASK, {**TYPED, "form_key": key, **changes})


def page(response) -> str:
    return response.content.decode()


def value_of(response, name) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page(response))[1]


def assert_came_back(response, said, status=200):
    """The form again: what happened on top, the title says so, what was typed is there, nothing was written."""
    text = page(response)
    assert response.status_code == status
    assert said in text
    assert "<title>เกิดข้อผิดพลาด:" in text
    assert QUESTION in text
    assert 'value="081 234 5678"' in text
    assert Case.objects.count() == Consent.objects.count() == 0


def test_sent_form_opens_a_case_and_leads_to_its_receipt(client, old_enough):
    response = post(client, old_enough)
    case = Case.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/ask/received/{case.token}/")
    assert (case.reference, case.question, case.phone.as_e164, case.opened_by) == ("CNX-69-000001", QUESTION, "+66812345678", None)
    assert (case.consent.wording, case.consent.user) == (consent.wording(), None)
    assert consent.VERSION in case.consent.wording


def test_signed_in_person_is_remembered_with_the_case(client, old_enough):
    person = UserFactory()
    client.force_login(person)
    post(client, old_enough)
    assert (Case.objects.get().opened_by, Consent.objects.get().user) == (person, person)


def test_english_form_leads_to_the_english_receipt(client, old_enough):
    response = client.post("/en/ask/", {**TYPED, "form_key": old_enough})
    assert response["Location"] == f"/en/ask/received/{Case.objects.get().token}/"


def test_sending_asks_few_queries(client, old_enough, django_assert_max_num_queries):
    client.get(ASK)
    guide = GuideFactory()
    with django_assert_max_num_queries(15):
        response = post(client, old_enough, guide=guide.code, query="ภาษี")
    assert response.status_code == 302


@pytest.mark.parametrize("address", [ASK, f"{ASK}?province=TH-50&q=ภาษี"])
def test_form_costs_a_stranger_no_query_after_the_first_time(client, address, django_assert_num_queries):
    client.get(address)
    with django_assert_num_queries(0):
        client.get(address)


def test_pressing_twice_gives_one_case_and_the_same_answer(client, old_enough):
    first, second = post(client, old_enough), post(client, old_enough)
    assert first["Location"] == second["Location"]
    assert (Case.objects.count(), CaseEvent.objects.count(), Consent.objects.count()) == (1, 2, 1)


def test_pressing_again_counts_as_one_against_the_limit(client, old_enough):
    assert [post(client, old_enough).status_code for _press in range(5)] == [302] * 5


def test_same_key_with_other_words_is_refused_and_can_be_sent_at_once_as_a_new_case(client, old_enough):
    post(client, old_enough)
    response = post(client, old_enough, question="อีกเรื่องหนึ่ง")
    assert (response.status_code, Case.objects.count(), Consent.objects.count()) == (422, 1, 1)
    assert "คำขอจากหน้านี้ส่งไปแล้วก่อนหน้านี้" in page(response)
    assert "อีกเรื่องหนึ่ง" in page(response)
    assert Case.objects.get().reference in page(response)
    assert post(client, value_of(response, "form_key"), question="อีกเรื่องหนึ่ง").status_code == 302
    assert Case.objects.count() == 2


@pytest.mark.parametrize("key", ["", "forged", "a:b:c", "\x00"])
def test_form_without_a_good_key_comes_back_with_one_that_can_be_pressed_at_once(client, clock, key):
    response = post(client, key)
    assert_came_back(response, "ยังไม่ได้ส่ง เพราะหน้านี้เปิดไว้นานเกินไป")
    assert post(client, value_of(response, "form_key")).status_code == 302


def test_form_older_than_a_day_comes_back_with_a_new_key(client, clock):
    key = form_key.issue()
    clock.shift(24 * 60 * 60 + 1)
    response = post(client, key)
    assert_came_back(response, "ยังไม่ได้ส่ง เพราะหน้านี้เปิดไว้นานเกินไป")
    assert value_of(response, "form_key") != key


def test_absurdly_fast_form_comes_back_and_is_taken_the_next_time(client, clock):
    key = form_key.issue()
    clock.shift(1.5)
    assert_came_back(post(client, key), "ยังไม่ได้ส่ง เพราะหน้านี้เพิ่งเปิดเมื่อครู่นี้เอง")
    clock.shift(1)
    assert post(client, key).status_code == 302


def test_filled_trap_comes_back_emptied(client, old_enough):
    response = post(client, old_enough, reply_to="http://spam.example")
    assert_came_back(response, "ซึ่งซ่อนอยู่")
    assert "spam.example" not in page(response)
    assert post(client, old_enough).status_code == 302


def send(client, clock, **changes):
    key = form_key.issue()
    clock.shift(10)
    return post(client, key, **changes)


def test_one_telephone_may_send_three_a_day(client, clock):
    for number in range(3):
        assert send(Client(), clock, question=f"เรื่องที่ {number}").status_code == 302
    response = send(Client(), clock, phone="+66 81 234 5678")
    assert response.status_code == 429
    assert "วันนี้ส่งจากเบอร์หรือที่อยู่นี้ครบ 3 เรื่องแล้ว" in page(response)
    assert QUESTION in page(response)
    assert Case.objects.count() == 3
    assert send(Client(), clock, phone="0898765432").status_code == 302
    clock.shift(24 * 60 * 60)
    assert send(Client(), clock).status_code == 302


def test_one_session_may_send_ten_an_hour(client, clock):
    client.get(ASK)
    answers = [send(client, clock, phone=f"08123456{number}").status_code for number in range(10, 21)]
    assert answers == [302] * 10 + [429]


def test_many_honest_people_behind_one_address_are_all_served(clock):
    answers = {send(Client(), clock, phone=f"0812345{number}").status_code for number in range(100, 300)}
    assert answers == {302}


def test_mistakes_are_not_counted(client, clock):
    for _try in range(5):
        assert send(client, clock, consent="").status_code == 200
    assert send(client, clock).status_code == 302


def test_cache_that_is_away_loses_no_case(client, old_enough, monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionError("cache is away")

    client.get(ASK)
    monkeypatch.setattr(limits.cache, "get_many", fail)
    monkeypatch.setattr(limits.cache, "add", fail)
    assert post(client, old_enough).status_code == 302


def test_database_that_fails_gives_the_text_back(client, old_enough, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise DatabaseError(f"row contains {QUESTION}")

    monkeypatch.setattr("oss.cases.CaseEvent.objects.bulk_create", fail)
    response = post(client, old_enough)
    assert_came_back(response, "ตอนนี้ระบบบันทึกเรื่องไม่ได้", status=503)
    assert (response["Retry-After"], value_of(response, "form_key")) == ("60", old_enough)
    assert QUESTION not in caplog.text
    monkeypatch.undo()
    assert post(client, old_enough).status_code == 302


def test_lost_cookie_loses_no_text(old_enough):
    client = Client(enforce_csrf_checks=True)
    response = post(client, old_enough)
    assert_came_back(response, "ยังไม่ได้ส่ง เพราะเบราว์เซอร์ไม่ได้ส่งคุกกี้ยืนยันมาด้วย", status=403)


def test_form_that_came_back_for_its_cookie_can_be_sent_at_once(old_enough):
    client = Client(enforce_csrf_checks=True)
    response = post(client, old_enough)
    again = {"form_key": value_of(response, "form_key"), "csrfmiddlewaretoken": value_of(response, "csrfmiddlewaretoken")}
    assert client.post(ASK, TYPED | again).status_code == 302


def test_expired_session_loses_no_text(client, old_enough):
    client.force_login(UserFactory())
    client.cookies["session"] = "expired"
    assert post(client, old_enough).status_code == 302
    assert Case.objects.get().opened_by is None


def test_errors_stand_on_top_and_beside_the_field_in_the_same_words(client, old_enough):
    response = post(client, old_enough, phone="081 234 56", province="")
    text = page(response)
    assert "<title>เกิดข้อผิดพลาด: ขอคำปรึกษา" in text
    assert '<a href="#id_phone">เบอร์โทรยังไม่ครบ ต้องมี 9 หรือ 10 ตัว</a>' in text
    assert text.count("เบอร์โทรยังไม่ครบ ต้องมี 9 หรือ 10 ตัว") == 2
    assert '<a href="#id_province">ยังไม่ได้เลือกจังหวัดของร้าน</a>' in text
    assert 'value="081 234 56"' in text
    assert QUESTION in text
    assert 'id="id_consent" checked' in text or re.search(r'name="consent"[^>]*checked', text)
    assert value_of(response, "form_key") == old_enough


@pytest.mark.parametrize(
    "question",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{7*7}}",
        "%0d%0aSet-Cookie: a=b",
        "ก" * 100_000,
        "\ufffe\ud7ff",
        "1" * 20_000,
    ],
)
def test_strange_text_is_shown_inert_and_never_breaks(client, old_enough, question):
    response = post(client, old_enough, question=question, province="")
    assert response.status_code == 200
    assert "<script>alert" not in page(response)
    assert "<img src=x" not in page(response)


def test_privacy_notice_stands_before_the_first_field(client):
    text = page(client.get(ASK))
    places = [text.index(part) for _heading, part in consent.notice()]
    assert max(places) < text.index('name="topic"')
    assert not re.search(r'name="consent"[^>]*checked', text)
    assert consent.sentence() in text


def test_form_is_filled_from_the_profile_and_does_not_change_it(client, old_enough):
    business = BusinessFactory(staff=4)
    client.force_login(business.owner)
    form = client.get(ASK).context["form"]
    assert {
        name: form[name].value() for name in ("province", "stage", "sector", "staff", "yearly_revenue", "legal_form", "business_name")
    } == {
        "province": "TH-50",
        "stage": "run",
        "sector": "retail",
        "staff": "4",
        "yearly_revenue": "900,000",
        "legal_form": "person",
        "business_name": "ร้านสมมติ",
    }
    assert (form["contact_name"].value(), form["email"].value()) == (business.owner.get_full_name(), business.owner.email)
    post(client, old_enough, province="TH-30", staff="9")
    business.refresh_from_db()
    assert (business.province_id, business.staff, Case.objects.get().staff) == ("TH-50", 4, 9)


def test_form_knows_where_the_person_came_from(client, old_enough):
    guide, programme = GuideFactory(functions=["people"]), ProgrammeFactory()
    response = client.get(f"{ASK}?{urlencode({'guide': guide.code, 'programme': programme.code, 'q': 'จ้างคนแรก', 'province': 'th-30'})}")
    form = response.context["form"]
    assert (form["topic"].value(), form["province"].value()) == ("people", "TH-30")
    assert all(words in page(response) for words in (guide.title, programme.name, "จ้างคนแรก"))
    post(client, old_enough, **{name: value_of(response, name) for name in ("guide", "programme", "query")})
    case = Case.objects.get()
    assert (case.guide, case.programme, case.query) == (guide, programme, "จ้างคนแรก")


def test_form_comes_back_still_knowing_where_the_person_came_from(client, old_enough):
    guide = GuideFactory()
    response = post(client, old_enough, guide=guide.code, query="ภาษี", province="")
    assert (value_of(response, "guide"), value_of(response, "query")) == (guide.code, "ภาษี")


@pytest.mark.parametrize(
    "query",
    ["guide=9999", "guide=๑๒๓๔", "guide=%00", "guide=x'--", "programme=none", "programme=%00", "province=TH-99", "province=", "q=%00%00"],
)
def test_forged_context_is_left_out(client, query):
    response = client.get(f"{ASK}?{query}")
    assert (response.status_code, response.context["about"]) == (200, {"guide": None, "programme": None, "query": ""})
    assert not response.context["form"]["province"].value()


def test_unpublished_guide_is_not_named(client):
    guide = GuideFactory(live=False)
    assert guide.title not in page(client.get(f"{ASK}?guide={guide.code}"))


def test_long_query_is_cut(client):
    assert len(client.get(ASK, {"q": "ก" * 5000}).context["about"]["query"]) == 200


def test_form_is_kept_by_its_own_browser_only(client):
    """With `no-store` a browser forgets what was typed when one goes back to it."""
    assert client.get(ASK)["Cache-Control"] == "private, no-cache"


def test_other_methods_are_refused(client):
    assert [client.put(ASK).status_code, client.delete(ASK).status_code, client.head(ASK).status_code] == [405, 405, 200]


def test_form_never_asks_for_a_national_number(client):
    names = set(re.findall(r'name="([^"]+)"', page(client.get(ASK))))
    assert not {name for name in names if re.search(r"citizen|national|juristic|tax_id|id_card", name)}


def test_cache_holds_no_readable_contact(clock):
    send(Client(), clock)
    assert not [key for key in cache._cache if "812345678" in key]
    assert reverse("ask") == ASK


def test_broker_that_is_away_is_not_even_asked(client, old_enough, monkeypatch, django_capture_on_commit_callbacks):
    """From the commit on the case is on the desk; nothing that only announces it may fail the request."""

    def fail(*args, **kwargs):
        raise ConnectionError("broker is away")

    monkeypatch.setattr("celery.app.base.Celery.send_task", fail)
    monkeypatch.setattr("celery.app.task.Task.apply_async", fail)
    monkeypatch.setattr("kombu.messaging.Producer.publish", fail)
    with django_capture_on_commit_callbacks(execute=True):
        assert post(client, old_enough, guide=GuideFactory.build().code).status_code == 302
    assert Case.objects.count() == 1
