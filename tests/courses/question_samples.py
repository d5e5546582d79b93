"""One question of each kind as its editor would store it: raw data of `blocks.QuestionBody`, every list item with its id."""

import uuid


def new_id() -> str:
    return str(uuid.uuid4())


def items(*values) -> list[dict]:
    return [{"type": "item", "id": new_id(), "value": value} for value in values]


def _make(kind: str, code: str | None, text: str, fields: dict, kwargs: dict) -> dict:
    shared = {
        "code": code or f"q-{uuid.uuid4().hex[:8]}",
        "text": text,
        "image": None,
        "alt": "",
        "explanation": "อธิบายรวมว่าทำไม",
        "points": 1,
    }
    return {"type": kind, "id": new_id(), "value": shared | fields | kwargs}


def make_option(text: str, is_right: bool = False, why: str | None = None, image=None, alt: str = "") -> dict:
    return {"text": text, "image": image, "alt": alt, "is_right": is_right, "why": why or f"เหตุผลของ {text}"}


def make_single(code=None, options=None, **kwargs) -> dict:
    options = options or [make_option("สิบบาท", True), make_option("ห้าบาท"), make_option("สองบาท")]
    return _make("single", code, "ค่าเช่าต่อจานเป็นเท่าไร", {"options": items(*options)}, kwargs)


def make_multiple(code=None, options=None, **kwargs) -> dict:
    options = options or [make_option("ค่าเช่า", True), make_option("ค่าแรง", True), make_option("ค่าของสด"), make_option("ค่าถุง")]
    return _make("multiple", code, "ข้อไหนเป็นต้นทุนคงที่", {"options": items(*options)}, kwargs)


def make_true_false(code=None, is_true=False, **kwargs) -> dict:
    fields = {"is_true": is_true, "why_true": "เหตุผลเมื่อตอบว่าจริง", "why_false": "เหตุผลเมื่อตอบว่าไม่จริง"}
    return _make("true_false", code, "มีกำไรแปลว่ามีเงินสดเสมอ", fields, kwargs)


def make_order(code=None, steps=("นับเงินสด", "ใส่เงินเข้า", "ใส่เงินออก", "ยกยอด"), **kwargs) -> dict:
    return _make("order", code, "เรียงขั้นตอนทำตารางเงินสด", {"steps": items(*steps)}, kwargs)


def make_number(code=None, answer="1234.5", tolerance="0.25", unit="บาท", **kwargs) -> dict:
    return _make("number", code, "เงินสดในลิ้นชักควรเหลือกี่บาท", {"answer": answer, "tolerance": tolerance, "unit": unit}, kwargs)


def make_short(code=None, accepted=("กำไรขั้นต้น", "gross profit"), **kwargs) -> dict:
    return _make("short", code, "ยอดขายหักต้นทุนขายเรียกว่าอะไร", {"accepted": items(*accepted)}, kwargs)


def make_match(code=None, pairs=(("ค่าเช่า", "คงที่"), ("ของสด", "ผันแปร"), ("เงินเดือน", "คงที่"), ("ค่าตู้แช่", "ลงทุน")), **kwargs) -> dict:
    return _make("match", code, "จับคู่ค่าใช้จ่ายกับชนิด", {"pairs": items(*({"left": left, "right": right} for left, right in pairs))}, kwargs)


def make_case(code=None, parts=None, **kwargs) -> dict:
    parts = parts or [make_single(), make_number()]
    return _make("case", code, "ช่วยร้านป้าแต๋วคิด", {"story": "<p>ร้าน<b>ป้าแต๋ว</b>ขายข้าวแกงวันละ 100 จาน</p>", "parts": parts}, kwargs)


MAKERS = {
    "single": make_single,
    "multiple": make_multiple,
    "true_false": make_true_false,
    "order": make_order,
    "number": make_number,
    "short": make_short,
    "match": make_match,
    "case": make_case,
}


def make_every_kind() -> list[dict]:
    return [make(code=f"kind-{kind}") for kind, make in MAKERS.items()]
