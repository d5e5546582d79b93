"""What an answer is worth. Pure.

single, true_false, number, short   all or nothing
multiple   right picks less wrong picks, as a share of the right options; never below 0
order      share of the steps that directly follow the step that they should follow: one step misplaced does not spoil the rest
match      share of the pairs that belong together
case       the sum of its parts

A part of a point is rounded down to hundredths, so that nothing but a full answer is full.
"""

from decimal import ROUND_DOWN, Decimal
from itertools import pairwise
from typing import NamedTuple

from courses.questions import Given, Question, compare_as


class Judgement(NamedTuple):
    points: Decimal
    is_right: bool


def judge(question: Question, given: Given | None) -> Judgement:
    """Points from 0 to `question.points`; right only when all of them. Nothing given is worth nothing."""
    if not given:
        return Judgement(Decimal(0), False)
    if question.kind == "case":
        parts = [judge(part, given["parts"].get(part.id)) for part in question.parts]
        points = sum((part.points for part in parts), Decimal(0))
    else:
        right, full = _SHARES[question.kind](question, given)
        points = (Decimal(max(right, 0) * question.points) / full).quantize(Decimal("0.01"), ROUND_DOWN)
    return Judgement(points, points == question.points)


def right_answer(question: Question) -> Given:
    """An answer that gives all points."""
    match question.kind:
        case "single":
            return {"option": next((option.id for option in question.options if option.is_right), "")}
        case "multiple":
            return {"options": [option.id for option in question.options if option.is_right]}
        case "true_false":
            return {"value": question.is_true}
        case "order":
            return {"order": [key for key, _text in question.steps]}
        case "number":
            return {"text": f"{question.answer:,f}", "number": f"{question.answer:f}"}
        case "short":
            return {"text": question.accepted[0] if question.accepted else ""}
        case "match":
            keys = {text: key for key, text in question.rights}
            return {"pairs": {key: keys[right.strip()] for key, _left, right in question.pairs}}
    return {"parts": {part.id: right_answer(part) for part in question.parts}}


def is_enough(points: Decimal, max_points: Decimal, pass_percent: int) -> bool:
    return points * 100 >= max_points * pass_percent


def percent(points: Decimal, max_points: Decimal) -> int:
    """Rounded down: 59.9 is not 60."""
    return int(points * 100 // max_points) if max_points else 0


# (what is right, of how much)


def _share_single(question: Question, given: Given) -> tuple[int, int]:
    return int(any(option.is_right for option in question.options if option.id == given["option"])), 1


def _share_multiple(question: Question, given: Given) -> tuple[int, int]:
    chosen = set(given["options"])
    picks = sum(1 if option.is_right else -1 for option in question.options if option.id in chosen)
    return picks, max(1, sum(option.is_right for option in question.options))


def _share_true_false(question: Question, given: Given) -> tuple[int, int]:
    return int(given["value"] == question.is_true), 1


def _share_number(question: Question, given: Given) -> tuple[int, int]:
    return int(abs(Decimal(given["number"]) - question.answer) <= question.tolerance), 1


def _share_short(question: Question, given: Given) -> tuple[int, int]:
    said = compare_as(given["text"])
    return int(bool(said) and said in {compare_as(text) for text in question.accepted}), 1


def _share_order(question: Question, given: Given) -> tuple[int, int]:
    wanted = set(pairwise(key for key, _text in question.steps))
    return len(wanted & set(pairwise(given["order"]))), max(1, len(wanted))


def _share_match(question: Question, given: Given) -> tuple[int, int]:
    texts = {key: right.strip() for key, _left, right in question.pairs}
    right = sum(texts.get(given["pairs"].get(key)) == text for key, text in texts.items())
    return right, max(1, len(texts))


_SHARES = {
    "single": _share_single,
    "multiple": _share_multiple,
    "true_false": _share_true_false,
    "number": _share_number,
    "short": _share_short,
    "order": _share_order,
    "match": _share_match,
}
