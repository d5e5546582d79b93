"""A question as it stands on a page. Pure.

`show_open` gives the form and `show_answered` what became of it. What is right, and why, is in the second only: a
template cannot show before the answer what was never handed to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from wagtail.rich_text import RichText

from courses import grading
from courses.questions import Given, Question, order_rights, write_given

OPEN_TEMPLATES = {
    "single": "choices",
    "multiple": "choices",
    "true_false": "choices",
    "order": "order",
    "match": "match",
    "number": "text",
    "short": "text",
    "case": "case",
}


@dataclass(frozen=True)
class Row:
    """One option, step or pair. `name`, `value`: of its control. `chosen`: what was chosen beside it, of `Shown.choices`."""

    name: str
    value: str
    text: str
    picture: object = None
    alt: str = ""
    is_chosen: bool = False
    chosen: str = ""
    is_right: bool | None = None
    right: str = ""
    why: str = ""


@dataclass(frozen=True)
class Shown:
    """`rows`, `choices` and `parts` by kind; `value`: what was typed. From `is_right` on, only after the answer."""

    id: str
    kind: str
    number: int
    text: str
    points: int
    facts: Mapping = field(default_factory=dict)
    picture: object = None
    alt: str = ""
    story: RichText | None = None
    unit: str = ""
    rows: tuple[Row, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    parts: tuple["Shown", ...] = ()
    value: str = ""
    error: str = ""
    is_answered: bool = False
    is_right: bool | None = None
    points_given: Decimal = Decimal(0)
    right_answers: tuple[str, ...] = ()
    explanation: str = ""

    @property
    def template(self) -> str:
        return f"courses/questions/{OPEN_TEMPLATES[self.kind]}.html"

    @property
    def is_multiple(self) -> bool:
        return self.kind == "multiple"

    @property
    def is_partly_right(self) -> bool:
        return not self.is_right and self.points_given > 0


def show_open(
    question: Question, *, number: int = 0, entry: Mapping | None = None, values: Mapping | None = None, error: str = "", facts, pictures
) -> Shown:
    """The form. values: {name: list of values} as `write_given` gives them, or as they were sent; error: what is wrong with them."""
    entry, values = entry or {}, values or {}
    shared = _shared(question, number, facts, pictures)
    shown_ids = entry.get("options") or []
    texts = [value for value in values.get(question.id, []) if value]

    def picked(key: str) -> str:
        return next(iter(values.get(f"{question.id}-{key}", [])), "")

    match question.kind:
        case "single" | "multiple":
            options = _in_order({option.id: option for option in question.options}, shown_ids)
            rows = [Row(question.id, one.id, one.text, pictures.get(one.image), one.alt, is_chosen=one.id in texts) for one in options]
        case "true_false":
            rows = [Row(question.id, value, text, is_chosen=value in texts) for value, text in (("1", _("จริง")), ("0", _("ไม่จริง")))]
        case "order":
            steps = _in_order(dict(question.steps), shown_ids, with_keys=True)
            rows = [Row(f"{question.id}-{key}", "", text, chosen=picked(key)) for key, text in steps]
            shared["choices"] = tuple((str(place), str(place)) for place in range(1, len(rows) + 1))
        case "match":
            rows = [Row(f"{question.id}-{key}", "", left, chosen=picked(key)) for key, left, _right in question.pairs]
            rights = dict(question.rights)
            shared["choices"] = tuple(
                (str(place), rights[key]) for place, key in enumerate(order_rights(question, list(shown_ids)), start=1)
            )
        case _:
            rows = []
    entries = {part["id"]: part for part in entry.get("parts", [])}
    parts = [
        show_open(part, number=place, entry=entries.get(part.id), values=values, facts=facts, pictures=pictures)
        for place, part in enumerate(question.parts, start=1)
    ]
    return Shown(**shared, rows=tuple(rows), parts=tuple(parts), value=texts[0] if texts else "", error=error)


def show_answered(question: Question, *, number: int = 0, entry: Mapping | None = None, given: Given | None, facts, pictures) -> Shown:
    """What was answered, what is right, and why. Nothing given is shown as such."""
    entry = entry or {}
    shared = _shared(question, number, facts, pictures)
    points, is_right = grading.judge(question, given)
    values = write_given(question, given, entry)
    own = values.get(question.id, [])
    answers: list[str] = []
    match question.kind:
        case "single" | "multiple":
            options = _in_order({option.id: option for option in question.options}, entry.get("options") or [])
            rows = [
                Row(question.id, one.id, one.text, pictures.get(one.image), one.alt, one.id in own, is_right=one.is_right, why=one.why)
                for one in options
            ]
        case "true_false":
            whys = (("1", _("จริง"), question.is_true, question.why_true), ("0", _("ไม่จริง"), not question.is_true, question.why_false))
            rows = [Row(question.id, value, text, is_chosen=value in own, is_right=right, why=why) for value, text, right, why in whys]
        case "order":
            texts = dict(question.steps)
            keys = [key for key, _text in question.steps]
            before = dict(zip(keys, [None, *keys], strict=False))
            ordered = (given or {}).get("order", [])
            # As the points are counted: a step is right when it follows the step that it should follow.
            rows = [
                Row("", key, texts[key], is_right=before[key] == previous, chosen=str(place))
                for place, (previous, key) in enumerate(zip([None, *ordered], ordered, strict=False), start=1)
            ]
            answers = [text for _key, text in question.steps]
        case "match":
            rights = dict(question.rights)
            chosen = {key: rights.get(right, "") for key, right in (given or {}).get("pairs", {}).items()}
            rows = [
                Row("", key, left, chosen=chosen.get(key, ""), right=right, is_right=chosen.get(key) == right.strip())
                for key, left, right in question.pairs
            ]
        case "number":
            rows, answers = [], [_say_number(question)]
        case "short":
            rows, answers = [], list(question.accepted)
        case _:
            rows = []
    entries = {part["id"]: part for part in entry.get("parts", [])}
    parts = [
        show_answered(
            part,
            number=place,
            entry=entries.get(part.id),
            given=(given or {}).get("parts", {}).get(part.id),
            facts=facts,
            pictures=pictures,
        )
        for place, part in enumerate(question.parts, start=1)
    ]
    return Shown(
        **shared,
        rows=tuple(rows),
        parts=tuple(parts),
        value=own[0] if own else "",
        is_answered=bool(given),
        is_right=is_right,
        points_given=points,
        right_answers=tuple(answers),
        explanation=question.explanation,
    )


def _shared(question: Question, number: int, facts, pictures) -> dict:
    return {
        "id": question.id,
        "kind": question.kind,
        "number": number,
        "text": question.text,
        "points": question.points,
        "facts": facts,
        "picture": pictures.get(question.image),
        "alt": question.alt,
        "story": RichText(question.story) if question.story else None,
        "unit": question.unit,
    }


def _in_order(found: dict, ids: list[str], *, with_keys: bool = False) -> list:
    """What was found in the order of `ids`, or in its own when those are not its ids."""
    keys = ids if sorted(ids) == sorted(found) else list(found)
    return [(key, found[key]) if with_keys else found[key] for key in keys]


def _say_number(question: Question) -> str:
    """`1,200 บาท`, and how far off is still right."""
    said = f"{_plain(question.answer)} {question.unit}".strip()
    if not question.tolerance:
        return said
    return _("%(answer)s (คลาดเคลื่อนได้ %(tolerance)s)") % {"answer": said, "tolerance": _plain(question.tolerance)}


def _plain(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
