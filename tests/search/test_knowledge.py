"""What is known about words: files and records merged, in effect within a minute, without a query of its own."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from search import knowledge as room
from search import sync, thai
from search.confusables import GROUPS, are_confusable
from search.knowledge import BestBet, Found, find_best_bets, find_phrases, find_promotions, knowledge, refresh, trying
from search.models import Document, IndexJob, KnowledgeChange, OwnWord, Promotion, SynonymSet, key_of, validate_address
from tests.factories import GuideFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db
FILES = {
    "synonyms.csv": "term,equivalents,kind\nแวต,ภาษีมูลค่าเพิ่ม|vat,same\nแบงก์,ธนาคาร,spoken\nว่าง,,same\n",
    "variants.csv": "variant,standard\nเฟรนไชน์,แฟรนไชส์\nแฟรนไชส์,แฟรนไชส์\n",
    "abbreviations.csv": "short,long\nสสว.,สำนักงานส่งเสริมวิสาหกิจขนาดกลางและขนาดย่อม\nอย.,สำนักงานคณะกรรมการอาหารและยา|องค์การอาหารและยา\n",
    "fillers.txt": "# ไม่บอกเรื่อง\nต้องทำไง\nได้มั้ย\n",
}


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Files of our own, and a process that has just begun."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(room, "DATA", tmp_path)
    room.forget()
    yield tmp_path
    room.forget()


def terms(text: str) -> list[str]:
    return [word.term for word in thai.find_words(text)]


def texts(table, term: str) -> list[tuple[str, str]]:
    return [(equivalent.text, equivalent.kind) for equivalent in table.get(key_of(term), ())]


def save_synonyms(term: str, equivalents: str, **fields) -> SynonymSet:
    known = SynonymSet(term=term, equivalents=equivalents, **fields)
    known.full_clean()
    known.save()
    return known


# Files


def test_files_are_read_both_ways_where_they_hold_both_ways():
    known = knowledge()
    assert texts(known.synonyms, "แวต") == [("ภาษีมูลค่าเพิ่ม", "same"), ("vat", "same")]
    assert texts(known.synonyms, "VAT") == [("แวต", "same")]
    assert texts(known.synonyms, "แบงก์") == [("ธนาคาร", "spoken")]
    assert texts(known.synonyms, "ธนาคาร") == []
    assert known.variants[key_of("เฟรนไชน์")].text == "แฟรนไชส์"
    assert key_of("แฟรนไชส์") not in known.variants
    assert texts(known.abbreviations, "อย") == texts(known.abbreviations, "อย.") != []
    assert texts(known.short_forms, "องค์การอาหารและยา") == [("อย.", "abbreviation")]
    assert known.fillers == {key_of("ต้องทำไง"), key_of("ได้มั้ย")}


def test_files_that_are_missing_are_empty_tables(files):
    for name in FILES:
        (files / name).unlink()
    room.forget()
    assert (dict(knowledge().synonyms), dict(knowledge().variants), knowledge().fillers) == ({}, {}, frozenset())


def test_find_phrases_takes_the_longest_and_none_twice():
    table = {"ab", "abc", "c", "d"}
    assert find_phrases(["a", "b", "c", "x", "d"], table) == [Found(0, 3, "abc"), Found(4, 5, "d")]
    assert find_phrases([], table) == []
    assert find_phrases(["a", "b", "c"], table, longest=2) == [Found(0, 2, "ab"), Found(2, 3, "c")]


def test_find_phrases_finds_a_misspelled_word_that_fell_to_pieces():
    question = terms("อยากซื้อเฟรนไชน์ต้องทำไง")
    assert [found.key for found in find_phrases(question, knowledge().variants)] == [key_of("เฟรนไชน์")]


# Freshness


def test_knowledge_asks_nothing_inside_a_transaction(django_assert_num_queries):
    save_synonyms("มือถือ", "โทรศัพท์")
    with django_assert_num_queries(0):
        assert texts(knowledge().synonyms, "มือถือ") == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_knowledge_is_in_effect_at_the_next_look_and_costs_one_query(django_assert_num_queries, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(room.time, "monotonic", lambda: clock[0])
    with django_assert_num_queries(4):  # the journal and three tables, once in the life of a process
        assert texts(knowledge().synonyms, "มือถือ") == []
    with django_assert_num_queries(0):
        knowledge()
    save_synonyms("มือถือ", "โทรศัพท์")
    monkeypatch.setattr(room, "_next_look", 1020.0)  # as in another process, which does not know of the change
    clock[0] = 1019.0
    with django_assert_num_queries(0):
        assert texts(knowledge().synonyms, "มือถือ") == []
    clock[0] = 1020.0
    with django_assert_num_queries(4):
        assert texts(knowledge().synonyms, "มือถือ") == [("โทรศัพท์", "same")]
    clock[0] = 1041.0
    with django_assert_num_queries(1):
        knowledge()
    SynonymSet.objects.all().delete()
    assert texts(knowledge().synonyms, "มือถือ") == []  # the process that changed it looks at once


def test_refresh_sees_a_deletion_and_a_change_committed_late():
    known = save_synonyms("มือถือ", "โทรศัพท์")
    assert refresh(force=True)
    assert not refresh(force=True)
    late = KnowledgeChange.objects.create(pk=KnowledgeChange.objects.latest("pk").pk + 5, is_done=True)
    assert refresh(force=True)
    KnowledgeChange.objects.create(pk=late.pk - 2, is_done=True)  # a lower number that was committed afterwards
    assert refresh(force=True)
    known.delete()
    assert refresh(force=True)
    assert texts(knowledge().synonyms, "มือถือ") == []


def test_refresh_keeps_what_is_known_when_the_database_is_away(monkeypatch):
    save_synonyms("มือถือ", "โทรศัพท์")
    refresh(force=True)

    def break_down(*args, **kwargs):
        raise DatabaseError("away")

    monkeypatch.setattr(KnowledgeChange.objects, "aggregate", break_down)
    assert not refresh(force=True)
    assert texts(knowledge().synonyms, "มือถือ") == [("โทรศัพท์", "same")]


def test_sets_that_are_off_are_not_known():
    save_synonyms("มือถือ", "โทรศัพท์", live=False)
    refresh(force=True)
    assert texts(knowledge().synonyms, "มือถือ") == []


def test_trying_holds_inside_the_block_only():
    with trying([("มือถือ", ["โทรศัพท์"], "same")]) as tried:
        assert knowledge() is tried
        assert texts(knowledge().synonyms, "โทรศัพท์") == [("มือถือ", "same")]
        assert texts(knowledge().synonyms, "แวต") == [("ภาษีมูลค่าเพิ่ม", "same"), ("vat", "same")]
    assert texts(knowledge().synonyms, "โทรศัพท์") == []
    assert not SynonymSet.objects.exists()


# Own words


def add_word(word: str) -> OwnWord:
    own = OwnWord(word=word)
    own.full_clean()
    own.save()
    return own


def test_own_word_is_cut_as_one_word_after_a_refresh_and_no_longer_after_its_deletion():
    before = terms("ตลาดนัดจตุจักรบุรี")
    assert "จตุจักรบุรี" not in before
    own = add_word("จตุจักรบุรี")
    refresh(force=True)
    assert "จตุจักรบุรี" in terms("ตลาดนัดจตุจักรบุรี")
    assert knowledge().own == {"จตุจักรบุรี"}
    own.delete()
    refresh(force=True)
    assert terms("ตลาดนัดจตุจักรบุรี") == before


def test_own_word_makes_its_documents_due_and_no_other(sweep, django_capture_on_commit_callbacks):
    found = GuideFactory(title="เปิดร้านที่จตุจักรบุรี")
    quoting = ProgrammeFactory(offers="ช่วยร้านในจตุจักรบุรี", live=True)
    GuideFactory(title="จดทะเบียนร้านค้า")
    sweep()
    versions = dict(Document.objects.values_list("pk", "version"))
    with django_capture_on_commit_callbacks(execute=False):
        own = add_word("จตุจักรบุรี")
    assert not IndexJob.objects.exists()
    assert room.mark_words_changed() == 2
    assert set(IndexJob.objects.values_list("kind", "object_id")) == {("guide", found.pk), ("programme", quoting.pk)}
    refresh(force=True)
    sweep()
    changed = Document.objects.exclude(pk__in=[pk for pk, version in versions.items() if Document.objects.get(pk=pk).version == version])
    assert {row.key for row in changed} == {f"guide:{found.pk}", f"programme:{quoting.pk}"}
    assert all(" จตุจักรบุรี " in row.terms for row in changed)
    assert room.mark_words_changed() == 0
    own.delete()
    assert room.mark_words_changed() == 2
    refresh(force=True)
    sweep()
    assert not Document.objects.filter(terms__contains=" จตุจักรบุรี ").exists()


def test_own_word_in_a_draft_makes_the_page_due(sweep):
    page = GuideFactory(title="เปิดร้าน")
    page.title = "เปิดร้านที่จตุจักรบุรี"
    page.save_revision()
    sweep()
    add_word("จตุจักรบุรี")
    assert room.mark_words_changed() == 1


def test_own_word_that_is_rewritten_makes_both_words_due():
    own = OwnWord.objects.get(pk=add_word("จตุจักรบุรี").pk)
    KnowledgeChange.objects.all().delete()
    own.word = "จตุจักรนคร"
    own.save()
    own.note = "ตลาด"
    own.save()
    assert sorted(KnowledgeChange.objects.values_list("word", "is_done")) == [("จตุจักรนคร", False), ("จตุจักรบุรี", False)]


def test_marking_words_looks_at_documents_page_by_page(django_assert_num_queries, sweep):
    for number in range(3):
        GuideFactory(title=f"ร้านที่ {number}")
    sweep()
    add_word("จตุจักรบุรี")
    with django_assert_num_queries(4):  # journal, two pages of documents (the second is empty), done
        room.mark_words_changed()


@pytest.mark.parametrize("word", ["", "ก", "ข้าว แกง", "vat", "12345", "ร้าน!", "<b>ร้าน</b>", "ร้าน\nค้า", "ก" * 61, "   "])
def test_own_word_refuses_what_is_no_thai_word(word):
    with pytest.raises(ValidationError) as error:
        OwnWord(word=word).full_clean()
    assert set(error.value.message_dict) == {"word"}


@pytest.mark.parametrize(("typed", "kept"), [("ภ.พ.๓๐", "ภ.พ.30"), (" คนละครึ่ง ", "คนละครึ่ง"), ("เเซ่บ", "แซ่บ"), ("พ.ร.บ.", "พ.ร.บ.")])
def test_own_word_is_kept_as_it_is_matched(typed, kept):
    assert add_word(typed).word == kept


# Synonyms


@pytest.mark.parametrize(
    ("term", "equivalents", "where"),
    [
        ("", "ร้าน", "term"),
        ("!!!", "ร้าน", "term"),
        ("ร้าน", "", "equivalents"),
        ("ร้าน", "ร้านค้า\n???", "equivalents"),
        ("ร้าน", "ร้าน", "equivalents"),
        ("ร้าน", "\n".join(f"คำ{number}" for number in range(13)), "equivalents"),
        ("กำไร", "กำไล", "equivalents"),
        ("ร้านออนไลน์", "ร้านออฟไลน์", "equivalents"),
        ("ประกันสังคม", "ประกันภัย", "equivalents"),
    ],
)
def test_synonyms_refuse_what_would_mislead(term, equivalents, where):
    with pytest.raises(ValidationError) as error:
        SynonymSet(term=term, equivalents=equivalents).full_clean()
    assert set(error.value.message_dict) == {where}


def test_synonyms_refuse_a_loop_and_may_be_saved_again():
    first = save_synonyms("มือถือ", "โทรศัพท์")
    save_synonyms("โทรศัพท์", "สมาร์ทโฟน")
    first.full_clean()
    with pytest.raises(ValidationError):
        save_synonyms("สมาร์ทโฟน", "มือถือ")
    save_synonyms("สมาร์ทโฟน", "มือถือ", live=False)


@pytest.mark.parametrize("group", GROUPS)
def test_confusables_are_known_in_both_directions(group):
    for one in group:
        for other in group:
            assert are_confusable(one, other) == (one != other)
            assert are_confusable(f"ร้าน{one}", f"ร้าน{other}") == (one != other)
    assert not are_confusable("ร้าน", "ร้านค้า")


# Promotions


def promote(**fields) -> Promotion:
    bet = Promotion(**{"title": "คนละครึ่ง", "phrases": "คนละครึ่ง\nโครงการรัฐ ร้านค้า", "url": "/programmes/"} | fields)
    bet.full_clean()
    bet.save()
    refresh(force=True)
    return bet


def test_promotion_matches_all_words_of_one_phrase():
    bet = promote()
    assert [found.pk for found in find_promotions(terms("โครงการรัฐสำหรับร้านค้าเล็กๆ"))] == [bet.pk]
    assert [found.pk for found in find_promotions(terms("สมัครคนละครึ่งยังไง"))] == [bet.pk]
    assert find_promotions(terms("ร้านค้าเล็กๆ")) == []
    assert find_promotions([]) == []


def test_promotion_whose_phrase_is_the_question_comes_first():
    second, first = promote(order=1, phrases="ร้านค้า"), promote(order=9, phrases="ภาษีร้านค้า")
    assert [found.pk for found in find_promotions(terms("ภาษีร้านค้า"))] == [first.pk, second.pk]


def test_promotion_holds_within_its_days():
    promote(starts_on=dt.date(2026, 12, 1), ends_on=dt.date(2026, 12, 31))
    days = [dt.date(2026, 11, 30), dt.date(2026, 12, 1), dt.date(2026, 12, 31), dt.date(2027, 1, 1)]
    assert [len(find_promotions(terms("คนละครึ่ง"), today=day)) for day in days] == [0, 1, 1, 0]
    with time_machine.travel(dt.datetime(2026, 12, 31, 16, 0, tzinfo=dt.UTC)):  # 23:00 in Bangkok
        assert len(find_promotions(terms("คนละครึ่ง"))) == 1
    with time_machine.travel(dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC)):
        assert find_promotions(terms("คนละครึ่ง")) == []


def test_best_bets_cost_nothing_without_a_match_and_three_queries_with_one(django_assert_num_queries):
    page = Page.objects.get(pk=GuideFactory(slug="vat").pk)
    promote(url="", page=page, text="อ่านก่อน")
    promote(url="", programme=ProgrammeFactory(code="grant", live=True), phrases="คนละครึ่ง")
    with django_assert_num_queries(0):
        assert find_best_bets(terms("ภาษีป้าย")) == []
    find_best_bets(terms("คนละครึ่ง"))  # the site's root paths are cached
    with django_assert_num_queries(4):  # promotions, restrictions, pages, programmes
        bets = find_best_bets(terms("คนละครึ่ง"))
    assert bets == [BestBet("คนละครึ่ง", "อ่านก่อน", page.get_url()), BestBet("คนละครึ่ง", "", "/programmes/grant/")]


def test_best_bets_never_lead_to_what_the_public_may_not_see():
    hidden, restricted = GuideFactory(slug="hidden"), GuideFactory(slug="secret")
    for page in (hidden, restricted):
        promote(url="", page=Page.objects.get(pk=page.pk))
    promote(url="", programme=ProgrammeFactory(live=False))
    hidden.unpublish()
    PageViewRestriction.objects.create(page_id=restricted.pk, restriction_type="login")
    assert find_best_bets(terms("คนละครึ่ง")) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"url": ""},
        {"url": "javascript:alert(1)"},
        {"url": "//evil.example"},
        {"url": "/\\evil.example"},
        {"url": "ftp://x.go.th/"},
        {"url": "https://x.go.th/a b"},
        {"phrases": "!!!"},
        {"starts_on": dt.date(2026, 12, 2), "ends_on": dt.date(2026, 12, 1)},
    ],
)
def test_promotion_refuses_what_cannot_be_shown(fields):
    with pytest.raises(ValidationError):
        promote(**fields)
    assert not Promotion.objects.exists()


def test_promotion_takes_one_target_only():
    with pytest.raises(ValidationError, match=re.escape("เลือกปลายทางอย่างเดียว")):
        promote(programme=ProgrammeFactory())


@pytest.mark.parametrize("address", ["/programmes/", "https://www.sme.go.th/th/?id=1", "http://x.go.th"])
def test_validate_address_takes_ours_and_the_web_s(address):
    assert validate_address(address) is None


def test_old_changes_are_forgotten_but_the_newest_stays():
    month = timezone.now() - dt.timedelta(days=31)
    KnowledgeChange.objects.bulk_create(KnowledgeChange(is_done=done, happened_at=month) for done in (True, False, True))
    room.forget_old_changes()
    assert list(KnowledgeChange.objects.order_by("pk").values_list("is_done", flat=True)) == [False, True]


def test_a_worker_looks_before_it_cuts():
    from search.desk_tasks import know_the_newest_words
    from search.tasks import sync_object_task

    add_word("จตุจักรบุรี")
    know_the_newest_words(task=sync_object_task)
    assert "จตุจักรบุรี" in terms("ที่จตุจักรบุรี")
    assert sync.sync_objects([]) == 0
