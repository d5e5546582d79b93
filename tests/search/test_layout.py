"""The wrong keyboard layout, both ways: M1 of the feature list, over every word that we have."""

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import layout, thai
from search.knowledge import DATA, Knowledge, build_knowledge
from search.readings import Question, Why, read_question
from search.vocabulary import EMPTY, Vocabulary
from tests.search.test_relevance import read_demo

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]  # no database's own behaviour is in question here
LATIN_KEYS = "".join(latins for latins, _thais in layout._KEYS)
THAI_KEYS = "".join(thais for _latins, thais in layout._KEYS)

# Ordinary English words as a list for learners has them.
ENGLISH = """
about account address advice after again agree allow always amount animal answer apple apply april area around asset august autumn
average baker bank basket beauty become before begin benefit better between bicycle blue board book borrow bottle bread bridge brother
budget build business butter camera capital careful carpet centre chain chair change cheap cheese choose church city clean close
clothes coffee colour company compare contract cook corner cost country craft credit customer daily damage danger daughter december
deliver design digital dinner discount doctor double dress drink early earth email employ energy engine english enough equal evening
every example expense export factory family farmer february finance finger finish first flower follow food foreign forest forward free
fresh friday friend fruit garden general glass grow guide hair happy health heart help holiday home hotel hour house how human import
income industry insurance interest internet invoice january job journey july june kitchen know label labour language large laugh law
learn leather letter licence light list loan local machine market material measure medicine meeting member metal milk minute modern
money monday month morning mother mountain music network never night notice number office online open order organic owner
paper parent payment people phone profit school
""".split()  # noqa: SIM905
BRANDS = """
Adobe Airbnb Alibaba Amazon Android Apple Asus BMW Booking Canon Canva Casio Cisco Daikin Dell DHL Dyson eBay Epson Facebook FedEx Ford
Gmail Google Grab Hitachi Honda HSBC Huawei IBM iPhone Instagram Intel JBL Kerry LG LINE LINEMAN Lazada Lenovo Mastercard Mazda
Microsoft Netflix Nike Nikon Nissan Nvidia Oppo Oracle Panasonic Paypal Pepsi Philips Samsung Shopee Shopify Skype Sony Starbucks Tesla
TikTok Toshiba Toyota Twitter Uber Visa Windows Yamaha YouTube Zoom
""".split()  # noqa: SIM905
REWRITTEN_BRANDS = ("McDonald", "Volvo", "WhatsApp", "Xiaomi")


@pytest.fixture(scope="module")
def vocabulary(django_db_setup, django_db_blocker, tmp_path_factory) -> Vocabulary:
    return read_demo(django_db_blocker, tmp_path_factory)[0]


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return build_knowledge()


def read_words() -> list[str]:
    return [line for line in thai.WORDS_FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def thai_terms() -> list[str]:
    """Every own word that is typed with Thai letters and points alone."""
    return [word for word in read_words() if re.search("[ก-ฮ]", word) and not re.search("[a-z0-9]", word)]


def is_short_form(term: str) -> bool:
    """Points, or no vowel at all: no rule can tell `กบข` on the other layout (`d[-`) from a slip of the hand."""
    return "." in term or not re.search("[ะ-ูเ-ไ์อย]", term) or len(term) < 4


def latin_terms() -> list[str]:
    """Every English term that the site's word lists have, of three letters or more."""
    found = {word for word in read_words() if re.fullmatch("[a-z]{3,}", word)}
    for name, columns in (("synonyms.csv", ("term", "equivalents")), ("abbreviations.csv", ("short", "long"))):
        with open(DATA / name, encoding="utf-8", newline="") as file:
            texts = [text.lower() for row in csv.DictReader(file) for column in columns for text in row[column].split("|")]
        found.update(text for text in texts if re.fullmatch("[a-z][a-z -]+[a-z]", text))
    return sorted(found)


def is_read_as(question: Question, meant: str) -> bool:
    """Whether that is the first reading, and the visitor is told."""
    return question.shown == meant and bool(question.readings) and question.readings[0].text == meant


# The keys


def test_keys_are_all_of_both_layouts():
    assert (len(LATIN_KEYS), len(set(LATIN_KEYS))) == (94, 94)
    assert set(LATIN_KEYS) == {chr(code) for code in range(0x21, 0x7F)}
    assert len(set(THAI_KEYS)) == 94
    letters = set(map(chr, (*range(0x0E01, 0x0E3B), *range(0x0E3F, 0x0E4E), *range(0x0E50, 0x0E5A))))
    assert letters - set(THAI_KEYS) == set()


@pytest.mark.parametrize(("latin", "other"), list(zip(LATIN_KEYS, THAI_KEYS, strict=True)))
def test_every_key_leads_there_and_back(latin, other):
    assert (layout.to_thai(latin), layout.to_latin(other)) == (other, latin)


@given(st.text(alphabet=LATIN_KEYS + " \n", max_size=40))
def test_english_keys_come_back(keys):
    assert layout.to_latin(layout.to_thai(keys)) == keys


@given(st.text(alphabet=THAI_KEYS + " \n", max_size=40))
def test_thai_keys_come_back(keys):
    assert layout.to_thai(layout.to_latin(keys)) == keys


@pytest.mark.parametrize(("keys", "other"), [("lbog=njv", "สินเชื่อ"), ("4kKu", "ภาษี"), ("franchise", "ดพฟืแ้รหำ"), ("-v'", "ของ"), ("", "")])
def test_both_layouts_as_they_are_engraved(keys, other):
    assert (layout.to_thai(keys), layout.to_latin(other)) == (other, keys)


@given(st.text(alphabet=THAI_KEYS + "😀é ", max_size=20))
def test_what_is_on_no_key_stays(text):
    assert [character for character in layout.to_latin(text) if character in "😀é"] == [
        character for character in text if character in "😀é"
    ]


@given(st.text(max_size=40))
def test_english_cost_is_a_cost_of_any_text(text):
    assert 0 <= layout.english_cost(text) < 20 * (len(text) + 2)


def test_english_costs_less_than_the_keys_of_thai(known):
    english = [layout.english_cost(word) / len(word) for word in ENGLISH]
    keys = [layout.to_latin(term) for term in thai_terms() if len(term) > 5]
    mistyped = [layout.english_cost(text) / len(text) for text in keys]
    assert sum(english) / len(english) < 3.5
    assert sum(cost > 3.5 for cost in mistyped) / len(mistyped) > 0.97


# Thai on the English layout


def lost_terms(terms: list[str], vocabulary: Vocabulary, known: Knowledge) -> list[str]:
    return [term for term in terms if not is_read_as(read_question(layout.to_latin(term), vocabulary=vocabulary, known=known), term)]


def test_own_words_come_back_from_the_english_layout(vocabulary, known):
    terms = [term for term in thai_terms() if not is_short_form(term)]
    lost = lost_terms(terms, vocabulary, known)
    assert len(terms) > 2000
    assert len(lost) <= 0.01 * len(terms), lost


def test_all_own_words_come_back_from_the_english_layout(vocabulary, known):
    terms = thai_terms()
    lost = lost_terms(terms, vocabulary, known)
    assert len(lost) <= 0.01 * len(terms), lost


def test_words_that_end_with_the_key_of_a_quotation_mark_come_back(vocabulary, known):
    assert lost_terms(["หางดง", "น้ำพอง", "สันกำแพง", "โพนทอง"], vocabulary, known) == []


def test_a_mistyped_word_finds_its_words_without_an_index(known):
    question = read_question("lbog=njv", vocabulary=EMPTY, known=known)
    assert is_read_as(question, "สินเชื่อ")
    assert (question.readings[0].why, question.readings[-1].text) == ({Why.LAYOUT}, "lbog=njv")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lbog=njv SME", "สินเชื่อ SME"),
        ("ขอ lbog=njv ธนาคาร", "ขอ สินเชื่อ ธนาคาร"),
        ("4kKu 2569", "ภาษี 2569"),
        ("ขาย นืสรืำ ยังไง", "ขาย online ยังไง"),
        ("อยากซื้อ ดพฟืแ้รหำ กาแฟ", "อยากซื้อ franchise กาแฟ"),
        ("ขาย lazada ต้องเสีย 4kKu ไหม", "ขาย lazada ต้องเสีย ภาษี ไหม"),
    ],
)
def test_one_wrong_stretch_of_a_question_is_mended(vocabulary, known, typed, meant):
    question = read_question(typed, vocabulary=vocabulary, known=known)
    assert thai.compact(question.readings[0].text) == thai.compact(meant)
    assert (Why.LAYOUT in question.readings[0].why, question.shown) == (True, question.readings[0].text)
    assert typed in [reading.text for reading in question.readings]


def test_own_words_come_back_within_a_question(vocabulary, known):
    lost, number = [], 0
    for term in [term for term in thai_terms() if not is_short_form(term) and len(term) > 4][::9]:
        for before, after in (("อยากรู้เรื่อง ", " ของร้าน"), ("ขอ ", " SME")):
            number += 1
            question = read_question(f"{before}{layout.to_latin(term)}{after}", vocabulary=vocabulary, known=known)
            if thai.compact(question.shown) != thai.compact(f"{before}{term}{after}"):
                lost.append((term, question.shown))
    assert number > 400
    assert len(lost) <= 0.01 * number, lost


# English as it stands


def rewritten(words: list[str], vocabulary: Vocabulary, known: Knowledge) -> list[tuple[str, str]]:
    """(word, reading) of those that are not read as typed and nothing else."""
    questions = ((word, read_question(word, vocabulary=vocabulary, known=known)) for word in words)
    return [(word, question.readings[0].text) for word, question in questions if [reading.text for reading in question.readings] != [word]]


def test_lists_are_long_enough():
    assert (len(set(ENGLISH)) >= 200, len(set(BRANDS)) >= 60) == (True, True)


@pytest.mark.parametrize("has_index", [True, False])
def test_english_words_and_brands_are_never_rewritten(vocabulary, known, has_index):
    words = vocabulary if has_index else EMPTY
    assert rewritten(ENGLISH, words, known) == []
    assert rewritten(BRANDS, words, known) == []


def test_brands_with_rare_letters_are_never_rewritten(vocabulary, known):
    assert rewritten(list(REWRITTEN_BRANDS), vocabulary, known) == []


def test_a_word_with_a_number_is_never_rewritten(vocabulary, known):
    assert rewritten(["covid-19"], vocabulary, known) == []


@pytest.mark.parametrize(
    "text",
    [
        "how to register vat",
        "line oa",
        "7-Eleven",
        "H&M",
        "e-commerce",
        "www.sme.go.th",
        "k.somsri@example.com",
        "A4",
        "100%",
        "3M",
        "don't",
        "B2B",
    ],
)
def test_english_as_people_write_it_is_never_rewritten(vocabulary, known, text):
    assert read_question(text, vocabulary=vocabulary, known=known).shown == ""


# English on the Thai layout


def test_known_english_words_come_back_from_the_thai_layout_where_no_mark_is_lost(vocabulary, known):
    """Where the Thai keys happen to stand as Thai is written, so that repair leaves them alone."""
    terms = [term for term in latin_terms() if term.isalpha() and len(term) > 4]
    terms = [term for term in terms if thai.repair(layout.to_thai(term)) == layout.to_thai(term)]
    lost = [term for term in terms if not is_read_as(read_question(layout.to_thai(term), vocabulary=vocabulary, known=known), term)]
    assert len(terms) > 40
    assert len(lost) <= 0.05 * len(terms), lost


def test_known_english_terms_come_back_from_the_thai_layout(vocabulary, known):
    """Not all: what reads as Thai as well, and phrases of which one word does, are left as they were typed."""
    terms = latin_terms()
    lost = [term for term in terms if not is_read_as(read_question(layout.to_thai(term), vocabulary=vocabulary, known=known), term)]
    assert len(terms) > 200
    assert len(lost) <= 0.18 * len(terms), lost


@pytest.mark.parametrize("text", ["ภาษี", "ของ", "ไม่", "กู้เงิน", "สสว.", "ภ.พ.30", "ำำำ", "ๆๆๆ", "่่่", "เเบบ", "ก"])
def test_thai_is_never_taken_for_english(vocabulary, known, text):
    question = read_question(text, vocabulary=vocabulary, known=known)
    assert [reading.text for reading in question.readings if re.search("[a-z]", reading.text)] == []
