"""How a date, a sum and a telephone number are written for a person, and read from one (domain.md §6).

Dates are stored in the common era and shown in the Buddhist era in Thai; what a person types may be either.
"""

import datetime as dt
import re
from decimal import Decimal

import phonenumbers
from django.utils import timezone
from django.utils.translation import get_language

BUDDHIST_OFFSET = 543
THAI_MONTHS = ["มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน", "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม"]
THAI_MONTHS_SHORT = ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."]
ENGLISH_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_TO_ARABIC = str.maketrans("๐๑๒๓๔๕๖๗๘๙０１２３４５６７８９", "01234567890123456789")
_DIGITS_ONLY = re.compile(r"[\s\u200b\u00a0.\-–—()]+")


def to_arabic_digits(text: str) -> str:
    """Thai and full-width digits become 0-9; nothing else changes."""
    return text.translate(_TO_ARABIC)


def format_date(value: dt.date | dt.datetime, *, style: str = "long", language: str | None = None) -> str:
    """`23 พฤศจิกายน 2569` (long), `23 พ.ย. 69` (short), `พ.ย. 2569` (month); the common era in English."""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    if (language or get_language() or "th").startswith("th"):
        year, long, short = value.year + BUDDHIST_OFFSET, THAI_MONTHS, THAI_MONTHS_SHORT
        short_year = f"{year % 100:02d}"
    else:
        year, long, short = value.year, ENGLISH_MONTHS, [m[:3] for m in ENGLISH_MONTHS]
        short_year = str(year)
    if style == "short":
        return f"{value.day} {short[value.month - 1]} {short_year}"
    if style == "month":
        return f"{short[value.month - 1]} {year}"
    return f"{value.day} {long[value.month - 1]} {year}"


def format_numeric_date(value: dt.date) -> str:
    """`31/12/2569`, as it stands in a form; the common era in English."""
    thai = (get_language() or "th").startswith("th")
    return f"{value.day:02d}/{value.month:02d}/{value.year + (BUDDHIST_OFFSET if thai else 0)}"


def to_common_era(year: int) -> int:
    """A year above 2400 is Buddhist. Raises ValueError outside 1900–2200 of the common era."""
    if year > 2400:
        year -= BUDDHIST_OFFSET
    if not 1900 <= year <= 2200:
        raise ValueError(f"{year} is not a year")
    return year


def format_baht(amount: Decimal | int) -> str:
    """`1.8 ล้านบาท` from a million up, else `250,000 บาท`; `million baht` in English."""
    thai = (get_language() or "th").startswith("th")
    amount = Decimal(amount)
    if abs(amount) >= 1_000_000:
        millions = (amount / 1_000_000).quantize(Decimal("0.01")).normalize()
        return f"{millions:,f} {'ล้านบาท' if thai else 'million baht'}"
    whole = amount.quantize(Decimal("0.01")).normalize()
    return f"{whole:,f} {'บาท' if thai else 'baht'}"


_MULTIPLES = {
    "ล้าน": 1_000_000, "แสน": 100_000, "หมื่น": 10_000, "พัน": 1_000, "ร้อย": 100,
    "million": 1_000_000, "m": 1_000_000, "thousand": 1_000, "k": 1_000,
}  # fmt: skip
_NOT_THE_SUM = re.compile(r"บาท|baht|thb|฿|ต่อปี|ปีละ|a year|per year|ประมาณ|ราวๆ?|กว่าๆ?|,", re.IGNORECASE)
_PART_OF_SUM = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(_MULTIPLES)})?", re.IGNORECASE)


def parse_baht(text: str) -> Decimal:
    """A sum of baht from whatever was typed: `1,200,000`, `๑.๒ ล้านบาท`, `1 ล้าน 2 แสน`, `1.2 million`.

    Raises ValueError when it is no single sum (a range, a negative, a word) or has more digits than a sum may have.
    """
    cleaned = _NOT_THE_SUM.sub("", to_arabic_digits(text)).strip()
    cleaned = re.sub(r"(?<=\d)[ \u00a0](?=\d{3}(?!\d))", "", cleaned)  # 1 200 000
    total, last_multiple, end = Decimal(0), None, 0
    for match in _PART_OF_SUM.finditer(cleaned):
        multiple = _MULTIPLES[match[2].lower()] if match[2] else 1
        if cleaned[end : match.start()].strip() or (last_multiple is not None and not 1 < multiple < last_multiple):
            raise ValueError(f"{text!r} is not one sum of baht")  # `1-2 ล้าน`, `5 6`
        total, last_multiple, end = total + Decimal(match[1]) * multiple, multiple, match.end()
    if last_multiple is None or cleaned[end:].strip():
        raise ValueError(f"{text!r} is not a sum of baht")
    if total >= 10**12:
        raise ValueError(f"{text!r} is too large")
    return total.quantize(Decimal("0.01"))


def parse_date(day: str, month: str, year: str) -> dt.date:
    """A date from three boxes, the year Buddhist or common, Thai digits allowed; without a day it is the first.

    Raises ValueError when month or year is missing or there is no such day.
    """
    numbers = [to_arabic_digits(part).strip() for part in (day, month, year)]
    if not all(number.isascii() and number.isdigit() for number in numbers[1:]):
        raise ValueError("month and year are needed")
    return dt.date(to_common_era(int(numbers[2])), int(numbers[1]), int(numbers[0]) if numbers[0] else 1)


def _name_of_month(written: str) -> str:
    return re.sub(r"[.\s]", "", written).casefold()


_MONTHS = {
    _name_of_month(name): number
    for names in (THAI_MONTHS, THAI_MONTHS_SHORT, ENGLISH_MONTHS, [month[:3] for month in ENGLISH_MONTHS])
    for number, name in enumerate(names, start=1)
}
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})\s*([/.-])\s*(?P<month>\d{1,2})\s*\2\s*(?P<year>\d{4})")
_WITH_NAME = re.compile(r"(?P<day>\d{1,2})\s*(?P<name>[^\d\s][^\d]*?)\s*(?:พ\.?\s?ศ\.?\s*)?(?P<year>\d{4}|\d\d)")


def parse_written_date(text: str) -> dt.date:
    """A date from one box: `31/12/2569`, `31 ธันวาคม 2569`, `31 ธ.ค. 69`, `2026-12-31`, `๓๑/๑๒/๒๕๖๙`.

    A year of two digits is Buddhist and stands only after a Thai month. Raises ValueError when it is no such date.
    """
    cleaned = to_arabic_digits(text).strip()
    match = _YEAR_FIRST.fullmatch(cleaned) or _DAY_FIRST.fullmatch(cleaned) or _WITH_NAME.fullmatch(cleaned)
    if match is None:
        raise ValueError(f"{text!r} is not a date")
    parts = match.groupdict()
    month, year = parts.get("month"), parts["year"]
    if month is None:
        name = _name_of_month(parts["name"])
        if name not in _MONTHS:
            raise ValueError(f"{text!r} names no month")
        month = str(_MONTHS[name])
        if len(year) == 2 and not name.isascii():
            year = f"25{year}"
    return parse_date(parts["day"], month, year)


def parse_phone(text: str) -> str:
    """A Thai telephone number as E.164, from whatever was typed: Thai digits, spaces, dashes, +66, 0066.

    Raises ValueError when it is no Thai number.
    """
    cleaned = _DIGITS_ONLY.sub("", to_arabic_digits(text))
    if cleaned.startswith("+660"):
        cleaned = "+66" + cleaned[4:]
    elif cleaned.startswith("0066"):
        cleaned = "+66" + cleaned[4:].lstrip("0")
    try:
        number = phonenumbers.parse(cleaned, "TH")
    except phonenumbers.NumberParseException as error:
        raise ValueError(str(error)) from error
    if number.country_code != 66 or not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
        raise ValueError("not a Thai telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_phone(e164: str) -> str:
    """`08 1234 5678` as Thais read it aloud."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164, "TH"), phonenumbers.PhoneNumberFormat.NATIONAL)
    except phonenumbers.NumberParseException:
        return e164
