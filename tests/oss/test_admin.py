"""An administrator says where a centre is and who works there; nobody reads cases in the admin."""

import pytest
from django.urls import reverse

from oss.models import Case, Centre, CentreMember
from tests.factories import CaseFactory, CentreMemberFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "wagtailsnippets_oss_centre:list"


def edit_address(centre: Centre) -> str:
    return reverse("wagtailsnippets_oss_centre:edit", args=[centre.pk])


def typed(centre: Centre, *members, **changes) -> dict:
    formset = {"members-TOTAL_FORMS": len(members), "members-INITIAL_FORMS": 0, "members-MIN_NUM_FORMS": 0, "members-MAX_NUM_FORMS": 1000}
    for number, user in enumerate(members):
        formset |= {
            f"members-{number}-user": user.pk,
            f"members-{number}-is_head": "",
            f"members-{number}-id": "",
            f"members-{number}-ORDER": number + 1,
        }
    plain = {name: getattr(centre, name) for name in ("name_th", "name_en", "address", "phone", "hours")}
    return {**plain, "accepts_cases": "on", "fallback": centre.fallback_id or "", **formset, **changes}


@pytest.fixture
def centre():
    return Centre.objects.get(province="TH-51")


@pytest.fixture
def administrator(client):
    client.force_login(UserFactory(role="administrator"))


def test_administrator_changes_a_centre_and_its_people(client, administrator, centre):
    advisor = UserFactory(role="advisor")
    assert client.get(edit_address(centre)).status_code == 200
    response = client.post(edit_address(centre), typed(centre, advisor, phone="053 111 111"))
    assert response.status_code == 302
    centre.refresh_from_db()
    assert (centre.phone, [member.user for member in centre.members.all()]) == ("053 111 111", [advisor])


def test_person_without_a_role_cannot_become_a_member(client, administrator, centre):
    response = client.post(edit_address(centre), typed(centre, UserFactory(role="entrepreneur")))
    assert (response.status_code, CentreMember.objects.count()) == (200, 0)


def test_chooser_lists_only_staff_of_centres(client, administrator):
    member, editor = CentreMemberFactory().user, UserFactory(role="editor")
    text = client.get(reverse("centre_staff_chooser:choose")).json()["html"]
    assert (str(member) in text, str(editor) in text) == (True, False)


@pytest.mark.parametrize("role", ["editor", "publisher"])
def test_editors_see_neither_centres_people_nor_the_list(client, role):
    client.force_login(UserFactory(role=role))
    CentreMemberFactory()
    assert [
        client.get(reverse(name)).status_code for name in (LIST, "centre_staff_chooser:choose", "centre_staff_chooser:choose_results")
    ] == [302] * 3


def test_list_of_centres_opens_and_is_searched(client, administrator):
    assert client.get(reverse(LIST)).status_code == 200
    assert "ลำพูน" in client.get(reverse(LIST), {"q": "ลำพูน"}).content.decode()


def test_closing_a_centre_sends_its_next_case_to_who_stands_in(client, administrator, centre):
    from oss.centres import route_province

    client.post(edit_address(centre), typed(centre, accepts_cases=""))
    assert [hop.province_id for hop, _reason in route_province("TH-51")] == ["TH-51", "TH-50"]


def test_no_admin_page_shows_cases(client, administrator):
    from wagtail.snippets.models import get_snippet_models

    case = CaseFactory(question="เรื่องลับของร้าน")
    assert Case not in get_snippet_models()
    assert "เรื่องลับของร้าน" not in client.get(reverse("wagtailadmin_home")).content.decode()
    assert client.get(f"/desk/{case.reference}/").status_code == 404
