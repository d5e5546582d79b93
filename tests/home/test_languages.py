"""Thai at /, English at /en/: the switch keeps the page, nobody is sent elsewhere by the language of his browser."""

import re

import pytest

from tests.factories import GuideFactory


def read_switch(text: str) -> tuple[str, str]:
    """(address, language) of the switch in the menu."""
    return re.search(r'<li><a href="([^"]*)" lang="(\w\w)" hreflang="\w\w">', text).groups()


@pytest.mark.parametrize(
    ("address", "switch"),
    [
        ("/", ("/en/", "en")),
        ("/en/", ("/", "th")),
        ("/my/business/?next=/guides/", ("/en/my/business/?next=/guides/", "en")),
        ("/en/my/business/?next=/guides/", ("/my/business/?next=/guides/", "th")),
        ("/nowhere/", ("/en/nowhere/", "en")),
        ("/en/nowhere/", ("/nowhere/", "th")),
    ],
)
def test_switch_keeps_page_and_query(client, address, switch):
    assert read_switch(client.get(address).text) == switch


def test_switch_escapes_what_stands_in_the_query(client):
    assert '"><script' not in client.get('/my/?q="><script>alert(1)</script>').text


@pytest.mark.parametrize(("address", "language"), [("/", "th"), ("/en/", "en"), ("/nowhere/", "th"), ("/en/nowhere/", "en")])
def test_page_says_its_language(client, address, language):
    assert f'<html lang="{language}">' in client.get(address).text


@pytest.mark.parametrize("address", ["/", "/my/", "/accounts/login/"])
def test_browser_language_sends_nobody_away(client, address):
    response = client.get(address, headers={"accept-language": "en"})
    assert response.status_code == 200
    assert '<html lang="th">' in response.text


def test_page_names_its_counterpart_for_search_engines(client):
    text = client.get("/en/").text
    assert re.findall(r'hreflang="([\w-]+)" href="([^"]+)"', text)[:3] == [
        ("th", "http://testserver/"),
        ("en", "http://testserver/en/"),
        ("x-default", "http://testserver/"),
    ]


def test_english_pages_lead_to_english_addresses_and_mark_thai_content(client):
    GuideFactory(title="จดแวต", slug="vat")
    text = client.get("/en/").text
    assert "This content is available in Thai only." in text
    assert '<ul class="ask-list mt2" lang="th"><li><a href="/en/guides/vat/">' in text
    assert 'href="/en/stages/run/"' in text


def test_thai_pages_have_no_line_about_thai_content(client):
    GuideFactory()
    assert "available in Thai only" not in client.get("/").text
