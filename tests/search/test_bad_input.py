"""What nobody should type, at every place where something is searched: never an error, never more than words (B5)."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.urls import reverse
from wagtail.search.backends import get_search_backend

from kb.models import GuidePage
from search.documents import listed_kinds
from search.forms import facet_rows, read_address
from search.query import LAST_PAGE, explain, search
from search.readings import LONGEST, MOST_WORDS, read_question
from tests.factories import GuideFactory, ProgrammeFactory, UserFactory

pytestmark = pytest.mark.django_db

HTML = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg/onload=alert(1)>", "</title><script>x</script>", "</textarea><b>", "<mark>ภาษี</mark>", "&lt;ภาษี&gt;", "&#x3c;b&#x3e;", '" onfocus=alert(1) x="',
    "' onmouseover='alert(1)", "javascript:alert(1)", "data:text/html,<b>x", "<!-- -->", "-->", "]]>", "<![CDATA[x]]>", "<a href=//evil.test>", "<base href=//evil.test>", "<meta http-equiv=refresh content=0>", "\u003cscript\u003e",
    "{{7*7}}", "{% debug %}", "{{ request }}", "{{settings.SECRET_KEY}}", "{% load x %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{{x}}}", "%0d%0aSet-Cookie: a=b", "\r\nLocation: //evil.test", "ภาษี\r\nX: y", "<ภาษี>", "<<<<", ">>>>", "<b",
]  # fmt: skip
SYNTAX = [
    '"', 'a"b', 'zq"*', 'zzqqx"OR"เงียบ', '…"เ"*…', 'zz"OR-"q', "*", "?", "^", "~", ":", "(", ")", "[", "]", "{", "}", "/", "\\", "+", "-", "&&", "||", "!", "=", ">", "<", "@", "#", "$", "%", "%%", "_", "`", "'", "''", ";", ",", ".", "…",
    "AND", "OR", "NOT", "NEAR", "TO", "ภาษี AND ป้าย", "ภาษี OR", "NOT ภาษี", "_exists_:title", "title:ภาษี", "title:*", "*:*", "/re.*ge/", "ภาษี~2", "a~2", "a^99999", "[* TO *]", "{a TO z}", "ภาษี*", "*ภาษี", "?าษี",
    "key:guide\\:1", "body:[a TO b]", "+ภาษี -ป้าย", "((((", "))))", '"ภาษี ป้าย"~5', "a" + "(" * 150, "\\u0e01", "IN [a b c]", "ภาษี^-1", "ภาษี^1e308", "ภาษี^NaN", "a && b || c", "NEAR(a b, 5)", "a NEAR/3 b", "col:a", "^a", "a - b", "-a",
    "' OR 1=1--", "'; DROP TABLE search_document;--", "1; SELECT pg_sleep(5)", "' UNION SELECT 1--", "\\'; --", "%' OR '%'='", "ภาษี' AND SLEEP(5)#", "a:*|!b", "a & b", "a | !b", "a <-> b", ":*", "$where", '{"$gt":""}', '{"match_all":{}}',
    '{"query":{"script":{}}}', "../../etc/passwd", "..\\..\\", "/etc/passwd", "|ls", "`ls`", "$(ls)", "%00", "%2e%2e%2f", "%E0%B8", "%u0e01", "file:///x", "http://169.254.169.254/", "ldap://x", "(*)(uid=*", "%n%n%n", "%s%s%s", "{0}", "{0.__class__}",
    "__import__('os')", "None", "null", "undefined", "NaN", "Infinity", "-Infinity", "true", "false", "0", "-1", "1e309", "0x10", "1/0", "999999999999999999999", "2147483648", "9223372036854775808", "1.0.0.0", "NULL", "[]", "{}", "()", "[[[]]]",
]  # fmt: skip
UNICODE = [
    "\x00", "ภาษี\x00ป้าย", "\x00\x00\x00", "\x01\x02\x1f", "\x7f", "\x85", "\x1b[31m", "\x08", " ", "   ", "\t\n\r", "\n" * 50, "\u3000", "\u00a0", "\u2003", "\u200b", "\u200d\u200d", "\u200c", "\ufeff", "\u2060", "\u202e", "\u202eภาษี", "\u2066\u2069", "\u202d", "\u00ad",
    "\u061c", "\u180e", "\u034f", "\u2028\u2029", "ภา\u200bษี", "ภ\u200bา\u200bษี", "ภ\u00adาษี", "\u0e48", "\u0e33", "\u0e48\u0e48\u0e48", "\u0e34\u0e35", "ฺ", "ํ", "์", "ๆ", "ฯ", "ฯลฯ", "๛", "๏", "๚", "฿", "ๅ", "ฦๅ", "ฤๅ",
    "เเ", "แแ", "เแเ", "โโ", "ะะ", "ๆๆๆ", "เ" * 200, "ๆ" * 200, "ก" * 200, "ก" + "\u0e48" * 300, "ก\u0e38\u0e39\u0e34\u0e35", "e" + "\u0301" * 300, "a\u0300\u0301\u0302\u0303\u0304\u0305", "น\u0e4d\u0e32", "น\u0e49\u0e4d\u0e32", "น\u0e4d\u0e49\u0e32", "ก\u0e48\u0e34", "ก\u0e48\u0e38",
    "ที่\u0e48", "ภาาาาษี", "จ\u0e14", "Z̸̡̧͚a̷l̶g̵o̴", "ＶＡＴ", "ｖａｔ", "๑", "๑" * 200, "๒๕๖๙", "๑,๘๐๐,๐๐๐", "１２３", "٣", "۱۲", "½", "²", "Ⅷ", "①", "😀", "😀" * 60, "👩\u200d👩\u200d👧\u200d👦" * 20, "🇹🇭", "👍🏽", "\ufe0f", "⃣", "❤️", "🏴\U000e0067\U000e007f",
    "\U0010ffff", "\U000e0001", "\ue000", "\ue001", "\ue000ภาษี\ue001", "\uf8ff", "\ufffe", "\uffff", "\ufffd", "\u0378", "\U0001f9ff", "\u0e3b", "\u0e5c", "\u0e7f", "İ", "ı", "ß", "ẞ", "ﬁ", "ﷺ" * 50, "𝕍𝔸𝕋", "Ǆ", "ŉ", "ΐ", "K", "Å", "Ω" * 200, "ſ",
    "ກຂຄ", "កខគ", "မြန်မာ", "हिन्दी", "தமிழ்", "ꦗꦮ", "ᨲᩫ᩠ᩅ", "བོད", "العربية", "עברית", "فارسی", "日本語", "한국어", "\u1100\u1161", "中文字", "ภาษีabc中文", "ٱ", "ა", "ᏣᎳᎩ", "𐍈", "𠀋", "𓀀", "ʰ", "ˈ", "†", "™", "℡", "㎏", "㍿", "︎",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "\ud83d".encode("utf-8", "surrogatepass").decode("utf-8", "ignore"), "ภาษี\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
]  # fmt: skip
LONG = [
    "a" * 100_000, "ก" * 5_000, "1" * 20_000, "๑" * 20_000, "ด้านหน้า" * 2_000, "ภาษี " * 500, "w " * 3_000, "ภาษี" * 5_000, "ตากลม" * 1_000, "," * 5_000, "ก." * 3_000, "-" * 10_000, "\u0e48" * 5_000, "😀" * 2_000, " " * 10_000, "\n" * 10_000,
    "(" * 5_000, '"' * 5_000, "a b " * 3_000, "<b>" * 3_000, "{{" * 3_000, "เ" * 10_000, "\u200b" * 10_000, "1,000," * 3_000, "1.5" * 3_000, "ภ.พ." * 2_000, "a." * 5_000, "ﷺ" * 2_000, "e\u0301" * 3_000, "มะม่วงหิมพานต์" * 500, "ขขขกกก" * 1_000, "lbog=njv " * 500,
    "x" * 199, "x" * 200, "x" * 201, "ก" * 199 + "ำ", "ภาษี" * 50, "ภาษี" * 51, " ".join("abcdefghijklmnopqrst"), " ".join("abcdefghijklmnopqrstu"), " ".join(map(str, range(60))), "ๆ" * 10_000, "ๅ" * 3_000, "%" * 5_000,
]  # fmt: skip
# What looks like another layout, a slip, a spelling: the parts that guess.
GUESSED = [
    "lbog=njv", "ดพฟืแ้รหำ", "lbog=njv ภาษี", "L^opN ojko", "~!@#$%^&*()_+", "QWERTYUIOP{}|", "qwertyuiop[]\\", "zxcvbnm,./", ";'][", "ฟหกด่าสว", "ภถุึคตจขช", "a;a;a;", "kdkdkd" * 30, "ฃฃฃ", "ฅฅ", "ภาษ๊", "ภาษ", "าษี", "ษี", "ี", "ภาสีป้าย", "จดทะเบยีน", "ทะเบียนน",
    "เปิด ร้าน กา แฟ", "เ ปิ ด ร้ า น", "ก า แ ฟ", "vat vat vat", "ภ.พ.30", "ภพ๓๐", "ภ . พ . 3 0", "สสว", "ส.ส.ว.", "SME", "s.m.e.", "sme's", "o'clock", "e-tax", "e–tax", "i/o", "c++", "c#", ".net", "a@b.test", "+66 81 234 5678", "1-2345-67890-12-1", "081-234-5678",
    "https://example.test/?a=b&c=d", "www.x.test", "ต้องทำไง", "ทำไง", "ไหม", "ครับ", "ที่", "ของ ของ ของ", "ไม่", "และ หรือ", "?!?!", "555", "55555+", "5" * 30,
]  # fmt: skip
EVERYTHING = HTML + SYNTAX + UNICODE + LONG + GUESSED
PARAMETERS = ("type", "stage", "function", "province", "sector", "size", "agency", "format", "page", "exact", "after", "unknown", "stage[]")
PARTS = 4


def test_there_are_enough_of_them():
    assert len(set(EVERYTHING)) >= 400


@pytest.fixture
def shelf(sweep):
    GuideFactory(slug="vat", title="จดทะเบียนภาษีมูลค่าเพิ่ม", keywords="จดแวต")
    GuideFactory(slug="sign", title="ภาษีป้ายของร้าน", body=[("text", "<h2>ใคร</h2><p>ร้านค้าออนไลน์</p>")])
    ProgrammeFactory(code="grant", name="เงินช่วยจดภาษี", live=True)
    sweep()


_SUSPECT = re.compile(r"""\son\w+\s*=|<(script|img|svg|base|meta|iframe)[^>]*(alert|evil|onload)|(javascript|data):(?!image/svg)""", re.I)


class _Reader(HTMLParser):
    """Reads a page as a browser does, and keeps what could run."""

    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name.startswith("on") or (
                name in ("href", "src", "action", "ping") and re.match(r"\s*(javascript|data):(?!image/svg)", value or "", re.I)
            ):
                self.found.append(f"{tag} {name}={value}"[:80])
        if "evil" in str(attrs) or (tag == "base" or (tag == "meta" and ("http-equiv", "refresh") in attrs)):
            self.found += [] if "value" in dict(attrs) or "q=" in str(attrs) else [f"{tag} {attrs}"[:80]]
        if tag in ("script", "iframe") and "src" not in dict(attrs):
            self.found.append(tag)


def find_injection(html: str, given: str, *, is_asked: bool = True) -> str:
    """What of the input became more than words in a page; empty when nothing did."""
    if _SUSPECT.search(html):
        reader = _Reader()
        reader.feed(html)
        if reader.found:
            return str(reader.found)
    if "SECRET_KEY" in given and "dev-only" in html:
        return "a secret"
    if not is_asked:
        return ""
    shown = unescape(re.search(r'id="q" name="q" type="search" value="([^"]*)"', html)[1])
    if given.strip("\x00") in ("{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>") and shown != given:
        return "a computed value"
    return ""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_question_breaks_the_results_page(client, shelf, part):
    broken = []
    for given in EVERYTHING[part::PARTS]:
        response = client.get(reverse("search"), {"q": given})
        html = response.content.decode()
        if response.status_code not in (200, 400) or len(html) - len(quote(given)) > 60_000:  # the language switch repeats the address
            broken.append((given[:40], response.status_code, len(html)))
        elif response.status_code == 200 and (found := find_injection(html, given)):
            broken.append((given[:40], found))
        if "evil" in str(response.headers) or "Set-Cookie: a=b" in str(response.headers):
            broken.append((given[:40], "a header"))
    assert broken == []


def test_every_value_of_every_parameter_is_read(shelf):
    """What is read is known or nothing, and leads to an address that is read the same."""
    for given in EVERYTHING:
        for name in ("q", *PARAMETERS):
            params = QueryDict(mutable=True)
            params.setlist(name, [given])
            asked = read_address(params)
            assert 1 <= asked.page <= LAST_PAGE
            assert asked.type in ("", *listed_kinds())
            assert all(code in facet_rows(facet) for facet, codes in asked.filters.items() for code in codes)
            assert max(len(asked.text), len(asked.after)) <= 2 * LONGEST
            again = read_address(QueryDict(asked.address().partition("?")[2]))
            assert (again.type, again.filters, again.exact) == (asked.type, asked.filters, asked.exact), given[:40]


def test_no_values_break_the_results_page(client, shelf):
    """As many inputs at once as there are parameters, each in another one."""
    broken = []
    for at in range(0, len(EVERYTHING), len(PARAMETERS)):
        given = [text[:3_000] for text in EVERYTHING[at : at + len(PARAMETERS)]]
        response = client.get(reverse("search"), dict(zip(PARAMETERS, given, strict=False)) | {"q": "ภาษี"})
        html = response.content.decode()
        if response.status_code not in (200, 400) or (response.status_code == 200 and find_injection(html, "".join(given), is_asked=False)):
            broken.append((at, response.status_code))
    assert broken == []


@pytest.mark.parametrize(
    "address",
    [
        "page=0", "page=-1", "page=1e9", "page=abc", "page=99999999999999999999", "page=%F0%9F%98%80", "page=", "page=%D9%A3", "page=1.5", "page=NaN", "page=0x10", "page=%00", "page=1&page=2", "stage=run&stage=run&stage=run", "stage[]=run", "stage=run%00",
        "stage=" + "a" * 5_000, "province=TH-50&province=TH-90", "province=", "province=%E0%B9%80", "type=guide&type=programme", "type=page", "type=%00", "function=tax&function=nothing", "sector=*", "stage=*", "province=*", "agency=*", "format=*", "size=larger", "size=*",
        "exact=1", "exact=2&exact=1", "exact=%00", "after=" + "a" * 9_000, "after=%00%FF", "q=a&q=b", "q", "q=%FF%FE", "q=%ED%A0%80", "q=%C0%80", "q=%E0%B8", "=", "&&&", "q=1&unknown=2", "&".join(f"stage=s{number}" for number in range(900)), "&".join(f"agency=s{number}" for number in range(10_001)),
    ],
)  # fmt: skip
def test_no_address_breaks_the_page(client, address):
    response = client.get(f"{reverse('search')}?{address}")
    assert (response.status_code in (200, 400), len(response.content) < 250_000) == (True, True)


def test_every_question_is_read_within_its_bounds():
    for given in EVERYTHING:
        for exact in (False, True):
            question = read_question(given, exact=exact)
            assert len(question.text) <= LONGEST, given[:40]
            assert all(len(reading.words) <= MOST_WORDS and reading.words for reading in question.readings), given[:40]


def test_every_question_can_be_explained(shelf):
    for given in EVERYTHING:
        explanation = explain(given, limit=3)
        assert len(explanation.hits) <= 3, given[:40]


def test_operators_select_nothing(shelf):
    """An operator typed by a visitor is a word or nothing: with it is found what is found without."""
    for operator, words in [
        ('zzqqx"OR"qqzzx', "zzqqx qqzzx"),
        ("title:zzqqx", "title zzqqx"),
        ("[xx TO zz]", "xx TO zz"),
        ("zzqqx*", "zzqqx"),
        ("*:*", ""),
        ("/zzq.*/", "zzq"),
        ("_exists_:title", "exists title"),
        ("zzqqx~2", "zzqqx 2"),
    ]:
        assert search(operator).total == (search(words).total if words else 0), operator


def test_no_question_breaks_the_admins_search(shelf, rf):
    backend = get_search_backend()
    broken = []
    for given in EVERYTHING:
        try:
            for search_it in (backend.search, backend.autocomplete):
                list(search_it(given, GuidePage.objects.all())[:5])
        except Exception as error:  # noqa: BLE001 (whatever it is, it is told with its input)
            broken.append((given[:40], repr(error)[:200]))
    assert broken == []


def test_no_question_breaks_the_admins_page_search(client, shelf):
    client.force_login(UserFactory(is_superuser=True))
    for given in HTML[:12] + SYNTAX[:6] + UNICODE[:8] + LONG[:4]:
        response = client.get("/admin/pages/search/", {"q": given[:6_000]})
        assert response.status_code in (200, 302, 400), given[:40]
        assert "<script>alert(1)" not in response.content.decode()


def test_no_question_breaks_the_suggestions(client, shelf):
    for given in EVERYTHING:
        response = client.get(reverse("search_suggest"), {"q": given[:9_000]})
        assert response.status_code in (200, 204, 400), given[:40]
        assert len(response.content) < 4_000, given[:40]
        assert "<script>alert" not in response.content.decode() or "json" in response["Content-Type"], given[:40]
