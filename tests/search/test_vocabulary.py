"""The index's own words: what they cost, what is one slip away, and that they follow the index."""

import math
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import sync, thai, vocabulary
from search.engines import EngineAway
from search.engines.choice import embedded
from search.vocabulary import EMPTY, FLOOR, GENERAL, MOST_COMPOUNDS, Vocabulary, current_vocabulary, is_good, is_one_slip, read_vocabulary
from tests.factories import GuideFactory

LETTERS = st.text(alphabet="กขคงา่ี์", min_size=1, max_size=6)


# Weights


@pytest.mark.parametrize(("documents", "number"), [(0, 0), (1, 1), (10, 0), (10, 3), (10, 10), (20_000, 7)])
def test_idf_is_that_of_bm25(documents, number):
    words = Vocabulary({"คำ": number} if number else {}, documents)
    assert words.idf("คำ") == pytest.approx(math.log(1 + (documents - number + 0.5) / (number + 0.5)))


def test_rare_words_weigh_more():
    words = Vocabulary({"ภาษี": 90, "แวต": 2}, 100)
    assert words.idf("ไม่มี") > words.idf("แวต") > words.idf("ภาษี") > 0


def test_cost_is_the_share_here_and_in_the_language():
    words = Vocabulary({"ภาษี": 30, "บริษัทจำกัด": 70}, 100)
    counts, total = vocabulary._general()
    assert words.cost("ภาษี") == pytest.approx(-math.log((1 - GENERAL) * 30 / 100 + GENERAL * counts["ภาษี"] / total))


def test_cost_falls_with_the_number_of_documents():
    words = Vocabulary({"ภาษี": 90, "กำไร": 9, "ฟู้ดทรัคคุ": 9}, 200)
    assert words.cost("ภาษี") < words.cost("กำไร")
    assert words.cost("กำไร") < words.cost("กำไล")  # a word of the dictionary that the index does not have


def test_what_is_no_word_has_no_cost():
    words = Vocabulary({"กข": 9, "ฟู้ดทรัคคุ": 1}, 20)
    assert words.cost("ขฃคฅ") is None
    assert words.cost("กฃ") is None  # too short to be a word of the index alone
    assert words.cost("") is None


def test_a_scrap_that_was_cut_out_once_hardly_counts():
    words = Vocabulary({"ฟู้ดทรัคคุ": 1, "ฟู้ดทรัคคิ": 2, "อื่น": 97}, 100)
    assert words.cost("ฟู้ดทรัคคุ") == pytest.approx(-math.log((1 - GENERAL) * FLOOR / 100))
    assert words.cost("ฟู้ดทรัคคิ") == pytest.approx(-math.log((1 - GENERAL) * 1 / 100))


@pytest.mark.parametrize(("term", "good"), [("ภาษี", True), ("ไหม", True), ("สินเชือ", False), ("เฟรนไชน์", False), ("", False)])
def test_good_is_what_a_dictionary_has(term, good):
    assert is_good(term) is good


# One slip away


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        ("กขค", "กค", True),
        ("กค", "กขค", True),
        ("กขค", "กงค", True),
        ("กขค", "ขกค", True),
        ("กขค", "กคข", True),
        ("กขคง", "ขกงค", False),
        ("กขค", "กขคงจ", False),
        ("กขค", "คขก", False),
        ("ก", "ข", True),
        ("", "ก", True),
        ("", "กข", False),
    ],
)
def test_one_slip_is_one_slip(one, other, holds):
    assert (is_one_slip(one, other), is_one_slip(other, one)) == (holds, holds)


def distance(one: str, other: str) -> int:
    """Optimal string alignment, written out: insert, delete, replace, change places."""
    rows = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for at in range(len(one) + 1):
        for place in range(len(other) + 1):
            if not at or not place:
                rows[at][place] = at + place
                continue
            best = min(rows[at - 1][place] + 1, rows[at][place - 1] + 1, rows[at - 1][place - 1] + (one[at - 1] != other[place - 1]))
            if at > 1 and place > 1 and one[at - 1] == other[place - 2] and one[at - 2] == other[place - 1]:
                best = min(best, rows[at - 2][place - 2] + 1)
            rows[at][place] = best
    return rows[-1][-1]


@given(LETTERS, LETTERS)
def test_one_slip_equals_the_distance(one, other):
    assert is_one_slip(one, other) == (distance(one, other) <= 1)


@given(st.sets(st.text(alphabet="กขคงา่ี์", min_size=3, max_size=6), max_size=30), st.sets(LETTERS, max_size=8))
def test_neighbours_are_those_of_brute_force(terms, segments):
    words = Vocabulary(dict.fromkeys(terms, 2), 50)
    wanted = {segment: sorted(term for term in terms if distance(segment, term) == 1) for segment in segments}
    assert words.neighbours(segments) == {segment: found for segment, found in wanted.items() if found}


def test_neighbours_are_words_worth_correcting_to():
    words = Vocabulary({"ฟู้ดทรัคคุ": 1, "25691": 9, "invoicex": 1, "ภาษี": 1, "ก" * 21: 9, "กข": 9}, 20)
    asked = ["ฟู้ดทรัคค", "2569", "invoices", "ภาสี", "ก" * 20, "กค"]
    assert words.neighbours(asked) == {"invoices": ["invoicex"], "ภาสี": ["ภาษี"]}


def test_neighbours_of_nothing_are_none():
    assert (EMPTY.neighbours(["ภาษี"]), EMPTY.neighbours([]), Vocabulary({"ภาษี": 2}, 3).neighbours([])) == ({}, {}, {})


# Compounds and neighbours in the text


def test_compounds_hold_the_word_as_a_part():
    words = Vocabulary({"ภาษีมูลค่าเพิ่ม": 5, "ใบกำกับภาษี": 9, "ภาษี": 30, "ภาษีป้าย": 5, "มูลค่า": 3, "ภาษีอากรณ์": 2}, 50)
    assert words.compounds_with("ภาษี") == ("ใบกำกับภาษี", "ภาษีป้าย", "ภาษีมูลค่าเพิ่ม")
    assert words.compounds_with("มูลค่า") == ("ภาษีมูลค่าเพิ่ม",)
    assert (words.compounds_with("ไม่มี"), EMPTY.compounds_with("ภาษี")) == ((), ())


def test_a_word_inside_another_is_no_compound():
    words = Vocabulary({"อาหาร": 5, "ราคา": 5, "ธนาคาร": 4}, 50)
    assert (words.compounds_with("หาร"), words.compounds_with("คา"), words.compounds_with("คาร")) == ((), (), ())


def test_only_the_most_frequent_compounds_are_given():
    terms = sorted(term for term in thai.own_words() if "ภาษี" in thai.parts_of(term))
    assert len(terms) > MOST_COMPOUNDS
    words = Vocabulary({term: number for number, term in enumerate(terms, 1)}, 500)
    assert words.compounds_with("ภาษี") == tuple(terms[::-1][:MOST_COMPOUNDS])


def test_words_stand_in_the_index_side_by_side():
    pairs = {("เพลิน", "จัง"): 1}
    words = Vocabulary({"เพลิน": 1, "จัง": 2, "เลย": 3}, 9, count_pair=lambda first, second: pairs.get((first, second), 0))
    assert words.stands_in_index(["เพลิน", "จัง"])
    assert not words.stands_in_index(["จัง", "เพลิน"])
    assert not words.stands_in_index(["เพลิน", "จัง", "เลย"])
    assert not words.stands_in_index(["เพลิน", "หาย"])
    assert words.stands_in_index(["เลย"])


# Of the index


def test_without_an_index_there_are_no_words(index_dir):
    assert current_vocabulary() is EMPTY
    assert (EMPTY.documents, EMPTY.counts, EMPTY.stands_in_index(["ภาษี"])) == (0, {}, False)
    with pytest.raises(EngineAway):
        read_vocabulary(embedded())


@pytest.mark.django_db
def test_words_are_those_of_the_documents(sweep):
    GuideFactory(title="ภาษีป้ายร้านกะละแม", keywords="จดแวต")
    GuideFactory(title="ภาษีเงินได้")
    sweep()
    words = current_vocabulary()
    assert words.documents == 2 == words.counts["ภาษี"]
    assert words.counts["จดแวต"] == 1
    first, second, *_more = (word.term for word in thai.find_words("ภาษีป้ายร้านกะละแม"))
    assert (words.count_pair(first, second), words.count_pair(second, first)) == (1, 0)
    assert (words.count_text("ร้านกะละแม"), words.count_text("กะละแมร้าน"), words.count_text("")) == (1, 0, 0)
    assert current_vocabulary() is words


@pytest.mark.django_db
def test_words_follow_what_is_published_and_withdrawn(sweep):
    guide = GuideFactory(title="ภาษีป้าย")
    sweep()
    assert "เฉลียงพู่" not in current_vocabulary().counts
    GuideFactory(title="กะละแมหวาน")
    sweep()
    assert current_vocabulary().counts["กะละแม"] == 1
    guide.unpublish()
    sweep()
    assert (current_vocabulary().documents, "ภาษีป้าย" in current_vocabulary().counts) == (1, False)


@pytest.mark.django_db
def test_words_outlive_the_index(sweep, index_dir, monkeypatch):
    GuideFactory(title="ภาษีป้าย")
    sweep()
    words = current_vocabulary()
    (index_dir / "current").unlink()
    assert current_vocabulary() is words


def wait_until(holds, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


@pytest.mark.django_db
def test_many_words_are_read_anew_beside_the_requests(sweep, monkeypatch):
    GuideFactory(title="ภาษีป้าย")
    sweep()
    monkeypatch.setattr(vocabulary, "SMALL", 0)
    before = current_vocabulary()
    GuideFactory(title="กะละแมหวาน")
    sweep()
    assert current_vocabulary() is before  # not older than a minute: nothing is read
    assert threading.active_count() == len([thread for thread in threading.enumerate() if thread.name != "search-vocabulary"])
    monkeypatch.setattr(vocabulary, "REFRESH_SECONDS", -1)
    assert current_vocabulary() is before  # nobody waits
    monkeypatch.setattr(vocabulary, "REFRESH_SECONDS", 60)
    assert wait_until(lambda: "กะละแม" in current_vocabulary().counts)


@pytest.mark.django_db
def test_many_requests_read_the_words_once(sweep, monkeypatch):
    GuideFactory(title="ภาษีป้าย")
    sweep()
    current_vocabulary()
    monkeypatch.setattr(vocabulary, "SMALL", 0)
    GuideFactory(title="กะละแมหวาน")
    sweep()
    vocabulary._loaded[embedded().folder].read_at -= 10 * vocabulary.REFRESH_SECONDS
    reads = []
    whole = vocabulary.read_vocabulary
    monkeypatch.setattr(vocabulary, "read_vocabulary", lambda engine: (reads.append(engine), time.sleep(0.2), whole(engine))[2])
    for _ in range(20):
        current_vocabulary()
    assert wait_until(lambda: "กะละแม" in current_vocabulary().counts)
    assert len(reads) == 1


@pytest.mark.django_db
def test_words_cost_no_query(sweep, django_assert_num_queries):
    GuideFactory(title="ภาษีป้าย")
    sweep()
    with django_assert_num_queries(0):
        assert current_vocabulary().documents == 1


@pytest.mark.django_db
def test_words_of_a_rebuilt_index_are_its_own(sweep):
    GuideFactory(title="ภาษีป้าย")
    sweep()
    before = current_vocabulary()
    sync.rebuild_index()
    after = current_vocabulary()
    assert (after is before, after.counts) == (False, before.counts)
