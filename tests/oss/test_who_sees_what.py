"""Every address of the room × every role × every method. What is not in the table is denied."""

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from oss import urls
from oss.models import Case, CaseEvent
from tests.factories import CaseFactory, CentreMemberFactory, UserFactory
from users.models import User

pytestmark = pytest.mark.django_db
ROLES = [
    "stranger",
    "owner",
    "other",
    "advisor",
    "foreign advisor",
    "head",
    "foreign head",
    "editor",
    "publisher",
    "administrator",
    "superuser",
]
WORKS_HERE = {"advisor", "head"}
WORKS_SOMEWHERE = WORKS_HERE | {"foreign advisor", "foreign head"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
PUBLIC = {"ask", "case_receipt", "case_copy", "centres", "centre"}
STEPS = {"case_take", "case_answer", "case_close"}


@pytest.fixture
def owner():
    return UserFactory(role="entrepreneur")


@pytest.fixture
def case(owner):
    return CaseFactory(reference="CNX-69-000123", opened_by=owner)


def sign_in(role: str, owner) -> Client:
    from oss.models import Centre

    here, there = Centre.objects.get(province="TH-50"), Centre.objects.get(province="TH-30")
    makers = {
        "stranger": lambda: None,
        "owner": lambda: owner,
        "other": lambda: UserFactory(role="entrepreneur"),
        "advisor": lambda: CentreMemberFactory(centre=here).user,
        "foreign advisor": lambda: CentreMemberFactory(centre=there).user,
        "head": lambda: CentreMemberFactory(centre=here, is_head=True, user=UserFactory(role="centre-head")).user,
        "foreign head": lambda: CentreMemberFactory(centre=there, is_head=True, user=UserFactory(role="centre-head")).user,
        "editor": lambda: UserFactory(role="editor"),
        "publisher": lambda: UserFactory(role="publisher"),
        "administrator": lambda: UserFactory(role="administrator"),
        "superuser": lambda: User.objects.create_superuser("root@example.test", "x"),
    }
    client, user = Client(), makers[role]()
    if user:
        client.force_login(user)
    return client


def addresses(case) -> dict[str, str]:
    return {
        "ask": reverse("ask"),
        "case_receipt": reverse("case_receipt", args=[case.token]),
        "case_copy": reverse("case_copy", args=[case.token]),
        "centres": reverse("centres"),
        "centre": reverse("centre", args=["TH-50"]),
        "desk": reverse("desk"),
        **{name: reverse(name, args=[case.reference]) for name in ("case", *STEPS)},
    }


def expected(name: str, role: str, method: str) -> int:
    """The status of an address for a role."""
    reads = method in ("GET", "HEAD")
    if name in PUBLIC:
        return 200 if reads or (name == "ask" and method == "POST") else 405
    if role == "stranger":
        return 302
    if role not in WORKS_SOMEWHERE:
        return 404
    if not reads and not (name in STEPS and method == "POST"):
        return 405
    if name == "desk":
        return 200
    if role not in WORKS_HERE:
        return 404
    return 302 if name == "case_take" or (name in STEPS and reads) else 200


def test_table_covers_every_address_of_the_room(case):
    assert {pattern.name for pattern in urls.urlpatterns} == set(addresses(case))
    assert all(get_resolver().reverse_dict.getlist(name) for name in addresses(case))


@pytest.mark.parametrize("role", ROLES)
def test_every_role_on_every_address(role, case, owner):
    client, walk = sign_in(role, owner), [(name, method) for name in addresses(case) if name not in STEPS for method in METHODS]
    found = {(name, method): client.generic(method, addresses(case)[name]).status_code for name, method in walk}
    assert found == {(name, method): expected(name, role, method) for name, method in walk}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_on_every_step(role, case, owner):
    client, walk = sign_in(role, owner), [(name, method) for name in sorted(STEPS) for method in METHODS]
    for name, method in walk:
        status = client.generic(method, addresses(case)[name]).status_code
        changed = role in WORKS_HERE and (name, METHODS.index(method)) >= ("case_take", METHODS.index("POST"))
        found = (status, Case.objects.get().state, CaseEvent.objects.count())
        assert (name, method, *found) == (name, method, expected(name, role, method), *(("taken", 2) if changed else ("new", 1)))


@pytest.mark.parametrize("name", ["desk", "case", *sorted(STEPS)])
def test_stranger_is_led_to_sign_in_and_back(name, case):
    address = addresses(case)[name]
    assert Client().get(address)["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("role", [role for role in ROLES if role not in WORKS_HERE and role != "stranger"])
def test_foreign_case_looks_exactly_like_a_missing_one(role, case, owner):
    client = sign_in(role, owner)
    for method, end in [
        ("GET", ""),
        ("HEAD", ""),
        *((method, end) for method in ("GET", "POST") for end in ("take/", "answer/", "close/")),
    ]:
        foreign = client.generic(method, f"/desk/{case.reference}/{end}")
        missing = client.generic(method, f"/desk/CNX-69-999999/{end}")
        assert (foreign.status_code, foreign.content.replace(b"CNX-69-000123", b"?")) == (
            404,
            missing.content.replace(b"CNX-69-999999", b"?"),
        )


@pytest.mark.parametrize(
    "reference", ["0", "-1", "9223372036854775808", "CNX", "x" * 3000, "6f1c0000-0000-4000-8000-000000000001", "%00", "CNX-69-000123'--"]
)
def test_forged_reference_finds_nothing(reference, case, owner):
    assert sign_in("advisor", owner).get(f"/desk/{reference}/").status_code == 404


def test_reference_may_be_typed_in_small_letters(case, owner):
    assert sign_in("advisor", owner).get("/desk/cnx-69-000123/").status_code == 200


def test_signing_in_gives_nobody_the_case_of_another(case, owner):
    """The secret link is the only way of an entrepreneur to his case; a reference opens nothing."""
    for role in ("owner", "other", "stranger"):
        client = sign_in(role, owner)
        assert client.get(f"/ask/received/{case.reference}/").status_code == 404
        assert client.get(case.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("role", ["advisor", "head"])
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_staff_without_a_second_factor_set_one_up_first(role, prefix, case, owner, settings):
    settings.STAFF_MFA_REQUIRED = True
    client, staff_only = sign_in(role, owner), {name: prefix + address for name, address in addresses(case).items() if name not in PUBLIC}
    assert {client.get(address)["Location"].rpartition("/accounts")[2] for address in staff_only.values()} == {"/2fa/"}
    assert client.post(staff_only["case_take"]).status_code == 302
    assert Case.objects.get().state == "new"
