"""Open Badges 3.0: a certificate as a credential that anybody can verify without asking us, and the list of those revoked.

Signed with one Ed25519 key as VC-JWT. The issuer is `did:web:<host>:badges`: its document, with the public key, is
served at /badges/did.json, so a verifier needs our https address and nothing else. The credential names the holder, the
course and the day; its subject is an id made of the certificate's address, never an e-mail.

The key must stay the same: copies that people keep are verified with what did.json says today. Should it change all the
same, `read_credential` signs anew what is fetched from here.
"""

import base64
import binascii
import datetime as dt
import json
import secrets
import uuid
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone, translation
from openbadgeslib import ob3
from openbadgeslib.ob3.credential import OB3_CONTEXT

from courses.models import Certificate, CoursePage
from courses.outline import public_courses
from kb import facts
from kb.models import Fact

LIST_SIZE = 131_072  # places in one status list: the least that the standard allows, so that one place tells nothing
LIST_LIFE = dt.timedelta(days=1)  # an old copy of the list is refused after that
_CONTEXT = "https://www.w3.org/ns/credentials/v2"
_PURPOSE = "Open Badges signing key"


# The key


def read_key(text: str) -> bytes:
    """32 bytes from BADGE_KEY. Raises ValueError when it is not that in base64."""
    try:
        key = base64.b64decode(text.strip() + "=" * (-len(text.strip()) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if len(key) != 32:
        raise ValueError(f"{len(key)} bytes instead of 32")
    return key


def _signing_key() -> Ed25519PrivateKey:
    return _make_key(settings.BADGE_KEY, settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _make_key(badge_key: str, secret_key: str) -> Ed25519PrivateKey:
    if badge_key:
        try:
            seed = read_key(badge_key)
        except ValueError as error:
            raise ImproperlyConfigured("BADGE_KEY must be 32 bytes in base64") from error
    else:
        seed = HKDF(hashes.SHA256(), 32, salt=None, info=_PURPOSE.encode()).derive(secret_key.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def _private_pem() -> bytes:
    return _signing_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_key() -> dict[str, str]:
    """The public key as a JWK."""
    raw = _signing_key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).decode().rstrip("=")}


def _name_of_key() -> str:
    """The key's thumbprint (RFC 7638): another key has another name."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(json.dumps(public_key(), sort_keys=True, separators=(",", ":")).encode())
    return base64.urlsafe_b64encode(digest.finalize()).decode().rstrip("=")


# Who issues


def issuer_id() -> str:
    """`did:web:example.go.th:badges`, whose document stands at /badges/did.json."""
    return ob3.did_web_from_url(f"https://{urlsplit(settings.SITE_URL).netloc}/badges")


def describe_issuer() -> dict:
    return {"@context": OB3_CONTEXT, **_issuer().to_dict()}


def describe_keys() -> dict:
    """The DID document."""
    return ob3.build_did_document(issuer_id(), [(_name_of_key(), public_key())])


def describe_key_set() -> dict:
    """The same key as a JWK set, for who does not read DIDs."""
    return {"keys": [public_key() | {"kid": _name_of_key(), "use": "sig", "alg": "EdDSA"}]}


def _issuer() -> ob3.Issuer:
    return ob3.Issuer(id=issuer_id(), name=settings.WAGTAIL_SITE_NAME, url=settings.SITE_URL)


def page_address(certificate: Certificate) -> str:
    """The whole address of the certificate's public page: id of the credential, and what the QR holds. Always the Thai page."""
    with translation.override(settings.LANGUAGE_CODE):
        return f"{settings.SITE_URL}{reverse('certificate', args=[certificate.number])}"


# What was achieved


def achievement_id(code: str) -> str:
    return f"{settings.SITE_URL}{reverse('badge_achievement', args=[code])}"


def read_goals(course: CoursePage) -> list[str]:
    """What was learned, as plain text with the facts that it quotes."""
    quoted = Fact.objects.in_bulk(facts.find_references(course.goals), field_name="code")
    return [facts.plain_with_facts(line, quoted) for line in course.goal_lines]


def describe_achievement(course: CoursePage) -> ob3.Achievement:
    """The course as an achievement: what was learned is the criteria, in plain Thai text."""
    key = achievement_id(course.code)
    return ob3.Achievement(
        id=key,
        name=course.title,
        description=course.summary,
        criteria_narrative="\n".join(["เรียนจบทุกบทเรียนและผ่านแบบฝึกทุกชุดของคอร์ส เรียนจบแล้ว", *(f"- {goal}" for goal in read_goals(course))]),
        achievement_type="CertificateOfCompletion",
        result_descriptions=[ob3.ResultDescription(id=f"{key}#completed", name="เรียนจบ", result_type="Status")],
    )


def find_achievement(code: str) -> dict | None:
    """The achievement as credentials name it: the public course, else the copy in its youngest certificate, else None."""
    if course := public_courses().filter(code=code).first():
        achievement = describe_achievement(course).to_dict() | {"inLanguage": "th"}
    elif certificate := Certificate.objects.filter(course_code=code, revoked_at=None).first():
        achievement = _read_payload(certificate.credential)["credentialSubject"]["achievement"]
    else:
        return None
    return {"@context": OB3_CONTEXT, **achievement}


# The credential


def sign_credential(certificate: Certificate) -> str:
    """The VC-JWT of a certificate that is about to be written. `certificate.course` must be there."""
    address = page_address(certificate)
    achievement = describe_achievement(certificate.course)
    credential = ob3.OpenBadgeCredential(
        id=address,
        issuer=_issuer(),
        recipient_id=uuid.uuid5(uuid.NAMESPACE_URL, address).urn,
        achievement=achievement,
        issuance_date=certificate.issued_at,
        identifiers=[ob3.IdentityObject(identity_hash=certificate.name, identity_type="name", hashed=False)],
        results=[ob3.Result(status="Completed", result_description=achievement.result_descriptions[0].id)],
        credential_status=[_status_entry(certificate.status_index)],
    )
    payload = credential.to_jwt_payload()
    payload["credentialSubject"]["activityEndDate"] = certificate.completed_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload["credentialSubject"]["achievement"]["inLanguage"] = "th"
    return _sign(payload)


def read_credential(certificate: Certificate) -> str:
    """The VC-JWT as it is kept; signed anew, and kept so, when the site's key is no longer the one that signed it."""
    if _read_part(certificate.credential, 0).get("jwk", {}).get("x") != public_key()["x"]:
        certificate.credential = _sign(_read_payload(certificate.credential))
        certificate.save(update_fields=["credential"])
    return certificate.credential


def envelop(credential: str) -> dict:
    """The signed credential as a JSON document, the way that the W3C's data model 2.0 wraps a JWT."""
    return {"@context": [_CONTEXT], "id": f"data:application/vc+jwt,{credential}", "type": "EnvelopedVerifiableCredential"}


def _sign(payload: dict) -> str:
    return ob3.OB3Signer(_private_pem(), algorithm="EdDSA").sign_payload(payload)


def _read_payload(credential: str) -> dict:
    return _read_part(credential, 1)


def _read_part(credential: str, place: int) -> dict:
    """Header (0) or payload (1) of a JWT of our own, unverified."""
    part = credential.split(".")[place]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


# Whether it still stands


def draw_status_index() -> int:
    """A free place in a status list, probably: by chance, so that neighbours tell nothing; a list is filled to the half."""
    number = Certificate.objects.count() // (LIST_SIZE // 2)
    return number * LIST_SIZE + secrets.randbelow(LIST_SIZE)


def _list_address(number: int) -> str:
    return f"{settings.SITE_URL}{reverse('badge_status', args=[number])}"


def _status_entry(index: int) -> dict:
    number, place = divmod(index, LIST_SIZE)
    return ob3.status_entry(_list_address(number), "revocation", place)


def sign_status_list(number: int) -> str | None:
    """The status list as VC-JWT: a set bit is a revoked certificate. None when there is no such list (0 always is)."""
    first = number * LIST_SIZE
    own = Certificate.objects.filter(status_index__gte=first, status_index__lt=first + LIST_SIZE)
    if number and not own.exists():
        return None
    revoked = own.exclude(revoked_at=None).values_list("status_index", flat=True)
    now = timezone.now().replace(microsecond=0)
    document = ob3.build_status_list_credential(
        issuer_id(),
        _list_address(number),
        "revocation",
        (index - first for index in revoked),
        LIST_SIZE,
        issued=now,
        valid_until=now + LIST_LIFE,
    )
    return ob3.sign_status_list_credential(document, _private_pem(), "EdDSA")
