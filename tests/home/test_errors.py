"""Errors: what a person sees when something is missing, broken or too late."""

import re

import pytest
from django.template import Context, Template
from django.test import Client, override_settings
from django.urls import path

from config import urls as real
from home import views


def break_down(request):
    raise RuntimeError("secret detail")


urlpatterns = [path("broken/", break_down), path("en/broken/", break_down), *real.urlpatterns]
handler404, handler500 = real.handler404, real.handler500


def test_missing_page_is_in_thai_with_a_search_and_the_street(client):
    response = client.get("/ไม่มีหน้านี้/")
    assert response.status_code == 404
    assert "ไม่พบหน้านี้" in response.text
    assert '<form class="hero-search" action="/search/" role="search">' in response.text
    assert response.text.count('class="sh"') == 8


def test_missing_english_page_leads_to_english_addresses(client):
    response = client.get("/en/nothing/here/")
    assert (response.status_code, 'action="/en/search/"' in response.text) == (404, True)


def test_missing_page_costs_no_more_than_looking_it_up(client, django_assert_num_queries):
    client.get("/nowhere/")
    with django_assert_num_queries(5):  # the site, the page by its address, Wagtail's walk (two), the redirects
        client.get("/nowhere/")


@pytest.mark.parametrize("address", ["/stages/unheard-of/", "/programmes/nothing/", "/centres/TH-99/", "/g/0000/", "/admin-not/"])
def test_forged_addresses_are_missing_pages(client, address):
    response = client.get(address)
    assert (response.status_code, "ไม่พบหน้านี้" in response.text) == (404, True)


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("address", ["/broken/", "/en/broken/"])
def test_broken_page_is_whole_and_tells_nothing(address, db):
    client = Client(raise_request_exception=False)
    response = client.get(address)
    assert response.status_code == 500
    assert "ระบบขัดข้อง" in response.text
    assert "Something went wrong" in response.text
    assert "secret detail" not in response.text


def test_broken_page_needs_neither_database_nor_context(django_assert_num_queries, rf):
    with django_assert_num_queries(0):
        assert views.show_server_error(rf.get("/")).status_code == 500


def test_broken_page_survives_a_missing_template(rf, monkeypatch):
    def fail(name):
        raise OSError(name)

    monkeypatch.setattr(views, "get_template", fail)
    assert "ระบบขัดข้อง" in views.show_server_error(rf.get("/")).content.decode()


@pytest.fixture
def strict(db):
    return Client(enforce_csrf_checks=True)


def test_form_without_its_key_gives_back_what_was_typed(strict):
    response = strict.post("/my/reading/", {"story": "เล่าเรื่อง <ร้าน>", "csrfmiddlewaretoken": "old", "password": "hunter2", "empty": " "})
    assert response.status_code == 403
    assert "<li>เล่าเรื่อง &lt;ร้าน&gt;</li>" in response.text
    assert "hunter2" not in response.text
    assert 'href="/my/reading/"' in response.text


def test_profile_without_its_key_comes_back_filled_in_and_is_not_kept(strict):
    response = strict.post("/my/business/", {"name": "ร้านป้าแดง", "staff": "๓", "csrfmiddlewaretoken": "old"})
    assert response.status_code == 403
    assert 'value="ร้านป้าแดง"' in response.text
    assert 'value="๓"' in response.text
    assert "กดอีกครั้งได้เลย" in response.text
    assert strict.cookies["csrf"].value
    assert "ร้านป้าแดง" not in strict.get("/my/").text


def test_post_to_a_missing_address_without_key_is_clear(strict):
    response = strict.post("/nowhere/", {"a": "b"})
    assert response.status_code in (403, 404)
    assert 'class="brand"' in response.text


@pytest.mark.parametrize("address", ["/", "/guides/", "/search/?q=ก"])
def test_search_field_cuts_nothing_in_the_browser(client, db, address):
    fields = re.findall(r'<input [^>]*type="search"[^>]*>', client.get(address).text)
    assert (len(fields), [field for field in fields if "maxlength" in field]) == (1, [])


@pytest.mark.parametrize(
    ("text", "bound"),
    [("ง่าย ๆ ต่าง ๆ", "ง่าย\u00a0ๆ ต่าง\u00a0ๆ"), ("ง่ายๆ", "ง่ายๆ"), ("", ""), (None, ""), ("<b> ๆ", "&lt;b&gt;\u00a0ๆ")],
)
def test_mark_is_bound_to_its_word_and_nothing_becomes_markup(text, bound):
    assert Template("{{ text|bind_marks }}").render(Context({"text": text})) == bound
