"""Reading time, and the headings that the contents list leads to."""

import re

import pytest

from kb.headings import add_anchors, find_headings
from kb.reading import count_words, reading_minutes


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (1, 1), (200, 1), (201, 2), (400, 2), (401, 3)])
def test_reading_minutes_are_whole_and_never_none(words, minutes):
    assert reading_minutes(words) == minutes


def test_count_words_cuts_thai_and_leaves_out_punctuation():
    assert count_words("จดทะเบียนที่เทศบาล") == 3
    assert count_words("จดทะเบียน ที่ เทศบาล ... (VAT) 7%") == 5
    assert count_words("") == 0


def test_every_heading_is_found_and_gets_the_anchor_that_the_list_leads_to():
    html = '<h2 data-block-key="x1">ใคร<b>ต้อง</b>จด</h2><p>ทุกคน</p><h3>ย่อย</h3><h2>ค่าใช้จ่าย &amp; เวลา</h2>'
    found = find_headings(html)
    assert [words for _anchor, words in found] == ["ใครต้องจด", "ค่าใช้จ่าย & เวลา"]
    assert re.findall(r'<h2 id="([^"]+)">', add_anchors(html)) == [anchor for anchor, _words in found]
    assert all(re.fullmatch(r"h-[0-9a-f]{8}", anchor) for anchor, _words in found)


def test_an_anchor_depends_on_the_words_only():
    assert find_headings("<h2>ใครต้องจด</h2>")[0][0] == find_headings('<p></p><h2 data-block-key="z"><b>ใครต้องจด</b></h2>')[0][0]


def test_text_without_headings_stays_as_it_is():
    assert add_anchors("<p>ข้อความ</p>") == "<p>ข้อความ</p>"
    assert find_headings("") == []
