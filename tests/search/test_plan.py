"""A question becomes data: every weight comes from `weights.py`, whichever engine is asked."""

import math
from itertools import pairwise
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import thai, weights
from search.engines import FIELDS, Group, Plan
from search.knowledge import NOTHING, Equivalent, Knowledge, build_knowledge
from search.plan import ENOUGH, MOST_MARKS, MOST_SCRAPS, find_equivalents, find_telling, make_plan, smallest_parts
from search.readings import Question, Reading, Why, read_question
from search.vocabulary import EMPTY, Vocabulary

WORDS = {"ภาษี": 40, "ภาษีป้าย": 4, "ใบกำกับภาษี": 6, "ร้านค้า": 9, "แวต": 2, "ภาษีมูลค่าเพิ่ม": 8, "มูลค่า": 9, "เพิ่ม": 20, "ต้อง": 90}
INDEX = Vocabulary(WORDS, 100)


def same(text: str, kind: str = "same") -> Equivalent:
    return Equivalent(text, tuple(word.term for word in thai.find_words(text)), kind)


def know(**tables) -> Knowledge:
    return Knowledge(**{name: MappingProxyType(table) if isinstance(table, dict) else table for name, table in tables.items()})


def ask(*words: str, why: Why = Why.TYPED, weight: float = 1.0, **options) -> Reading:
    return Reading("".join(words), words, frozenset({why}), weight, **options)


def plan_of(*readings: Reading, known: Knowledge = NOTHING, vocabulary: Vocabulary = INDEX, **options) -> Plan:
    question = Question(readings[0].text if readings else "", readings)
    return make_plan(question, vocabulary=vocabulary, known=known, **options)


def sums(plan: Plan) -> dict[tuple[str, str], float]:
    found = {(clause.field, clause.term): clause.weight for clause in plan.clauses}
    assert len(found) == len(plan.clauses)  # no term of a field counts twice
    return found


# Weights


def test_every_word_counts_in_each_field_by_its_weight():
    found = sums(plan_of(ask("ภาษี", "ร้านค้า")))
    for word in ("ภาษี", "ร้านค้า"):
        assert {field: found[field, word] for field in weights.FIELDS} == weights.FIELDS
    assert found["pairs", "ภาษี_ร้านค้า"] == weights.PAIR
    assert {found["grams", scrap] for scrap in thai.grams("ภาษีร้านค้า")} == {weights.GRAM}


def test_all_the_words_together_count_by_their_rareness():
    found = sums(plan_of(ask("ภาษี", "ร้านค้า")))
    whole = INDEX.idf("ภาษี") + INDEX.idf("ร้านค้า")
    assert found["all", "ภาษี"] == pytest.approx(weights.COVER * INDEX.idf("ภาษี") / whole)
    assert found["all", "ภาษี"] + found["all", "ร้านค้า"] == pytest.approx(weights.COVER)


def test_common_words_order_and_do_not_select():
    assert "ต้อง" in weights.COMMON_WORDS
    plan = plan_of(ask("ต้อง", "ร้านค้า"))
    common, whole = weights.COMMON * INDEX.idf("ต้อง"), weights.COMMON * INDEX.idf("ต้อง") + INDEX.idf("ร้านค้า")
    assert sums(plan)["all", "ต้อง"] == pytest.approx(weights.COVER * common / whole)
    assert [group.terms for group in plan.groups] == [("ร้านค้า",)]


def test_words_that_no_document_has_cover_nothing():
    found = sums(plan_of(ask("เฉลียงพู่", "ร้านค้า")))
    assert ("all", "เฉลียงพู่") not in found
    assert found["title", "เฉลียงพู่"] == weights.FIELDS["title"]


def test_every_number_is_read_from_the_weights(monkeypatch):
    """With every weight another, every clause is another."""
    known = know(synonyms={"แวต": (same("ภาษีมูลค่าเพิ่ม"),)})
    before = sums(plan_of(ask("แวต", "ร้านค้า"), ask("แวด", "ร้านค้า", weight=weights.OTHER_READING), known=known))
    monkeypatch.setattr(weights, "FIELDS", {field: 3 * weight for field, weight in weights.FIELDS.items()})
    for name in ("PAIR", "GRAM", "COVER"):
        monkeypatch.setattr(weights, name, 3 * getattr(weights, name))
    after = sums(plan_of(ask("แวต", "ร้านค้า"), ask("แวด", "ร้านค้า", weight=weights.OTHER_READING), known=known))
    assert after == {key: pytest.approx(3 * weight) for key, weight in before.items()}


def test_clauses_name_fields_of_the_index():
    plan = make_plan(read_question("จดแวตร้านค้าต้องทำไง"), vocabulary=INDEX, known=build_knowledge())
    assert {clause.field for clause in plan.clauses} <= FIELDS.keys()
    assert [clause for clause in plan.clauses if not clause.term or not clause.weight > 0] == []


# Readings


def test_of_several_readings_the_greater_weight_counts():
    plan = plan_of(ask("ภาษี", "ร้านค้า"), ask("ภาษี", "แวต", weight=0.35))
    found = sums(plan)
    assert found["title", "ภาษี"] == weights.FIELDS["title"]  # of the first reading, not the sum of both
    assert found["title", "แวต"] == pytest.approx(0.35 * weights.FIELDS["title"])
    assert found["pairs", "ภาษี_แวต"] == pytest.approx(0.35 * weights.PAIR)
    alone = INDEX.idf("ภาษี") + INDEX.idf("แวต")
    other = 0.35 * weights.COVER * INDEX.idf("แวต") / alone
    assert found["all", "แวต"] == pytest.approx(other)


def test_only_the_first_reading_says_what_is_asked_for():
    plan = plan_of(ask("ภาษี", "ร้านค้า"), ask("แวต", weight=0.35))
    assert [group.terms for group in plan.groups] == [("ภาษี",), ("ร้านค้า",)]
    assert plan.near == tuple(dict.fromkeys(thai.grams("ภาษีร้านค้า")))
    assert plan.marks >= {"ภาษี", "ร้านค้า"}
    assert "แวต" not in plan.marks


def test_what_a_corrected_word_may_be_besides_counts_less_and_is_found():
    plan = plan_of(ask("ภาษี", others=(("ภาษี", "ภาษา"),)))
    found = sums(plan)
    assert found["title", "ภาษา"] == pytest.approx(weights.OTHER_WORD * weights.FIELDS["title"])
    assert found["all", "ภาษา"] == pytest.approx(weights.OTHER_WORD * weights.COVER)
    assert plan.groups == (Group(("ภาษี", "ภาษา")),)


# What is known


def test_synonyms_count_and_stand_for_the_word():
    plan = plan_of(ask("แวต"), known=know(synonyms={"แวต": (same("vat"), same("ภาษีมูลค่า เพิ่ม"))}))
    found = sums(plan)
    assert found["title", "vat"] == pytest.approx(weights.SYNONYM * weights.FIELDS["title"])
    assert found["all", "vat"] == pytest.approx(weights.COVER * weights.SYNONYM)
    several = same("ภาษีมูลค่า เพิ่ม").terms
    assert len(several) > 1
    for first, second in pairwise(several):
        assert found["pairs", thai.pair(first, second)] == pytest.approx(weights.PAIR * weights.SYNONYM)
    assert found["all", several[0]] == pytest.approx(weights.COVER * weights.SYNONYM / len(several))
    assert plan.groups == (Group(("แวต", "vat"), (several,)),)
    assert plan.marks >= {"แวต", "vat", *several}


def test_only_the_first_equivalents_are_looked_for():
    known = know(synonyms={"แวต": tuple(same(f"w{number}") for number in range(10))})
    plan = plan_of(ask("แวต"), known=known)
    assert plan.groups[0].terms == ("แวต", *(f"w{number}" for number in range(weights.MOST_EQUIVALENTS)))


def test_a_phrase_of_several_words_has_its_equivalents():
    known = know(synonyms={"ภาษีร้านค้า": (same("ภาษีป้าย"),)})
    plan = plan_of(ask("ภาษี", "ร้านค้า"), known=known)
    assert find_equivalents(("ภาษี", "ร้านค้า"), known) == [(("ภาษี", "ร้านค้า"), same("ภาษีป้าย"), weights.SYNONYM)]
    assert [group.terms for group in plan.groups] == [("ภาษี", "ภาษีป้าย"), ("ร้านค้า", "ภาษีป้าย")]


@pytest.mark.parametrize(("typed", "table"), [("สสว", "abbreviations"), ("สำนัก", "short_forms")])
def test_short_forms_hold_both_ways(typed, table):
    plan = plan_of(ask(typed), known=know(**{table: {typed: (same("อีกแบบหนึ่ง", "abbreviation"),)}}))
    other = same("อีกแบบหนึ่ง").terms
    assert sums(plan)["title", other[0]] == pytest.approx(weights.SHORT_FORM * weights.FIELDS["title"])
    assert plan.groups == (Group((typed,), (other,)) if len(other) > 1 else Group((typed, *other)),)


def test_short_forms_of_the_files_hold_both_ways():
    known = build_knowledge()
    for typed, other in (("บสย", "บรรษัทประกันสินเชื่ออุตสาหกรรมขนาดย่อม"), ("บรรษัทประกันสินเชื่ออุตสาหกรรมขนาดย่อม", "บสย")):
        plan = make_plan(read_question(typed, known=known), known=known)
        terms = {term for group in plan.groups for term in (*group.terms, *(part for parts in group.together for part in parts))}
        assert {word.term for word in thai.find_words(other)} <= terms


def test_fillers_say_nothing_of_what_is_asked_for():
    known = know(fillers=frozenset({"อยากรู้ว่า", "ทำไง"}))
    assert find_telling(("อยากรู้", "ว่า", "แวต", "ทำ", "ไง"), known) == ["แวต"]
    assert find_telling(("แวต", "ภาษี", "แวต"), known) == ["แวต", "ภาษี"]
    assert find_telling(("ทำไง", "ต้อง"), known) == ["ทำไง", "ต้อง"]  # nothing else is there
    assert find_telling((), known) == []


@pytest.mark.parametrize(
    ("typed", "telling"),
    [("อยากเปิดร้านกาแฟต้องทำไงบ้าง", "ร้านกาแฟ"), ("กู้แบงก์ไม่ผ่านทำไงดี", "แบงก์"), ("ขายของออนไลน์ต้องเสียภาษีไหม", "เสียภาษี")],
)
def test_spoken_questions_ask_for_what_they_are_about(typed, telling):
    known = build_knowledge()
    found = find_telling(read_question(typed, known=known).words, known)
    assert [word for word in found if telling in word] != []
    assert set(found) & {"ต้อง", "ไหม", "ทำไง", "บ้าง", "ไง", "ดี", "อยาก"} == set()


# What is found


def test_a_compound_is_found_by_its_parts_together():
    plan = plan_of(ask("ภาษีมูลค่าเพิ่ม"))
    assert plan.groups == (Group(("ภาษีมูลค่าเพิ่ม",), (("ภาษี", "มูลค่า", "เพิ่ม"),)),)
    assert smallest_parts("ภาษี") == ()
    assert [part for part in smallest_parts("ภาษีมูลค่าเพิ่ม") if thai.parts_of(part)] == []


@pytest.mark.parametrize("number", range(1, 21))
def test_some_words_select_and_most_words_are_all(number):
    plan = plan_of(ask(*(f"w{at}" for at in range(number))))
    assert len(plan.groups) == number
    assert plan.at_least == min(max(1, math.floor(number * weights.AT_LEAST_SHARE)), weights.AT_LEAST_MOST)
    assert plan.full == weights.FULL.get(number, math.ceil(number * weights.FULL_SHARE))
    assert 1 <= plan.at_least <= plan.full <= number


def test_scraps_find_what_the_words_do_not():
    plan = plan_of(ask("ร้านค้า"))
    assert plan.near == ("ร้า", "้าน", "านค", "นค้", "ค้า")
    assert plan.near_needed == math.ceil(len(plan.near) * weights.NEAR_SHARE)


@pytest.mark.parametrize(("tax", "sign", "is_sought"), [(ENOUGH, ENOUGH, False), (ENOUGH, ENOUGH - 1, True), (ENOUGH, 0, True)])
def test_an_unknown_compound_needs_no_scraps_when_its_parts_are_frequent(tax, sign, is_sought):
    index = Vocabulary({"ภาษี": tax, "ป้าย": sign}, 1_000)
    assert smallest_parts("ภาษีป้าย") == ("ภาษี", "ป้าย")
    assert bool(plan_of(ask("ภาษีป้าย"), vocabulary=index).near) is is_sought


def test_scraps_of_a_long_question_are_those_of_its_rarest_words():
    words = ("แวต", *(f"{number * 7919 % 99991:05d}w" for number in range(100)), "ภาษีป้าย")
    plan = plan_of(Reading(" ".join(words), words, frozenset({Why.TYPED})))
    assert len(plan.near) == len(set(plan.near)) <= MOST_SCRAPS
    assert plan.near[: len(thai.grams("แวต")) + len(thai.grams("ภาษีป้าย"))] == (*thai.grams("แวต"), *thai.grams("ภาษีป้าย"))
    assert plan.near_needed == math.ceil(len(plan.near) * weights.NEAR_SHARE)


def test_without_a_question_everything_is_found():
    plan = make_plan(Question(), vocabulary=INDEX)
    assert (plan.clauses, plan.groups, plan.near, plan.near_needed, plan.marks) == ((), (), (), 0, frozenset())


def test_filters_facets_and_page_are_passed_on():
    plan = plan_of(ask("ภาษี"), filters={"stage": ["run", "grow"], "type": ()}, facets=("type",), offset=20, limit=5)
    assert (plan.filters, plan.facets, plan.offset, plan.limit) == ({"stage": ("run", "grow")}, ("type",), 20, 5)


# Marks


def test_marks_hold_what_was_asked_for_its_parts_and_the_compounds_with_it():
    marks = plan_of(ask("ภาษี")).marks
    assert marks == {"ภาษี", "ภาษีป้าย", "ใบกำกับภาษี", "ภาษีมูลค่าเพิ่ม"}
    assert plan_of(ask("ภาษีมูลค่าเพิ่ม")).marks >= {"ภาษีมูลค่าเพิ่ม", "ภาษี", "มูลค่า", "เพิ่ม"}
    assert plan_of(ask("ภาษี"), is_marked=False).marks == frozenset()


def test_marks_are_bounded():
    terms = sorted(term for term in thai.own_words() if thai.parts_of(term))
    words = Vocabulary(dict.fromkeys(terms, 3), 100)
    parts = sorted(
        {part for term in terms for part in thai.parts_of(term) if len(part) > 2}, key=lambda part: -len(words.compounds_with(part))
    )
    assert len(plan_of(ask(*parts[:20]), vocabulary=words).marks) == MOST_MARKS


# The same for every engine


@given(st.lists(st.sampled_from(["ภาษี", "ร้านค้า", "แวต", "ต้อง", "w1", "ภาษีมูลค่าเพิ่ม"]), max_size=8))
def test_a_plan_is_made_of_the_question_alone(words):
    known = build_once()
    question = read_question(" ".join(words), vocabulary=INDEX, known=known)
    assert make_plan(question, vocabulary=INDEX, known=known) == make_plan(question, vocabulary=INDEX, known=known)


_built: list[Knowledge] = []


def build_once() -> Knowledge:
    if not _built:
        _built.append(build_knowledge())
    return _built[0]


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:1"])
def test_no_engine_is_asked_for_a_plan(settings, address):
    """Elasticsearch is nowhere near, and the plan is equal."""
    settings.ELASTICSEARCH_URL = address
    known = build_once()
    question = read_question("จดแวตร้านค้าต้องทำไง", vocabulary=INDEX, known=known)
    plan = make_plan(question, vocabulary=INDEX, known=known, facets=("type",), limit=3)
    settings.ELASTICSEARCH_URL = ""
    assert plan == make_plan(question, vocabulary=INDEX, known=known, facets=("type",), limit=3)
    assert len(plan.clauses) > 20


def test_a_plan_without_an_index_still_asks():
    plan = make_plan(read_question("แวต ร้านค้า"), vocabulary=EMPTY)
    assert [group.terms[0] for group in plan.groups] == ["แวต", "ร้านค้า"]
    assert {clause.field for clause in plan.clauses} == {*weights.FIELDS, "pairs", "grams"}
