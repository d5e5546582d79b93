"""What the editors meet: lists, exports, and plain Thai where something is wrong."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.blocks import StreamBlockValidationError

from kb.blocks import Eligibility, GuideBody
from kb.models import Fact, GuidePage
from tests.factories import FactFactory, GuideFactory, ProgrammeFactory, UserFactory
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
    assert client.get(reverse("wagtailsnippets_kb_fact:list")).status_code == 302
