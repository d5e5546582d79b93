"""Every one of the 77 is found by the name that people use."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse

from business import vocabulary
from business.models import Province
from oss.centres import find_provinces, list_regions
from oss.models import Centre
from tests.factories import BusinessFactory, GuideFactory, UserFactory

pytestmark = pytest.mark.django_db


def page(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("เชียงใหม่", "TH-50"),
        ("จังหวัดเชียงใหม่", "TH-50"),
        ("จ.เชียงใหม่", "TH-50"),
        ("จ. เชียงใหม่ ", "TH-50"),
        ("ศูนย์เชียงใหม่", "TH-50"),
        ("เชียงไหม่", "TH-50"),
        ("เชียงใหม", "TH-50"),
        ("Chiang Mai", "TH-50"),
        ("chiangmai", "TH-50"),
        ("CNX", "TH-50"),
        ("th-50", "TH-50"),
        ("กทม.", "TH-10"),
        ("กทม", "TH-10"),
        ("กรุงเทพฯ", "TH-10"),
        ("กรุงเทพ", "TH-10"),
        ("bangkok", "TH-10"),
        ("อยุธยา", "TH-14"),
        ("Ayutthaya", "TH-14"),
        ("โคราช", "TH-30"),
        ("Korat", "TH-30"),
        ("แปดริ้ว", "TH-24"),
        ("เมืองคอน", "TH-80"),
        ("อุบล", "TH-34"),
        ("อุบลฯ", "TH-34"),
        ("อุดร", "TH-41"),
        ("ประจวบ", "TH-77"),
        ("สุราษฎร์", "TH-84"),
        ("แม่ฮองสอน", "TH-58"),
        ("บุรีรัม", "TH-31"),
        ("ศรีษะเกษ", "TH-33"),
        ("Lopburi", "TH-16"),
        ("Lop Buri", "TH-16"),
        ("Phang Nga", "TH-82"),
        ("หาดใหญ่", "TH-90"),
        ("ขอนแก่นน", "TH-40"),
        ("เลย", "TH-42"),
        ("ตาก", "TH-63"),
    ],
)
def test_province_is_found_by_what_people_call_it(typed, iso):
    assert [province.iso for province in find_provinces(typed)] == [iso]


def test_every_province_is_found_by_its_own_names():
    for province in Province.objects.all():
        for name in (province.iso, province.letters, province.name_th, province.name_en, *province.aliases):
            assert find_provinces(name) == [province], name


def test_beginning_of_a_name_gives_a_choice():
    assert {province.iso for province in find_provinces("สมุทร")} == {"TH-11", "TH-74", "TH-75"}


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "ลอนดอน", "zzzzz", "ก" * 5000, "'", "<script>", "1" * 5000, "่่่"])
def test_what_is_no_province_finds_none(typed):
    assert find_provinces(typed) == []


def test_new_alias_is_known_at_once():
    province = Province.objects.get(pk="TH-57")
    province.aliases = ["เจียงฮาย"]
    province.save()
    assert find_provinces("เจียงฮาย") == [province]


def test_regions_hold_every_centre_once():
    centres = [centre for _region, groups in list_regions() for _name, members in groups for centre in members]
    assert (len(centres), set(centres)) == (77, set(Centre.objects.all()))


def test_every_group_begins_with_its_own_centre():
    firsts = [members[0].kind for _region, groups in list_regions() for _name, members in groups]
    assert sorted(firsts) == ["B", *["G"] * 18]


def test_list_links_every_centre(client, django_assert_num_queries):
    client.get("/centres/")
    with django_assert_num_queries(1):
        text = page(client.get("/centres/"))
    assert len(set(re.findall(r'href="/centres/(TH-\d\d)/"', text))) == 77


@pytest.mark.parametrize("typed", ["TH-30", "th-30", "โคราช", " จ.นครราชสีมา "])
def test_province_in_the_address_leads_to_its_centre(client, typed):
    response = client.get("/centres/", {"province": typed})
    assert (response.status_code, response["Location"]) == (302, "/centres/TH-30/")


def test_unknown_province_gives_the_list_and_a_clear_line(client):
    text = page(client.get("/centres/", {"province": "ลอนดอน"}))
    assert "เราไม่รู้จักจังหวัด “ลอนดอน”" in text
    assert len(set(re.findall(r'href="/centres/(TH-\d\d)/"', text))) == 77


def test_unclear_province_gives_a_choice(client):
    assert "“สมุทร” หมายถึงจังหวัดไหน" in page(client.get("/centres/", {"province": "สมุทร"}))


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '"><img src=x>', "%00", "ก" * 5000])
def test_strange_province_is_shown_inert(client, typed):
    response = client.get("/centres/", {"province": typed})
    assert response.status_code == 200
    assert "<script>alert" not in page(response)
    assert "<img src=x" not in page(response)


@pytest.mark.parametrize("iso", ["TH-10", "TH-50", "TH-51", "TH-96"])
def test_centre_page_leads_to_the_form_with_its_province(client, iso, django_assert_num_queries):
    client.get(f"/centres/{iso}/")
    with django_assert_num_queries(1 if iso == "TH-10" else 2):
        text = page(client.get(f"/centres/{iso}/"))
    assert f'href="/ask/?province={iso}"' in text
    assert "ยังไม่มีข้อมูลเบอร์โทร" in text


def test_all_centre_pages_open(client):
    assert {client.get(centre.get_absolute_url()).status_code for centre in Centre.objects.all()} == {200}


def test_centre_page_says_who_stands_in(client):
    Centre.objects.filter(province="TH-51").update(accepts_cases=False)
    assert "ตอนนี้ศูนย์นี้ยังไม่รับเรื่อง ศูนย์เชียงใหม่รับแทน" in page(client.get("/centres/TH-51/"))


def test_centre_page_says_what_is_invented(client):
    Centre.objects.filter(province="TH-51").update(is_demo=True, phone="053 000 000")
    assert "ที่อยู่และเบอร์โทรนี้สมมติขึ้น ใช้จริงไม่ได้" in page(client.get("/centres/TH-51/"))


def test_small_letters_lead_to_the_one_address(client):
    assert client.get("/centres/th-50/")["Location"] == "/centres/TH-50/"


@pytest.mark.parametrize("iso", ["TH-99", "TH-S", "X", "A" * 500])
def test_unknown_centre_is_not_found(client, iso):
    assert client.get(f"/centres/{iso}/").status_code == 404


def render_counter(user=None, session=None, **context) -> str:
    request = RequestFactory().get("/")
    request.user, request.session = user or AnonymousUser(), session or {}
    return Template('{% include "components/counter.html" %}').render(Context({"request": request, **context}))


def test_counter_works_for_a_stranger_without_a_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        text = render_counter()
    assert f'href="{reverse("ask")}"' in text
    assert 'href="/centres/"' in text


def test_counter_carries_the_page_and_the_query():
    guide = GuideFactory()
    text = render_counter(guide=guide, query="ภาษี ร้าน")
    assert f'href="/ask/?guide={guide.code}&amp;q=%E0%B8%A0%E0%B8%B2%E0%B8%A9%E0%B8%B5+%E0%B8%A3%E0%B9%89%E0%B8%B2%E0%B8%99"' in text
    assert f'<b class="num">{guide.code}</b>' in text


def test_counter_knows_the_readers_centre_with_one_query(django_assert_num_queries):
    Centre.objects.filter(province="TH-50").update(phone="053 000 000", hours="จันทร์ถึงศุกร์")
    session = {"business": {"province": "TH-50"}}
    vocabulary.provinces(), vocabulary.sectors(), vocabulary.stages()  # read once a minute
    with django_assert_num_queries(1):
        text = render_counter(session=session)
    assert all(words in text for words in ('href="/centres/TH-50/"', "จันทร์ถึงศุกร์", 'href="tel:+6653000000"'))
    with django_assert_num_queries(0):
        assert render_counter(session=session) == text


def test_counter_forgets_a_changed_centre_at_once():
    session = {"business": {"province": "TH-50"}}
    render_counter(session=session)
    centre = Centre.objects.get(province="TH-50")
    centre.hours = "ทุกวัน"
    centre.save()
    assert "ทุกวัน" in render_counter(session=session)


def test_counter_works_without_a_request():
    assert "ขอคำปรึกษา" in Template('{% include "components/counter.html" %}').render(Context({}))


def test_counter_reads_the_profile_of_a_signed_in_reader():
    assert 'href="/centres/TH-50/"' in render_counter(user=BusinessFactory(owner=UserFactory()).owner)
