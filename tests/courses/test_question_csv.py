"""Questions as a table: a round trip that loses nothing, formulas that do not run, and tables out of spreadsheets."""

import copy
import csv
import io

import pytest
from hypothesis import given, settings

from courses.question_csv import guard, read_csv, unguard, write_csv
from courses.question_files import Fault, make_item, make_question
from tests.courses.test_gift import papers, texts


@settings(max_examples=150, deadline=None)
@given(papers)
def test_round_trip_loses_nothing(questions):
    before = copy.deepcopy(questions)
    reading = read_csv(write_csv(questions))
    assert reading.faults == []
    assert reading.questions == before == questions


@settings(max_examples=100, deadline=None)
@given(papers)
def test_no_cell_begins_like_a_formula(questions):
    rows = list(csv.reader(io.StringIO(write_csv(questions).removeprefix("\ufeff"), newline="")))
    assert not [cell for row in rows for cell in row if cell[:1] and cell[0] in "=+-@\t\r\n"]


@given(texts)
def test_guarded_cell_comes_back(text):
    assert unguard(guard(text)) == text


def test_formula_is_written_as_text():
    raw = make_question("short", code="A", text="=HYPERLINK(1)", accepted=[make_item("-5"), make_item("'=1")])
    sheet = write_csv([raw])
    assert "'=HYPERLINK(1)" in sheet
    assert "'-5" in sheet
    assert "''=1" in sheet
    assert sheet.startswith("\ufeffcode,part_of,kind,")
    assert read_csv(sheet).questions == [raw]


def test_table_out_of_a_spreadsheet_is_read():
    """Semicolons, other case and order of columns, TRUE, 1.0, thousands, empty rows and columns, no ids."""
    sheet = (
        "\ufeffKind; Code ;text;item_1;right_1;why_1;item_2;right_2;why_2;answer;points;;\r\n"
        "single;A;จดไหม;จด;TRUE;กฎหมายบอก;ไม่จด;FALSE;มีค่าปรับ;;2.0;;\r\n"
        ";;;;;;;;;;;;\r\n"
        'number;B;"กี่บาท\nต่อปี";;;;;;;"1,800,000";1;;\r\n'
    )
    reading = read_csv(sheet)
    assert (reading.faults, reading.lines) == ([], [2, 4])
    single, number = reading.questions
    assert [(item["value"]["text"], item["value"]["is_right"]) for item in single["value"]["options"]] == [("จด", True), ("ไม่จด", False)]
    assert single["value"]["points"] == 2
    assert (number["value"]["text"], number["value"]["answer"], number["value"]["tolerance"]) == ("กี่บาท\nต่อปี", "1800000", "0")


def test_every_fault_is_told_with_its_line():
    sheet = (
        "code,part_of,kind,text,answer,points,item_1,right_1,why_1,is_true,why_true,why_false\n"
        "A,,essay,ก,,,,,,,,\n"
        'B,,number,"ก\nข",สิบ,1.5,,,,,,\n'
        "ข้อ,,short,ก,,,ข,,,,,\n"
        "C,,single,ก,,,ข,บางที,ค,,,\n"
        "D,X,short,ก,,,ข,,,,,\n"
        "E,,true_false,,,,,,,1,ก,ข\n"
        "F,,true_false,ก,,,,,,1,ก,\n"
        "F,,short,ก,5,,ข,,,,,\n"
        "G,,short,ก,,,ข,,,,,,เกิน\n"
        "G,,short,ก,,,ข,,,,,\n"
        "H,,number,ก,,,,,,,,\n"
    )
    assert [(fault.line, fault.text) for fault in read_csv(sheet).faults] == [
        (2, "ข้อ A: ไม่รู้จักชนิด “essay” ใช้ได้: single, multiple, true_false, order, number, short, match, case"),
        (3, "ข้อ B: “1.5” ในช่อง points ไม่ใช่จำนวนเต็ม"),
        (3, "ข้อ B: “สิบ” ในช่อง answer ไม่ใช่ตัวเลข"),
        (5, "ข้อ ข้อ: รหัสข้อต้องเป็นตัวอังกฤษ ตัวเลข - หรือ _ ไม่เกิน 40 ตัว"),
        (6, "ข้อ C: “บางที” ในช่อง right_1 ต้องเป็น 1 หรือ 0"),
        (7, "ข้อ D: ไม่พบกรณีศึกษา X ในบรรทัดก่อนหน้า"),
        (8, "ข้อ E: ไม่มีคำถาม"),
        (9, "ข้อ F: คำตอบว่าไม่จริง ไม่มีคำอธิบาย"),
        (10, "ข้อ F: ชนิด short ไม่ใช้ช่อง answer"),
        (11, "แถวนี้มีช่องเกินหัวตาราง"),
        (12, "ข้อ G: รหัสซ้ำกับบรรทัด 11"),
        (13, "ข้อ H: ไม่มีคำตอบ"),
    ]


@pytest.mark.parametrize(
    ("sheet", "fault"),
    [
        ("", Fault(1, "ไฟล์ว่าง")),
        ("code,kind,text\n", Fault(1, "ไม่พบคำถามในไฟล์นี้")),
        ("code,text\nA,ก\n", Fault(1, "หัวตารางไม่มีช่อง kind")),
        ("code,kind,text,colour\nA,short,ก,แดง\n", Fault(1, "ไม่รู้จักช่อง colour")),
        ("code,kind,text,text\nA,short,ก,ข\n", Fault(1, "หัวตารางซ้ำ text")),
        ('code,kind,text\nA,short,ก\nB,short,"ข\n', Fault(3, 'อ่านตารางไม่ออกตั้งแต่บรรทัดนี้ มักเป็นเพราะเครื่องหมาย " ไม่ครบคู่')),
    ],
)
def test_table_that_is_none_is_a_fault(sheet, fault):
    assert fault in read_csv(sheet).faults


def test_missing_explanations_may_be_let_through():
    sheet = "code,kind,text,item_1,right_1,item_2\nA,single,ก,ข,1,ค\n"
    assert [fault.line for fault in read_csv(sheet).faults] == [2, 2]
    reading = read_csv(sheet, allow_missing=True)
    assert (reading.faults, [item["value"]["why"] for item in reading.questions[0]["value"]["options"]]) == ([], ["", ""])
