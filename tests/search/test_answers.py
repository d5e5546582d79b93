"""Quotes from live pages, or nothing."""

import datetime as dt
import json
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb.demo.load import load_knowledge
from kb.facts import plain_with_facts
from kb.models import GuidePage, Programme
from search import answers
from search.documents import listed_kinds
from search.passages import tidy
from search.query import search
from tests.factories import FactFactory, GuideFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db
QUESTIONS = Path(__file__).parent / "questions"


def live_text(page) -> str:
    """Every word of the page as it is now, facts in place, one blank between words."""
    if isinstance(page, Programme):
        texts, facts = [page.summary, page.offers, page.who, page.how_to_apply], page.facts
    else:
        page = GuidePage.objects.get(pk=page.pk)
        texts, facts = page.texts(), page.facts
    return tidy(" ".join(plain_with_facts(text, facts) for text in texts))


@pytest.fixture
def shelf(sweep):
    GuideFactory(
        slug="stall",
        title="ตั้งแผงลอยหน้าบ้าน",
        short_answer="ขอเขตก่อนตั้งแผง",
        body=[
            ("text", "<p>แผงลอยต้องไม่ขวางทาง</p><h2>ค่าปรับ</h2><p>ตั้งแผงโดยไม่ขออาจถูกเทศกิจเปรียบเทียบปรับ ให้เก็บใบเสร็จไว้</p>"),
            ("questions", [{"question": "เก็บกะละมังไว้หน้าร้านได้ไหม", "answer": "<p>ได้ถ้าไม่เกินแนวกันสาดของร้าน และเก็บก่อนสองทุ่มทุกวัน</p>"}]),
        ],
    )
    for number in range(8):
        GuideFactory(slug=f"other-{number}", title=f"เรื่องอื่น {number}", short_answer="ไม่เกี่ยว")
    sweep()


def test_what_the_page_is_about_is_answered_by_its_short_answer(shelf):
    answer = search("ตั้งแผงลอยหน้าบ้าน").answer
    assert (answer.quote, answer.section, answer.address) == ("ขอเขตก่อนตั้งแผง", "", "/guides/stall/#answer")
    assert (answer.title, answer.seen) == ("ตั้งแผงลอยหน้าบ้าน", "ตรวจทาน 3 พฤศจิกายน 2569")


def test_what_only_a_section_says_is_quoted_from_there(shelf):
    answer = search("แผงลอยหน้าบ้าน เทศกิจเปรียบเทียบปรับ").answer
    page = GuidePage.objects.get(slug="stall")
    assert answer.quote == "ตั้งแผงโดยไม่ขออาจถูกเทศกิจเปรียบเทียบปรับ ให้เก็บใบเสร็จไว้"
    assert (answer.anchor, answer.section) == page.headings[0]


def test_a_question_of_the_page_is_answered_by_its_answer(shelf):
    assert search("แผงลอยหน้าบ้าน เก็บกะละมัง").answer.quote == "ได้ถ้าไม่เกินแนวกันสาดของร้าน และเก็บก่อนสองทุ่มทุกวัน"


@pytest.mark.parametrize("text", ["ยานอวกาศ", "แผงวงจรไฟฟ้า ยานอวกาศ ดาวอังคาร", "เรื่องอื่น", "", "!!!", "ไหม"])
def test_nothing_is_answered_that_the_page_does_not_say(shelf, text):
    assert search(text).answer is None


def test_an_answer_is_of_the_page_as_it_is_now(shelf):
    GuidePage.objects.filter(slug="stall").update(short_answer="เปลี่ยนแล้ว ขอเขตก่อน")  # the index does not know
    answer = search("ตั้งแผงลอยหน้าบ้าน").answer
    assert answer.quote == "เปลี่ยนแล้ว ขอเขตก่อน"
    GuidePage.objects.filter(slug="stall").update(live=False)
    assert search("ตั้งแผงลอยหน้าบ้าน").answer is None


@time_machine.travel(dt.datetime(2026, 11, 23, 5, tzinfo=dt.UTC), tick=False)
def test_figures_that_ran_out_or_are_not_confirmed_are_marked(sweep):
    FactFactory(code="old", value="7", unit="%", valid_until=dt.date(2026, 9, 30))
    FactFactory(code="rumour", value="9", unit="บาท", confidence="believed")
    FactFactory(code="good", value="5", unit="บาท")
    GuideFactory(slug="fee", title="ค่าธรรมเนียมแผงลอย", short_answer="{fact:old} และ {fact:rumour} และ {fact:good}")
    for number in range(8):
        GuideFactory(slug=f"other-{number}", title=f"เรื่องอื่น {number}")
    sweep()
    answer = search("ค่าธรรมเนียมแผงลอย").answer
    assert answer.quote == "7% และ 9 บาท และ 5 บาท"
    assert answer.warnings == (("7%", "ข้อมูลถึง 30 กันยายน 2569"), ("9 บาท", "ยังไม่ยืนยัน"))


@time_machine.travel(dt.datetime(2027, 6, 1, 5, tzinfo=dt.UTC), tick=False)
def test_a_page_that_waits_for_review_says_so(shelf):
    assert search("ตั้งแผงลอยหน้าบ้าน").answer.warnings == (("", "หน้านี้เลยกำหนดตรวจทาน เนื้อหาอาจเก่า"),)


def test_a_closed_programme_is_quoted_as_closed(sweep):
    ProgrammeFactory(code="gone", name="คูปองเครื่องซักผ้า", live=True, status=Programme.Status.CLOSED, summary="ช่วยจ่ายค่าเครื่องซักผ้า")
    for number in range(8):
        GuideFactory(slug=f"other-{number}", title=f"เรื่องอื่น {number}")
    sweep()
    answer = search("คูปองเครื่องซักผ้า").answer
    assert (answer.quote, answer.warnings) == ("ช่วยจ่ายค่าเครื่องซักผ้า", (("", "โครงการนี้ปิดรับแล้ว"),))


def test_long_paragraph_is_quoted_up_to_a_blank():
    text = "ประโยค " * 100
    assert len(answers._shorten(text.strip())) <= answers.LONGEST
    assert text.startswith(answers._shorten(text))
    assert len(answers._shorten("ก" * 1000)) == answers.LONGEST


def test_an_answer_costs_one_query_more(shelf):
    def count(text: str) -> int:
        search(text)
        with CaptureQueriesContext(connection) as queries:
            search(text)
        return len(queries)

    assert count("ตั้งแผงลอยหน้าบ้าน") - count("เรื่องอื่น") <= 1


def test_every_answer_to_our_questions_is_a_stretch_of_a_live_page():
    """On the demonstration: every quote stands on its page; what nothing answers is left unanswered (tuning half)."""
    load_knowledge({}, lambda said: None)
    call_command("rebuild_index", verbosity=0)
    rows = [json.loads(line) for name in ("a", "b") for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    texts: dict = {}
    quoted = abstained = none = right = 0
    for row in rows:
        answer = search(row["text"], filters={"type": tuple(listed_kinds())}).answer
        if answer:
            page = answer.source
            shown = texts.setdefault((type(page), page.pk), live_text(page))
            assert answer.quote, row["text"]
            assert answer.quote in shown, (row["text"], answer.quote)
            quoted += 1
        if row["half"] == "tune" and row["kind"] == "none":
            none += 1
            abstained += answer is None
        elif row["half"] == "tune" and answer:
            key = f"guide:{page.slug}" if isinstance(page, GuidePage) else f"programme:{page.code}"
            right += key in row["relevant"]
    assert quoted > 200
    assert abstained / none >= 0.95
    assert right > 140
