"""Questions as GIFT: a round trip that loses nothing, files of others, and faults with their lines."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.gift import read_gift, write_gift
from courses.question_files import Fault, make_item, make_question, tidy

NASTY = ["~=#{}:\\", "::", "####", "->", "//", "[html]", "[plain]x", "%50%", "{fact:vat-rate}", "\n", "\n\n", "\r\n", "\\n", "\\>", " ", "// msme: {", "น้ำ", "=", "'=1", '"', ",", ";", "\t", "$CATEGORY: x", "TRUE", "<p>", "&amp;", "\u2028", "\x85", "\ufeff", "'"]  # fmt: skip
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.lists(st.sampled_from(NASTY) | st.text(characters, max_size=6) | st.text("กขคำ้ี่ ะ", max_size=5), max_size=4).map("".join)
words = st.tuples(st.sampled_from("กaข0=+-@'"), texts).map("".join)  # with something in it
ids = st.uuids().map(str)
codes = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
images = st.none() | st.integers(1, 10**6)
decimals = st.decimals(-(10**9), 10**9, allow_nan=False, places=3).map(lambda number: format(number, "f"))


def items(values, least=2, most=4):
    return st.lists(st.builds(make_item, values, ids), min_size=least, max_size=most)


options = st.fixed_dictionaries({"text": words, "image": images, "alt": texts, "is_right": st.booleans(), "why": words})
pairs = st.fixed_dictionaries({"left": words, "right": words})
OWN = {
    "single": {"options": items(options)},
    "multiple": {"options": items(options)},
    "true_false": {"is_true": st.booleans(), "why_true": words, "why_false": words},
    "order": {"steps": items(words)},
    "number": {"answer": decimals, "tolerance": decimals.map(lambda number: number.lstrip("-")), "unit": texts},
    "short": {"accepted": items(words, 1)},
    "match": {"pairs": items(pairs)},
}


def question(kind: str, **more):
    common = {"code": codes, "text": words, "image": images, "alt": texts, "explanation": texts, "points": st.integers(1, 20) | st.none()}
    return st.builds(
        lambda value, key: tidy({"type": kind, "value": value, "id": key}), st.fixed_dictionaries(common | OWN.get(kind, {}) | more), ids
    )


simple = st.one_of([question(kind) for kind in OWN])
case = question("case", story=texts, parts=st.lists(simple, max_size=3))


def all_codes(questions):
    return [each["value"]["code"] for raw in questions for each in (raw, *raw["value"].get("parts", []))]


papers = st.lists(simple | case, min_size=1, max_size=4).filter(
    lambda questions: len(set(all_codes(questions))) == len(all_codes(questions))
)


@settings(max_examples=150, deadline=None)
@given(papers)
def test_round_trip_loses_nothing(questions):
    before = copy.deepcopy(questions)
    reading = read_gift(write_gift(questions))
    assert reading.faults == []
    assert reading.questions == before == questions


@settings(max_examples=50, deadline=None)
@given(papers)
def test_round_trip_survives_windows_line_ends_and_a_byte_order_mark(questions):
    reading = read_gift("\ufeff" + write_gift(questions).replace("\n", "\r\n"))
    assert (reading.faults, reading.questions) == ([], questions)


def without_ids(thing):
    if isinstance(thing, dict):
        return {name: without_ids(value) for name, value in thing.items() if name != "id"}
    return [without_ids(value) for value in thing] if isinstance(thing, list) else thing


clean = st.text("กขคำน้ี่ย~=#{}:\\>-/[%]&<a1 ", min_size=1, max_size=12).map(lambda text: f"ก{text}ข")
plain_options = st.lists(
    st.builds(
        make_item, st.fixed_dictionaries({"text": clean, "image": st.none(), "alt": st.just(""), "is_right": st.just(False), "why": clean})
    ),
    min_size=2,
    max_size=5,
)
NATIVE = {
    "single": {"options": plain_options},
    "multiple": {"options": plain_options},
    "true_false": {"is_true": st.booleans(), "why_true": clean, "why_false": clean},
    "number": {"answer": decimals, "tolerance": st.just("0.5")},
    "short": {"accepted": items(clean, 1)},
    "match": {"pairs": items(st.fixed_dictionaries({"left": clean, "right": clean}))},
}


@pytest.mark.parametrize("kind", NATIVE)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_native_text_alone_says_all_that_gift_can_say(kind, data):
    """What Moodle gets: our comments are taken away, and the kinds that GIFT knows still come back with every text."""
    value = data.draw(st.fixed_dictionaries({"code": codes, "text": clean, "explanation": clean} | NATIVE[kind]))
    for item in value.get("options", [])[: 1 if kind == "single" else 2]:
        item["value"]["is_right"] = True
    raw = make_question(kind, **value)
    bare = "\n".join(line for line in write_gift([raw]).split("\n") if not line.startswith("//"))
    reading = read_gift(bare)
    assert reading.faults == []
    assert without_ids(reading.questions) == without_ids([raw])


def test_line_breaks_and_facts_are_escaped_and_come_back():
    raw = make_question("short", code="A", text="จ่าย {fact:vat-rate}\nถูกไหม", accepted=[make_item("a->b")])
    text = write_gift([raw])
    assert "::A::[plain]จ่าย \\{fact\\:vat-rate\\}\\nถูกไหม{\n=a-\\>b\n}\n" in text
    assert read_gift(text.split("\n", 1)[1]).questions[0]["value"]["text"] == raw["value"]["text"]


def test_order_and_case_are_written_so_that_moodle_reads_them():
    part = make_question("true_false", code="C-1", text="จริงไหม", is_true=False, why_true="ไม่ใช่", why_false="ใช่")
    text = write_gift(
        [
            make_question("order", code="O", text="เรียง", steps=[make_item("จด"), make_item("นับ")]),
            make_question("case", code="C", text="เรื่องร้าน <A>", story="<p>ขาย 10 ชิ้น</p>", parts=[part]),
        ]
    )
    bare = "\n".join(line for line in text.split("\n") if not line.startswith("//"))
    assert bare == (
        "::O::[plain]เรียง{\n=1 -> จด\n=2 -> นับ\n}\n\n"
        "::C::[html]<p><b>เรื่องร้าน &lt;A&gt;</b></p><p>ขาย 10 ชิ้น</p>\n\n"
        "::C-1::[plain]จริงไหม{\nFALSE#ไม่ใช่#ใช่\n}\n"
    )


# Edited by hand


def test_edited_text_wins_and_the_comment_adds_what_gift_cannot_say():
    options = [make_item({"text": text, "image": 7, "alt": "ภาพ", "is_right": text == "ใช่", "why": "เพราะ"}) for text in ("ใช่", "ไม่ใช่")]
    raw = make_question("single", code="A-1", text="เก่า", points=5, options=options)
    found = read_gift(write_gift([raw]).replace("เก่า", "ใหม่").replace("\n~ไม่ใช่", "\n~ผิด")).questions[0]
    expected = copy.deepcopy(raw)
    expected["value"]["text"] = "ใหม่"
    expected["value"]["options"][1]["value"]["text"] = "ผิด"
    assert found == expected


def test_edited_order_stays_an_order():
    raw = make_question("order", code="O", text="เรียง", points=2, steps=[make_item("ก"), make_item("ข")])
    found = read_gift(write_gift([raw]).replace("=1 -> ก\n=2 -> ข", "=2 -> ก\n=1 -> ข\n=3 -> ค")).questions[0]
    assert (found["type"], found["id"], found["value"]["points"]) == ("order", raw["id"], 2)
    assert [item["value"] for item in found["value"]["steps"]] == ["ข", "ก", "ค"]


def test_edited_case_keeps_its_parts():
    part = make_question("number", code="C-1", text="กี่บาท", answer="5", unit="บาท")
    raw = make_question("case", code="C", text="เรื่อง", story="<p>เดิม</p>", points=3, parts=[part])
    found = read_gift(write_gift([raw]).replace("[html]<p><b>เรื่อง</b></p><p>เดิม", "[html]<p><b>ชื่อ</b></p><p>ใหม่").replace("#5:0", "#6:0"))
    assert found.faults == []
    expected = copy.deepcopy(raw)
    expected["value"] |= {"text": "ชื่อ", "story": "<p>ใหม่</p>"}
    expected["value"]["parts"][0]["value"]["answer"] = "6"
    assert found.questions == [expected]


def test_copied_question_gets_ids_of_its_own():
    raw = make_question("short", code="A", text="ก", accepted=[make_item("ข")])
    text = write_gift([raw])
    first, second = read_gift(text + "\n" + text.replace("::A::", "::B::")).questions
    assert (first, second["value"]["code"]) == (raw, "B")
    assert second["id"] != raw["id"]
    assert second["value"]["accepted"][0]["id"] != raw["value"]["accepted"][0]["id"]


# Files of others

MOODLE = """// question: 0  name: Switch category to $course$/top/Default
$CATEGORY: $course$/top/Default

// question: 91  name: Capital
::Capital of Thailand::[html]<p>เมืองหลวง&nbsp;ของไทย</p>{
\t=<p>กรุงเทพฯ</p>#<p>ถูกแล้ว</p>
\t~%0%เชียงใหม่#ไม่ใช่
\t####[html]<p>ดูแผนที่</p>
}

::multi::[moodle]ข้อใดถูก {
  ~%50%หนึ่ง#ใช่
  ~%50%สอง#ใช่
  ~%-100%สาม#ไม่ใช่
}

::tf::พ่อค้าต้องจดทะเบียน\\: จริงไหม{T#ผิด เพราะกฎหมายบอก#ถูกแล้ว####ทั่วไป}

ฝนตกที่ {=ไหน#ถูก ~ใด#ผิด} ก่อน

::num::2+2\\=?{#4:0.5}
::range-not-blank::ต่อท้ายบรรทัดก่อน{#1}

::range::ช่วง{#1..5####อยู่ในช่วง}

::num2::หลายแบบ{#
=1822:2#ถูกต้อง
~#ไม่ใช่
}

::short::ใครเขียน{=%100%สมมติ#ใช่ =สมมุติ#ใช่ =นาย \\{ก\\}#เขียนแบบนี้ก็ได้}

::match::จับคู่{
=ก -> ข
// หมายเหตุ
=ค -> ง
}
"""


def test_file_of_moodle_is_read():
    reading = read_gift(MOODLE.replace("::range-not-blank::ต่อท้ายบรรทัดก่อน{#1}\n", ""))
    assert reading.faults == []
    assert reading.lines == [5, 11, 17, 19, 21, 23, 25, 30, 32]
    found = {raw["value"]["code"]: raw for raw in reading.questions}
    assert list(found) == ["Capital-of-Thailand", "multi", "tf", "q4", "num", "range", "num2", "short", "match"]

    def choices(code):
        return [(item["value"]["text"], item["value"]["is_right"], item["value"]["why"]) for item in found[code]["value"]["options"]]

    capital = found["Capital-of-Thailand"]
    assert (capital["type"], capital["value"]["text"], capital["value"]["explanation"]) == ("single", "เมืองหลวง\xa0ของไทย", "ดูแผนที่")
    assert choices("Capital-of-Thailand") == [("กรุงเทพฯ", True, "ถูกแล้ว"), ("เชียงใหม่", False, "ไม่ใช่")]
    assert found["multi"]["type"] == "multiple"
    assert choices("multi") == [("หนึ่ง", True, "ใช่"), ("สอง", True, "ใช่"), ("สาม", False, "ไม่ใช่")]
    truth = found["tf"]["value"]
    assert (truth["text"], truth["is_true"]) == ("พ่อค้าต้องจดทะเบียน: จริงไหม", True)
    assert (truth["why_true"], truth["why_false"], truth["explanation"]) == ("ถูกแล้ว", "ผิด เพราะกฎหมายบอก", "ทั่วไป")
    assert (found["q4"]["value"]["text"], choices("q4")) == ("ฝนตกที่ _____ ก่อน", [("ไหน", True, "ถูก"), ("ใด", False, "ผิด")])
    numbers = {code: (found[code]["value"]["answer"], found[code]["value"]["tolerance"]) for code in ("num", "range", "num2")}
    assert numbers == {"num": ("4", "0.5"), "range": ("3", "2"), "num2": ("1822", "2")}
    assert (found["num"]["value"]["text"], found["num2"]["value"]["explanation"]) == ("2+2=?", "ถูกต้อง\nไม่ใช่")
    assert [item["value"] for item in found["short"]["value"]["accepted"]] == ["สมมติ", "สมมุติ", "นาย {ก}"]
    assert found["short"]["value"]["explanation"] == "ใช่\nเขียนแบบนี้ก็ได้"
    assert [item["value"] for item in found["match"]["value"]["pairs"]] == [{"left": "ก", "right": "ข"}, {"left": "ค", "right": "ง"}]


def test_two_questions_without_a_blank_line_are_told_apart_as_a_fault():
    assert read_gift(MOODLE).faults == [Fault(22, "ข้อ num: มีวงเล็บปีกกา { เกินมา ถ้าเป็นข้อความให้เขียน \\{")]


BROKEN = """\ufeff::no-why::มีไหม{
=มี#เพราะ
~ไม่มี
}

::partial::บางส่วน{
=เต็ม#ก
~%50%ครึ่ง#ข
}

::uneven::น้ำหนัก{
~%70%ก#ก
~%30%ข#ข
}

::essay::เขียนมา{}

คำอธิบายเฉย ๆ

::open::ไม่ปิด{
=ก

::number::เท่าไร{#สิบ}

::number2::เท่าไร{#=1:0 =%50%2:0}

::short::สั้น{=ก =%50%ข}

::pair::คู่{
=ก -> ข
=ค
}

::tf::จริงไหม{T}

::junk::อะไร{ก ข ค}

::picture::[html]ดู <img src="@@PLUGINFILE@@/a.png">{=ก#ก ~ข#ข}

// msme: {"type": "single"
::good::ดี{=ก#ก ~ข#ข}

::none::ไม่มีข้อถูก{~ก#ก ~ข#ข}

::{=ก#ก ~ข#ข}
"""


def test_every_fault_is_told_with_its_line():
    reading = read_gift(BROKEN)
    assert [(fault.line, fault.text) for fault in reading.faults] == [
        (3, "ข้อ no-why: ตัวเลือก “ไม่มี” ไม่มีคำอธิบาย"),
        (8, "ข้อ partial: ตัวเลือกได้คะแนนบางส่วน (50%) ข้อเลือกหนึ่งข้อของเราถูกหรือผิดเท่านั้น"),
        (12, "ข้อ uneven: น้ำหนัก 70% ใช้ไม่ได้ ตัวเลือกที่ถูกต้องได้เท่ากันและรวมเป็น 100%"),
        (13, "ข้อ uneven: น้ำหนัก 30% ใช้ไม่ได้ ตัวเลือกที่ถูกต้องได้เท่ากันและรวมเป็น 100%"),
        (16, "ข้อ essay: ข้ออัตนัยที่ให้คนตรวจ เรายังไม่มี"),
        (18, "ข้อ q5: ไม่มีคำตอบในวงเล็บปีกกา เราไม่มีข้อที่เป็นข้อความอย่างเดียว"),
        (20, "ข้อ open: วงเล็บปีกกา { } ไม่ครบคู่"),
        (23, "ข้อ number: “สิบ” ไม่ใช่ตัวเลข"),
        (25, "ข้อ number2: คำตอบตัวเลขที่ได้คะแนนบางส่วน เรายังไม่มี"),
        (27, "ข้อ short: คำตอบสั้นที่ได้คะแนนบางส่วน (50%) เรายังไม่มี"),
        (31, "ข้อ pair: คู่นี้ไม่มี ->"),
        (34, "ข้อ tf: คำตอบว่าจริง ไม่มีคำอธิบาย"),
        (34, "ข้อ tf: คำตอบว่าไม่จริง ไม่มีคำอธิบาย"),
        (36, "ข้อ junk: อ่านคำตอบไม่ออก แต่ละคำตอบต้องขึ้นต้นด้วย = หรือ ~"),
        (38, "ข้อ picture: มีภาพหรือสื่อฝังอยู่ในข้อความ ให้ใส่ภาพในหน้าแก้ไขหลังนำเข้า"),
        (40, "อ่านข้อมูลในบรรทัด “// msme:” ไม่ได้ ถ้าลบบรรทัดนี้จะนำเข้าเป็นข้อใหม่ได้"),
        (43, "ข้อ none: ไม่มีตัวเลือกที่ถูก"),
        (45, "ข้อ q16: ชื่อข้อเปิดด้วย :: แล้วไม่ปิด"),
    ]


def test_missing_explanations_may_be_let_through():
    reading = read_gift("::a::มีไหม{=มี ~ไม่มี}\n\n::b::จริงไหม{F}", allow_missing=True)
    assert reading.faults == []
    assert [item["value"]["why"] for item in reading.questions[0]["value"]["options"]] == ["", ""]
    assert reading.questions[1]["value"]["why_true"] == ""


@pytest.mark.parametrize("text", ["", "\n\n", "// เฉย ๆ\n", "$CATEGORY: a\n"])
def test_file_without_a_question_is_a_fault(text):
    assert read_gift(text).faults == [Fault(1, "ไม่พบคำถามในไฟล์นี้")]


@pytest.mark.parametrize(
    "known",
    [
        [],
        {"type": "essay", "value": {}},
        {"type": "single", "value": {"options": "ก"}},
        {"type": "single", "value": {"text": 5}},
        {"type": "number", "value": {"answer": "NaN"}},
        {"type": "number", "value": {"answer": "1e999999"}},
        {"type": "single", "value": {"text": "\ud800"}},
        {"type": "single", "id": "x" * 41, "value": {}},
        {"type": "case", "value": {"parts": [{"type": "case", "value": {}}]}},
    ],
)
def test_forged_comment_is_a_fault(known):
    reading = read_gift(f"// msme: {json.dumps(known)}\n::a::ก{{=ข}}")
    assert reading.faults == [Fault(1, "อ่านข้อมูลในบรรทัด “// msme:” ไม่ได้ ถ้าลบบรรทัดนี้จะนำเข้าเป็นข้อใหม่ได้")]


def test_part_without_its_case_is_a_fault():
    part = make_question("short", code="C-1", text="ก", accepted=[make_item("ข")])
    text = write_gift([make_question("case", code="C", text="เรื่อง", story="<p>ก</p>", parts=[part])])
    assert read_gift(text.split("\n\n")[1]).faults == [Fault(2, "ข้อ C-1 เป็นข้อย่อย แต่ไม่พบกรณีศึกษาของมันก่อนหน้า")]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["::", "{", "}", "=", "~", "#", "####", "%50%", "->", "\\", "\n", "\n\n", "T", "ก", "//", "// msme: ", "1", ".."]), max_size=25).map("".join))  # fmt: skip
def test_no_text_breaks_the_reader(text):
    reading = read_gift(text)
    assert reading.questions or reading.faults
