"""A case is opened once and whole, and each step of it is one line of its history."""

import datetime as dt
import threading
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.utils import timezone

from oss.cases import Inquiry, KeyUsed, Refused, close_case, open_case, record_answer, take_case
from oss.models import Case, CaseCounter, CaseEvent, Centre
from oss.routing import Reason
from tests.factories import CaseFactory, CentreMemberFactory, function, province, sector, stage
from users.models import Consent

NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)


def inquiry(**changes) -> Inquiry:
    values = {"question": "ขอคำแนะนำเรื่องภาษี", "province": province("TH-50"), "contact_name": "สมมติ ตัวอย่าง", "channel": Case.Channel.PHONE}
    return Inquiry(**values | {"phone": "+66812345678"} | changes)


def count_rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Case, CaseEvent, Consent, CaseCounter))


def close_centres(*isos):
    Centre.objects.filter(province__in=isos).update(accepts_cases=False)


@pytest.mark.django_db
def test_case_is_opened_with_consent_and_first_events():
    told = inquiry(
        topic=function("tax"),
        stage=stage("run"),
        sector=sector("retail"),
        staff=3,
        yearly_revenue=Decimal("900000"),
        legal_form="person",
        business_name="ร้านสมมติ",
        query="ภาษีร้านค้า",
    )
    key = uuid.uuid4()
    case, is_new = open_case(told, key=key, wording="ข้อความยินยอม", now=NOON)
    case.refresh_from_db()
    assert is_new
    assert {name: getattr(case, name) for name in told.values()} == told.values()
    assert (case.reference, case.centre.province_id, case.state, case.opened_at) == ("CNX-69-000001", "TH-50", Case.State.NEW, NOON)
    assert (case.consent.wording, case.consent.subject, case.consent.purpose) == ("ข้อความยินยอม", str(key), "consultation")
    assert [(event.kind, event.centre_id, event.reason, event.happened_at) for event in case.events.all()] == [
        ("opened", None, "", NOON),
        ("routed", case.centre_id, Reason.OWN, NOON),
    ]


@pytest.mark.django_db
def test_every_hop_is_in_the_history():
    close_centres("TH-51", "TH-50")
    case, _ = open_case(inquiry(province=province("TH-51")), key=uuid.uuid4(), wording="x")
    assert [(event.centre.province_id, event.reason) for event in case.events.filter(kind="routed")] == [
        ("TH-51", "own"),
        ("TH-50", "stands-in"),
        ("TH-10", "stands-in"),
    ]
    assert (case.centre.province_id, case.reference[:3]) == ("TH-10", "LPN")


@pytest.mark.django_db
def test_all_centres_closed_still_opens_the_case():
    Centre.objects.update(accepts_cases=False)
    case, _ = open_case(inquiry(), key=uuid.uuid4(), wording="x")
    assert (case.centre.province_id, case.events.last().reason) == ("TH-10", "nobody")


@pytest.mark.django_db
def test_same_key_gives_the_same_case():
    key = uuid.uuid4()
    first, _ = open_case(inquiry(), key=key, wording="x")
    before = count_rows()
    second, is_new = open_case(inquiry(), key=key, wording="y")
    assert (second, is_new, count_rows()) == (first, False, before)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"question": "อีกเรื่อง"}, {"phone": "+66898765432"}, {"staff": 1}, {"query": "ภาษี"}, {"business_name": "ร้านใหม่"}]
)
def test_same_key_with_other_words_is_refused_and_writes_nothing(change):
    key = uuid.uuid4()
    case, _ = open_case(inquiry(), key=key, wording="x")
    before = count_rows()
    with pytest.raises(KeyUsed) as refusal:
        open_case(inquiry(**change), key=key, wording="x")
    assert (refusal.value.case, count_rows()) == (case, before)


@pytest.mark.django_db
@pytest.mark.parametrize("broken", ["oss.cases.CaseEvent.objects.bulk_create", "oss.cases.Case.objects.create", "oss.cases.next_reference"])
def test_fault_in_the_middle_leaves_nothing(monkeypatch, broken):
    def fail(*args, **kwargs):
        raise RuntimeError("power is out")

    monkeypatch.setattr(broken, fail)
    with pytest.raises(RuntimeError):
        open_case(inquiry(), key=uuid.uuid4(), wording="x")
    assert count_rows() == (0, 0, 0, 0)


@pytest.mark.django_db
def test_references_run_per_province_and_year():
    def open_at(iso, moment):
        return open_case(inquiry(province=province(iso)), key=uuid.uuid4(), wording="x", now=moment)[0].reference

    new_year = dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC)  # midnight in Bangkok
    assert [
        open_at("TH-50", NOON),
        open_at("TH-50", new_year - dt.timedelta(seconds=1)),
        open_at("TH-30", NOON),
        open_at("TH-50", new_year),
        open_at("TH-50", NOON),
    ] == ["CNX-69-000001", "CNX-69-000002", "NMA-69-000001", "CNX-70-000001", "CNX-69-000003"]


@pytest.mark.django_db
def test_opening_asks_a_constant_number_of_queries(django_assert_num_queries):
    open_case(inquiry(), key=uuid.uuid4(), wording="x")
    told = inquiry()
    with django_assert_num_queries(9):  # key, savepoint, centres, consent, counter twice, case, events, release
        open_case(told, key=uuid.uuid4(), wording="x")


def run_together(*jobs) -> list:
    """Starts the jobs at the same moment, each with a connection of its own; returns what each returned or raised."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def work(place, job):
        try:
            barrier.wait()
            results[place] = job()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_connections_with_one_key_open_one_case():
    for _round in range(8):
        key, told = uuid.uuid4(), inquiry()
        results = run_together(*[lambda key=key, told=told: open_case(told, key=key, wording="x")] * 3)
        assert sorted(is_new for _case, is_new in results) == [False, False, True]
        assert {case.reference for case, _is_new in results} == {Case.objects.get(form_key=key).reference}
    assert count_rows()[:3] == (8, 16, 8)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_connections_with_one_key_and_other_words_open_one_case():
    key, first, second = uuid.uuid4(), inquiry(question="หนึ่ง"), inquiry(question="สอง")
    results = run_together(lambda: open_case(first, key=key, wording="x"), lambda: open_case(second, key=key, wording="x"))
    assert sorted(type(result).__name__ for result in results) == ["KeyUsed", "tuple"]
    assert count_rows()[:3] == (1, 2, 1)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_references_are_never_given_twice():
    told = inquiry()
    results = run_together(*[lambda: [open_case(told, key=uuid.uuid4(), wording="x")[0].reference for _each in range(5)]] * 6)
    assert sorted(reference for references in results for reference in references) == sorted(
        f"CNX-{(timezone.localtime().year + 543) % 100}-{number:06d}" for number in range(1, 31)
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_advisors_at_the_same_moment_one_wins_and_the_other_reads_who():
    case = CaseFactory()
    people = [CentreMemberFactory().user, CentreMemberFactory().user]
    results = run_together(*[lambda person=person: take_case(case, person) for person in people])
    winner = Case.objects.get(pk=case.pk).advisor
    refusal = next(result for result in results if isinstance(result, Refused))
    assert (str(refusal), case.events.filter(kind="taken").count()) == (f"{winner} รับเรื่องนี้ไปแล้ว", 1)


@pytest.mark.django_db
def test_case_goes_from_new_to_closed_with_its_history():
    case, advisor = CaseFactory(), CentreMemberFactory().user
    states = [
        take_case(case, advisor).state,
        record_answer(case, advisor, "โทรคุยแล้ว").state,
        record_answer(case, advisor, "ส่งเอกสารเพิ่ม").state,
        close_case(case, advisor, "ยื่นแบบแล้ว").state,
    ]
    assert states == ["taken", "answered", "answered", "closed"]
    assert [(event.kind, event.actor, event.text) for event in case.events.all()][1:] == [
        ("taken", advisor, ""),
        ("answered", advisor, "โทรคุยแล้ว"),
        ("answered", advisor, "ส่งเอกสารเพิ่ม"),
        ("closed", advisor, "ยื่นแบบแล้ว"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "step", "words"),
    [
        ("taken", "take", "เพื่อนร่วมศูนย์ รับเรื่องนี้ไปแล้ว"),
        ("answered", "take", "เพื่อนร่วมศูนย์ รับเรื่องนี้ไปแล้ว"),
        ("closed", "take", "เรื่องนี้ปิดไปแล้ว"),
        ("new", "answer", "ต้องรับเรื่องก่อน แล้วจึงบันทึกคำตอบหรือปิดเรื่องได้"),
        ("closed", "answer", "เรื่องนี้ปิดไปแล้ว"),
        ("new", "close", "ต้องรับเรื่องก่อน แล้วจึงบันทึกคำตอบหรือปิดเรื่องได้"),
        ("closed", "close", "เรื่องนี้ปิดไปแล้ว"),
    ],
)
def test_impossible_step_is_refused_in_words_and_writes_nothing(state, step, words):
    case, advisor = CaseFactory(state=state), CentreMemberFactory().user
    steps = {"take": take_case, "answer": lambda *who: record_answer(*who, "คำตอบ"), "close": lambda *who: close_case(*who, "จบ")}
    with pytest.raises(Refused) as refusal:
        steps[step](case, advisor)
    case.refresh_from_db()
    assert (str(refusal.value), case.state, case.advisor, case.events.count()) == (words, state, None, 1)


@pytest.mark.django_db
def test_button_pressed_twice_is_one_step():
    case, advisor = CaseFactory(), CentreMemberFactory().user
    for step in (take_case, lambda *who: record_answer(*who, "คำตอบ"), lambda *who: close_case(*who, "จบ")):
        step(case, advisor)
        step(case, advisor)
    assert list(case.events.values_list("kind", flat=True)) == ["opened", "taken", "answered", "closed"]


@pytest.mark.django_db
def test_history_is_append_only():
    event = CaseFactory().events.get()
    for attempt in (event.save, event.delete, CaseEvent.objects.all().delete, lambda: CaseEvent.objects.update(text="x")):
        with pytest.raises(TypeError):
            attempt()
    assert CaseEvent.objects.get(pk=event.pk).text == ""


def test_digest_tells_words_apart_and_nothing_else(db):
    assert inquiry().digest() == inquiry().digest()
    assert (
        len(
            {
                inquiry().digest(),
                inquiry(staff=0).digest(),
                inquiry(staff=None, query="0").digest(),
                replace(inquiry(), line_id="a").digest(),
            }
        )
        == 4
    )


@pytest.mark.needs("postgresql")
@pytest.mark.only_on("postgresql")
@pytest.mark.django_db
def test_counter_row_is_locked_on_postgresql(django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        open_case(inquiry(), key=uuid.uuid4(), wording="x")
    assert any("FOR UPDATE" in query["sql"] and "casecounter" in query["sql"] for query in queries)
