"""The search box while somebody types: with keys, with a finger, without a script, on a thin line."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE

LIST = "#suggestions-0"
OPTION = f"{LIST} [role=option]"


@pytest.fixture
def asked():
    """Collects what a page asks the server for suggestions."""

    def collect(page) -> list[str]:
        addresses = []
        page.on("request", lambda request: addresses.append(request.url) if "/search/suggest/" in request.url else None)
        return addresses

    return collect


def type_into(page, selector: str, text: str) -> None:
    page.locator(selector).press_sequentially(text, delay=20)


@pytest.mark.parametrize(("address", "box"), [("/", "#q"), ("/search/?q=ภาษี", "#q"), ("/programmes/", "#head-q"), ("/nothing-here/", "#q")])
def test_suggestions_are_an_accessible_combobox(desktop, check_axe, address, box):
    desktop.goto(address)
    field = desktop.locator(box)
    expect(field).to_have_role("combobox")
    field.fill("")
    type_into(desktop, box, "จดทะเบียน")
    expect(desktop.locator(LIST)).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).to_have_attribute("aria-controls", LIST[1:])
    number = desktop.locator(OPTION).count()
    assert 2 <= number <= 8
    expect(desktop.get_by_role("status").filter(has_text=f"มีคำแนะนำ {number} รายการ")).to_have_count(1)
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", f"{LIST[1:]}-0")
    expect(desktop.locator(OPTION).first).to_have_attribute("aria-selected", "true")
    field.press("ArrowUp")
    expect(field).to_have_attribute("aria-activedescendant", "")
    field.press("ArrowUp")
    expect(field).to_have_attribute("aria-activedescendant", f"{LIST[1:]}-{number - 1}")
    check_axe(desktop)
    field.press("Escape")
    expect(desktop.locator(LIST)).to_be_hidden()
    expect(field).to_have_value("จดทะเบียน")
    expect(field).to_be_focused()
    field.press("ArrowDown")
    expect(desktop.locator(LIST)).to_be_visible()


def test_enter_goes_to_the_chosen_page(desktop):
    desktop.goto("/")
    type_into(desktop, "#q", "จดทะเบียนพาณิชย์ ร้าน")
    expect(desktop.locator(OPTION).first).to_contain_text("จดทะเบียนพาณิชย์ ร้านค้าเจ้าของคนเดียว")
    desktop.locator("#q").press("ArrowDown")
    desktop.locator("#q").press("Enter")
    desktop.wait_for_url("**/guides/**")
    expect(desktop.locator("h1")).to_contain_text("จดทะเบียนพาณิชย์")


def test_enter_alone_searches_what_was_typed(desktop):
    desktop.goto("/")
    type_into(desktop, "#q", "จดทะเบียน")
    expect(desktop.locator(LIST)).to_be_visible()
    desktop.locator("#q").press("Enter")
    desktop.wait_for_url("**/search/?q=**")
    expect(desktop.locator("#q")).to_have_value("จดทะเบียน")


def test_a_finger_chooses(phone):
    phone.goto("/")
    phone.locator("#q").tap()
    type_into(phone, "#q", "จดทะเบียนพาณิชย์ ร้าน")
    option = phone.locator(OPTION).first
    expect(option).to_be_visible()
    assert option.bounding_box()["height"] >= 48
    option.tap()
    phone.wait_for_url("**/guides/**")


@pytest.mark.parametrize("height", [640, 340])  # with the keyboard open there is about half
def test_list_stays_on_the_screen_of_a_phone(open_context, height):
    page = open_context(**PHONE | {"viewport": {"width": 360, "height": height}}).new_page()
    page.goto("/")
    page.locator("#q").tap()
    type_into(page, "#q", "ภาษี")
    expect(page.locator(LIST)).to_be_visible()
    box, field = page.locator(LIST).bounding_box(), page.locator("#q").bounding_box()
    assert box["y"] + box["height"] <= height
    assert field["y"] >= -1
    assert box["height"] >= 2 * 48
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_only_the_last_is_asked_and_nothing_below_two_letters(desktop, asked):
    desktop.goto("/")
    addresses = asked(desktop)
    desktop.locator("#q").press_sequentially("จ")
    desktop.wait_for_timeout(400)
    assert addresses == []
    desktop.locator("#q").press_sequentially("ดทะเบียน", delay=10)
    expect(desktop.locator(LIST)).to_be_visible()
    assert len(addresses) == 1
    assert "Cookie" not in desktop.request.get(addresses[0]).headers.get("vary", "")


def test_nothing_is_asked_while_a_syllable_is_composed(desktop, asked):
    desktop.goto("/")
    addresses = asked(desktop)
    desktop.locator("#q").fill("")
    desktop.evaluate(
        """() => { const q = document.querySelector("#q"); q.focus(); q.value = "ภาษี";
        q.dispatchEvent(new CompositionEvent("compositionstart")); q.dispatchEvent(new InputEvent("input", { isComposing: true })); }"""
    )
    desktop.wait_for_timeout(400)
    assert addresses == []
    desktop.evaluate("document.querySelector('#q').dispatchEvent(new CompositionEvent('compositionend'))")
    expect(desktop.locator(LIST)).to_be_visible()


@pytest.mark.parametrize("line", ["{ saveData: true }", '{ effectiveType: "2g" }', '{ effectiveType: "slow-2g" }'])
def test_a_thin_line_is_left_alone(open_context, asked, line):
    page = open_context(**PHONE).new_page()
    page.add_init_script(f"Object.defineProperty(navigator, 'connection', {{ value: {line} }})")
    page.goto("/")
    addresses = asked(page)
    type_into(page, "#q", "ภาษี")
    page.wait_for_timeout(400)
    assert addresses == []
    assert page.locator(LIST).count() == 0
    assert page.locator("#q").get_attribute("role") is None


def test_without_a_script_it_is_a_plain_box(phone_without_js):
    phone_without_js.goto("/")
    assert phone_without_js.locator("#q").get_attribute("role") is None
    phone_without_js.locator("#q").fill("ภาษี")
    phone_without_js.locator("#q").press("Enter")
    expect(phone_without_js.locator("h1")).to_be_attached()
    assert re.search(r"/search/\?q=", phone_without_js.url)


def test_a_server_that_fails_leaves_the_box_as_it_is(open_context):
    page = open_context(**DESKTOP).new_page()
    page.route("**/search/suggest/**", lambda route: route.fulfill(status=502, body="<html>"))
    page.goto("/")
    type_into(page, "#q", "ภาษี")
    page.wait_for_timeout(500)
    expect(page.locator(LIST)).to_be_hidden()
    page.locator("#q").press("Enter")
    page.wait_for_url("**/search/?q=**")
