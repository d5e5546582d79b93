"""The one fact on which the Elasticsearch engine is built: it reads our joined text as exactly our words.

Joined text (`thai.join`) has U+200B where two words stand side by side. The engine's `joined` analyzer splits at
`thai.SEPARATORS` and repeats `thai.term_of` with filters; it must give our terms at our places, and the unified
highlighter must mark whole words in the text as it is stored. Proved against the index that the engine makes.
"""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import thai
from search.engines.elasticsearch_engine import ElasticsearchEngine, make_index

pytestmark = pytest.mark.needs("elasticsearch")

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
    """An index as the engine makes it."""

    def __init__(self, address: str):
        engine = ElasticsearchEngine(address, f"msme-test-{uuid.uuid4().hex[:10]}", timeout=30)
        self.client, self.index = engine._client, f"{engine.prefix}-index"
        make_index(self.index).create(using=self.client)

    def tokens(self, text: str) -> list[dict]:
        return self.client.indices.analyze(index=self.index, analyzer="joined", text=text)["tokens"]


@pytest.fixture(scope="module")
def server(request):
    server = Server(request.getfixturevalue("elasticsearch_url"))
    yield server
    server.client.indices.delete(index=server.index)


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
    server.client.index(index=server.index, id="1", document={"body": joined}, refresh=True)
    term = next(word.term for word in thai.find_words(text) if "ภาษี" in word.term)
    answer = server.client.search(
        index=server.index,
        query={"term": {"body": term}},
        highlight={"type": "unified", "fields": {"body": {"number_of_fragments": 0, "pre_tags": ["[["], "post_tags": ["]]"]}}},
    )
    marked = answer["hits"]["hits"][0]["highlight"]["body"][0]
    shown = next(text[word.start : word.end] for word in thai.find_words(text) if word.term == term)
    assert marked.replace("[[", "").replace("]]", "") == joined
    assert f"[[{shown}]]" in marked
