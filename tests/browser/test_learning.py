"""A course from the first lesson to the certificate that a stranger checks; the video, and the place to go on from."""

import io
import re
from urllib.parse import urlsplit

import numpy
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.quizzes import answer_right, answer_wrong, press, take_quiz

COURSE, TITLE = "/courses/shop-books-and-unit-cost/", "บัญชีร้านและต้นทุนต่อชิ้น"
LESSONS = 4
LEARNER, NAME = "live@example.test", "มิ้นท์ ทดลองเรียน"
NOTE = "ของเรากันชนสามพัน นับทุกคืนก่อนปิดไฟ"


def words_of(html: str) -> str:
    """Without tags, blanks and the marks at which lines may break."""
    return re.sub(r"<[^>]+>|[\u200b\u2060\u00ad\s]+", "", html)


def read_codes(picture: bytes) -> list[str]:
    """What the codes in a screenshot say."""
    return [code.text for code in zxingcpp.read_barcodes(numpy.asarray(Image.open(io.BytesIO(picture)).convert("RGB")))]


def fail_quiz(site, page: Page) -> None:
    """Everything wrong. The reason stands nowhere before the answer and on the page after it."""
    reasons = []

    def look(question, place):
        said, html = words_of(question.explanation), words_of(page.content())
        assert (said in html) is (place == "feedback")
        if place == "feedback":
            expect(page.locator("article.quiz .note.error, article.quiz .note.warn")).to_have_count(1)
            reasons.append(said)
        else:
            assert "is_right" not in html

    take_quiz(site, page, answer_wrong, look)
    assert len(reasons) == 6
    expect(page.locator("h1")).to_have_text("ยังไม่ผ่าน")
    review = words_of(page.locator(".questions").inner_text())
    assert [reason for reason in reasons if reason not in review] == []


def finish_lesson(page: Page) -> None:
    page.get_by_role("button", name="จบบทนี้").click()


def test_course_from_the_first_lesson_to_the_certificate_that_a_stranger_checks(
    phone_without_js, open_context, sign_in, running_site, live_site
):
    phone = phone_without_js
    phone.goto("/courses/")
    phone.get_by_role("link", name=TITLE).click()
    phone.get_by_role("link", name="เริ่มเรียน").click()
    kept = phone.url
    for number in range(1, LESSONS + 1):
        expect(phone.locator(".band .meta")).to_contain_text(f"บทเรียนที่ {number} จาก {LESSONS}")
        if number == 1:
            phone.get_by_text("จดบันทึก", exact=True).click()
            phone.locator("#note-block").select_option(index=1)
            phone.locator("#note-text").fill(NOTE)
            phone.get_by_role("button", name="บันทึก", exact=True).click()
            expect(phone.locator("article aside.quote")).to_contain_text(NOTE)
            phone.get_by_role("button", name="เก็บหน้านี้ไว้").click()
        if phone.locator("section.quiz").count():
            lesson = phone.url
            expect(phone.get_by_role("button", name="จบบทนี้")).to_have_count(0)
            press(phone, "section.quiz form button")
            if number == 2:
                fail_quiz(running_site, phone)
                phone.goto(lesson)
                expect(phone.get_by_role("button", name="จบบทนี้")).to_have_count(0)
                press(phone, "section.quiz form button")
            take_quiz(running_site, phone, answer_right)
            expect(phone.locator("h1")).to_have_text("ผ่านแล้ว")
            phone.get_by_role("link", name="กลับไปบทเรียน").click()
        finish_lesson(phone)
        if number < LESSONS:
            expect(phone.locator(".messages")).to_contain_text(f"เรียนแล้ว {number} จาก {LESSONS} บทเรียน")
    expect(phone.locator("h1")).to_have_text(TITLE)
    expect(phone.locator("#contents ~ *")).to_contain_text(f"เรียนแล้ว {LESSONS} จาก {LESSONS} บทเรียน (100%)")

    phone.get_by_role("link", name="รับประกาศนียบัตร").click()
    expect(phone.locator("form.question")).to_have_count(0)  # first an account
    assert phone.locator("main").get_by_role("link", name="เข้าสู่ระบบ").count() == 1
    sign_in(phone, LEARNER)
    phone.goto("/learn/")
    expect(phone.locator("#finished ~ ul")).to_contain_text(f"เรียนแล้ว {LESSONS} จาก {LESSONS} บทเรียน (100%)")

    computer = open_context(**DESKTOP).new_page()
    sign_in(computer, LEARNER)
    computer.goto("/learn/")
    expect(computer.locator("#finished ~ ul > li")).to_have_count(1)
    expect(computer.locator("#finished ~ ul")).to_contain_text(f"เรียนแล้ว {LESSONS} จาก {LESSONS} บทเรียน (100%)")
    expect(computer.locator("section[aria-labelledby=notes]")).to_contain_text(NOTE)
    assert computer.locator("section[aria-labelledby=kept] a").evaluate_all("nodes => nodes.map(node => node.href)") == [kept]

    computer.get_by_role("link", name="รับประกาศนียบัตร").click()
    computer.get_by_label("ชื่อบนประกาศนียบัตร").fill(NAME)
    computer.get_by_role("button", name="ออกประกาศนียบัตร").click()
    expect(computer.locator("article.receipt")).to_contain_text(NAME)
    expect(computer.locator("article.receipt")).to_contain_text(TITLE)
    address = computer.url
    pdf = computer.request.get(urlsplit(computer.get_by_role("link", name="PDF").get_attribute("href")).path)
    assert pdf.status == 200
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.body().startswith(b"%PDF")

    computer.wait_for_load_state("networkidle")
    [code] = read_codes(computer.screenshot(full_page=True))
    assert code == address
    assert code.startswith(f"{live_site}/certificates/")
    stranger = open_context(**PHONE, java_script_enabled=False).new_page()
    stranger.goto(code)
    expect(stranger.locator("main")).to_contain_text("ใบนี้ใช้ได้")
    expect(stranger.locator("article.receipt")).to_contain_text(NAME)
    expect(stranger.locator("article.receipt")).to_contain_text(TITLE)
    said = stranger.content()
    assert [private for private in (LEARNER, "ขายไลฟ์สมมติ", "มิ้นท์ไลฟ์สด", "เชียงใหม่", NOTE) if private in said] == []

    revoke(open_context, sign_in, running_site, code)
    stranger.goto(code)
    expect(stranger.locator("h1")).to_have_text("ใบนี้ถูกเพิกถอนแล้ว")
    assert NAME not in stranger.content()
    stranger.goto(urlsplit(code).path + "pdf/")
    assert stranger.url == code


def revoke(open_context, sign_in, site, address: str) -> None:
    [(key,)] = site.query("SELECT id FROM courses_certificate WHERE number = ?", address.rstrip("/").split("/")[-1])
    office = open_context(**DESKTOP).new_page()
    sign_in(office, "admin@example.test")
    office.goto(f"/admin/certificates/edit/{key}/")
    office.locator("#id_revoked_reason").fill("ออกให้ผิดคน")
    office.get_by_role("button", name="เพิกถอนใบนี้").click()
    office.wait_for_load_state("networkidle")
    assert site.query("SELECT revoked_reason FROM courses_certificate WHERE id = ?", key) == [("ออกให้ผิดคน",)]


# With scripts: the transcript, and the place where one was


def put_away(page: Page) -> dict[str, str]:
    """As when the phone is locked: gives what the page says of the reading then, once the server has it.

    (What it says while it is being left, Chromium sends without telling the test.)
    """
    with page.expect_response(lambda response: response.url.endswith("/evidence/")) as answer:
        page.evaluate(
            """() => { Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange", { bubbles: true })); }"""
        )
    assert (answer.value.request.method, answer.value.status) == ("POST", 204)
    return answer.value.request.post_data_json


@pytest.fixture
def reader(phone) -> Page:
    """Somebody whose second lesson it is: from here on what he reads is kept."""
    phone.goto(f"{COURSE}chapter-1/books-ten-minutes-a-day/")
    return phone


def test_line_of_the_transcript_leads_to_its_second_and_the_video_goes_on_from_there(reader):
    reader.goto(f"{COURSE}chapter-2/books-price-and-breakeven/")
    block = reader.locator("video").get_attribute("data-media")
    reader.get_by_text("อ่านคำพูดแทน").click()
    line = reader.locator(".transcript li").nth(3)
    second = int(line.get_attribute("data-second"))
    assert second > 5
    reader.evaluate("() => { const video = document.querySelector('video'); video.onplaying = () => (window.began = video.currentTime); }")
    line.get_by_role("button").click()
    reader.wait_for_function("() => window.began !== undefined")
    assert reader.evaluate("window.began") == pytest.approx(second, abs=0.5)
    reader.evaluate("document.querySelector('video').pause()")
    said = put_away(reader)
    assert said["block"] == block
    assert second <= int(said["second"]) <= second + 20

    reader.goto("/")
    reader.get_by_role("link", name="เรียนต่อ").click()
    assert reader.url.endswith(f"/books-price-and-breakeven/?t={said['second']}#b-{block}")
    assert reader.evaluate("document.querySelector('video').currentTime") == int(said["second"])
    expect(reader.locator("video")).to_be_in_viewport()


def test_lesson_goes_on_at_the_block_where_it_was_left(reader):
    reader.goto(f"{COURSE}chapter-2/books-count-unit-cost/")
    blocks = reader.locator("article [id^='b-']")
    block = blocks.nth(blocks.count() // 2)
    block.evaluate("node => node.scrollIntoView({behavior: 'instant'})")
    wanted = block.get_attribute("id")
    reader.wait_for_function("() => scrollY > 300")
    said = put_away(reader)
    assert int(said["scrolled"]) > 10

    reader.goto("/learn/")
    reader.get_by_role("link", name="เรียนต่อ").click()
    assert reader.url.endswith(f"/books-count-unit-cost/#b-{said['block']}")
    expect(reader.locator(f"#b-{said['block']}")).to_be_in_viewport()
    assert said["block"] == wanted.removeprefix("b-")
