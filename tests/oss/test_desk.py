"""The desk shows the cases of one's own centres, in the order in which they should be helped."""

import datetime as dt

import pytest
from django.utils import timezone

from oss import cases
from oss.models import Case, Centre
from tests.factories import CaseFactory, CentreMemberFactory, GuideFactory, ProgrammeFactory, UserFactory, function, province, sector, stage

pytestmark = pytest.mark.django_db
DESK = "/desk/"


def page(response) -> str:
    return response.content.decode()


def centre(iso: str) -> Centre:
    return Centre.objects.get(province=iso)


def days_ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


@pytest.fixture
def advisor(client):
    advisor = CentreMemberFactory().user
    client.force_login(advisor)
    return advisor


def listed(response) -> list[str]:
    return [case.reference for case in response.context["cases"]]


def test_desk_lists_only_the_cases_of_ones_centres(client, advisor):
    ours, _theirs = CaseFactory(), CaseFactory(centre=centre("TH-30"))
    assert listed(client.get(DESK)) == [ours.reference]


def test_desk_counts_each_tab(client, advisor):
    other = CentreMemberFactory().user
    for state, person in [("new", None), ("new", None), ("taken", advisor), ("taken", other), ("answered", advisor), ("closed", advisor)]:
        CaseFactory(state=state, advisor=person)
    CaseFactory(centre=centre("TH-30"))
    counts = {tab.code: tab.number for tab in client.get(DESK).context["tabs"]}
    assert counts == {"mine": 2, "new": 2, "taken": 2, "answered": 1, "closed": 1}


def test_desk_opens_on_ones_own_cases_when_there_are_any(client, advisor):
    CaseFactory()
    assert client.get(DESK).context["tab"].code == "new"
    CaseFactory(state="taken", advisor=advisor)
    assert client.get(DESK).context["tab"].code == "mine"


def test_ones_own_cases_come_first_then_the_oldest(client, advisor):
    other = CentreMemberFactory().user
    rows = [("a", 9, other), ("b", 1, advisor), ("c", 5, other), ("d", 3, advisor)]
    for letter, days, person in rows:
        CaseFactory(reference=letter, state="taken", advisor=person, opened_at=days_ago(days))
    assert listed(client.get(DESK, {"tab": "taken"})) == ["d", "b", "a", "c"]


def test_closed_cases_come_newest_first(client, advisor):
    for letter, days in [("a", 9), ("b", 1)]:
        CaseFactory(reference=letter, state="closed", opened_at=days_ago(days))
    assert listed(client.get(DESK, {"tab": "closed"})) == ["b", "a"]


@pytest.mark.parametrize(("days", "words"), [(0, "ส่งวันนี้"), (1, "รอมา 1 วัน"), (12, "รอมา 12 วัน")])
def test_waiting_is_said_in_words(client, advisor, days, words):
    CaseFactory(opened_at=days_ago(days))
    assert words in page(client.get(DESK))


def test_person_of_several_centres_may_look_at_one(client, advisor):
    CentreMemberFactory(user=advisor, centre=centre("TH-51"))
    here, there = CaseFactory(), CaseFactory(centre=centre("TH-51"))
    assert listed(client.get(DESK)) == [here.reference, there.reference]
    response = client.get(DESK, {"centre": "TH-51"})
    assert (listed(response), response.context["tabs"][1].number) == ([there.reference], 1)
    assert listed(client.get(DESK, {"centre": "TH-30"})) == [here.reference, there.reference]


@pytest.mark.parametrize(("number", "rows"), [("0", 5), ("-1", 5), ("abc", 20), ("999999999999999999999", 5), ("1", 20), ("4", 5)])
def test_pages_are_bounded(client, advisor, number, rows):
    for _each in range(65):
        CaseFactory()
    assert len(listed(client.get(DESK, {"page": number, "tab": "new"}))) == rows


@pytest.mark.parametrize("query", ["tab=forged", "tab=", "centre=%00", "tab=new&tab=closed", "centre[]=x", "page=%00"])
def test_forged_filters_are_left_out(client, advisor, query):
    assert client.get(f"{DESK}?{query}").status_code == 200


@pytest.mark.parametrize("tab", ["mine", "new", "taken", "answered", "closed"])
def test_empty_tab_says_what_will_fill_it(client, advisor, tab):
    response = client.get(DESK, {"tab": tab})
    assert 'class="empty"' in page(response)
    assert "<table" not in page(response)


@pytest.mark.parametrize("number", [1, 30])
def test_desk_asks_a_constant_number_of_queries(client, advisor, number, django_assert_num_queries):
    for each in range(number):
        CaseFactory(stage=stage("run"), advisor=CentreMemberFactory().user, province=province(["TH-50", "TH-51"][each % 2]))
    client.get(DESK)
    with django_assert_num_queries(6):  # session, person, centres, counts, number of rows, rows
        client.get(DESK)


@pytest.fixture
def case(advisor):
    return CaseFactory(
        guide=GuideFactory(),
        query="ภาษีร้านค้า",
        stage=stage("run"),
        sector=sector("retail"),
        topic=function("tax"),
        staff=3,
        yearly_revenue=900000,
        business_name="ร้านสมมติ",
        question="ขายของออนไลน์\nต้องเสียภาษีไหม",
    )


def test_case_page_tells_the_advisor_all_that_was_told(client, case):
    text = page(client.get(f"/desk/{case.reference}/"))
    told = [
        case.question,
        case.guide.title,
        case.guide.code,
        "ภาษีร้านค้า",
        "ร้านสมมติ",
        "3 คน",
        "900,000 บาท",
        "รายย่อย",
        "รายได้ 900,000 บาท ต่อปีอยู่ในเกณฑ์รายย่อย",
        "สมมติ ตัวอย่าง",
        'href="tel:+66812345678"',
        "081 234 5678",
    ]
    assert [words for words in told if words not in text] == []


def test_case_page_is_private(client, case):
    response = client.get(f"/desk/{case.reference}/")
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_case_page_shows_programmes_that_may_fit_with_their_reasons(client, case):
    fits = ProgrammeFactory(
        eligibility=[("size", {"wanted": ["micro"], "source": "ประกาศ ข้อ 1"}), ("need", {"wanted": ["tax"], "source": "ข้อ 2"})]
    )
    not_for_him = ProgrammeFactory(eligibility=[("sector", {"wanted": ["food-production"], "source": "ข้อ 3"})])
    response = client.get(f"/desk/{case.reference}/")
    assert [match.programme for match in response.context["matches"]] == [fits]
    assert ("ประกาศ ข้อ 1" in page(response), not_for_him.name in page(response)) == (True, False)


def test_case_page_tells_its_history_with_reasons(client, advisor):
    Centre.objects.filter(province="TH-51").update(accepts_cases=False)
    told = cases.Inquiry(question="ถาม", province=province("TH-51"), contact_name="ก", channel="line", line_id="x")
    opened, _ = cases.open_case(told, key="6f1c0000-0000-4000-8000-000000000001", wording="x")
    cases.take_case(opened, advisor)
    response = client.get(f"/desk/{opened.reference}/")
    assert [(line["title"], line["text"], line["actor"]) for line in response.context["history"]] == [
        ("รับเรื่องแล้ว", "", advisor),
        ("ส่งเข้าศูนย์เชียงใหม่", "เพราะศูนย์ก่อนหน้ายังไม่รับเรื่องในตอนนี้ ศูนย์นี้รับแทน", None),
        ("ส่งเข้าศูนย์ลำพูน", "เพราะร้านอยู่จังหวัดลำพูน", None),
        ("ส่งคำขอเข้ามา", "", None),
    ]


@pytest.mark.parametrize("number", [1, 30])
def test_case_page_asks_a_constant_number_of_queries(client, case, number, django_assert_num_queries):
    for _each in range(number):
        ProgrammeFactory(eligibility=[("size", {"wanted": ["micro"], "source": "ข้อ 1"})])
        cases.CaseEvent.objects.create(case=case, kind="answered", actor=CentreMemberFactory().user, text="x")
    client.get(f"/desk/{case.reference}/")
    with django_assert_num_queries(7):  # session, person, centres, case, programmes, events, the guide's page
        client.get(f"/desk/{case.reference}/")


def test_one_press_takes_the_case(client, case, advisor):
    response = client.post(f"/desk/{case.reference}/take/", follow=True)
    case.refresh_from_db()
    assert (case.state, case.advisor, response.redirect_chain) == ("taken", advisor, [(f"/desk/{case.reference}/", 302)])
    assert f"คุณรับเรื่อง {case.reference} แล้ว" in page(response)


def test_second_advisor_reads_who_was_first(client, case):
    first = CentreMemberFactory().user
    cases.take_case(case, first)
    assert f"{first} รับเรื่องนี้ไปแล้ว" in page(client.post(f"/desk/{case.reference}/take/", follow=True))
    case.refresh_from_db()
    assert case.advisor == first


def test_answer_and_end_are_written_down(client, case, advisor):
    client.post(f"/desk/{case.reference}/take/")
    client.post(f"/desk/{case.reference}/answer/", {"answer_form-note": "โทรคุยแล้ว"})
    client.post(f"/desk/{case.reference}/close/", {"close_form-note": "ยื่นแบบแล้ว"})
    case.refresh_from_db()
    assert case.state == "closed"
    assert [(event.kind, event.text, event.actor) for event in case.events.all()][1:] == [
        ("taken", "", advisor),
        ("answered", "โทรคุยแล้ว", advisor),
        ("closed", "ยื่นแบบแล้ว", advisor),
    ]


@pytest.mark.parametrize(("step", "field"), [("answer", "answer_form-note"), ("close", "close_form-note")])
def test_refused_step_gives_the_note_back(client, case, advisor, step, field):
    cases.close_case(cases.take_case(case, advisor), advisor, "จบ")
    response = client.post(f"/desk/{case.reference}/{step}/", {field: "บันทึกที่พิมพ์ไว้นาน"})
    text = page(response)
    assert (response.status_code, "บันทึกที่พิมพ์ไว้นาน" in text, "เรื่องนี้ปิดไปแล้ว" in text) == (409, True, True)
    assert "<title>เกิดข้อผิดพลาด:" in text


@pytest.mark.parametrize(("step", "field"), [("answer", "answer_form-note"), ("close", "close_form-note")])
def test_empty_note_is_asked_again(client, case, advisor, step, field):
    cases.take_case(case, advisor)
    response = client.post(f"/desk/{case.reference}/{step}/", {field: "  "})
    case.refresh_from_db()
    assert ("ยังไม่ได้เขียนบันทึก" in page(response), case.state) == (True, "taken")


@pytest.mark.parametrize("step", ["take", "answer", "close"])
def test_address_of_a_step_leads_back_to_the_case(client, case, step):
    response = client.get(f"/desk/{case.reference}/{step}/")
    case.refresh_from_db()
    assert (response["Location"], case.state) == (f"/desk/{case.reference}/", "new")


def test_strange_words_are_shown_inert(client, advisor):
    case = CaseFactory(
        question="<script>alert(1)</script>", contact_name='"><img src=x onerror=a>', query="{{7*7}}", business_name="<b>x</b>"
    )
    for address in (DESK, f"/desk/{case.reference}/"):
        text = page(client.get(address))
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>x</b>" not in text


def test_case_is_called_by_the_beginning_of_its_question():
    assert Case(question="ถามสั้น ๆ").title == "ถามสั้น ๆ"
    long = Case(question="เปิดร้านข้าวแกงมาสามปี\n" + "ลูกค้าแน่นทุกเที่ยง ตึกข้าง ๆ ว่างพอดี อยากเช่าเพิ่มทำสาขาสอง" * 3).title
    assert (len(long) <= 61, long.endswith("…"), "\n" in long) == (True, True, False)
    assert Case(question="x" * 300).title == "x" * 60 + "…"


def test_deactivated_member_loses_the_desk_at_once(client, advisor):
    CaseFactory()
    advisor.centre_memberships.all().delete()
    assert client.get(DESK).status_code == 404


def test_member_needs_a_role_of_staff():
    from django.core.exceptions import ValidationError

    from oss.models import CentreMember

    member = CentreMember(centre=centre("TH-50"), user=UserFactory())
    with pytest.raises(ValidationError):
        member.full_clean()
    CentreMember(centre=centre("TH-50"), user=UserFactory(role="advisor")).full_clean()
