"""Measuring any folder in the BEIR layout: the numbers by hand, the files, the bad folders, and that nothing is left."""

import json
import math
import tempfile
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from kb.demo.load import GUIDES, read_yaml
from search import evaluation
from search.engines.choice import embedded
from search.engines.elasticsearch_engine import ElasticsearchEngine
from search.evaluation import BadFolder, Collection, evaluate, fill_scratch, measure, read_collection
from search.models import Document
from search.query import explain, search
from tests.factories import GuideFactory
from tests.search.test_relevance import read_questions

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]  # no database's own behaviour is in question here

CORPUS = [
    {"_id": "d1", "title": "กะละแมหวาน", "text": "กะละแมหวานทำจากข้าวเหนียว กวนในกระทะ"},
    {"_id": "d2", "title": "ขนมไทย", "text": "ขนมหลายอย่าง เช่น กะละแมหวาน และทองหยิบ ขายในตลาดนัดทุกวันเสาร์"},
    {"_id": "d3", "title": "", "text": "ทองหยอดทำจากไข่"},
    {"_id": "d4", "title": "ภาษีป้าย", "text": "ป้ายหน้าร้านต้องเสียภาษีป้ายทุกปี", "metadata": {"lang": "th"}},
    {"_id": "d5", "text": "zebra xylophone"},
]
QUERIES = [
    {"_id": "q1", "text": "กะละแมหวาน"},
    {"_id": "q2", "text": "ภาษีป้าย"},
    {"_id": "q3", "text": "qqwwzz"},
    {"_id": "q4", "text": "ทองหยิบ"},  # nobody has judged it
    {"_id": "q5", "text": "ทองหยอด"},  # judged to have no answer
]
NOISY = [{"_id": "q2", "text": "ภาสีป้าย", "metadata": {}}]
JUDGED = [("q1", "d2", 2), ("q1", "d1", 1), ("q1", "d3", 1), ("q2", "d4", 1), ("q3", "d5", 1), ("q5", "d3", 0)]
HEADING = "query-id\tcorpus-id\tscore\n"
MEASURES = ["ndcg@10", "recall@10", "recall@100", "mrr@10", "p50_ms", "p95_ms", "docs_per_s"]


def lines_of(rows: list[dict]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(lines_of(CORPUS[:2]) + "\n" + lines_of(CORPUS[2:]), encoding="utf-8")  # a blank line
    (folder / "queries.jsonl").write_text(lines_of(QUERIES), encoding="utf-8")
    (folder / "queries.noisy.jsonl").write_text(lines_of(NOISY), encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(HEADING + "".join(f"{q}\t{d}\t{s}\n" for q, d, s in JUDGED) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch) -> Path:
    """Where scratch folders are made; none is left when the test ends."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def run(folder: Path, *arguments, **options) -> str:
    out = StringIO()
    call_command("evaluate_search", str(folder), *arguments, stdout=out, **options)
    return out.getvalue()


def failure(folder: Path, *arguments) -> str:
    with pytest.raises(CommandError) as error:
        run(folder, *arguments)
    return str(error.value)


# The measures


@pytest.mark.parametrize(
    ("found", "relevant", "ndcg", "recall_10", "recall_100", "mrr"),
    [
        (["a"], {"a": 1}, 1.0, 1.0, 1.0, 1.0),
        ([], {"a": 1}, 0.0, 0.0, 0.0, 0.0),
        (["x", "a"], {"a": 1}, 1 / math.log2(3), 1.0, 1.0, 0.5),
        (["x", "a"], {"a": 2}, 1 / math.log2(3), 1.0, 1.0, 0.5),
        (["b", "a"], {"a": 2, "b": 1}, (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)), 1.0, 1.0, 1.0),
        (["x"] * 10 + ["a"], {"a": 1}, 0.0, 0.0, 1.0, 0.0),
        (["x"] * 100 + ["a"], {"a": 1}, 0.0, 0.0, 0.0, 0.0),
        (["a"], {"a": 3, "b": 3}, 7 / (7 + 7 / math.log2(3)), 0.5, 0.5, 1.0),
        ([f"d{n}" for n in range(10)], {f"d{n}": 1 for n in range(20)}, 1.0, 0.5, 0.5, 1.0),
    ],
)
def test_measures_are_those_of_the_books(found, relevant, ndcg, recall_10, recall_100, mrr):
    found = [f"{document}{rank}" if document == "x" else document for rank, document in enumerate(found)]
    assert measure(found, relevant) == (pytest.approx(ndcg), recall_10, recall_100, mrr)


def test_a_folder_is_measured_by_hand(folder, tmp_path):
    """q1: d1 first, d2 second, d3 not at all; q2: right first; q3: nothing; q4 and q5 are not counted."""
    run(folder, "--json", str(tmp_path / "table.json"), "--runs", str(tmp_path / "runs"))
    table = json.loads((tmp_path / "table.json").read_text())
    lines = [line.split(" ") for line in (tmp_path / "runs" / "clean.trec").read_text(encoding="utf-8").splitlines()]
    assert [line[2] for line in lines if line[0] == "q1"][:2] == ["d1", "d2"]
    assert "d3" not in [line[2] for line in lines if line[0] == "q1"]
    first = (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3) + 1 / math.log2(4))
    assert table["clean"]["ndcg@10"] == pytest.approx((first + 1 + 0) / 3)
    assert table["clean"]["recall@10"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert table["clean"]["recall@100"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert table["clean"]["mrr@10"] == pytest.approx((1 + 1 + 0) / 3)
    assert list(table) == ["clean", "noisy"]
    assert [table["noisy"][name] for name in MEASURES[:4]] == [1.0] * 4  # the index's own words corrected it
    assert 0 < table["clean"]["p50_ms"] <= table["clean"]["p95_ms"] < 5_000
    assert table["clean"]["docs_per_s"] > 0


def test_the_table_has_exactly_the_keys_that_were_asked_for(folder, tmp_path):
    run(folder, "--json", str(tmp_path / "table.json"))
    assert {kind: list(row) for kind, row in json.loads((tmp_path / "table.json").read_text()).items()} == dict.fromkeys(
        ("clean", "noisy"), MEASURES
    )


def test_the_table_is_printed(folder):
    lines = run(folder).splitlines()
    assert lines[0] == "tiny: 5 documents, engine embedded"
    assert lines[1].split() == ["kind", "n", "nDCG@10", "R@10", "R@100", "MRR@10", "p50", "ms", "p95", "ms", "docs/s"]
    assert [line.split()[:2] for line in lines[2:]] == [["clean", "3"], ["noisy", "1"]]
    assert [float(line.split()[2]) for line in lines[2:]][1] == 1.0


def test_runs_are_in_trec_format(folder, tmp_path):
    run(folder, "--runs", str(tmp_path / "deep" / "runs"))
    assert sorted(path.name for path in (tmp_path / "deep" / "runs").iterdir()) == ["clean.trec", "noisy.trec"]
    for name in ("clean", "noisy"):
        by_query: dict[str, list[tuple[int, float]]] = {}
        for line in (tmp_path / "deep" / "runs" / f"{name}.trec").read_text(encoding="utf-8").splitlines():
            query, q0, document, rank, score, tag = line.split(" ")
            assert (q0, tag, document in {row["_id"] for row in CORPUS}) == ("Q0", "msme-embedded", True)
            by_query.setdefault(query, []).append((int(rank), float(score)))
        for found in by_query.values():
            assert [rank for rank, _ in found] == list(range(1, len(found) + 1))
            assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
        assert by_query.keys() <= {"q1", "q2", "q3"}


def test_only_the_kinds_that_are_named_are_measured(folder, tmp_path):
    out = run(folder, "--kind", "noisy", "--json", str(tmp_path / "table.json"), "--runs", str(tmp_path / "runs"))
    assert list(json.loads((tmp_path / "table.json").read_text())) == ["noisy"]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["noisy.trec"]
    assert "clean" not in out
    assert [line.split()[0] for line in run(folder, "--kind", "noisy", "clean").splitlines()[2:]] == ["clean", "noisy"]


# Reading


def test_a_collection_is_read_as_it_stands(folder):
    collection = read_collection(folder)
    assert collection.texts == {row["_id"]: (row.get("title", ""), row["text"]) for row in CORPUS}
    assert collection.queries == {"clean": {row["_id"]: row["text"] for row in QUERIES}, "noisy": {"q2": "ภาสีป้าย"}}
    assert collection.judged == {"q1": {"d2": 2, "d1": 1, "d3": 1}, "q2": {"d4": 1}, "q3": {"d5": 1}, "q5": {"d3": 0}}


@pytest.mark.parametrize("heading", ["", HEADING, "query-id\tcorpus-id\tscore\r\n", "a\tb\tc\n"])
def test_judgements_have_a_heading_or_none(folder, heading):
    before = read_collection(folder).judged
    (folder / "qrels" / "test.tsv").write_text(heading + "".join(f"{q}\t{d}\t{s}\n" for q, d, s in JUDGED), encoding="utf-8")
    assert read_collection(folder).judged == before


def test_all_files_of_judgements_count(folder):
    (folder / "qrels" / "dev.tsv").write_text(f"{HEADING}q4\td2\t1\n", encoding="utf-8")
    assert read_collection(folder).judged["q4"] == {"d2": 1}


# Bad folders


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert name in failure(folder)


def test_what_is_no_folder_is_said(folder, tmp_path):
    assert "nowhere" in failure(tmp_path / "nowhere")
    assert "corpus.jsonl" in failure(folder / "corpus.jsonl")


def test_missing_judgements_are_said(folder):
    (folder / "qrels" / "test.tsv").unlink()
    assert "no judgements" in failure(folder)
    (folder / "qrels").rmdir()
    assert "no judgements" in failure(folder)


def test_an_unknown_kind_is_named(folder):
    assert "tipsy" in failure(folder, "--kind", "clean", "tipsy")


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "queries.noisy.jsonl"])
@pytest.mark.parametrize("line", ['{"_id": "d9", "text": ', "nonsense", '{"text": "x"}'])
def test_a_broken_line_is_named_with_its_number(folder, name, line):
    rows = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(f"{rows}{line}\n", encoding="utf-8")
    said = failure(folder)
    assert f"{name}, line {rows.count(chr(10)) + 1}" in said


def test_a_judgement_without_three_cells_is_named_with_its_number(folder):
    (folder / "qrels" / "test.tsv").write_text(f"{HEADING}q1\td1\t1\nq1 d1 1\n", encoding="utf-8")
    assert "test.tsv, line 3" in failure(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("queries.jsonl", b'{"_id": "q1"}\n'),  # no text
        ("corpus.jsonl", b"17\n"),  # no object
        ("corpus.jsonl", b"\xff\xfe\x00\n"),  # no UTF-8
        ("qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\tmuch\n"),  # no number
        ("qrels/test.tsv", b"\xff\xfeq1\td1\t1\n"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_file(folder, name, content):
    (folder / name).write_bytes(content)
    assert Path(name).name in failure(folder)


def test_elasticsearch_without_an_address_is_said(folder, settings):
    settings.ELASTICSEARCH_URL = ""
    assert "ELASTICSEARCH_URL" in failure(folder, "--engine", "elasticsearch")


def test_an_unknown_engine_is_refused(folder):
    with pytest.raises(CommandError, match="invalid choice"):
        run(folder, "--engine", "lucene")


# Nothing is left


def test_nothing_is_left_behind(folder, scratch, index_dir):
    run(folder)
    assert list(scratch.iterdir()) == []
    assert not index_dir.exists()
    assert Document.objects.count() == 0


def test_nothing_is_left_behind_by_a_failure(folder, scratch, monkeypatch):
    monkeypatch.setattr(evaluation, "make_plan", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(folder)
    assert list(scratch.iterdir()) == []


def test_nothing_is_left_behind_when_elasticsearch_is_away(folder, scratch, settings):
    settings.ELASTICSEARCH_URL = "http://127.0.0.1:9"
    assert failure(folder, "--engine", "elasticsearch")
    assert list(scratch.iterdir()) == []


def test_the_site_and_its_index_are_not_touched(folder, sweep):
    GuideFactory(slug="own", title="ภาษีป้ายของร้าน")
    sweep()
    run(folder)
    assert [item.object.slug for item in search("ภาษีป้าย").items] == ["own"]


# The production path


def test_questions_take_the_path_of_the_site():
    """The same texts in the site's index and in a scratch index: the same plan, the same results."""
    titles = ("จดทะเบียนภาษีมูลค่าเพิ่ม", "ภาษีป้ายของร้าน", "สินเชื่อร้านกาแฟ", "ขายของออนไลน์", "กะละแมหวาน")
    texts = {f"d{number}": (title, f"เรื่อง{title}โดยย่อ") for number, title in enumerate(titles)}
    evaluation._fill(embedded(), [evaluation._make_row(number, *text) for number, text in enumerate(texts.values())])
    with fill_scratch(texts, "embedded") as scratch:
        plans = []
        whole = scratch.engine.search
        scratch.engine.search = lambda plan: (plans.append(plan), whole(plan))[1]
        for asked in ("สินเชือร้านกาแฟ", "4kKuxhkp", "จดแวต", "ขายของ ออน ไลน์", "กะละเเม"):
            ours = explain(asked, limit=20)
            hits = scratch.find(asked, 20).hits
            assert plans[-1] == replace(ours.plan, marks=frozenset())
            assert [(hit.object_id, hit.score) for hit in hits] == [(hit.object_id, hit.score) for hit in ours.hits]
            assert hits


# Both engines


@pytest.fixture
def remote(elasticsearch_url, settings):
    """The server; afterwards nothing of an evaluation is on it."""
    settings.ELASTICSEARCH_URL = elasticsearch_url
    client = ElasticsearchEngine(elasticsearch_url, "msme-test-evaluation", timeout=10)._client

    def left() -> set[str]:
        indices = client.cat.indices(index="evaluation-*", format="json", expand_wildcards="all").body
        templates = client.options(ignore_status=404).indices.get_index_template(name="evaluation-*").body["index_templates"]
        return {row["index"] for row in indices} | {row["name"] for row in templates}

    before = left()  # of people who evaluate at the same time
    yield client
    assert left() <= before


@pytest.mark.needs("elasticsearch")
def test_elasticsearch_is_measured_and_left_as_it_was(folder, remote, scratch, tmp_path):
    run(folder, "--engine", "elasticsearch", "--json", str(tmp_path / "table.json"), "--runs", str(tmp_path / "runs"))
    table = json.loads((tmp_path / "table.json").read_text())
    first = (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3) + 1 / math.log2(4))
    assert table["clean"]["ndcg@10"] == pytest.approx((first + 1 + 0) / 3)
    assert table["noisy"]["ndcg@10"] == 1.0
    assert (tmp_path / "runs" / "clean.trec").read_text(encoding="utf-8").splitlines()[0].split(" ")[5] == "msme-elasticsearch"
    assert list(scratch.iterdir()) == []


@pytest.mark.needs("elasticsearch")
def test_elasticsearch_is_left_as_it_was_after_a_failure(folder, remote, scratch, monkeypatch):
    monkeypatch.setattr(evaluation, "make_plan", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(folder, "--engine", "elasticsearch")
    assert list(scratch.iterdir()) == []


def sample_demonstration() -> Collection:
    """Every guide and the first programmes, 60 texts, with every fourth of our questions that one of them answers."""
    texts = {}
    for path in sorted(GUIDES.glob("*.md")):
        _nothing, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
        texts[f"guide:{path.stem}"] = (yaml.safe_load(head)["title"], body)
    for row in read_yaml("programmes.yaml")[: 60 - len(texts)]:
        texts[f"programme:{row['code']}"] = (row["name"], f"{row['summary']}\n{row['offers']}\n{row['who']}")
    questions = [question for question in read_questions() if question.relevant and not question.relevant.keys() - texts.keys()][::4]
    return Collection(
        texts, {"clean": {question.id: question.text for question in questions}}, {question.id: question.relevant for question in questions}
    )


@pytest.mark.needs("elasticsearch")
def test_both_engines_rank_alike(remote):
    collection = sample_demonstration()
    (_kind, ours), (_kind, other) = (next(iter(evaluate(collection, name))) for name in ("embedded", "elasticsearch"))
    assert (len(collection.texts), ours.questions >= 100, other.questions) == (60, True, ours.questions)
    assert ours.ndcg > 0.6
    assert abs(ours.ndcg - other.ndcg) <= 0.005, (ours.ndcg, other.ndcg)
    assert abs(ours.mrr - other.mrr) <= 0.005


def test_a_folder_without_counted_questions_is_measured_as_nothing(folder):
    (folder / "qrels" / "test.tsv").write_text("q9\td1\t1\n", encoding="utf-8")
    assert [scores.questions for _kind, scores in evaluate(read_collection(folder))] == [0, 0]


def test_bad_folder_is_an_error_of_its_own():
    with pytest.raises(BadFolder):
        read_collection(Path("/nowhere"))
