"""Questions as they are asked, and answers as they are given. Pure: no database.

A question is read from the raw data of `blocks.QuestionBody` and never changed. An answer is read from a form into
plain data, its shape by the kind of the question:

    single       {"option": id}                multiple   {"options": [ids]}
    true_false   {"value": true|false}         order      {"order": [ids of steps, first to last]}
    number       {"text": …, "number": "1200"} short      {"text": …}
    match        {"pairs": {id of a pair: id of the pair whose right side was chosen}}
    case         {"parts": {id of a part: what was given to it}}

The form never shows which belongs together: a step is named by its own id, and the right sides of a match by their
place in the order in which they are `shown`, which is drawn anew for each attempt.
"""

import random
import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from kb.facts import find_references
from search import thai
from users.formats import to_arabic_digits

KINDS = ("single", "multiple", "true_false", "order", "number", "short", "match", "case")
SHUFFLED_KINDS = ("order", "match")  # in their own order they would be their own answer
LONGEST_ANSWER = 300  # characters of a text typed in
MOST_DIGITS = 15
_IDS = uuid.UUID("7b1f0c44-6a5e-5d0c-9f5f-5d3a4c0f5a10")

Given = dict[str, Any]


class Unreadable(ValueError):
    """What was sent is no answer to the question: nothing chosen, no number, forged. Its text says what to do."""


@dataclass(frozen=True)
class Option:
    id: str
    text: str
    image: int | None = None
    alt: str = ""
    is_right: bool = False
    why: str = ""


@dataclass(frozen=True)
class Question:
    """One question of any kind; what its kind does not have is empty. `image`: pk. A case is worth the sum of its parts."""

    id: str
    kind: str
    code: str
    text: str
    image: int | None = None
    alt: str = ""
    points: int = 1
    explanation: str = ""
    options: tuple[Option, ...] = ()
    is_true: bool = False
    why_true: str = ""
    why_false: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    answer: Decimal = Decimal(0)
    tolerance: Decimal = Decimal(0)
    unit: str = ""
    accepted: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str, str], ...] = ()
    story: str = ""
    parts: tuple["Question", ...] = ()

    @property
    def all_options(self) -> tuple[Option, ...]:
        return (*self.options, *(option for part in self.parts for option in part.options))

    @property
    def images(self) -> list[int]:
        """pks of every picture, also those of options and parts."""
        own = [self.image, *(option.image for option in self.options)]
        return [key for key in own if key] + [key for part in self.parts for key in part.images]

    def texts(self, *, is_answered: bool = True) -> list[str]:
        """Every text of the question; without those that stand there only after the answer."""
        texts = [self.text, self.story, *(option.text for option in self.options), *(text for _id, text in self.steps)]
        texts += [side for _id, left, right in self.pairs for side in (left, right)]
        if is_answered:
            texts += [self.explanation, self.why_true, self.why_false, *(option.why for option in self.options)]
        return texts + [text for part in self.parts for text in part.texts(is_answered=is_answered)]

    def fact_codes(self, *, is_answered: bool = True) -> list[str]:
        return find_references(*self.texts(is_answered=is_answered))

    @property
    def rights(self) -> tuple[tuple[str, str], ...]:
        """The right sides of a match, (id of the first pair that has it, text): the same text is one choice."""
        first = {}
        for key, _left, right in self.pairs:
            first.setdefault(right.strip(), key)
        return tuple((key, text) for text, key in first.items())


# From the editor's data


def read_questions(raw: Iterable[Mapping]) -> list[Question]:
    """Questions from the raw data of `blocks.QuestionBody`."""
    return [_read_question(item) for item in raw]


def _read_question(item: Mapping) -> Question:
    kind, value = item["type"], item["value"]
    code = str(value.get("code") or "")
    key = str(item.get("id") or _make_id(kind, code, value.get("text") or ""))
    fields: dict[str, Any] = {"options": (), "points": int(value.get("points") or 1)}
    if kind in ("single", "multiple"):
        fields["options"] = tuple(_read_option(key, option_id, option) for option_id, option in _items(value.get("options")))
    elif kind == "true_false":
        fields["is_true"] = bool(value.get("is_true"))
        fields["why_true"], fields["why_false"] = value.get("why_true") or "", value.get("why_false") or ""
    elif kind == "order":
        fields["steps"] = tuple((str(one or _make_id(key, text)), str(text or "")) for one, text in _items(value.get("steps")))
    elif kind == "number":
        fields["answer"], fields["tolerance"] = _decimal(value.get("answer")), _decimal(value.get("tolerance"))
        fields["unit"] = value.get("unit") or ""
    elif kind == "short":
        fields["accepted"] = tuple(str(text or "") for _id, text in _items(value.get("accepted")))
    elif kind == "match":
        fields["pairs"] = tuple(
            (str(one or _make_id(key, pair.get("left"))), pair.get("left") or "", pair.get("right") or "")
            for one, pair in _items(value.get("pairs"))
        )
    elif kind == "case":
        fields["story"] = str(value.get("story") or "")
        fields["parts"] = tuple(_read_question(part) for part in value.get("parts") or [])
        fields["points"] = sum(part.points for part in fields["parts"])
    else:
        raise ValueError(f"{kind!r} is no kind of question")
    return Question(
        id=key,
        kind=kind,
        code=code,
        text=str(value.get("text") or ""),
        image=value.get("image") or None,
        alt=value.get("alt") or "",
        explanation=str(value.get("explanation") or ""),
        **fields,
    )


def _read_option(question: str, key: str | None, value: Mapping) -> Option:
    text = str(value.get("text") or "")
    return Option(
        id=str(key or _make_id(question, text, value.get("image"))),
        text=text,
        image=value.get("image") or None,
        alt=value.get("alt") or "",
        is_right=bool(value.get("is_right")),
        why=str(value.get("why") or ""),
    )


def _items(raw: Iterable | None) -> list[tuple[str | None, Any]]:
    """(id or None, value) of a ListBlock's raw data; data without ids is older than they are."""
    return [(one.get("id"), one["value"]) if _is_item(one) else (None, one) for one in raw or []]


def _is_item(one) -> bool:
    return isinstance(one, Mapping) and one.get("type") == "item" and "value" in one


def _make_id(*parts) -> str:
    """An id for what was stored without one: always the same, and it tells nothing of its place."""
    return str(uuid.uuid5(_IDS, "\n".join(str(part) for part in parts)))


def _decimal(value) -> Decimal:
    try:
        return Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except InvalidOperation:
        return Decimal(0)


# What an editor may not publish


def find_faults(questions: Iterable[Question], pool: int = 0) -> list[str]:
    """What keeps these questions from being asked, as sentences that name the question."""
    questions = list(questions)
    faults = [] if questions else [_("แบบฝึกนี้ยังไม่มีคำถาม")]
    everything = [one for question in questions for one in (question, *question.parts)]
    for code in _repeated(question.code.casefold() for question in everything):
        faults.append(_("มีมากกว่าหนึ่งข้อที่ใช้รหัส %(code)s") % {"code": code})
    if _repeated(question.id for question in everything):
        faults.append(_("มีสองข้อที่ระบบแยกกันไม่ออก ลบข้อหนึ่งแล้วเขียนใหม่"))
    if pool > len(questions):
        faults.append(_("สุ่มถาม %(pool)s ข้อไม่ได้ เพราะมีแค่ %(number)s ข้อ") % {"pool": pool, "number": len(questions)})
    for question in everything:
        faults += [_("ข้อ %(code)s: %(fault)s") % {"code": question.code or "?", "fault": fault} for fault in _faults_of(question)]
    return faults


def _faults_of(question: Question) -> list[str]:
    faults = []
    if not question.text.strip():
        faults.append(_("ยังไม่มีคำถาม"))
    if question.image and not question.alt.strip():
        faults.append(_("ภาพยังไม่มีคำบรรยายแทนภาพ"))
    if question.options or question.kind in ("single", "multiple"):
        faults += _faults_of_options(question)
    if question.kind == "true_false" and not (question.why_true.strip() and question.why_false.strip()):
        faults.append(_("ต้องมีคำอธิบายทั้งเมื่อตอบว่าจริงและไม่จริง"))
    if question.kind == "order":
        faults += _faults_of_texts([text for _id, text in question.steps], _("ขั้นตอน"))
    if question.kind == "number" and question.tolerance < 0:
        faults.append(_("ค่าคลาดเคลื่อนติดลบไม่ได้"))
    if question.kind == "short":
        if not question.accepted:
            faults.append(_("ยังไม่มีคำตอบที่รับ"))
        elif not all(compare_as(text) for text in question.accepted):
            faults.append(_("คำตอบที่รับว่างอยู่ หรือมีแต่เครื่องหมาย"))
    if question.kind == "match":
        faults += _faults_of_texts([left for _id, left, _right in question.pairs], _("ด้านซ้ายของคู่"))
        if not all(right.strip() for _id, _left, right in question.pairs):
            faults.append(_("คู่ที่ถูกว่างอยู่"))
        elif len(question.rights) < 2:
            faults.append(_("ทุกคู่มีด้านขวาเหมือนกัน จึงไม่มีอะไรให้เลือก"))
    if question.kind == "case":
        if not question.parts:
            faults.append(_("ยังไม่มีข้อย่อย"))
        if not question.story.strip():
            faults.append(_("ยังไม่มีเรื่องของกรณีศึกษา"))
    return faults


def _faults_of_options(question: Question) -> list[str]:
    faults = _faults_of_texts([option.text for option in question.options], _("ตัวเลือก"))
    number_right = sum(option.is_right for option in question.options)
    if number_right == 0:
        faults.append(_("ยังไม่มีตัวเลือกที่ถูก"))
    if question.kind == "single" and number_right > 1:
        faults.append(_("มีตัวเลือกที่ถูก %(number)s ตัวเลือก แต่เป็นข้อแบบเลือกหนึ่งข้อ") % {"number": number_right})
    if not all(option.why.strip() for option in question.options):
        faults.append(_("มีตัวเลือกที่ยังไม่มีคำอธิบายว่าเพราะอะไร"))
    if any(option.image and not option.alt.strip() for option in question.options):
        faults.append(_("ภาพในตัวเลือกยังไม่มีคำบรรยายแทนภาพ"))
    return faults


def _faults_of_texts(texts: list[str], what: str) -> list[str]:
    faults = []
    if len(texts) < 2:
        faults.append(_("ต้องมี%(what)sอย่างน้อยสอง") % {"what": what})
    if not all(text.strip() for text in texts):
        faults.append(_("มี%(what)sที่ว่างอยู่") % {"what": what})
    for text in _repeated(thai.normalise(" ".join(text.split())) for text in texts if text.strip()):
        faults.append(_("%(what)sซ้ำกัน: %(text)s") % {"what": what, "text": text})
    return faults


def _repeated(texts: Iterable[str]) -> list[str]:
    return [text for text, number in Counter(texts).items() if number > 1 and text]


# The order in which it is shown


def draw(questions: list[Question], *, pool: int, is_shuffled: bool, chance: random.Random) -> list[dict]:
    """`Attempt.shown`: which questions, in which order, with what order of options; drawn once."""
    drawn = list(questions)
    if 0 < pool < len(drawn):
        chosen = {question.id for question in chance.sample(drawn, pool)}
        drawn = [question for question in drawn if question.id in chosen]
    if is_shuffled:
        chance.shuffle(drawn)
    return [_draw_one(question, is_shuffled=is_shuffled, chance=chance) for question in drawn]


def _draw_one(question: Question, *, is_shuffled: bool, chance: random.Random) -> dict:
    ids = [option.id for option in question.options] or [step[0] for step in question.steps] or [right[0] for right in question.rights]
    if is_shuffled or question.kind in SHUFFLED_KINDS:
        own = list(ids)
        chance.shuffle(ids)
        if question.kind in SHUFFLED_KINDS and ids == own:
            ids = ids[1:] + ids[:1]
    parts = [_draw_one(part, is_shuffled=is_shuffled, chance=chance) for part in question.parts]
    return {"id": question.id, "options": ids} | ({"parts": parts} if parts else {})


# What was given


def read_given(question: Question, post, shown: Collection[str] | dict | None = None) -> Given:
    """The answer in a form, as plain data. Raises Unreadable, whose text says what is missing.

    post: a QueryDict, or a mapping of names to a value or a list of values. shown: the ids in the order shown, or the
    whole entry of `Attempt.shown`; without it the order of the editor. Names: the question's id, `<question>-<step>`
    for the place of a step (1…n), `<question>-<pair>` for the place of the right side chosen (1…n).
    """
    entry = shown if isinstance(shown, Mapping) else {"options": list(shown or [])}
    if question.kind == "case":
        entries = {part["id"]: part for part in entry.get("parts", [])}
        return {"parts": {part.id: read_given(part, post, entries.get(part.id)) for part in question.parts}}
    return _READERS[question.kind](question, post, list(entry.get("options") or []))


def _values(post, name: str) -> list[str]:
    if hasattr(post, "getlist"):
        return post.getlist(name)
    value = post.get(name, [])
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def _read_one(post, name: str) -> str:
    values = [value for value in _values(post, name) if value.strip()]
    if len(values) > 1:
        raise Unreadable(_("ข้อนี้ตอบได้คำตอบเดียว"))
    return values[0] if values else ""


def _read_single(question: Question, post, shown: list[str]) -> Given:
    chosen = _read_one(post, question.id)
    if chosen not in {option.id for option in question.options}:
        raise Unreadable(_("เลือกคำตอบหนึ่งข้อก่อน"))
    return {"option": chosen}


def _read_multiple(question: Question, post, shown: list[str]) -> Given:
    chosen = set(_values(post, question.id))
    known = [option.id for option in question.options]
    if not chosen or chosen - set(known):
        raise Unreadable(_("เลือกอย่างน้อยหนึ่งข้อก่อน"))
    return {"options": [key for key in known if key in chosen]}


def _read_true_false(question: Question, post, shown: list[str]) -> Given:
    value = _read_one(post, question.id)
    if value not in ("1", "0"):
        raise Unreadable(_("เลือกก่อนว่าจริงหรือไม่จริง"))
    return {"value": value == "1"}


def _read_places(question: Question, post, keys: list[str], number: int) -> dict[str, int]:
    """{key: place from 0} of selects."""
    places = {}
    for key in keys:
        text = _read_one(post, f"{question.id}-{key}")
        if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= number):
            raise Unreadable(_("เลือกให้ครบทุกช่องก่อน"))
        places[key] = int(text) - 1
    return places


def _read_order(question: Question, post, shown: list[str]) -> Given:
    keys = [key for key, _text in question.steps]
    places = _read_places(question, post, keys, len(keys))
    if len(set(places.values())) < len(keys):
        raise Unreadable(_("มีสองขั้นที่เลือกลำดับเดียวกัน แต่ละลำดับใช้ได้ครั้งเดียว"))
    return {"order": sorted(keys, key=places.__getitem__)}


def _read_match(question: Question, post, shown: list[str]) -> Given:
    shown = order_rights(question, shown)
    places = _read_places(question, post, [key for key, _left, _right in question.pairs], len(shown))
    return {"pairs": {key: shown[place] for key, place in places.items()}}


def _read_text(question: Question, post) -> str:
    text = thai.repair(_read_one(post, question.id)[: 2 * LONGEST_ANSWER]).replace("\n", " ").strip()
    if not text:
        raise Unreadable(_("เขียนคำตอบก่อน"))
    if len(text) > LONGEST_ANSWER:
        raise Unreadable(_("คำตอบยาวเกินไป เขียนให้สั้นลง"))
    return text


def _read_number(question: Question, post, shown: list[str]) -> Given:
    text = _read_text(question, post)
    number = parse_number(text, question.unit)
    if number is None:
        raise Unreadable(_("เราอ่านตัวเลขไม่ออก ใส่จำนวนเดียว เช่น 1,200 หรือ 1.5 ล้าน"))
    return {"text": text, "number": f"{number:f}"}


def _read_short(question: Question, post, shown: list[str]) -> Given:
    return {"text": _read_text(question, post)}


_READERS = {
    "single": _read_single,
    "multiple": _read_multiple,
    "true_false": _read_true_false,
    "order": _read_order,
    "number": _read_number,
    "short": _read_short,
    "match": _read_match,
}


def write_given(question: Question, given: Given | None, shown: Collection[str] | dict | None = None) -> dict[str, list[str]]:
    """The form that `read_given` would read it from: {name: values}."""
    if not given:
        return {}
    entry = shown if isinstance(shown, Mapping) else {"options": list(shown or [])}
    if question.kind == "case":
        entries = {part["id"]: part for part in entry.get("parts", [])}
        written = [write_given(part, given["parts"].get(part.id), entries.get(part.id)) for part in question.parts]
        return {name: values for one in written for name, values in one.items()}
    if question.kind == "order":
        return {f"{question.id}-{key}": [str(place)] for place, key in enumerate(given["order"], start=1)}
    if question.kind == "match":
        rights = order_rights(question, entry.get("options") or [])
        return {f"{question.id}-{key}": [str(rights.index(right) + 1)] for key, right in given["pairs"].items()}
    if question.kind == "true_false":
        return {question.id: ["1" if given["value"] else "0"]}
    return {question.id: given["options"] if question.kind == "multiple" else [given["option"] if "option" in given else given["text"]]}


def order_rights(question: Question, shown: list[str]) -> list[str]:
    """The right sides of a match in the order shown; their own order when what was drawn is not theirs."""
    known = [key for key, _text in question.rights]
    return list(shown) if sorted(shown) == sorted(known) else known


# Words and numbers

_BETWEEN_DIGITS = re.compile(r"(?<=\d),(?=\d)")
_UNSAID = re.compile(r"(?<=\d)\.(?=\d)|[^\W_]|[\u0e31\u0e33-\u0e3a\u0e47-\u0e4e]")


def compare_as(text: str) -> str:
    """What a short answer is compared by: one spelling, small letters, Arabic digits; blanks, commas and marks do not count."""
    return "".join(_UNSAID.findall(_BETWEEN_DIGITS.sub("", thai.normalise(text))))


_MULTIPLES = {
    "ล้าน": 10**6,
    "แสน": 10**5,
    "หมื่น": 10**4,
    "พัน": 10**3,
    "ร้อย": 100,
    "million": 10**6,
    "thousand": 10**3,
    "k": 10**3,
    "m": 10**6,
}
_MULTIPLE = "ล้าน|แสน|หมื่น|พัน|ร้อย|(?:million|thousand|k|m)(?![a-z])"
_PART = re.compile(rf"(\d+(?:\.\d+)?|\.\d+)\s*((?:{_MULTIPLE})*)")
_ONE_MULTIPLE = re.compile(_MULTIPLE)
_BEFORE = re.compile(r"(?:ประมาณ|ราวๆ|ราว|เท่ากับ|ได้|คือ|=|฿|\s)+")
_MINUS = re.compile(r"(?:ติดลบ|ลบ|[-−–])\s*")
_GROUPS = re.compile(r"(?<=\d)[, ](?=\d{3}(?!\d))")


def parse_number(text: str, unit: str = "") -> Decimal | None:
    """A number as people write it, in `unit`: `1,200`, `๑,๒๐๐ บาท`, `-5`, `ติดลบ 500`, `1.5 ล้าน`, `1 ล้าน 2 แสน`.

    Words after the number are taken for its unit. Where the unit is itself a multiple (ล้านบาท), `1.5 ล้าน` is 1.5.
    None when it is no single number (a range, a fraction, words only, too many digits).
    """
    text = to_arabic_digits(thai.normalise(text)).strip()
    unit = thai.normalise(unit).strip()
    unit_multiple = next((_MULTIPLES[word] for word in _MULTIPLES if len(word) > 1 and unit.startswith(word) and _is_sum(unit)), 1)
    if unit and unit_multiple == 1:
        text = text.removesuffix(unit).rstrip()
    text = _GROUPS.sub("", text)
    text = text[match.end() :] if (match := _BEFORE.match(text)) else text
    is_negative = bool(match := _MINUS.match(text))
    text = text[match.end() :] if match else text
    total, last, end, has_multiple = Decimal(0), None, 0, False
    for match in _PART.finditer(text):
        between = text[end : match.start()].strip()
        words = _ONE_MULTIPLE.findall(match[2])
        if not _is_sum(unit):  # 5 m may be metres
            words = [word for word in words if word not in ("k", "m")]
        multiple = 1
        for word in words:
            multiple *= _MULTIPLES[word]
        if between or (last is not None and not 1 <= multiple < last):
            return None
        total, last, end, has_multiple = total + Decimal(match[1]) * multiple, multiple, match.end(), has_multiple or multiple > 1
    tail = text[end:]
    if last is None or re.search(r"[\d/*+<>=-]", tail) or total >= 10**MOST_DIGITS:
        return None
    total = total / unit_multiple if has_multiple else total
    return -total if is_negative and total else total


def _is_sum(unit: str) -> bool:
    return not unit or "บาท" in unit or "baht" in unit or unit in _MULTIPLES
