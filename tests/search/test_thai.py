"""Cutting: one spelling, whole words, the way back to the text, and bounded time on anything."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import thai

# Thai with everything that people and programs put between the letters.
ANYTHING = st.text(
    st.one_of(
        st.sampled_from("กขคงจทภษสอเแโใไาะำัิีึืุู็่้๊๋์ํฺๆฯ๑๒ ."),
        st.sampled_from("\u200b\u200c\u200d\ufeff\u00ad\u202e\u00a0\u0301\n\t\x00ＶａA1,-/😀"),
        st.characters(),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("เเบบ", "แบบ"),
        ("เเเเบบ", "แบบ"),
        ("เ\u200bเบบ", "แบบ"),
        ("นํา", "นำ"),
        ("นํ้า", "น้ำ"),
        ("น้ํา", "น้ำ"),
        ("นำ้", "น้ำ"),
        ("ก่ิน", "กิ่น"),
        ("ก่ี", "กี่"),
        ("กู่่", "กู่"),
        ("ซ่่อม", "ซ่อม"),
        ("ร้าาาน", "ร้าน"),
        ("ภา\u200bษี", "ภาษี"),
        ("ภา\u200dษี", "ภาษี"),
        ("\ufeffภาษี", "ภาษี"),
        ("ภา\u00adษี", "ภาษี"),
        ("ภา\u2060ษี", "ภาษี"),
        ("\u202eภาษี\u202c", "ภาษี"),
        ("\u2066ภาษี\u2069", "ภาษี"),
        ("ภาษี\x00", "ภาษี"),
        ("ภาษี\u00a0ป้าย", "ภาษี ป้าย"),
        ("ภาษี\u3000ป้าย", "ภาษี ป้าย"),
        ("๒๕๖๙", "2569"),
        ("ＶＡＴ７％", "vat7%"),
        ("VAT", "vat"),
        ("\u0e48\u0e49ก", "ก"),
        ("ก" + "\u0301" * 300, "ก\u0301"),
        ("ก\u0301\u0302\u0303\u0304\u0305\u0306", "ก\u0301\u0302\u0303\u0304"),
        ("น้ำ", "น้ำ"),
        ("", ""),
    ],
)
def test_normalise_gives_one_spelling(written, meant):
    assert thai.normalise(written) == meant


def test_repair_keeps_what_is_shown():
    assert thai.repair("ร้าน ABC เลขที่ ๑๒/๓ (สาขา ๒)") == "ร้าน ABC เลขที่ ๑๒/๓ (สาขา ๒)"


def test_repair_never_takes_sara_am_apart():
    assert thai.repair("น้ำ") == "น้ำ" == unicodedata.normalize("NFC", "น้ำ")


@given(ANYTHING)
def test_normalise_twice_changes_nothing_more(text):
    once = thai.normalise(text)
    assert thai.normalise(once) == once


@given(ANYTHING)
def test_repair_cluster_by_cluster_is_the_repair_of_the_whole(text):
    assert "".join(thai._repair_cluster(match[0]) for match in thai._CLUSTER.finditer(text)) == thai.repair(text)


@given(ANYTHING)
def test_fold_is_as_long_as_the_text(text):
    assert len(thai.fold(text)) == len(text)


@given(ANYTHING)
def test_cut_pieces_join_to_the_text(text):
    assert "".join(thai.cut(text)) == text


@given(ANYTHING)
def test_places_hold_what_is_found(text):
    """In order, inside the text, and what stands there holds the term."""
    words = thai.find_words(text)
    for word in words:
        assert 0 <= word.start < word.end <= len(text)
        assert word.term in thai.term_of(thai.repair(text[word.start : word.end]))
    assert [word.start for word in words] == sorted(word.start for word in words)


@given(ANYTHING)
def test_joined_text_gives_the_words_back(text):
    joined = thai.join(text)
    assert joined.replace(thai.JOINER, "") == thai.repair(text)
    assert [word.term for word in thai.split(joined)] == [word.term for word in thai.find_words(thai.repair(text))]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("ภ.พ.30 และ ภ.ง.ด.94", ["ภพ30", "และ", "ภงด94"]),
        ("ของสสว. กับบสย.", ["ของ", "สสว", "กับ", "บสย"]),
        ("1,800,000 บาท 1.5%", ["1800000", "บาท", "1.5"]),
        ("ภาษี1,500บาท", ["ภาษี", "1500", "บาท"]),
        ("e-Tax Invoice (VAT ๗%)", ["e", "tax", "invoice", "vat", "7"]),
        ("อื่นๆ กรุงเทพฯ", ["อื่น", "กรุงเทพ"]),
        ("!!! ... ๆๆ 😀 \u0e48", []),
        ("เพลงโยโย่ยยย", None),
    ],
)
def test_find_words_of_what_people_write(text, terms):
    found = [word.term for word in thai.find_words(text)]
    assert terms is None or found == terms


def test_find_words_points_into_the_text_as_it_was_written():
    text = "ขาย เเบบ ภา\u200bษี น้ํา"
    assert [text[word.start : word.end] for word in thai.find_words(text)] == ["ขาย", "เเบบ", "ภา\u200bษี", "น้ํา"]


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ("ภาษีมูลค่าเพิ่ม", "ภาษี"),
        ("ภาษีมูลค่าเพิ่ม", "มูลค่า"),
        ("บริษัทจำกัด", "บริษัท"),
        ("จดทะเบียนพาณิชย์", "ทะเบียนพาณิชย์"),
        ("ทะเบียนพาณิชย์", "พาณิชย์"),
        ("เสียภาษี", "ภาษี"),
        ("ใบกำกับภาษี", "ภาษี"),
        ("เครื่องหมายการค้า", "เครื่องหมาย"),
        ("ขายของออนไลน์", "ออนไลน์"),
        ("ร้านอาหาร", "อาหาร"),
        ("ห้างหุ้นส่วนจำกัด", "หุ้นส่วน"),
        ("วิสาหกิจชุมชน", "ชุมชน"),
        ("ประกันสังคม", "ประกัน"),
        ("ภพ30", "ภพ"),
    ],
)
def test_parts_of_a_compound_are_found(whole, part):
    assert part in thai.parts_of(whole)


@pytest.mark.parametrize("word", ["อาหาร", "ธนาคาร", "กิจการ", "ราคา", "กำไร", "ภาษี", "vat", "30", "ก" * 200])
def test_parts_of_a_plain_word_are_none(word):
    assert thai.parts_of(word) == ()


def test_own_words_are_enough_and_clean():
    words = thai.own_words()
    assert len(words) >= 300
    assert not [word for word in words if word != thai.normalise(word) or "\u200b" in word]


def test_version_names_cutter_and_word_list():
    assert thai.VERSION.startswith("newmm-5.")
    assert len(thai.VERSION) <= 40


WORST = {
    "digits": "1",
    "Thai digits": "๑",
    "one consonant": "ก",
    "consonant and vowel": "กา",
    "marks": "\u0e48",
    "Zalgo": "ก" + "\u0e48" * 300,
    "nikhahit": "ก\u0e4d",
    "hidden": "ก\u200d",
    "comma and digit": "1,",
    "thousands": "1,111",
    "dots": "ก.",
    "ambiguous": "ตากลม",
    "one word": "ด้านหน้า",
    "no word": "กกขค",
    "e before": "เ",
    "blanks": " ",
    "emoji": "😀",
    "decomposed": "e\u0301",
    "jamo": "\u1100\u1161",
}


@pytest.mark.parametrize("unit", WORST.values(), ids=WORST.keys())
def test_cutting_time_grows_with_the_length_only(unit):
    """Four times the text takes about four times as long; a quadratic step would take sixteen."""

    def best_of_three(length: int) -> float:
        text = (unit * length)[:length]
        times = []
        for _ in range(3):
            started = time.perf_counter()
            thai.find_words(text)
            times.append(time.perf_counter() - started)
        return min(times)

    thai.warm()
    assert best_of_three(20_000) <= 10 * best_of_three(5_000) + 0.02


# Scraps, pairs and starts


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("ภาษี ป้าย", "ภาษีป้าย"),
        ("ภาษี-ป้าย, (ร้าน)", "ภาษีป้ายร้าน"),
        ("Line OA  ร้าน", "line oa ร้าน"),
        ("ร้าน ๒ สาขา", "ร้าน 2 สาขา"),
        ("ภา\u200bษี", "ภาษี"),
        ("เเบบ นํา", "แบบนำ"),
        ("e_tax", "e tax"),
        (" !! ", ""),
        ("", ""),
    ],
)
def test_compact_leaves_letters_and_the_blanks_between_latin_words(text, bare):
    assert thai.compact(thai.repair(text)) == bare


@given(ANYTHING)
def test_compact_twice_changes_nothing_more(text):
    once = thai.compact(thai.repair(text))
    assert thai.compact(once) == once
    assert "  " not in once


@given(st.lists(st.sampled_from(["ภาษี", "ป้าย", "ร้านค้า", "น้ำ", "แบบ"]), min_size=1, max_size=6), st.data())
def test_blanks_between_thai_words_do_not_matter_to_scraps(words, data):
    typed = "".join(word + data.draw(st.sampled_from(["", " ", "  ", "\u200b", "-"])) for word in words)
    assert thai.grams(typed) == thai.grams("".join(words))


@pytest.mark.parametrize(
    ("text", "scraps"),
    [("ภาษี", ["ภาษ", "าษี"]), ("abc", ["abc"]), ("ab", []), ("a b", ["a b"]), ("", []), ("!!", []), ("ก ข ค", ["กขค"])],
)
def test_grams_are_every_three_characters(text, scraps):
    assert thai.grams(text) == scraps


@given(ANYTHING)
def test_grams_cover_the_compact_text(text):
    bare, scraps = thai.compact(thai.repair(text.replace(thai.JOINER, ""))), thai.grams(text)
    assert len(scraps) == max(0, len(bare) - thai.GRAM + 1)
    assert "".join([*(scrap[0] for scrap in scraps[:-1]), *scraps[-1:]]) == (bare if scraps else "")


def test_one_slip_leaves_most_scraps():
    right, wrong = set(thai.grams("จดทะเบียนพาณิชย์")), set(thai.grams("จดทะเบียนพานิชย์"))
    assert len(right & wrong) == len(right) - thai.GRAM


def test_a_pair_is_one_token_and_its_order_counts():
    assert thai.pair("ภาษี", "ป้าย") == "ภาษี_ป้าย" != thai.pair("ป้าย", "ภาษี")
    assert " " not in thai.pair("a", "b")


def test_starts_begin_at_each_word_of_a_title():
    joined = thai.join("ภาษี เงินได้ SME")
    words = [word.term for word in thai.find_words("ภาษี เงินได้ SME")]
    assert thai.starts(joined) == ["".join(words[at:]) for at in range(len(words))]
    assert (thai.starts(""), thai.starts("!!!")) == ([], [])


def test_starts_are_short_and_each_once():
    found = thai.starts(thai.join("ร้าน " * 40))
    assert max(map(len, found)) == thai.LONGEST_START
    assert len(set(found)) == len(found)


@given(ANYTHING)
def test_every_start_is_a_stretch_of_the_title(text):
    joined = thai.join(text)
    whole = "".join(thai.split_terms(joined))
    found = thai.starts(joined)
    assert [start for start in found if start not in whole or not 0 < len(start) <= thai.LONGEST_START] == []
    assert (found[:1] or [""])[0] == whole[: thai.LONGEST_START]


# Words given while we run


@pytest.fixture
def words_again():
    yield
    thai.use_words(frozenset())


NEW = "กระบวยทองเก้า"


def test_words_that_are_given_are_cut_whole_and_known(words_again):
    before = [word.term for word in thai.find_words(f"ร้าน{NEW}ใหม่")]
    thai.use_words(frozenset({NEW}))
    assert NEW in [word.term for word in thai.find_words(f"ร้าน{NEW}ใหม่")]
    assert thai.is_word(NEW)
    thai.use_words(frozenset())
    assert ([word.term for word in thai.find_words(f"ร้าน{NEW}ใหม่")], thai.is_word(NEW)) == (before, False)
    assert NEW not in before


def test_words_that_are_given_replace_those_before(words_again):
    thai.use_words(frozenset({NEW, "ขนมกะบ้อง"}))
    thai.use_words(frozenset({"ขนมกะบ้อง"}))
    assert (thai.is_word(NEW), thai.is_word("ขนมกะบ้อง")) == (False, True)


def test_words_of_the_files_are_never_taken_out(words_again):
    own = sorted(thai.own_words())[100]
    thai.use_words(frozenset({own, "ภาษี"}))
    thai.use_words(frozenset())
    assert (thai.is_word(own), thai.is_word("ภาษี")) == (True, True)
    assert [word.term for word in thai.find_words("ภาษี")] == ["ภาษี"]


def test_words_are_known_as_they_are_matched(words_again):
    thai.use_words(frozenset({"เเกงกะบ้อง", "ขนมกะบ้อง๒", "", "  "}))
    assert thai.is_word("แกงกะบ้อง")
    assert not thai.is_word("เเกงกะบ้อง")
    assert [word.term for word in thai.find_words("แกงกะบ้อง")] == ["แกงกะบ้อง"]


def test_parts_follow_the_words(words_again):
    assert NEW not in thai.parts_of(f"ร้าน{NEW}")
    thai.use_words(frozenset({NEW, f"ร้าน{NEW}"}))
    assert set(thai.parts_of(f"ร้าน{NEW}")) >= {"ร้าน", NEW}
    thai.use_words(frozenset())
    assert NEW not in thai.parts_of(f"ร้าน{NEW}")


def test_words_cost_little_to_change(words_again):
    words = frozenset(f"{NEW}{chr(0x0E01 + number % 40)}{number}" for number in range(500))
    thai.warm()
    started = time.perf_counter()
    thai.use_words(words)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("word", "holds"), [("ภาษี", True), ("สสว.", True), ("ภาสี", False), ("", False), ("invoicing", False), ("ภาษี ", False)]
)
def test_is_word_is_what_a_dictionary_has(word, holds):
    assert thai.is_word(word) is holds
