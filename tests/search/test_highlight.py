"""Marks around whole words, everything else inert."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import thai
from search.highlight import Marked, find_passage, mark_words


def marked(text: str, *wanted: str) -> str:
    return mark_words(thai.join(text), Marked(frozenset(wanted)))


@pytest.mark.parametrize(
    ("text", "wanted", "html"),
    [
        ("จดทะเบียนที่ไหน", ["จดทะเบียน"], "<mark>จดทะเบียน</mark>ที่ไหน"),
        ("ภาษีมูลค่าเพิ่มคืออะไร", ["ภาษี"], "<mark>ภาษีมูลค่าเพิ่ม</mark>คืออะไร"),
        ("จด VAT แล้ว", ["vat"], "จด <mark>VAT</mark> แล้ว"),
        ("แบบ ภ.พ.30", ["ภพ30"], "แบบ <mark>ภ.พ.30</mark>"),
        ("ปีละ 1,800,000 บาท", ["1800000"], "ปีละ <mark>1,800,000</mark> บาท"),
        ("ยื่นภาษีป้าย", ["ยื่น", "ภาษีป้าย"], "<mark>ยื่นภาษีป้าย</mark>"),
        ("ก <b>หนา</b> & ภาษี", ["ภาษี"], "ก &lt;b&gt;หนา&lt;/b&gt; &amp; <mark>ภาษี</mark>"),
        ("<ภาษี>", ["ภาษี"], "&lt;<mark>ภาษี</mark>&gt;"),
        ("ไม่มีคำ", ["ภาษี"], "ไม่มีคำ"),
        ("", ["ภาษี"], ""),
        ("mark", ["mark"], "<mark>mark</mark>"),
    ],
)
def test_mark_words_marks_whole_words(text, wanted, html):
    assert marked(text, *wanted) == html


@given(st.text(max_size=60), st.text(alphabet="ภาษีจดทะเบียนvat<>&\"'", max_size=12))
def test_marks_change_nothing_but_themselves(text, question):
    """Without the marks it is the repaired text, escaped; marks are balanced and stand between words."""
    from django.utils.html import escape

    wanted = Marked(frozenset(word.term for word in thai.find_words(question)))
    html = mark_words(thai.join(text), wanted)
    assert re.sub("</?mark>", "", html) == escape(thai.repair(text))
    assert [match[0] for match in re.finditer("</?mark>", html)] == ["<mark>", "</mark>"] * html.count("<mark>")


def test_parts_of_an_asked_compound_mark_alone_or_together():
    wanted = Marked(frozenset(["กู้เงิน"]), frozenset(["กู้", "เงิน"]))
    assert mark_words(thai.join("เงินหมุน เงินกู้ กู้แบงก์ เงิน กู้เงิน"), wanted) == (
        "เงินหมุน <mark>เงินกู้</mark> กู้แบงก์ <mark>เงิน</mark> <mark>กู้เงิน</mark>"
    )


def test_find_passage_takes_the_stretch_with_most_wanted_words():
    text = "ร้านเปิดทุกวัน\n" + "ขายดีมาก " * 60 + "ต้องจดทะเบียนและเสียภาษีป้าย " + "ขายดีมาก " * 60
    passage = find_passage(thai.join(text), Marked(frozenset(["จดทะเบียน", "ภาษีป้าย"])))
    assert "<mark>จดทะเบียน</mark>" in passage
    assert "<mark>ภาษีป้าย</mark>" in passage or "<mark>เสียภาษีป้าย</mark>" in passage
    assert passage.startswith("… ")
    assert passage.endswith(" …")
    assert len(re.sub("<[^>]+>", "", passage)) <= 190


def test_find_passage_never_joins_two_lines():
    passage = find_passage(thai.join("ภาษีป้าย\nค่าเช่า"), Marked(frozenset(["ภาษีป้าย", "ค่าเช่า"])))
    assert passage == "<mark>ภาษีป้าย</mark>"


def test_find_passage_of_nothing_is_empty():
    assert find_passage(thai.join("ค่าเช่าร้าน"), Marked(frozenset(["ภาษี"]))) == ""
    assert find_passage("", Marked(frozenset(["ภาษี"]))) == ""
    assert find_passage(thai.join("ค่าเช่าร้าน"), Marked(frozenset())) == ""


def test_find_passage_of_a_long_text_full_of_hits_is_quick():
    joined = thai.join("ภาษี " * 20_000)
    assert find_passage(joined, Marked(frozenset(["ภาษี"]))).count("<mark>") <= 40
