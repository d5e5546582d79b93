"""What a page costs on a slow line (stack.md §1.4): bytes over the wire, as Chromium counts them."""

from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import PHONE

FIRST_VIEW, REPEAT_VIEW, REQUESTS = 90_000, 20_000, 10


class Meter:
    """Counts what a page loads: (bytes, kind, address), headers included, pictures apart."""

    def __init__(self, page) -> None:
        self.kinds, self.loaded = {}, []
        session = page.context.new_cdp_session(page)
        session.on(
            "Network.responseReceived", lambda event: self.kinds.update({event["requestId"]: (event["type"], event["response"]["url"])})
        )
        session.on("Network.loadingFinished", self._finish)
        session.send("Network.enable")

    def _finish(self, event) -> None:
        kind, url = self.kinds.get(event["requestId"], ("Other", ""))
        if url and not url.startswith("data:"):
            self.loaded.append((event["encodedDataLength"], kind, url))

    def read(self) -> list[tuple[int, str, str]]:
        found, self.loaded = self.loaded, []
        return found


def without_pictures(loaded) -> int:
    return sum(size for size, kind, _url in loaded if kind != "Image")


@pytest.mark.parametrize(
    "address",
    [
        "/guides/cash-flow/",
        "/guides/vat-registration/",
        "/guides/register-company/",
        "/en/guides/cash-flow/",
        "/courses/shop-books-and-unit-cost/chapter-1/books-profit-is-not-cash/",
        "/courses/shop-books-and-unit-cost/chapter-2/books-price-and-breakeven/",
    ],
)
def test_text_stays_in_its_budget(open_context, live_site, address):
    page = open_context(**PHONE).new_page()
    meter = Meter(page)
    page.goto(address, wait_until="networkidle")
    first = meter.read()
    page.goto(address, wait_until="networkidle")
    repeat = meter.read()
    assert without_pictures(first) <= FIRST_VIEW, sorted(first, reverse=True)
    assert without_pictures(repeat) <= REPEAT_VIEW, sorted(repeat, reverse=True)
    of_the_page = [url for _size, kind, url in first if kind != "TextTrack"]  # captions belong to the player
    assert len(of_the_page) <= REQUESTS, of_the_page
    assert {urlsplit(url).netloc for _size, _kind, url in first} == {urlsplit(live_site).netloc}
    assert [url for _size, kind, url in first if kind == "Font" and "thai" not in url and "latin" not in url] == []


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/stages/run/",
        "/search/?q=ภาษี",
        "/ask/",
        "/programmes/",
        "/courses/",
        "/courses/shop-books-and-unit-cost/",
        "/courses/path-run/",
        "/learn/",
    ],
)
def test_other_pages_stay_in_the_budget_too(open_context, live_site, address):
    page = open_context(**PHONE).new_page()
    meter = Meter(page)
    page.goto(address, wait_until="networkidle")
    first = meter.read()
    assert without_pictures(first) <= FIRST_VIEW, sorted(first, reverse=True)
    assert {urlsplit(url).netloc for _size, _kind, url in first} == {urlsplit(live_site).netloc}


def test_nothing_is_blocked_by_the_content_policy(open_context):
    page = open_context(**PHONE).new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    lesson = "/courses/shop-books-and-unit-cost/chapter-2/books-price-and-breakeven/"
    for address in (
        "/",
        "/guides/cash-flow/",
        "/search/?q=ภาษี",
        "/ask/",
        "/my/business/",
        "/accounts/login/",
        "/courses/",
        lesson,
        "/learn/",
    ):
        page.goto(address, wait_until="networkidle")
    assert complaints == []
