"""The three paths of the product, from the first click to the last, on a phone with scripts and without.

A guide is published → found. A question is searched → read. A consultation is asked for → a case is on the right desk.
"""

import re
import time

from oss.form_key import FASTEST
from tests.browser.conftest import DESKTOP

SECONDS_TO_INDEX = 30


def find_titles(page, question: str) -> list[str]:
    page.goto(f"/search/?q={question}")
    return page.locator(".cards h3").all_inner_texts()


def wait_until_found(page, question: str, title: str, *, is_found: bool) -> None:
    """The worker brings the index level within seconds; fails after `SECONDS_TO_INDEX`."""
    end = time.monotonic() + SECONDS_TO_INDEX
    while (title in find_titles(page, question)) is not is_found:
        assert time.monotonic() < end, f"{title} is {'not yet' if is_found else 'still'} found: {find_titles(page, question)}"
        page.wait_for_timeout(500)


def test_published_guide_is_found_and_unpublished_one_is_not(open_context, sign_in, running_site, any_phone):
    title = "ขายกะละแมโบราณให้ถูกภาษี"
    number = running_site.page_number("4104")
    office = open_context(**DESKTOP).new_page()
    sign_in(office, "publisher@example.test")
    office.goto(f"/admin/pages/{number}/edit/")
    before = office.locator("#id_title").input_value()
    assert title not in find_titles(any_phone, "กะละแม")

    publish(office, number, title)
    wait_until_found(any_phone, "กะละแม", title, is_found=True)
    any_phone.locator(".cards h3 a", has_text="กะละแม").first.click()
    assert any_phone.locator("h1").inner_text() == title

    office.goto(f"/admin/pages/{number}/unpublish/")
    office.locator("form button[type=submit], form input[type=submit]").last.click()
    wait_until_found(any_phone, "กะละแม", title, is_found=False)
    assert any_phone.goto("/guides/cash-flow/").status == 404

    publish(office, number, before)
    wait_until_found(any_phone, before, before, is_found=True)


def publish(office, number: int, title: str) -> None:
    office.goto(f"/admin/pages/{number}/edit/")
    office.locator("#id_title").fill(title)
    if not office.locator("button[name=action-publish]").is_visible():
        office.locator("footer [data-w-dropdown-target=toggle], footer .w-dropdown__toggle").last.click()
    office.locator("button[name=action-publish]").click()
    office.wait_for_load_state("networkidle")


def test_question_is_searched_and_read(any_phone):
    any_phone.goto("/")
    any_phone.locator("#q").fill("ขายของออนไลน์ต้องเสียภาษีไหม")
    any_phone.locator(".hero-search button").click()
    assert any_phone.locator("#q").input_value() == "ขายของออนไลน์ต้องเสียภาษีไหม"
    assert {"ขายของออนไลน์", "ภาษี"} <= set(any_phone.locator("mark").all_inner_texts())
    first = any_phone.locator(".cards h3 a").first
    title = first.inner_text()
    first.click()
    assert any_phone.locator("h1").inner_text() == title
    assert any_phone.locator(".answer").is_visible()


def test_question_pasted_whole_is_cut_by_us_and_says_so(phone_without_js):
    """Neither the field nor the web server cuts it first."""
    phone_without_js.goto("/")
    phone_without_js.locator("#q").fill("ภาษี" * 2_500)
    with phone_without_js.expect_navigation() as answer:
        phone_without_js.locator(".hero-search button").click()
    assert answer.value.status == 200
    assert phone_without_js.get_by_text("คำถามยาวมาก เราเลือกค้นจากคำที่บอกเรื่องได้ดีที่สุดในนั้น").count() == 1


def test_question_without_an_answer_leads_to_a_person_with_the_words_kept(any_phone):
    any_phone.goto("/search/?q=zzzzqqqq")
    any_phone.locator("main a[href*='/ask/']").first.click()
    assert "zzzzqqqq" in any_phone.locator("form.ask-form").inner_text()


def test_consultation_becomes_a_case_on_the_desk_of_the_right_centre(open_context, sign_in, any_phone):
    question = f"ขายดีแต่เงินไม่เหลือ อยากให้ช่วยดู {time.time_ns()}"
    any_phone.goto("/guides/cash-flow/")
    any_phone.locator(".counter a[href*='/ask/']").first.click()
    assert "cash-flow" in any_phone.locator(".about a").get_attribute("href")
    any_phone.locator("#id_question").fill(question)
    any_phone.get_by_role("button", name="ส่งคำขอรับคำปรึกษา").click()

    any_phone.locator(".error-summary").wait_for()  # no province, no name, no telephone, no consent yet
    assert any_phone.title().startswith("เกิดข้อผิดพลาด: ")
    assert any_phone.locator("#id_question").input_value() == question
    any_phone.locator("#id_province").select_option("TH-50")
    any_phone.locator("#id_contact_name").fill("สมมติ ตัวอย่าง")
    any_phone.locator("label.choice", has_text="โทรศัพท์").click()
    any_phone.locator("#id_phone").fill("๐๘๑ ๒๓๔ ๕๖๗๘")
    any_phone.locator("#id_consent").check()
    any_phone.wait_for_timeout(FASTEST * 1000)  # a form sent faster than a person can type is sent back
    any_phone.get_by_role("button", name="ส่งคำขอรับคำปรึกษา").click()

    any_phone.wait_for_url("**/ask/received/**")
    reference = any_phone.locator(".ref").inner_text()
    assert re.fullmatch(r"CNX-\d\d-\d{6}", reference)
    assert "678" in any_phone.locator("main").inner_text()  # most of the number is hidden: the address of the page may be seen by others
    any_phone.reload()
    assert any_phone.locator(".ref").inner_text() == reference

    chiang_mai, bangkok = (open_context(**DESKTOP).new_page() for _desk in range(2))
    sign_in(chiang_mai, "advisor.chiangmai@example.test")
    chiang_mai.goto("/desk/")
    assert chiang_mai.locator(f".cases a[href$='/desk/{reference}/']").first.is_visible()
    chiang_mai.goto(f"/desk/{reference}/")
    assert question in chiang_mai.locator("main").inner_text()
    sign_in(bangkok, "advisor.bangkok@example.test")
    assert bangkok.goto(f"/desk/{reference}/").status == 404


def test_form_whose_cookie_was_lost_gives_the_words_back(any_phone):
    any_phone.goto("/ask/")
    any_phone.locator("#id_question").fill("คำถามยาวที่พิมพ์บนมือถือ")
    any_phone.context.clear_cookies()
    any_phone.get_by_role("button", name="ส่งคำขอรับคำปรึกษา").click()
    assert any_phone.locator("#id_question").input_value() == "คำถามยาวที่พิมพ์บนมือถือ"
    assert "ยังไม่ได้ส่ง" in any_phone.locator(".error-summary").inner_text()


def test_profile_told_by_a_visitor_changes_what_matches(any_phone):
    any_phone.goto("/programmes/")
    any_phone.locator("main a[href*='/my/business/']").first.click()
    any_phone.locator("label.choice", has_text="เติบโตและขยาย").click()
    any_phone.locator("#id_sector").select_option("food-production")
    any_phone.locator("#id_province").select_option("TH-50")
    any_phone.locator("#id_staff").fill("๘")
    any_phone.locator("#id_yearly_revenue").fill("๔.๒ ล้าน")
    any_phone.get_by_role("button", name="จำข้อมูลร้านนี้ไว้").click()
    assert any_phone.url.endswith("/programmes/")
    assert "ขนาดย่อม" in any_phone.locator(".messages").inner_text()
    any_phone.goto("/")
    assert any_phone.locator(".street .here").count() == 1
