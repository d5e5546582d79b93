"""The matcher against a table of every case, and against an evaluator that tries every possible world."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.matching import Answer, Band, Clause, Profile, Topic, answer_clause, match

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
CODES = ("a", "b", "c")
ATTRIBUTES = [Topic.STAGE, Topic.SECTOR, Topic.SIZE, Topic.PROVINCE, Topic.LEGAL_FORM]


def clause(topic: Topic, *wanted: str) -> Clause:
    return Clause(topic, frozenset(wanted), text="ต้องถาม", source="ข้อ 1")


def profile(**known: str) -> Profile:
    """profile(size="ab") is a business whose size is a or b."""
    return Profile({Topic(name): frozenset(codes) for name, codes in known.items()})


@pytest.mark.parametrize(
    ("wanted", "have", "answer"),
    [
        ("a", "a", YES),
        ("ab", "a", YES),
        ("ab", "ab", YES),
        ("a", "b", NO),
        ("a", "bc", NO),
        ("a", "ab", UNKNOWN),
        ("ab", "abc", UNKNOWN),
        ("a", None, UNKNOWN),
        ("a", "", UNKNOWN),
        ("", "a", UNKNOWN),
    ],
)
@pytest.mark.parametrize("topic", ATTRIBUTES)
def test_answer_clause_of_an_attribute(topic, wanted, have, answer):
    known = Profile({} if have is None else {topic: frozenset(have)})
    finding = answer_clause(clause(topic, *wanted), known)
    assert finding.answer is answer
    assert finding.have == (None if have is None else frozenset(have))


@pytest.mark.parametrize(
    ("wanted", "have", "answer"), [("a", "a", YES), ("ab", "bc", YES), ("a", "ab", YES), ("a", "b", NO), ("a", None, UNKNOWN)]
)
def test_answer_clause_of_a_need_asks_for_one_shared_wish(wanted, have, answer):
    known = Profile({} if have is None else {Topic.NEED: frozenset(have)})
    assert answer_clause(clause(Topic.NEED, *wanted), known).answer is answer


def test_answer_clause_in_words_only_a_person_can_answer():
    assert answer_clause(clause(Topic.OTHER), profile(size="a", stage="a", other="a")).answer is UNKNOWN


@pytest.mark.parametrize("first", list(Answer))
@pytest.mark.parametrize("second", list(Answer))
def test_match_a_failed_clause_beats_an_unknown_one_and_that_beats_one_that_holds(first, second):
    known = profile(stage="a", sector="a")
    make = {YES: lambda t: clause(t, "a"), NO: lambda t: clause(t, "b"), UNKNOWN: lambda t: clause(Topic.OTHER)}
    verdict = match([make[first](Topic.STAGE), make[second](Topic.SECTOR)], known)
    expected = Band.NO if NO in (first, second) else Band.CHECK if UNKNOWN in (first, second) else Band.LIKELY
    assert verdict.band is expected
    assert [finding.answer for finding in verdict.findings] == [first, second]


@pytest.mark.parametrize("wanted", ["a", "b", ""])
def test_match_closed_beats_all_and_keeps_the_reasons(wanted):
    clauses = [clause(Topic.STAGE, *wanted), clause(Topic.OTHER)]
    open_verdict, closed = match(clauses, profile(stage="a")), match(clauses, profile(stage="a"), is_closed=True)
    assert closed.band is Band.CLOSED
    assert closed.findings == open_verdict.findings


def test_match_without_clauses_is_for_anyone():
    assert match([], Profile()).band is Band.LIKELY
    assert match([], Profile(), is_closed=True).band is Band.CLOSED


def test_match_a_wish_not_spoken_is_not_asked():
    clauses = [clause(Topic.NEED, "tax"), clause(Topic.SIZE, "a")]
    silent = match(clauses, profile(size="a"))
    assert (silent.band, silent.met, len(silent.findings)) == (Band.LIKELY, 1, 1)
    spoken = match(clauses, profile(size="a", need=("tax",)))
    assert (spoken.band, spoken.met, len(spoken.conditions), len(spoken.findings)) == (Band.LIKELY, 1, 1, 2)
    other = match(clauses, profile(size="a", need=("export",)))
    assert (other.band, [finding.clause.topic for finding in other.failed]) == (Band.NO, [Topic.NEED])


def test_match_a_size_that_is_one_of_several_stays_unknown_until_all_of_them_fit():
    small_only = [clause(Topic.SIZE, "small")]
    assert match(small_only, profile(size=("micro", "small"))).band is Band.CHECK
    assert match(small_only, profile(size=("small",))).band is Band.LIKELY
    assert match(small_only, profile(size=("medium", "larger"))).band is Band.NO
    assert match([clause(Topic.SIZE, "micro", "small", "medium")], profile(size=("micro", "small"))).band is Band.LIKELY


def test_match_counts_and_sorts_the_findings():
    verdict = match(
        [clause(Topic.STAGE, "a"), clause(Topic.SECTOR, "b"), clause(Topic.OTHER), clause(Topic.SIZE, "a")],
        profile(stage="a", sector="a", size="a"),
    )
    assert verdict.met == 2
    assert [f.clause.topic for f in verdict.failed] == [Topic.SECTOR]
    assert [f.clause.topic for f in verdict.unknown] == [Topic.OTHER]


# An evaluator that knows nothing of sets: it walks through every world that agrees with what is known.

codes = st.frozensets(st.sampled_from(CODES), min_size=1)
clauses = st.lists(
    st.one_of(
        st.builds(Clause, st.sampled_from([*ATTRIBUTES, Topic.NEED]), codes),
        st.builds(Clause, st.just(Topic.OTHER), text=st.just("ต้องถาม")),
    ),
    max_size=6,
)
profiles = st.builds(Profile, st.dictionaries(st.sampled_from([*ATTRIBUTES, Topic.NEED]), codes))


def answer_by_worlds(one: Clause, known: Profile) -> Answer:
    if one.topic is Topic.OTHER:
        worlds = [True, False]
    elif one.topic is Topic.NEED:
        worlds = [any(wish == help_for for wish, help_for in product(known.about(Topic.NEED), one.wanted))]
    else:
        # Where nothing is known, the business may also be something that nobody has a code for.
        worlds = [code in one.wanted for code in known.about(one.topic) or (*CODES, "something else")]
    return YES if all(worlds) else UNKNOWN if any(worlds) else NO


@given(clauses, profiles, st.booleans())
def test_match_agrees_with_trying_every_world(rules, known, is_closed):
    asked = [rule for rule in rules if rule.topic is not Topic.NEED or Topic.NEED in known.known]
    answers = [answer_by_worlds(rule, known) for rule in asked]
    verdict = match(rules, known, is_closed=is_closed)
    assert [finding.answer for finding in verdict.findings] == answers
    assert [finding.clause for finding in verdict.findings] == asked
    if is_closed:
        expected = Band.CLOSED
    elif answers.count(NO):
        expected = Band.NO
    elif answers.count(UNKNOWN):
        expected = Band.CHECK
    else:
        expected = Band.LIKELY
    assert verdict.band is expected
    assert verdict.met + len(verdict.failed) + len(verdict.unknown) == len(verdict.conditions)


@given(clauses, profiles, st.sampled_from(ATTRIBUTES), st.sampled_from(CODES))
def test_match_learning_more_never_contradicts_what_was_certain(rules, known, topic, code):
    """From a smaller set of possible worlds a certain answer can only stay; an unknown one may become certain."""
    before = match(rules, known)
    narrowed = known.about(topic)
    if narrowed is not None and code not in narrowed:
        return
    after = match(rules, Profile(known.known | {topic: frozenset([code])}))
    for old, new in zip(before.findings, after.findings, strict=True):
        assert old.answer in (UNKNOWN, new.answer)
