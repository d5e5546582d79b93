"""Programmes against a reader's business: the bands, the reasons in words, the filters, the page of one."""

import datetime as dt

import pytest
from wagtail.models import PageViewRestriction

from business.models import Business
from kb.matching import Band, Topic
from kb.models import Programme, describe_business
from kb.programmes import Match, describe_known, join_names, judge
from tests.factories import (
    AgencyFactory,
    BusinessFactory,
    FactFactory,
    GuideFactory,
    ProgrammeFactory,
    UserFactory,
    province,
    sector,
    stage,
)

pytestmark = pytest.mark.django_db

SIZE = ("size", {"wanted": ["micro", "small"], "source": "ประกาศข้อ 1"})
NEED = ("need", {"wanted": ["tax"], "source": "ประกาศข้อ 2"})
PLACE = ("province", {"wanted": ["TH-50"], "source": "ประกาศข้อ 3"})
ASK = ("other", {"text": "ไม่เป็นบุคคลล้มละลาย", "source": "ประกาศข้อ 4"})
TODAY = dt.date(2026, 11, 23)
SHOP = {"sector": "retail", "yearly_revenue": "900000", "staff": 3, "province": "TH-50", "legal_form": "person"}


def read(client, address, **query) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def codes(bands) -> dict[str, list[str]]:
    return {str(band.band): [match.programme.code for match in band.matches] for band in bands}


# The window


@pytest.mark.parametrize(
    ("fields", "is_closed", "is_upcoming", "days_left"),
    [
        ({}, False, False, None),
        ({"status": "closed"}, True, False, None),
        ({"status": "uncertain"}, False, False, None),
        ({"closes_on": dt.date(2026, 11, 23)}, False, False, 0),
        ({"closes_on": dt.date(2026, 11, 22)}, True, False, None),
        ({"closes_on": dt.date(2026, 12, 15)}, False, False, 22),
        ({"opens_on": dt.date(2026, 11, 23)}, False, False, None),
        ({"opens_on": dt.date(2026, 12, 1), "closes_on": dt.date(2026, 12, 31)}, False, True, 38),
        ({"status": "closed", "closes_on": dt.date(2027, 1, 1)}, True, False, 39),
    ],
)
def test_programme_window(fields, is_closed, is_upcoming, days_left):
    programme = ProgrammeFactory.build(agency=None, **fields)
    assert (programme.is_closed(), programme.is_upcoming(), programme.days_left()) == (is_closed, is_upcoming, days_left)


def test_programme_reads_its_clauses():
    programme = ProgrammeFactory(eligibility=[SIZE, PLACE, ASK])
    programme.refresh_from_db()
    assert [(clause.topic, clause.wanted, clause.text, clause.source) for clause in programme.clauses] == [
        ("size", {"micro", "small"}, "", "ประกาศข้อ 1"),
        ("province", {"TH-50"}, "", "ประกาศข้อ 3"),
        ("other", frozenset(), "ไม่เป็นบุคคลล้มละลาย", "ประกาศข้อ 4"),
    ]
    assert programme.codes_wanted(Topic.SIZE) == {"micro", "small"}
    assert programme.codes_wanted(Topic.STAGE) == frozenset()


# What is known of a business


def test_describe_business_says_only_what_was_told(settings):
    settings.MSME_MIXED_SIZE_RULE = "revenue"
    assert describe_business(None).known == {}
    assert describe_business(Business()).known == {}
    full = Business(
        sector=sector("retail"), stage=stage("run"), province=province("TH-50"), staff=40, yearly_revenue=900_000, legal_form="person"
    )
    assert describe_business(full, needs=frozenset({"tax"})).known == {
        "need": {"tax"}, "stage": {"run"}, "sector": {"retail"}, "province": {"TH-50"}, "legal_form": {"person"}, "size": {"micro"},
    }  # fmt: skip


def test_describe_business_keeps_a_size_that_may_be_one_of_several(settings):
    settings.MSME_MIXED_SIZE_RULE = "higher"
    assert describe_business(Business(sector=sector("retail"), staff=31)).known["size"] == {"medium", "larger"}
    assert "size" not in describe_business(Business(sector=sector("retail"), staff=3)).known


# Reasons in words


def explain(business, *clauses, needs=None):
    programme = ProgrammeFactory(eligibility=list(clauses))
    return Match(programme, programme.match(describe_business(business, needs=needs)))


def test_reasons_stand_with_what_fails_first_and_name_the_source():
    match = explain(Business(province=province("TH-50"), sector=sector("retail"), yearly_revenue=900_000_000), PLACE, ASK, SIZE)
    assert [(reason.answer, reason.topic_name, reason.asks, reason.known, reason.source) for reason in match.reasons] == [
        ("no", "ขนาดกิจการ", "รายย่อย หรือ ขนาดย่อม", "ร้านคุณ: ใหญ่กว่า MSME", "ประกาศข้อ 1"),
        ("unknown", "เงื่อนไขอื่น", "ไม่เป็นบุคคลล้มละลาย", "เรื่องนี้ต้องถามหน่วยงานเจ้าของโครงการ", "ประกาศข้อ 4"),
        ("yes", "จังหวัด", "เชียงใหม่", "ร้านคุณ: เชียงใหม่", "ประกาศข้อ 3"),
    ]
    assert (match.name, match.total, match.verdict.met, match.unknown_names) == ("ไม่ตรงตอนนี้", 3, 1, ["ไม่เป็นบุคคลล้มละลาย"])
    assert [reason.answer for reason in match.failed_reasons] == ["no"]
    assert not match.can_tell_more


def test_reasons_say_what_is_not_known_and_what_it_may_be(settings):
    settings.MSME_MIXED_SIZE_RULE = "higher"
    medium = ("size", {"wanted": ["medium"], "source": "ก"})
    match = explain(Business(sector=sector("retail"), staff=31), medium, PLACE)
    assert [reason.known for reason in match.reasons] == ["ร้านคุณอาจเป็น ขนาดกลาง หรือ ใหญ่กว่า MSME", "เรายังไม่รู้จังหวัดของคุณ"]
    assert match.unknown_names == ["ขนาดกิจการ", "จังหวัด"]
    assert match.can_tell_more


def test_join_names_cuts_a_long_list_and_counts_the_rest():
    assert join_names([]) == ""
    assert join_names(["ก"]) == "ก"
    assert join_names(["ก", "ข"]) == "ก หรือ ข"
    assert join_names(["ก", "ข", "ค", "ง"]) == "ก, ข, ค หรือ ง"
    assert join_names(["ก", "ข", "ค", "ง", "จ"]) == "ก, ข, ค และอีก 2 แบบ"


def test_describe_known_shows_blanks_for_what_was_not_told():
    assert {value for _name, value in describe_known(None)} == {""}
    known = dict(describe_known(Business(sector=sector("retail"), staff=0, yearly_revenue=1_500_000, legal_form="person")))
    assert (known["คนทำงาน"], known["รายได้ต่อปี"], known["ขนาดกิจการ"], known["จังหวัด"]) == ("0 คน", "1.5 ล้านบาท", "รายย่อย", "")


# The bands


def test_judge_puts_each_programme_into_its_band_the_closing_day_first(settings):
    ProgrammeFactory(code="sure", eligibility=[SIZE])
    ProgrammeFactory(code="sure-soon", eligibility=[SIZE], closes_on=dt.date(2026, 12, 15))
    ProgrammeFactory(code="sure-late", eligibility=[SIZE], closes_on=dt.date(2027, 1, 31))
    ProgrammeFactory(code="sure-doubtful", eligibility=[SIZE, PLACE], status="uncertain")
    ProgrammeFactory(code="ask", eligibility=[SIZE, ASK])
    ProgrammeFactory(
        code="no-two", eligibility=[("size", {"wanted": ["medium"], "source": "ก"}), ("province", {"wanted": ["TH-10"], "source": "ก"})]
    )
    ProgrammeFactory(code="no-one", eligibility=[("size", {"wanted": ["medium"], "source": "ก"})])
    ProgrammeFactory(code="shut", eligibility=[SIZE], closes_on=dt.date(2026, 11, 22))
    business = Business(sector=sector("retail"), yearly_revenue=900_000, province=province("TH-50"))
    bands = judge(Programme.objects.all(), business)
    assert [band.band for band in bands] == [Band.LIKELY, Band.CHECK, Band.NO, Band.CLOSED]
    assert codes(bands) == {
        "likely": ["sure-soon", "sure-late", "sure", "sure-doubtful"],
        "check": ["ask"],
        "no": ["no-one", "no-two"],
        "closed": ["shut"],
    }


def test_programmes_are_judged_against_what_the_visitor_told(client, tell_business):
    ProgrammeFactory(code="fits", eligibility=[NEED, SIZE])
    ProgrammeFactory(code="far", name="คนละจังหวัด", eligibility=[("province", {"wanted": ["TH-10"], "source": "ประกาศข้อ 9"})])
    html = read(client, "/programmes/")
    assert "เรายังไม่รู้จักร้านของคุณ" in html
    assert "/my/business/?next=%2Fprogrammes%2F" in html
    tell_business(client, **SHOP)
    response = client.get("/programmes/")
    assert codes(response.context["bands"]) == {"likely": ["fits"], "check": [], "no": ["far"], "closed": []}
    html = response.content.decode()
    for piece in ("1 โครงการ", "ร้านขายปลีก", "900,000 บาท", "ร้านคุณ: เชียงใหม่", "ที่มา ประกาศข้อ 9", "ตรง 0 จาก 1 ข้อ", "ยังไม่ตอบ", "แก้ข้อมูลร้าน"):
        assert piece in html, piece


def test_programmes_show_few_unfitting_ones_and_the_rest_behind_one_press(client, tell_business):
    ProgrammeFactory.create_batch(5, eligibility=[("province", {"wanted": ["TH-10"], "source": "ก"})])
    tell_business(client, province="TH-50")
    html = read(client, "/programmes/")
    assert "ดูอีก 2 โครงการ" in html
    assert html.count('<li class="match">') == 5


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({}, {"tax-grant", "export-loan", "anyone", "shut"}),
        ({"function": "tax"}, {"tax-grant", "anyone", "shut"}),
        ({"support": "loan"}, {"export-loan"}),
        ({"agency": "smed"}, {"export-loan"}),
        ({"stage": "run"}, {"tax-grant", "anyone", "shut"}),
        ({"open": "on"}, {"tax-grant", "export-loan", "anyone"}),
        ({"function": "tax", "open": "on", "support": "grant"}, {"tax-grant", "anyone"}),
        ({"support": "award"}, set()),
    ],
)
def test_programmes_can_be_narrowed_down(client, query, left):
    ProgrammeFactory(code="tax-grant", eligibility=[NEED])
    ProgrammeFactory(
        code="export-loan", support="loan", agency=AgencyFactory(code="smed", name_th="ธนาคาร"),
        eligibility=[("need", {"wanted": ["export"], "source": "ก"}), ("stage", {"wanted": ["grow"], "source": "ก"})],
    )  # fmt: skip
    ProgrammeFactory(code="anyone")
    ProgrammeFactory(code="shut", status="closed")
    response = client.get("/programmes/", query)
    found = codes(response.context["bands"])
    assert {code for band in found.values() for code in band} == left
    assert response.context["number"] == len(left)
    assert response.context["form"].ignored == []
    if not left:
        assert "ไม่มีโครงการที่ตรงกับตัวกรองทั้งหมด" in response.content.decode()


def test_programmes_say_the_need_that_the_reader_names_and_do_not_count_it(client):
    ProgrammeFactory(eligibility=[NEED, SIZE])
    silent, spoken = read(client, "/programmes/"), read(client, "/programmes/", function="tax")
    assert ["ตรง 0 จาก 1 ข้อ" in html for html in (silent, spoken)] == [True, True]
    assert ["คุณกำลังดูเรื่อง บัญชีและภาษี" in html for html in (silent, spoken)] == [False, True]


@pytest.mark.parametrize("value", ["nope", "<script>", "ก" * 10_000, "\x00"])
def test_programmes_leave_out_an_unknown_filter_and_name_it(client, value):
    ProgrammeFactory()
    response = client.get("/programmes/", {"stage": value, "support": "grant"})
    assert response.status_code == 200
    assert response.context["number"] == 1
    assert "เราจึงไม่ได้ใช้: ช่วงธุรกิจ" in response.content.decode()
    assert "<script>" not in response.content.decode()


def test_programmes_without_any_say_so(client):
    assert "ยังไม่มีโครงการในรายการ" in read(client, "/programmes/")


def test_programmes_hide_drafts(client):
    ProgrammeFactory(code="draft", live=False)
    assert client.get("/programmes/").context["total"] == 0
    assert client.get("/programmes/draft/").status_code == 404


def test_programmes_cost_the_same_with_one_and_with_thirty(client, count_queries, tell_business):
    ProgrammeFactory(eligibility=[SIZE, PLACE, ASK])
    tell_business(client, **SHOP)
    few = count_queries(client, "/programmes/")
    for number in range(29):
        ProgrammeFactory(agency=AgencyFactory(code=f"agency-{number}"), eligibility=[SIZE, PLACE, ASK, NEED])
    assert count_queries(client, "/programmes/") == few
    assert few <= 8


# The page of one programme


def test_programme_page_tells_all_that_its_source_says(client):
    FactFactory(code="cap", value="200000", unit="บาท")
    agency = AgencyFactory(code="smed", name_th="ธนาคาร", phone="02-111-2222", website="https://example.test/")
    ProgrammeFactory(
        code="loan", name="สินเชื่อ", agency=agency, offers="ไม่เกิน {fact:cap}", who="ร้านเล็ก\n\nทุกจังหวัด", how_to_apply="ไปที่สาขา",
        opens_on=dt.date(2026, 10, 1), closes_on=dt.date(2026, 12, 15), is_first_come=True, fiscal_year=2570,
        source_name="หน้าโครงการ", source_url="https://example.test/loan", is_demo=True, eligibility=[SIZE, ASK],
    )  # fmt: skip
    html = read(client, "/programmes/loan/")
    for piece in (
        '<p>ไม่เกิน <b class="fact nb">200,000 บาท</b></p>',
        "<p>ร้านเล็ก</p>",
        "<p>ทุกจังหวัด</p>",
        'ปิดรับ <time datetime="2026-12-15">15 ธันวาคม 2569</time>',
        "เหลือ 22 วัน",
        "เต็มก่อนปิดก่อน",
        "ปีงบประมาณ 2570",
        '<a class="any" href="https://example.test/loan" rel="external">หน้าโครงการ',
        '<time datetime="2026-11-01">1 พฤศจิกายน 2569</time>',
        '<a class="tel nb num" href="tel:021112222">',
        "ข้อมูลตัวอย่าง เรียบเรียงจากแหล่งข้างต้น",
        'id="fact-cap"',
        "ตรง 0 จาก 2 ข้อ",
        "ประกาศข้อ 1",
        "/my/business/?next=%2Fprogrammes%2Floan%2F",
    ):
        assert piece in html, piece


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "closed"}, "รอบนี้ปิดรับแล้ว"),
        ({"closes_on": dt.date(2026, 11, 22)}, "รอบนี้ปิดรับแล้ว"),
        ({"closes_on": dt.date(2026, 11, 23)}, "วันนี้วันสุดท้าย"),
        ({"status": "uncertain"}, "ยังไม่แน่ว่ารอบนี้เปิดอยู่"),
        ({"opens_on": dt.date(2026, 12, 1)}, "เริ่มรับ"),
        ({}, "เปิดรับอยู่ ไม่บอกวันปิด"),
    ],
)
def test_programme_page_says_its_state_plainly(client, fields, words):
    ProgrammeFactory(code="one", **fields)
    assert words in read(client, "/programmes/one/")


def test_programme_page_that_does_not_fit_gives_a_next_step(client, tell_business):
    ProgrammeFactory(code="one", eligibility=[("province", {"wanted": ["TH-10"], "source": "ก"})])
    tell_business(client, province="TH-50")
    html = read(client, "/programmes/one/")
    assert "ไม่ตรงตอนนี้" in html
    assert '<a href="/ask/?programme=one">ถามที่ปรึกษา</a>' in html


def test_programme_page_lists_the_public_guides_that_point_to_it(client):
    programme = ProgrammeFactory(code="one")
    shown, hidden, draft = GuideFactory(title="เตรียมกู้"), GuideFactory(title="ลับ"), GuideFactory(title="ร่าง")
    for guide in (shown, hidden, draft):
        guide.programmes.set([programme])
        guide.save()
    PageViewRestriction.objects.create(page=hidden, restriction_type=PageViewRestriction.LOGIN)
    draft.unpublish()
    assert client.get("/programmes/one/").context["guides"] == [shown]


def test_programme_page_costs_the_same_with_one_and_with_thirty(client, count_queries):
    programme = ProgrammeFactory(code="one", offers="{fact:f0}", eligibility=[SIZE])

    def add(number):
        FactFactory(code=f"f{number}")
        guide = GuideFactory()
        guide.programmes.set([programme])
        guide.save()

    add(0)
    few = count_queries(client, "/programmes/one/")
    for number in range(1, 30):
        add(number)
    programme.offers = " ".join(f"{{fact:f{number}}}" for number in range(30))
    programme.eligibility = [SIZE, PLACE, ASK, NEED] * 7
    programme.save()
    assert count_queries(client, "/programmes/one/") == few
    assert few <= 8


def test_programme_page_for_a_person_who_signed_in(client):
    ProgrammeFactory(code="one", eligibility=[PLACE])
    user = UserFactory()
    BusinessFactory(owner=user, province=province("TH-50"))
    client.force_login(user)
    assert "ร้านคุณ: เชียงใหม่" in read(client, "/programmes/one/")


@pytest.mark.parametrize("code", ["nope", "a" * 300])
def test_unknown_programme_is_not_found(client, code):
    assert client.get(f"/programmes/{code}/").status_code == 404


def test_programme_in_the_editor_can_be_previewed_before_it_is_saved():
    agency = AgencyFactory()
    programme = ProgrammeFactory.build(agency=agency, code="new", name="โครงการที่ยังไม่บันทึก", eligibility=[SIZE])
    response = programme.make_preview_request()
    assert response.status_code == 200
    assert "<title>โครงการที่ยังไม่บันทึก" in response.render().content.decode()
