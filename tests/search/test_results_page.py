"""The results page with good, bad and absurd questions."""

import gzip
import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.documents.models import Document as File

from business import vocabulary
from oss.models import Centre
from search import knowledge, query, sync, thai, topics
from search.changes import mark_changed
from search.engines import Hits
from search.log import read_token
from search.models import Promotion
from search.readings import Question, Reading, Why
from tests.factories import AgencyFactory, GuideFactory, ProgrammeFactory

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
    assert "พบ 2 รายการ สำหรับ “ ภาษี ” : ในช่วง เติบโตและขยาย ใช้ได้ใน เชียงใหม่" in text_of(html).replace("“ภาษี”", "“ ภาษี ”")
    assert "<title>ภาษี: พบ 2 รายการ" in html
    assert '<meta name="robots" content="noindex, follow">' in html
    assert "<mark>ภาษีป้าย</mark>ของร้าน" in page(client, q="ภาษีป้าย")


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


# Nothing found: what lies near


@pytest.fixture
def near_shelf(sweep):
    """Two topics of which something is written, and one word in each that leads to it."""
    GuideFactory(slug="owe", title="ดอกเบี้ยนอกระบบ เจ้าหนี้ตามทวง", functions=["finance"], stages=["recover"])
    GuideFactory(slug="owe-2", title="เจ้าหนี้ฟ้องเรื่องดอกเบี้ย", functions=["finance"], stages=["recover"])
    GuideFactory(slug="ship", title="ส่งผลไม้ทางเรือ ใบขนสินค้า", functions=["export"], stages=["grow"])
    sweep()
    topics.write_topics()


def read_as_words(text: str) -> Question:
    words = tuple(word.term for word in thai.find_words(text))
    return Question(text, (Reading(text, words, frozenset({Why.TYPED})),))


def test_nearest_topics_lead_to_what_was_asked(near_shelf, django_assert_num_queries):
    vocabulary.stages(), vocabulary.functions(), topics.find_topics(read_as_words("ก่อน"))
    with django_assert_num_queries(0):
        found = topics.find_topics(read_as_words("ลูกเจ้าหนี้ขู่"))
    assert {topic.name: topic.address for topic in found} == {"การเงินและทุน": "/search/?function=finance", "ฟื้นฟู แก้ปัญหา": "/stages/recover/"}
    assert {topic.name for topic in topics.find_topics(read_as_words("ผลไม้เน่า"))} == {"ส่งออก", "เติบโตและขยาย"}
    assert topics.find_topics(read_as_words("เเมวน้ำ หุ่นยนต์ อวกาศ")) == []
    assert topics.find_topics(Question()) == []


def test_a_scrap_of_a_misspelt_word_leads_to_its_topic(near_shelf):
    assert {topic.name for topic in topics.find_topics(read_as_words("ดอกเบี้ญ"))} == {"การเงินและทุน", "ฟื้นฟู แก้ปัญหา"}


def test_at_most_five_topics_are_near(sweep):
    for number, code in enumerate(vocabulary.functions()):
        GuideFactory(slug=f"g{number}", title=f"จักรยานน้ำเรื่อง{number}", functions=[code], stages=["run"])
    sweep()
    topics.write_topics()
    assert len(topics.find_topics(read_as_words("จักรยานน้ำ"))) <= topics.MOST


def test_page_without_results_shows_the_nearest_topics_and_asks_once(client, near_shelf, monkeypatch):
    monkeypatch.setattr(query, "ask", lambda plan: (plans.append(plan), (Hits(), False))[1])
    plans = []
    html = page(client, q="เจ้าหนี้ขู่")
    assert len(plans) == 1
    assert "เรื่องที่ใกล้กับที่ถาม" in html
    near = html.split('id="near"')[1].split("</section>")[0]
    assert set(re.findall(r'class="chip" href="([^"]+)"', near)) == {"/search/?function=finance", "/stages/recover/", "/search/"}
    assert "ดูตามช่วงธุรกิจ" not in html
    assert f"/ask/?q={quote('เจ้าหนี้ขู่')}" in html
    far = page(client, q="แมวน้ำ")
    assert "เรื่องที่ใกล้กับที่ถาม" not in far
    assert far.count('class="plate"') == 7


def test_page_without_results_costs_no_more_queries_with_topics(client, near_shelf, monkeypatch):
    monkeypatch.setattr(query, "ask", lambda plan: (Hits(), False))
    assert count_queries(client, q="เจ้าหนี้ขู่") == count_queries(client, q="แมวน้ำ") == 0


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"[1, 2, 3]", b'[1, {}, {"a": 1}]', b"\xff"])
def test_a_broken_file_of_topics_is_as_none(client, near_shelf, index_dir, content):
    (index_dir / topics.TOPICS).write_bytes(content)
    assert topics.find_topics(read_as_words("เจ้าหนี้")) == []
    assert "ดูตามช่วงธุรกิจ" in page(client, q="ยานอวกาศ")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("ร้านที่โคราช", "TH-30"),
        ("แปดริ้ว", "TH-24"),
        ("chiang mai coffee", "TH-50"),
        ("ร้านกาแฟเชียงใหม่", "TH-50"),
        ("กู้ไม่ได้เลย", None),
        ("ตากแห้ง", None),
        ("ขนส่งไปจังหวัดเลย", "TH-42"),
        ("ศูนย์ตาก", "TH-63"),
        ("ภาษีป้าย", None),
        ("", None),
    ],
)
def test_a_named_province_is_seen_and_a_common_word_is_none(db, text, iso):
    found = topics.find_province([word.term for word in thai.find_words(text)])
    assert (found.iso if found else None) == iso


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
    assert "คำถามยาวมาก" in html
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


def count_queries(client, **params) -> int:
    page(client, **params)
    with CaptureQueriesContext(connection) as queries:
        page(client, **params)
    return len(queries)


@pytest.mark.parametrize("kind", ["guide", "programme", "download", "centre"])
def test_results_page_costs_the_same_with_one_and_many(client, sweep, kind):
    counted = []
    for number in (2, 12):  # one alone would be quoted as the answer, which costs a query of its own
        for index in range(number):
            ProgrammeFactory(code=f"p{number}-{index}", name=f"ศูนย์ภาษีป้าย {index}", live=True)
            file = File.objects.create(title=f"ศูนย์ภาษีป้าย {index}", file=ContentFile(b"a", name="a.csv"))
            GuideFactory(
                slug=f"g{number}-{index}",
                title=f"ศูนย์ภาษีป้าย {index}",
                body=[("text", "<h2>หัว</h2><p>เนื้อ</p>"), ("download", {"document": file, "title": "ภาษีป้าย", "note": ""})],
            )
        mark_changed("centre", Centre.objects.order_by("pk").values_list("pk", flat=True)[:number])
        sweep()
        counted.append((count_queries(client, q="ศูนย์", type=kind), count_queries(client, q="ศูนย์", type=kind, province="TH-50")))
    assert counted[0] == counted[1]
    assert max(counted[0]) <= 4


def test_post_is_refused(client):
    assert client.post(reverse("search"), {"q": "ภาษี"}).status_code == 405


def test_query_syntax_is_only_words(client, shelf):
    """An operator typed by a visitor selects nothing."""
    assert "พบ 0 รายการ" in page(client, q='zzqqx"OR"qqzzx')
    assert "พบ 0 รายการ" in page(client, q="title:zzqqx")
    assert "พบ 0 รายการ" in page(client, q="[xx TO zz]")


# What was corrected, with the way back


@pytest.fixture
def read_as(monkeypatch):
    """The question is read as the test says."""

    def use(**changes):
        real = query.read_question

        def read(text, **kwargs) -> Question:
            question = real(text, **kwargs)
            return question if question.is_exact else replace(question, **changes)

        monkeypatch.setattr(query, "read_question", read)

    return use


def test_correction_is_announced_with_the_way_back(client, shelf, read_as):
    read_as(shown="ภาษีป้าย")
    html = page(client, q="ภาษี", stage="grow")
    assert re.search('<b lang="th">“(<[^>]+>)?ภาษีป้าย(<[^>]+>)?”</b>', html)
    assert "พบ 2 รายการ : ในช่วง" in text_of(html)  # what it is for is said once
    assert f'<a href="/search/?q={quote("ภาษี")}&amp;exact=1&amp;stage=grow">ค้นเฉพาะคำเดิม <span lang="th">“ภาษี”</span></a>' in html
    exact = page(client, q="ภาษี", stage="grow", exact="1")
    assert "แสดงผลสำหรับ" not in exact
    assert f'<a href="/search/?q={quote("ภาษี")}&amp;stage=grow">ให้เราช่วยแก้คำ' in exact
    tabs = re.findall(r'<a href="([^"]+)"(?: aria-current="page")?>[^<]+ <span class="num">', exact)
    assert tabs
    assert all("exact=1" in address for address in tabs)


def test_suggestion_is_offered_and_not_searched(client, shelf, read_as):
    read_as(suggestion="ภาษีป้าย")
    html = page(client, q="ภาษี")
    assert "พบ 3 รายการ" in html
    assert "หรือคุณหมายถึง" in html
    assert f'<a href="/search/?q={quote("ภาษีป้าย")}" lang="th"><b>' in html


def test_a_new_question_does_not_stay_exact(client, shelf):
    form = page(client, q="ภาษี", exact="1").split("big-search")[1].split("</form>")[0]
    assert 'name="exact"' not in form


# What else stands on the page


def test_next_question_tells_the_one_before_bounded(client, shelf):
    form = page(client, q="ภาษี").split("big-search")[1].split("</form>")[0]
    assert '<input type="hidden" name="after" value="ภาษี">' in form
    long = page(client, q="ภาษี " * 500).split("big-search")[1].split("</form>")[0]
    assert len(re.search(r'name="after" value="([^"]*)"', long)[1]) <= 200
    assert 'name="after"' not in page(client, after="ภาษี")


def test_each_search_is_counted_once_with_what_was_found(client, shelf, monkeypatch):
    counted = []
    monkeypatch.setattr("search.views.note_search", lambda text, **rest: counted.append((text, rest)))
    page(client, q="ภาษี", stage="grow", after="ป้าย")
    page(client)
    (text, rest) = counted.pop()
    assert counted == []
    assert (text, rest["total"], rest["reach"], rest["filters"], rest["previous"], rest["reading"]) == (
        "ภาษี",
        2,
        "words",
        {"stage": ("grow",)},
        "ป้าย",
        set(),
    )


def test_result_links_say_when_they_are_opened(client, shelf):
    html = page(client, q="ภาษี")
    tokens = re.findall(r' ping="/search/click/\?t=([^"]+)"', html)
    places = {read_token(token.replace("%3A", ":"))[1:] for token in tokens}
    assert {place for _key, place in places} == {1, 2, 3}
    assert client.post("/search/click/?t=" + tokens[0]).status_code == 204
    assert "ping=" not in page(client, stage="grow")


def test_best_bet_stands_on_top(client, shelf):
    Promotion.objects.create(phrases="ภาษีป้าย", title="ดูที่นี่ <ก่อน>", text="เราแนะนำ", url="https://example.test/x")
    knowledge.forget()
    knowledge.refresh(force=True)
    try:
        html = page(client, q="ภาษีป้าย")
        assert html.index('<a href="https://example.test/x" lang="th">ดูที่นี่ &lt;ก่อน&gt;</a>') < html.index('<ol class="cards')
        assert "example.test" not in page(client, q="จดแวต")
    finally:
        knowledge.forget()


def test_answer_card_quotes_page_section_and_day(client, sweep):
    GuideFactory(
        slug="stall",
        title="ตั้งแผงลอยหน้าบ้าน",
        short_answer="ขอเขตก่อนตั้งแผง",
        body=[("text", "<h2>ค่าปรับ</h2><p>ตั้งแผงโดยไม่ขออาจถูกเทศกิจเปรียบเทียบปรับ ให้เก็บใบเสร็จไว้</p>")],
    )
    for number in range(8):
        GuideFactory(slug=f"other-{number}", title=f"เรื่องอื่น {number}", short_answer="ไม่เกี่ยว")
    sweep()
    html = page(client, q="แผงลอยหน้าบ้าน เทศกิจเปรียบเทียบปรับ")
    card = html.split('aria-labelledby="answered"')[1].split("</section>")[0]
    assert '<blockquote lang="th"><p>ตั้งแผงโดยไม่ขออาจถูกเทศกิจเปรียบเทียบปรับ ให้เก็บใบเสร็จไว้</p></blockquote>' in card
    assert re.search(r'<a href="/guides/stall/#h-[0-9a-f]{8}" ping="[^"]+" lang="th">ตั้งแผงลอยหน้าบ้าน › ค่าปรับ</a>', card)
    assert "ตรวจทาน 3 พฤศจิกายน 2569" in card


def test_passage_links_to_its_section(client, sweep):
    GuideFactory(slug="body", title="เรื่องทั่วไป", body=[("text", "<p>คำนำ</p><h2>ส่งของ</h2><p>ห่อพัสดุให้แน่น</p>")])
    sweep()
    html = page(client, q="พัสดุ")
    assert re.search(
        r'<a href="/guides/body/#h-[0-9a-f]{8}"[^>]*><span class="nb">ส่งของ</span></a>|<a href="/guides/body/#h-[0-9a-f]{8}"[^>]*>ส่งของ</a>',
        html,
    )


def test_fallback_is_said_in_one_line(client, shelf, monkeypatch):
    real = query.ask
    monkeypatch.setattr(query, "ask", lambda plan: (real(plan)[0], True))
    assert "ผลการค้นหาอาจไม่ครบ" in page(client, q="ภาษี")


def test_some_with_everything_and_some_without_is_said(client, shelf):
    assert "1 รายการมีคำที่ถามเกือบครบ ที่เหลือมีบางคำ" in page(client, q="ภาษีป้าย ร้าน")


def test_visitor_with_a_province_is_led_to_its_centre(client, shelf):
    session = client.session
    session["business"] = {"province": "TH-50"}
    session.save()
    assert re.search(r'<a href="/centres/TH-50/">ศูนย์เชียงใหม่ของคุณ</a>', page(client, q="ยานอวกาศ"))
    named = page(client, q="ยานอวกาศ แปดริ้ว")
    assert '<a href="/centres/TH-24/">ศูนย์ฉะเชิงเทรา</a>' in named
    assert f'/ask/?q={quote("ยานอวกาศ แปดริ้ว")}&amp;province=TH-24"' in named
    assert '<a href="/centres/TH-90/">ศูนย์สงขลา</a>' in page(client, q="ยานอวกาศ", province="TH-90")


def test_file_card_names_its_guide(client, sweep):
    guide = GuideFactory(slug="cash", title="เงินสดของร้าน")
    file = File.objects.create(title="ตารางเงินเข้าออก", file=ContentFile(b"a", name="a.xlsx"))
    guide.body.append(("download", {"document": file, "title": "ตารางเงินเข้าออก", "note": "แก้เลขได้"}))
    guide.save_revision().publish()
    sweep()
    html = page(client, q="ตารางเงินเข้าออก", type="download")
    assert "ในคู่มือ เงินสดของร้าน" in html
    assert 'href="/guides/cash/"' in html
    guide.unpublish()
    assert "ในคู่มือ เงินสดของร้าน" not in page(client, q="ตารางเงินเข้าออก", type="download")


def test_agency_and_size_narrow_programmes(client, sweep):
    ProgrammeFactory(
        code="a",
        name="เงินช่วยภาษี หนึ่ง",
        live=True,
        agency=AgencyFactory(code="one", short_name="หนึ่งน."),
        eligibility=[("size", {"wanted": ["micro"], "source": "ข้อ"})],
    )
    ProgrammeFactory(
        code="b",
        name="เงินช่วยภาษี สอง",
        live=True,
        agency=AgencyFactory(code="two", short_name="สองน."),
        eligibility=[("size", {"wanted": ["medium"], "source": "ข้อ"})],
    )
    GuideFactory(title="ภาษีของร้าน")
    sweep()
    assert "พบ 1 รายการ" in page(client, q="ภาษี", agency="one")
    html = page(client, q="ภาษี", size="medium")
    assert "พบ 2 รายการ" in html
    assert re.findall(r'name="agency" value="(\w+)"><span>([^<]+)</span><span class="num">(\d+)</span>', page(client, q="ภาษี")) == [
        ("one", "หนึ่งน.", "1"),
        ("two", "สองน.", "1"),
    ]


def test_overfull_page_is_light(client, sweep):
    for number in range(60):
        GuideFactory(
            slug=f"g{number}",
            title=f"ภาษีป้าย {number} ของร้านค้าที่ขายของหลายอย่าง",
            body=[("text", "<h2>หัวข้อ</h2><p>" + "ภาษีป้ายของร้าน " * 50 + "</p>")],
        )
    sweep()
    assert len(gzip.compress(page(client, q="ภาษีป้าย").encode())) < 14_000
