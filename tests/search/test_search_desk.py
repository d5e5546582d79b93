"""The editors' search desk: who may use it, what it shows, and that no cell leads to one person."""

import csv
import datetime as dt
import io
import re

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from home.roles import PERMISSIONS
from search import differences, knowledge, log, reports, thai
from search.engines import EngineAway
from search.models import Document, OwnWord, Promotion, SearchClick, SearchEvent, SynonymSet
from tests.factories import GuideFactory, UserFactory
from tests.search.conftest import empty_log
from users.roles import Role

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 11, 23)
PLACES = (
    "search_preview:index",
    "search_log:index",
    "wagtailsnippets_search_synonymset:list",
    "wagtailsnippets_search_ownword:add",
    "wagtailsnippets_search_promotion:add",
)


@pytest.fixture(autouse=True)
def desk(settings, monkeypatch, tmp_path):
    """Nothing is known but what a test saves."""
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(knowledge, "DATA", tmp_path)
    monkeypatch.setattr(differences, "SECONDS", 240)  # many tests at once
    empty_log()
    knowledge.forget()
    yield
    empty_log()
    knowledge.forget()


@pytest.fixture
def editor(client):
    person = UserFactory(role=Role.EDITOR)
    client.force_login(person)
    return person


def text_of(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def ask(text: str, number: int, *, day: dt.date = MONDAY, clicks: int = 0, **fields) -> None:
    """Searches of a day; what is not told is as usual."""
    cluster = log.cluster_of(text)
    moment = dt.datetime.combine(day, dt.time(9), tzinfo=timezone.get_current_timezone())
    usual = {
        "hour": moment,
        "day": day,
        "text": text,
        "cluster": cluster,
        "cluster_id": log.cluster_id(cluster),
        "language": "th",
        "total": 5,
        "reach": "words",
    }
    SearchEvent.objects.bulk_create(SearchEvent(**usual | fields) for _time in range(number))
    if clicks:
        SearchClick.objects.create(day=day, cluster_id=log.cluster_id(cluster), document="guide:1", position=1, number=clicks)


# Who may


@pytest.mark.parametrize("role", list(Role))
def test_the_desk_is_for_those_who_write(client, role):
    client.force_login(UserFactory(role=role))
    expected = 200 if role in (Role.EDITOR, Role.PUBLISHER, Role.ADMINISTRATOR) else 403
    assert {name: client.get(reverse(name)).status_code for name in PLACES} == dict.fromkeys(PLACES, expected)


def test_a_stranger_is_asked_to_sign_in(client):
    for name in PLACES:
        assert client.get(reverse(name)).status_code == 302


def test_every_role_has_exactly_its_permissions():
    for role in Role:
        held = {
            f"{app}.{name}" for app, name in Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
        }
        assert held == set(PERMISSIONS.get(role, []))


def test_the_menu_has_the_desk(client, editor):
    html = client.get(reverse("wagtailadmin_home")).content.decode()
    assert "search-desk" in html
    assert reverse("search_log:index") in html


# Records


def test_a_saved_synonym_says_who_saved_it_and_is_in_effect(client, editor):
    given = client.get(reverse("wagtailsnippets_search_synonymset:add"), {"term": "น้ำท่วม", "equivalents": "ภัยพิบัติ"})
    assert (given.context["form"].initial["term"], given.context["form"].initial["equivalents"]) == ("น้ำท่วม", "ภัยพิบัติ")
    fields = {"term": "น้ำท่วม", "equivalents": "ภัยพิบัติ\nอุทกภัย\nภัยพิบัติ", "kind": "same", "note": "", "live": "on"}
    response = client.post(reverse("wagtailsnippets_search_synonymset:add"), fields)
    assert response.status_code == 302
    known = SynonymSet.objects.get()
    assert (known.lines, known.changed_by) == (["ภัยพิบัติ", "อุทกภัย"], editor)
    knowledge.refresh(force=True)
    assert [equivalent.text for equivalent in knowledge.knowledge().synonyms["น้ำท่วม"]] == ["ภัยพิบัติ", "อุทกภัย"]
    other = UserFactory(role=Role.PUBLISHER)
    client.force_login(other)
    client.post(reverse("wagtailsnippets_search_synonymset:edit", args=[known.pk]), fields | {"note": "ตรวจแล้ว"})
    known.refresh_from_db()
    assert (known.note, known.changed_by) == ("ตรวจแล้ว", other)


def test_a_confusable_is_refused_with_the_reason(client, editor):
    fields = {"term": "กำไร", "equivalents": "กำไล", "kind": "same", "live": "on"}
    response = client.post(reverse("wagtailsnippets_search_synonymset:add"), fields)
    assert "“กำไร” กับ “กำไล” เขียนคล้ายกันแต่คนละเรื่อง" in response.content.decode()
    assert not SynonymSet.objects.exists()


def test_lists_are_exported_as_sheets(client, editor):
    OwnWord.objects.create(word="คนละครึ่ง", note="โครงการ")
    response = client.get(reverse("wagtailsnippets_search_ownword:list"), {"export": "csv"})
    body = b"".join(response.streaming_content).decode("utf-8-sig") if response.streaming else response.content.decode("utf-8-sig")
    assert "คนละครึ่ง,โครงการ" in body


# Preview


def test_preview_shows_words_weights_and_scores(client, editor, sweep):
    GuideFactory(title="จดทะเบียนภาษีมูลค่าเพิ่ม", slug="vat")
    Promotion.objects.create(title="คู่มือแวต", phrases="ภาษีมูลค่าเพิ่ม", url="/vat/")
    sweep()
    knowledge.refresh(force=True)
    response = client.get(reverse("search_preview:index"), {"q": "ภาษีมูลค่าเพิ่ม"})
    now = response.context["now"]
    assert [hit.title for hit in now.hits] == ["จดทะเบียนภาษีมูลค่าเพิ่ม"]
    assert now.hits[0].score > 0
    assert "ภาษีมูลค่าเพิ่ม" in dict(now.terms)
    assert now.readings[0].words == ("ภาษีมูลค่าเพิ่ม",)
    assert [bet.title for bet in response.context["bets"]] == ["คู่มือแวต"]
    text = text_of(response.content.decode())
    assert "ตามที่พิมพ์" in text
    assert "มิลลิวินาที (embedded)" in text


def test_preview_tries_a_synonym_without_keeping_it(client, editor, sweep):
    GuideFactory(title="เงินช่วยเหลือภัยพิบัติ")
    sweep()
    fields = {"q": "อุทกภัยใหญ่", "term": "อุทกภัยใหญ่", "equivalents": "ภัยพิบัติ", "kind": "spoken"}
    response = client.get(reverse("search_preview:index"), fields)
    assert response.context["then"].hits is not None
    assert "/admin/snippets/search/synonymset/add/?term=" in response.context["keep"]
    assert not SynonymSet.objects.exists()
    wrong = client.get(reverse("search_preview:index"), fields | {"term": "กำไร", "equivalents": "กำไล"})
    assert "then" not in wrong.context
    assert "เขียนคล้ายกันแต่คนละเรื่อง" in wrong.content.decode()


def test_preview_lists_what_is_known_about_the_words(client, editor, sweep):
    SynonymSet.objects.create(term="ทดลองเรื่องนี้", equivalents="ทดสอบ\nตรวจสอบ", kind="related")
    sweep()
    knowledge.refresh(force=True)
    response = client.get(reverse("search_preview:index"), {"q": "อยากทดลองเรื่องนี้"})
    rows = [(equivalent, str(kind)) for _phrase, equivalent, kind in response.context["known"]]
    related = str(SynonymSet.Kind.RELATED.label)
    assert [row for row in rows if row[1] == related] == [("ทดสอบ", related), ("ตรวจสอบ", related)]


@pytest.mark.parametrize("question", ["", " ", "!!!", "<script>alert(1)</script>", "ก" * 10_000, "\x00", "๐" * 500, "' OR 1=1 --"])
def test_preview_reads_anything(client, editor, sweep, question):
    sweep()
    response = client.get(reverse("search_preview:index"), {"q": question, "kind": "nonsense", "term": question, "equivalents": question})
    assert response.status_code == 200
    assert "<script>alert(1)" not in response.content.decode()


def test_preview_says_when_no_engine_answers(client, editor, monkeypatch):
    def away(text):
        raise EngineAway("gone")

    monkeypatch.setattr("search.panel.explain", away)
    response = client.get(reverse("search_preview:index"), {"q": "ภาษี"})
    assert "ดัชนีตอบไม่ได้ในขณะนี้" in response.content.decode()


# What a record would change, before it is saved


@pytest.fixture
def asked_shelf(sweep):
    """Two guides, and three questions that many have asked in the last weeks; the fourth was asked by too few."""
    GuideFactory(slug="flood", title="น้ำท่วมร้าน ทำอะไรก่อน")
    GuideFactory(slug="vat", title="จดทะเบียนภาษีมูลค่าเพิ่ม")
    today = timezone.localdate()
    ask("อุทกภัยใหญ่", 5, day=today)
    ask("ภาษีมูลค่าเพิ่ม", 4, day=today)
    ask("แมวน้ำ", 3, day=today)
    ask("อุทกภัยเล็ก", 2, day=today)
    sweep()


def summary(found) -> tuple:
    return found.compared, [(row.text, row.number, row.before, row.after) for row in found.changed]


def test_a_synonym_shows_which_questions_would_change(asked_shelf):
    synonym = SynonymSet(term="อุทกภัย", equivalents="น้ำท่วม", kind="same")
    assert summary(differences.try_synonym(synonym)) == (3, [("อุทกภัยใหญ่", 5, (), ("น้ำท่วมร้าน ทำอะไรก่อน",))])
    assert "อุทกภัย" not in knowledge.knowledge().synonyms
    nothing = SynonymSet(term="ปลากะพง", equivalents="ปลาทู", kind="same")
    assert summary(differences.try_synonym(nothing)) == (3, [])


def test_a_synonym_that_is_taken_out_shows_the_way_back(asked_shelf):
    saved = SynonymSet.objects.create(term="อุทกภัย", equivalents="น้ำท่วม", kind="same")
    knowledge.refresh(force=True)
    saved.live = False
    assert summary(differences.try_synonym(saved)) == (3, [("อุทกภัยใหญ่", 5, ("น้ำท่วมร้าน ทำอะไรก่อน",), ())])


def test_only_questions_that_are_read_otherwise_are_asked(asked_shelf, monkeypatch):
    asked, real = [], differences.ask
    monkeypatch.setattr(differences, "ask", lambda plan: (asked.append(plan), real(plan))[1])
    differences.try_synonym(SynonymSet(term="อุทกภัย", equivalents="น้ำท่วม", kind="same"))
    assert len(asked) == 2  # one question, before and after


def test_at_most_fifty_questions_are_compared(asked_shelf):
    for number in range(60):
        ask(f"เรื่องที่ {number} ภาษี", 6, day=timezone.localdate())
    assert differences.try_synonym(SynonymSet(term="อุทกภัย", equivalents="น้ำท่วม")).compared == 50


def test_a_promotion_shows_where_it_would_stand(asked_shelf):
    other = Promotion.objects.create(title="เดิม", phrases="ภาษี", url="/a/", order=5)
    knowledge.refresh(force=True)
    new = Promotion(title="ใหม่", phrases="ภาษีมูลค่าเพิ่ม\nแมวน้ำ", url="/b/", order=1)
    assert summary(differences.try_promotion(new)) == (3, [("ภาษีมูลค่าเพิ่ม", 4, ("เดิม",), ("ใหม่", "เดิม")), ("แมวน้ำ", 3, (), ("ใหม่",))])
    other.phrases = "ปลาทู"
    assert summary(differences.try_promotion(other)) == (3, [("ภาษีมูลค่าเพิ่ม", 4, ("เดิม",), ())])
    later = Promotion(title="ใหม่", phrases="แมวน้ำ", url="/b/", starts_on=timezone.localdate() + dt.timedelta(days=1))
    assert summary(differences.try_promotion(later)) == (3, [])


def test_a_word_is_tried_in_another_process_and_the_cutter_stays(sweep):
    """Cut as it is, the campaign's name is three everyday words, and what has them more often stands above it."""
    GuideFactory(slug="campaign", title="ร่มใหญ่ใจดี")
    GuideFactory(slug="umbrella", title="ร่ม ใหญ่ ใจดี ร่ม ใหญ่ ใจดี")
    sweep()
    ask("ร่มใหญ่ใจดี", 4, day=timezone.localdate())
    before = thai.cut("ร่มใหญ่ใจดี")
    assert len(before) > 1
    found = differences.try_word(OwnWord(word="ร่มใหญ่ใจดี"))
    assert (found.compared, found.cut, found.is_sample) == (1, 1, False)
    assert found.pages == found.all_pages == Document.objects.public().count()
    (row,) = found.changed
    assert row.before == ("ร่ม ใหญ่ ใจดี ร่ม ใหญ่ ใจดี", "ร่มใหญ่ใจดี")
    assert row.after == ("ร่มใหญ่ใจดี", "ร่ม ใหญ่ ใจดี ร่ม ใหญ่ ใจดี")
    assert thai.cut("ร่มใหญ่ใจดี") == before
    OwnWord.objects.create(word="ร่มใหญ่ใจดี")
    ((back,), saved) = (differences.try_word(OwnWord(pk=OwnWord.objects.get().pk, word="ร่มคันใหญ่")).changed, row)
    assert (back.before, back.after) == (saved.after, saved.before)  # a saved word that would become another


def test_a_word_of_no_page_and_no_question_changes_nothing(asked_shelf):
    found = differences.try_word(OwnWord(word="กระต่ายขาวใจดี"))
    assert (found.compared, found.changed, found.cut) == (3, (), 0)


def test_a_trial_that_cannot_be_made_is_said(client, editor, asked_shelf, monkeypatch):
    monkeypatch.setattr(differences, "SECONDS", 0.01)
    html = client.get(reverse("search_preview:index"), {"word": "ร่มใหญ่ใจดี"}).content.decode()
    assert "ลองคำนี้ไม่เสร็จ" in html
    assert differences._one_at_a_time.acquire(blocking=False)
    try:
        with pytest.raises(differences.TrialFailed):
            differences.try_word(OwnWord(word="ร่มใหญ่ใจดี"))
    finally:
        differences._one_at_a_time.release()


def test_the_desk_shows_old_and_new_with_the_number_compared(client, editor, asked_shelf):
    response = client.get(reverse("search_preview:index"), {"term": "อุทกภัย", "equivalents": "น้ำท่วม", "kind": "same"})
    text = text_of(response.content.decode())
    assert "เปลี่ยน 1 จาก 3 คำถามที่ถามบ่อยที่สุดใน 12 สัปดาห์" in text
    assert "อุทกภัยใหญ่ 5 – น้ำท่วมร้าน ทำอะไรก่อน" in text
    assert "อุทกภัยเล็ก" not in text
    assert "/admin/snippets/search/synonymset/add/?term=" in response.context["keep"]


def test_the_form_of_a_record_leads_to_what_it_would_change(client, editor, asked_shelf):
    form = client.get(reverse("wagtailsnippets_search_promotion:add")).content.decode()
    assert f'formaction="{reverse("search_preview:index")}"' in form
    saved = SynonymSet.objects.create(term="อุทกภัย", equivalents="น้ำท่วม", kind="same")
    knowledge.refresh(force=True)
    edit = client.get(reverse("wagtailsnippets_search_synonymset:edit", args=[saved.pk])).content.decode()
    assert re.search(rf'name="record" value="{saved.pk}"[^>]+formaction', edit)
    sent = {"record": str(saved.pk), "term": "อุทกภัย", "equivalents": "น้ำท่วม", "kind": "same"}  # «ใช้อยู่» is not ticked
    response = client.post(reverse("search_preview:index"), sent)
    assert [row.after for row in response.context["differences"].changed] == [()]
    assert response.context["keep"] == ""
    assert SynonymSet.objects.get().live


def test_a_promotion_s_form_is_read_without_its_target(client, editor, asked_shelf):
    sent = {"record": "", "title": "", "phrases": "แมวน้ำ", "starts_on": "", "ends_on": "", "order": "10", "page": "", "url": ""}
    response = client.post(reverse("search_preview:index"), sent)
    assert [row.text for row in response.context["differences"].changed] == ["แมวน้ำ"]
    wrong = client.post(reverse("search_preview:index"), sent | {"starts_on": "เมื่อวาน"})
    assert wrong.context["errors"]
    assert not Promotion.objects.exists()


def test_a_stranger_cannot_try(client, asked_shelf):
    assert client.post(reverse("search_preview:index"), {"word": "ร่มใหญ่ใจดี"}).status_code == 302


# Report


def fill() -> None:
    ask("จดแวต", 6, clicks=4)
    ask("ภาษีป้าย", 3, day=MONDAY - dt.timedelta(days=7), clicks=1)
    ask("น้ำท่วมร้าน", 4, total=0)
    ask("กู้เงินนอกระบบ", 2, total=0)
    ask("ออกแบบโลโก้", 3)
    ask("ภาษีมูลค่าเพิ่ม", 3, previous="จดแวต", filters=" stage:grow ")
    ask("ภาษีมูลค่าเพิ่ม", 2, previous="แวต")
    ask("lbog=njv", 3, correction="layout+spelling", clicks=3)
    ask("จดแวต", 9, day=MONDAY - dt.timedelta(days=100))


def test_report_counts_what_was_asked():
    fill()
    report = reports.read_report(weeks=4, today=MONDAY + dt.timedelta(days=2))
    assert report.since == MONDAY - dt.timedelta(weeks=3)
    assert [(week.starts_on, week.number, week.nothing_found) for week in report.weeks] == [
        (MONDAY - dt.timedelta(weeks=3), 0, 0),
        (MONDAY - dt.timedelta(weeks=2), 0, 0),
        (MONDAY - dt.timedelta(weeks=1), 3, 0),
        (MONDAY, 23, 6),
    ]
    assert sorted((row.text, row.number, row.clicks) for row in report.top) == sorted(
        [
            ("จดแวต", 6, 4),
            ("ภาษีมูลค่าเพิ่ม", 5, 0),
            ("น้ำท่วมร้าน", 4, 0),
            ("ภาษีป้าย", 3, None),
            ("ออกแบบโลโก้", 3, 0),
            ("lbog=njv", 3, 3),
        ]
    )
    assert [(row.text, row.number) for row in report.nothing_found] == [("น้ำท่วมร้าน", 4)]
    assert {(row.text, row.number) for row in report.not_opened} == {("ภาษีมูลค่าเพิ่ม", 5), ("ออกแบบโลโก้", 3)}
    assert [(row.before, row.after, row.number) for row in report.refined] == [("จดแวต", "ภาษีมูลค่าเพิ่ม", 3)]
    assert [(row.how, row.text, row.number) for row in report.corrected] == [(("layout", "spelling"), "lbog=njv", 3)]


def test_report_of_a_stage_counts_what_was_asked_with_it():
    fill()
    report = reports.read_report(weeks=4, stage="grow", today=MONDAY)
    assert [(row.text, row.number) for row in report.top] == [("ภาษีมูลค่าเพิ่ม", 3)]
    assert reports.read_report(weeks=4, stage="gro", today=MONDAY).top == []


def test_report_shows_no_wording_of_one_person():
    for text in ("ร้านป้า จดแวต ตลาดเก่า", "จดแวต ร้านป้า ตลาดเก่า", "ตลาดเก่า ร้านป้า จดแวต"):
        ask(text, 1)
    assert SearchEvent.objects.values("cluster_id").distinct().count() == 1
    report = reports.read_report(today=MONDAY)
    assert [row.text for row in report.top] == [SearchEvent.objects.first().cluster]
    assert reports.read_report(weeks=4, today=MONDAY).refined == []


def test_report_asks_eight_queries_at_any_size(django_assert_num_queries):
    ask("จดบริษัท", 3, clicks=3)
    with django_assert_num_queries(8):
        reports.read_report(today=MONDAY)
    fill()
    for number in range(40):
        ask(f"เรื่องที่ {number} ภาษี", 3, total=number % 2)
    with django_assert_num_queries(8):
        reports.read_report(today=MONDAY)


def test_report_page_offers_what_can_be_done(client, editor):
    with time_machine.travel(dt.datetime(2026, 11, 25, 3, tzinfo=dt.UTC)):
        fill()
        html = client.get(reverse("search_log:index"), {"weeks": "12", "stage": "nonsense"}).content.decode()
    text = text_of(html)
    assert "น้ำท่วมร้าน 4 ลองค้นดู เพิ่มคำพ้อง เขียนคู่มือ" in text
    assert "น้อยกว่า 3" in text
    assert "กู้เงินนอกระบบ" not in text
    assert "ลืมเปลี่ยนภาษาแป้นพิมพ์, พิมพ์ผิด" in text
    assert "16 พฤศจิกายน 2569" in text


def test_report_page_is_whole_when_nothing_was_asked(client, editor):
    html = client.get(reverse("search_log:index")).content.decode()
    assert text_of(html).count("ยังไม่มี") == 5


def test_report_is_exported_with_the_same_cells_hidden(client, editor):
    ask("=1+1 จดแวต", 3)
    ask("ภาษีป้าย", 3, clicks=2)
    ask("กู้เงินนอกระบบ", 2, total=0)
    with time_machine.travel(dt.datetime(2026, 11, 25, 3, tzinfo=dt.UTC)):
        response = client.get(reverse("search_log:index"), {"export": "top"})
        unknown = client.get(reverse("search_log:index"), {"export": "../secrets"})
        weeks = client.get(reverse("search_log:index"), {"export": "weeks"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == ["question", "searches", "opened"]
    assert sorted(rows[1:]) == sorted([["'=1+1 จดแวต", "3", "0"], ["ภาษีป้าย", "3", "<3"]])
    assert unknown["Content-Type"].startswith("text/html")
    assert list(csv.reader(io.StringIO(weeks.content.decode("utf-8-sig"))))[-1] == ["2026-11-23", "8", "<3"]
