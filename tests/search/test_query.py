"""The question becomes results: what is found, in which order, how honestly it is said."""

import pytest

from kb.models import GuidePage
from search import sync
from search.engines.choice import chosen_engine
from search.query import LAST_PAGE, Reach, explain, read_question, search
from search.readings import LONGEST, MOST_WORDS
from tests.factories import GuideFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db


def slugs(text: str, **kwargs) -> list[str]:
    return [item.object.slug if isinstance(item.object, GuidePage) else item.object.code for item in search(text, **kwargs).items]


@pytest.fixture
def shelf(sweep):
    """Four guides and a programme."""
    GuideFactory(slug="vat", title="จดทะเบียนภาษีมูลค่าเพิ่ม", keywords="จดแวต", stages=["run"], functions=["tax"])
    GuideFactory(slug="sign", title="ภาษีป้ายของร้าน", stages=["run"], functions=["tax"], provinces=["TH-50"])
    GuideFactory(slug="company", title="เปิดบริษัทจำกัด", stages=["start"], functions=["legal"], sectors=["retail"])
    GuideFactory(slug="body", title="เรื่องทั่วไป", body=[("text", "<p>ร้านค้าออนไลน์ต้องรู้เรื่องขนส่ง</p>")], stages=["grow"], functions=["marketing"])
    ProgrammeFactory(code="grant", name="เงินช่วยจดภาษี", live=True)
    sweep()


def test_read_question_bounds_what_was_typed():
    question = read_question("ภาษี " * 300)
    assert (len(question.text) <= LONGEST, question.is_cut, set(question.words)) == (True, True, {"ภาษี"})


def test_read_question_reads_so_many_words_and_no_more():
    question = read_question(" ".join(f"w{number}" for number in range(MOST_WORDS + 1)))
    assert (len(question.words), question.is_cut) == (MOST_WORDS, True)


def test_explain_says_plan_and_scores(shelf):
    explanation = explain("ภาษีป้าย", limit=5)
    assert explanation.hits[0].kind == "guide"
    assert explanation.hits[0].score >= explanation.hits[-1].score > 0
    assert [reading.text for reading in explanation.readings][-1] == "ภาษีป้าย"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ภาษีมูลค่าเพิ่ม", "vat"),
        ("จดแวต", "vat"),
        ("จดเเวต", "vat"),
        ("ภาษีป้าย", "sign"),
        ("ภา\u200bษีป้าย", "sign"),
        ("บริษัท", "company"),
        ("บริษัทจำกัด", "company"),
        ("ขนส่ง", "body"),
        ("เงินช่วย", "grant"),
    ],
)
def test_search_puts_the_right_one_first(shelf, text, first):
    assert slugs(text)[0] == first


def test_part_finds_every_compound(shelf):
    assert set(slugs("ภาษี")) == {"vat", "sign", "grant"}


def test_search_counts_honestly_and_says_its_reach(shelf):
    results = search("ภาษีป้าย ขนส่ง")
    assert (results.reach, results.full, results.total) == (Reach.SOME, 0, 2)


def test_few_results_are_followed_by_pages_with_some_of_the_words(shelf):
    results = search("จดทะเบียน ภาษีป้าย")
    assert (results.reach, results.full) == (Reach.SOME, 0)
    assert set(slugs("จดทะเบียน ภาษีป้าย")) >= {"vat", "sign"}


def test_misspelt_word_finds_what_is_written_nearly_so(shelf):
    results = search("ภาสีป้าย")
    assert (results.total > 0, slugs("ภาสีป้าย")[0]) == (True, "sign")


def test_nothing_found_is_nothing(shelf):
    results = search("ยานอวกาศ")
    assert (results.total, results.items, results.reach) == (0, (), Reach.WORDS)


def test_question_without_words_asks_nothing(shelf, monkeypatch):
    monkeypatch.setattr(type(chosen_engine()), "search", lambda *args: pytest.fail("asked"))
    assert search("!!! ... \u0e48").items == ()


def test_no_question_lists_what_the_filters_leave(shelf):
    assert set(slugs("", filters={"stage": ("run",), "type": ("guide",)})) == {"vat", "sign"}


def test_national_guides_hold_in_every_province(shelf):
    assert set(slugs("ภาษี", filters={"province": ("TH-50",)})) == {"vat", "sign", "grant"}
    assert set(slugs("ภาษี", filters={"province": ("TH-90",)})) == {"vat", "grant"}


def test_counts_of_a_facet_ignore_its_own_filter(shelf):
    counts = search("ภาษี", filters={"type": ("guide",), "stage": ("run",)}).counts
    assert counts["type"] == {"guide": 2, "programme": 1}
    assert counts["stage"]["run"] == 2
    other = search("ร้าน", filters={"type": ("guide",), "function": ("marketing",)})
    assert other.counts["function"].get("tax", 0) >= 1


def test_counts_say_what_a_filter_would_leave(shelf):
    counts = search("ภาษี").counts
    for code in ("TH-50",):
        assert counts["province"][code] == search("ภาษี", filters={"province": (code,)}).total
    for code in ("run",):
        assert counts["stage"][code] == search("ภาษี", filters={"stage": (code,)}).total


@pytest.mark.parametrize("page", [-5, 0, 1, 2, 10**9])
def test_page_is_corrected_to_what_exists(shelf, page):
    results = search("ภาษี", page=page)
    assert (results.page, len(results.items)) == (1, 3)


def test_pages_do_not_overlap_and_end(sweep):
    for number in range(23):
        GuideFactory(slug=f"g{number}", title=f"ภาษีป้าย {number}")
    sweep()
    pages = [slugs("ภาษีป้าย", page=page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [10, 10, 3]
    assert len({slug for page in pages for slug in page}) == 23
    assert search("ภาษีป้าย", page=99).page == 3
    assert LAST_PAGE == 50


def test_what_the_database_hides_is_dropped_from_page_and_total(shelf):
    GuidePage.objects.filter(slug="sign").update(live=False)  # the index does not know
    results = search("ภาษี")
    assert ([item.object.pk for item in results.items if getattr(item.object, "slug", "") == "sign"], results.total) == ([], 2)


def test_renamed_page_is_shown_under_its_new_name(shelf):
    GuidePage.objects.filter(slug="sign").update(title="ชื่อใหม่ <b>")
    item = next(item for item in search("ภาษีป้าย").items if getattr(item.object, "slug", "") == "sign")
    assert item.title == "ชื่อใหม่ &lt;b&gt;"


def test_passage_shows_why_when_title_and_summary_do_not(shelf):
    item = search("ขนส่ง").items[0]
    assert (item.object.slug, "<mark>ขนส่ง</mark>" in item.passage) == ("body", True)


@pytest.mark.parametrize("number", [1, 30])
def test_search_costs_at_most_one_query_a_kind(sweep, django_assert_max_num_queries, number):
    for index in range(number):
        GuideFactory(slug=f"g{index}", title=f"ภาษีป้าย {index}")
        ProgrammeFactory(code=f"p{index}", name=f"ภาษีป้าย {index}", live=True)
    sweep()
    with django_assert_max_num_queries(2):
        assert search("ภาษีป้าย").total == 2 * number


def test_usual_question_is_one_request_to_the_engine(shelf, monkeypatch):
    engine = chosen_engine()
    asked = []
    real = type(engine).search
    monkeypatch.setattr(type(engine), "search", lambda self, plan: asked.append(plan) or real(self, plan))
    assert search("ภาษี").total == 3
    assert len(asked) == 1


def test_engine_away_is_said(db, index_dir):
    assert search("ภาษี").reach == Reach.AWAY
    assert sync.mend_index() is True
    assert search("ภาษี").reach == Reach.WORDS
