"""What the exchange formats of questions share: one fixed shape for a raw question, and faults with their lines.

A raw question is `{"type": kind, "id": uuid, "value": {…}}` as `blocks.QuestionBody` stores it; decimals are texts.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
OPTION = {"text": "text", "image": "whole", "alt": "text", "is_right": "flag", "why": "text"}
ITEMS = {"options": OPTION, "pairs": {"left": "text", "right": "text"}, "steps": "text", "accepted": "text"}
_BEFORE = {"code": "text", "text": "text", "image": "whole", "alt": "text"}
_AFTER = {"explanation": "text", "points": "whole"}
_OWN = {
    "single": {"options": "items"},
    "multiple": {"options": "items"},
    "true_false": {"is_true": "flag", "why_true": "text", "why_false": "text"},
    "order": {"steps": "items"},
    "number": {"answer": "decimal", "tolerance": "decimal", "unit": "text"},
    "short": {"accepted": "items"},
    "match": {"pairs": "items"},
    "case": {"story": "text", "parts": "parts"},
}
FIELDS = {kind: _BEFORE | own | _AFTER for kind, own in _OWN.items()}
KINDS = tuple(FIELDS)
DEFAULTS = {"points": 1, "tolerance": "0"}
MOST_DIGITS = 60


class BadShape(ValueError):
    """What claims to be a question is none."""


@dataclass(frozen=True, order=True)
class Fault:
    line: int
    text: str


@dataclass
class Reading:
    """A file that was read. `lines`: where each question begins. With a fault nothing of it may be used."""

    questions: list[dict] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def new_id() -> str:
    return str(uuid.uuid4())


def make_item(value, item_id: str | None = None) -> dict:
    """One item of a ListBlock."""
    return {"type": "item", "value": value, "id": item_id or new_id()}


def make_question(kind: str, question_id: str | None = None, **value) -> dict:
    """A raw question; what is not given is empty."""
    return tidy({"type": kind, "id": question_id or new_id(), "value": value})


def tidy(raw) -> dict:
    """The question with every field of its kind, in order and nothing else. Raises BadShape."""
    if not isinstance(raw, dict) or raw.get("type") not in FIELDS or not isinstance(raw.get("value"), dict):
        raise BadShape("kind")
    given = raw["value"]
    value = {name: _read(name, what, given.get(name, DEFAULTS.get(name))) for name, what in FIELDS[raw["type"]].items()}
    return {"type": raw["type"], "value": value, "id": _read_id(raw.get("id"))}


def _read(name: str, what, value):
    if what == "text":
        if value is None:
            return ""
        if not isinstance(value, str) or "\x00" in value or any("\ud800" <= mark <= "\udfff" for mark in value):
            raise BadShape(name)  # no database would take it
        return value
    if what == "flag":
        return bool(value)
    if what == "whole":
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadShape(name)
        return value
    if what == "decimal":
        return None if value is None or value == "" else show_decimal(read_decimal(value))
    if value is None:
        value = []
    if not isinstance(value, list):
        raise BadShape(name)
    if what == "parts":
        parts = [tidy(part) for part in value]
        if any(part["type"] == "case" for part in parts):
            raise BadShape(name)
        return parts
    return [_read_item(name, item) for item in value]


def _read_item(name: str, item) -> dict:
    is_item = isinstance(item, dict) and set(item) == {"type", "id", "value"}
    value = item["value"] if is_item else item  # the older form of a ListBlock has no ids
    fields = ITEMS[name]
    if isinstance(fields, dict):
        if not isinstance(value, dict):
            raise BadShape(name)
        value = {key: _read(key, what, value.get(key)) for key, what in fields.items()}
    else:
        value = _read(name, fields, value)
    return make_item(value, _read_id(item["id"]) if is_item else None)


def _read_id(value) -> str:
    if value is None or value == "":
        return new_id()
    if not isinstance(value, str) or len(value) > 40 or not value.isprintable():
        raise BadShape("id")
    return value


def read_decimal(value) -> Decimal:
    """A plain number; thousands may be marked by commas, as spreadsheets do. Raises BadShape."""
    text = str(value).strip()
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadShape("decimal") from None
    if not number.is_finite() or len(number.as_tuple().digits) + abs(number.as_tuple().exponent) > MOST_DIGITS:
        raise BadShape("decimal")
    return number


def show_decimal(number: Decimal) -> str:
    return format(number, "f")


def make_code(title: str, taken: set[str], number: int) -> str:
    """A code of our form from another's title; `number` is the question's place in its file."""
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", title).strip("-")[:34] or f"q{number}"
    code, tries = base, 1
    while code in taken:
        tries += 1
        code = f"{base}-{tries}"
    return code


def find_missing(raw: dict) -> Iterator[str]:
    """What an explanation is missing for, as words; not that of the whole question, which is free."""
    value = raw["value"]
    for item in value.get("options", []):
        if not item["value"]["why"].strip():
            yield _("ตัวเลือก “%(option)s”") % {"option": item["value"]["text"]}
    if raw["type"] == "true_false":
        for name, label in (("why_true", _("คำตอบว่าจริง")), ("why_false", _("คำตอบว่าไม่จริง"))):
            if not value[name].strip():
                yield label


def tell_missing(code: str, what: str) -> str:
    return _("ข้อ %(code)s: %(what)s ไม่มีคำอธิบาย") % {"code": code, "what": what}


def renew_repeated_ids(questions: list[dict]) -> None:
    """Gives a new id to whatever repeats one: rows that were copied in a file bring the ids of their originals."""
    seen = set()

    def renew(thing):
        if thing["id"] in seen:
            thing["id"] = new_id()
        seen.add(thing["id"])

    for raw in questions:
        for each in (raw, *raw["value"].get("parts", [])):
            renew(each)
            for name in ITEMS:
                for item in each["value"].get(name, []):
                    renew(item)
