"""The credential, as somebody else's software sees it: PyJWT and cryptography with the published key, then openbadgeslib."""

import base64
import datetime as dt
import gzip
import json
from functools import lru_cache

import jwt
import pytest
import time_machine
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from openbadgeslib import ob3

from courses import badges
from courses.certificates import issue_certificate, revoke_certificate
from courses.checks import check_badge_key
from courses.models import Certificate, CoursePage, Learner
from courses.progress import record_finished
from tests.factories import ChapterFactory, CourseFactory, FactFactory, LessonFactory, UserFactory

pytestmark = pytest.mark.django_db
NAME = "สมหญิง ตัวอย่าง"
KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture(autouse=True)
def _key(settings):
    cache.clear()
    settings.BADGE_KEY = KEY


@pytest.fixture
def learner():
    return Learner.objects.create(user=UserFactory(email="private.person@example.test"))


@pytest.fixture
def certificate(learner):
    course = CourseFactory(goals="แยกเงินร้านกับเงินบ้านได้\nคิดต้นทุนต่อชิ้นได้")
    record_finished(learner, LessonFactory(parent=ChapterFactory(parent=course)))
    return issue_certificate(learner, course, NAME)


@pytest.fixture
def fetch(client):
    """Gives what stands at an address of ours, as a verifier would fetch it over https."""

    def download(address, *args, **kwargs):
        path = address.removeprefix("https://testserver").removeprefix("http://testserver")
        response = client.get(path)
        assert response.status_code == 200, address
        return response.content

    return download


def read_part(token, place):
    part = token.split(".")[place]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def find_published_key(fetch, issuer):
    """The key that a DID resolver finds: host and path of the identifier, then did.json."""
    host, *path = issuer.removeprefix("did:web:").split(":")
    document = json.loads(fetch(f"https://{host}/{'/'.join(path)}/did.json"))
    assert document["id"] == issuer
    method = document["verificationMethod"][0]
    assert document["assertionMethod"] == [method["id"]]
    return method["publicKeyJwk"]


def download(client, certificate):
    return client.get(reverse("badge_credential", args=[certificate.number])).content.decode()


# Verified by others


def test_another_library_verifies_it_with_the_published_key(client, fetch, certificate):
    token = download(client, certificate)
    key = find_published_key(fetch, read_part(token, 1)["issuer"]["id"])
    claims = jwt.decode(token, jwt.PyJWK(key, algorithm="EdDSA"), algorithms=["EdDSA"])
    assert claims["iss"] == claims["issuer"]["id"] == "did:web:testserver:badges"
    assert jwt.get_unverified_header(token)["jwk"] == key


def test_bare_ed25519_verifies_it_and_another_key_does_not(client, fetch, certificate):
    head, body, signature = download(client, certificate).split(".")
    raw = base64.urlsafe_b64decode(find_published_key(fetch, badges.issuer_id())["x"] + "=")
    signed = base64.urlsafe_b64decode(signature + "==")
    Ed25519PublicKey.from_public_bytes(raw).verify(signed, f"{head}.{body}".encode())
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(raw).verify(signed, f"{head}.{body}x".encode())


def test_openbadgeslib_verifies_it_from_the_did_with_its_status(client, fetch, certificate):
    token = download(client, certificate)
    verifier = ob3.OB3Verifier.for_issuer_did("did:web:testserver:badges", download=fetch)
    credential = verifier.verify(token, check_status=True, download=fetch)
    assert credential.achievement.name == certificate.course_title
    assert credential.identifiers[0].identity_hash == NAME


def test_enveloped_document_holds_the_same_credential(client, certificate):
    response = client.get(reverse("badge_credential_json", args=[certificate.number]))
    assert response["Content-Type"] == "application/vc"
    document = json.loads(response.content)
    assert document["type"] == "EnvelopedVerifiableCredential"
    assert document["id"] == f"data:application/vc+jwt,{certificate.credential}"


PLACES = 120


@lru_cache(maxsize=1)
def sign_one():
    """A credential that is in no table: a hundred places of it are tried."""
    day = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
    course = CoursePage(code="0101", title="ทำบัญชีร้านเอง", summary="รู้ว่าร้านเหลือเงินเท่าไรจริง", goals="แยกเงินร้านกับเงินบ้านได้")
    certificate = Certificate(number="7K3M-9QPX-2ATD", name=NAME, course=course, completed_at=day, issued_at=day, status_index=5)
    return badges.sign_credential(certificate)


@pytest.mark.parametrize("share", range(PLACES))
def test_one_byte_flipped_anywhere_fails(share):
    token = sign_one()
    at = share * (len(token) - 1) // (PLACES - 1)
    if at == len(token) - 1:
        at -= 1  # of the last letter only the upper bits mean anything
    other = chr(ord(token[at]) ^ 1)
    flipped = token[:at] + other + token[at + 1 :]
    key = jwt.PyJWK(badges.public_key(), algorithm="EdDSA")
    assert jwt.decode(token, key, algorithms=["EdDSA"])["jti"]
    with pytest.raises(jwt.PyJWTError):
        jwt.decode(flipped, key, algorithms=["EdDSA"])
    with pytest.raises(ob3.OB3VerificationError):
        ob3.OB3Verifier(key.key).verify(flipped)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_weaker_signature_is_no_way_in(certificate, algorithm):
    secret = "" if algorithm == "none" else badges.public_key()["x"]
    forged = jwt.encode(read_part(certificate.credential, 1), secret, algorithm=algorithm)
    with pytest.raises(ob3.OB3VerificationError):
        ob3.OB3Verifier(jwt.PyJWK(badges.public_key(), algorithm="EdDSA").key).verify(forged)


# What it says


def test_credential_says_name_course_goals_and_day(certificate):
    payload = read_part(certificate.credential, 1)
    assert payload["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert payload["id"] == payload["jti"] == f"http://testserver/certificates/{certificate.number}/"
    subject = payload["credentialSubject"]
    assert subject["id"].startswith("urn:uuid:")
    assert subject["identifier"] == [{"type": "IdentityObject", "hashed": False, "identityHash": NAME, "identityType": "name"}]
    assert subject["activityEndDate"] == certificate.completed_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    achievement = subject["achievement"]
    assert achievement["name"] == certificate.course_title
    assert achievement["inLanguage"] == "th"
    assert "- แยกเงินร้านกับเงินบ้านได้\n- คิดต้นทุนต่อชิ้นได้" in achievement["criteria"]["narrative"]
    assert subject["result"] == [
        {"type": ["Result"], "status": "Completed", "resultDescription": achievement["resultDescription"][0]["id"]}
    ]
    assert payload["credentialStatus"]["statusListCredential"] == "http://testserver/badges/status/0.jwt"


def test_credential_holds_nothing_else_of_the_person(certificate, learner):
    said = json.dumps([read_part(certificate.credential, place) for place in (0, 1)], ensure_ascii=False)
    for private in (learner.user.email, "private.person", learner.user.first_name, '"d"'):
        assert private not in said


def test_goals_quote_facts_in_words(learner):
    FactFactory(code="fee", value="50", unit="บาท")
    course = CourseFactory(goals="จ่ายค่าธรรมเนียม {fact:fee} ได้")
    assert "{fact" not in badges.describe_achievement(course).criteria_narrative
    assert "50 บาท" in badges.describe_achievement(course).criteria_narrative


def test_achievement_stands_at_its_address_also_when_the_course_is_gone(client, certificate):
    achievement = read_part(certificate.credential, 1)["credentialSubject"]["achievement"]
    path = achievement["id"].removeprefix("http://testserver")

    def served():
        document = json.loads(client.get(path).content)
        return {key: value for key, value in document.items() if key != "@context"}

    assert served() == achievement
    certificate.course.delete()
    assert served() == achievement
    assert client.get(reverse("badge_achievement", args=["9999"])).status_code == 404


def test_achievement_of_a_draft_is_not_there(client):
    course = CourseFactory(live=False)
    assert client.get(reverse("badge_achievement", args=[course.code])).status_code == 404


# Whether it stands


def read_status(client, fetch, certificate):
    """The bit of this certificate in the signed list, decoded by hand (Bitstring Status List v1.0)."""
    entry = read_part(certificate.credential, 1)["credentialStatus"]
    token = fetch(entry["statusListCredential"]).decode()
    claims = jwt.decode(token, jwt.PyJWK(badges.public_key(), algorithm="EdDSA"), algorithms=["EdDSA"])
    assert claims["issuer"] == badges.issuer_id()
    assert claims["credentialSubject"]["statusPurpose"] == entry["statusPurpose"] == "revocation"
    encoded = claims["credentialSubject"]["encodedList"]
    assert encoded.startswith("u")
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert len(bits) * 8 == badges.LIST_SIZE
    index = int(entry["statusListIndex"])
    return bool(bits[index // 8] & (0x80 >> index % 8)), sum(byte.bit_count() for byte in bits)


def test_revoking_sets_one_bit_and_the_verifier_refuses(client, fetch, certificate):
    token = certificate.credential
    verifier = ob3.OB3Verifier.for_issuer_did(badges.issuer_id(), download=fetch)
    assert read_status(client, fetch, certificate) == (False, 0)
    revoke_certificate(certificate, "ทดลอง", UserFactory())
    assert read_status(client, fetch, certificate) == (True, 1)
    verifier.verify(token)  # its signature stays right
    with pytest.raises(ob3.OB3VerificationError, match="revocation"):
        verifier.verify(token, check_status=True, download=fetch)


def test_old_copy_of_the_list_lapses(client, fetch, certificate):
    with time_machine.travel(dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC), tick=False):
        old = fetch("/badges/status/0.jwt")
        verifier = ob3.OB3Verifier(jwt.PyJWK(badges.public_key(), algorithm="EdDSA").key)
        credential = ob3.OpenBadgeCredential.from_jwt_payload(read_part(certificate.credential, 1))
        ob3.check_credential_status(credential, download=lambda address: old)
    late = time_machine.travel(dt.datetime(2026, 11, 24, 6, 0, tzinfo=dt.UTC), tick=False)
    with late, pytest.raises(ob3.OB3VerificationError, match="expired"):
        verifier.check_status(credential, download=lambda address: old)


def test_status_list_runs_the_same_queries_whatever_is_revoked(client, certificate, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get("/badges/status/0.jwt")
    base = Certificate(
        name=NAME,
        course_title="x",
        course_code="0001",
        completed_at=certificate.completed_at,
        credential="",
        revoked_at=certificate.completed_at,
    )
    for number in range(50):
        base.pk, base.number, base.status_index = None, f"N{number}", (certificate.status_index + 1 + number) % badges.LIST_SIZE
        base.save(force_insert=True)
    with django_assert_num_queries(1):
        client.get("/badges/status/0.jwt")


def test_only_lists_that_are_named_are_there(client, certificate):
    assert client.get("/badges/status/0.jwt").status_code == 200
    assert client.get("/badges/status/1.jwt").status_code == 404
    certificate.status_index += badges.LIST_SIZE
    certificate.save()
    assert client.get("/badges/status/1.jwt").status_code == 200


def test_places_are_drawn_from_the_next_list_when_half_is_taken(certificate, monkeypatch):
    monkeypatch.setattr(badges, "LIST_SIZE", 2)
    assert badges.draw_status_index() in (2, 3)


# Served for machines


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("badge_keys", "application/did+json"),
        ("badge_key_set", "application/jwk-set+json"),
        ("badge_issuer", "application/ld+json"),
        ("badge_status", "application/vc+jwt"),
        ("badge_credential", "application/vc+jwt"),
        ("badge_achievement", "application/ld+json"),
    ],
)
def test_machines_get_the_right_type_cacheable_and_without_cookies(client, certificate, name, kind):
    args = {"badge_status": [0], "badge_credential": [certificate.number], "badge_achievement": [certificate.course_code]}.get(name, [])
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    assert response["Content-Type"] == kind
    assert response.cookies == {}
    assert "Cookie" not in response.get("Vary", "")
    assert "public" in response["Cache-Control"]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert client.post(reverse(name, args=args)).status_code in (403, 405)


def test_key_set_and_did_document_name_the_same_key(client):
    keys = json.loads(client.get(reverse("badge_key_set")).content)["keys"]
    method = json.loads(client.get(reverse("badge_keys")).content)["verificationMethod"][0]
    assert [{name: key[name] for name in ("kty", "crv", "x")} for key in keys] == [method["publicKeyJwk"]]
    assert method["id"].endswith(f"#{keys[0]['kid']}")


def test_no_private_part_is_served(client):
    for name in ("badge_keys", "badge_key_set"):
        said = client.get(reverse(name)).content
        assert b'"d"' not in said
        assert base64.b64decode(KEY) not in said
        assert KEY.encode() not in said


def test_unknown_credential_is_404(client):
    assert client.get("/badges/credentials/7K3M-9QPX-2ATD.jwt").status_code == 404
    assert client.get("/badges/credentials/..%2f.jwt").status_code == 404


# The key


def test_key_comes_from_badge_key_or_else_from_the_secret(settings):
    from_environment = badges.public_key()
    settings.BADGE_KEY = OTHER_KEY
    assert badges.public_key() != from_environment
    settings.BADGE_KEY = ""
    derived = badges.public_key()
    assert badges.public_key() == derived
    settings.SECRET_KEY = "another-secret-" + "k" * 50
    assert badges.public_key() != derived


def test_changed_key_signs_anew_what_is_fetched_here(client, fetch, certificate, settings):
    old = certificate.credential
    settings.BADGE_KEY = OTHER_KEY
    new = download(client, certificate)
    assert read_part(new, 1) == read_part(old, 1)
    verifier = ob3.OB3Verifier.for_issuer_did(badges.issuer_id(), download=fetch)
    verifier.verify(new)
    with pytest.raises(ob3.OB3VerificationError):
        verifier.verify(old)
    certificate.refresh_from_db()
    assert certificate.credential == new


@pytest.mark.parametrize("bad", ["short", base64.b64encode(b"x" * 31).decode(), "กุญแจ", "!" * 44])
def test_bad_key_is_said_by_the_check_and_never_used(settings, bad):
    settings.BADGE_KEY = bad
    assert [found.id for found in check_badge_key(None)] == ["courses.E001"]
    with pytest.raises(ImproperlyConfigured):
        badges.public_key()


@pytest.mark.parametrize(
    ("demo", "debug", "key", "found"),
    [(False, False, "", ["courses.W001"]), (True, False, "", []), (False, True, "", []), (False, False, KEY, [])],
)
def test_missing_key_is_a_warning_in_production_only(settings, demo, debug, key, found):
    settings.DEMO, settings.DEBUG, settings.BADGE_KEY = demo, debug, key
    said = check_badge_key(None)
    assert [one.id for one in said] == found
    assert all(one.hint for one in said)
