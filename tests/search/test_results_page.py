"""The results page with good, bad and absurd questions."""

import re
from urllib.parse import quote

import pytest
from django.urls import reverse

from search import sync
from tests.factories import GuideFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(sweep):
    GuideFactory(slug="vat", title="จดทะเบียนภาษีมูลค่าเพิ่ม", keywords="จดแวต", summary="ใครต้องจด & จดที่ไหน")
    GuideFactory(slug="sign", title="ภาษีป้ายของร้าน", provinces=["TH-50"], stages=["grow"])
    ProgrammeFactory(code="grant", name="เงินช่วยจดภาษี", live=True)
    sweep()


def page(client, **params) -> str:
    response = client.get(reverse("search"), params)
    assert response.status_code == 200
    return response.content.decode()


def text_of(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html.split("<main")[1].split("</main>")[0]).split())


def test_results_page_says_what_was_searched_and_found(client, shelf):
    html = page(client, q="ภาษี", province="TH-50", stage="grow")
    assert "พบ 2 รายการ สำหรับ “ ภาษี ” ในช่วง เติบโตและขยาย ใช้ได้ใน เชียงใหม่" in text_of(html).replace("“ภาษี”", "“ ภาษี ”")
    assert "<title>ภาษี: พบ 2 รายการ" in html
    assert '<meta name="robots" content="noindex, follow">' in html
    assert "<mark>ภาษีป้าย</mark>ของร้าน" in html


def test_results_page_has_tabs_and_facets_with_counts(client, shelf):
    html = page(client, q="ภาษี")
    tabs = re.findall(r'<a href="([^"]+)"( aria-current="page")?>([^<]+) <span class="num">(\d+)</span></a>', html)
    assert [(name, current != "", number) for _, current, name, number in tabs] == [
        ("ทั้งหมด", True, "3"),
        ("คู่มือ", False, "2"),
        ("โครงการ", False, "1"),
    ]
    assert re.findall(r'name="stage" value="(\w+)"><span>[^<]+</span><span class="num">(\d+)</span>', html) == [("run", "2"), ("grow", "2")]
    assert '<option value="TH-50">เชียงใหม่ (3)</option>' in html
    assert '<option value="TH-90">สงขลา (2)</option>' in html


def test_chips_take_one_filter_away_and_keep_the_rest(client, shelf):
    html = page(client, q="ภาษี", stage="grow", province="TH-50")
    addresses = re.findall(r'<a class="chip" href="([^"]+)">', html)
    assert [address.replace("&amp;", "&") for address in addresses] == [
        f"/search/?q={quote('ภาษี')}&province=TH-50",
        f"/search/?q={quote('ภาษี')}&stage=grow",
    ]


def test_empty_page_offers_topics_and_asks_the_engine_nothing(client, django_assert_max_num_queries):
    client.get(reverse("search"))
    with django_assert_max_num_queries(2):
        html = page(client)
    assert "ดูตามช่วงธุรกิจ" in html
    assert html.count('class="plate"') == 7


def test_nothing_found_is_no_dead_end(client, shelf):
    html = page(client, q="ยานอวกาศ")
    assert "เรายังไม่มีเรื่องนี้" in html
    assert "ดูตามช่วงธุรกิจ" in html
    assert f"/ask/?q={quote('ยานอวกาศ')}" in html


def test_nothing_left_by_filters_offers_to_search_without_them(client, shelf):
    html = page(client, q="จดแวต", sector="retail", type="programme", function="people")
    assert "ค้นใหม่โดยไม่กรอง" in html
    assert f'href="/search/?q={quote("จดแวต")}"' in html


def test_question_is_carried_to_the_advisor(client, shelf):
    assert f"/ask/?q={quote('ภาษี ป้าย')}" in page(client, q="ภาษี ป้าย")


def test_widened_search_is_said(client, shelf):
    assert "เราจึงแสดงหน้าที่" in page(client, q="ภาษีป้าย ขนส่งทางเรือ")


def test_unknown_filters_are_left_out_and_said(client, shelf):
    html = page(client, q="ภาษี", stage="forged", province="XX-1", type="secret")
    assert "ตัวกรองที่เราไม่รู้จัก" in html
    assert "พบ 3 รายการ" in html
    assert "forged" not in html.split("<main")[1]


def test_long_question_is_cut_and_said(client, shelf):
    html = page(client, q="ภาษี " * 2000)
    assert "คำถามยาวเกินไป" in html
    assert "พบ 3 รายการ" in html
    assert len(html) < 250_000


def test_engine_away_gives_an_honest_page_and_the_worker_mends(client, index_dir):
    GuideFactory(slug="vat", title="ภาษีมูลค่าเพิ่ม")
    html = page(client, q="ภาษี")
    assert "กำลังจัดดัชนีใหม่" in html
    assert "ดูตามช่วงธุรกิจ" in html
    sync.sweep_jobs()
    assert "พบ 1 รายการ" in page(client, q="ภาษี")


def test_english_interface_over_thai_results(client, shelf):
    response = client.get("/en/search/", {"q": "ภาษี"})
    assert response.status_code == 200
    html = response.content.decode()
    assert '<html lang="en">' in html
    assert '<h3 lang="th">' in html


@pytest.mark.parametrize("number", [1, 30])
def test_results_page_costs_the_same_with_one_and_thirty(client, sweep, django_assert_max_num_queries, number):
    for index in range(number):
        GuideFactory(slug=f"g{index}", title=f"ภาษีป้าย {index}")
        ProgrammeFactory(code=f"p{index}", name=f"ภาษีป้าย {index}", live=True)
    sweep()
    page(client, q="ภาษีป้าย")
    with django_assert_max_num_queries(4):
        page(client, q="ภาษีป้าย")


def test_post_is_refused(client):
    assert client.post(reverse("search"), {"q": "ภาษี"}).status_code == 405


ESCAPES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "{% debug %}",
    "'; DROP TABLE--",
    "%0d%0aSet-Cookie: a=b",
    "javascript:alert(1)",
    "</title><b>",
    "<mark>ภาษี</mark>",
    "&lt;ภาษี&gt;",
    '" onfocus=alert(1) x="',
]
SYNTAX = [
    '"', 'a"b', 'zq"*', 'zzqqx"OR"เงียบ', '…"เ"*…', 'zz"OR-"q', "*", "?", "^", "~", ":", "(", ")", "[", "]", "{", "}", "/", "\\", "+", "-", "&&", "||", "!",
    "AND", "OR", "NOT", "NEAR", "TO", "ภาษี AND ป้าย", "ภาษี OR", "NOT ภาษี", "_exists_:title", "title:ภาษี", "title:*", "*:*", "/re.*ge/", "ภาษี~2", "a^99999", "[* TO *]", "{a TO z}", "ภาษี*",
    "*ภาษี", "key:guide\\:1", "body:[a TO b]", "+ภาษี -ป้าย", "((((", "))))", '"ภาษี ป้าย"~5', "a" + "(" * 150, "\\u0e01", "%", "%%", "_", "' OR 1=1", "$where", "IN [a b c]", "<ภาษี>", "ภาษี^-1", "ภาษี^1e308",
]  # fmt: skip
UNICODE = [
    "\x00", "ภาษี\x00ป้าย", "\x01\x02\x1f", " ", "   ", "\t\n\r", "\u3000", "\u200b", "\u200d\u200d", "\ufeff", "\u202e", "\u202eภาษี", "\u2066\u2069", "\u00ad", "\u0e48", "\u0e33", "\u0e48\u0e48\u0e48", "เเ", "เ" * 200, "ๆ" * 200,
    "ก" + "\u0e48" * 300, "e" + "\u0301" * 300, "น\u0e4d\u0e32", "ภ\u200bา\u200bษี", "ＶＡＴ", "๑" * 200, "๒๕๖๙", "😀", "👩‍👩‍👧‍👦" * 20, "🇹🇭", "\U0010ffff", "\ue000", "\ufffe", "\ufffd", "\u0378", "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "İ", "ß", "ﷺ" * 50, "𝕍𝔸𝕋", "ກຂຄ", "កខគ", "العربية", "עברית", "日本語", "한국어", "\u1100\u1161", "ٱ", "Ω" * 200, "ฺ", "฿", "๛", "ฯลฯ", "\u2028\u2029", "a\u0300\u0301\u0302\u0303\u0304\u0305", "ก\u0e38\u0e39\u0e34\u0e35",
]  # fmt: skip
LONG = [
    "a" * 10_000,
    "ก" * 5_000,
    "1" * 20_000,
    "๑" * 5_000,
    "ด้านหน้า" * 2_000,
    "ภาษี " * 500,
    "w " * 3_000,
    "ตากลม" * 1_000,
    "," * 5_000,
    "ก." * 3_000,
    "-" * 10_000,
    "\u0e48" * 5_000,
    "😀" * 2_000,
]


@pytest.mark.parametrize("question", ESCAPES + SYNTAX + UNICODE + LONG)
def test_no_question_breaks_the_page(client, shelf, question):
    response = client.get(reverse("search"), {"q": question})
    assert response.status_code in (200, 400)
    html = response.content.decode()
    for payload in ESCAPES:
        if re.search(r"[<>\"]", payload) and payload != "<mark>ภาษี</mark>":
            assert payload not in html.replace("<mark>", "").replace("</mark>", "")
    assert "{{7*7}}" not in question or 'value="{{7*7}}"' in html
    assert len(html) < 250_000


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=-1", "page=1e9", "page=abc", "page=99999999999999999999", "page=%F0%9F%98%80", "page=", "page=%D9%A3", "page=1.5", "page=NaN", "page=0x10", "page=%00",
        "stage=run&stage=run&stage=run", "stage[]=run", "stage=run%00", "stage=" + "a" * 5_000, "province=TH-50&province=TH-90", "province=", "province=%E0%B9%80", "type=guide&type=programme", "type=page", "type=%00", "function=tax&function=nothing",
        "sector=*", "stage=*", "province=*", "q=a&q=b", "q", "q=%FF%FE", "q=%ED%A0%80", "q=%C0%80", "q=%E0%B8", "=", "&&&", "q=1&unknown=2", "&".join(f"stage=s{number}" for number in range(9_000)),
    ],
)  # fmt: skip
def test_no_address_breaks_the_page(client, shelf, query):
    response = client.get(f"{reverse('search')}?{query}")
    assert response.status_code in (200, 400)
    assert len(response.content) < 250_000


def test_ten_thousand_facet_values_are_refused_or_ignored(client, shelf):
    response = client.get(f"{reverse('search')}?q=a&" + "&".join(f"stage=s{number}" for number in range(10_001)))
    assert response.status_code in (200, 400)


def test_query_syntax_is_only_words(client, shelf):
    """An operator typed by a visitor selects nothing."""
    assert "พบ 0 รายการ" in page(client, q='zzqqx"OR"qqzzx')
    assert "พบ 0 รายการ" in page(client, q="title:zzqqx")
    assert "พบ 0 รายการ" in page(client, q="[xx TO zz]")
