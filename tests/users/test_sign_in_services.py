"""LINE Login and OpenID Connect wait behind settings: without keys there is no button, with keys one that leads there."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import override_settings

pytestmark = pytest.mark.django_db
LINE = {"line": {"APP": {"client_id": "1650000000", "secret": "line-secret"}, "SCOPE": ["profile", "openid", "email"]}}
OIDC = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "sme-one-id",
                "name": "SME One ID",
                "client_id": "hub",
                "secret": "oidc-secret",
                "settings": {"server_url": "https://id.example.test"},
            }
        ]
    }
}


def test_sign_in_page_names_no_service_without_keys(client):
    text = client.get("/accounts/login/").text
    assert ["/accounts/line/login/" in text, "/accounts/oidc/" in text] == [False, False]


@override_settings(SOCIALACCOUNT_PROVIDERS=LINE | OIDC)
def test_sign_in_page_names_the_services_that_have_keys(client):
    text = client.get("/accounts/login/").text
    assert ["/accounts/line/login/" in text, "/accounts/oidc/sme-one-id/login/" in text, "SME One ID" in text] == [True, True, True]


@override_settings(SOCIALACCOUNT_PROVIDERS=LINE)
def test_line_is_asked_for_profile_and_e_mail(client):
    response = client.post("/accounts/line/login/")
    address = urlsplit(response["Location"])
    query = parse_qs(address.query)
    assert (response.status_code, address.hostname) == (302, "access.line.me")
    assert (query["client_id"], sorted(query["scope"][0].split())) == (["1650000000"], ["email", "openid", "profile"])
