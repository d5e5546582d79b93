"""What is suggested while somebody types: found by what was begun, without a query, small, and gone when the page is gone."""

import json
import os

import pytest
from django.urls import reverse

from kb.models import GuidePage
from oss.models import Centre
from search import suggest
from search.changes import mark_changed
from search.engines.choice import embedded
from search.suggest import Entry, Lists, Suggestion, find_suggestions, make_pattern, read_chunks
from search.sync import rebuild_index
from tests.factories import GuideFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db
TITLES = [
    "จดทะเบียนพาณิชย์ ร้านค้าเจ้าของคนเดียว",
    "รายได้เท่าไรต้องจด VAT จดที่ไหน",
    "ค่าจ้างขั้นต่ำที่นายจ้างต้องรู้",
    "แฟรนไชส์ ก่อนเซ็นสัญญาดูอะไร",
    "น้ำท่วมร้าน ทำอะไรก่อน",
    "ยื่น ภ.พ.30 ทุกเดือน",
    "ที่ดินของร้าน",
]
BAD = [
    "", " ", "\x00", "\u0e48\u0e48", "ๆ", '"', 'a"b', 'zq"*', 'x" OR "y', "* ? ^ ~ : ( ) [ ] { } / \\ + - && || ! AND OR NOT", "_exists_:x",
    "/re.*ge/", "[* TO *]", ".*", ".+.+", "(((((", "[ก-", "{7}", "\\", "a|b", "<script>alert(1)</script>", "{{7*7}}", "{% debug %}",
    "%0d%0aSet-Cookie: a=b", "\u202e\u202dabc", "😀😀", "\ufffe\ue000", "\U000e0fff1", "'; DROP TABLE x; --", "1" * 10_000, "๑" * 10_000,
    "ก" * 5_000, "ด้านหน้า" * 1_000, "คำ " * 500, "a" * 100_000, "ก" + "\u0e49" * 300, "e\u0301" * 40, "เ", "แเ", "ํ", "ก\u0e4d", "ก\u0e48", "1.5", "...",
]  # fmt: skip


@pytest.fixture
def titles(sweep):
    """{title: page}, in the index."""
    pages = {title: GuideFactory(title=title) for title in TITLES}
    sweep()
    return pages


def texts(typed: str) -> list[str]:
    return [found.text for found in find_suggestions(typed)]


BEGUN = [  # (typed, place in TITLES of what comes first)
    ("จดทะ", 0),
    ("ร้านค้า", 0),  # a word from the middle
    ("ทะเบียนพาณ", 0),  # inside a compound
    ("vat", 1),
    ("VA", 1),
    ("จด vat", 1),
    ("vat จด", 1),
    ("ค่าจ้าง", 2),
    ("คาจาง", 2),  # tones not typed
    ("แฟ", 3),
    ("นํ", 4),  # half of ำ
    ("น้ำท่", 4),
    ("ท่วมร", 4),
    ("ภพ3", 5),
    ("ภ.พ.", 5),
    ("ท่ด", None),
    ("ท่", 6),  # the tone before its vowel
    ("0fmt", 0),  # จดทะ on the English layout
    ("ฝฟะ", None),
    ("อฟะ", 1),  # vat on the Thai layout
    ("จด อฟะ", 1),  # only what was typed last
    ("ไม่มีเรื่องนี้", None),
]


def test_what_was_begun_is_found(titles):
    found = {typed: texts(typed)[:1] for typed, _place in BEGUN}
    assert found == {typed: [TITLES[place]] if place is not None else [] for typed, place in BEGUN}


def test_every_beginning_of_a_title_finds_it(titles):
    """Letter by letter, as the keyboard gives it, leading vowels and half syllables too."""
    missed = [title[:end] for title in TITLES for end in range(3, len(title) + 1) if title not in texts(title[:end])]
    assert missed == []


def test_one_letter_is_too_little(titles):
    assert texts("จ") == []


def test_earlier_words_must_be_in_the_title(titles):
    assert texts("แฟรนไชส์ vat") == []


def test_whole_titles_come_first_then_guides_then_short_ones(sweep):
    ProgrammeFactory(name="สินเชื่อร้าน")
    for title in ("ขอสินเชื่อ", "สินเชื่อของร้านค้าใหญ่", "สินเชื่อร้านค้า"):
        GuideFactory(title=title)
    sweep()
    assert texts("สินเชื่อ") == ["สินเชื่อร้านค้า", "สินเชื่อของร้านค้าใหญ่", "สินเชื่อร้าน", "ขอสินเชื่อ"]


def test_at_most_eight_each_once(sweep):
    for number in range(12):
        GuideFactory(title=f"ภาษีร้าน {number % 10}")
    sweep()
    found = texts("ภาษี")
    assert len(found) == 8
    assert len(set(found)) == 8


def test_a_withdrawn_page_is_gone_with_the_sync(titles, sweep):
    titles[TITLES[0]].unpublish()
    sweep()
    assert texts("จดทะ") == []


def test_the_patterns_hold_nothing_but_letters():
    assert make_pattern("a.b") == "a[.]b"
    assert make_pattern("นํ") == "น[\u0e48-\u0e4b]?ำ"
    assert make_pattern("ก่") == "ก[\u0e31\u0e34-\u0e39\u0e47]?่"
    assert make_pattern("คาจ") == "ค[\u0e48-\u0e4b]?าจ"
    assert read_chunks("(.*) [ก] $x| \\d") == ["ก", "x", "d"]


# The answer


def get(client, typed, **options):
    return client.get(reverse("search_suggest"), {"q": typed}, **options)


def test_the_answer_needs_no_query_no_session_no_cookie(client, titles, django_assert_num_queries):
    client.cookies["session"] = "x" * 32
    with django_assert_num_queries(0):
        response = get(client, "จดทะ")
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "public, max-age=60"
    assert "cookie" not in response.get("Vary", "").lower()
    assert not response.cookies
    page = titles[TITLES[0]]
    assert response.json() == [{"text": TITLES[0], "kind": "คู่มือ", "url": f"/search/open/guide/{page.pk}/?q="}]


def test_the_answer_is_small_whatever_was_typed(client, sweep):
    for number in range(10):
        GuideFactory(title=f"ภาษี{number} " + "เรื่องยาวที่เล่าทุกอย่างของร้านค้าขนาดเล็ก " * 4)
    sweep()
    response = get(client, "ภาษี", headers={"accept-encoding": "gzip"})
    head = sum(len(f"{name}: {value}\r\n") for name, value in response.items())
    assert len(response.content) + head <= 2_000
    plain = get(client, "ภาษี")
    assert len(plain.content) <= 1_400
    assert len(plain.json()) >= 3
    assert all(row["text"].endswith("…") and len(row["text"]) <= suggest.LONGEST_SHOWN for row in plain.json())


def test_bad_input_gives_a_list(client, titles, django_assert_num_queries):
    for typed in BAD:
        with django_assert_num_queries(0):
            response = get(client, typed)
        assert response.status_code == 200, repr(typed[:50])
        assert isinstance(response.json(), list), repr(typed[:50])
        assert len(response.content) <= 1_400, repr(typed[:50])


def test_a_broken_encoding_gives_a_list(client, titles):
    for query in ("q=%ff%fe", "q=%e0%b8", "q=%00", "q=%ed%a0%80", "q[]=1", "q=" + "%e0%b8%81" * 3_000, "q=a&q=b"):
        response = client.get(f"{reverse('search_suggest')}?{query}")
        assert (response.status_code, type(response.json())) == (200, list), query


def test_operators_are_no_operators(titles):
    assert {typed: texts(typed) for typed in (".*", ".+", "จ.*ท", "(จ|ด)ด", "[^x]")} == {
        ".*": [],
        ".+": [],
        "จ.*ท": [],
        "(จ|ด)ด": [],
        "[^x]": [],
    }


def test_only_reading_is_allowed(client, db):
    assert client.post(reverse("search_suggest"), {"q": "ภาษี"}).status_code == 405
    assert client.get(reverse("search_suggest")).json() == []


def test_an_engine_that_is_away_suggests_nothing(client, db):
    response = get(client, "ภาษี")
    assert (response.status_code, response.json()) == (200, [])


def test_a_broken_index_suggests_nothing(client, titles, index_dir):
    for file in (index_dir / "generations").glob("*/*"):
        file.write_bytes(b"broken")
    embedded()._open = None
    response = get(client, "จดทะ")
    assert (response.status_code, response.json()) == (200, [])


# To the page


def test_what_was_chosen_is_opened(client, titles):
    page = titles[TITLES[0]]
    response = client.get(get(client, "จดทะ").json()[0]["url"] + "จดทะ")
    assert (response.status_code, response["Location"]) == (302, page.get_url())
    assert response["Cache-Control"] == "no-store"


def test_a_programme_is_opened(client, sweep):
    programme = ProgrammeFactory(name="สินเชื่อร้าน")
    sweep()
    response = client.get(get(client, "สินเ").json()[0]["url"])
    assert response["Location"] == programme.get_absolute_url()


def test_what_has_gone_leads_to_the_results_for_what_was_typed(client, titles):
    page = titles[TITLES[0]]
    address = reverse("search_open", args=["guide", page.pk])
    GuidePage.objects.filter(pk=page.pk).update(live=False)
    assert client.get(address, {"q": "จด"})["Location"] == "/search/?q=%E0%B8%88%E0%B8%94"
    for kind, number in (("guide", 0), ("guide", 2**63), ("guide", 10**30), ("page", page.pk), ("nothing", 1)):
        assert client.get(f"/search/open/{kind}/{number}/")["Location"] == "/search/?q="


# Topics, words, questions


@pytest.fixture
def asked_often(monkeypatch):
    monkeypatch.setattr(suggest.log, "frequent_questions", lambda limit=200: ["แฟรนไชส์ต้องจดทะเบียนอะไร"])


def test_topics_words_and_questions_come_from_a_file(titles, asked_often, django_assert_num_queries):
    suggest.write_lists()
    with django_assert_num_queries(0):
        assert find_suggestions("แฟรนไ") == [
            Suggestion("guide", TITLES[3], f"/search/open/guide/{titles[TITLES[3]].pk}/?q="),
            Suggestion("question", "แฟรนไชส์ต้องจดทะเบียนอะไร"),
            Suggestion("word", "แฟรนไชส์"),
        ]
        assert find_suggestions("เริ่มต้น") == [Suggestion("stage", "เริ่มต้นกิจการ", "/stages/start/")]
        assert Suggestion("function", "บัญชีและภาษี", "/search/?function=tax") in find_suggestions("ภาษี")


def test_topics_are_named_in_the_language_of_the_page(client, titles, asked_often):
    suggest.write_lists()
    rows = client.get("/en/search/suggest/", {"q": "tax"}).json()
    assert [row["url"] for row in rows] == ["/en/search/?function=tax"]
    assert all(letter < "ก" for letter in rows[0]["text"])


def test_no_kind_fills_the_list_while_another_has_something(sweep, asked_often, monkeypatch):
    monkeypatch.setattr(suggest.log, "frequent_questions", lambda limit=200: ["สินเชื่อไม่ต้องมีคนค้ำ"])
    for number in range(9):
        ProgrammeFactory(name=f"สินเชื่อ โครงการ {number}")
    for number in range(2):
        GuideFactory(slug=f"g{number}", title=f"กู้แบงก์ครั้งที่ {number}", keywords="สินเชื่อ", functions=["finance"])
    sweep()
    suggest.write_lists()
    for typed in ("สินเช", "lbog="):  # the same keys on the other layout
        kinds = [found.kind for found in find_suggestions(typed)]
        assert len(kinds) == 8
        assert kinds.count("programme") == 3
        assert {"guide", "question", "word", "function"} <= set(kinds)


def test_guides_are_found_by_a_keyword_when_no_title_begins_so(sweep, asked_often):
    GuideFactory(slug="bank", title="กู้แบงก์ไม่ผ่าน", keywords="สินเชื่อ")
    GuideFactory(slug="other", title="เรื่องอื่น", body=[("text", "<p>สินเชื่อ</p>")])
    sweep()
    suggest.write_lists()
    assert [found.text for found in find_suggestions("สินเช") if found.kind == "guide"] == ["กู้แบงก์ไม่ผ่าน"]
    assert texts("สิ") == [text for text in texts("สิ") if text != "กู้แบงก์ไม่ผ่าน"]  # two letters say too little


def test_a_centre_is_found_by_what_people_call_its_province(client, sweep, django_assert_num_queries):
    mark_changed("centre", Centre.objects.values_list("pk", flat=True))
    sweep()
    suggest.write_lists()
    centre = Centre.objects.get(province="TH-30")
    for typed in ("โครา", "ศูนย์โค", "korat", "F8ik"):
        with django_assert_num_queries(0):
            (found,) = [found for found in find_suggestions(typed) if found.kind == "centre"]
        assert found.text.startswith(f"{centre.name_th} (")
        assert client.get(found.address)["Location"] == "/centres/TH-30/"
    assert [found.text.endswith("(แปดริ้ว)") for found in find_suggestions("แปดริ") if found.kind == "centre"] == [True]
    both = [found.address for found in find_suggestions("นครราชสี")]
    assert len(both) == len(set(both)) == 1


def test_parts_of_compounds_are_found_by_their_beginnings(sweep, asked_often):
    GuideFactory(slug="vat", title="ยื่นภาษีมูลค่าเพิ่ม")
    sweep()
    suggest.write_lists()
    for typed in ("มูล", "มูลค่าเพ", ",^]8jk"):
        assert "ยื่นภาษีมูลค่าเพิ่ม" in texts(typed), typed
    assert "ยื่นภาษีมูลค่าเพิ่ม" not in texts(";6]8jk")  # มูล without its first key: no part begins so


def test_words_that_no_document_has_are_not_suggested(titles, asked_often):
    suggest.write_lists()
    words = {entry.text for _key, entry in suggest.lists()._by_key if entry.kind == "word"}
    assert "แฟรนไชส์" in words
    assert "กรมศุลกากร" not in words


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"th": 1}', b'{"th": [1]}', b'{"th": [["a", "b"]]}', b"\xff\xfe", b'{"en": []}'])
def test_a_broken_file_is_as_none(titles, index_dir, content):
    (index_dir / suggest.LISTS).write_bytes(content)
    assert texts("แฟรนไ") == [TITLES[3]]


def test_a_new_file_is_read_at_once(titles, index_dir):
    for text in ("แฟรนไชส์หนึ่ง", "แฟรนไชส์สอง"):
        rows = [["question", text, "", [text]]]
        temporary = index_dir / "new"
        temporary.write_text(json.dumps({"th": rows, "en": []}))
        os.replace(temporary, index_dir / suggest.LISTS)
        assert texts("แฟรนไ") == [TITLES[3], text]


def test_a_rebuild_keeps_the_file(titles, asked_often, index_dir):
    suggest.write_lists()
    rebuild_index()
    assert (index_dir / suggest.LISTS).exists()


def test_entries_are_found_by_each_start():
    entry = Entry("question", "กขค", "", ("กขค", "ขค"))
    lists = Lists([entry, Entry("word", "ขง", "", ("ขง",))])
    import re

    assert [found.text for found in lists.beginning_with(re.compile("ขค"), "ข")] == ["กขค"]
    assert list(lists.beginning_with(re.compile("ฮ"), "ฮ")) == []
