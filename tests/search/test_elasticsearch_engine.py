"""The Elasticsearch engine against the real server: what it is asked, what it is sent, who writes first."""

import os
import socket
import threading
import time
import uuid

import pytest

from search import thai
from search.documents import Content, cut_content
from search.engines import FIELDS, MARK, UNMARK, Analysis, Clause, EngineAway, Group, Plan, elasticsearch_engine
from search.engines.elasticsearch_engine import ElasticsearchEngine, PartlyRefused, make_request
from search.engines.tantivy_engine import TantivyEngine
from search.models import Document

pytestmark = [pytest.mark.needs("elasticsearch"), pytest.mark.django_db]
TITLES = [
    "จดทะเบียนพาณิชย์ร้านค้าออนไลน์",
    "ภาษีมูลค่าเพิ่มสำหรับร้านค้าเล็ก",
    "สินเชื่อเพื่อผู้ประกอบการรายย่อย",
    "ขายของออนไลน์ต้องเสียภาษีไหม",
    "จ้างพนักงานคนแรก ประกันสังคม",
    "เลี้ยงปลากะพงขายส่งตลาดไท",
    "ภาษีเงินได้บุคคลธรรมดา ภ.ง.ด.94",
]


def make_row(number: int, title: str, *, body: str = "", version: int = 1, stage: str = "run", **facets) -> Document:
    content = Content(
        title=title, summary=f"สรุป {title}\nตอบสั้น ๆ", keywords=f"รหัส K{number} {title[:8]}", body=body or f"เนื้อหาของ {title} ตอนที่ {number}"
    )
    cut = cut_content(content)
    return Document(
        kind="guide", object_id=number, version=version, is_public=True, words=cut["words"], parts=cut["parts"],
        facets={"type": ["guide"], "stage": [stage], "function": ["tax"], "province": ["*"], "sector": ["*"]} | facets,
        sections=[["intro", "บทนำ", 0]],
    )  # fmt: skip


@pytest.fixture
def engine(elasticsearch_url, monkeypatch):
    monkeypatch.setattr(elasticsearch_engine, "GRACE_SECONDS", 0.0)
    engine = ElasticsearchEngine(elasticsearch_url, f"msme-test-{uuid.uuid4().hex[:8]}", timeout=10)
    yield engine
    engine.destroy()
    left = engine._client.cat.indices(index=f"{engine.prefix}*", format="json", expand_wildcards="all").body
    assert left == []


def fill(engine, rows: list[Document]) -> dict[str, Document]:
    by_key = {row.key: row for row in rows}
    engine.rebuild(lambda: [list(by_key)], lambda keys: [by_key[key] for key in keys if key in by_key])
    return by_key


@pytest.fixture
def rows():
    return [make_row(number, title, version=100 + number) for number, title in enumerate(TITLES, 1)]


def ask_for(text: str, **options) -> Plan:
    """A plan in the manner of `search/plan.py`, by hand: these tests are about the engine."""
    words = list(dict.fromkeys(word.term for word in thai.find_words(text)))
    clauses = [
        Clause(name, word, weight)
        for word in words
        for name, weight in (("title", 3.0), ("keywords", 2.5), ("summary", 1.5), ("body", 1.0))
    ]
    clauses += [Clause("parts", part, 0.5) for word in words for part in (word, *thai.parts_of(word))]
    clauses += [Clause("grams", scrap, 0.1) for scrap in dict.fromkeys(thai.grams(text))]
    clauses += [Clause("pairs", thai.pair(*two), 0.8) for two in zip(words, words[1:], strict=False)]
    return Plan(clauses=tuple(clauses), groups=tuple(Group((word,)) for word in words), marks=frozenset(words), full=len(words), **options)


def test_rebuild_fills_and_describes(engine, rows):
    assert (engine.is_healthy(), engine.cutter()) == (False, "")
    fill(engine, rows)
    assert (engine.is_healthy(), engine.cutter()) == (True, thai.VERSION)
    assert engine.describe().versions == {row.key: row.version for row in rows}


# Asking, beside the embedded engine


@pytest.fixture
def both(engine, rows, tmp_path):
    embedded = TantivyEngine(tmp_path / "index")
    rows += [
        make_row(20 + number, f"{TITLES[number % len(TITLES)]} เล่ม {number}", version=500 + number, stage=["start", "run", "grow"][number % 3],
                 province=[["TH-50"], ["*"], ["TH-10", "TH-50"]][number % 3])
        for number in range(30)
    ]  # fmt: skip
    fill(engine, rows)
    fill(embedded, rows)
    return engine, embedded


PLANS = {
    "one word": ask_for("ภาษี"),
    "several": ask_for("ภาษีมูลค่าเพิ่ม ร้านค้า", limit=30),
    "all of them": ask_for("ร้านค้าออนไลน์ต้องเสียภาษี", at_least=2, limit=30),
    "filtered": ask_for(
        "ภาษี", filters={"stage": ("start", "grow"), "province": ("TH-50",)}, facets=("stage", "province", "type"), limit=30
    ),
    "filtered, not counted": ask_for("ภาษี", filters={"stage": ("start",)}, facets=("province",), limit=30),
    "filter that nothing has": ask_for("ภาษี", filters={"stage": ("nothing",)}, facets=("stage",)),
    "second page": ask_for("ออนไลน์", offset=3, limit=4),
    "numbers only": ask_for("ออนไลน์", facets=("stage",), limit=0),
    "nothing found": ask_for("ดาวเทียม"),
    "together": Plan(clauses=(Clause("body", "ภาษี", 1),), groups=(Group(("ไม่มีคำนี้",), (("ภาษี", "เพิ่ม"), ("ปลา", "ขาย"))),), limit=30),
    "nearly": Plan(clauses=(Clause("title", "ออนไลน์", 1),), near=tuple(thai.grams("ทะเบียนพานิช")), near_needed=5, limit=30),
    "groups or nearly": ask_for("สินเชื่อ", near=tuple(thai.grams("ทะเบียนพานิช")), near_needed=5, limit=30),
    "everything": Plan(limit=50, facets=("type", "stage", "function", "province", "sector")),
    "everything of a stage": Plan(limit=50, filters={"stage": ("run",)}, facets=("stage",)),
}


@pytest.mark.parametrize("name", PLANS)
def test_both_engines_answer_a_plan_alike(both, name):
    answers = [engine.search(PLANS[name]) for engine in both]
    remote, embedded = answers
    assert (remote.total, remote.full, remote.counts) == (embedded.total, embedded.full, embedded.counts)
    if PLANS[name].clauses:
        assert [hit.score for hit in remote.hits] == pytest.approx(
            [hit.score for hit in embedded.hits], rel=1e-5 if name in ("together", "nearly") else 2e-3
        )  # the rest: `EMPTY`
    scores = [round(hit.score, 3) for hit in embedded.hits]
    if len(set(scores)) == len(scores):
        assert [hit.key for hit in remote.hits] == [hit.key for hit in embedded.hits]
    assert {hit.key: hit.texts for hit in remote.hits if hit.key in {other.key for other in embedded.hits}} == {
        hit.key: hit.texts for hit in embedded.hits if hit.key in {other.key for other in remote.hits}
    }
    assert remote.took >= 0


def test_plans_of_the_comparison_find_something(both):
    """The comparison above would also hold for two engines that find nothing."""
    found = {name: both[0].search(plan).total for name, plan in PLANS.items()}
    assert {name for name, total in found.items() if not total} == {"nothing found", "filter that nothing has"}


def test_equal_scores_are_ordered_by_key(engine):
    fill(engine, [make_row(number, "สินเชื่อ", version=number) for number in (3, 1, 2)])
    plan = Plan(clauses=(Clause("title", "สินเชื่อ", 1.0),), groups=(Group(("สินเชื่อ",)),))
    assert [hit.key for hit in engine.search(plan).hits] == ["guide:1", "guide:2", "guide:3"]


def test_empty_plan_gives_everything_newest_first(engine, rows):
    fill(engine, rows)
    hits = engine.search(Plan(limit=3)).hits
    assert [hit.object_id for hit in hits] == [7, 6, 5]


def test_hit_gives_back_what_was_indexed_with_the_words_marked(engine, rows):
    by_key = fill(engine, rows)
    hit = engine.search(ask_for("จดทะเบียนพาณิชย์")).hits[0]
    row = by_key[hit.key]
    bare = {name: text.translate({ord(MARK): None, ord(UNMARK): None}) for name, text in hit.texts.items()}
    assert bare == row.words
    assert (hit.facets, hit.sections) == (row.facets, row.sections)
    assert hit.texts["title"].startswith(f"{MARK}จดทะเบียน")


@pytest.mark.parametrize("text", ["“ภาษี”", "(ภาษี),", "ภ.พ.30.", "…ภาษี…ภาษี?", "VAT,ภาษี"])
def test_marks_stand_at_the_word_and_not_at_its_punctuation(engine, tmp_path, text):
    embedded = TantivyEngine(tmp_path / "index")
    row = make_row(1, "เรื่อง", body=f"ก่อน {text} หลัง")
    for each in (engine, embedded):
        fill(each, [row])
    plan = Plan(marks=frozenset(word.term for word in thai.find_words(text)))
    assert engine.search(plan).hits[0].texts == embedded.search(plan).hits[0].texts
    assert MARK in engine.search(plan).hits[0].texts["body"]


@pytest.mark.parametrize("text", ["ภาษีมูลค่าเพิ่ม vat 7%", "กข", "ร้าน ค้า ออน ไลน์ 2569", "😀ก😀ข"])
def test_scraps_of_the_index_are_ours(engine, rows, text):
    fill(engine, rows)
    bare = thai.compact(text)
    tokens = engine._client.indices.analyze(index=engine.read_alias, analyzer="grams", text=bare)["tokens"]
    assert [token["token"] for token in tokens] == thai.grams(text)


def test_every_field_is_in_the_mapping_and_nothing_else_is_taken(engine, rows):
    fill(engine, rows)
    mapping = next(iter(engine._client.indices.get_mapping(index=engine.read_alias).body.values()))["mappings"]
    assert set(mapping["properties"]) == {*FIELDS, "key", "version", "facets", "stored"}
    assert mapping["dynamic"] == "strict"
    assert {name for name, analysis in FIELDS.items() if analysis is Analysis.ONCE} == {
        name for name, said in mapping["properties"].items() if said.get("norms") is False
    }


@pytest.mark.parametrize("term", ["*", '"', "a OR b", "title:*", "\\", "/re.*/", "\x00", "ก" * 5000, "", "😀", "‮"])
def test_terms_are_taken_literally(engine, rows, term):
    fill(engine, rows)
    plan = Plan(
        clauses=tuple(Clause(name, term, 1.0) for name in FIELDS), groups=(Group((term,), ((term, term),)),), marks=frozenset([term]),
        near=(term,), near_needed=1, filters={"stage": (term,)}, facets=("stage",),
    )  # fmt: skip
    assert engine.search(plan).total == 0


def test_too_many_clauses_are_bounded_to_the_heaviest(engine, rows):
    fill(engine, rows)
    many = tuple(Clause("body", f"x{number}", 1e-6) for number in range(5000))
    plan = Plan(clauses=(*many, Clause("title", "สินเชื่อ", 1.0)), marks=frozenset(f"x{number}" for number in range(5000)),
                near=tuple(f"x{number:02}" for number in range(5000)), near_needed=0)  # fmt: skip
    assert engine.search(plan).hits[0].object_id == 3


def test_page_beyond_the_deepest_is_empty_and_no_error(engine, rows):
    fill(engine, rows)
    assert [len(engine.search(Plan(offset=offset, limit=10)).hits) for offset in (9_995, 10_000, 1_000_000)] == [0, 0, 0]
    assert engine.search(Plan(limit=1_000_000)).total == 7


def test_request_holds_no_query_language():
    request = str(make_request(PLANS["filtered"]))
    assert "query_string" not in request


# Writing


def versions(engine) -> dict[str, int]:
    return engine.describe().versions


def test_write_puts_changes_and_deletes_at_once(engine, rows):
    by_key = fill(engine, rows)
    by_key["guide:1"] = make_row(1, "กุ้งก้ามกราม", version=900)
    by_key["guide:50"] = make_row(50, "กุ้งแม่น้ำ", version=901)
    del by_key["guide:2"]
    engine.write(["guide:1", "guide:2", "guide:50"], lambda keys: [by_key[key] for key in keys if key in by_key])
    assert versions(engine) == {key: row.version for key, row in by_key.items()}
    assert {hit.key for hit in engine.search(ask_for("กุ้งก้ามกราม")).hits} == {"guide:1"}


def test_older_version_is_never_taken(engine, rows):
    fill(engine, rows)
    engine.write(["guide:1"], lambda keys: [make_row(1, "เก่า", version=5)])
    assert versions(engine)["guide:1"] == 101
    assert engine.search(ask_for("เก่า")).total == 0


def test_deletion_is_not_undone_by_an_older_write(engine, rows):
    by_key = fill(engine, rows)
    engine.write(["guide:1"], lambda keys: [])
    engine.write(["guide:1"], lambda keys: [by_key["guide:1"]])  # read before the object was deleted, written after
    assert "guide:1" not in versions(engine)


def test_hidden_row_may_come_back_with_its_next_version(engine, rows):
    by_key = fill(engine, rows)
    hidden = make_row(1, TITLES[0], version=900)
    hidden.is_public, hidden.content_hash, hidden.cutter = False, "x", "x"
    hidden.save()
    engine.write(["guide:1"], lambda keys: [])
    engine.write(["guide:1"], lambda keys: [by_key["guide:1"]])
    assert "guide:1" not in versions(engine)
    engine.write(["guide:1"], lambda keys: [make_row(1, TITLES[0], version=901)])
    assert versions(engine)["guide:1"] == 901


def test_write_in_any_order_ends_with_the_newest(engine, rows):
    fill(engine, rows)
    order = list(range(200, 240))
    for version in [*order[::2], *reversed(order)]:
        engine.write(["guide:1"], lambda keys, version=version: [make_row(1, f"รุ่น {version}", version=version)])
    assert versions(engine)["guide:1"] == 239
    assert "239" in engine.search(Plan(limit=1)).hits[0].texts["title"]


def test_write_without_an_index_is_refused(engine, rows):
    with pytest.raises(EngineAway, match="no index yet"):
        engine.write(["guide:1"], lambda keys: rows[:1])


def test_write_to_a_generation_that_was_taken_away_makes_no_index(engine, rows):
    fill(engine, rows)
    (name,) = engine._names_of(engine.read_alias)

    def read(keys):
        fill(engine, rows)  # a rebuild begins and ends between looking up the generations and writing
        return rows[:1]

    engine.write(["guide:1", "guide:999"], read)
    assert not engine._client.indices.exists(index=name)
    assert sorted(engine._client.indices.get(index=f"{engine.prefix}-*").body) == sorted(
        [*engine._names_of(engine.read_alias), engine.state_index]
    )


def test_document_that_the_server_refuses_is_named_and_the_others_are_taken(engine, rows):
    fill(engine, rows)
    bad = make_row(60, "เสีย", version=900)
    bad.object_id, bad.facets = 60, {"stage": [{"not": "a code"}]}
    good = make_row(61, "ดี", version=900)
    with pytest.raises(PartlyRefused) as raised:
        engine.write(["guide:60", "guide:61"], lambda keys: [bad, good])
    assert raised.value.keys == {"guide:60"}
    assert "guide:61" in versions(engine)


def test_busy_server_is_asked_again(engine, rows, monkeypatch):
    fill(engine, rows)
    monkeypatch.setattr(elasticsearch_engine, "BULK_WAIT", 0.001)
    real, sent = engine._client.bulk, []

    def bulk(*, operations, **options):
        sent.append(len(operations))
        answer = real(operations=operations, **options)
        if len(sent) < 3:
            answer.body["items"][0]["index"]["status"] = 429
        return answer

    monkeypatch.setattr(engine._client, "bulk", bulk)
    engine.write([row.key for row in rows], lambda keys: rows)
    assert sent == [7, 1, 1]


def test_server_that_stays_busy_is_away(engine, rows, monkeypatch):
    fill(engine, rows)
    monkeypatch.setattr(elasticsearch_engine, "BULK_WAIT", 0.001)
    monkeypatch.setattr(engine._client, "bulk", lambda **options: {"items": [{"index": {"_id": "guide:1", "status": 429}}]})
    with pytest.raises(EngineAway, match="busy"):
        engine.write(["guide:1"], lambda keys: rows[:1])


@pytest.mark.parametrize(
    "answer", [{}, [], None, {"items": []}, {"items": [{}]}, {"items": [{"index": {"_id": "other", "status": 200}}]}, {"items": 5}]
)
def test_nonsense_after_a_write_means_away(engine, rows, monkeypatch, answer):
    fill(engine, rows)
    monkeypatch.setattr(engine._client, "bulk", lambda **options: answer)
    with pytest.raises(EngineAway):
        engine.write(["guide:1"], lambda keys: rows[:1])


def test_error_of_the_database_is_not_the_engines(engine, rows):
    fill(engine, rows)

    def read(keys):
        raise ValueError("the database")

    with pytest.raises(ValueError, match="the database"):
        engine.write(["guide:1"], read)


# Rebuilding


def indices(engine) -> list[str]:
    return [name for name in engine._client.indices.get(index=f"{engine.prefix}-*").body if name != engine.state_index]


def test_rebuild_switches_and_leaves_one_generation(engine, rows):
    fill(engine, rows)
    before = indices(engine)
    fill(engine, rows)
    after = indices(engine)
    assert (len(before), len(after), before != after) == (1, 1, True)
    assert engine._names_of(engine.read_alias) == engine._names_of(engine.write_alias) == after


def test_second_rebuild_is_refused_while_the_first_lives(engine, rows):
    by_key = {row.key: row for row in rows}

    def batches():
        with pytest.raises(EngineAway, match="another rebuild"):
            engine.rebuild(list, lambda keys: [])
        return [list(by_key)]

    engine.rebuild(batches, lambda keys: rows)
    assert len(versions(engine)) == 7


@pytest.mark.parametrize(
    "owner", ["elsewhere:1:x", f"{socket.gethostname()}:{os.getpid()}:x", f"{socket.gethostname()}:1:x"], ids=["elsewhere", "here", "init"]
)
@pytest.mark.parametrize("age", [5, 31])
def test_rebuild_that_is_not_heard_of_is_taken_over(engine, rows, owner, age):
    engine._prepare()
    engine._client.index(index=engine.state_index, id="rebuild", document={"owner": owner, "at": int(time.time()) - age})
    if age < elasticsearch_engine.STALE_SECONDS:
        with pytest.raises(EngineAway, match="under way"):
            fill(engine, rows)
        assert indices(engine) == []
    else:
        fill(engine, rows)
        assert len(versions(engine)) == 7


def test_rebuild_of_a_dead_process_here_is_taken_over_at_once(engine, rows):
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    engine._prepare()
    engine._client.index(
        index=engine.state_index, id="rebuild", document={"owner": f"{socket.gethostname()}:{child}:x", "at": int(time.time())}
    )
    fill(engine, rows)
    assert len(versions(engine)) == 7


def test_rebuild_that_was_taken_over_stops(engine, rows):
    fill(engine, rows)
    before = indices(engine)

    def batches():
        engine._client.index(index=engine.state_index, id="rebuild", document={"owner": "elsewhere:1:x", "at": int(time.time())})
        return [[rows[0].key]]

    with pytest.raises(EngineAway, match="took over"):
        engine.rebuild(batches, lambda keys: rows[:1])
    assert engine._names_of(engine.read_alias) == before
    assert engine._client.get(index=engine.state_index, id="rebuild")["_source"]["owner"] == "elsewhere:1:x"


def test_generation_of_a_dead_rebuild_is_removed_by_the_next(engine, rows):
    fill(engine, rows)

    def die():
        yield [rows[0].key]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.rebuild(die, lambda keys: rows[:1])
    assert (len(indices(engine)), len(versions(engine))) == (2, 7)
    fill(engine, rows)
    assert (len(indices(engine)), len(versions(engine))) == (1, 7)


def test_changes_during_a_rebuild_are_in_the_new_generation(engine, rows):
    by_key = fill(engine, rows)

    def read(keys):
        return [by_key[key] for key in keys if key in by_key]

    def batches():
        yield ["guide:1", "guide:2", "guide:3"]
        by_key["guide:1"] = make_row(1, "แก้แล้ว", version=900)
        by_key["guide:70"] = make_row(70, "ใหม่", version=901)
        old = by_key.pop("guide:2"), by_key.pop("guide:6")
        engine.write(["guide:1", "guide:2", "guide:6", "guide:70"], read)
        assert versions(engine) == {key: row.version for key, row in by_key.items()}
        by_key["guide:6"] = old[1]  # as a batch that was read before the deletion
        yield ["guide:4", "guide:5", "guide:6", "guide:7"]
        del by_key["guide:6"]

    calls = iter([batches])
    engine.rebuild(lambda: next(calls, lambda: [list(by_key)])(), read)
    assert versions(engine) == {key: row.version for key, row in by_key.items()}


def test_rebuild_that_does_not_come_level_does_not_switch(engine, rows, monkeypatch):
    fill(engine, rows)
    before = engine._names_of(engine.read_alias)
    monkeypatch.setattr(ElasticsearchEngine, "_bulk", lambda *args, **options: {})  # every write is lost
    with pytest.raises(EngineAway, match="do not come level"):
        fill(engine, rows)
    assert engine._names_of(engine.read_alias) == before


def test_document_that_is_refused_does_not_stop_a_rebuild(engine, rows):
    bad = make_row(60, "เสีย", version=900)
    bad.facets = {"stage": [{"not": "a code"}]}
    fill(engine, [*rows, bad])
    assert versions(engine) == {row.key: row.version for row in rows}


def test_searches_during_switches_never_miss_or_double(engine, rows, monkeypatch):
    monkeypatch.setattr(elasticsearch_engine, "GRACE_SECONDS", 0.3)
    fill(engine, rows)
    totals, stop = set(), threading.Event()

    def look():
        while not stop.is_set():
            totals.add(engine.search(Plan()).total)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(3):
        fill(engine, rows)
    stop.set()
    for reader in readers:
        reader.join()
    assert totals == {7}


def test_index_of_another_schema_is_not_healthy(engine, rows, monkeypatch):
    fill(engine, rows)
    monkeypatch.setattr(elasticsearch_engine, "SCHEMA", 99)
    assert engine.is_healthy() is False
    fill(engine, rows)
    assert engine.is_healthy() is True


def test_two_prefixes_of_which_one_begins_with_the_other_do_not_touch_each_other(engine, rows, elasticsearch_url):
    other = ElasticsearchEngine(elasticsearch_url, f"{engine.prefix}-more", timeout=10)
    try:
        fill(other, rows[:2])
        fill(engine, rows)
        fill(engine, rows)
        assert (len(versions(other)), len(versions(engine))) == (2, 7)
    finally:
        other.destroy()
    assert len(versions(engine)) == 7


def test_server_that_is_not_there_is_away(rows):
    engine = ElasticsearchEngine("http://127.0.0.1:1", "msme-test-nowhere")
    for work in (lambda: engine.search(Plan()), engine.describe, engine.is_healthy, engine.cutter, engine.destroy,
                 lambda: engine.write(["guide:1"], lambda keys: rows[:1]), lambda: engine.rebuild(list, lambda keys: [])):  # fmt: skip
        with pytest.raises(EngineAway):
            work()


@pytest.mark.parametrize("address", ["http://elasticsearch", "https://search.example.go.th", "http://user:secret@elasticsearch:9200"])
def test_address_needs_no_port_and_may_hold_a_password(address):
    (node,) = ElasticsearchEngine(address)._quick.transport.node_pool.all()
    assert node.config.port == {"http": 9200, "https": 443}[node.config.scheme]
    assert ("authorization" in node.config.headers) == ("@" in address) or "@" in address
