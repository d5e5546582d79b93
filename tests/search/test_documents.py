"""What may be found, proved in both forms, and what a document is made of."""

import datetime as dt

import pytest
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from kb.models import GuideIndexPage, GuidePage, Programme
from search import documents, thai
from search.models import Document
from tests.factories import AgencyFactory, FactFactory, GuideFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db


def make_pages_of_every_sort() -> None:
    now = timezone.now()
    index = GuideIndexPage.objects.get()
    GuideFactory(slug="plain")
    GuideFactory(slug="draft", live=False)
    GuideFactory(slug="expired", expire_at=now - dt.timedelta(minutes=1))
    GuideFactory(slug="expiring", expire_at=now + dt.timedelta(days=1))
    GuideFactory(slug="coming", live=False, go_live_at=now + dt.timedelta(days=1))
    for kind in ("password", "groups", "login"):
        page = GuideFactory(slug=f"for-{kind}")
        PageViewRestriction.objects.create(page=page, restriction_type=kind, password="secret" if kind == "password" else "")
    sibling = index.add_sibling(instance=Page(title="ข้าง", slug="beside"), pos="right")
    PageViewRestriction.objects.create(page=sibling, restriction_type="login")


def test_guide_predicate_equals_the_queryset():
    make_pages_of_every_sort()
    kind = documents.kinds()["guide"]
    by_query = set(kind.searchable().values_list("slug", flat=True))
    by_predicate = {page.slug for page in GuidePage.objects.all() if kind.is_searchable(page)}
    assert by_query == by_predicate == {"plain", "expiring"}


def test_guide_predicate_equals_the_queryset_below_a_restricted_page():
    make_pages_of_every_sort()
    PageViewRestriction.objects.create(page=GuideIndexPage.objects.get(), restriction_type="login")
    kind = documents.kinds()["guide"]
    assert list(kind.searchable()) == []
    assert [page for page in GuidePage.objects.all() if kind.is_searchable(page)] == []


def test_searchable_guides_are_those_of_wagtails_own_public():
    make_pages_of_every_sort()
    now = timezone.now()
    expected = set(GuidePage.objects.live().public().exclude(expire_at__lte=now).values_list("pk", flat=True))
    assert set(documents.searchable_guides().values_list("pk", flat=True)) == expected


def test_searchable_guides_cost_one_query(django_assert_num_queries):
    make_pages_of_every_sort()
    with django_assert_num_queries(1):
        list(documents.searchable_guides())


def test_programme_predicate_equals_the_queryset():
    ProgrammeFactory(live=True, code="open")
    ProgrammeFactory(live=False, code="draft")
    kind = documents.kinds()["programme"]
    by_predicate = {programme.code for programme in Programme.objects.all() if kind.is_searchable(programme)}
    assert set(kind.searchable().values_list("code", flat=True)) == by_predicate == {"open"}


def test_guide_document_has_facts_as_words_and_names_them():
    FactFactory(code="vat-threshold", value="1800000", unit="บาทต่อปี")
    page = GuideFactory(
        title="จดแวต", short_answer="เกิน {fact:vat-threshold} ต้องจด", provinces=["TH-50"], sectors=["retail"], keywords="จด VAT"
    )
    assert documents.write_document(documents.kinds()["guide"], page.pk) is True
    row = Document.objects.get(kind="guide", object_id=page.pk)
    assert row.words["summary"].replace(thai.JOINER, "") == "ใครต้องจด จดที่ไหน ใช้อะไร\nเกิน 1,800,000 บาทต่อปี ต้องจด"
    assert row.quotes == " vat-threshold "
    assert row.facets == {"type": ["guide"], "stage": ["run"], "function": ["tax"], "province": ["TH-50"], "sector": ["retail"]}
    assert row.is_public is True
    assert row.cutter == thai.VERSION


def test_guide_without_provinces_and_sectors_holds_for_all():
    page = GuideFactory()
    documents.write_document(documents.kinds()["guide"], page.pk)
    row = Document.objects.get(kind="guide", object_id=page.pk)
    assert (row.facets["province"], row.facets["sector"]) == (["*"], ["*"])


def test_programme_document_has_agency_support_and_clauses():
    programme = ProgrammeFactory(
        agency=AgencyFactory(code="osmep", name_th="สำนักงานส่งเสริมวิสาหกิจ", short_name="สสว."),
        eligibility=[
            ("need", {"wanted": ["tax"], "source": "ข้อ 1"}),
            ("other", {"text": "ต้องอบรมก่อน", "source": "ข้อ 2"}),
        ],
    )
    documents.write_document(documents.kinds()["programme"], programme.pk)
    row = Document.objects.get(kind="programme", object_id=programme.pk)
    assert "สสว" in [word.term for word in thai.split(row.words["keywords"])]
    assert "ต้องอบรมก่อน" in row.words["body"].replace(thai.JOINER, "")
    assert row.facets == {"type": ["programme"], "stage": ["*"], "function": ["tax"], "province": ["*"], "sector": ["*"]}


def test_draft_document_is_not_public_and_has_the_words_of_the_newest_draft():
    page = GuideFactory(title="เรื่องเดิม")
    page.title = "ปลากะพงทอดน้ำปลา"
    page.save_revision()
    documents.write_document(documents.kinds()["guide"], page.pk)
    row = Document.objects.get(kind="guide", object_id=page.pk)
    assert row.is_public is True
    assert row.words["title"].replace(thai.JOINER, "") == "เรื่องเดิม"
    assert " กะพง " in row.terms


def test_write_document_cuts_nothing_when_nothing_changed(monkeypatch):
    page = GuideFactory()
    kind = documents.kinds()["guide"]
    assert documents.write_document(kind, page.pk) is True
    monkeypatch.setattr(thai, "join", lambda text: pytest.fail("cut again"))
    assert documents.write_document(kind, page.pk) is False


def test_write_document_cuts_anew_for_another_cutter(monkeypatch):
    page = GuideFactory()
    kind = documents.kinds()["guide"]
    documents.write_document(kind, page.pk)
    before = Document.objects.get(kind="guide", object_id=page.pk)
    monkeypatch.setattr(thai, "VERSION", "newmm-6/1/0")
    assert documents.write_document(kind, page.pk) is True
    after = Document.objects.get(kind="guide", object_id=page.pk)
    assert (after.cutter, after.version > before.version) == ("newmm-6/1/0", True)


def test_every_other_page_has_a_document_that_is_never_public():
    index = GuideIndexPage.objects.get()
    documents.write_document(documents.kinds()["page"], index.pk)
    row = Document.objects.get(kind="page", object_id=index.pk)
    assert (row.is_public, row.words["title"].replace(thai.JOINER, "")) == (False, index.title)


def test_a_room_above_registers_its_kind():
    kind = documents.Kind(
        code="agency",
        model=AgencyFactory._meta.model,
        name="หน่วยงาน",
        icon="pin",
        card="search/cards/guide.html",
        objects=AgencyFactory._meta.model.objects.all,
        searchable=AgencyFactory._meta.model.objects.all,
        is_searchable=lambda agency: True,
        build=lambda agency: documents.Content(title=agency.name_th),
    )
    documents.register(kind)
    try:
        agency = AgencyFactory()
        assert documents.kind_of(agency) == "agency"
        documents.write_document(kind, agency.pk)
        assert Document.objects.get(kind="agency").facets["type"] == ["agency"]
    finally:
        documents._kinds.pop("agency")
