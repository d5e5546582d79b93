"""Facts in texts: written as a person writes them, marked when old, never executed as HTML."""

import csv
import datetime as dt
import re

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.safestring import mark_safe

from kb import facts
from kb.models import Fact
from tests.factories import FactFactory
from users.formats import to_common_era

ROWS = list(csv.DictReader((settings.BASE_DIR / "kb" / "demo" / "facts.csv").open(encoding="utf-8")))
TODAY = dt.date(2026, 11, 23)


def make_fact(**fields) -> Fact:
    return FactFactory.build(**fields)


def from_row(row: dict) -> Fact:
    until = row["valid_until"] and dt.date(
        *(to_common_era(int(part)) if at == 0 else int(part) for at, part in enumerate(row["valid_until"].split("-")))
    )
    return Fact(
        code=row["id"], topic=row["topic_th"], statement=row["statement_th"], value=row["value"], unit=row["unit"],
        source=row["source"], seen_on=row["seen_on"], valid_until=until or None, confidence=row["confidence"], note=row["note"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("1800000", "บาทต่อปี", "1,800,000 บาทต่อปี"),
        ("1.5", "% ต่อเดือน", "1.5% ต่อเดือน"),
        ("50-80", "%", "50–80%"),
        ("10000-500000", "บาทต่อราย", "10,000–500,000 บาทต่อราย"),
        ("15", "วันที่ของเดือน", "วันที่ 15"),
        ("30", "วัน", "30 วัน"),
        ("02-890-9999", "โทรศัพท์", "02-890-9999"),
        ("1213", "โทรศัพท์", "1213"),
        ("31 มี.ค.", "วันที่", "31 มี.ค."),
        ("เม.ย.", "เดือน", "เม.ย."),
        ("2", "เดือน", "2 เดือน"),
        ("2568-06-30", "วันที่", "30 มิถุนายน 2568"),
        ("2568-02-30", "วันที่", "2568-02-30"),
        ("0.12345", "%", "0.12345%"),
        ("0/15/20", "%", "0/15/20%"),
        ("", "", ""),
        (" 50 ", "บาท", "50 บาท"),
    ],
)
def test_format_value_writes_as_a_person_does(value, unit, shown):
    assert facts.format_value(value, unit) == shown


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_every_fact_of_the_list_is_written_without_a_bare_long_number(row):
    fact = from_row(row)
    for form in ("", ":sentence"):
        shown = re.sub(r"<[^>]+>", "", facts.quote_facts(f"{{fact:{row['id']}{form}}}", {row["id"]: fact}, today=TODAY))
        assert shown
        assert "{" not in shown
        bare = [number for number in re.findall(r"(?<![\d,.])\d{4,}", shown) if not 2400 < int(number) < 2700]
        if row["unit"] != "โทรศัพท์":
            assert bare == []
    assert bool(fact.shown_seen_on) is bool(row["seen_on"])
    assert not re.search(r"\d{4}-\d\d-\d\d", fact.shown_seen_on)


def test_there_are_as_many_facts_as_the_list_says():
    assert len(ROWS) == 152
    assert len({row["id"] for row in ROWS}) == 152


def test_quote_facts_escapes_the_text_and_the_fact():
    fact = make_fact(code="bad", value="<script>", unit="บาท")
    assert facts.quote_facts("<b>{fact:bad}</b>", {"bad": fact}) == '&lt;b&gt;<b class="fact nb">&lt;script&gt; บาท</b>&lt;/b&gt;'


def test_quote_facts_keeps_the_markup_of_safe_text():
    fact = make_fact(code="fee")
    assert facts.quote_facts(mark_safe("<p>ค่าธรรมเนียม {fact:fee}</p>"), {"fee": fact}) == '<p>ค่าธรรมเนียม <b class="fact nb">50 บาท</b></p>'


def test_quote_facts_says_when_a_fact_is_gone():
    assert facts.quote_facts("จ่าย {fact:gone}", {}) == 'จ่าย <span class="fact-missing">(ข้อเท็จจริงนี้ถูกถอนแล้ว)</span>'


def test_quote_facts_dials_a_telephone_number():
    fact = make_fact(code="tcg", value="02-890-9999", unit="โทรศัพท์", statement="โทร 02-890-9999")
    assert facts.quote_facts("{fact:tcg}", {"tcg": fact}) == '<a class="tel nb" href="tel:028909999">02-890-9999</a>'
    assert facts.quote_facts("{fact:tcg:sentence}", {"tcg": fact}) == '<span class="fact-sentence">โทร 02-890-9999</span>'


def test_quote_facts_without_value_gives_the_sentence():
    fact = make_fact(code="where", value="", unit="", statement="ยื่นที่เทศบาล")
    assert facts.quote_facts("{fact:where}", {"where": fact}) == '<span class="fact-sentence">ยื่นที่เทศบาล</span>'


@pytest.mark.parametrize(("moment", "is_marked"), [("2026-09-30 16:59", False), ("2026-09-30 17:01", True)])
def test_quote_facts_marks_an_expired_fact_from_midnight_in_bangkok(moment, is_marked):
    fact = make_fact(code="vat", value="7", unit="%", valid_until=dt.date(2026, 9, 30))
    with time_machine.travel(dt.datetime.fromisoformat(f"{moment}+00:00"), tick=False):
        shown = facts.quote_facts("{fact:vat}", {"vat": fact})
        warning = fact.warning
    plain = '<b class="fact nb">7%</b>'
    marked = '<span class="fact expired"><b class="nb">7%</b> <a class="mark" href="#fact-vat">ข้อมูลถึง 30 กันยายน 2569</a></span>'
    assert shown == (marked if is_marked else plain)
    assert warning == ("ข้อมูลถึง 30 กันยายน 2569" if is_marked else "")


def test_quote_facts_marks_what_is_only_believed():
    fact = make_fact(code="cap", value="15", unit="% ต่อปี", confidence=Fact.Confidence.BELIEVED)
    assert facts.quote_facts("{fact:cap}", {"cap": fact}) == (
        '<span class="fact expired"><b class="nb">15% ต่อปี</b> <a class="mark" href="#fact-cap">ยังไม่ยืนยัน</a></span>'
    )


def test_find_references_gives_each_once_in_the_order_of_reading():
    assert facts.find_references("ก {fact:b-1} {fact:a}", "", None, "{fact:a:sentence} {fact:c} {fact:B} {fact: d}") == ["b-1", "a", "c"]


def test_plain_with_facts_has_no_markup():
    fact = make_fact(code="fee")
    assert facts.plain_with_facts("จ่าย {fact:fee} {fact:fee:sentence}{fact:gone}", {"fee": fact}) == "จ่าย 50 บาท ค่าธรรมเนียมตัวอย่างคือ 50 บาท"


@pytest.mark.django_db
def test_check_fact_references_names_the_missing_ones():
    FactFactory(code="fee")
    facts.check_fact_references("{fact:fee}")
    facts.check_fact_references("ไม่มีตัวเลข")
    with pytest.raises(ValidationError) as error:
        facts.check_fact_references("{fact:fee} {fact:zz} {fact:aa}")
    assert error.value.messages == ["ไม่มีข้อเท็จจริงรหัส aa, zz"]
