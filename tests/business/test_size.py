"""The eleven vectors of domain.md §1.2 under both readings, the limits, and the reasons."""

import pytest

from business.size import LIMITS, ORDER, Size, classify

MILLION = 1_000_000
MICRO, SMALL, MEDIUM, LARGER = Size.MICRO, Size.SMALL, Size.MEDIUM, Size.LARGER
VECTORS = [
    (1, "manufacturing", 5, 1_800_000, MICRO, MICRO),
    (2, "manufacturing", 6, 1_800_000, MICRO, SMALL),
    (3, "manufacturing", 5, 1_800_001, SMALL, SMALL),
    (4, "manufacturing", 60, 80 * MILLION, SMALL, MEDIUM),
    (5, "manufacturing", 40, 300 * MILLION, MEDIUM, MEDIUM),
    (6, "trade", 30, 50 * MILLION, SMALL, SMALL),
    (7, "trade", 31, 50 * MILLION, SMALL, MEDIUM),
    (8, "service", 101, 200 * MILLION, MEDIUM, LARGER),
    (9, "service", 100, 300 * MILLION, MEDIUM, MEDIUM),
    (10, "trade", 3, None, None, None),
    (11, "trade", None, 400 * MILLION, LARGER, LARGER),
]


@pytest.mark.parametrize(("number", "family", "staff", "revenue", "by_revenue", "by_higher"), VECTORS)
def test_classify_follows_the_vectors_of_the_domain(number, family, staff, revenue, by_revenue, by_higher):
    assert classify(family=family, staff=staff, yearly_revenue=revenue, rule="revenue").size is by_revenue
    assert classify(family=family, staff=staff, yearly_revenue=revenue, rule="higher").size is by_higher


def test_classify_with_unknown_revenue_leaves_open_what_may_still_be():
    assert classify(family="trade", staff=3, yearly_revenue=None, rule="revenue").possible == frozenset(Size)
    assert classify(family="trade", staff=3, yearly_revenue=None, rule="higher").possible == frozenset(Size)
    assert classify(family="trade", staff=31, yearly_revenue=None, rule="higher").possible == {MEDIUM, LARGER}
    assert classify(family="trade", staff=101, yearly_revenue=None, rule="higher").size is LARGER
    assert classify(family="trade", staff=None, yearly_revenue=2 * MILLION, rule="higher").possible == {SMALL, MEDIUM, LARGER}


def test_classify_without_family_knows_nothing():
    verdict = classify(family=None, staff=3, yearly_revenue=900_000)
    assert (verdict.size, verdict.possible) == (None, frozenset(Size))
    assert verdict.reason == "ยังไม่รู้ว่าเป็นการผลิต การค้า หรือบริการ"
    assert str(verdict) == "ยังบอกไม่ได้"


@pytest.mark.parametrize("family", LIMITS)
@pytest.mark.parametrize("rule", ["revenue", "higher"])
def test_classify_limits_are_inclusive_and_one_more_is_the_next_class(family, rule):
    for at, (staff, revenue) in enumerate(LIMITS[family]):
        assert classify(family=family, staff=staff, yearly_revenue=revenue, rule=rule).size is ORDER[at]
        assert classify(family=family, staff=staff, yearly_revenue=revenue + 1, rule=rule).size is ORDER[at + 1]


def test_classify_says_why_and_names_the_other_class_of_a_mixed_case():
    mixed = classify(family="manufacturing", staff=60, yearly_revenue=80 * MILLION, rule="revenue")
    assert mixed.reason == "รายได้ 80 ล้านบาท ต่อปีอยู่ในเกณฑ์ขนาดย่อม แม้คนทำงาน 60 คนจะเข้าเกณฑ์ขนาดกลาง เพราะถือรายได้เป็นเกณฑ์"
    higher = classify(family="manufacturing", staff=60, yearly_revenue=80 * MILLION, rule="higher")
    assert higher.reason == "คนทำงาน 60 คน รายได้ 80 ล้านบาท ต่อปี ถือเกณฑ์ที่สูงกว่าคือขนาดกลาง"
    half = classify(family="trade", staff=31, yearly_revenue=None, rule="higher")
    assert half.reason == "อย่างน้อยขนาดกลาง ยังไม่รู้รายได้ต่อปี"


def test_classify_nothing_at_all_is_micro():
    assert classify(family="service", staff=0, yearly_revenue=0).size is MICRO


@pytest.mark.parametrize(("name", "value"), [("rule", "guess"), ("family", "farming")])
def test_classify_refuses_what_it_does_not_know(name, value):
    with pytest.raises(ValueError, match=value):
        classify(**{"family": "trade", "staff": 1, "yearly_revenue": 1, name: value})
