"""The pages of the stages, the grid of all guides, and the short code."""

import datetime as dt
import re

import pytest
from wagtail.models import PageViewRestriction

from business import vocabulary
from kb.guides import choose_first_guides, group_by_function, guides_of_stage, latest_guides, most_useful_guides
from kb.models import Feedback, GuideIndexPage
from tests.factories import GuideFactory, LessonFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db


def read(client, address) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_stage_shows_its_shop_between_its_neighbours(client):
    html = read(client, "/stages/run/")
    assert "ห้องที่ 3 จาก 7" in html
    assert "เปิดแล้ว อยากให้มั่นคง ช่วงนี้เรื่องใหญ่คือรู้ต้นทุนจริง" in html
    assert 'alt="ห้องก่อนหน้า เริ่มต้นกิจการ"' in html
    assert 'alt="ห้องถัดไป เติบโตและขยาย"' in html
    assert 'class="stage-run"' in html


@pytest.mark.parametrize(("code", "before", "after"), [("idea", None, "start"), ("exit", "recover", None)])
def test_stage_at_the_end_of_the_street_has_one_neighbour(client, code, before, after):
    context = client.get(f"/stages/{code}/").context
    assert getattr(context["before"], "code", None) == before
    assert getattr(context["after"], "code", None) == after


@pytest.mark.parametrize("code", ["nope", "start-up", "RUN", "7"])
def test_unknown_stage_is_not_found_in_thai(client, code):
    response = client.get(f"/stages/{code}/")
    assert response.status_code == 404
    assert 'action="/search/"' in response.content.decode()


def test_stage_groups_guides_and_shows_a_guide_in_two_functions_once_in_full(client):
    both = GuideFactory(title="ภาษีและกฎหมาย", stages=["run"], functions=["tax", "legal"])
    GuideFactory(title="กฎหมาย", stages=["run"], functions=["legal"])
    groups = {group.function.code: group for group in client.get("/stages/run/").context["groups"]}
    assert [guide.title for guide in groups["tax"].guides] == ["ภาษีและกฎหมาย"]
    assert [guide.title for guide in groups["legal"].guides] == ["กฎหมาย"]
    assert groups["legal"].elsewhere == [both]
    assert (groups["tax"].number, groups["legal"].number, groups["export"].number) == (1, 2, 0)
    assert list(groups) == list(vocabulary.functions())


def test_stage_can_be_narrowed_to_a_function(client):
    GuideFactory(title="เรื่องภาษี", summary="สรุปภาษี", stages=["run"], functions=["tax"])
    GuideFactory(title="เรื่องคน", summary="สรุปคน", stages=["run"], functions=["people"])
    html = read(client, "/stages/run/?function=tax")
    assert "สรุปภาษี" in html
    assert "สรุปคน" not in html
    assert "ดูทั้ง 2 เรื่องของช่วงนี้" in html


def test_stage_says_honestly_that_a_cell_is_empty(client):
    html = read(client, "/stages/run/?function=export")
    assert "ยังไม่มีคู่มือเรื่องนี้สำหรับช่วงนี้" in html
    assert "/ask/?q=" in html
    assert "ช่วงนี้ยังไม่มีคู่มือ" in read(client, "/stages/run/")


@pytest.mark.parametrize("asked", ["xx", "<script>", "ก" * 10_000, "\x01"])
def test_stage_ignores_an_unknown_function_and_says_so(client, asked):
    response = client.get("/stages/run/", {"function": asked})
    assert response.status_code == 200
    html = response.content.decode()
    assert "เราจึงแสดงทุกเรื่องของช่วงนี้" in html
    assert "<script>" not in html
    assert "ก" * 41 not in html


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/stages/run/?function=zz", ["ไม่มีเรื่องที่ชื่อ “zz” เราจึงแสดงทุกเรื่องของช่วงนี้"]),
        ("/programmes/?function=zz&stage=qq", ["ค่าของตัวกรองนี้ไม่มีในรายการ เราจึงไม่ได้ใช้: เรื่องที่อยากได้ความช่วยเหลือ, ช่วงธุรกิจ"]),
        ("/stages/run/?function=tax", []),
        ("/programmes/?function=tax", []),
    ],
)
def test_filter_that_is_unknown_is_named_in_one_sentence(client, address, words):
    html = read(client, address)
    assert re.findall(r'<p class="note warn[^>]*>.*?<span>(.*?)</span></p>', html) == words


def test_unknown_function_is_told_at_the_head_of_the_page(client):
    html = read(client, "/stages/run/?function=zz")
    assert html.index("ไม่มีเรื่องที่ชื่อ") < html.index('class="neighbours"')


def test_first_guides_are_the_most_particular_ones_of_different_functions():
    wide = GuideFactory(code="1001", stages=["run", "grow", "exit"], functions=["finance"])
    tax_b = GuideFactory(code="2002", stages=["run"], functions=["tax"])
    tax_a = GuideFactory(code="2001", stages=["run"], functions=["tax"])
    people = GuideFactory(code="7001", stages=["run", "grow"], functions=["people"])
    guides = list(guides_of_stage("run").prefetch_related("stages", "functions"))
    assert choose_first_guides(guides) == [tax_a, people, wide]
    assert choose_first_guides(guides[::-1]) == [tax_a, people, wide]
    assert choose_first_guides([tax_b, tax_a]) == [tax_a, tax_b]
    assert choose_first_guides([]) == []


def test_stage_lists_open_programmes_the_closing_day_first(client, tell_business):
    STAGE = ("stage", {"wanted": ["run"], "source": "ก"})
    ProgrammeFactory(code="later", eligibility=[STAGE], closes_on=dt.date(2027, 1, 31))
    ProgrammeFactory(code="soon", eligibility=[STAGE], closes_on=dt.date(2026, 12, 15))
    ProgrammeFactory(code="always", eligibility=[STAGE])
    ProgrammeFactory(code="anyone")
    ProgrammeFactory(code="shut", eligibility=[STAGE], closes_on=dt.date(2026, 11, 22))
    ProgrammeFactory(code="other", eligibility=[("stage", {"wanted": ["exit"], "source": "ก"})])
    ProgrammeFactory(code="draft", eligibility=[STAGE], live=False)
    matches = client.get("/stages/run/").context["matches"]
    assert [match.programme.code for match in matches] == ["soon", "later", "always", "anyone"]
    assert "น่าจะได้" not in read(client, "/stages/run/")
    tell_business(client, stage="run")
    assert "น่าจะได้" in read(client, "/stages/run/")


def test_stage_costs_the_same_with_one_and_with_thirty_guides(client, count_queries):
    GuideFactory(stages=["run"], functions=["tax", "legal"])
    ProgrammeFactory()
    LessonFactory()
    few = count_queries(client, "/stages/run/")
    for _ in range(29):
        GuideFactory(stages=["run", "grow"], functions=["tax", "people"])
    ProgrammeFactory.create_batch(29)
    LessonFactory.create_batch(29)
    assert count_queries(client, "/stages/run/") == few
    assert few <= 11  # three of them for the learning path and the courses


def test_group_by_function_leaves_no_guide_out():
    for functions in (["tax"], ["risk", "tax"], ["export"]):
        GuideFactory(stages=["run"], functions=functions)
    guides = list(guides_of_stage("run").prefetch_related("functions"))
    groups = group_by_function(guides)
    assert sorted(guide.pk for group in groups for guide in group.guides) == sorted(guide.pk for guide in guides)


# The grid


def test_grid_counts_each_cell_and_shows_a_zero_as_such(client):
    GuideFactory(stages=["run", "grow"], functions=["tax", "legal"])
    GuideFactory(stages=["run"], functions=["tax"])
    GuideFactory(stages=["run"], functions=["tax"], live=False)
    response = client.get("/guides/")
    grid = {stage.code: ({function.code: number for function, number in cells}, total) for stage, cells, total in response.context["grid"]}
    assert list(grid) == list(vocabulary.stages())
    assert (grid["run"][0]["tax"], grid["run"][0]["legal"], grid["grow"][0]["tax"], grid["exit"][0]["tax"]) == (2, 1, 1, 0)
    assert (grid["run"][1], grid["grow"][1], grid["exit"][1]) == (2, 1, 0)
    assert response.context["number"] == 2
    html = response.content.decode()
    assert sorted(re.findall(r'href="(/stages/\w+/\?[^"]+)"', html)) == [
        "/stages/grow/?function=legal#guides",
        "/stages/grow/?function=tax#guides",
        "/stages/run/?function=legal#guides",
        "/stages/run/?function=tax#guides",
    ]
    assert html.count('<span class="hide">ยังไม่มีคู่มือ</span>') == 7 * 12 - 4


def test_grid_hides_what_is_restricted(client):
    page = GuideFactory(stages=["run"], functions=["tax"])
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    assert client.get("/guides/").context["number"] == 0
    PageViewRestriction.objects.all().delete()
    assert client.get("/guides/").context["number"] == 1


def test_grid_hides_everything_below_a_restricted_folder():
    GuideFactory(stages=["run"])
    PageViewRestriction.objects.create(page=GuideIndexPage.objects.get(), restriction_type=PageViewRestriction.LOGIN)
    assert list(guides_of_stage("run")) == []


def test_grid_costs_the_same_with_one_and_with_thirty_guides(client, count_queries):
    GuideFactory()
    few = count_queries(client, "/guides/")
    for _ in range(29):
        GuideFactory(stages=["run", "exit"], functions=["tax", "risk"])
    assert count_queries(client, "/guides/") == few
    assert few <= 8


# The short code


@pytest.mark.parametrize("typed", ["3102", "๓๑๐๒", "３１０２"])
def test_short_code_leads_to_its_guide_in_any_digits(client, typed):
    page = GuideFactory(code="3102")
    response = client.get(f"/g/{typed}/")
    assert (response.status_code, response["Location"]) == (302, page.url)


def test_short_code_keeps_the_language(client):
    GuideFactory(code="3102", slug="register")
    assert client.get("/en/g/3102/")["Location"] == "/en/guides/register/"


@pytest.mark.parametrize("typed", ["9999", "31", "abcd", "31022", "%20", "ก"])
def test_short_code_that_is_unknown_is_not_found(client, typed):
    GuideFactory(code="3102")
    assert client.get(f"/g/{typed}/").status_code == 404


def test_short_code_of_a_draft_or_restricted_guide_is_not_found(client):
    GuideFactory(code="3102", live=False)
    page = GuideFactory(code="3103")
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.PASSWORD, password="x")
    assert client.get("/g/3102/").status_code == 404
    assert client.get("/g/3103/").status_code == 404


# The blocks of lists, and marks that stay with their word


def test_lists_of_a_guide_say_what_they_are(client):
    GuideFactory(
        slug="papers",
        body=[
            ("documents", [{"name": "บัตรประชาชน", "note": ""}]),
            ("steps", [{"title": "ไปสำนักงานเขต", "text": "<p>ยื่นแบบ</p>"}]),
        ],
    )
    html = read(client, "/guides/papers/")
    assert re.findall(r'<(?:ul class="checklist"|ol class="steps mt5") aria-label="(.*?)">', html) == ["เอกสารที่ต้องเตรียม", "ขั้นตอน"]
    assert re.findall(r'<p class="list-name mt5">.*?</svg>(.*?)</p>', html) == ["เอกสารที่ต้องเตรียม"]


def test_repetition_mark_stays_with_its_word_on_the_home_page(client):
    Feedback.objects.create(page=GuideFactory(summary="อ่านง่าย ๆ"), was_useful=True, voter="1")
    assert "อ่านง่าย\u00a0ๆ" in read(client, "/")
    assert re.findall(r"[^\s>]+ ๆ", re.search(r'<ol class="street">.*?</ol>', read(client, "/"), re.DOTALL)[0]) == []


# What the home page asks for


def test_latest_guides_are_those_reviewed_last():
    old = GuideFactory(reviewed_on=dt.date(2026, 1, 1))
    new = GuideFactory(reviewed_on=dt.date(2026, 11, 1))
    GuideFactory(reviewed_on=dt.date(2026, 11, 2), live=False)
    assert latest_guides(5) == [new, old]
    assert latest_guides(1) == [new]


def test_most_useful_guides_follow_the_votes():
    liked, disliked = GuideFactory(), GuideFactory()
    for number in range(3):
        Feedback.objects.create(page=liked, was_useful=number != 0, voter=str(number))
        Feedback.objects.create(page=disliked, was_useful=False, voter=str(number))
    GuideFactory()  # nobody has said anything of it
    assert most_useful_guides(5) == [liked]
