"""Wagtail's own search finds Thai words inside titles and bodies: explorer, chooser, snippets."""

import pytest
from django.urls import reverse

from kb.models import GuideIndexPage, GuidePage, Programme
from search import sync
from tests.factories import GuideFactory, ProgrammeFactory, UserFactory
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    user = UserFactory(role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


@pytest.fixture
def shelf(sweep):
    GuideFactory(slug="vat", title="จดทะเบียนภาษีมูลค่าเพิ่มที่ไหน", body=[("text", "<p>ร้านค้าส่งสินค้าทางขนส่งเอกชน</p>")])
    GuideFactory(slug="sign", title="ป้ายหน้าร้าน")
    draft = GuideFactory(slug="draft", title="คู่มือที่ยังเขียนไม่เสร็จ", live=False)
    draft.title = "ร่างเรื่องปลากะพง"
    draft.save_revision()
    ProgrammeFactory(code="grant", name="กองทุนพัฒนาปลากะพง", live=True)
    sweep()


def explore(client, text: str) -> set[str]:
    response = client.get(reverse("wagtailadmin_explore", args=[GuideIndexPage.objects.get().pk]), {"q": text})
    assert response.status_code == 200
    return {page.slug for page in response.context["pages"]}


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("ภาษี", {"vat"}),
        ("ภาษีมูลค่าเพิ่ม", {"vat"}),
        ("ทะเบียน", {"vat"}),
        ("ขนส่ง", {"vat"}),
        ("ปลากะพง", {"draft"}),
        ("เเบบนี้ไม่มี", set()),
        ("ป้าย", {"sign"}),
        ("!!!", set()),
        ("ภาษี ขนส่ง", {"vat"}),
        ("ภาษี ปลากะพง", set()),
    ],
)
def test_explorer_finds_words_inside_titles_and_bodies(editor, shelf, text, slugs):
    assert explore(editor, text) == slugs


def test_explorer_finds_as_one_types(editor, shelf):
    assert explore(editor, "ขนส") == {"vat"}


def test_global_page_search_finds_thai_words(editor, shelf):
    response = editor.get(reverse("wagtailadmin_pages:search"), {"q": "ขนส่ง"})
    assert [page.slug for page in response.context["pages"]] == ["vat"]


def test_page_chooser_finds_words_inside_bodies(editor, shelf):
    response = editor.get(reverse("wagtailadmin_choose_page_search"), {"q": "ขนส่ง"})
    assert response.status_code == 200
    assert [page.slug for page in response.context["pages"]] == ["vat"]


def test_page_chooser_of_one_type_finds_words(editor, shelf):
    response = editor.get(reverse("wagtailadmin_choose_page_search"), {"q": "ทะเบียน", "page_type": "kb.guidepage"})
    assert [page.slug for page in response.context["pages"]] == ["vat"]


@pytest.mark.parametrize("text", ["ปลากะพง", "กองทุน", "พัฒนา"])
def test_snippets_are_found_by_words_inside_their_names(shelf, text):
    from wagtail.search.backends import get_search_backend

    assert [programme.code for programme in get_search_backend().search(text, Programme)] == ["grant"]
    assert [programme.code for programme in get_search_backend().autocomplete(text, Programme)] == ["grant"]


def test_pages_of_other_types_are_found_too(editor, sweep):
    from wagtail.search.backends import get_search_backend

    index = GuideIndexPage.objects.get()
    index.title = "รวมคู่มือทุกเรื่อง"
    index.save()
    sync.sweep_jobs()
    assert [page.pk for page in get_search_backend().search("ทุกเรื่อง", GuideIndexPage)] == [index.pk]


def test_absurd_questions_do_not_break_the_admin(editor, shelf):
    for text in ('"', "a" * 10_000, "ก" * 5_000, "1" * 20_000, "w " * 3_000, "%", "_", "\u0e48", "'"):
        assert explore(editor, text) == set()
    explore(editor, "ก\x00ข")  # the form refuses it


def test_publishing_writes_no_index_of_wagtails(django_assert_max_num_queries):
    from modelsearch.models import IndexEntry

    GuideFactory()
    assert IndexEntry.objects.count() == 0
    assert GuidePage.objects.count() == 1
