"""The one fact on which Elasticsearch will be built: it reads our joined text as exactly our words.

Joined text (`thai.join`) has U+200B where two words stand side by side. A `char_group` tokenizer that splits at
`thai.SEPARATORS`, with filters that repeat `thai.term_of`, must give our terms at our places, and the unified
highlighter must mark whole words in the text as it is stored.
"""

import json
import urllib.request
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import thai

pytestmark = pytest.mark.needs("elasticsearch")

ANALYSIS = {
    "tokenizer": {"words": {"type": "char_group", "tokenize_on_chars": list(thai.SEPARATORS), "max_token_length": 1000}},
    "filter": {
        "edges": {"type": "pattern_replace", "pattern": r"^[^\p{L}\p{N}]+|[^\p{L}\p{M}\p{N}]+$", "replacement": ""},
        "dots": {"type": "pattern_replace", "pattern": r"(?<=\d),(?=\d)|(?<!\d)\.|\.(?!\d)", "replacement": ""},
        "no_nothing": {"type": "length", "min": 1},
    },
    "analyzer": {
        "joined": {
            "type": "custom",
            "tokenizer": "words",
            "filter": ["lowercase", "cjk_width", "decimal_digit", "edges", "dots", "no_nothing"],
        }
    },
}
TEXTS = [
    "ขายของออนไลน์ต้องเสียภาษีไหม",
    "แบบ ภ.พ.30 ของสสว. กับบสย. ครับ",
    "ปีละ 1,800,000 บาท (VAT 7%) เลขที่๑๒๓/๔๕",
    "e-Tax Invoice by Email, ISO9001; a.b@c.d",
    "“จดทะเบียน” … อื่นๆ กรุงเทพฯ ฿500 • ข้อ 1",
    "เพลงโยโย่ยย 😀 C++ ＶＡＴ",
    "น้ำท่วมร้าน กู้ชีพ ปู่ซื้อที่ญี่ปุ่น",
    "ก" * 250,
]


class Server:
    def __init__(self, address: str):
        self.address = address.rstrip("/")
        self.index = f"msme-test-{uuid.uuid4().hex[:10]}"

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            f"{self.address}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def tokens(self, text: str) -> list[dict]:
        return self.ask("POST", f"{self.index}/_analyze", {"analyzer": "joined", "text": text})["tokens"]


@pytest.fixture(scope="module")
def server(request):
    server = Server(request.getfixturevalue("elasticsearch_url"))
    server.ask(
        "PUT",
        server.index,
        {
            "settings": {"number_of_shards": 1, "number_of_replicas": 0, "analysis": ANALYSIS},
            "mappings": {"properties": {"body": {"type": "text", "analyzer": "joined"}}},
        },
    )
    yield server
    server.ask("DELETE", server.index)


def utf16(text: str, place: int) -> int:
    """Java counts a character beyond the first plane as two."""
    return len(text[:place].encode("utf-16-le")) // 2


@pytest.mark.parametrize("text", TEXTS)
def test_elasticsearch_cuts_joined_text_into_our_words(server, text):
    joined = thai.join(text)
    found = [(token["token"], token["start_offset"]) for token in server.tokens(joined)]
    assert [term for term, _ in found] == [word.term for word in thai.split(joined)]
    assert [word.term for word in thai.split(joined)] == [word.term for word in thai.find_words(text)]
    for (_, start), word in zip(found, thai.split(joined), strict=True):
        assert start <= utf16(joined, word.start)  # a token may begin with the quotation mark that stands at its word


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="กขคงจดทภษสอแโไาะำัิีึืุู็่้์ฯๆ๑ .,-/()“”VATa1\u200b\u00a0", min_size=1, max_size=40))
def test_elasticsearch_cuts_anything_thai_into_our_words(server, text):
    joined = thai.join(text)
    assert [token["token"] for token in server.tokens(joined)] == [word.term for word in thai.split(joined)]


def test_elasticsearch_positions_follow_our_words(server):
    """Word pairs need neighbours: no holes where spaces and punctuation stood."""
    joined = thai.join("จดทะเบียน (VAT) ที่ไหน ภ.พ.30.")
    assert [token["position"] for token in server.tokens(joined)] == list(range(len(thai.split(joined))))


def test_unified_highlighter_marks_whole_words_in_the_stored_text(server):
    text = "ร้านค้าออนไลน์ต้องจดทะเบียนพาณิชย์ และเสียภาษีมูลค่าเพิ่ม"
    joined = thai.join(text)
    server.ask("PUT", f"{server.index}/_doc/1?refresh=true", {"body": joined})
    term = next(word.term for word in thai.find_words(text) if "ภาษี" in word.term)
    answer = server.ask(
        "POST",
        f"{server.index}/_search",
        {
            "query": {"term": {"body": term}},
            "highlight": {"type": "unified", "fields": {"body": {"number_of_fragments": 0, "pre_tags": ["[["], "post_tags": ["]]"]}}},
        },
    )
    marked = answer["hits"]["hits"][0]["highlight"]["body"][0]
    shown = next(text[word.start : word.end] for word in thai.find_words(text) if word.term == term)
    assert marked.replace("[[", "").replace("]]", "") == joined
    assert f"[[{shown}]]" in marked
