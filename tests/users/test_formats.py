"""How people write sums, dates and telephone numbers, and how we write them."""

import contextlib
import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from users.dates import WrittenDateField
from users.formats import (
    format_baht,
    format_date,
    format_numeric_date,
    format_phone,
    parse_baht,
    parse_date,
    parse_phone,
    parse_written_date,
    to_arabic_digits,
    to_common_era,
)


@pytest.mark.parametrize(
    ("typed", "baht"),
    [
        ("0", "0"), ("900000", "900000"), ("1,200,000", "1200000"), ("1 200 000", "1200000"), ("๑,๒๐๐,๐๐๐ บาท", "1200000"),
        ("1.2 ล้าน", "1200000"), ("๑.๒ ล้านบาทต่อปี", "1200000"), ("1 ล้าน 2 แสน", "1200000"), ("5แสน", "500000"),
        ("3 หมื่น 5 พัน", "35000"), ("ปีละ 9 แสน", "900000"), ("ประมาณ 2 ล้านกว่า", "2000000"), ("1.2 million baht", "1200000"), ("800k", "800000"),
    ],
)  # fmt: skip
def test_sum_is_understood(typed, baht):
    assert parse_baht(typed) == Decimal(baht)


@pytest.mark.parametrize(
    "typed", ["", " ", "ล้าน", "1-2 ล้าน", "-5", "5 6", "1.2.3", "1 แสน 2 ล้าน", "ไม่รู้", "9" * 13, "1e9", "NaN", "1" * 5000, "½ ล้าน"]
)
def test_what_is_no_single_sum_is_refused(typed):
    with pytest.raises(ValueError):  # noqa: PT011 - the message repeats what was typed
        parse_baht(typed)


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_written_sum_is_read_back(baht):
    assert parse_baht(f"{baht:,}") == baht


@given(st.text(max_size=60))
def test_any_text_is_a_sum_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert 0 <= parse_baht(text) < 10**12


@pytest.mark.parametrize(
    ("parts", "day"),
    [
        (("1", "5", "2567"), dt.date(2024, 5, 1)),
        (("๒๙", "2", "๒๕๖๗"), dt.date(2024, 2, 29)),
        (("", "5", "2024"), dt.date(2024, 5, 1)),
        ((" 9 ", "12", "2569"), dt.date(2026, 12, 9)),
    ],
)
def test_date_in_three_boxes(parts, day):
    assert parse_date(*parts) == day


@pytest.mark.parametrize(
    "parts",
    [("30", "2", "2567"), ("1", "", "2567"), ("1", "5", ""), ("1", "13", "2567"), ("x", "5", "2567"), ("1", "5", "2300"), ("1", "5", "67")],
)
def test_date_that_does_not_exist_is_refused(parts):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_date(*parts)


@pytest.mark.parametrize(
    "typed",
    [
        "31/12/2569", "31/12/2026", " ๓๑/๑๒/๒๕๖๙ ", "31-12-2569", "31.12.2569", "2026-12-31", "2569-12-31", "31 ธันวาคม 2569", "31ธันวาคม2569",
        "31 ธ.ค. 69", "31 ธ.ค. 2569", "31 ธ.ค.2569", "31 ธค 69", "31 ธันวาคม พ.ศ. 2569", "๓๑ ธันวาคม พ.ศ.๒๕๖๙", "31 December 2026", "31 dec 2026",
    ],
)  # fmt: skip
def test_date_in_one_box(typed):
    assert parse_written_date(typed) == dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    "typed",
    ["", "พรุ่งนี้", "31/12", "31/12/69", "30/2/2569", "29/2/2569", "31/13/2569", "0/1/2569", "1/5/2300", "31 ธ 2569", "31 dec 26",
     "2569/12/31", "31/12-2569", "31/12/2569 แล้ว", "1" * 5000],
)  # fmt: skip
def test_what_is_no_date_is_refused(typed):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_written_date(typed)


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2199, 12, 31)), st.sampled_from(["th", "en"]))
def test_written_date_is_read_back(day, language):
    with translation.override(language):
        assert [parse_written_date(format_numeric_date(day)), parse_written_date(format_date(day))] == [day, day]


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert 1900 <= parse_written_date(text).year <= 2200


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("30/2/2569", "อ่านวันที่นี้ไม่ได้ หรือไม่มีวันนี้ในปฏิทิน เขียนแบบ 31/12/2569 หรือ 31 ธันวาคม 2569"),
        ("1/1/2590", "ปีนี้ห่างจากวันนี้เกิน 20 ปี ตรวจดูว่าพิมพ์ปีถูกหรือไม่"),
        ("31/12/2548", "ปีนี้ห่างจากวันนี้เกิน 20 ปี ตรวจดูว่าพิมพ์ปีถูกหรือไม่"),
    ],
)
@translation.override("th")
def test_date_field_gives_the_reason(typed, reason):
    with time_machine.travel(dt.datetime(2026, 11, 23, 3, tzinfo=dt.UTC), tick=False), pytest.raises(ValidationError) as error:
        WrittenDateField().clean(typed)
    assert error.value.messages == [reason]


@pytest.mark.parametrize(("typed", "day"), [("31/12/2589", dt.date(2046, 12, 31)), ("1/1/2549", dt.date(2006, 1, 1)), ("", None)])
def test_date_field_reads_twenty_years_either_way(typed, day):
    with time_machine.travel(dt.datetime(2026, 11, 23, 3, tzinfo=dt.UTC), tick=False):
        assert WrittenDateField(required=False).clean(typed) == day


def test_date_field_has_not_changed_when_the_same_day_is_written_otherwise():
    assert not WrittenDateField().has_changed(dt.date(2026, 12, 31), "31 ธ.ค. 69")


@pytest.mark.parametrize(("year", "common"), [(2569, 2026), (2026, 2026), (2443, 1900), (1900, 1900)])
def test_year_of_either_era(year, common):
    assert to_common_era(year) == common


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2199, 12, 31)))
def test_thai_date_shows_the_buddhist_year(day):
    assert format_date(day, language="th").endswith(str(day.year + 543))
    assert format_date(day, language="en").endswith(str(day.year))


@translation.override("th")
def test_dates_and_sums_follow_the_language():
    day = dt.datetime(2026, 11, 22, 18, 30, tzinfo=dt.UTC)  # already the 23rd in Bangkok
    assert (format_date(day), format_date(day, style="short"), format_date(day, style="month")) == (
        "23 พฤศจิกายน 2569",
        "23 พ.ย. 69",
        "พ.ย. 2569",
    )
    assert (format_baht(1_800_000), format_baht(Decimal("250000.50"))) == ("1.8 ล้านบาท", "250,000.5 บาท")
    with translation.override("en"):
        assert (format_date(day), format_baht(1_800_000)) == ("23 November 2026", "1.8 million baht")


@pytest.mark.parametrize(
    "typed", ["081 234 5678", "๐๘๑-๒๓๔-๕๖๗๘", "+66 81 234 5678", "+66 (0)81 234 5678", "0066812345678", "081.234.5678"]
)
def test_phone_is_understood(typed):
    assert parse_phone(typed) == "+66812345678"


@pytest.mark.parametrize("typed", ["", "081 234 56", "999", "+1 212 555 0100", "โทรมา", "0" * 10_000])
def test_what_is_no_thai_phone_is_refused(typed):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_phone(typed)


def test_phone_is_written_as_it_is_read_aloud():
    assert format_phone("+66812345678") == "081 234 5678"
    assert format_phone("สายด่วน") == "สายด่วน"


def test_only_digits_change():
    assert to_arabic_digits("ร้าน ๑๒๓ ก1２") == "ร้าน 123 ก12"
