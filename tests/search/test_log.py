"""The query log: redacted before it is written, written after the response, and never in anybody's way."""

import datetime as dt
import re
from types import SimpleNamespace

import pytest
import time_machine
from django.core.signals import request_finished
from django.db import DatabaseError
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from search import knowledge, log
from search.demo import ASKED, load_search_desk
from search.models import OwnWord, Promotion, SearchClick, SearchEvent, SynonymSet
from search.redaction import CARD, PHONE
from tests.factories import GuideFactory
from tests.search.conftest import empty_log

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 23, 9, 41, 12, tzinfo=dt.UTC)  # 16:41 in Bangkok
BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"


@pytest.fixture(autouse=True)
def nothing_waits():
    empty_log()
    knowledge.forget()
    yield
    empty_log()
    knowledge.forget()


def visit(**headers):
    return RequestFactory().get("/search/", headers={"user-agent": BROWSER} | headers)


def ask(text: str = "จดแวต", number: int = 1, *, on: dt.date | None = None, **fields) -> None:
    """Writes events as they would be written, also on another day."""
    for _time in range(number):
        log.note_search(text, **{"total": 3, "reach": "words"} | fields)
    if on:
        for event in log._events:
            event.day = on
    log.write_waiting()


def test_an_event_holds_the_hour_and_no_more_of_the_time():
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        log.note_search(
            "จดแวตยังไง", total=9, reach="words", kind="guide", filters={"type": ("guide",), "stage": ("run", "grow"), "province": ("TH-50",)},
            reading={"typed", "layout", "spelling"}, previous="ภาษีร้านค้า",
        )  # fmt: skip
        assert log.write_waiting() == 1
    event = SearchEvent.objects.get()
    assert event.hour == dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
    kept = {field.name: getattr(event, field.name) for field in SearchEvent._meta.concrete_fields if field.name not in ("id", "hour")}
    cluster = log.cluster_of("จดแวตยังไง")
    assert kept == {
        "day": dt.date(2026, 11, 23),
        "text": "จดแวตยังไง",
        "cluster": cluster,
        "cluster_id": log.cluster_id(cluster),
        "language": "en",
        "total": 9,
        "reach": "words",
        "kind": "guide",
        "filters": " province:TH-50 stage:grow stage:run ",
        "correction": "layout+spelling",
        "previous": "ภาษีร้านค้า",
    }


def test_numbers_of_people_reach_neither_memory_nor_database():
    log.note_search("เลขบัตร 1234567890123 กู้ได้ไหม", total=0, previous="โทร 081-234-5678 กู้เงิน")
    assert [event.text for event in log._events] == [f"เลขบัตร {CARD} กู้ได้ไหม"]
    log.write_waiting()
    event = SearchEvent.objects.get()
    assert event.previous == f"โทร {PHONE} กู้เงิน"
    everything = " ".join(str(value) for value in SearchEvent.objects.values_list().get())
    assert re.findall(r"1234567890123|0812345678|081-234", everything) == []
    assert "[" not in event.cluster


def test_a_number_that_a_cut_would_halve_is_redacted_first():
    log.note_search("ก" + "า" * 3 + " ขายของ" * 27 + " 1234567890123", total=0)
    log.write_waiting()
    event = SearchEvent.objects.get()
    assert len(event.text) <= 200
    assert "12345" not in event.text


@pytest.mark.parametrize("text", ["", "   ", "!!!", "[]", "1234567890123", "\x00", "\u200b"])
def test_what_has_no_word_is_not_kept(text):
    log.note_search(text, total=0)
    assert log._events == []


def test_turning_the_page_is_no_search():
    log.note_search("จดแวต", total=30, page=2)
    assert log._events == []


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": "facebookexternalhit/1.1;line-poker/1.0"},
        {"user-agent": "python-requests/2.32"},
        {"user-agent": "curl/8.5"},
        {"purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
    ],
)
def test_machines_are_not_counted(headers):
    log.note_search("จดแวต", total=3, request=visit(**headers))
    assert log._events == []
    log.note_search("จดแวต", total=3, request=visit())
    assert len(log._events) == 1


def test_one_address_is_counted_so_often_a_minute(monkeypatch):
    monkeypatch.setattr(log, "MOST_A_MINUTE", 3)
    clock = [600.0]
    monkeypatch.setattr(log.time, "monotonic", lambda: clock[0])
    other = RequestFactory(REMOTE_ADDR="192.0.2.7").get("/search/")
    for _time in range(5):
        log.note_search("จดแวต", total=3, request=visit())
    log.note_search("จดแวต", total=3, request=other)
    assert len(log._events) == 4
    clock[0] += 60
    log.note_search("จดแวต", total=3, request=visit())
    assert len(log._events) == 5
    assert not any("192.0.2.7" in who or "127.0.0.1" in who for who in log._counted)


# Writing


@pytest.fixture
def outside(monkeypatch):
    """As between requests: the test's own transaction is not one that somebody else may roll back."""
    monkeypatch.setattr(log, "connection", SimpleNamespace(in_atomic_block=False, close_if_unusable_or_obsolete=lambda: None))
    written = []
    monkeypatch.setattr(log, "write_waiting", lambda: written.append(len(log._events)) or empty_log())
    return written


def test_events_wait_for_twenty_or_fifteen_seconds(outside, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(log.time, "monotonic", lambda: clock[0])
    for _number in range(19):
        log.note_search("จดแวต", total=3)
    log.write_when_due()
    assert outside == []
    log.note_search("จดแวต", total=3)
    log.write_when_due()
    assert outside == [20]
    log.note_search("จดแวต", total=3)
    clock[0] += 14
    log.write_when_due()
    assert outside == [20]
    clock[0] += 1
    log.write_when_due()
    assert outside == [20, 1]


def test_nothing_is_written_inside_somebody_s_transaction(django_assert_num_queries):
    for _number in range(30):
        log.note_search("จดแวต", total=3)
    with django_assert_num_queries(0):
        request_finished.send(sender=None)
    assert len(log._events) == 30


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_events_are_written_when_a_response_is_done(client, monkeypatch):
    monkeypatch.setattr(log, "MOST_WAITING", 1)
    log.note_search("จดแวต", total=3)
    client.get("/healthz")
    assert SearchEvent.objects.count() == 1


def test_writing_is_one_insert_however_many_wait(django_assert_num_queries):
    for number in (2, 15):
        for _time in range(number):
            log.note_search("จดแวต", total=3)
        with django_assert_num_queries(3):  # a savepoint around it
            assert log.write_waiting() == number


def test_what_cannot_be_written_is_lost_in_silence(monkeypatch):
    def break_down(*args, **kwargs):
        raise DatabaseError("away")

    monkeypatch.setattr(SearchEvent.objects, "bulk_create", break_down)
    log.note_search("จดแวต", total=3)
    assert log.write_waiting() == 0
    assert log._events == []
    assert not SearchEvent.objects.exists()


def test_counting_never_raises(monkeypatch):
    def break_down(*args):
        raise RuntimeError("a bug")

    monkeypatch.setattr(log, "redact", break_down)
    assert log.note_search("จดแวต", total=3) is None
    assert log.note_search(None, total=None) is None


def test_no_more_waits_than_fits(monkeypatch):
    monkeypatch.setattr(log, "MOST_KEPT", 5)
    for _number in range(9):
        log.note_search("จดแวต", total=3)
    assert len(log._events) == 5


# Clusters


def test_questions_with_the_same_content_words_are_one_cluster(monkeypatch, tmp_path):
    (tmp_path / "fillers.txt").write_text("ต้องทำไงบ้าง\n", encoding="utf-8")
    (tmp_path / "variants.csv").write_text("variant,standard\nเฟรนไชน์,แฟรนไชส์\n", encoding="utf-8")
    monkeypatch.setattr(knowledge, "DATA", tmp_path)
    knowledge.forget()
    assert log.cluster_of("ซื้อเฟรนไชน์ต้องทำไงบ้าง") == log.cluster_of("แฟรนไชส์ ซื้อ") == "ซื้อ แฟรนไชส์"
    assert log.cluster_of("ต้องทำไงบ้าง") != ""


# Clicks


def press(client, token: str, **headers):
    return client.post(f"{reverse('search_click')}?t={token}", headers={"user-agent": BROWSER} | headers)


def test_a_click_is_counted_for_its_cluster_and_document(client):
    with time_machine.travel(NOW, tick=False):
        tokens = log.click_tokens("จดแวต โทร 0812345678", ["guide:12", "programme:3"], first=11)
        assert all("0812345678" not in token and token.isascii() and len(token) < 80 for token in tokens)
        response = press(client, tokens[0])
        log.write_waiting()
        log.note_click(tokens[0])
        log.note_click(tokens[1])
        log.write_waiting()
    assert (response.status_code, response.content, response.cookies) == (204, b"", {})
    cluster = log.cluster_id(log.cluster_of("จดแวต โทร"))
    assert list(SearchClick.objects.order_by("document").values_list("day", "cluster_id", "document", "position", "number")) == [
        (dt.date(2026, 11, 23), cluster, "guide:12", 11, 2),
        (dt.date(2026, 11, 23), cluster, "programme:3", 12, 1),
    ]


def test_pressing_again_within_the_minute_counts_once(client, monkeypatch):
    monkeypatch.setattr(log.time, "monotonic", lambda: 600.0)
    token = log.click_tokens("จดแวต", ["guide:12"], first=1)[0]
    for _time in range(3):
        press(client, token)
    press(client, token, **{"user-agent": "curl/8"})
    log.write_waiting()
    assert SearchClick.objects.get().number == 1


def test_garbage_is_answered_like_everything_else(client):
    good = log.click_tokens("จดแวต", ["guide:12"], first=1)[0]
    for token in ("", "x", good[:-1], good[:-1] + "é", good.replace("guide:12", "guide:13"), "." * 300, "%00", "a.b.c.d.e", good + "x"):
        assert press(client, token).status_code == 204
    assert log._clicks == {}
    assert client.get(reverse("search_click")).status_code == 405


def test_clicking_needs_no_csrf_token_and_asks_no_query(django_assert_num_queries):
    from django.test import Client

    with django_assert_num_queries(0):
        response = press(Client(enforce_csrf_checks=True), log.click_tokens("จดแวต", ["guide:12"], first=1)[0])
    assert response.status_code == 204


def test_an_old_token_is_worth_nothing():
    with time_machine.travel(NOW, tick=False) as traveller:
        token = log.click_tokens("จดแวต", ["guide:12"], first=1)[0]
        traveller.shift(dt.timedelta(days=2))
        assert log.note_click(token)
        traveller.shift(dt.timedelta(days=1))
        assert not log.note_click(token)
        traveller.shift(dt.timedelta(days=-9))
        assert not log.note_click(token)


# What is asked often


def test_frequent_questions_are_asked_by_many_answered_and_opened(django_assert_num_queries):
    today = timezone.localdate()
    days = [today - dt.timedelta(days=number) for number in range(3)]

    def open_result(text: str) -> None:
        log.note_click(log.click_tokens(text, ["guide:1"], first=1)[0])
        log.write_waiting()

    for day in days:
        ask("จดแวต", 2, on=day)
        ask("ขอ อย ยากไหม", 3, on=day)
        ask("ภาษีป้าย", 2, on=day, total=0)
        ask("กู้เงิน โทร 0812345678", 2, on=day)
        ask("เปิดร้านกาแฟ", 2, on=day)  # nobody opens anything
        ask("lbog=njv", 2, on=day, reading="layout")
    ask("ส่งออกไปจีน", 9, on=days[0])  # on one day only
    ask("ยื่นงบวันไหน", 1, on=days[0])
    for text in ("จดแวต", "ขอ อย ยากไหม", "ภาษีป้าย", "กู้เงิน โทร", "lbog=njv", "ส่งออกไปจีน", "ยื่นงบวันไหน"):
        open_result(text)
    with django_assert_num_queries(3):
        assert log.frequent_questions(10) == ["ขอ อย ยากไหม", "จดแวต"]
    assert log.frequent_questions(1) == ["ขอ อย ยากไหม"]


def test_a_wording_of_one_person_does_not_stand_for_the_cluster():
    today = timezone.localdate()
    for number, text in enumerate(["จดแวต ร้านป้า", "ร้านป้า จดแวต", "ป้า ร้าน จดแวต", "แวต จด ร้านป้า", "ร้านป้า จด แวต"]):
        ask(text, on=today - dt.timedelta(days=number % 3))
    log.note_click(log.click_tokens("จดแวต ร้านป้า", ["guide:1"], first=1)[0])
    log.write_waiting()
    assert SearchEvent.objects.values("cluster_id").distinct().count() < 5
    assert log.frequent_questions(10) == []


# Retention


def test_what_is_older_than_the_setting_is_deleted(settings):
    from search.desk_tasks import forget_searches_task

    settings.SEARCH_LOG_DAYS = 30
    today = timezone.localdate()
    for age in (31, 30, 0):
        ask(on=today - dt.timedelta(days=age))
        SearchClick.objects.create(day=today - dt.timedelta(days=age), cluster_id="0" * 16, document="guide:1", position=1, number=1)
    forget_searches_task()
    assert sorted((today - event.day).days for event in SearchEvent.objects.all()) == [0, 30]
    assert sorted((today - click.day).days for click in SearchClick.objects.all()) == [0, 30]


# The demonstration


def test_the_demonstration_s_log_is_loaded_once():
    ledger, said = {}, []
    load_search_desk(ledger, said.append)
    number = SearchEvent.objects.count()
    assert number == sum(row[1] for row in ASKED)
    assert all(event.hour.minute == 0 and event.day <= timezone.localdate() for event in SearchEvent.objects.all())
    SearchEvent.objects.filter(total=0).delete()
    left = SearchEvent.objects.count()
    load_search_desk(ledger, said.append)
    assert SearchEvent.objects.count() == left < number
    assert len(log.frequent_questions()) > 5


def test_the_demonstration_has_one_record_of_each_kind_that_says_so(sweep, client):
    GuideFactory(slug="flood-recovery", title="น้ำท่วมร้าน ทำอะไรก่อน")
    ledger = {}
    load_search_desk(ledger, lambda said: None)
    (word,), (synonym,), (promotion,) = OwnWord.objects.all(), SynonymSet.objects.all(), Promotion.objects.all()
    assert "ไม่มีจริง" in word.note and "ไม่มีจริง" in synonym.note and "ไม่มีจริง" in promotion.text  # noqa: PT018
    sweep()
    knowledge.refresh(force=True)
    html = client.get(reverse("search"), {"q": "ยิ้มสู้ฝน"}).content.decode()
    assert html.index("ตัวอย่าง: น้ำท่วมร้าน") < html.index('<ol class="cards')
    assert 'href="/guides/flood-recovery/"' in html.split('<ol class="cards')[1]
    synonym.delete()
    load_search_desk(ledger, lambda said: None)
    assert not SynonymSet.objects.exists()
    assert OwnWord.objects.count() == Promotion.objects.count() == 1


def test_the_demonstration_leaves_an_editor_s_word_alone(db):
    OwnWord.objects.create(word="ยิ้มสู้ฝน", note="ของเรา")
    load_search_desk({}, lambda said: None)
    assert OwnWord.objects.get().note == "ของเรา"
    assert not Promotion.objects.exists()  # its guide is not there
