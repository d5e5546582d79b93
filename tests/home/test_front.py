"""The home page, plain pages, and how an address finds its page."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone, translation
from wagtail.models import Page, PageViewRestriction

from home.context import plain_pages, site_settings
from home.front import closing_programmes, count_by_function
from home.models import HomePage, PlainPage, SiteSettings
from tests.factories import AgencyFactory, BusinessFactory, GuideFactory, ProgrammeFactory, UserFactory

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.timezone(dt.timedelta(hours=7)))


def make_plain_page(parent=None, **fields) -> PlainPage:
    page = PlainPage(title="ความเป็นส่วนตัว", slug="privacy", lede="เราเก็บเท่าที่ใช้", body=[("text", "<h2>เก็บอะไร</h2><p>อีเมล</p>")], **fields)
    return (parent or HomePage.objects.get()).add_child(instance=page)


def test_home_page_shows_the_seven_stages_and_the_cart(client):
    text = client.get("/").text
    assert [f'href="/stages/{code}/"' in text for code in ("idea", "start", "run", "grow", "transform", "recover", "exit")] == [True] * 7
    assert 'class="stage-unsure"><a href="/my/business/"' in text
    assert text.count('class="sh"') == 8


def test_home_page_without_content_says_so_and_leads_to_a_person(client):
    text = client.get("/").text
    assert "ยังไม่มีคู่มือที่เผยแพร่" in text
    assert "โครงการที่ใกล้ปิดรับ" not in text
    assert 'action="/centres/"' in text
    assert text.count("<option value=") == 78  # every province, and the line that asks


def test_home_page_marks_the_stage_of_the_reader(client):
    business = BusinessFactory()
    client.force_login(business.owner)
    text = client.get("/").text
    assert text.count("ร้านของคุณอยู่ที่นี่") == 1
    assert '<a href="/stages/run/" aria-current="true">' in text
    assert '<option value="TH-50" selected>' in text


@pytest.mark.parametrize("number", [1, 30])
def test_home_page_takes_the_same_queries_with_one_guide_and_with_thirty(client, django_assert_num_queries, number):
    agency = AgencyFactory()
    GuideFactory.create_batch(number)
    ProgrammeFactory.create_batch(number, agency=agency, closes_on=timezone.localdate() + dt.timedelta(days=3))
    client.get("/")  # the vocabulary and the settings of the site are warm
    with django_assert_num_queries(8):  # site, page, its own row, restrictions; two lists; programmes; counts
        client.get("/")


@pytest.mark.parametrize("depth", [1, 2])
def test_plain_page_takes_four_queries_at_every_depth(client, django_assert_num_queries, depth):
    parent = HomePage.objects.get()
    if depth == 2:
        parent = parent.add_child(instance=Page(title="ชั้นกลาง", slug="middle"))
    page = make_plain_page(parent)
    client.get(page.url)
    with django_assert_num_queries(4):  # the site, the page, its own row, its restrictions
        response = client.get(page.url)
    assert response.status_code == 200
    assert "เราเก็บเท่าที่ใช้" in response.text


def test_signing_in_adds_nothing_to_a_plain_page(client, django_assert_num_queries):
    page = make_plain_page()
    client.force_login(UserFactory())
    client.get(page.url)
    with django_assert_num_queries(4):  # nothing on it asks who is reading
        client.get(page.url)


def test_unpublished_page_is_not_found(client):
    page = make_plain_page()
    page.unpublish()
    assert client.get("/privacy/").status_code == 404


def test_restricted_page_asks_for_signing_in(client):
    page = make_plain_page()
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    response = client.get("/privacy/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/privacy/")


def test_page_behind_a_password_shows_our_form_and_opens(client):
    page = make_plain_page()
    restriction = PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.PASSWORD, password="ขนมจีน")
    asked = client.get("/privacy/")
    assert 'class="brand"' in asked.text
    assert "เก็บอะไร" not in asked.text
    opened = client.post(
        f"/_util/authenticate_with_password/{restriction.pk}/{page.pk}/", {"password": "ขนมจีน", "return_url": "/privacy/"}, follow=True
    )
    assert "เก็บอะไร" in opened.text


def test_footer_names_the_pages_of_text_that_exist(client):
    assert plain_pages() == []
    page = make_plain_page()
    assert plain_pages() == [("privacy/", "ความเป็นส่วนตัว")]
    assert '<li><a href="/privacy/">ความเป็นส่วนตัว</a></li>' in client.get("/").text
    assert '<li><a href="/en/privacy/">Privacy</a></li>' in client.get("/en/").text
    translation.activate("th")
    page.unpublish()
    assert plain_pages() == []


def test_closing_programmes_are_open_ones_in_order_of_their_day():
    agency = AgencyFactory()
    day = dt.date(2026, 11, 23)

    def make(name, **fields):
        ProgrammeFactory(agency=agency, name=name, **fields)

    make("ไม่มีวันปิด")
    make("พรุ่งนี้", closes_on=day + dt.timedelta(days=1))
    make("วันนี้", closes_on=day)
    make("เมื่อวาน", closes_on=day - dt.timedelta(days=1))
    make("ปิดแล้ว", closes_on=day, status="closed")
    make("ยังไม่เปิด", opens_on=day + dt.timedelta(days=1), closes_on=day + dt.timedelta(days=9))
    make("ฉบับร่าง", closes_on=day, live=False)
    with time_machine.travel(NOON, tick=False):
        assert [programme.name for programme in closing_programmes(3)] == ["วันนี้", "พรุ่งนี้"]


def test_functions_count_a_guide_once_each_and_only_public_ones():
    GuideFactory(functions=["tax", "finance"], stages=["run", "grow"])
    GuideFactory(functions=["tax"], live=False)
    counts = {function.code: number for function, number in count_by_function()}
    assert len(counts) == 12
    assert {code: number for code, number in counts.items() if number} == {"tax": 1, "finance": 1}


def test_settings_of_the_site_are_seen_at_once_after_saving(client):
    home = HomePage.objects.get()
    assert "คลังความรู้ SME" in client.get("/").text
    SiteSettings.objects.create(site=home.get_site(), name_th="ห้องครัวความรู้", notice="ปิดระบบคืนนี้")
    text = client.get("/").text
    assert "ร้านของคุณอยู่ช่วงไหน | ห้องครัวความรู้</title>" in text
    assert "ปิดระบบคืนนี้" in text


def test_settings_of_the_site_cost_nothing_when_warm(django_assert_num_queries):
    site_settings()
    with django_assert_num_queries(0):
        assert site_settings()["name_en"] == "SME Knowledge Hub"


def test_page_without_settings_row_falls_back_to_the_names_of_the_house():
    SiteSettings.objects.all().delete()
    cache.clear()
    assert site_settings()["name_th"] == "คลังความรู้ SME"
