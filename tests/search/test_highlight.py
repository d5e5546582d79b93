"""Marks around whole words, everything else inert."""

import re

import pytest
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from search import thai
from search.engines import MARK, UNMARK
from search.highlight import PASSAGE, find_passage, plain, show_marked


def mark(text: str, *wanted: str) -> str:
    """A joined text as an engine marks it."""
    return thai.Marker(frozenset(wanted), MARK, UNMARK).mark(thai.join(text))


@pytest.mark.parametrize(
    ("text", "wanted", "html"),
    [
        ("จดทะเบียนที่ไหน", ["จดทะเบียน"], "<mark>จดทะเบียน</mark>ที่ไหน"),
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
def test_show_marked_marks_whole_words(text, wanted, html):
    assert show_marked(mark(text, *wanted)) == html


@given(st.text(max_size=60), st.text(alphabet="ภาษีจดทะเบียนvat<>&\"'", max_size=12))
def test_marks_change_nothing_but_themselves(text, question):
    """Without the marks it is the repaired text, escaped; marks are balanced and stand between words."""
    text = text.replace(MARK, "").replace(UNMARK, "")
    joined = mark(text, *(word.term for word in thai.find_words(question)))
    html = show_marked(joined)
    assert re.sub("</?mark>", "", html) == escape(thai.repair(text))
    assert [match[0] for match in re.finditer("</?mark>", html)] == ["<mark>", "</mark>"] * html.count("<mark>")
    assert plain(joined) == thai.repair(text)


def test_find_passage_takes_the_stretch_with_most_wanted_words():
    text = "ร้านเปิดทุกวัน\n" + "ขายดีมาก " * 60 + "ต้องจดทะเบียนและเสียภาษีป้าย " + "ขายดีมาก " * 60
    passage, line = find_passage(mark(text, "จดทะเบียน", "ภาษีป้าย"))
    assert (passage.count("<mark>"), line) == (2, 1)
    assert (passage[:2], passage[-2:]) == ("… ", " …")
    assert len(re.sub("<[^>]+>", "", passage)) <= PASSAGE + 4


def test_find_passage_never_joins_two_lines():
    assert find_passage(mark("ภาษีป้าย\nค่าเช่า", "ภาษีป้าย", "ค่าเช่า")) == ("<mark>ภาษีป้าย</mark>", 0)


def test_find_passage_leaves_headings_out():
    marked = mark("ภาษีป้าย ค่าเช่า\nค่าเช่าร้าน", "ภาษีป้าย", "ค่าเช่า")
    assert find_passage(marked, skip={0}) == ("<mark>ค่าเช่า</mark>ร้าน", 1)
    assert find_passage(marked, skip={0, 1}) == ("", 0)


@pytest.mark.parametrize("joined", ["", "ค่าเช่าร้าน", "\n\n"])
def test_find_passage_of_nothing_is_empty(joined):
    assert find_passage(thai.join(joined)) == ("", 0)


def test_find_passage_of_a_long_text_full_of_hits_is_short():
    passage, _ = find_passage(mark("ภาษี " * 20_000, "ภาษี"))
    assert passage.count("<mark>") <= 40
