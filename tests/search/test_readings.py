"""What a question may mean: M2 of the feature list, and that what is good Thai stays.

Slips are made by rule as in features.md §4a, on every third own word that the demonstration has.
"""

import csv
import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import layout, thai, weights
from search.confusables import GROUPS
from search.engines import Group, Plan
from search.engines.tantivy_engine import TantivyEngine
from search.knowledge import DATA, NOTHING, Knowledge, build_knowledge
from search.lattice import LONGEST_PIECE
from search.plan import make_plan
from search.readings import LONGEST, MOST_WORDS, Question, Why, read_question, replace_variants
from search.vocabulary import EMPTY, Vocabulary
from tests.search.test_relevance import read_demo

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]  # no database's own behaviour is in question here
QUESTIONS = Path(__file__).parent / "questions"
SOUNDS = ("ศษส", "ณน", "ญย", "ฎด", "ฏต", "ฐถ", "ทธฑฒ", "ภพ", "ฆคข", "ฬล", "ใไ", "ซช")
REACH = 5  # results that are looked at
ANYTHING = st.text(
    st.one_of(
        st.sampled_from("กขคงจทภษสอเแโใไาะำัิีึืุู็่้๊๋์ํฺๆฯ๑๒ ."),
        st.sampled_from("\u200b\u200c\u200d\ufeff\u00ad\u202e\u00a0\u0301\n\t\x00ＶａA1,-/😀\"'lbog=njv"),
        st.characters(exclude_categories=()),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory) -> tuple[Vocabulary, TantivyEngine]:
    return read_demo(django_db_blocker, tmp_path_factory)


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return build_knowledge()


@pytest.fixture(scope="module")
def read(demo, known):
    """Reads a question as the site with the demonstration does."""
    return lambda text, **options: read_question(text, vocabulary=demo[0], known=known, **options)


def texts(question: Question) -> list[str]:
    return [reading.text for reading in question.readings]


def read_rows(name: str) -> list[dict[str, str]]:
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Slips by rule


def make_slips(term: str, chance: random.Random) -> dict[str, str]:
    """{what went wrong: the term so}, at a place by chance; without what the term has no letter for."""

    def one_of(places: list) -> list:
        return [chance.choice(places)] if places else []

    slips = {}
    for at in one_of([at for at, letter in enumerate(term) if letter in "่้๊๋"]):
        slips["tone mark"] = term[:at] + term[at + 1 :]
    for at in one_of([at for at, letter in enumerate(term) if letter == "์"]):
        slips["silencer"] = term[:at] + term[at + 1 :]
    for at, other in one_of(
        [(at, other) for at, letter in enumerate(term) for group in SOUNDS if letter in group for other in group if other != letter]
    ):
        slips["sound"] = term[:at] + other + term[at + 1 :]
    for at in one_of([at for at in range(len(term) - 1) if term[at] != term[at + 1]]):
        slips["swap"] = term[:at] + term[at + 1] + term[at] + term[at + 2 :]
    for at in one_of(list(range(len(term)))):
        slips["lost"] = term[:at] + term[at + 1 :]
    if "แ" in term:
        slips["two e"] = term.replace("แ", "เเ")
    if "ำ" in term:
        slips["two signs"] = term.replace("ำ", "ํา")
    return slips


def held_out_terms(vocabulary: Vocabulary) -> list[str]:
    lines = thai.WORDS_FILE.read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if line and not line.startswith("#")][::3]
    return [word for word in words if re.fullmatch("[ก-๎]{4,}", word) and vocabulary.counts.get(word)]


def show_shares(shares: dict[str, list[tuple[float, float]]]) -> str:
    return "\n".join(
        f"{kind:<10} {len(rows):>4} clean {sum(clean for _, clean in rows) / len(rows):.3f} slip {sum(slip for slip, _ in rows) / len(rows):.3f}"
        for kind, rows in shares.items()
    )


def test_slips_find_what_the_right_spelling_finds(demo, known, read):
    """Recall in the first five, of the documents that have the term: at least nine tenths of the right spelling's."""
    vocabulary, engine = demo

    def ask(question: Question) -> set[str]:
        plan = make_plan(question, vocabulary=vocabulary, known=known, limit=REACH, is_marked=False)
        return {hit.key for hit in engine.search(plan).hits}

    chance = random.Random(7)
    shares: dict[str, list[tuple[float, float]]] = {"all": []}
    unannounced = []
    terms = held_out_terms(vocabulary)
    for term in terms:
        relevant = {hit.key for hit in engine.search(Plan(groups=(Group((term,)),), limit=500)).hits}
        clean = len(ask(read(term)) & relevant) / min(REACH, len(relevant))
        for kind, typed in make_slips(term, chance).items():
            question = read(typed)
            share = len(ask(question) & relevant) / min(REACH, len(relevant))
            shares["all"].append((share, clean))
            shares.setdefault(kind, []).append((share, clean))
            first = question.readings[0]
            if bool(first.why & {Why.SPELLING, Why.LAYOUT}) != bool(question.shown) or (question.shown and question.shown != first.text):
                unannounced.append(typed)
    assert len(terms) >= 150
    assert len(shares["all"]) >= 600
    assert unannounced == []
    slip, clean = (sum(row[column] for row in shares["all"]) for column in (0, 1))
    assert slip >= 0.90 * clean, show_shares(shares)
    for kind, rows in shares.items():
        assert sum(slip for slip, _ in rows) >= 0.85 * sum(clean for _, clean in rows), (kind, show_shares(shares))


def test_two_ways_to_write_the_same_letters_are_one(read):
    for typed, meant in (("เเผนธุรกิจ", "แผนธุรกิจ"), ("คํานวณ", "คำนวณ"), ("เลขที่๑๒", "เลขที่๑๒")):
        question = read(typed)
        assert (question.text, question.shown) == (meant, "")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("สินเชือ", "สินเชื่อ"),
        ("ภาสี", "ภาษี"),
        ("จดทเบียนพาณิชย์", "จดทะเบียนพาณิชย์"),
        ("ผู้ปะกอบการ", "ผู้ประกอบการ"),
        ("กะแสเงินสด", "กระแสเงินสด"),
        ("เฟรนไชน์ต้องจดไหม", "แฟรนไชส์ต้องจดไหม"),
        ("ขอสินเชือขยายกิจการ", "ขอสินเชื่อขยายกิจการ"),
    ],
)
def test_a_correction_comes_first_is_announced_and_leaves_a_way_back(read, typed, meant):
    question = read(typed)
    assert (question.shown, texts(question)[0], Why.SPELLING in question.readings[0].why) == (meant, meant, True)
    back = question.readings[-1]
    assert (back.text, back.why, back.weight) == (typed, {Why.TYPED}, weights.OTHER_READING)
    assert question.text == typed


@pytest.mark.parametrize("typed", ["สินเชือ", "lbog=njv", "เฟรนไชน์", "สิน เชื่อ", "กำไล"])
def test_exact_is_as_typed_and_nothing_else(read, typed):
    question = read(typed, exact=True)
    assert texts(question) == [typed]
    assert (question.readings[0].why, question.readings[0].weight) == ({Why.TYPED}, 1.0)
    assert (question.shown, question.suggestion, question.is_exact, question.is_cut) == ("", "", True, False)


def test_the_first_reading_alone_has_full_weight(read):
    for typed in ("สินเชือ", "lbog=njv", "สิน เชื่อ ธุรกิจ", "กำไลข้อมือ", "ภาษี"):
        assert [reading.weight for reading in read(typed).readings][0] == 1.0
        assert {reading.weight for reading in read(typed).readings[1:]} <= {weights.BOLD_READING, weights.OTHER_READING}


# What is good stays


@pytest.mark.parametrize("word", sorted({word for group in GROUPS for word in group}))
@pytest.mark.parametrize("around", ["{}", "{}ร้าน", "อยาก{}", "เรื่อง{}ของร้าน", "{} ต้องทำไง"])
def test_confusable_words_are_never_rewritten_silently(read, word, around):
    typed = around.format(word)
    question = read(typed)
    assert word in question.readings[0].text or question.shown == question.readings[0].text != ""
    assert typed in texts(question)


@pytest.mark.parametrize("word", sorted({word for group in GROUPS for word in group}))
def test_confusable_words_by_themselves_are_not_rewritten_at_all(read, word):
    question = read(word)
    assert (question.shown, texts(question)[0]) == ("", word)


def test_no_own_word_is_rewritten(read):
    """Nor one of the general dictionary, of which every fiftieth is asked, as long as a stretch is looked at whole."""
    words = [word for word in thai.own_words() if re.fullmatch("[ก-๎]+", word)]
    general = sorted(word for word in thai.common_words() if re.fullmatch("[ก-ฮเ-ไ][ก-๎]+", word))[::50]
    variants = {row["variant"] for row in read_rows("variants.csv")}
    assert len(general) > 1000
    general = [word for word in general if len(word) <= LONGEST_PIECE]
    asked = {word for word in (*words, *general) if word not in variants and thai.repair(word) == word}
    assert {word: shown for word in asked if (shown := read(word).shown)} == {}


def test_no_long_word_is_rewritten(read):
    assert read("ฮั้วเคี้ยวป่อเต็กเซี่ยงตึ๊ง").shown == ""


def good_questions() -> list[str]:
    rows = [json.loads(line) for name in "ab" for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows if row["half"] == "tune" and row["kind"] in ("spoken", "official", "keyword")]


def test_good_questions_are_hardly_ever_announced(read, known):
    """But those with a spelling that we know for another of the same word; that one is right to be announced."""
    questions = [text for text in good_questions() if replace_variants(text, known) == text]
    announced = [(text, shown) for text in questions if (shown := read(text).shown)]
    assert len(questions) >= 120
    assert len(announced) <= 0.03 * len(questions), announced


def test_every_announcement_of_a_question_is_the_first_reading(read):
    for text in good_questions():
        question = read(text)
        is_changed = bool(question.readings[0].why & {Why.SPELLING, Why.LAYOUT})
        assert question.shown == (question.readings[0].text if is_changed else "")
        assert tuple(word.term for word in thai.find_words(question.text)) in [reading.words for reading in question.readings]


def short_forms() -> list[str]:
    return sorted({row["short"] for row in read_rows("abbreviations.csv") if re.fullmatch("[ก-๎.]+", row["short"])})


@pytest.mark.parametrize("around", ["{}", "{} คืออะไร", "ติดต่อ {}"])
def test_short_forms_are_not_taken_for_slips(read, around):
    forms = short_forms()
    assert len(forms) > 100
    assert {form: shown for form in forms if (shown := read(around.format(form)).shown)} == {}


@pytest.mark.parametrize("around", ["{}", "{} คืออะไร"])
def test_short_forms_without_points_are_not_taken_for_slips(read, known, around):
    forms = [form.replace(".", "") for form in short_forms()]
    assert {form: shown for form in forms if form in known.abbreviations and (shown := read(around.format(form)).shown)} == {}


# Other spellings


def test_variants_are_read_in_their_standard_spelling(known):
    rows = read_rows("variants.csv")
    assert len(rows) > 500
    lost = []
    for row in rows:
        found = replace_variants(f"อยากรู้ {row['variant']} ครับ", known)
        if thai.normalise(found) != thai.normalise(f"อยากรู้ {row['standard']} ครับ"):
            lost.append((row["variant"], found))
    assert len(lost) <= 0.01 * len(rows), lost


def test_variants_stay_when_a_blank_stands_in_them(known):
    assert replace_variants("กรม สรพากร", known) == "กรม สรพากร"
    assert replace_variants("กรมสรพากร", known) == "กรมสรรพากร"


def test_several_variants_of_a_question_are_replaced(known):
    assert replace_variants("กรมสรพากรกับเฟรนไชน์", known) == "กรมสรรพากรกับแฟรนไชส์"
    assert replace_variants("กรมสรพากร", NOTHING) == "กรมสรพากร"


# Blanks


@pytest.mark.parametrize(
    ("typed", "joined"),
    [
        ("สิน เชื่อ", "สินเชื่อ"),
        ("สิน เชื่อ ธุรกิจ", "สินเชื่อธุรกิจ"),
        ("ส ส ว", "สสว"),
        ("ออน ไลน์", "ออนไลน์"),
        ("ภา ษี ป้าย", "ภาษีป้าย"),
    ],
)
def test_blanks_inside_words_are_taken_out(read, typed, joined):
    question = read(typed)
    assert (texts(question)[0], question.readings[0].why, question.shown) == (joined, {Why.SPACES}, joined)
    assert typed in texts(question)


@pytest.mark.parametrize("typed", ["ภาษี ร้านกาแฟ", "กู้เงิน ธนาคาร", "ภาษี SME 2569", "vat 7", ""])
def test_blanks_between_words_stay(read, typed):
    assert texts(read(typed))[:1] == ([typed] if typed else [])


# Bounds


def test_what_is_too_long_is_cut_and_said_to_be(read):
    long = read("ก" * 10_000)
    assert (len(long.text), long.is_cut) == (LONGEST, True)
    assert read("ภาษี " * 60).is_cut
    assert not read("ภาษี").is_cut
    assert not read("a" * LONGEST).is_cut
    assert read("a" * (LONGEST + 1)).is_cut


def test_no_reading_has_more_words_than_are_read(read):
    question = read(" ".join(f"ภาษี{number}" for number in range(60)))
    assert question.is_cut
    assert [len(reading.words) <= MOST_WORDS for reading in question.readings] == [True] * len(question.readings)
    assert not read(" ".join(f"w{number}" for number in range(MOST_WORDS))).is_cut
    assert read(" ".join(f"w{number}" for number in range(MOST_WORDS + 1))).is_cut


def test_what_has_no_word_has_no_reading(read):
    for text in ("", " ", "!!!", "... \u0e48", "\x00", "\ud800", "\u202e", "ๆๆ", "😀"):
        assert (read(text).readings, read(text).words, read(text).shown) == ((), (), "")


def check(question: Question) -> None:
    """What holds for every question."""
    assert len(question.text) <= LONGEST
    assert len({reading.words for reading in question.readings}) == len(question.readings) <= 6
    assert question.shown in ("", *texts(question)[:1])
    assert [reading for reading in question.readings if not 0 < len(reading.words) <= MOST_WORDS or not reading.why] == []
    if question.readings:
        assert bool(question.shown) == bool(question.readings[0].why & {Why.SPELLING, Why.LAYOUT})
    for reading in question.readings:
        reading.text.encode()  # never half a character


def check_way_back(question: Question) -> None:
    """What was typed is among the readings, unless no word stands in it."""
    words = tuple(word.term for word in thai.find_words(question.text))
    assert not words or len(words) > MOST_WORDS or words in [reading.words for reading in question.readings]


@given(ANYTHING, st.booleans())
def test_any_text_is_read(text, exact):
    question = read_question(text, known=NOTHING, exact=exact)
    check(question)
    check_way_back(question)


_files = build_knowledge()
_words = Vocabulary({"สินเชื่อ": 5, "ภาษี": 20, "ร้านค้า": 9, "จดทะเบียน": 7, "ธุรกิจ": 8, "invoice": 3, "ของ": 30}, 50)


@given(ANYTHING)
def test_any_text_is_read_with_an_index_and_all_that_is_known(text):
    question = read_question(text, vocabulary=_words, known=_files)
    check(question)
    check_way_back(question)


@given(ANYTHING)
def test_what_was_shown_is_read_as_it_stands(text):
    """Whoever asks again what was shown gets the same: correcting ends."""
    question = read_question(text, vocabulary=_words, known=_files)
    if question.shown and Why.LAYOUT not in question.readings[0].why:
        again = read_question(question.shown, vocabulary=_words, known=_files)
        assert again.text == thai.repair(question.shown).strip()[:LONGEST].strip()
        check(again)


@given(ANYTHING)
def test_a_question_is_repaired_once(text):
    once = read_question(text, exact=True).text
    assert (read_question(once, exact=True).text, thai.repair(once)) == (once, once)


def test_readings_of_real_questions_are_read_the_same_again(read):
    for text in ("สินเชือ", "lbog=njv", "เฟรนไชน์ต้องจดไหม", "สิน เชื่อ ธุรกิจ", layout.to_latin("จดทะเบียนพาณิชย์")):
        first = texts(read(text))[0]
        assert (texts(read(first))[0], read(first).shown) == (first, "")


@pytest.mark.parametrize(
    "text",
    [
        "ก" * 2000,
        "1" * 5000,
        "่" * 3000,
        "a b " * 2000,
        "ก ข " * 2000,
        "lbog=njv" * 400,
        "เ" * 3000,
        "'\"();--" * 300,
        "\u202e" * 900,
        "{}[]" * 200,
    ],
)
def test_long_garbage_is_read_quickly(read, text):
    check(read(text))


def test_a_long_question_on_the_wrong_layout_keeps_what_was_typed(read):
    question = read(layout.to_latin("สินเชื่อร้านกาแฟ") + " ขอ" * 80)
    assert Why.LAYOUT in question.readings[0].why
    assert Why.TYPED in question.readings[-1].why


def test_of_a_long_question_the_rarest_words_are_read():
    words = [f"w{number}" for number in range(MOST_WORDS + 20)]
    index = Vocabulary(dict.fromkeys(words, 5) | {"ภาษีป้าย": 1, "แวต": 2, "กู้เงิน": 3}, 100)
    question = read_question(" ".join([*words, "ภาษีป้าย", "แวต", "กู้เงิน", "w999"]), vocabulary=index)
    assert question.is_cut
    assert question.words == (*words[: MOST_WORDS - 3], "ภาษีป้าย", "แวต", "กู้เงิน")


def test_without_index_and_knowledge_a_question_is_read_as_typed():
    question = read_question("สินเชื่อร้านกาแฟ", vocabulary=EMPTY, known=NOTHING)
    assert (texts(question), question.shown) == (["สินเชื่อร้านกาแฟ"], "")
