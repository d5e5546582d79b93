"""What is asked, without who asked it.

A question is redacted in memory before it goes anywhere. Events wait in the process until there are `MOST_WAITING` or
the oldest is `LONGEST_WAIT` seconds old, and are written together after a response has gone out; they are lost with
the process at most, and never cost a visitor an error. No user, session, address or exact time is written. Addresses
are only counted, for a minute, in memory, salted anew in each process.
"""

import datetime as dt
import logging
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from django.conf import settings
from django.core.signals import request_finished
from django.db import connection, transaction
from django.db.models import Count, F, Sum
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import get_language

from search import thai
from search.knowledge import find_phrases, knowledge
from search.models import SearchClick, SearchEvent
from search.redaction import has_redaction, redact, strip_placeholders
from search.weights import COMMON_WORDS
from users.addresses import client_address

log = logging.getLogger(__name__)
MOST_WAITING = 20  # events or clicks in the process
LONGEST_WAIT = 15  # seconds
MOST_KEPT = 500  # waiting in the process when they cannot be written; what comes then is lost
MOST_A_MINUTE = 60  # searches of one address; a Thai mobile network puts many people behind one
LONGEST_TEXT = 200
TOKEN_DAYS = 2  # a page of results may stay open so long
_MACHINES = re.compile(
    r"bot\b|bot[/;-]|crawl|spider|slurp|curl|wget|python-|httpx|aiohttp|go-http|java/|headless|lighthouse|facebookexternalhit|line-poker"
    r"|preview|monitor|uptime|scrapy|archiver|feedfetcher|mediapartners",
    re.IGNORECASE,
)
_CLUSTER_ID = re.compile(r"[0-9a-f]{16}")
_DOCUMENT = re.compile(r"[a-z_]{1,20}:\d{1,18}")

_guard = threading.Lock()
_events: list[SearchEvent] = []
_clicks: dict[tuple[dt.date, str, str], list[int]] = {}  # {(day, cluster, document): [number, position]}
_oldest = 0.0
_salt = secrets.token_hex(16)
_minute = 0
_counted: dict[str, int] = {}
_pressed: set[str] = set()


def note_search(
    question_text: str,
    *,
    total: int,
    reach: str = "",
    page: int = 1,
    kind: str = "",
    filters: Mapping[str, Sequence[str]] | None = None,
    reading: str | Iterable[str] = "",
    previous: str = "",
    request=None,
) -> None:
    """One search of a visitor. Turning the page is none. `reading`: what was repaired ("layout", {"spelling", "spaces"}).

    With `request`, machines, prefetched pages and an address that asks more than `MOST_A_MINUTE` are left out. Never raises.
    """
    try:
        if page > 1 or (request is not None and (is_machine(request) or not _may_count(request))):
            return
        text = redact(question_text).strip()[:LONGEST_TEXT]
        cluster = cluster_of(text)
        if not cluster:
            return
        now = timezone.localtime()
        before = redact(previous).strip()[:LONGEST_TEXT] if previous else ""
        repairs = [reading] if isinstance(reading, str) else sorted(map(str, reading))
        event = SearchEvent(
            hour=now.replace(minute=0, second=0, microsecond=0),
            day=now.date(),
            text=text,
            cluster=cluster,
            cluster_id=cluster_id(cluster),
            language=(get_language() or "th")[:2],
            total=max(0, total),
            reach=str(reach)[:10],
            kind=kind[:20],
            filters=write_filters(filters or {}),
            correction="+".join(name for name in repairs if name and name != "typed")[:40],
            previous=before if before and cluster_of(before) not in ("", cluster) else "",
        )
        _put(event)
    except Exception:  # noqa: BLE001 (counting must never cost a visitor his results)
        log.warning("a search was not counted", exc_info=settings.DEBUG)


def note_click(token: str, *, request=None) -> bool:
    """One opened result; says whether the token was ours. Once a minute for an address and result. Never raises."""
    try:
        read = read_token(token)
        if read is None:
            return False
        if request is None or (not is_machine(request) and _may_count(request, token)):
            _put_click(*read)
        return True
    except Exception:  # noqa: BLE001
        log.warning("a click was not counted", exc_info=settings.DEBUG)
        return False


# Clusters


def cluster_of(text: str) -> str:
    """The question's content words, sorted, in their standard spelling; all its words when it has only common ones."""
    terms = [word.term for word in thai.find_words(strip_placeholders(text))]
    known = knowledge()
    standard, at = [], 0
    for found in find_phrases(terms, known.variants):
        standard += [*terms[at : found.start], *known.variants[found.key].terms]
        at = found.end
    standard += terms[at:]
    kept, at = [], 0
    for found in find_phrases(standard, known.fillers):
        kept += standard[at : found.start]
        at = found.end
    kept += standard[at:]
    telling = {term for term in kept if term not in COMMON_WORDS} or set(standard)
    return " ".join(sorted(telling))[:LONGEST_TEXT]


def cluster_id(cluster: str) -> str:
    return blake2b(cluster.encode(), digest_size=8).hexdigest()


def write_filters(filters: Mapping[str, Sequence[str]]) -> str:
    """{"stage": ("run",)} → " stage:run "; no filter → ""."""
    pairs = [f"{name}:{code}" for name, codes in sorted(filters.items()) if name != "type" for code in sorted(codes)]
    return f" {' '.join(pairs)} " if pairs else ""


# Tokens of clicks


def click_tokens(query: str, keys: Sequence[str], *, first: int = 1) -> list[str]:
    """For the `ping` of each result: `query` as typed, the documents' keys, the place of the first in the results from 1 on."""
    cluster, today = cluster_id(cluster_of(redact(query))), timezone.localdate()
    return [_sign(cluster, key, position, today) for position, key in enumerate(keys, start=first)]


def _sign(cluster: str, key: str, position: int, day: dt.date) -> str:
    value = f"{cluster}.{key}.{position}.{day:%y%m%d}"
    return f"{value}.{salted_hmac('search.click', value).hexdigest()[:20]}"


def read_token(token: str) -> tuple[str, str, int] | None:
    """(cluster_id, document key, position); None when it is not ours or too old."""
    value, _, signature = token[:200].rpartition(".")
    if not value or not signature.isascii() or not constant_time_compare(signature, salted_hmac("search.click", value).hexdigest()[:20]):
        return None
    cluster, document, position, day = value.split(".")
    age = timezone.localdate() - dt.datetime.strptime(day, "%y%m%d").date()
    is_whole = _CLUSTER_ID.fullmatch(cluster) and _DOCUMENT.fullmatch(document) and position.isdecimal()
    return (cluster, document, min(int(position), 1_000)) if is_whole and 0 <= age.days <= TOKEN_DAYS else None


# Who is not counted


def is_machine(request) -> bool:
    """A crawler, or a browser that fetches a page that nobody has asked for yet."""
    purposes = f"{request.headers.get('Purpose', '')} {request.headers.get('Sec-Purpose', '')} {request.headers.get('X-Moz', '')}"
    return "prefetch" in purposes.lower() or bool(_MACHINES.search(request.headers.get("User-Agent", "")))


def _may_count(request, pressed: str = "") -> bool:
    """Counts the address within this minute, and a pressed result once."""
    global _minute
    minute = int(time.monotonic() // 60)
    who = salted_hmac(_salt, client_address(request)).hexdigest()[:24]
    with _guard:
        if minute != _minute or len(_counted) > 50_000:
            _minute = minute
            _counted.clear()
            _pressed.clear()
        _counted[who] = _counted.get(who, 0) + 1
        is_again = bool(pressed) and who + pressed in _pressed
        if pressed:
            _pressed.add(who + pressed)
        return _counted[who] <= MOST_A_MINUTE and not is_again


# Writing


def _put(event: SearchEvent) -> None:
    with _guard:
        _start_waiting()
        if len(_events) < MOST_KEPT:
            _events.append(event)


def _put_click(cluster: str, document: str, position: int) -> None:
    with _guard:
        _start_waiting()
        key = (timezone.localdate(), cluster, document)
        if key in _clicks or len(_clicks) < MOST_KEPT:
            row = _clicks.setdefault(key, [0, position])
            row[0], row[1] = row[0] + 1, position


def _start_waiting() -> None:
    global _oldest
    if not _events and not _clicks:
        _oldest = time.monotonic()


def write_when_due(**signal) -> None:
    """After a response. Never inside a transaction, whose end is somebody else's."""
    waiting = len(_events) + len(_clicks)
    if waiting and (waiting >= MOST_WAITING or time.monotonic() - _oldest >= LONGEST_WAIT) and not connection.in_atomic_block:
        write_waiting()
        connection.close_if_unusable_or_obsolete()


def write_waiting() -> int:
    """Writes what waits, in one insert; gives the number of events. What cannot be written now is lost."""
    with _guard:
        events, clicks = list(_events), dict(_clicks)
        _events.clear()
        _clicks.clear()
    try:
        with transaction.atomic():
            SearchEvent.objects.bulk_create(events)
            _write_clicks(clicks)
    except Exception as error:  # noqa: BLE001 (the database is away; nobody's work depends on this)
        log.warning("%d searches were not counted (%s)", len(events), type(error).__name__)
        return 0
    return len(events)


def _write_clicks(clicks: Mapping[tuple[dt.date, str, str], Sequence[int]]) -> None:
    rows = [
        SearchClick(day=day, cluster_id=cluster, document=document, position=row[1]) for (day, cluster, document), row in clicks.items()
    ]
    SearchClick.objects.bulk_create(rows, ignore_conflicts=True)
    for (day, cluster, document), (number, position) in clicks.items():
        SearchClick.objects.filter(day=day, cluster_id=cluster, document=document).update(number=F("number") + number, position=position)


def forget_old() -> int:
    """What is older than `SEARCH_LOG_DAYS` goes; gives the number of rows."""
    before = timezone.localdate() - dt.timedelta(days=settings.SEARCH_LOG_DAYS)
    return SearchEvent.objects.filter(day__lt=before).delete()[0] + SearchClick.objects.filter(day__lt=before).delete()[0]


# What is asked often

OFTEN, ON_DAYS, SAME_TEXT = 5, 3, 3


def frequent_questions(limit: int = 200) -> list[str]:
    """Questions that many ask and that are answered, the most frequent first: fit to be suggested to others.

    A cluster counts when it was asked `OFTEN` times on `ON_DAYS` days with nothing to repair, found something, and something was opened; it is
    shown in the wording that was used most, at least `SAME_TEXT` times, with nothing redacted in it. Three queries.
    """
    asked = SearchEvent.objects.filter(total__gt=0, correction="").values("cluster_id")
    asked = asked.annotate(number=Count("pk"), days=Count("day", distinct=True)).filter(number__gte=OFTEN, days__gte=ON_DAYS)
    numbers = {row["cluster_id"]: row["number"] for row in asked.order_by("-number", "cluster_id")[: limit * 3]}
    opened = set(
        SearchClick.objects.filter(cluster_id__in=numbers)
        .values("cluster_id")
        .annotate(sum=Sum("number"))
        .filter(sum__gt=0)
        .values_list("cluster_id", flat=True)
    )
    texts = most_used_texts(opened)
    return [texts[cluster] for cluster in numbers if cluster in texts][:limit]


def most_used_texts(clusters: Iterable[str], *, at_least: int = SAME_TEXT, **within) -> dict[str, str]:
    """{cluster_id: the wording used most}, of those used often enough to be nobody's own and with nothing redacted. One query."""
    rows = SearchEvent.objects.filter(cluster_id__in=list(clusters), **within).values("cluster_id", "text").annotate(number=Count("pk"))
    texts: dict[str, str] = {}
    for row in rows.filter(number__gte=at_least).order_by("-number", "text"):
        if not has_redaction(row["text"]):
            texts.setdefault(row["cluster_id"], row["text"])
    return texts


def connect() -> None:
    request_finished.connect(write_when_due, dispatch_uid="search-log")
