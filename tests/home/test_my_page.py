"""What a person finds of his own."""

import pytest

from tests.factories import BusinessFactory, CaseFactory, UserFactory


def test_visitor_sees_where_to_begin(client):
    text = client.get("/my/").text
    assert "ยังไม่ได้เข้าสู่ระบบ" in text
    assert 'href="/accounts/login/"' in text
    assert "เรื่องที่ขอคำปรึกษา" not in text


def test_visitor_sees_the_business_of_the_visit(client):
    client.post("/my/business/", {"name": "ร้านป้าแดง", "province": "TH-50"})
    text = client.get("/my/").text
    assert "ร้านป้าแดง" in text
    assert "เชียงใหม่" in text


def test_person_sees_his_businesses_and_cases_and_nobody_elses(client):
    user = UserFactory()
    BusinessFactory(owner=user, name="ร้านของฉันเอง")
    BusinessFactory(name="ร้านคนอื่น")
    mine, other = CaseFactory(opened_by=user), CaseFactory(opened_by=UserFactory())
    client.force_login(user)
    text = client.get("/my/").text
    assert "ร้านของฉันเอง" in text
    assert "ร้านคนอื่น" not in text
    assert mine.reference in text
    assert f'href="{mine.get_absolute_url()}"' in text
    assert other.reference not in text


@pytest.mark.parametrize("number", [1, 30])
def test_my_page_takes_six_queries_with_one_thing_and_with_thirty(client, django_assert_num_queries, number):
    user = UserFactory()
    BusinessFactory.create_batch(number, owner=user)
    CaseFactory.create_batch(number, opened_by=user)
    client.force_login(user)
    client.get("/my/")
    with django_assert_num_queries(6):  # session, person, businesses twice (the one in view, and all), cases, roles
        client.get("/my/")


def test_staff_find_their_desk_and_editors_the_admin(client):
    client.force_login(UserFactory(role="advisor"))
    advisor = client.get("/my/").text
    client.force_login(UserFactory(role="editor"))
    editor = client.get("/my/").text
    assert ('href="/desk/"' in advisor, 'href="/admin/"' in advisor) == (True, False)
    assert ('href="/desk/"' in editor, 'href="/admin/"' in editor) == (False, True)


def test_entrepreneur_sees_no_desk(client):
    client.force_login(UserFactory(role="entrepreneur"))
    assert "งานเจ้าหน้าที่" not in client.get("/my/").text


def test_signing_out_is_a_post_and_leads_home(client):
    client.force_login(UserFactory())
    assert 'action="/accounts/logout/"' in client.get("/my/").text
    response = client.post("/accounts/logout/")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert "ยังไม่ได้เข้าสู่ระบบ" in client.get("/my/").text


def test_my_page_is_kept_by_no_cache_and_no_search_engine(client):
    response = client.get("/my/")
    assert "no-store" in response["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in response.text
