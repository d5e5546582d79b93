r"""Questions as Moodle GIFT text and back.

Every question is written in the nearest native form, below a comment line that holds what GIFT cannot say:

    // msme: {"type": "single", "id": …, "value": {…}}
    ::A-1::[plain]คำถาม{
    =คำตอบถูก#เพราะ…
    ~คำตอบผิด#เพราะ…
    ####คำอธิบายรวม
    }

A question whose native text still is what we wrote comes back exactly as the comment has it. Where somebody has edited the
native text, the text wins, and the comment only adds ids, points, pictures and units. Order is written as matching
of 1, 2, 3 …; a case study as a description followed by its parts. Escapes are Moodle's own (`qformat_gift`): `\~ \= \# \{ \}
\: \n \\`, and `\>`, which only we read, for a `>` that would make an arrow.
"""

import html
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from courses.question_files import (
    CODE,
    BadShape,
    Fault,
    Reading,
    find_missing,
    make_code,
    make_item,
    make_question,
    read_decimal,
    renew_repeated_ids,
    show_decimal,
    tell_missing,
    tidy,
)

OURS = "// msme: "
GAP = "_____"  # where a question of the kind "missing word" has its answers
_WEIGHT = re.compile(r"%(-?\d+(?:\.\d+)?)%")
_FORMAT = re.compile(r"\[(html|plain|moodle|markdown)\]")
_ESCAPES = {"n": "\n", **{mark: mark for mark in "\\~=#{}:>"}}
_MOODLE_ESCAPES = str.maketrans({mark: f"\\{mark}" for mark in "\\~=#{}:"} | {"\n": "\\n", "\r": ""})
_TAG = re.compile(r"</?(p|br|b|i|u|em|strong|span|div|ul|ol|li|img|sub|sup|a)\b[^>]*>", re.IGNORECASE)
_TITLED_STORY = re.compile(r"<p><b>(.*?)</b></p>", re.DOTALL)


# Writing


def write_gift(questions: list[dict]) -> str:
    """questions: raw, of any completeness. The text ends with a line break."""
    chunks = []
    for raw in map(tidy, questions):
        if raw["type"] != "case":
            chunks.append(_write_chunk(raw))
            continue
        alone = raw | {"value": {**raw["value"], "parts": []}}
        chunks.append(_write_chunk(alone))
        chunks += [_write_chunk(part, case=raw["id"]) for part in raw["value"]["parts"]]
    return "\n\n".join(chunks) + "\n" if chunks else ""


def _write_chunk(raw: dict, **more) -> str:
    return f"{OURS}{json.dumps(raw | more, ensure_ascii=False)}\n{write_native(raw)}"


def write_native(raw: dict) -> str:
    """The question as Moodle reads it, without a blank line."""
    kind, value = raw["type"], raw["value"]
    title = f"::{_escape(value['code'])}::" if value["code"].strip() else ""
    if kind == "case":
        story = f"<p><b>{html.escape(value['text'], quote=False)}</b></p>{value['story']}"
        return f"{title}[html]{_escape(story)}"
    lines = _WRITERS[kind](value)
    if value["explanation"].strip():
        lines = [*lines, f"####{_escape_piece(value['explanation'])}"]
    return "\n".join([f"{title}[plain]{_escape(value['text'])}{{", *lines, "}"])


def _write_single(value: dict) -> list[str]:
    return [_write_option("=" if item["value"]["is_right"] else "~", item["value"]) for item in value["options"]]


def _write_multiple(value: dict) -> list[str]:
    right = sum(item["value"]["is_right"] for item in value["options"])
    share = f"{100 / right:.5f}".rstrip("0").rstrip(".") if right else "0"
    return [_write_option(f"~%{share if item['value']['is_right'] else -100}%", item["value"]) for item in value["options"]]


def _write_option(mark: str, option: dict) -> str:
    if mark in "=~" and _WEIGHT.match(option["text"].strip()):
        mark += "%100%" if mark == "=" else "%0%"
    why = f"#{_escape_piece(option['why'])}" if option["why"].strip() else ""
    return f"{mark}{_escape_piece(option['text'])}{why}"


def _write_true_false(value: dict) -> list[str]:
    """Moodle has first what a wrong answer is told, then what a right one is told."""
    wrong, right = (value["why_false"], value["why_true"]) if value["is_true"] else (value["why_true"], value["why_false"])
    return [f"{'TRUE' if value['is_true'] else 'FALSE'}#{_escape_piece(wrong)}#{_escape_piece(right)}"]


def _write_number(value: dict) -> list[str]:
    return [f"#{value['answer'] or ''}:{value['tolerance'] or '0'}"]


def _write_short(value: dict) -> list[str]:
    marks = ("=%100%" if _WEIGHT.match(item["value"].strip()) else "=" for item in value["accepted"])
    return [f"{mark}{_hide_arrows(_escape_piece(item['value']))}" for mark, item in zip(marks, value["accepted"], strict=True)]


def _write_match(value: dict) -> list[str]:
    return [_write_pair(item["value"]["left"], item["value"]["right"]) for item in value["pairs"]]


def _write_order(value: dict) -> list[str]:
    return [_write_pair(str(number), item["value"]) for number, item in enumerate(value["steps"], start=1)]


def _write_pair(left: str, right: str) -> str:
    return f"={_hide_arrows(_escape_piece(left))} -> {_hide_arrows(_escape(right))}"


_WRITERS = {
    "single": _write_single,
    "multiple": _write_multiple,
    "true_false": _write_true_false,
    "number": _write_number,
    "short": _write_short,
    "match": _write_match,
    "order": _write_order,
}


def _escape(text: str) -> str:
    return text.strip().translate(_MOODLE_ESCAPES)


def _escape_piece(text: str) -> str:
    """An answer or a feedback. One that begins like a format is told to have one."""
    return f"[plain]{_escape(text)}" if _FORMAT.match(text.strip()) else _escape(text)


def _hide_arrows(escaped: str) -> str:
    return escaped.replace("->", "-\\>")


# Reading


def read_gift(text: str, *, allow_missing: bool = False) -> Reading:
    """Every question of the file, or every fault of it. allow_missing: options without explanation are let through, empty."""
    reading, taken, open_cases = Reading(), set(), {}
    chunks = list(_split_chunks(text, reading.faults))
    taken.update(title for chunk in chunks if (title := chunk.title) and chunk.known)
    for number, chunk in enumerate(chunks, start=1):
        if not any(line.strip() for line in chunk.lines):
            if chunk.known:
                reading.faults.append(Fault(chunk.known_line, _("หมายเหตุของเราไม่มีคำถามต่อท้าย")))
            continue
        try:
            raw = _read_chunk(chunk, taken, number, reading.faults, allow_missing)
        except _Refused as refused:
            reading.faults += refused.faults
            if not allow_missing:
                reading.faults += [Fault(line, tell_missing(refused.code, what)) for line, what in refused.missing]
            continue
        taken.add(raw["value"]["code"])
        if raw["type"] == "case":
            open_cases[chunk.known["id"]] = raw
        case = chunk.known and chunk.known.get("case")
        if case is None:
            reading.questions.append(raw)
            reading.lines.append(chunk.start)
        elif case in open_cases and raw["type"] != "case":
            open_cases[case]["value"]["parts"].append(raw)
        else:
            reading.faults.append(Fault(chunk.start, _("ข้อ %(code)s เป็นข้อย่อย แต่ไม่พบกรณีศึกษาของมันก่อนหน้า") % {"code": raw["value"]["code"]}))
    if not chunks and not reading.faults:
        reading.faults.append(Fault(1, _("ไม่พบคำถามในไฟล์นี้")))
    reading.faults.sort()
    renew_repeated_ids(reading.questions)
    return reading


class _Refused(Exception):
    def __init__(self, code: str, faults: list[Fault], missing: list[tuple[int, str]]):
        super().__init__(code)
        self.code, self.faults, self.missing = code, faults, missing


@dataclass
class _Chunk:
    """The lines of one question. `known`: what our comment line says of it."""

    start: int
    lines: list[str] = field(default_factory=list)
    known: dict | None = None
    known_line: int = 0

    @property
    def title(self) -> str:
        found = re.match(r"\s*::(.*?)(?<!\\)::", "\n".join(self.lines), re.DOTALL)
        return _unescape(found[1]).strip() if found else ""

    def at(self, offset: int) -> int:
        return self.start + "\n".join(self.lines).count("\n", 0, offset)


def _split_chunks(text: str, faults: list[Fault]):
    """Blank lines part the questions, as in Moodle. Comments and categories are taken out."""
    chunk, waiting, waiting_line = None, None, 0
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate([*lines, ""], start=1):
        bare = line.strip(" \t")
        if bare.startswith(OURS.strip()):
            if chunk:
                yield chunk
                chunk = None
            try:
                known = json.loads(bare[len(OURS.strip()) :])
                waiting = tidy(known) | ({"case": known["case"]} if isinstance(known.get("case"), str) else {})
                waiting_line = number
            except (ValueError, AttributeError, RecursionError):
                faults.append(Fault(number, _("อ่านข้อมูลในบรรทัด “// msme:” ไม่ได้ ถ้าลบบรรทัดนี้จะนำเข้าเป็นข้อใหม่ได้")))
        elif bare.startswith("//"):
            if chunk:
                chunk.lines.append("")  # keeps the count of lines
        elif bare.startswith("$CATEGORY:"):
            if chunk:
                yield chunk
            chunk = None
        elif bare:
            if chunk is None:
                chunk = _Chunk(number, known=waiting, known_line=waiting_line)
                waiting = None
            chunk.lines.append(line)
        elif chunk:
            yield chunk
            chunk = None
    if waiting:
        yield _Chunk(waiting_line, known=waiting, known_line=waiting_line)


def _read_chunk(chunk: _Chunk, taken: set[str], number: int, faults: list[Fault], allow_missing: bool) -> dict:
    """One raw question; a case without its parts. Raises _Refused with every fault that was found."""
    known = chunk.known
    if known and _is_untouched(chunk, known):
        raw = tidy(known)
        missing = [(chunk.start, what) for what in find_missing(raw)]
    else:
        title = chunk.title
        if known and CODE.fullmatch(title):
            code = title
        else:
            code = title if CODE.fullmatch(title) and title not in taken else make_code(title, taken, number)
        raw, missing = _Native(chunk, code).read()
        if known:
            raw = _add_known(raw, known)
    if not allow_missing:
        faults += [Fault(line, tell_missing(raw["value"]["code"], what)) for line, what in missing]
    return raw


def _is_untouched(chunk: _Chunk, known: dict) -> bool:
    return [line.rstrip(" \t") for line in chunk.lines if line.strip(" \t")] == [
        line.rstrip(" \t") for line in write_native(known).split("\n")
    ]


def _add_known(raw: dict, known: dict) -> dict:
    """The question as its text has it now, with what only the comment can say."""
    value, old = raw["value"], known["value"]
    if known["type"] == "order" and raw["type"] == "match":
        raw, value = _match_to_order(raw)
    raw["id"] = known["id"]
    value |= {name: old[name] for name in ("image", "alt", "points")}
    if raw["type"] == "number" and "unit" in old:
        value["unit"] = old["unit"]
    if raw["type"] == "case":
        value["explanation"] = old["explanation"]
    for name in ("options", "pairs", "steps", "accepted"):
        items, before = value.get(name, []), old.get(name, [])
        is_same_length = len(items) == len(before)
        free = {_name_of(item): item for item in reversed(before)}
        for place, item in enumerate(items):
            source = before[place] if is_same_length else free.pop(_name_of(item), None)
            if source:
                item["id"] = source["id"]
                if name == "options":
                    item["value"] |= {key: source["value"][key] for key in ("image", "alt")}
    return raw


def _name_of(item: dict) -> str:
    value = item["value"]
    return (value.get("text") or value.get("left") or "") if isinstance(value, dict) else value


def _match_to_order(raw: dict) -> tuple[dict, dict]:
    value = dict(raw["value"])
    pairs = [item["value"] for item in value.pop("pairs")]
    if all(re.fullmatch(r"[0-9]{1,3}", pair["left"]) for pair in pairs):
        pairs.sort(key=lambda pair: int(pair["left"]))
    value["steps"] = [make_item(pair["right"]) for pair in pairs]
    raw = make_question("order", raw["id"], **value)
    return raw, raw["value"]


class _Native:
    """Reads the native form of one question."""

    def __init__(self, chunk: _Chunk, code: str):
        self.chunk, self.code, self.text = chunk, code, "\n".join(chunk.lines)
        self.faults: list[Fault] = []
        self.missing: list[tuple[int, str]] = []
        self.format = "moodle"

    def refuse(self, offset: int, reason: str) -> None:
        self.faults.append(Fault(self.chunk.at(offset), _("ข้อ %(code)s: %(reason)s") % {"code": self.code, "reason": reason}))

    def read(self) -> tuple[dict, list[tuple[int, str]]]:
        raw = self._read()
        if self.faults:
            raise _Refused(self.code, self.faults, self.missing)
        return raw, self.missing

    def _read(self) -> dict | None:
        begin = 0
        if head := re.match(r"\s*::", self.text):
            title = re.compile(r"(?<!\\)::").search(self.text, head.end())
            if not title:
                return self.refuse(0, _("ชื่อข้อเปิดด้วย :: แล้วไม่ปิด"))
            begin = title.end()
        opening = _find(self.text, "{", begin)
        closing = _find(self.text, "}", begin)
        if opening is None and closing is None:
            return self._read_story(begin)
        if opening is None or closing is None or closing < opening:
            return self.refuse(closing if opening is None or (closing or len(self.text)) < opening else opening, _("วงเล็บปีกกา { } ไม่ครบคู่"))
        for mark in "{}":
            if (more := _find(self.text, mark, (opening if mark == "{" else closing) + 1)) is not None:
                return self.refuse(more, _("มีวงเล็บปีกกา %(mark)s เกินมา ถ้าเป็นข้อความให้เขียน \\%(mark)s") % {"mark": mark})
        before, after = self.text[begin:opening], self.text[closing + 1 :]
        if found := _FORMAT.match(before.lstrip()):
            self.format, before = found[1], before.lstrip()[found.end() :]
        text = self.plain(f"{before.rstrip()} {GAP} {after.lstrip()}" if after.strip() else before, begin)
        if not text:
            self.refuse(opening, _("ไม่มีคำถาม"))
        answers, explanation = self.text[opening + 1 : closing], ""
        if (general := _find_text(answers, "####")) is not None:
            explanation = self.plain(answers[general + 4 :], opening + 1 + general)
            answers = answers[:general]
        return self._read_answers(answers, opening + 1, {"code": self.code, "text": text, "explanation": explanation})

    def _read_story(self, begin: int) -> dict | None:
        known = self.chunk.known
        if not known or known["type"] != "case":
            return self.refuse(0, _("ไม่มีคำตอบในวงเล็บปีกกา เราไม่มีข้อที่เป็นข้อความอย่างเดียว"))
        story = _unescape(re.sub(r"^\s*\[\w+\]", "", self.text[begin:])).strip()
        titled = _TITLED_STORY.match(story)
        text = html.unescape(titled[1]) if titled else known["value"]["text"]
        return make_question("case", code=self.code, text=text, story=story[titled.end() :].strip() if titled else story)

    def _read_answers(self, answers: str, begin: int, common: dict) -> dict | None:
        bare = answers.strip()
        if not bare:
            return self.refuse(begin, _("ข้ออัตนัยที่ให้คนตรวจ เรายังไม่มี"))
        if bare.startswith("#"):
            return self._read_number(answers, begin, common)
        pieces = _split(answers, "#")
        if (word := pieces[0].strip().upper()) in ("T", "TRUE", "F", "FALSE"):
            return self._read_true_false(word.startswith("T"), pieces[1:], begin, common)
        marks = [place for place, mark in _walk(answers) if mark in "=~"]
        if not marks or answers[: marks[0]].strip():
            return self.refuse(begin, _("อ่านคำตอบไม่ออก แต่ละคำตอบต้องขึ้นต้นด้วย = หรือ ~"))
        items = [
            (answers[place], answers[place + 1 : end], begin + place) for place, end in zip(marks, [*marks[1:], len(answers)], strict=True)
        ]
        if any(mark == "~" for mark, _text, _at in items):
            return self._read_choice(items, common)
        if any("->" in text for _mark, text, _at in items):
            return self._read_match(items, common)
        return self._read_short(items, common)

    def _read_number(self, answers: str, begin: int, common: dict) -> dict | None:
        body_at = answers.index("#") + 1
        body = answers[body_at:]
        marks = [place for place, mark in _walk(body) if mark in "=~"]
        spans = list(zip(marks, [*marks[1:], len(body)], strict=True)) if marks else [(-1, len(body))]
        rights, notes = [], []
        for place, end in spans:
            answer, *told = _split(body[place + 1 : end], "#")
            notes += [self.plain(text, begin) for text in told]
            if place >= 0 and body[place] == "~" and not answer.strip():
                continue
            weight = _WEIGHT.match(answer.strip())
            if weight and Decimal(weight[1]) != 100 or place >= 0 and body[place] == "~":
                self.refuse(begin + body_at + max(place, 0), _("คำตอบตัวเลขที่ได้คะแนนบางส่วน เรายังไม่มี"))
                continue
            rights.append((answer.strip()[weight.end() :] if weight else answer, begin + body_at + max(place, 0)))
        if len(rights) > 1:
            self.refuse(rights[1][1], _("คำตอบตัวเลขมีได้ค่าเดียว"))
        if self.faults or not rights:
            return None if self.faults else self.refuse(begin, _("ไม่มีคำตอบ"))
        text, at = _unescape(rights[0][0]).strip(), rights[0][1]
        try:
            if ".." in text:
                low, high = (read_decimal(end) for end in text.split("..", 1))
                answer, tolerance = (low + high) / 2, (high - low) / 2
            else:
                value, _colon, margin = text.partition(":")
                answer, tolerance = read_decimal(value), read_decimal(margin or "0")
        except BadShape:
            return self.refuse(at, _("“%(text)s” ไม่ใช่ตัวเลข") % {"text": text})
        if tolerance < 0:
            return self.refuse(at, _("ค่าคลาดเคลื่อนติดลบ"))
        self._tell_notes(common, notes)
        return make_question("number", **common, answer=show_decimal(answer), tolerance=show_decimal(tolerance))

    def _read_true_false(self, is_true: bool, told: list[str], begin: int, common: dict) -> dict | None:
        if len(told) > 2:
            return self.refuse(begin, _("จริงหรือไม่จริงมีคำอธิบายได้สองช่อง"))
        wrong, right = (self.plain(text, begin) for text in [*told, "", ""][:2])
        why_true, why_false = (right, wrong) if is_true else (wrong, right)
        raw = make_question("true_false", **common, is_true=is_true, why_true=why_true, why_false=why_false)
        self.missing = [(self.chunk.at(begin), what) for what in find_missing(raw)]
        return raw

    def _read_choice(self, items: list, common: dict) -> dict | None:
        weights, options = [], []
        for mark, text, at in items:
            weight, text = self._take_weight(text, at)
            answer, *told = _split(text, "#")
            if len(told) > 1:
                self.refuse(at, _("ตัวเลือกมีเครื่องหมาย # มากกว่าหนึ่ง ถ้าเป็นข้อความให้เขียน \\#"))
            weights.append((mark, weight, at))
            why = self.plain(told[0], at) if told else ""
            options.append(make_item({"text": self.plain(answer, at), "image": None, "alt": "", "is_right": False, "why": why}))
        is_single = any(mark == "=" for mark, _weight, _at in weights)
        for (mark, weight, at), item in zip(weights, options, strict=True):
            if is_single and weight is not None and (weight != 100 if mark == "=" else weight > 0):
                self.refuse(at, _("ตัวเลือกได้คะแนนบางส่วน (%(weight)s%%) ข้อเลือกหนึ่งข้อของเราถูกหรือผิดเท่านั้น") % {"weight": weight})
            item["value"]["is_right"] = mark == "=" if is_single else bool(weight and weight > 0)
        if not is_single:
            rights = [(weight, at) for _mark, weight, at in weights if weight and weight > 0]
            if not rights:
                self.refuse(items[0][2], _("ไม่มีตัวเลือกที่ถูก"))
            for weight, at in rights:
                if abs(weight - Decimal(100) / len(rights)) > Decimal("0.01"):
                    self.refuse(at, _("น้ำหนัก %(weight)s%% ใช้ไม่ได้ ตัวเลือกที่ถูกต้องได้เท่ากันและรวมเป็น 100%%") % {"weight": weight})
        raw = make_question("single" if is_single else "multiple", **common, options=options)
        self.missing = [
            (self.chunk.at(at), what)
            for item, (_mark, _weight, at) in zip(raw["value"]["options"], weights, strict=True)
            for what in find_missing({"type": "single", "value": {"options": [item]}})
        ]
        return raw

    def _take_weight(self, text: str, at: int) -> tuple[Decimal | None, str]:
        bare = text.lstrip()
        if found := _WEIGHT.match(bare):
            return Decimal(found[1]), bare[found.end() :]
        return None, text

    def _read_match(self, items: list, common: dict) -> dict | None:
        pairs = []
        for _mark, text, at in items:
            left, arrow, right = text.partition("->")
            if not arrow:
                self.refuse(at, _("คู่นี้ไม่มี ->"))
                continue
            pairs.append(make_item({"left": self.plain(left, at), "right": self.plain(_split(right, "#")[0], at)}))
        return make_question("match", **common, pairs=pairs)

    def _read_short(self, items: list, common: dict) -> dict | None:
        accepted, notes = [], []
        for _mark, text, at in items:
            weight, text = self._take_weight(text, at)
            if weight is not None and weight != 100:
                self.refuse(at, _("คำตอบสั้นที่ได้คะแนนบางส่วน (%(weight)s%%) เรายังไม่มี") % {"weight": weight})
            answer, *told = _split(text, "#")
            accepted.append(make_item(self.plain(answer, at)))
            notes += [self.plain(each, at) for each in told]
        self._tell_notes(common, notes)
        return make_question("short", **common, accepted=accepted)

    def _tell_notes(self, common: dict, notes: list[str]) -> None:
        """What others tell for one answer of a kind where we tell it for the question."""
        lines = [text for text in dict.fromkeys([common["explanation"], *notes]) if text]
        common["explanation"] = "\n".join(lines)

    def plain(self, text: str, at: int) -> str:
        """A text of the file as plain text, in the format that it names or that the question has."""
        text, form = text.strip(), self.format
        if found := _FORMAT.match(text):
            form, text = found[1], text[found.end() :]
        text = _unescape("\n".join(line.strip() for line in text.split("\n") if line.strip()))
        if form == "html" or form == "moodle" and _TAG.search(text):
            if re.search(r"<(img|video|audio|iframe)\b", text, re.IGNORECASE):
                self.refuse(at, _("มีภาพหรือสื่อฝังอยู่ในข้อความ ให้ใส่ภาพในหน้าแก้ไขหลังนำเข้า"))
            text = _strip_tags(text)
        return text.strip()


def _walk(text: str):
    """(place, mark) of every mark that is not escaped."""
    place = 0
    while place < len(text):
        if text[place] == "\\":
            place += 2
            continue
        if text[place] in "=~#{}":
            yield place, text[place]
        place += 1


def _find(text: str, mark: str, begin: int) -> int | None:
    return next((begin + place for place, found in _walk(text[begin:]) if found == mark), None)


def _find_text(text: str, wanted: str) -> int | None:
    return next((place for place, _mark in _walk(text) if text.startswith(wanted, place)), None)


def _split(text: str, mark: str) -> list[str]:
    places = [place for place, found in _walk(text) if found == mark]
    return [text[begin:end] for begin, end in zip([0, *(place + 1 for place in places)], [*places, len(text)], strict=True)]


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text, flags=re.DOTALL)


class _Text(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data):
        self.parts.append(data)

    def handle_starttag(self, tag, attrs):
        if tag in ("br", "li"):
            self.parts.append("\n")

    def handle_endtag(self, tag):
        if tag in ("p", "div", "ul", "ol"):
            self.parts.append("\n")


def _strip_tags(text: str) -> str:
    parser = _Text()
    parser.feed(text)
    parser.close()
    return "\n".join(line.strip() for line in "".join(parser.parts).splitlines() if line.strip())
