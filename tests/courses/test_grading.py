"""What an answer is worth: the rule of each kind, and what holds for every question there may be."""

import random
from decimal import Decimal

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from courses import grading
from courses.grading import Judgement, judge, right_answer
from courses.questions import draw, read_given, read_questions, write_given
from tests.courses.question_samples import (
    make_case,
    make_match,
    make_multiple,
    make_number,
    make_option,
    make_order,
    make_short,
    make_single,
    make_true_false,
)


def read(raw: dict):
    return read_questions([raw])[0]


def points(question, given) -> str:
    return str(judge(question, given).points)


def test_single_is_all_or_nothing():
    question = read(make_single(points=3))
    right, wrong, _other = (option.id for option in question.options)
    assert judge(question, {"option": right}) == (Decimal(3), True)
    assert judge(question, {"option": wrong}) == (Decimal(0), False)


def test_multiple_counts_right_picks_less_wrong_ones():
    question = read(make_multiple(points=2))  # two right, two wrong
    a, b, c, d = (option.id for option in question.options)
    assert [points(question, {"options": picks}) for picks in ([a], [a, b], [a, b, c], [a, c], [c, d], [a, b, c, d])] == [
        "1.00",
        "2.00",
        "1.00",
        "0.00",
        "0.00",
        "0.00",
    ]
    assert not judge(question, {"options": [a, b, c]}).is_right


def test_a_third_of_a_point_is_rounded_down_so_that_three_thirds_are_needed():
    options = [make_option(text, True) for text in "กขค"]
    question = read(make_multiple(options=[*options, make_option("ง")]))
    ids = [option.id for option in question.options]
    assert (points(question, {"options": ids[:1]}), points(question, {"options": ids[:2]})) == ("0.33", "0.66")
    assert judge(question, {"options": ids[:3]}) == (Decimal("1.00"), True)


@pytest.mark.parametrize(
    ("is_true", "value", "is_right"), [(True, True, True), (True, False, False), (False, False, True), (False, True, False)]
)
def test_true_or_false(is_true, value, is_right):
    assert judge(read(make_true_false(is_true=is_true)), {"value": value}).is_right is is_right


@pytest.mark.parametrize(
    ("text", "is_right"),
    [("1234.5", True), ("๑,๒๓๔.๗๕ บาท", True), ("1,234.25", True), ("1234.76", False), ("1234.24", False), ("-1234.5", False)],
)
def test_number_is_right_within_its_tolerance(text, is_right):
    question = read(make_number())
    assert judge(question, read_given(question, {question.id: text})).is_right is is_right


@pytest.mark.parametrize(("text", "is_right"), [("กำไร ขั้นต้น", True), ("GROSS PROFIT", True), ("กำไร", False), ("...", False)])
def test_short_answer_is_compared_after_normalisation(text, is_right):
    assert judge(read(make_short()), {"text": text}).is_right is is_right


def test_order_counts_the_steps_that_follow_the_right_one():
    question = read(make_order(points=3))
    a, b, c, d = (key for key, _text in question.steps)
    orders = ([a, b, c, d], [b, c, d, a], [a, b, d, c], [d, c, b, a])
    assert [points(question, {"order": order}) for order in orders] == ["3.00", "2.00", "1.00", "0.00"]


def test_match_counts_the_pairs_and_equal_right_sides_are_equal():
    question = read(make_match(points=4))
    rent, food, pay, fridge = (key for key, _left, _right in question.pairs)
    full = {"pairs": {rent: rent, food: food, pay: rent, fridge: fridge}}
    assert judge(question, full) == (Decimal("4.00"), True)
    assert points(question, {"pairs": {rent: pay, food: food, pay: pay, fridge: rent}}) == "3.00"
    assert points(question, {"pairs": {}}) == "0.00"


def test_case_is_the_sum_of_its_parts():
    question = read(make_case(parts=[make_single(points=2), make_number(points=3)]))
    first, second = question.parts
    assert points(question, {"parts": {first.id: right_answer(first)}}) == "2.00"
    assert judge(question, {"parts": {first.id: right_answer(first), second.id: right_answer(second)}}) == (Decimal(5), True)


def test_nothing_given_is_worth_nothing():
    assert judge(read(make_single()), None) == Judgement(Decimal(0), False)


@pytest.mark.parametrize(
    ("got", "most", "needed", "is_enough"), [("6", 10, 60, True), ("5.99", 10, 60, False), ("0", 3, 0, True), ("2", 3, 67, False)]
)
def test_pass_mark_is_never_rounded_up_to(got, most, needed, is_enough):
    assert grading.is_enough(Decimal(got), Decimal(most), needed) is is_enough
    assert (grading.percent(Decimal(got), Decimal(most)) >= needed) is is_enough


# Every question there may be

words = st.text(alphabet="กขคงจ ", min_size=1, max_size=6).filter(lambda text: text.strip())
worth = st.integers(1, 20)


def different(number: tuple[int, int]):
    return st.lists(words, min_size=number[0], max_size=number[1], unique_by=lambda text: text.strip())


@st.composite
def simple_questions(draw_one):
    kind = draw_one(st.sampled_from(["single", "multiple", "true_false", "order", "number", "short", "match"]))
    value = draw_one(worth)
    if kind in ("single", "multiple"):
        texts = draw_one(different((2, 8)))
        right = {0} if kind == "single" else draw_one(st.sets(st.integers(0, len(texts) - 1), min_size=1))
        options = [make_option(text, place in right) for place, text in enumerate(texts)]
        return (make_single if kind == "single" else make_multiple)(options=options, points=value)
    if kind == "true_false":
        return make_true_false(is_true=draw_one(st.booleans()), points=value)
    if kind == "order":
        return make_order(steps=draw_one(different((2, 8))), points=value)
    if kind == "number":
        answer = draw_one(st.decimals(-(10**9), 10**9, places=3))
        return make_number(answer=str(answer), tolerance=str(draw_one(st.decimals(0, 100, places=2))), points=value)
    if kind == "short":
        return make_short(accepted=draw_one(different((1, 4))), points=value)
    return make_match(pairs=[(left, draw_one(words)) for left in draw_one(different((2, 6)))], points=value)


questions = st.one_of(
    simple_questions(), st.lists(simple_questions(), min_size=1, max_size=4).map(lambda parts: make_case(parts=parts))
).map(read)


@st.composite
def questions_with_answers(draw_one):
    """(question, its entry as shown, an answer that its form can send)."""
    question = draw_one(questions)
    entry = draw([question], pool=0, is_shuffled=True, chance=random.Random(draw_one(st.integers(0, 1000))))[0]
    return question, entry, draw_one(answers_of(question))


def answers_of(question):
    def keys(pairs):
        return [pair[0] for pair in pairs]

    match question.kind:
        case "single":
            return st.sampled_from(question.options).map(lambda option: {"option": option.id})
        case "multiple":
            ids = [option.id for option in question.options]
            return st.sets(st.sampled_from(ids), min_size=1).map(lambda chosen: {"options": [key for key in ids if key in chosen]})
        case "true_false":
            return st.booleans().map(lambda value: {"value": value})
        case "order":
            return st.permutations(keys(question.steps)).map(lambda order: {"order": list(order)})
        case "number":
            return st.decimals(-(10**9), 10**9, places=2).map(lambda one: {"text": f"{one:f}", "number": f"{one:f}"})
        case "short":
            return words.map(lambda text: {"text": text.strip()})
        case "match":
            rights = st.sampled_from(keys(question.rights))
            return st.fixed_dictionaries(dict.fromkeys(keys(question.pairs), rights)).map(lambda pairs: {"pairs": pairs})
    return st.fixed_dictionaries({part.id: answers_of(part) for part in question.parts}).map(lambda parts: {"parts": parts})


@generated(questions_with_answers())
def test_points_lie_between_nothing_and_all_and_only_all_is_right(drawn):
    question, _entry, given = drawn
    judged = judge(question, given)
    assert 0 <= judged.points <= question.points
    assert judged.is_right is (judged.points == question.points)
    assert judge(question, given) == judged


@generated(questions)
def test_right_answer_of_every_question_gives_all_points(question):
    assert judge(question, right_answer(question)) == (Decimal(question.points), True)


@generated(questions_with_answers())
def test_an_answer_survives_its_form_whatever_the_order_shown(drawn):
    question, entry, given = drawn
    read_back = read_given(question, write_given(question, given, entry), entry)
    assert judge(question, read_back) == judge(question, given)
