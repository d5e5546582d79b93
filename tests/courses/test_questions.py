"""Questions read from the editor's data, their faults, the order drawn, answers read from forms, numbers and words."""

import random
from decimal import Decimal

import pytest
from django.http import QueryDict
from hypothesis import given as generated
from hypothesis import strategies as st

from courses import grading
from courses.questions import Unreadable, compare_as, draw, find_faults, parse_number, read_given, read_questions, write_given
from tests.courses.question_samples import (
    MAKERS,
    make_case,
    make_every_kind,
    make_match,
    make_multiple,
    make_number,
    make_option,
    make_order,
    make_short,
    make_single,
    make_true_false,
)


def read(raw: dict):
    return read_questions([raw])[0]


# Reading


def test_questions_of_every_kind_are_read_with_the_ids_of_their_parts():
    raw = make_every_kind()
    questions = read_questions(raw)
    assert [(question.id, question.kind) for question in questions] == [(item["id"], item["type"]) for item in raw]
    by_kind = {question.kind: question for question in questions}
    assert [option.id for option in by_kind["single"].options] == [one["id"] for one in raw[0]["value"]["options"]]
    assert [(option.text, option.is_right, option.why) for option in by_kind["single"].options] == [
        ("สิบบาท", True, "เหตุผลของ สิบบาท"),
        ("ห้าบาท", False, "เหตุผลของ ห้าบาท"),
        ("สองบาท", False, "เหตุผลของ สองบาท"),
    ]
    assert (by_kind["number"].answer, by_kind["number"].tolerance, by_kind["number"].unit) == (Decimal("1234.5"), Decimal("0.25"), "บาท")
    assert [text for _id, text in by_kind["order"].steps] == ["นับเงินสด", "ใส่เงินเข้า", "ใส่เงินออก", "ยกยอด"]
    assert [text for _id, text in by_kind["match"].rights] == ["คงที่", "ผันแปร", "ลงทุน"]
    assert [part.kind for part in by_kind["case"].parts] == ["single", "number"]


def test_case_is_worth_the_sum_of_its_parts():
    assert read(make_case(parts=[make_single(points=2), make_number(points=3)], points=17)).points == 5


def test_data_without_ids_is_given_the_same_ids_each_time_and_none_tells_its_place():
    raw = make_order(steps=("ก", "ข"))
    del raw["id"]
    raw["value"]["steps"] = ["ก", "ข"]
    first, second = read(raw), read(raw)
    assert first == second
    raw["value"]["steps"] = ["ข", "ก"]
    assert dict(read(raw).steps) == dict(first.steps)


def test_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="essay"):
        read({"type": "essay", "id": "x", "value": {}})


def test_texts_before_the_answer_hold_no_explanation():
    question = read(make_case(parts=[make_single(), make_true_false()]))
    before = " ".join(question.texts(is_answered=False))
    assert "สิบบาท" in before
    assert "เหตุผล" not in before
    assert "อธิบาย" not in before
    assert "เหตุผลเมื่อตอบว่าจริง" in question.texts()


def test_facts_of_what_is_shown_are_found():
    options = [make_option("{fact:fee}", True, "เพราะ {fact:law}"), make_option("ฟรี", False, "ไม่ใช่")]
    question = read(make_single(options=options, explanation="ดู {fact:more}"))
    assert question.fact_codes(is_answered=False) == ["fee"]
    assert sorted(question.fact_codes()) == ["fee", "law", "more"]


# Faults


def test_questions_without_faults_have_none():
    assert find_faults(read_questions(make_every_kind())) == []


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (make_single("a", [make_option("ก"), make_option("ข")]), "ข้อ a: ยังไม่มีตัวเลือกที่ถูก"),
        (make_multiple("a", [make_option("ก"), make_option("ข")]), "ข้อ a: ยังไม่มีตัวเลือกที่ถูก"),
        (make_single("a", [make_option("ก", True), make_option("ข", True)]), "ข้อ a: มีตัวเลือกที่ถูก 2 ตัวเลือก แต่เป็นข้อแบบเลือกหนึ่งข้อ"),
        (make_single("a", [make_option("เเพง", True), make_option("แพง")]), "ข้อ a: ตัวเลือกซ้ำกัน: แพง"),
        (make_single("a", [make_option("ก", True)]), "ข้อ a: ต้องมีตัวเลือกอย่างน้อยสอง"),
        (make_single("a", [make_option("ก", True), make_option(" ", why="x")]), "ข้อ a: มีตัวเลือกที่ว่างอยู่"),
        (make_single("a", [make_option("ก", True), make_option("ข", why=" ")]), "ข้อ a: มีตัวเลือกที่ยังไม่มีคำอธิบายว่าเพราะอะไร"),
        (make_single("a", [make_option("ก", True, image=3), make_option("ข")]), "ข้อ a: ภาพในตัวเลือกยังไม่มีคำบรรยายแทนภาพ"),
        (make_single("a", image=3), "ข้อ a: ภาพยังไม่มีคำบรรยายแทนภาพ"),
        (make_single("a", text=" "), "ข้อ a: ยังไม่มีคำถาม"),
        (make_true_false("a", why_false=""), "ข้อ a: ต้องมีคำอธิบายทั้งเมื่อตอบว่าจริงและไม่จริง"),
        (make_short("a", ()), "ข้อ a: ยังไม่มีคำตอบที่รับ"),
        (make_short("a", ("ดี", " … ")), "ข้อ a: คำตอบที่รับว่างอยู่ หรือมีแต่เครื่องหมาย"),
        (make_order("a", ("ก", "ก")), "ข้อ a: ขั้นตอนซ้ำกัน: ก"),
        (make_number("a", tolerance="-1"), "ข้อ a: ค่าคลาดเคลื่อนติดลบไม่ได้"),
        (make_match("a", (("ก", "ค"), ("ก", "ง"))), "ข้อ a: ด้านซ้ายของคู่ซ้ำกัน: ก"),
        (make_match("a", (("ก", "ค"), ("ข", "ค"))), "ข้อ a: ทุกคู่มีด้านขวาเหมือนกัน จึงไม่มีอะไรให้เลือก"),
        (make_match("a", (("ก", "ค"), ("ข", ""))), "ข้อ a: คู่ที่ถูกว่างอยู่"),
        (make_case("a", [make_single("b", [make_option("ก"), make_option("ข")])]), "ข้อ b: ยังไม่มีตัวเลือกที่ถูก"),
        (make_case("a", [make_single("A")]), "มีมากกว่าหนึ่งข้อที่ใช้รหัส a"),
    ],
)
def test_each_fault_names_its_question(raw, fault):
    assert find_faults(read_questions([raw])) == [fault]


def test_empty_quiz_same_code_and_too_large_pool_are_faults():
    assert find_faults([]) == ["แบบฝึกนี้ยังไม่มีคำถาม"]
    assert find_faults(read_questions([make_single("a"), make_number("a")])) == ["มีมากกว่าหนึ่งข้อที่ใช้รหัส a"]
    assert find_faults(read_questions([make_single("a")]), 2) == ["สุ่มถาม 2 ข้อไม่ได้ เพราะมีแค่ 1 ข้อ"]


# The order drawn


def test_pool_is_drawn_without_repetition_and_keeps_the_editors_order_when_not_shuffled():
    questions = read_questions([make_single(f"q{n}") for n in range(9)])
    for seed in range(20):
        drawn = [entry["id"] for entry in draw(questions, pool=4, is_shuffled=False, chance=random.Random(seed))]
        assert len(set(drawn)) == 4
        assert drawn == [question.id for question in questions if question.id in drawn]


def test_options_stay_in_order_unless_shuffled_but_steps_and_right_sides_never_stand_in_theirs():
    questions = read_questions([make_single(), make_order(), make_match(), make_case(parts=[make_order()])])
    for seed in range(50):
        single, order, match, case = draw(questions, pool=0, is_shuffled=False, chance=random.Random(seed))
        assert single["options"] == [option.id for option in questions[0].options]
        steps = [key for key, _text in questions[1].steps]
        assert order["options"] != steps
        assert sorted(order["options"]) == sorted(steps)
        rights = [key for key, _text in questions[2].rights]
        assert match["options"] != rights
        assert sorted(match["options"]) == sorted(rights)
        assert case["parts"][0]["options"] != [key for key, _text in questions[3].parts[0].steps]


def test_shuffling_reaches_every_order_of_questions_and_options():
    questions = read_questions([make_single(), make_number()])
    drawn = [draw(questions, pool=0, is_shuffled=True, chance=random.Random(seed)) for seed in range(200)]
    assert len({tuple(entry["id"] for entry in shown) for shown in drawn}) == 2
    assert len({tuple(entry["options"]) for shown in drawn for entry in shown if entry["options"]}) == 6


# Answers from forms


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_written_into_a_form_is_read_back(kind):
    question = read(MAKERS[kind]())
    entry = draw([question], pool=0, is_shuffled=True, chance=random.Random(7))[0]
    given = grading.right_answer(question)
    sent = QueryDict(mutable=True)
    for name, values in write_given(question, given, entry).items():
        sent.setlist(name, values)
    assert read_given(question, sent, entry) == given


def test_names_and_values_of_a_match_do_not_say_what_belongs_together():
    question = read(make_match())
    entry = draw([question], pool=0, is_shuffled=False, chance=random.Random(1))[0]
    written = write_given(question, grading.right_answer(question), entry)
    assert {value for values in written.values() for value in values} == {"1", "2", "3"}


single, multiple, order, match, number, short = make_single(), make_multiple(), make_order(), make_match(), make_number(), make_short()


@pytest.mark.parametrize(
    ("raw", "post"),
    [
        (single, {}),
        (single, {single["id"]: ""}),
        (single, {single["id"]: "forged"}),
        (single, {single["id"]: [one["id"] for one in single["value"]["options"]][:2]}),
        (multiple, {}),
        (multiple, {multiple["id"]: [multiple["value"]["options"][0]["id"], "forged"]}),
        (make_true_false(), {}),
        (order, {}),
        (order, {f"{order['id']}-{one['id']}": "1" for one in order["value"]["steps"]}),
        (order, {f"{order['id']}-{one['id']}": str(place) for place, one in enumerate(order["value"]["steps"])}),
        (match, {f"{match['id']}-{one['id']}": "4" for one in match["value"]["pairs"]}),
        (match, {f"{match['id']}-{one['id']}": "๑" for one in match["value"]["pairs"]}),
        (match, {f"{match['id']}-{match['value']['pairs'][0]['id']}": "1"}),
        (number, {number["id"]: "ไม่รู้"}),
        (number, {number["id"]: "40-50"}),
        (number, {number["id"]: "9" * 400}),
        (short, {short["id"]: "   "}),
        (short, {short["id"]: "ก" * 301}),
        (short, {short["id"]: "\x00"}),
        (make_case(), {}),
    ],
)
def test_what_is_no_answer_is_refused(raw, post):
    with pytest.raises(Unreadable):
        read_given(read(raw), post)


def test_hidden_characters_never_reach_the_database():
    assert read_given(read(short), {short["id"]: "กำ\x00ไร\u200bขั้น\nต้น\ud800"}) == {"text": "กำไรขั้น ต้น"}


# Numbers and words


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1,200", "", "1200"),
        ("๑,๒๐๐ บาท", "บาท", "1200"),
        ("1 200 000", "", "1200000"),
        ("1.5 ล้าน", "บาท", "1500000"),
        ("๑.๕ล้านบาท", "บาท", "1500000"),
        ("1 ล้าน 2 แสน 5 หมื่น", "บาท", "1250000"),
        ("3พัน5ร้อย", "", "3500"),
        ("5 แสนล้าน", "", "500000000000"),
        ("-5", "", "-5"),
        ("−2,250 บาท", "บาท", "-2250"),
        ("ติดลบ 500", "บาท", "-500"),
        ("ลบ ๓.๕", "%", "-3.5"),
        ("50%", "%", "50"),
        (".5", "", "0.5"),
        ("-0", "", "0"),
        ("ประมาณ 40 จาน", "จาน", "40"),
        ("40 บาทต่อจาน", "บาท", "40"),
        ("1.5", "ล้านบาท", "1.5"),
        ("1.5 ล้าน", "ล้านบาท", "1.5"),
        ("5 พันธุ์", "พันธุ์", "5"),
        ("20k", "บาท", "20000"),
        ("5 m", "เมตร", "5"),
        ("2 แสน", "ชิ้น", "200000"),
    ],
)
def test_numbers_are_read_as_people_write_them(text, unit, number):
    assert parse_number(text, unit) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "ไม่รู้", "40-50", "5 6", "1/2", "1.2.3", "1,2,3", "9" * 20, "5 แสน 3 ล้าน", "สี่สิบ", "ไม่ใช่ 40", "2 หรือ 3", "1e9"]
)
def test_what_is_no_single_number_is_not_guessed(text):
    assert parse_number(text) is None


_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


@generated(st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False))
def test_thai_digits_equal_arabic_and_commas_do_not_count(number):
    written = f"{number:,f}"
    assert parse_number(written.translate(_THAI_DIGITS)) == parse_number(written) == parse_number(written.replace(",", "")) == number


@generated(st.text(max_size=60))
def test_any_text_is_a_number_or_none_and_never_an_error(text):
    number = parse_number(text, "บาท")
    assert number is None or abs(number) < Decimal(10) ** 15


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("กำไรขั้นต้น", "กำไร ขั้นต้น"),
        ("กำไรขั้นต้น", "กํา\u200bไรขั้นต้น"),
        ("แพง", "เเพง"),
        ("ภ.พ.30", "ภพ ๓๐"),
        ("VAT", "vat."),
        ("1,200", "๑๒๐๐"),
        ("Gross-Profit", "gross profit"),
    ],
)
def test_short_answers_that_look_the_same_are_the_same(one, other):
    assert compare_as(one) == compare_as(other) != ""


@pytest.mark.parametrize(("one", "other"), [("1.5", "15"), ("กำไร", "กำไล"), ("ปู", "ปู่"), ("ก", "")])
def test_short_answers_that_differ_stay_different(one, other):
    assert compare_as(one) != compare_as(other)


def test_list_items_of_older_data_are_read():
    raw = make_short()
    raw["value"]["accepted"] = ["ก", "ข"]
    assert read(raw).accepted == ("ก", "ข")
