"""What is known about words besides the dictionary: files (`search/data`) and editors' records, merged, in memory.

`knowledge()` costs no query. Every `LOOK_SECONDS` at most, and never inside a transaction (what it would see there may
yet be rolled back), the process asks the journal (`KnowledgeChange`) whether there is something newer; then it reads
the records anew. So a saved word is in effect everywhere within a minute, without a restart. Database away: what is
known stays known.

Shape: phrases are looked up by their *key* (`key_of`: terms without blanks), so that it does not matter how a question
was cut, or misspelled words fell to pieces; `find_phrases` finds them in a cut question, the longest first.
"""

import csv
import datetime as dt
import logging
import threading
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Count, Max
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from wagtail.models import Page

from kb.models import Programme
from search import changes, thai
from search.models import Document, KnowledgeChange, OwnWord, Promotion, SynonymSet, key_of, split_lines

log = logging.getLogger(__name__)
DATA = Path(__file__).parent / "data"
LOOK_SECONDS = 20
LONGEST_PHRASE = 6  # words in a row that are looked up; a misspelled word may fall into several
TWO_WAY = ("same", "loan")  # kinds of synonyms that also hold the other way round
SHOWN_PROMOTIONS = 2
JOURNAL_DAYS = 30


class Equivalent(NamedTuple):
    """What else to look for: the text (normalised), its terms as they are cut, and what kind of equivalent it is."""

    text: str
    terms: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Promoted:
    """A best bet as it is matched; `words` has one set of terms for each of its phrases, `keys` the phrases' keys."""

    pk: int
    words: tuple[frozenset[str], ...]
    keys: frozenset[str]
    starts_on: dt.date | None
    ends_on: dt.date | None
    order: int


@dataclass(frozen=True)
class BestBet:
    """A promotion as it is shown."""

    title: str
    text: str
    address: str


def _nothing() -> Mapping:
    return MappingProxyType({})


@dataclass(frozen=True)
class Knowledge:
    """All keys are those of `key_of`; values are in the order of files, then records.

    `synonyms` {key: equivalents}; `variants` {key of another spelling: the standard one}; `abbreviations` {key of the
    short form: long forms}, `short_forms` the other way; `fillers`: keys of what says nothing about the subject;
    `own`: editors' words, normalised, which the cutter knows besides its files.
    """

    synonyms: Mapping[str, tuple[Equivalent, ...]] = field(default_factory=_nothing)
    variants: Mapping[str, Equivalent] = field(default_factory=_nothing)
    abbreviations: Mapping[str, tuple[Equivalent, ...]] = field(default_factory=_nothing)
    short_forms: Mapping[str, tuple[Equivalent, ...]] = field(default_factory=_nothing)
    fillers: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    promotions: tuple[Promoted, ...] = ()
    revision: tuple[int, int] = (0, 0)  # newest row and number of rows of the journal


NOTHING = Knowledge()

_known: Knowledge | None = None
_next_look = 0.0
_lock = threading.Lock()
_trial: ContextVar[Knowledge | None] = ContextVar("knowledge on trial", default=None)


def knowledge() -> Knowledge:
    """What is known now. No query, except one every `LOOK_SECONDS` (and the records when they changed)."""
    tried = _trial.get()
    if tried is not None:
        return tried
    refresh()
    return _known or _read_files_only()


def refresh(*, force: bool = False) -> bool:
    """Looks for a newer revision when that is due, or now; says whether something was read anew.

    A worker calls it with `force` before it cuts documents, so that it never cuts with yesterday's words.
    """
    global _known, _next_look
    now = time.monotonic()
    if not force and (now < _next_look or connection.in_atomic_block):
        return False
    with _lock:
        if not force and now < _next_look:  # another thread has looked meanwhile
            return False
        _next_look = now + LOOK_SECONDS
        try:
            newest = KnowledgeChange.objects.aggregate(newest=Max("pk"), number=Count("pk"))
            revision = (newest["newest"] or 0, newest["number"])
            if _known is not None and _known.revision == revision:
                return False
            found = read_knowledge(revision)
        except (DatabaseError, InterfaceError) as error:
            log.warning("the editors' words were not read (%s); what is known stays", type(error).__name__)
            return False
        _known = found
    return True


def forget() -> None:
    """As if the process had just begun."""
    global _known, _next_look
    _known, _next_look = None, 0.0
    thai.use_words(frozenset())
    _read_files_only.cache_clear()


# Reading


@lru_cache(maxsize=1)
def _read_files_only() -> Knowledge:
    return build_knowledge()


def read_knowledge(revision: tuple[int, int] = (0, 0)) -> Knowledge:
    """Files and records as they are now: three queries. Tells the cutter the editors' words first, because keys are cut."""
    own = frozenset(OwnWord.objects.values_list("word", flat=True))
    sets = list(SynonymSet.objects.filter(live=True).order_by("pk"))
    promotions = list(Promotion.objects.order_by("order", "pk"))
    thai.use_words(own)
    return build_knowledge(own, sets, promotions, revision)


def build_knowledge(
    own: frozenset[str] = frozenset(),
    sets: Iterable[SynonymSet] = (),
    promotions: Iterable[Promotion] = (),
    revision: tuple[int, int] = (0, 0),
) -> Knowledge:
    synonyms = _Table()
    for row in _read_rows("synonyms.csv"):
        synonyms.add(row["term"], split_lines(row["equivalents"]), row.get("kind") or "same")
    for known in sets:
        synonyms.add(known.term, known.lines, known.kind)
    variants = {}
    for row in _read_rows("variants.csv"):
        if key_of(row["variant"]) and key_of(row["variant"]) != key_of(row["standard"]):
            variants[key_of(row["variant"])] = read_equivalent(row["standard"], "variant")
    long_forms, short_forms = _Table(), _Table()
    for row in _read_rows("abbreviations.csv"):
        for long in split_lines(row["long"]):
            long_forms.put(row["short"], long, "abbreviation")
            short_forms.put(long, row["short"], "abbreviation")
    return Knowledge(
        synonyms=synonyms.frozen(),
        variants=MappingProxyType(variants),
        abbreviations=long_forms.frozen(),
        short_forms=short_forms.frozen(),
        fillers=frozenset(filter(None, map(key_of, _read_lines("fillers.txt")))),
        own=own,
        promotions=tuple(
            Promoted(
                promotion.pk,
                tuple(frozenset(_terms(line)) for line in promotion.lines),
                frozenset(map(key_of, promotion.lines)),
                promotion.starts_on,
                promotion.ends_on,
                promotion.order,
            )
            for promotion in promotions
        ),
        revision=revision,
    )


class _Table:
    """{key: equivalents}, each equivalent once and none of the key itself."""

    def __init__(self, rows: Mapping[str, Sequence[Equivalent]] = MappingProxyType({})) -> None:
        self.rows = {key: list(found) for key, found in rows.items()}

    def add(self, term: str, equivalents: Iterable[str], kind: str) -> None:
        for other in equivalents:
            self.put(term, other, kind)
            if kind in TWO_WAY:
                self.put(other, term, kind)

    def put(self, term: str, other: str, kind: str) -> None:
        key, equivalent = key_of(term), read_equivalent(other, kind)
        row = self.rows.setdefault(key, []) if key and equivalent.terms and "".join(equivalent.terms) != key else None
        if row is not None and equivalent.terms not in [known.terms for known in row]:
            row.append(equivalent)

    def frozen(self) -> Mapping[str, tuple[Equivalent, ...]]:
        return MappingProxyType({key: tuple(found) for key, found in self.rows.items()})


def read_equivalent(text: str, kind: str) -> Equivalent:
    return Equivalent(thai.normalise(text).strip(), tuple(_terms(text)), kind)


def _terms(text: str) -> list[str]:
    return [word.term for word in thai.find_words(text)]


def _read_rows(name: str) -> Iterator[dict[str, str]]:
    path = DATA / name
    if path.exists():
        with open(path, encoding="utf-8", newline="") as file:
            lines = (line for line in file if line.strip() and not line.startswith("#"))
            for row in csv.DictReader(lines):
                if all(value is not None for value in row.values()):
                    yield row


def _read_lines(name: str) -> list[str]:
    path = DATA / name
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


# Looking up


class Found(NamedTuple):
    """A known phrase in a question: the terms from `start` to `end` (exclusive) have this key."""

    start: int
    end: int
    key: str


def find_phrases(terms: Sequence[str], table: Container[str], *, longest: int = LONGEST_PHRASE) -> list[Found]:
    """The known phrases of a cut question from left to right, the longest first, none over another."""
    found, at = [], 0
    while at < len(terms):
        for end in range(min(len(terms), at + longest), at, -1):
            key = "".join(terms[at:end])
            if key in table:
                found.append(Found(at, end, key))
                at = end
                break
        else:
            at += 1
    return found


def find_promotions(terms: Sequence[str], *, today: dt.date | None = None) -> list[Promoted]:
    """The promotions that hold today and match: whose phrase is the question first, then those whose words it has."""
    if not terms or not knowledge().promotions:
        return []
    today = today or timezone.localdate()
    words, whole = frozenset(terms).union(*map(thai.parts_of, terms)), "".join(terms)
    matching = []
    for promoted in knowledge().promotions:
        holds = (promoted.starts_on is None or promoted.starts_on <= today) and (promoted.ends_on is None or promoted.ends_on >= today)
        is_equal = whole in promoted.keys
        has_words = any(phrase <= words for phrase in promoted.words) or bool(find_phrases(terms, promoted.keys))
        if holds and (is_equal or has_words):
            matching.append((not is_equal, promoted.order, promoted.pk, promoted))
    return [promoted for *_order, promoted in sorted(matching, key=lambda row: row[:3])]


def find_best_bets(terms: Sequence[str], *, today: dt.date | None = None) -> list[BestBet]:
    """What is shown on top: no query without a match; a target that the public may not see now is left out."""
    promoted = find_promotions(terms, today=today)
    if not promoted:
        return []
    rows = Promotion.objects.in_bulk([found.pk for found in promoted])
    rows = [rows[found.pk] for found in promoted if found.pk in rows]
    pages = {page.pk: page for page in Page.objects.live().public().filter(pk__in=[row.page_id for row in rows if row.page_id])}
    programmes = Programme.objects.live().in_bulk([row.programme_id for row in rows if row.programme_id])
    bets = []
    for row in rows:
        if row.page_id:
            address = pages[row.page_id].get_url() if row.page_id in pages else None
        elif row.programme_id:
            address = programmes[row.programme_id].get_absolute_url() if row.programme_id in programmes else None
        else:
            address = row.url
        if address:
            bets.append(BestBet(row.title, row.text, address))
    return bets[:SHOWN_PROMOTIONS]


@contextmanager
def holding(known: Knowledge) -> Iterator[Knowledge]:
    """Inside the block, in this thread, this is what is known."""
    token = _trial.set(known)
    try:
        yield known
    finally:
        _trial.reset(token)


@contextmanager
def trying(synonyms: Iterable[tuple[str, Iterable[str], str]]) -> Iterator[Knowledge]:
    """Inside the block, in this thread, these synonyms (term, equivalents, kind) hold besides what is known. Nothing is saved."""
    table = _Table(knowledge().synonyms)
    for term, equivalents, kind in synonyms:
        table.add(term, equivalents, kind)
    with holding(replace(knowledge(), synonyms=table.frozen())) as tried:
        yield tried


# Changes


def note_word_saved(sender, instance, **signal) -> None:
    """The documents with the word before and those with the word now are due."""
    before = getattr(instance, "word_before", "")
    instance.word_before = instance.word
    if before != instance.word:
        _write_changes({before, instance.word} - {""})


def note_word_deleted(sender, instance, **signal) -> None:
    _write_changes({instance.word})


def _write_changes(words: set[str]) -> None:
    KnowledgeChange.objects.bulk_create(KnowledgeChange(word=word, is_done=False) for word in sorted(words))
    transaction.on_commit(_look_soon, robust=True)
    transaction.on_commit(_ring, robust=True)


def note_record(sender, **signal) -> None:
    KnowledgeChange.objects.create(is_done=True)
    transaction.on_commit(_look_soon, robust=True)


def _look_soon() -> None:
    global _next_look
    _next_look = 0.0


def _ring() -> None:
    """Tells the worker; when the broker is away, the clock's sweep finds the rows."""
    from search.desk_tasks import mark_words_changed_task

    try:
        mark_words_changed_task.delay()
    except Exception as error:  # noqa: BLE001 (whatever a broker may raise; the row is written)
        log.warning("the worker was not told of new words (%s); the sweep will find them", type(error).__name__)


def mark_words_changed() -> int:
    """Makes the documents due that have one of the changed words, and those only; gives their number."""
    due = list(KnowledgeChange.objects.filter(is_done=False))
    words = {change.word for change in due if change.word}
    number = 0
    for rows in list_pages(Document.objects.only("pk", "kind", "object_id", "words", "terms")) if words else ():
        changed = [row for row in rows if has_word(row, words)]
        if changed:
            with transaction.atomic():
                Document.objects.filter(pk__in=[row.pk for row in changed]).update(cutter="")  # else an unchanged text is not cut again
                for kind in {row.kind for row in changed}:
                    changes.mark_changed(kind, [row.object_id for row in changed if row.kind == kind])
            number += len(changed)
    KnowledgeChange.objects.filter(pk__in=[change.pk for change in due]).update(is_done=True)
    return number


def list_pages(queryset, size: int = 200) -> Iterator[list[Document]]:
    last = 0
    while page := list(queryset.filter(pk__gt=last).order_by("pk")[:size]):
        yield page
        last = page[-1].pk


def has_word(row: Document, words: Iterable[str]) -> bool:
    """Whether a document has one of the words (as they are kept), however it is cut now."""
    text = thai.fold("\n".join(row.words.values()).replace(thai.JOINER, ""))
    drafts = row.terms.replace(" ", "")  # words of an unpublished revision stand here only
    return any(word in text or thai.term_of(word) in drafts for word in words)


def forget_old_changes() -> None:
    """The journal keeps `JOURNAL_DAYS`, and its newest row for ever."""
    newest = KnowledgeChange.objects.aggregate(newest=Max("pk"))["newest"]
    old = KnowledgeChange.objects.filter(is_done=True, happened_at__lt=timezone.now() - dt.timedelta(days=JOURNAL_DAYS))
    old.exclude(pk=newest).delete()


def connect() -> None:
    """Listens to the records; called once when the app is ready."""
    post_save.connect(note_word_saved, sender=OwnWord, dispatch_uid="knowledge-word-saved")
    post_delete.connect(note_word_deleted, sender=OwnWord, dispatch_uid="knowledge-word-deleted")
    for model in (SynonymSet, Promotion):
        post_save.connect(note_record, sender=model, dispatch_uid=f"knowledge-saved-{model.__name__}")
        post_delete.connect(note_record, sender=model, dispatch_uid=f"knowledge-deleted-{model.__name__}")
