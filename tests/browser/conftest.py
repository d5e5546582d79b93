"""Real pages in a real browser: Debian's Chromium through playwright, on a site of its own (tests/browser/site.py)."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from oss.demo.load import PASSWORD
from tests.browser.site import RunningSite

PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.needs("chromium"))
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def running_site(chromium_path, tmp_path_factory) -> Iterator[RunningSite]:
    """Web server and worker with the demonstration, for all browser tests of this process."""
    site = RunningSite(tmp_path_factory.mktemp("site"))
    yield site
    site.stop()


@pytest.fixture(scope="session")
def live_site(running_site) -> str:
    """The address of the running site."""
    return running_site.url


@pytest.fixture(scope="session")
def browser(chromium_path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_context(browser, live_site) -> Iterator[Callable[..., BrowserContext]]:
    """Makes contexts (a person's browser each) that are closed after the test."""
    contexts = []

    def open_one(**options) -> BrowserContext:
        context = browser.new_context(base_url=live_site, locale="th-TH", **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def phone(open_context) -> Page:
    return open_context(**PHONE).new_page()


@pytest.fixture
def desktop(open_context) -> Page:
    return open_context(**DESKTOP).new_page()


@pytest.fixture
def phone_without_js(open_context) -> Page:
    return open_context(**PHONE, java_script_enabled=False).new_page()


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def any_phone(request, open_context) -> Page:
    """The same test with scripts and without."""
    return open_context(**PHONE, java_script_enabled=request.param == "with JavaScript").new_page()


@pytest.fixture
def sign_in() -> Callable[[Page, str], None]:
    """Signs a person of the demonstration in, as make run's list says."""
    return enter


def enter(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_text("เข้าด้วยรหัสผ่าน").click()
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("details.fold").get_by_role("button", name="เข้าสู่ระบบ").click()
    page.wait_for_url("**/my/")


@pytest.fixture
def check_axe() -> Callable[[Page], None]:
    """Fails with the rules of WCAG 2.2 AA that the page breaks, and where."""

    def check(page: Page) -> None:
        found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
        broken = [f"{rule['id']}: {node['target']} {node['html'][:160]}" for rule in found for node in rule["nodes"]]
        assert broken == [], page.url

    return check
