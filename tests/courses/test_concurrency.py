"""Two hundred learners at once lose nothing and count nothing twice; `tests/bench/bench_learning.py` does the same for a minute."""

import pytest

from courses.models import Answer, Attempt, Progress
from tests.courses.crowd import Verdict, judge_crowd, make_scene, run_crowd

pytestmark = [
    pytest.mark.only_on("postgresql"),
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def test_two_hundred_learners_lose_nothing_and_count_nothing_twice():
    said = run_crowd(*make_scene(), number=200, seconds=5, workers=16)
    assert said.errors == []
    assert len(said.begun) >= 200
    assert len(said.handed_in) == len(said.begun)
    assert judge_crowd(said) == Verdict(lost=0, doubled=0)


def test_the_judge_sees_what_is_lost_and_what_is_doubled():
    said = run_crowd(*make_scene(), number=4, seconds=0.1, workers=4)
    assert judge_crowd(said) == Verdict(0, 0)
    answer = Answer.objects.filter(attempt__in=said.handed_in).first()
    answer.delete()
    assert judge_crowd(said).lost >= 1
    Progress.objects.all().delete()
    assert judge_crowd(said).lost >= 5
    Attempt.objects.update(points=99)
    assert judge_crowd(said).doubled == Attempt.objects.count()
