"""What may be found, proved in both forms, and what a document is made of."""

import datetime as dt
import re
from html import unescape

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st
from wagtail.documents.models import Document as File
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction

from business.models import Province
from kb.demo.load import load_knowledge
from kb.models import GuideIndexPage, GuidePage, Programme
from oss.models import Centre
from search import documents, thai
from search.models import Document, IndexJob
from search.passages import HEADING, read_lines, show_lines
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
    assert row.facets == {
        "type": ["guide"],
        "stage": ["run"],
        "function": ["tax"],
        "province": ["TH-50"],
        "sector": ["retail"],
        "size": ["*"],
        "agency": [],
        "format": [],
    }
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
    assert row.facets == {
        "type": ["programme"],
        "stage": ["*"],
        "function": ["tax"],
        "province": ["*"],
        "sector": ["*"],
        "size": ["*"],
        "agency": ["osmep"],
        "format": [],
    }


def test_guide_document_says_what_is_in_the_page_and_whom_it_leans_on():
    AgencyFactory(code="rd", name_th="กรมสรรพากร", short_name="สรรพากร")
    FactFactory(code="vat-threshold", agency_name="กรมสรรพากร")
    page = GuideFactory(
        short_answer="เกิน {fact:vat-threshold}",
        body=[
            ("steps", [{"title": "ไป", "text": ""}]),
            ("documents", [{"name": "บัตร", "note": ""}]),
            ("time", {"amount": "1 วัน", "note": ""}),
        ],
    )
    page.programmes.set([ProgrammeFactory(agency=AgencyFactory(code="osmep"))])
    page.save()
    documents.write_document(documents.kinds()["guide"], page.pk)
    facets = Document.objects.get(kind="guide", object_id=page.pk).facets
    assert (facets["format"], facets["agency"]) == (["checklist", "steps"], ["osmep", "rd"])


def test_programme_document_has_its_sizes():
    programme = ProgrammeFactory(eligibility=[("size", {"wanted": ["micro", "small"], "source": "ข้อ 1"})])
    documents.write_document(documents.kinds()["programme"], programme.pk)
    assert Document.objects.get(kind="programme", object_id=programme.pk).facets["size"] == ["micro", "small"]


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


# Lines and sections


@given(st.lists(st.text(max_size=20), max_size=8))
def test_cutting_keeps_the_lines_of_a_text(texts):
    lines = [" ".join(text.split()) for text in texts]
    assert thai.join("\n".join(lines)).count("\n") == max(len(lines) - 1, 0)


def test_sections_begin_at_their_heading_and_hold_what_follows_it(client):
    FactFactory(code="fee", value="50", unit="บาท")
    page = GuideFactory(
        slug="sections",
        body=[
            ("text", "<p>คำนำ</p><h2>ใครต้อง<b>จด</b> &amp; เมื่อไร</h2><p>คนที่<b>ซื้อ</b>มาขายไป</p><ul><li>ร้านค้า</li><li>ออนไลน์</li></ul>"),
            ("steps", [{"title": "กรอกแบบ", "text": "<p>กรอกเท่าที่มี</p><p>เซ็นชื่อ</p>"}]),
            ("text", "<h2>จ่าย {fact:fee}</h2><h2>ยื่นที่ไหน</h2>"),
            ("where", [{"place": "สำนักงานเขต", "note": "ชั้น 1", "phone": "", "url": "https://example.test"}]),
        ],
    )
    documents.write_document(documents.kinds()["guide"], page.pk)
    row = Document.objects.get(kind="guide", object_id=page.pk)
    lines = row.words["body"].replace(thai.JOINER, "").split("\n")
    assert lines == [
        "คำนำ", "ใครต้องจด & เมื่อไร", "คนที่ซื้อมาขายไป", "ร้านค้า", "ออนไลน์", "กรอกแบบ", "กรอกเท่าที่มี", "เซ็นชื่อ", "จ่าย 50 บาท", "ยื่นที่ไหน", "สำนักงานเขต", "ชั้น 1",
    ]  # fmt: skip
    assert [(heading, first) for _anchor, heading, first in row.sections] == [("ใครต้องจด & เมื่อไร", 1), ("จ่าย 50 บาท", 8), ("ยื่นที่ไหน", 9)]
    assert [(anchor, heading) for anchor, heading, _first in row.sections] == page.headings


def test_every_section_of_the_demonstration_is_followed_by_what_follows_it_on_the_page(client, settings):
    """The anchors are those of the page, and the words after the heading there are the line after it here."""
    load_knowledge({}, lambda said: None)
    checked = 0
    for page in GuidePage.objects.live():
        html = re.sub(r"\s+", " ", client.get(page.url).content.decode())
        content = documents.build_guide(page)
        lines = content.body.split("\n")
        for anchor, heading, first in content.sections:
            assert lines[first] == heading
            after = html.split(f'<h2 id="{anchor}">', 1)[1].split("</h2>", 1)[1]
            shown = re.sub(r"[\s\u00a0]+", "", unescape(strip_tags(after)))
            following = re.sub(r"[\s\u00a0]+", "", lines[first + 1].split(" | ")[0])
            assert following[:30] in shown[:400], (page.slug, heading)
            checked += 1
    assert checked > 100


def test_lines_of_one_step_or_question_belong_together():
    page = GuideFactory(body=[("questions", [{"question": "ก", "answer": "<p>ข</p>"}, {"question": "ค", "answer": "<p>ง</p>"}])])
    assert [(line.source, line.item) for line in read_lines(page)] == [("ก", 1), ("ข", 1), ("ค", 2), ("ง", 2)]
    assert [line for line, _text in show_lines(read_lines(page), {}) if line.block == HEADING] == []


# Centres


def test_centre_document_is_found_by_every_name_of_its_province():
    centre = Centre.objects.get(province_id="TH-30")
    documents.write_document(documents.kinds()["centre"], centre.pk)
    row = Document.objects.get(kind="centre", object_id=centre.pk)
    for name in ("โคราช", "ศูนย์โคราช", "นครราชสีมา", "Korat", "Nakhon Ratchasima"):
        assert {term.term for term in thai.find_words(name)} <= set(row.terms.split()), name
    assert (row.facets["province"], row.facets["stage"], row.is_public) == (["TH-30"], [], True)


def test_a_new_nickname_of_a_province_makes_its_centre_due():
    IndexJob.objects.all().delete()
    province = Province.objects.get(pk="TH-30")
    province.aliases = [*province.aliases, "เมืองย่าโม"]
    province.save()
    assert list(IndexJob.objects.values_list("kind", "object_id")) == [("centre", Centre.objects.get(province_id="TH-30").pk)]


# Files


def make_file(title: str = "ตาราง", **kwargs) -> File:
    return File.objects.create(title=title, file=ContentFile(b"a,b", name=f"{title}.csv"), **kwargs)


def offer(file: File, **kwargs) -> GuidePage:
    return GuideFactory(body=[("download", {"document": file, "title": "ตารางคิดเงิน", "note": "แก้เลขได้"})], **kwargs)


def make_files_of_every_sort() -> None:
    now = timezone.now()
    hidden = Collection.get_first_root_node().add_child(name="ภายใน")
    below = hidden.add_child(name="ในภายใน")
    CollectionViewRestriction.objects.create(collection=hidden, restriction_type="login")
    make_file("nobody")
    offer(make_file("offered"))
    offer(make_file("hidden", collection=hidden))
    offer(make_file("below", collection=below))
    offer(make_file("draft"), live=False)
    offer(make_file("expired"), expire_at=now - dt.timedelta(minutes=1))
    restricted = offer(make_file("restricted"))
    PageViewRestriction.objects.create(page=restricted, restriction_type="login")
    twice = make_file("twice")
    offer(twice, live=False)
    offer(twice)
    linked = make_file("linked")
    GuideFactory(body=[("text", f'<p><a linktype="document" id="{linked.pk}">ไฟล์</a></p>')])


def test_file_predicate_equals_the_queryset():
    make_files_of_every_sort()
    kind = documents.kinds()["download"]
    by_query = set(kind.searchable().values_list("title", flat=True))
    by_predicate = {file.title for file in kind.objects() if kind.is_searchable(file)}
    assert by_query == by_predicate == {"offered", "twice"}


def test_every_kind_says_the_same_of_one_object_and_of_all():
    make_pages_of_every_sort()
    make_files_of_every_sort()
    ProgrammeFactory(live=True, code="open")
    ProgrammeFactory(live=False, code="draft")
    for kind in documents.kinds().values():
        by_predicate = {found.pk for found in kind.objects() if kind.is_searchable(found)}
        assert set(kind.searchable().values_list("pk", flat=True)) == by_predicate, kind.code
        assert by_predicate <= set(kind.objects().values_list("pk", flat=True)), kind.code


def test_file_document_is_filed_like_its_guide():
    file = make_file()
    guide = offer(file, stages=["grow"], functions=["tax"], provinces=["TH-50"])
    documents.write_document(documents.kinds()["download"], file.pk)
    row = Document.objects.get(kind="download", object_id=file.pk)
    assert row.facets == {
        "type": ["download"], "stage": ["grow"], "function": ["tax"], "province": ["TH-50"], "sector": ["*"], "size": ["*"], "agency": [], "format": ["file"],
    }  # fmt: skip
    assert (row.is_public, row.quotes) == (True, f" guide:{guide.pk} ")
    assert "ตารางคิดเงิน" in row.words["keywords"].replace(thai.JOINER, "")


def due_files() -> set[int]:
    found = set(IndexJob.objects.filter(kind="download").values_list("object_id", flat=True))
    IndexJob.objects.all().delete()
    return found


def test_what_happens_to_a_guide_makes_its_files_due():
    first, second = make_file("หนึ่ง"), make_file("สอง")
    IndexJob.objects.all().delete()
    page = offer(first)
    assert due_files() == {first.pk}
    documents.write_document(documents.kinds()["download"], first.pk)
    page.body = [("download", {"document": second, "title": "สอง", "note": ""})]
    page.save_revision().publish()
    assert due_files() == {first.pk, second.pk}
    documents.write_document(documents.kinds()["download"], first.pk)
    documents.write_document(documents.kinds()["download"], second.pk)
    public = dict(Document.objects.filter(kind="download").values_list("object_id", "is_public"))
    assert public == {first.pk: False, second.pk: True}
    GuidePage.objects.get(pk=page.pk).unpublish()
    assert due_files() == {second.pk}
    restriction = CollectionViewRestriction.objects.create(collection=Collection.get_first_root_node(), restriction_type="login")
    assert due_files() == {first.pk, second.pk}
    restriction.delete()
    assert due_files() == {first.pk, second.pk}
    GuidePage.objects.get(pk=page.pk).delete()
    assert second.pk in due_files()
