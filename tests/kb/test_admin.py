"""What the editors meet: lists, exports, and plain Thai where something is wrong."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.blocks import StreamBlockValidationError
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield
from wagtail.users.models import UserProfile

from kb.blocks import Eligibility, GuideBody
from kb.models import Fact, GuideIndexPage, GuidePage, Programme
from oss.models import Centre
from tests.factories import AgencyFactory, FactFactory, GuideFactory, ProgrammeFactory, UserFactory, function, stage
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    client.force_login(UserFactory(role=Role.EDITOR))
    return client


def errors_of(thing) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as error:
        thing.full_clean()
    return error.value.message_dict


def flat(error) -> str:
    """Every message inside a StreamField's error."""
    return " ".join(str(part) for part in _walk(error.as_json_data()))


def _walk(part):
    if isinstance(part, dict):
        for inner in part.values():
            yield from _walk(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _walk(inner)
    else:
        yield part


def test_guide_code_that_is_taken_is_refused_in_thai():
    GuideFactory(code="3102")
    page = GuideFactory()
    page.code = "3102"
    assert errors_of(page)["code"] == ["มีคู่มืออื่นใช้รหัสหน้านี้แล้ว"]


@pytest.mark.parametrize("code", ["31", "abcd", "๓๑๐๒"])
def test_guide_code_is_four_digits(code):
    page = GuideFactory()
    page.code = code
    assert errors_of(page)["code"] == ["รหัสหน้าต้องเป็นตัวเลข 4 หลัก"]


@pytest.mark.parametrize("next_review", [dt.date(2026, 11, 3), dt.date(2026, 1, 1)])
def test_guide_next_review_comes_after_the_review(next_review):
    page = GuideFactory(reviewed_on=dt.date(2026, 11, 3))
    page.next_review = next_review
    assert errors_of(page)["next_review"] == ["วันตรวจทานครั้งหน้าต้องอยู่หลังวันที่ตรวจทาน"]


def test_guide_that_quotes_an_unknown_fact_is_refused():
    page = GuideFactory()
    page.short_answer = "จ่าย {fact:nope}"
    assert errors_of(page)["short_answer"] == ["ไม่มีข้อเท็จจริงรหัส nope"]


def clean_body(*blocks):
    body = GuideBody()
    return body.clean(body.to_python([{"type": kind, "value": value} for kind, value in blocks]))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "<p>จ่าย {fact:nope}</p>"),
        ("steps", [{"title": "จ่าย {fact:nope}", "text": ""}]),
        ("table", {"caption": "ก", "head": "ก | ข", "rows": "1 | {fact:nope}"}),
    ],
)
def test_block_that_quotes_an_unknown_fact_is_refused(kind, value):
    with pytest.raises(StreamBlockValidationError) as error:
        clean_body((kind, value))
    assert "ไม่มีข้อเท็จจริงรหัส nope" in flat(error.value)


@pytest.mark.parametrize("rows", ["1 | 2 | 3", "1", "1 | 2\n3"])
def test_table_with_uneven_rows_is_refused(rows):
    with pytest.raises(StreamBlockValidationError) as error:
        clean_body(("table", {"caption": "ก", "head": "ก | ข", "rows": rows}))
    assert "ทุกแถวต้องมีจำนวนช่องเท่าหัวตาราง" in flat(error.value)


def test_table_with_even_rows_is_taken():
    assert clean_body(("table", {"caption": "ก", "head": "ก | ข", "rows": "1 | 2\n\n3 | 4"}))


def test_clause_of_a_code_that_does_not_exist_is_refused():
    block = Eligibility(required=False)
    with pytest.raises(StreamBlockValidationError):
        block.clean(block.to_python([{"type": "size", "value": {"wanted": ["huge"], "source": "ก"}}]))
    with pytest.raises(StreamBlockValidationError):
        block.clean(block.to_python([{"type": "size", "value": {"wanted": [], "source": "ก"}}]))
    with pytest.raises(StreamBlockValidationError):
        block.clean(block.to_python([{"type": "size", "value": {"wanted": ["micro"], "source": ""}}]))


def test_programme_closes_after_it_opens():
    programme = ProgrammeFactory()
    programme.opens_on, programme.closes_on = dt.date(2026, 12, 1), dt.date(2026, 11, 30)
    assert errors_of(programme)["closes_on"] == ["วันปิดรับอยู่ก่อนวันเปิดรับ"]


def test_guide_counts_its_words_when_it_is_saved():
    page = GuideFactory(short_answer="จดทะเบียน", body=[("text", "<p>ที่เทศบาล {fact:long-code-of-a-fact}</p>")])
    assert GuidePage.objects.get(pk=page.pk).words == 4
    assert page.reading_minutes == 1


@pytest.mark.parametrize("name", ["programme", "fact", "agency"])
def test_lists_open_for_editors_and_can_be_exported(editor, name):
    ProgrammeFactory(name="โครงการหนึ่ง")
    FactFactory(topic="ค่าธรรมเนียมหนึ่ง")
    address = reverse(f"wagtailsnippets_kb_{name}:list")
    assert editor.get(address).status_code == 200
    response = editor.get(address, {"export": "xlsx"})
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert b"".join(response.streaming_content)[:2] == b"PK"


def test_list_of_facts_can_be_filtered(editor):
    FactFactory(topic="ยืนยันแล้ว")
    FactFactory(topic="ยังเชื่ออยู่", confidence=Fact.Confidence.BELIEVED)
    html = editor.get(reverse("wagtailsnippets_kb_fact:list"), {"confidence": "believed"}).content.decode()
    assert "ยังเชื่ออยู่" in html
    assert "ยืนยันแล้ว (" not in html


def test_list_of_guides_shows_code_stage_and_next_review(editor):
    GuideFactory(code="3102", stages=["start", "run"])
    GuideFactory(code="4104", stages=["exit"])
    html = editor.get(reverse("guides:index")).content.decode()
    assert "3102" in html
    assert "เริ่มต้นกิจการ, ดำเนินกิจการ" in html
    only = editor.get(reverse("guides:index"), {"code": "4104"}).content.decode()
    assert "4104" in only
    assert "3102" not in only


def test_lists_are_closed_to_entrepreneurs(client):
    client.force_login(UserFactory(role=Role.ENTREPRENEUR))
    assert client.get(reverse("wagtailsnippets_kb_fact:list")).status_code == 403


QUOTE = "อ้างตัวเลขที่เปลี่ยนได้ด้วย {fact:รหัส} รหัสดูได้ที่เมนู โครงการและข้อเท็จจริง → ข้อเท็จจริง"
IN_BOXES = "วัน/เดือน/ปี พ.ศ. เช่น 31/12/2569"


def open_page(client, address, **query):
    response = client.get(address, query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def cells(page) -> list[list[str]]:
    """The words of every row of a list, a cell each; the icons by their titles."""
    rows = page.select("table.listing tbody tr")
    return [[" ".join(cell.get_text().split()) for cell in row.find_all("td", recursive=False)] for row in rows]


def new_guide(**changes) -> dict:
    data = nested_form_data(
        {
            "title": "คู่มือใหม่", "slug": "new-guide", "code": "7001", "short_answer": "ต้องจด", "summary": "สรุป", "keywords": "",
            "body": streamfield([("text", rich_text("<p>เนื้อหา</p>"))]),
            "related_guides": inline_formset([]),
            "reviewed_on": "23/11/2569", "reviewed_by": "ทีม", "next_review": "๒๓ พ.ค. ๗๐",
            "change_notes": inline_formset([{"date": "31 ธันวาคม 2569", "significance": "major", "note": "เริ่มใช้"}]),
            "comments": inline_formset([]), **changes,
        }
    )  # fmt: skip
    return data | {"stages": [stage().pk], "functions": [function().pk]}


def add_guide_address() -> str:
    return reverse("wagtailadmin_pages:add", args=["kb", "guidepage", GuideIndexPage.objects.get().pk])


def test_guide_is_written_with_buddhist_dates_and_kept_in_the_common_era(editor):
    response = editor.post(add_guide_address(), new_guide())
    guide = GuidePage.objects.get(code="7001")
    address = reverse("wagtailadmin_pages:edit", args=[guide.pk])
    assert (response.status_code, response["Location"]) == (302, address)
    draft = guide.get_latest_revision_as_object()
    assert (draft.reviewed_on, draft.next_review) == (dt.date(2026, 11, 23), dt.date(2027, 5, 23))
    assert [note.date for note in draft.change_notes.all()] == [dt.date(2026, 12, 31)]
    page = open_page(editor, address)
    boxes = [page.find(id=f"id_{name}") for name in ("reviewed_on", "next_review", "change_notes-0-date")]
    assert [(box["value"], box.get("type"), box.get("data-controller")) for box in boxes] == [
        ("23/11/2569", "text", None),
        ("23/05/2570", "text", None),
        ("31/12/2569", "text", None),
    ]
    assert IN_BOXES in page.get_text()


def test_guide_is_refused_a_date_that_does_not_exist(editor):
    response = editor.post(add_guide_address(), new_guide(reviewed_on="30/2/2569", next_review="31/12/2596"))
    assert (response.status_code, GuidePage.objects.count()) == (200, 0)
    assert {name: list(messages) for name, messages in response.context["form"].errors.items()} == {
        "reviewed_on": ["อ่านวันที่นี้ไม่ได้ หรือไม่มีวันนี้ในปฏิทิน เขียนแบบ 31/12/2569 หรือ 31 ธันวาคม 2569"],
        "next_review": ["ปีนี้ห่างจากวันนี้เกิน 20 ปี ตรวจดูว่าพิมพ์ปีถูกหรือไม่"],
    }
    assert BeautifulSoup(response.content, "html.parser").find(id="id_reviewed_on")["value"] == "30/2/2569"


@pytest.mark.parametrize("typed", ["31/12/2569", "2569-12-31", "2026-12-31", "31/12/2026", "๓๑ ธ.ค. ๖๙"])
def test_programme_closes_on_the_day_that_was_typed(editor, typed):
    data = {
        "name": "โครงการใหม่", "name_en": "", "code": "new", "agency": AgencyFactory().pk, "support": "grant", "summary": "สรุป", "offers": "ก",
        "who": "ก", "how_to_apply": "ก", "eligibility": streamfield([]), "status": "open", "opens_on": "", "closes_on": typed, "fiscal_year": "",
        "source_name": "แหล่ง", "source_url": "", "checked_on": "1/11/2569",
    }  # fmt: skip
    response = editor.post(reverse("wagtailsnippets_kb_programme:add"), nested_form_data(data))
    assert response.status_code == 302
    programme = Programme.objects.get(code="new").get_latest_revision_as_object()
    assert (programme.opens_on, programme.closes_on, programme.checked_on) == (None, dt.date(2026, 12, 31), dt.date(2026, 11, 1))


@pytest.mark.parametrize(("language", "shown"), [("th", "31/12/2569"), ("en", "31/12/2026")])
def test_date_is_shown_in_the_era_of_the_editors_language(editor, language, shown):
    profile = UserProfile.get_for_user(User.objects.get())
    profile.preferred_language = language
    profile.save()
    fact = FactFactory(valid_until=dt.date(2026, 12, 31))
    page = open_page(editor, reverse("wagtailsnippets_kb_fact:edit", args=[fact.pk]))
    assert page.find(id="id_valid_until")["value"] == shown


def test_list_of_guides_shows_the_day_of_the_next_review(editor):
    GuideFactory(code="3102", next_review=dt.date(2027, 5, 3))
    assert [row[-1] for row in cells(open_page(editor, reverse("guides:index")))] == ["3 พฤษภาคม 2570"]


def test_list_of_programmes_shows_buddhist_days(editor):
    ProgrammeFactory(closes_on=dt.date(2026, 12, 31), checked_on=dt.date(2026, 11, 1))
    ProgrammeFactory(closes_on=None, checked_on=dt.date(2026, 11, 2))
    rows = cells(open_page(editor, reverse("wagtailsnippets_kb_programme:list"), ordering="checked_on"))
    assert [row[5:7] for row in rows] == [["31 ธันวาคม 2569", "1 พฤศจิกายน 2569"], ["", "2 พฤศจิกายน 2569"]]


def test_list_of_facts_shows_the_reference_and_buddhist_days(editor):
    FactFactory(code="commerce-fee", seen_on="2568-04-29", valid_until=dt.date(2026, 12, 31))
    rows = cells(open_page(editor, reverse("wagtailsnippets_kb_fact:list")))
    assert [row[2:6] for row in rows] == [["{fact:commerce-fee}", "50 บาท", "29 เมษายน 2568", "31 ธันวาคม 2569"]]


def test_form_of_a_guide_tells_how_to_quote_a_fact(editor):
    page = open_page(editor, add_guide_address())
    assert page.get_text().count(QUOTE) == 2
    page = open_page(editor, reverse("wagtailsnippets_kb_programme:add"))
    assert page.get_text().count(QUOTE) == 3


@pytest.mark.parametrize(("taken", "free"), [([], "1001"), (["3102", "4104"], "4105"), (["1001", "9999"], "1002")])
def test_new_guide_comes_with_a_free_code(editor, taken, free):
    for code in taken:
        GuideFactory(code=code)
    page = open_page(editor, add_guide_address())
    assert page.find(id="id_code")["value"] == free
    assert "ตัวเลข 4 หลัก ไม่ซ้ำ บอกกันทางโทรศัพท์ได้" in page.get_text()


def test_guide_keeps_its_code_in_the_form(editor):
    page = open_page(editor, reverse("wagtailadmin_pages:edit", args=[GuideFactory(code="3102").pk]))
    assert page.find(id="id_code")["value"] == "3102"


def test_places_of_a_guide_are_ticked(editor):
    guide = GuideFactory(stages=["start", "run"], functions=["tax"], sectors=["retail"])
    page = open_page(editor, reverse("wagtailadmin_pages:edit", args=[guide.pk]))
    ticked = {name: len(page.select(f"input[type=checkbox][name={name}][checked]")) for name in ("stages", "functions", "sectors")}
    assert ticked == {"stages": 2, "functions": 1, "sectors": 1}


def test_window_of_the_admin_bears_our_name(editor):
    titles = [open_page(editor, address).title.get_text() for address in (reverse("wagtailadmin_home"), reverse("guides:index"))]
    assert [" ".join(title.split()).rsplit(" - ", 1)[1] for title in titles] == ["คลังความรู้ SME", "คลังความรู้ SME"]


def test_list_of_centres_says_who_accepts_cases_in_thai(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    client.force_login(UserFactory(role=Role.ADMINISTRATOR))
    Centre.objects.filter(pk=Centre.objects.first().pk).update(accepts_cases=False)
    column = {row[3] for row in cells(open_page(client, reverse("wagtailsnippets_oss_centre:list")))}
    assert column == {"ใช่", "ไม่ใช่"}
