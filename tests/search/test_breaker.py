"""Nobody waits for a search engine that is away: what the breaker remembers, and who tries it again."""

import threading

import pytest

from search.engines import EngineAway, Hits, Plan, choice
from search.engines.choice import MOST_FAILURES, PAUSE_SECONDS, SLOW_SECONDS, Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock=clock)


def test_breaker_opens_after_three_failures_in_a_row(breaker):
    for _ in range(MOST_FAILURES - 1):
        breaker.fail(0.01)
    assert breaker.is_open is False
    breaker.succeed()
    for _ in range(MOST_FAILURES - 1):
        breaker.fail(0.01)
    assert breaker.is_open is False
    breaker.fail(0.01)
    assert breaker.is_open is True


def test_breaker_opens_after_one_failure_that_took_a_second(breaker):
    breaker.fail(SLOW_SECONDS)
    assert breaker.is_open is True


def test_one_caller_tries_every_ten_seconds(breaker, clock):
    breaker.fail(SLOW_SECONDS)
    assert breaker.may_try() is False
    clock.now += PAUSE_SECONDS - 0.01
    assert breaker.may_try() is False
    clock.now += 0.02
    assert [breaker.may_try() for _ in range(5)] == [True, False, False, False, False]
    breaker.fail(0.0)  # the trial failed: ten seconds again, counted from now
    clock.now += PAUSE_SECONDS - 0.01
    assert breaker.may_try() is False
    clock.now += 0.02
    assert breaker.may_try() is True
    breaker.succeed()
    assert (breaker.is_open, breaker.may_try()) == (False, False)


def test_of_many_threads_one_tries(breaker, clock):
    breaker.fail(SLOW_SECONDS)
    clock.now += PAUSE_SECONDS
    begin, tried = threading.Barrier(16), []

    def call():
        begin.wait()
        tried.append(breaker.may_try())

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tried) == [False] * 15 + [True]


class Remote:
    """Answers, fails, or takes its time (by the clock)."""

    name = "elasticsearch"

    def __init__(self, clock: Clock):
        self.clock, self.seconds, self.is_up, self.asked = clock, 0.0, True, 0

    def search(self, plan: Plan) -> Hits:
        self.asked += 1
        self.clock.now += self.seconds
        if not self.is_up:
            raise EngineAway("away")
        return Hits(total=1)

    def is_healthy(self) -> bool:
        return bool(self.search(Plan()))


class Embedded:
    def search(self, plan: Plan) -> Hits:
        return Hits(total=2)


@pytest.fixture
def remote(clock, breaker, monkeypatch):
    remote = Remote(clock)
    monkeypatch.setattr(choice, "_find_remote", lambda: (remote, breaker))
    monkeypatch.setattr(choice, "embedded", Embedded)
    return remote


def test_elasticsearch_is_asked_while_it_answers(remote):
    assert choice.ask(Plan()) == (Hits(total=1), False)


def test_embedded_engine_stands_in_at_once_and_then_alone(remote):
    remote.is_up = False
    answers = [choice.ask(Plan()) for _ in range(10)]
    assert answers == [(Hits(total=2), True)] * 10
    assert remote.asked == MOST_FAILURES


def test_one_slow_failure_is_enough(remote):
    remote.is_up, remote.seconds = False, 1.0
    for _ in range(10):
        choice.ask(Plan())
    assert remote.asked == 1


def test_slow_answer_is_an_answer(remote, breaker):
    remote.seconds = 2.0
    assert (choice.ask(Plan())[1], breaker.is_open) == (False, False)


def test_trial_runs_beside_the_request_and_closes_the_breaker(remote, breaker, clock, monkeypatch):
    started = []
    breaker.fail(SLOW_SECONDS)
    clock.now += PAUSE_SECONDS

    class Thread:
        def __init__(self, target, args, **options):
            started.append((target, args))

        def start(self):
            pass

    monkeypatch.setattr(choice.threading, "Thread", Thread)
    assert [choice.ask(Plan())[1] for _ in range(3)] == [True, True, True]
    ((target, args),) = started
    assert remote.asked == 0
    target(*args)
    assert (remote.asked, breaker.is_open) == (1, False)
    assert choice.ask(Plan())[1] is False


def test_trial_that_fails_keeps_the_breaker_open(remote, breaker, clock):
    remote.is_up = False
    breaker.fail(SLOW_SECONDS)
    assert choice.try_engine(remote, breaker) is False
    assert breaker.is_open is True


def test_without_an_address_there_is_the_embedded_engine_alone(settings, tmp_path):
    settings.ELASTICSEARCH_URL, settings.SEARCH_INDEX_DIR = "", tmp_path
    assert (choice.remote(), choice.breaker()) == (None, None)
    assert choice.all_engines() == [choice.embedded()]
    assert choice.chosen_engine() is choice.embedded()
    with pytest.raises(EngineAway):
        choice.ask(Plan())


def test_with_an_address_both_are_kept_level_and_elasticsearch_is_asked(settings, tmp_path):
    settings.ELASTICSEARCH_URL, settings.SEARCH_INDEX_DIR = "http://127.0.0.1:1", tmp_path
    assert choice.all_engines() == [choice.embedded(), choice.remote()]
    assert choice.chosen_engine() is choice.remote()
    assert choice.remote() is choice.remote()
