"""Does a programme fit a business? Pure: three values, each with its reason, clause by clause.

A programme's eligibility is a list of clauses, all of which must hold. A clause that cannot be answered stays
unknown all the way to the screen: taken for true it would promise help, taken for false it would hide it.
This module knows neither Django nor the database; `Programme.match` brings the two together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Band(StrEnum):
    """Where a programme stands for a business."""

    LIKELY = "likely"  # every clause holds
    CHECK = "check"  # nothing speaks against it, something is not known
    NO = "no"  # a clause fails
    CLOSED = "closed"  # whatever the clauses say, it takes no applications now


class Topic(StrEnum):
    """What a clause asks about."""

    STAGE = "stage"
    NEED = "need"  # the business function the help is for
    SECTOR = "sector"
    SIZE = "size"
    PROVINCE = "province"
    LEGAL_FORM = "legal_form"
    OTHER = "other"  # a condition in words, which only a person can check


@dataclass(frozen=True)
class Clause:
    """One condition as published. `wanted` holds codes; for OTHER it is empty and `text` says the condition."""

    topic: Topic
    wanted: frozenset[str] = frozenset()
    text: str = ""
    source: str = ""


@dataclass(frozen=True)
class Profile:
    """What is known of a business: for each topic the codes that may be true, None when nothing is known.

    One code is a certainty; several mean that it is one of them (a size that is micro or small, say).
    """

    known: dict[Topic, frozenset[str]] = field(default_factory=dict)

    def about(self, topic: Topic) -> frozenset[str] | None:
        return self.known.get(topic)


@dataclass(frozen=True)
class Finding:
    """A clause with its answer and the codes that it was answered from (None: nothing known)."""

    clause: Clause
    answer: Answer
    have: frozenset[str] | None


@dataclass(frozen=True)
class Verdict:
    band: Band
    findings: tuple[Finding, ...]

    @property
    def conditions(self) -> tuple[Finding, ...]:
        """What is counted: all but a need that is met. It says why the programme is here, not whether the business
        qualifies, and would make the count differ between a guide and the list of programmes."""
        return tuple(finding for finding in self.findings if finding.clause.topic is not Topic.NEED or finding.answer is not Answer.YES)

    @property
    def met(self) -> int:
        return sum(finding.answer is Answer.YES for finding in self.conditions)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.answer is Answer.UNKNOWN)

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.answer is Answer.NO)


def answer_clause(clause: Clause, profile: Profile) -> Finding:
    """YES when all that may be true is wanted, NO when none of it is, UNKNOWN in between and when nothing is known.

    A clause that names no code cannot be judged either. Needs are wishes, not attributes: one shared need is enough.
    """
    have = profile.about(clause.topic)
    if clause.topic is Topic.OTHER or not have or not clause.wanted:
        answer = Answer.UNKNOWN
    elif clause.topic is Topic.NEED:
        answer = Answer.YES if have & clause.wanted else Answer.NO
    elif have <= clause.wanted:
        answer = Answer.YES
    elif have & clause.wanted:
        answer = Answer.UNKNOWN
    else:
        answer = Answer.NO
    return Finding(clause, answer, have)


def match(clauses: Iterable[Clause], profile: Profile, *, is_closed: bool = False) -> Verdict:
    """The verdict on a programme for a business. No clause at all means that anyone may apply.

    What the help is for is asked only of a reader who has named a need: a wish not spoken is no gap in what we know.
    """
    findings = tuple(answer_clause(clause, profile) for clause in clauses if clause.topic is not Topic.NEED or profile.about(Topic.NEED))
    answers = {finding.answer for finding in findings}
    if is_closed:
        band = Band.CLOSED
    elif Answer.NO in answers:
        band = Band.NO
    elif Answer.UNKNOWN in answers:
        band = Band.CHECK
    else:
        band = Band.LIKELY
    return Verdict(band, findings)
