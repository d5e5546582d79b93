"""The demonstration's knowledge: the files themselves (no database), the parser's refusals, and what loading makes of them."""

import datetime as dt
import re
from collections import Counter

import pytest

from business.models import BusinessFunction
from kb.blocks import Eligibility, GuideBody
from kb.demo import load
from kb.demo.guide_files import FileError, parse_body, parse_text, place_links, read_guide, to_rich_text, without_links
from kb.demo.ledger import State, checksum, compare
from kb.facts import find_references
from kb.models import Agency, Fact, GuidePage, Programme
from tests.factories import GuideFactory, UserFactory
from tests.kb.demo_guides import guide_source

STAGES = ["idea", "start", "run", "grow", "transform", "recover", "exit"]
FUNCTIONS = [
    "finance",
    "tax",
    "legal",
    "marketing",
    "digital",
    "production",
    "people",
    "innovation",
    "export",
    "procurement",
    "green",
    "risk",
]


@pytest.fixture(scope="module")
def guides():
    return [read_guide(path) for path in sorted(load.GUIDES.glob("*.md"))]


@pytest.fixture(scope="module")
def programmes():
    return load.read_yaml("programmes.yaml")


@pytest.fixture(scope="module")
def facts():
    return {row["code"]: row for row in load.read_facts()}


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def silent(line):
    pass


# The files


def test_guides_cover_every_stage_and_every_function(guides):
    stages = Counter(code for guide in guides for code in guide.meta["stages"])
    functions = Counter(code for guide in guides for code in guide.meta["functions"])
    assert len(guides) >= 35
    assert {code: stages[code] for code in STAGES if stages[code] < 5} == {}
    assert {code: functions[code] for code in FUNCTIONS if functions[code] < 2} == {}


def test_every_fact_that_is_quoted_exists_and_is_confirmed(guides, programmes, facts):
    quoted = {name: find_references(text) for name, text in raw_texts(guides, programmes)}
    doubtful = {
        name: [code for code in codes if code not in facts or facts[code]["confidence"] != "confirmed"] for name, codes in quoted.items()
    }
    assert {name: codes for name, codes in doubtful.items() if codes} == {}
    assert sum(map(len, quoted.values())) > 150


def test_hotlines_are_quoted_and_never_typed(guides, programmes, facts):
    numbers = [row["value"] for row in facts.values() if row["unit"] == "โทรศัพท์"]
    typed = re.compile(r"(?<![\d,.-])(" + "|".join(map(re.escape, numbers)) + r")(?![\d,.-])")
    assert {name: typed.findall(text) for name, text in raw_texts(guides, programmes) if typed.search(text)} == {}


def test_every_link_relation_and_programme_of_a_guide_exists(guides, programmes):
    slugs, codes = {guide.meta["slug"] for guide in guides}, {entry["code"] for entry in programmes}
    for guide in guides:
        links = set(re.findall(r'href="guide:([a-z0-9-]+)"', str(guide.body)))
        assert links - slugs == set(), guide.name
        assert set(guide.meta["related"]) - (slugs - {guide.meta["slug"]}) == set(), guide.name
        assert set(guide.meta["programmes"]) - codes == set(), guide.name


def test_guide_codes_are_four_digits_and_given_once(guides):
    assert [code for code, number in Counter(guide.meta["code"] for guide in guides).items() if number > 1] == []
    assert [guide.name for guide in guides if not re.fullmatch(r"\d{4}", guide.meta["code"])] == []


def test_programmes_name_their_source_their_day_and_a_need(programmes):
    assert len(programmes) >= 24
    for entry in programmes:
        assert entry["source_name"], entry["code"]
        assert entry["checked_on"] == dt.date(2026, 11, 23), entry["code"]
        clauses = load.to_eligibility(entry)
        assert "need" in [clause["type"] for clause in clauses], entry["code"]
        assert [clause for clause in clauses if not clause["value"]["source"]] == []
        assert len(entry["summary"]) <= 200, entry["code"]


def test_programmes_that_are_over_are_not_called_open(programmes):
    over = [entry["code"] for entry in programmes if entry.get("closes_on") and entry["closes_on"] < dt.date(2026, 11, 23)]
    assert over == ["prov-champ-2026", "bds-2565", "bds-2567", "khunsoo"]
    assert {entry["status"] for entry in programmes if entry["code"] in over} == {"closed"}
    assert sorted(entry["code"] for entry in programmes if entry["status"] == "open") == [
        "bizportal", "dbd-trust", "dip-academy", "dip-craft-fund", "itap", "sme-gp", "sme-one-id", "thaimooc",
    ]  # fmt: skip


def test_buddhist_dates_of_facts_become_common_era(facts):
    assert facts["vat-rate-2568"]["valid_until"] == dt.date(2026, 9, 30)
    assert facts["vat-threshold"]["valid_until"] is None
    assert (len(facts), Counter(row["confidence"] for row in facts.values())) == (152, {"confirmed": 144, "believed": 8})


def test_pictures_are_small_and_described(guides):
    named = [block["value"] for guide in guides for block in guide.body if block["type"] == "picture"]
    assert len(named) >= 2
    for value in named:
        assert (load.FOLDER / "pictures" / value["image"]).stat().st_size < 40_000
        assert len(value["alt"]) > 40


def raw_texts(guides, programmes) -> list[tuple[str, str]]:
    """(name, words as they stand in the file)"""
    files = [(guide.name, (load.GUIDES / guide.name).read_text(encoding="utf-8")) for guide in guides]
    fields = ("summary", "offers", "who", "how_to_apply")
    return files + [(entry["code"], " ".join(entry[name] for name in fields)) for entry in programmes]


# The parser


def test_markdown_becomes_what_the_editor_can_show():
    html = to_rich_text("x.md", "## หัวข้อ\nย่อหน้า **เน้น**\nต่อ [ลิงก์](guide:unit-cost)\n\n- หนึ่ง\n- สอง\n")
    assert html == '<h2>หัวข้อ</h2><p>ย่อหน้า <b>เน้น</b> ต่อ <a href="guide:unit-cost">ลิงก์</a></p><ul><li>หนึ่ง</li><li>สอง</li></ul>'


def test_blocks_keep_their_order_and_take_their_names():
    body = parse_body("x.md", "ก่อน\n\n:::qa\n- question: ได้ไหม\n  answer: ได้ **แน่**\n:::\n\n:::time\namount: 1 วัน\n:::\nหลัง\n")
    assert body == [
        {"type": "text", "value": "<p>ก่อน</p>"},
        {"type": "questions", "value": [{"question": "ได้ไหม", "answer": "<p>ได้ <b>แน่</b></p>"}]},
        {"type": "time", "value": {"amount": "1 วัน", "note": ""}},
        {"type": "text", "value": "<p>หลัง</p>"},
    ]


def test_a_table_becomes_lines_of_cells():
    body = parse_body("x.md", ':::table\ncaption: เทียบ\nhead: [ก, ข]\nrows:\n  - [1, "2,000"]\n  - [~, สอง]\n:::\n')
    assert body == [{"type": "table", "value": {"caption": "เทียบ", "head": "ก | ข", "rows": "1 | 2,000\n | สอง"}}]


def test_links_and_files_find_their_pages():
    body = parse_body("x.md", "[ไป](guide:a)\n\n:::download\nfile: a.xlsx\ntitle: ตาราง\n:::\n")
    placed = place_links("x.md", body, pages={"guide:a": 7}, files={"a.xlsx": 3})
    assert placed[0]["value"] == '<p><a linktype="page" id="7">ไป</a></p>'
    assert placed[1]["value"]["document"] == 3
    assert without_links(body) == [{"type": "text", "value": "<p>ไป</p>"}]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("ไม่มีหัว", "no front matter between two lines of ---"),
        ("---\na: [\n---\nเนื้อหา", "front matter: while parsing a flow"),
        ("---\na: 1\n---\n:::steps\n- title: ก", "line 4: block steps is not closed"),
        ("---\na: 1\n---\nก\n:::\n", "line 5: a block is closed that was not opened"),
        ("---\na: 1\n---\n:::steps\n:::fees\n:::\n", "line 5: block steps is not closed"),
        ("---\na: 1\n---\n:::dance\n- a: 1\n:::\n", "unknown block dance"),
        ("---\na: 1\n---\n:::steps\ntitle: ก\n:::\n", "steps is not a list of entries"),
        ("---\na: 1\n---\n:::steps\n- text: ก\n:::\n", "steps lacks title"),
        ("---\na: 1\n---\n:::fees\n- {item: ก, amount: 5, colour: แดง}\n:::\n", "fees has unknown colour"),
        ("---\na: 1\n---\n:::table\ncaption: ก\nhead: [ก, ข]\nrows: [[1]]\n:::\n", "table ก: row [1] has not 2 cells"),
        ("---\na: 1\n---\n:::table\ncaption: ก\nhead: [ก, ข]\nrows: [[1, a|b]]\n:::\n", "a cell holds |"),
        ("---\na: 1\n---\n:::warning\ntitle: ก\ntext: |\n  - หนึ่ง\n:::\n", "<li>, <ul> is not allowed here"),
        ("---\na: 1\n---\nก\n- รายการ\n", "a list needs an empty line before it"),
        ("---\na: 1\n---\n# ใหญ่\n", "<h1> is not allowed here"),
        ("---\na: 1\n---\n<script>alert(1)</script>\n", "<script> is not allowed here"),
        ("---\na: 1\n---\n[ก](https://example.test)\n", "only guide:… and page:… are allowed"),
    ],
)
def test_a_broken_file_stops_with_its_name_and_the_reason(source, reason):
    with pytest.raises(FileError) as error:
        parse_text("broken.md", source)
    assert str(error.value).startswith("broken.md: ")
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("slug: shop", "slug: other"), "slug other is not the name of the file"),
        (("title: ร้านตัวอย่าง shop", "title:"), "front matter lacks title"),
        (("stages: [run]", "stages: run"), "stages is not a list"),
        (("2026-10-15", "เมื่อวาน"), "reviewed_on is not a date such as 2026-10-15"),
        (("keywords: []", "colour: red"), "front matter has unknown colour"),
        (("change_notes: []", "change_notes: [{note: ก}]"), "a change note needs date, significance and note"),
    ],
)
def test_a_guide_with_broken_front_matter_is_refused(tmp_path, change, reason):
    path = tmp_path / "shop.md"
    path.write_text(guide_source("shop").replace(*change), encoding="utf-8")
    with pytest.raises(FileError) as error:
        read_guide(path)
    assert str(error.value) == f"shop.md: {reason}"


def test_links_to_what_does_not_exist_are_refused():
    body = parse_body("x.md", "[ไป](guide:nowhere)")
    with pytest.raises(FileError, match="x.md: link to guide:nowhere, which does not exist"):
        place_links("x.md", body, pages={}, files={})


@pytest.mark.django_db
def test_blocks_that_their_own_rules_refuse_name_the_file_and_the_place():
    body = parse_body("x.md", ':::time\namount: "{fact:no-such-fact}"\n:::\n')
    with pytest.raises(FileError, match=r"x\.md: 1 amount ไม่มีข้อเท็จจริงรหัส no-such-fact"):
        load.clean_stream("x.md", GuideBody(), body)
    clause = [{"type": "size", "value": {"wanted": ["gigantic"], "source": "ข้อ 1"}}]
    with pytest.raises(FileError, match=r"p: 1 wanted "):
        load.clean_stream("p", Eligibility(), clause)


# Loading


@pytest.fixture
def small_folder(tmp_path, monkeypatch, media):
    """A folder of two guides that link to each other, in place of the real ones."""
    folder = tmp_path / "guides"
    folder.mkdir()
    (folder / "first.md").write_text(guide_source("first", related="[second]", text="ไป [สอง](guide:second)"), encoding="utf-8")
    (folder / "second.md").write_text(guide_source("second", code="9002", text="กลับ [หนึ่ง](guide:first)"), encoding="utf-8")
    monkeypatch.setattr(load, "GUIDES", folder)
    return folder


@pytest.mark.slow
@pytest.mark.django_db
def test_loading_everything_makes_live_pages_and_a_second_run_changes_nothing(media, guides, programmes, django_assert_max_num_queries):
    ledger = {}
    load.load_knowledge(ledger, silent)
    assert (Fact.objects.count(), Programme.objects.live().count()) == (152, len(programmes))
    assert GuidePage.objects.live().filter(is_demo=True).count() == len(guides)
    assert Agency.objects.get(code="bot").phone == "1213"
    for page in GuidePage.objects.all():
        assert page.revisions.count() == 1, page.slug
        assert page.live_revision_id == page.latest_revision_id
        assert list(page.facts) == page.fact_codes, page.slug
        assert not re.search(r'href="(guide|page):', str(page.body.get_prep_value())), page.slug
        assert page.related_guides.count() in (2, 3), page.slug
        assert page.words > 250, page.slug
        page.full_clean()
    page, text = GuidePage.objects.get(slug="vat-registration"), next(guide for guide in guides if guide.name == "vat-registration.md")
    assert page.keywords.splitlines() == text.meta["keywords"]
    assert set(page.stages.values_list("code", flat=True)) == set(text.meta["stages"])

    before = dict(ledger)
    with django_assert_max_num_queries(12) as queries:
        load.load_knowledge(ledger, silent)
    assert [query["sql"][:6] for query in queries.captured_queries if not query["sql"].startswith("SELECT")] == []
    assert ledger == before


@pytest.mark.django_db
def test_guides_that_link_to_each_other_find_each_other(small_folder):
    load.load_guides({}, silent)
    first, second = GuidePage.objects.get(slug="first"), GuidePage.objects.get(slug="second")
    assert f'<a linktype="page" id="{second.pk}">สอง</a>' in first.body[0].value.source
    assert f'<a linktype="page" id="{first.pk}">หนึ่ง</a>' in second.body[0].value.source
    assert [related.guide_id for related in first.related_guides.all()] == [second.pk]


@pytest.mark.django_db
def test_a_mended_file_reaches_the_page_that_nobody_has_touched(small_folder):
    ledger = {}
    load.load_guides(ledger, silent)
    (small_folder / "first.md").write_text(guide_source("first", text="แก้แล้ว"), encoding="utf-8")
    load.load_guides(ledger, silent)
    first = GuidePage.objects.get(slug="first")
    assert (first.body[0].value.source, first.revisions.count(), first.related_guides.count()) == ("<h2>หัวข้อ</h2><p>แก้แล้ว</p>", 2, 0)
    assert GuidePage.objects.get(slug="second").revisions.count() == 1


@pytest.mark.django_db
def test_what_a_person_edited_or_deleted_stays_so(small_folder):
    ledger = {}
    load.load_guides(ledger, silent)
    first = GuidePage.objects.get(slug="first")
    first.title = "คนแก้แล้ว"
    first.save_revision(user=UserFactory()).publish()
    GuidePage.objects.get(slug="second").delete()
    for slug, code in (("first", "9001"), ("second", "9002")):
        (small_folder / f"{slug}.md").write_text(guide_source(slug, code=code, text="ไฟล์ใหม่"), encoding="utf-8")
    load.load_guides(ledger, silent)
    assert [page.title for page in GuidePage.objects.all()] == ["คนแก้แล้ว"]
    assert "ไฟล์ใหม่" not in GuidePage.objects.get().body[0].value.source


@pytest.mark.django_db
def test_a_page_of_a_persons_own_is_never_taken_over(small_folder):
    mine = GuideFactory(slug="first", title="ของฉัน")
    (small_folder / "second.md").unlink()
    ledger = {}
    load.load_guides(ledger, silent)
    assert (GuidePage.objects.get().pk, GuidePage.objects.get().title, GuidePage.objects.get().is_demo) == (mine.pk, "ของฉัน", False)


@pytest.mark.django_db
def test_rows_are_mended_only_as_long_as_nobody_changed_them():
    ledger, row = {}, {"code": "f", "topic": "ก", "statement": "ก", "value": "1", "source": "ส", "confidence": "confirmed"}
    load._load_rows(ledger, Fact, "fact", [row])
    load._load_rows(ledger, Fact, "fact", [row | {"value": "2"}])
    assert Fact.objects.get().value == "2"
    Fact.objects.update(value="คนแก้")
    load._load_rows(ledger, Fact, "fact", [row | {"value": "3"}])
    assert Fact.objects.get().value == "คนแก้"


@pytest.mark.django_db
def test_a_programme_that_was_edited_in_the_admin_is_kept(monkeypatch):
    entry = load.read_yaml("programmes.yaml")[0]
    ledger = {}
    load._load_rows(ledger, Agency, "agency", load._agencies())
    monkeypatch.setattr(load, "read_yaml", lambda name: [{**entry, "offers": "ชุดแรก"}])
    load.load_programmes(ledger)
    programme = Programme.objects.get()
    assert (programme.live, programme.is_demo, programme.offers) == (True, True, "ชุดแรก")
    assert [clause.topic for clause in programme.clauses] == ["need", "size"]
    programme.name = "คนแก้ชื่อ"
    programme.save_revision(user=UserFactory()).publish()
    monkeypatch.setattr(load, "read_yaml", lambda name: [{**entry, "offers": "ชุดที่สอง"}])
    load.load_programmes(ledger)
    programme.refresh_from_db()
    assert (programme.name, programme.offers) == ("คนแก้ชื่อ", "ชุดแรก")


@pytest.mark.django_db
def test_a_programme_of_an_unknown_agency_is_refused(monkeypatch):
    entry = load.read_yaml("programmes.yaml")[0] | {"agency": "nobody"}
    monkeypatch.setattr(load, "read_yaml", lambda name: [entry])
    with pytest.raises(FileError, match="programmes.yaml: sme-one-id: unknown agency nobody"):
        load.load_programmes({})


def test_every_function_of_the_programmes_is_known(programmes):
    needs = {code for entry in programmes for clause in entry["eligibility"] for code in clause.get("need", [])}
    assert needs - set(FUNCTIONS) == set()


@pytest.mark.django_db
def test_the_vocabulary_here_is_the_databases():
    assert list(BusinessFunction.objects.values_list("code", flat=True)) == FUNCTIONS


def test_the_ledger_tells_new_from_same_and_changed():
    ledger = {"a": checksum({"x": 1})}
    assert [compare(ledger, *pair) for pair in (("b", 1), ("a", {"x": 1}), ("a", {"x": 2}))] == [State.NEW, State.SAME, State.CHANGED]
    assert checksum("ก") == checksum("ก".encode())
