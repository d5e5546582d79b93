"""What the person keeps: the number, the centre, what happens next; nobody else's data."""

import pytest
from django.test import Client

from oss.models import CaseEvent, Centre
from tests.factories import CaseFactory, GuideFactory, ProgrammeFactory, UserFactory, province

pytestmark = pytest.mark.django_db


def page(response) -> str:
    return response.content.decode()


@pytest.fixture
def case():
    Centre.objects.filter(province="TH-50").update(address="ถนนสมมติ", phone="053 000 000", hours="จันทร์ถึงศุกร์ 8.30 ถึง 16.30 น.")
    return CaseFactory(
        reference="CNX-69-000123", guide=GuideFactory(), programme=ProgrammeFactory(), query="ภาษีร้านค้า", staff=3, contact_name="สมมติ ตัวอย่าง"
    )


def test_receipt_says_number_centre_and_what_was_sent(client, case):
    text = page(client.get(case.get_absolute_url()))
    told = [
        "CNX-69-000123",
        "ถนนสมมติ",
        'href="tel:+6653000000"',
        "8.30 ถึง 16.30",
        case.question,
        case.guide.title,
        case.programme.name,
        "ภาษีร้านค้า",
        "3 คน",
    ]
    assert [words for words in told if words not in text] == []
    assert "ถึงศูนย์แล้ว รอที่ปรึกษารับเรื่อง" in text
    assert "google.com/maps/search/?api=1&amp;query=" in text


def test_receipt_masks_who_asked(client, case):
    text = page(client.get(case.get_absolute_url()))
    assert ("xxx xxx 5678" in text, "81 234" in text, "812345678" in text, "สมมติ xxx" in text, "สมมติ ตัวอย่าง" in text) == (
        True,
        False,
        False,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("changes", "shown", "hidden"),
    [
        ({"channel": "email", "phone": "", "email": "somchai@example.com"}, "sxxx@example.com", "somchai@"),
        ({"channel": "line", "phone": "", "line_id": "krua-maeboon"}, "krxxx", "krua-maeboon"),
    ],
)
def test_receipt_masks_every_channel(client, changes, shown, hidden):
    text = page(client.get(CaseFactory(**changes).get_absolute_url()))
    assert (shown in text, hidden in text) == (True, False)


def test_receipt_is_private(client, case):
    response = client.get(case.get_absolute_url())
    assert all(part in response["Cache-Control"] for part in ("private", "no-store"))
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in page(response)


def test_token_is_long_enough_not_to_be_guessed(case):
    assert len(case.token) * 6 >= 128


@pytest.mark.parametrize("token", ["x", "0", "-1", "CNX-69-000123", "A" * 32, "a" * 5000, "%00", "..", "1"])
@pytest.mark.parametrize("end", ["", "copy/"])
def test_unknown_token_finds_nothing(client, case, token, end):
    assert client.get(f"/ask/received/{token}/{end}").status_code == 404


def test_receipt_says_why_another_centre_looks_after_the_case(client):
    chiang_mai = Centre.objects.get(province="TH-50")
    case = CaseFactory(centre=chiang_mai, province=province("TH-51"))
    assert "ศูนย์จังหวัดลำพูนยังไม่รับเรื่องในตอนนี้ ศูนย์เชียงใหม่ จึงดูแลแทน" in page(client.get(case.get_absolute_url()))


def test_receipt_says_when_no_centre_takes_cases(client):
    bangkok = Centre.objects.get(province="TH-10")
    case = CaseFactory(centre=bangkok)
    CaseEvent.objects.create(case=case, kind="routed", centre=bangkok, reason="nobody")
    assert "ตอนนี้ยังไม่มีศูนย์ไหนรับเรื่องได้" in page(client.get(case.get_absolute_url()))


@pytest.mark.parametrize(
    ("state", "words"),
    [("taken", "มีที่ปรึกษารับเรื่องแล้ว กำลังดูเรื่องของคุณ"), ("answered", "ศูนย์ตอบคุณแล้ว"), ("closed", "ปิดเรื่องแล้ว")],
)
def test_receipt_says_the_state_in_plain_words(client, state, words):
    assert words in page(client.get(CaseFactory(state=state).get_absolute_url()))


def test_receipt_never_shows_the_advisors_notes(client):
    case = CaseFactory()
    CaseEvent.objects.create(case=case, kind="answered", text="บันทึกภายในของศูนย์", actor=UserFactory())
    assert "บันทึกภายในของศูนย์" not in page(client.get(case.get_absolute_url()))


def test_centre_without_data_says_so(client):
    Centre.objects.filter(province="TH-50").update(address="", phone="", hours="")
    text = page(client.get(CaseFactory().get_absolute_url()))
    assert all(words in text for words in ("ยังไม่มีข้อมูลที่อยู่ของศูนย์นี้", "ยังไม่มีข้อมูลเวลาทำการ", "ยังไม่มีข้อมูลเบอร์โทร"))
    assert "google.com/maps" not in text


def test_copy_is_a_text_file_without_markup(client, case):
    response = client.get(f"/ask/received/{case.token}/copy/")
    text = page(response)
    assert response["Content-Disposition"] == 'attachment; filename="CNX-69-000123.txt"'
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert (text[0], f"http://testserver/ask/received/{case.token}/" in text, case.question in text, "xxx xxx 5678" in text) == (
        "\ufeff",
        True,
        True,
        True,
    )


def test_receipt_shows_strange_words_inert(client):
    assert "<script>alert" not in page(
        client.get(CaseFactory(question="<script>alert(1)</script>", business_name="<script>alert(2)</script>").get_absolute_url())
    )


def test_receipt_takes_no_post():
    case = CaseFactory()
    assert Client().post(case.get_absolute_url()).status_code == 405


def test_receipt_asks_few_queries(client, case, django_assert_num_queries):
    client.get(case.get_absolute_url())
    with django_assert_num_queries(3):  # the case, its events, the address of the guide's page
        client.get(case.get_absolute_url())
