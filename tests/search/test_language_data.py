"""The words that we give the search: enough of them, each once, and none that says something else than is meant."""

import csv
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from search import thai
from search.confusables import GROUPS
from search.knowledge import key_of

pytestmark = pytest.mark.only_on("sqlite")  # no database's own behaviour is in question here

DATA = Path(thai.__file__).parent / "data"
COLUMNS = {
    "synonyms.csv": ["term", "equivalents", "kind"],
    "variants.csv": ["variant", "standard"],
    "abbreviations.csv": ["short", "long"],
}
FILES = ("words.txt", "fillers.txt", *COLUMNS)
LEAST = {"words.txt": 1700, "fillers.txt": 120, "synonyms.csv": 350, "variants.csv": 500, "abbreviations.csv": 150}
KINDS = {"same", "loan", "spoken", "related"}

# Spellings that PyThaiNLP's list has because people write them: loan words spelt as they sound, and plain errors.
WRITTEN_BY_MANY = frozenset(
    """
กาฬสินธ์ ก๊วยเตี๋ยว คอนเทนท์ คุ้กกี้ คุ๊กกี้ ซอฟท์แวร์ ซอฟท์โลน ซับพลายเออร์ ซุปเปอร์มาร์เกต ซุปเปอร์มาร์เก็ต
ดิจิตอล บาร์โคด พาร์ทไทม์ มอเตอไซค์ มอไซค์ มัคคุเทศน์ ลอจิสติกส์ ลายเซ็นต์ ลิงค์ ลิ้งค์ ศรีษะเกษ สติ๊กเกอร์
สต็อค สต๊อค สัมนา สเต็ก อพาร์ทเมนต์ อพาร์ทเมนท์ อพาร์ทเม้นท์ ออร์แกนิค ออเดอร์ อินเตอร์เน็ต อีคอมเมิร์ช
อีเมลล์ อีเมล์ อีเลิร์นนิ่ง เฟรนไชส์ เวปไซต์ เวิร์กชอป เวิร์คช็อป เว็บไซท์ แบงค์ แบล็คลิสต์ แพกเกจ แพคเกจ
แพ็กเก็จ แพ็ค แพ็คเกจ แฟคเตอริ่ง แอปพลิเคชั่น แอพ แอพพลิเคชัน แอพพลิเคชั่น โอท็อป ไอศครีม
""".split()  # noqa: SIM905
)


def read_lines(name: str) -> list[str]:
    return [line for line in (DATA / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def read_rows(name: str) -> list[dict[str, str]]:
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_terms(name: str) -> list[str]:
    """What each line or row is looked up by."""
    return [row[COLUMNS[name][0]] for row in read_rows(name)] if name in COLUMNS else read_lines(name)


def read_pairs(name: str) -> list[tuple[str, str]]:
    first, second = COLUMNS[name][:2]
    return [(row[first], other) for row in read_rows(name) for other in row[second].split("|")]


def _words_and_parts(text: str) -> set[str]:
    terms = [word.term for word in thai.find_words(text)]
    return {text, *terms, *(part for term in terms for part in thai.parts_of(term))}


def find_confused(first: str, second: str) -> list[tuple[str, str]]:
    """Confusable words of which one text has the one and the other text the other."""
    ones, others = (_words_and_parts(text) for text in (first, second))
    return [
        (one, other)
        for group in GROUPS
        for one in group
        for other in group
        if one != other and one in ones and other in others and one not in others and other not in ones
    ]


@pytest.mark.parametrize("name", FILES)
def test_there_are_enough(name):
    assert len(read_terms(name)) >= LEAST[name]


@pytest.mark.parametrize("name", FILES)
def test_bytes_are_clean(name):
    raw = (DATA / name).read_bytes()
    text = raw.decode("utf-8")
    assert raw.endswith(b"\n")
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert unicodedata.is_normalized("NFC", text)
    assert thai.repair(text) == text
    assert "" not in text[:-1].split("\n")


@pytest.mark.parametrize("name", FILES)
def test_every_term_stands_once(name):
    assert [term for term, number in Counter(map(thai.normalise, read_terms(name))).items() if number > 1] == []


@pytest.mark.parametrize("name", FILES)
def test_every_term_has_a_key_of_its_own(name):
    keys = Counter(map(key_of, read_terms(name)))
    dotless = {"words.txt"}  # สสว. and สสว are one term, and the cutter must know both ways of writing it
    assert "" not in keys
    assert name in dotless or [key for key, number in keys.items() if number > 1] == []


@pytest.mark.parametrize("name", COLUMNS)
def test_rows_are_well_formed_and_sorted(name):
    rows = read_rows(name)
    values = [value for row in rows for value in row.values()]
    assert list(rows[0]) == COLUMNS[name]
    assert [row for row in rows if None in row or None in row.values()] == []
    assert [value for value in values if not value or value != value.strip() or "||" in value or value.strip("|") != value] == []
    assert read_terms(name) == sorted(read_terms(name))


@pytest.mark.parametrize("name", COLUMNS)
def test_nothing_leads_to_itself(name):
    assert [(one, other) for one, other in read_pairs(name) if not key_of(other) or key_of(one) == key_of(other)] == []
    assert [row for row in read_rows(name) if len(set(row[COLUMNS[name][1]].split("|"))) != len(row[COLUMNS[name][1]].split("|"))] == []


@pytest.mark.parametrize("name", COLUMNS)
def test_no_word_stands_for_one_that_it_is_confused_with(name):
    assert [(one, other, found) for one, other in read_pairs(name) if (found := find_confused(one, other))] == []


@pytest.mark.parametrize(("first", "second"), [("ขาย", "ขยาย"), ("ประกันสังคม", "ประกันภัย"), ("ทุน", "ต้นทุน"), ("ขายร้าน", "ขยายร้าน")])
def test_confused_words_are_noticed(first, second):
    assert find_confused(first, second) != []
    assert find_confused(second, first) != []


def test_words_of_the_confusables_are_no_variants():
    confusable = {word for group in GROUPS for word in group}
    assert [row for row in read_rows("variants.csv") if row["variant"] in confusable] == []


def test_synonyms_have_a_known_kind():
    assert {row["kind"] for row in read_rows("synonyms.csv")} == KINDS


def test_words_stand_in_sorted_sections():
    sections: list[list[str]] = [[]]
    for line in (DATA / "words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            sections.append([])
        else:
            sections[-1].append(line)
    assert [section for section in sections if section != sorted(section)] == []


def test_words_are_as_they_are_matched():
    assert [word for word in read_lines("words.txt") if word != thai.normalise(word) or any(map(str.isspace, word))] == []


def test_every_own_word_is_found_whole():
    torn = []
    for word in read_lines("words.txt"):
        found = thai.find_words(word)
        if len(found) != 1 or (found[0].start, found[0].end) not in {(0, len(word)), (0, len(word.rstrip(".")))}:
            torn.append(word)
    assert torn == []


@pytest.mark.parametrize(
    "text",
    [
        "ปลอด|ภัยไซเบอร์",
        "พนัก|งานราชการ",
        "สิน|ค้าออนไลน์",
        "เลิก|จ้างพนักงาน",
        "หลัก|ประกันสุขภาพ",
        "กน|กพร",
        "อย|่าง",
    ],
)
def test_own_words_do_not_tear_common_words(text):
    assert thai.cut(text.replace("|", ""))[0] != text.split("|")[0]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ร้านชานมอยู่ในซอย", ["ร้านชานม", "อยู่", "ใน", "ซอย"]),
        ("เปิดแอปธนาคารไม่ได้", ["เปิด", "แอปธนาคาร", "ไม่", "ได้"]),
        ("รับเงินผ่านคิวอาร์โค้ด", ["รับเงิน", "ผ่าน", "คิวอาร์โค้ด"]),
        ("สาขาที่หัวหิน", ["สาขา", "ที่", "หัวหิน"]),
        ("ขอสเตตเมนต์จากธนาคาร", ["ขอ", "สเตตเมนต์", "จาก", "ธนาคาร"]),
    ],
)
def test_own_words_are_cut_out_of_a_sentence(text, pieces):
    assert thai.cut(text) == pieces


def test_no_variant_is_a_word():
    known = thai.common_words()
    variants = {row["variant"] for row in read_rows("variants.csv")}
    assert variants & thai.own_words() == set()
    assert variants & known == WRITTEN_BY_MANY


def test_every_standard_is_a_word_and_no_variant():
    variants = {row["variant"] for row in read_rows("variants.csv")}
    standards = {row["standard"] for row in read_rows("variants.csv")}
    assert standards & variants == set()
    assert [word for word in standards if not thai.is_word(word)] == []


def test_fillers_hold_no_word_of_the_subject():
    subjects = thai.own_words() | {row["term"] for row in read_rows("synonyms.csv")}
    telling = [line for line in read_lines("fillers.txt") if {word.term for word in thai.find_words(line)} & subjects]
    assert telling == []


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("สสว.", "สำนักงานส่งเสริมวิสาหกิจขนาดกลางและขนาดย่อม"),
        ("บสย.", "บรรษัทประกันสินเชื่ออุตสาหกรรมขนาดย่อม"),
        ("ภ.พ.30", "แบบแสดงรายการภาษีมูลค่าเพิ่ม"),
        ("กก.", "กิโลกรัม"),
        ("ก.พ.", "กุมภาพันธ์"),
    ],
)
def test_abbreviations_that_people_use_are_there(short, long):
    assert (short, long) in read_pairs("abbreviations.csv")


@pytest.mark.parametrize(("variant", "standard"), [("แฟรนไชน์", "แฟรนไชส์"), ("ออนลาย", "ออนไลน์"), ("อนุญาติ", "อนุญาต"), ("โลโก", "โลโก้")])
def test_variants_that_people_write_are_there(variant, standard):
    assert (variant, standard) in read_pairs("variants.csv")
