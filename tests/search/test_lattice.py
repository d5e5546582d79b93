"""Cutting and correcting together: which way through a run is the cheapest, and what counts as one slip."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.lattice import DEPENDENT, LONGEST_PIECE, NEARLY, SLIP, USUAL_SLIP, Repair, _look_up, find_slips, find_way, price
from search.vocabulary import EMPTY, UNKNOWN, Vocabulary, is_good

pytestmark = pytest.mark.only_on("sqlite")  # no database's own behaviour is in question here

THAI_LETTERS = "กขคงจชดตทนบปผพภมยรลวสษศหอะาำิีึืุูเแโใไ่้๊๋็์ั"
WORDS = {"สินเชื่อ": 5, "ภาษี": 20, "ร้านค้า": 9, "จดทะเบียน": 7, "ธุรกิจ": 8, "กู้เงิน": 4, "ผู้ประกอบการ": 6, "ออนไลน์": 9, "เบียนดิน": 2}
INDEX = Vocabulary(WORDS, 50)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("สินเชือ", "สินเชื่อ"),  # lost: a tone mark
        ("ผู้ปะกอบการ", "ผู้ประกอบการ"),  # lost: a consonant
        ("ออนไลน", "ออนไลน์"),  # lost: the silencer
        ("ธุรกิ่จ", "ธุรกิจ"),  # one too many
        ("ภาษษี", "ภาษี"),  # twice
        ("ภาสี", "ภาษี"),  # another that sounds the same
        ("กู้เงิย", "กู้เงิน"),  # another, beside it on the keyboard
        ("ภษาี", "ภาษี"),  # two changed places
        ("สิเนชื่อ", "สินเชื่อ"),
    ],
)
def test_one_slip_is_corrected(typed, meant):
    way = find_way(typed, INDEX, repair=Repair.SLIPS)
    assert (way.text, way.is_corrected) == (meant, True)


@pytest.mark.parametrize("typed", ["ผู้ปะกอบกาน", "สนิชืเอ", "ธรุกจิ", "ออนลาย", "ภสี"])
def test_a_word_with_two_slips_is_left(typed):
    way = find_way(typed, INDEX, repair=Repair.SLIPS)
    assert (way.text, way.is_corrected) == (typed, False)


def test_each_word_of_a_run_may_have_a_slip_of_its_own():
    way = find_way("ขอสินเชือธุระกิจออนไลน", INDEX, repair=Repair.SLIPS)
    assert way.words == ("ขอ", "สินเชื่อ", "ธุรกิจ", "ออนไลน์")
    assert way.typed == ("ขอ", "สินเชือ", "ธุระกิจ", "ออนไลน")


@given(st.text(THAI_LETTERS, max_size=30) | st.lists(st.sampled_from([*WORDS, "ภาษีป้าย", "ที่", "ฟฟฟ"]), max_size=5).map("".join))
def test_every_word_of_a_run_is_looked_up(run):
    index = Vocabulary(WORDS | {"ฟฟฟฟฟฟฟ": 3}, 50)
    every = [
        [(end, index.cost(run[start:end])) for end in range(start + 1, min(start + LONGEST_PIECE, len(run)) + 1)]
        for start in range(len(run))
    ]
    wanted = [[(end, cost) for end, cost in ends if cost is not None] for ends in every]
    assert [[(end, cost) for end, cost, _ in found] for found in _look_up(run, index)] == wanted


def test_cost_is_that_of_the_words_and_the_slips():
    way = find_way("ขอสินเชือ", INDEX, repair=Repair.SLIPS)
    assert way.cost == pytest.approx(INDEX.cost("ขอ") + INDEX.cost("สินเชื่อ") + USUAL_SLIP)
    assert find_way("ภาษี", INDEX).cost == pytest.approx(INDEX.cost("ภาษี"))


def test_characters_of_no_word_cost_and_are_counted():
    way = find_way("ฌฌ", EMPTY)
    lone = EMPTY.cost("ฌ")
    assert (way.cost, way.unknown) == (pytest.approx(2 * (lone or UNKNOWN)), 0 if lone else 2)
    mark = find_way("์์์", EMPTY)
    assert (mark.cost, mark.unknown, mark.words) == (3 * UNKNOWN, 3, ("์", "์", "์"))


def test_the_cheapest_of_two_ways_wins():
    """The same letters, cut by how common the words are in this index."""
    assert find_way("ตากลม", Vocabulary({"ตา": 900, "กลม": 900}, 1000)).words == ("ตา", "กลม")
    assert find_way("ตากลม", Vocabulary({"ตาก": 900, "ลม": 900}, 1000)).words == ("ตาก", "ลม")


def test_other_words_that_may_be_meant_are_told():
    index = Vocabulary({"ขนมปัง": 30, "ขนมปุง": 29, "ขนมปิง": 1}, 60)
    way = find_way("ขนมป๊ง", index, repair=Repair.SLIPS)
    assert way.words == ("ขนมปัง",)
    costs = {word: index.cost(word) for word in index.counts}
    near = {word for word, cost in costs.items() if word != way.text and cost < costs[way.text] + NEARLY}
    assert set(way.others[0]) <= near


def test_nothing_is_no_way():
    assert find_way("", INDEX, repair=Repair.SLIPS) == find_way("", EMPTY)
    assert (find_way("", INDEX).cost, find_way("", INDEX).words) == (0.0, ())


def test_kept_characters_stand_in_their_places():
    way = find_way("ภาษีๅ/", INDEX, kept={4: "1", 5: "2"})
    assert (way.text, way.typed) == ("ภาษี12", ("ภาษี", "ๅ", "/"))


def test_kept_characters_are_not_remembered_for_the_same_run():
    assert find_way("ภาษีๅ", INDEX, kept={4: "1"}).text == "ภาษี1"
    assert find_way("ภาษีๅ", INDEX).text == "ภาษีๅ"


# What a slip costs


@pytest.mark.parametrize(
    ("typed", "meant", "cost"),
    [
        ("สินเชือ", "สินเชื่อ", USUAL_SLIP),  # a mark
        ("ภาสี", "ภาษี", USUAL_SLIP),  # sounds the same
        ("ไบ", "ใบ", USUAL_SLIP),
        ("เบบ", "แบบ", USUAL_SLIP),
        ("ภาษษี", "ภาษี", USUAL_SLIP),  # twice
        ("กู้เงิย", "กู้เงิน", USUAL_SLIP),  # beside it: น and ย
        ("ภาฮี", "ภากี", SLIP),
        ("ผู้ปะกอบการ", "ผู้ประกอบการ", SLIP),
        ("มาษี", "ภาษี", SLIP),
    ],
)
def test_usual_slips_cost_less(typed, meant, cost):
    assert price(typed, meant) == cost


@given(st.text(alphabet=THAI_LETTERS, min_size=3, max_size=8), st.sampled_from(THAI_LETTERS), st.data())
def test_a_price_is_one_of_two_and_the_same_for_every_slip_of_its_kind(meant, letter, data):
    at = data.draw(st.integers(0, len(meant) - 2))
    swapped = meant[:at] + meant[at + 1] + meant[at] + meant[at + 2 :]
    for typed in {meant[:at] + meant[at + 1 :], meant[:at] + letter + meant[at:], meant[:at] + letter + meant[at + 1 :], swapped} - {meant}:
        assert price(typed, meant) in (SLIP, USUAL_SLIP)


# What may be corrected


def test_stretches_never_begin_with_a_dependent_vowel():
    run = "สินเชือธุระกิจ"
    stretches = find_slips(run, Vocabulary({**WORDS, "ื่อธุร": 5, "ิน": 9, "ินเช": 9}, 50), Repair.SLIPS)
    assert [stretch for stretch in stretches if stretch[0] in DEPENDENT and not run.startswith(stretch)] == []
    assert "สินเชือ" in stretches


@given(st.text(alphabet=THAI_LETTERS, max_size=14))
def test_no_piece_begins_with_a_dependent_vowel_but_a_lone_or_unknown_one(run):
    way = find_way(run, INDEX, repair=Repair.SLIPS)
    at = 0
    for typed, word in zip(way.typed, way.words, strict=True):
        if typed != word and at:
            assert typed[0] not in DEPENDENT, way
        at += len(typed)


@given(st.text(alphabet=THAI_LETTERS, max_size=14))
def test_good_words_are_corrected_only_when_strangers_are_looked_for(run):
    way = find_way(run, INDEX, repair=Repair.SLIPS)
    assert [typed for typed, word in zip(way.typed, way.words, strict=True) if typed != word and is_good(typed)] == []


def test_strangers_are_good_words_that_the_index_does_not_have():
    index = Vocabulary({"กำไร": 30}, 60)
    assert find_way("กำไล", index, repair=Repair.SLIPS).text == "กำไล"
    assert find_way("กำไล", index, repair=Repair.STRANGERS).text == "กำไร"
    assert find_way("กำไล", Vocabulary({"กำไร": 30, "กำไล": 1}, 60), repair=Repair.STRANGERS).text == "กำไล"


# Any text


@given(st.text(max_size=30))
def test_without_repair_the_text_stays(run):
    way = find_way(run, INDEX)
    assert way.typed == way.words
    assert "".join(way.words) == run


@given(st.text(alphabet=THAI_LETTERS, max_size=30), st.sampled_from(list(Repair)))
def test_stretches_as_typed_make_the_run(run, repair):
    way = find_way(run, INDEX, repair=repair)
    assert "".join(way.typed) == run
    assert (len(way.typed), len(way.others)) == (len(way.words), len(way.words))
    assert math.isfinite(way.cost)


@given(st.text(alphabet=THAI_LETTERS, max_size=16))
def test_repair_never_makes_a_way_dearer(run):
    costs = [find_way(run, INDEX, repair=repair).cost for repair in Repair]
    assert costs[1] <= costs[0] + 1e-9
    assert costs[2] <= costs[0] + 1e-9


@given(st.text(alphabet="กขคา่ี", max_size=7))
def test_the_way_is_the_cheapest_of_all(run):
    """By brute force: every way to cut the run."""
    index = Vocabulary({"กขค": 3, "ขคา": 5, "คา": 8, "กาขา": 2, "ขา่": 1}, 20)

    def cheapest(rest: str) -> float:
        if not rest:
            return 0.0
        costs = []
        for end in range(1, len(rest) + 1):
            cost = index.cost(rest[:end])
            if cost is None and end == 1:
                cost = UNKNOWN
            if cost is not None:
                costs.append(cost + cheapest(rest[end:]))
        return min(costs)

    assert find_way(run, index).cost == pytest.approx(cheapest(run))
