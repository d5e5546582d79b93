"""Whatever a person types is understood, or asked about again in words."""

from decimal import Decimal

import pytest

from oss.forms import AskForm, NoteForm
from oss.models import QUESTION_MAX

pytestmark = pytest.mark.django_db
TYPED = {
    "topic": "tax",
    "question": "ขายออนไลน์ต้องเสียภาษีไหม",
    "province": "TH-50",
    "contact_name": "สมมติ ตัวอย่าง",
    "channel": "phone",
    "phone": "081 234 5678",
    "consent": "on",
}


def read(**changes) -> AskForm:
    form = AskForm(TYPED | changes)
    form.is_valid()
    return form


def test_complete_form_becomes_an_inquiry():
    form = read(stage="run", sector="retail", staff="๓ คน", yearly_revenue="1.2 ล้าน", legal_form="person", business_name=" ร้าน  สมมติ ")
    assert form.errors == {}
    inquiry = form.inquiry(query="ภาษี")
    assert (inquiry.topic.code, inquiry.province.pk, inquiry.stage.code, inquiry.sector.code) == ("tax", "TH-50", "run", "retail")
    assert (inquiry.staff, inquiry.yearly_revenue, inquiry.legal_form, inquiry.query) == (3, Decimal("1200000.00"), "person", "ภาษี")
    assert (inquiry.phone, inquiry.email, inquiry.line_id) == ("+66812345678", "", "")


def test_only_question_province_name_contact_and_consent_are_needed():
    form = AskForm({})
    assert dict(form.errors) == {
        "question": ["ยังไม่ได้เล่าเรื่องที่อยากถาม"],
        "province": ["ยังไม่ได้เลือกจังหวัดของร้าน"],
        "contact_name": ["ยังไม่ได้ใส่ชื่อ"],
        "channel": ["ยังไม่ได้เลือกทางติดต่อกลับ"],
        "consent": ["ต้องติ๊กยินยอมก่อน เราจึงส่งเรื่องให้ศูนย์ได้"],
    }


@pytest.mark.parametrize(
    "typed",
    [
        "0812345678",
        "081-234-5678",
        "081 234 5678",
        "๐๘๑ ๒๓๔ ๕๖๗๘",
        "๐๘๑-๒๓๔-๕๖๗๘",
        "+66812345678",
        "+66 81 234 5678",
        "+66 081 234 5678",
        "0066812345678",
        "(081) 234-5678",
        "081\u200b2345678",
        "０８１２３４５６７８",
        " 081.234.5678 ",
    ],
)
def test_phone_is_understood_however_it_is_written(typed):
    assert read(phone=typed).cleaned_data["phone"] == "+66812345678"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "ยังไม่ได้ใส่เบอร์โทร"),
        ("   ", "ยังไม่ได้ใส่เบอร์โทร"),
        ("081 234 56", "เบอร์โทรยังไม่ครบ ต้องมี 9 หรือ 10 ตัว"),
        ("โทรหาแม่", "เบอร์โทรยังไม่ครบ ต้องมี 9 หรือ 10 ตัว"),
        ("0812345678, 0898765432", "เบอร์โทรยาวเกินไป ใส่เบอร์เดียว ถ้ามีเบอร์ต่อ เขียนไว้ในเรื่องที่เล่า"),
        ("0012345678", "ไม่มีเบอร์แบบนี้ในไทย ลองดูอีกครั้ง"),
    ],
)
def test_phone_that_cannot_be_dialled_is_asked_again(typed, said):
    form = read(phone=typed)
    assert (form.errors, form["phone"].value()) == ({"phone": [said]}, typed)


def test_only_the_chosen_channel_is_checked_and_kept():
    form = read(channel="email", phone="broken", email=" Som.Chai @example.com ", line_id="x" * 500)
    assert form.errors == {}
    assert [form.cleaned_data[name] for name in ("phone", "email", "line_id")] == ["", "Som.Chai@example.com", ""]


@pytest.mark.parametrize(
    ("channel", "field", "said"),
    [
        ("email", "email", "ยังไม่ได้ใส่อีเมล"),
        ("line", "line_id", "ยังไม่ได้ใส่ LINE ID"),
    ],
)
def test_chosen_channel_needs_its_field(channel, field, said):
    assert read(channel=channel, phone="").errors == {field: [said]}


def test_broken_email_is_asked_again():
    assert read(channel="email", email="somchai@").errors == {"email": ["อีเมลไม่ครบ ต้องมี @ และชื่อเว็บ เช่น somchai@example.com"]}


@pytest.mark.parametrize(("typed", "number"), [("", None), ("0", 0), ("๑๒", 12), ("3 คน", 3), ("ประมาณ 1,200 คน", 1200)])
def test_staff_is_understood(typed, number):
    assert read(staff=typed).cleaned_data["staff"] == number


@pytest.mark.parametrize("typed", ["-1", "สามคน", "3-5", "9" * 40, "1.5"])
def test_staff_that_is_no_number_is_asked_again(typed):
    assert read(staff=typed).errors == {"staff": ["ใส่จำนวนคนเป็นตัวเลข เช่น 3"]}


@pytest.mark.parametrize("typed", ["-5", "1-2 ล้าน", "เยอะ", "9" * 20])
def test_revenue_that_is_no_sum_is_asked_again(typed):
    assert read(yearly_revenue=typed).errors == {"yearly_revenue": ["อ่านจำนวนเงินนี้ไม่ออก ใส่จำนวนเดียว เช่น 900,000 หรือ 1.2 ล้าน"]}


def test_over_long_question_comes_back_with_the_count():
    form = read(question="ก" * (QUESTION_MAX + 312))
    assert form.errors == {"question": ["ข้อความนี้ยาว 4,312 ตัวอักษร ใส่ได้ 4,000 ตัว กรุณาตัดออก 312 ตัว"]}
    assert form["question"].value() == "ก" * (QUESTION_MAX + 312)


def test_question_of_the_longest_length_is_taken_line_breaks_counted_once():
    form = read(question="\r\n".join(["กข"] * 1333) + "ก")
    assert (form.errors, len(form.cleaned_data["question"])) == ({}, 3999)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ก\x00ข", "กข"),
        ("ก\u202eข\u200b", "กข"),
        ("เเม่ค้า", "แม่ค้า"),
        ("ก" + "\u0301" * 300, "ก\u0301"),
        ("บรรทัดหนึ่ง\r\nบรรทัดสอง", "บรรทัดหนึ่ง\nบรรทัดสอง"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("{{7*7}} {% debug %}", "{{7*7}} {% debug %}"),
        ("😀 น้ำพริก", "😀 น้ำพริก"),
    ],
)
def test_strange_text_is_kept_without_what_cannot_be_seen(typed, kept):
    assert read(question=typed).cleaned_data["question"] == kept


@pytest.mark.parametrize("typed", ["\x00\x01", "\u200b\u200b", " \n "])
def test_question_of_nothing_visible_is_empty(typed):
    assert read(question=typed).errors == {"question": ["ยังไม่ได้เล่าเรื่องที่อยากถาม"]}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("topic", "ตัวเลือกนี้ไม่มีในรายการ กรุณาเลือกใหม่"),
        ("province", "ไม่มีจังหวัดนี้ในรายการ กรุณาเลือกใหม่"),
        ("stage", "ตัวเลือกนี้ไม่มีในรายการ กรุณาเลือกใหม่"),
        ("sector", "ตัวเลือกนี้ไม่มีในรายการ กรุณาเลือกใหม่"),
        ("legal_form", "ตัวเลือกนี้ไม่มีในรายการ กรุณาเลือกใหม่"),
        ("channel", "ตัวเลือกนี้ไม่มีในรายการ กรุณาเลือกใหม่"),
    ],
)
@pytest.mark.parametrize("forged", ["forged", "TH-S", "\x00", "1" * 5000])
def test_forged_choice_is_asked_again(field, said, forged):
    assert read(**{field: forged}).errors[field] == [said]


def test_folded_part_opens_when_something_is_in_it():
    assert [AskForm({}).shows_more, AskForm(initial={"staff": "0"}).shows_more, read(staff="x").shows_more] == [False, True, True]


def test_note_is_needed():
    assert NoteForm({"note": " "}, label="x").errors == {"note": ["ยังไม่ได้เขียนบันทึก"]}
