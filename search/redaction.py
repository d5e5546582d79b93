"""What could tell who is asking leaves a question before it is written anywhere. Pure: no Django, no network.

The rules look for how people write such things, not only for what is valid: a wrong check digit, Thai digits, dots,
spaces or dashes make no difference. When in doubt a piece of a question is lost, and never a person's number kept.
What is taken out leaves a placeholder (`PLACEHOLDERS`), and redacting again changes nothing.

Numbers that questions live from stay: sums (`1,800,000`, `500000-1000000`), years, recent dates, numbers of laws and forms.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from search import thai
from search.weights import COMMON_WORDS

LONGEST = 2_000  # characters that are looked at; nobody's question is longer
CARD, PHONE, EMAIL, ACCOUNT, BIRTH, NAME, LINE, ADDRESS, LINK, NUMBER = PLACEHOLDERS = (
    "[เลขบัตร]", "[เบอร์โทร]", "[อีเมล]", "[เลขบัญชี]", "[วันเกิด]", "[ชื่อ]", "[ไลน์]", "[ที่อยู่]", "[ลิงก์]", "[เลข]",
)  # fmt: skip
_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))

Span = tuple[int, int, str]  # from, to, placeholder


def redact(text: str) -> str:
    """The text without what points to a person; spelled in one way (`thai.repair`), and cut at `LONGEST`."""
    kept = thai.repair(text[:LONGEST])
    for find in (_find_links, _find_mails, _find_line_ids, _find_births, _find_addresses, _find_numbers, _find_names):
        kept = _replace(kept, find)
    return kept


def has_redaction(text: str) -> bool:
    return bool(_PLACEHOLDER.search(text))


def strip_placeholders(text: str) -> str:
    """The text without the placeholders: what may be counted and compared."""
    return " ".join(_PLACEHOLDER.sub(" ", text).split())


def _replace(text: str, find: Callable[[str], Iterable[Span]]) -> str:
    """`find` looks at each stretch between placeholders, folded, which moves nothing."""
    parts, at = [], 0
    for stretch in [*_PLACEHOLDER.finditer(text), None]:
        plain = text[at : stretch.start()] if stretch else text[at:]
        last = 0
        for start, end, placeholder in find(thai.fold(plain)):
            if start >= last:
                parts += [plain[last:start], placeholder]
                last = end
        parts.append(plain[last:])
        if stretch:
            parts.append(stretch[0])
            at = stretch.end()
    return "".join(parts)


def _whole(pattern: re.Pattern, placeholder: str, group: int = 0) -> Callable[[str], Iterable[Span]]:
    def find(text: str) -> Iterable[Span]:
        return ((match.start(group), match.end(group), placeholder) for match in pattern.finditer(text))

    return find


# Addresses of the net: the host may stay, what follows it may name a person or carry a key

_TLD = "com|net|org|info|biz|co|io|me|app|dev|gov|edu|th|asia|shop|store|online|page|link|ly|gl|to|ee|in"
_find_links = _whole(
    re.compile(
        rf"(?:https?|ftp|line|mailto|tel|sms)\s?:\s?/{{0,2}}[^\s/?#]+[/?#]\S+|(?:tel|sms):\S+|\b[a-z0-9][a-z0-9.-]*\.(?:{_TLD})[/?#]\S+"
    ),
    LINK,
)
_find_mails = _whole(
    re.compile(
        r"(?:[^\s@<>,;:()\[\]\"']+@|[a-z0-9._%+\-]+\s?@)\s?[^\s@<>,;:()\[\]\"']+(?:\s?\.\s?[a-z]{2,6}\b)*"
        r"|[a-z0-9][a-z0-9._+-]*\s*(?:\(at\)|\[at\]|\{at\}|\bat\b)\s*[a-z0-9-]+\s*(?:\.|\(dot\)|\[dot\]|\bdot\b)\s*[a-z]{2,6}(?:\s*(?:\.|\bdot\b)\s*[a-z]{2,6})?"
        r"|[a-z0-9][a-z0-9._+-]*\s*(?:แอท|แอด|แอ็ท|แอต)\s*(?:gmail|hotmail|yahoo|outlook|icloud|จีเมล|ฮอตเมล)\S*"
    ),
    EMAIL,
)

_ID = r"[a-z0-9][a-z0-9._\-]{2,}"
_LINE_IDS = re.compile(
    rf"(?<!\w)@{_ID}"
    rf"|(?:\bline|ไลน์|ไลน)\s*(?:id|ไอดี)\s*[:=]?\s*(?:คือ\s*)?@?{_ID}"
    rf"|(?:\bid|ไอดี)\s*(?:line\b|ไลน์|ไลน)\s*[:=]?\s*(?:คือ\s*)?@?{_ID}"
    rf"|(?:\bline|ไลน์|ไลน)\s*[:=]\s*@?{_ID}"
    rf"|แอด\s*(?:line|ไลน์|ไลน)\s*[:=]?\s*@?{_ID}"
    rf"|(?:\bline|ไลน์|ไลน)\s*@?(?=[a-z0-9._\-]*[a-z])(?=[a-z0-9._\-]*[0-9_])[a-z0-9][a-z0-9._\-]{{3,}}"
)
_find_line_ids = _whole(_LINE_IDS, LINE)


# Dates of birth: said to be one, or so long ago that a deadline cannot be meant

_MONTH = (
    "มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม"
    r"|ม\.?\s?ค\.?|ก\.?\s?พ\.?|มี\.?\s?ค\.?|เม\.?\s?ย\.?|พ\.?\s?ค\.?|มิ\.?\s?ย\.?|ก\.?\s?ค\.?|ส\.?\s?ค\.?|ก\.?\s?ย\.?|ต\.?\s?ค\.?|พ\.?\s?ย\.?|ธ\.?\s?ค\.?"
    "|jan[a-z]*|feb[a-z]*|mar[a-z]*|apr[a-z]*|may|jun[a-z]*|jul[a-z]*|aug[a-z]*|sep[a-z]*|oct[a-z]*|nov[a-z]*|dec[a-z]*"
)
_ERA = r"(?:พ\.?\s?ศ\.?|ค\.?\s?ศ\.?|ปี)?\s*"
_DATE = (
    rf"(?<!\d)(?:\d{{1,2}}\s*[/.\-]\s*\d{{1,2}}\s*[/.\-]\s*(?:\d{{4}}|\d{{2}})|\d{{4}}\s*[/.\-]\s*\d{{1,2}}\s*[/.\-]\s*\d{{1,2}}"
    rf"|\d{{1,2}}\s*(?:{_MONTH})\s*{_ERA}(?:\d{{4}}|\d{{2}}))(?!\d)"
)
_BORN = re.compile(
    rf"(?:วันเกิด|เกิดเมื่อ|เกิดวันที่|เกิดปี|เกิด|dob|born|birthday|birth\s?date)\s*(?:คือ|วันที่|เมื่อ|on|in|:|=)*\s*{_ERA}({_DATE}|(?:19|20|24|25)\d\d(?!\d))"
)
_DATES = re.compile(_DATE)
_YEAR = re.compile(r"\d{4}")
YOUNGEST = 2552  # who is born later does not run a business; later dates are deadlines and periods


def _find_births(text: str) -> Iterable[Span]:
    found = [(match.start(1), match.end(1), BIRTH) for match in _BORN.finditer(text)]
    for match in _DATES.finditer(text):
        years = [int(year) + (543 if int(year) < 2200 else 0) for year in _YEAR.findall(match[0])]
        if any(2440 <= year <= YOUNGEST for year in years):
            found.append((match.start(), match.end(), BIRTH))
    return _in_order(found)


# Where somebody lives: from a house number on

_PLACE = r"[ก-๙a-z0-9][ก-๙a-z0-9.\-/]*"
_PART_OF_ADDRESS = (
    rf"(?:หมู่(?:ที่|บ้าน)?\s*(?:\d+|{_PLACE})|ม\.\s*\d+|ซอย\s*{_PLACE}|ซ\.\s*{_PLACE}|ถนน\s*{_PLACE}|ถ\.\s*{_PLACE}|ตำบล\s*{_PLACE}|ต\.\s*{_PLACE}"
    rf"|แขวง\s*{_PLACE}|ชั้น(?:ที่)?\s*\d+|ห้อง\s*\d+\S*|อาคาร\s*{_PLACE}|moo\s*\d+|soi\s*{_PLACE}|road\s*{_PLACE})"
)
_HOUSE = r"\d{1,5}(?:\s?[/\-]\s?\d{1,5})?"
_find_addresses = _whole(
    re.compile(
        rf"(?:บ้านเลขที่|ที่อยู่|อยู่ที่|เลขที่บ้าน|house\s?no\.?)\s*[:=]?\s*(?:คือ\s*)?(?:เลขที่\s*)?{_HOUSE}(?:\s*{_PART_OF_ADDRESS})*"
        rf"|(?:เลขที่\s*)?(?<![\d/]){_HOUSE}(?:\s*{_PART_OF_ADDRESS})+"
    ),
    ADDRESS,
)


# Numbers: of nine digits and more, however they are grouped

_SEPARATOR = r"[ .\-_/()+*·•|,:~‐‑‒–—−\u00a0]"
_RUN = re.compile(rf"(?:\+|\()?(?<![a-z])o?\d(?:{_SEPARATOR}{{0,5}}(?:\d|(?<=[\d\-. ])o(?=[\d\-. ])))*")
_SPOKEN_DIGIT = "ศูนย์|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า"
_SPOKEN = re.compile(rf"(?:(?:{_SPOKEN_DIGIT}|\d)[ \-.]{{0,2}}){{7,}}(?:{_SPOKEN_DIGIT}|\d)")
_SUM = re.compile(r"(?<![\d,])[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?(?![\d,])")
_HARMLESS = re.compile(
    r"(?:[1-9]\d{0,2}0{3,9}|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?|(?:25[4-9]|19|20)\d{2,2}|25[4-9]\d|\d{1,3}/25\d\d|\d{1,2}[/.\-]\d{1,2}[/.\-](?:25\d\d|20\d\d)|20\d\d-\d\d-\d\d)"
)
_PASSPORT = re.compile(r"(?<![a-z0-9])[a-z]{1,2}[ \-]?\d{6,8}(?!\d)")
FEWEST_DIGITS = 9
MOST_HARMLESS = 3  # numbers that are a sum, a year or a date each; more of them side by side are something else


def _find_numbers(text: str) -> Iterable[Span]:
    found = [(match.start(), match.end(), NUMBER) for match in _SPOKEN.finditer(text) if _THAI_RUN.search(match[0])]
    for match in _RUN.finditer(text):
        digits = re.sub(r"\D", "", match[0].replace("o", "0"))
        if len(digits) >= FEWEST_DIGITS and not _is_harmless(match[0]):
            found.append((match.start(), match.end(), _name_number(match[0], digits)))
    found += [(match.start(), match.end(), NUMBER) for match in _PASSPORT.finditer(text)]
    return _in_order(found)


def _is_harmless(run: str) -> bool:
    """Whether every piece of a run is a round sum, a sum with commas, a year, a recent date or `12/2567`."""
    pieces = re.split(r"[ \u00a0]+|(?<=\d{4})\s?[\-–—~]\s?(?=\d{4})", run.strip(" .-–—~()/,:*"))
    return len(pieces) <= MOST_HARMLESS and all(_HARMLESS.fullmatch(piece.strip("(),.-–:/")) for piece in pieces if piece.strip("(),.-–:/"))


def _name_number(run: str, digits: str) -> str:
    if (
        run.startswith(("+", "(+"))
        or digits.startswith("66")
        and len(digits) in (10, 11)
        or digits.startswith("0")
        and len(digits) in (9, 10, 12, 13)
    ):
        return PHONE if not (digits.startswith("0") and len(digits) == 13 and not digits.startswith("0066")) else CARD
    return CARD if len(digits) == 13 else ACCOUNT if len(digits) >= 10 else NUMBER


# Names: after a title, after "ชื่อ", or a first name and a family name side by side

_THAI_RUN = re.compile(r"[ก-ฺเ-์]+")
_TITLES = re.compile(
    r"(?P<strong>นางสาว|น\.\s?ส\.|นส\.|ด\.\s?ช\.|ด\.\s?ญ\.|เด็กชาย|เด็กหญิง|ว่าที่\s?ร\.\s?ต\.|นาย|นาง|\bmr\b\.?|\bmrs\b\.?|\bmiss\b|\bms\.)"
    r"|(?P<weak>คุณ|ดร\.|อาจารย์|พี่|น้อง|ป้า|ลุง|น้า|เฮีย|เจ๊|\bkhun\b|\bdr\b\.?)"
)
_TOLD = re.compile(
    r"(?:ชื่อจริง|ชื่อเล่น|ชื่อ\s?-\s?(?:นาม)?สกุล|ชื่อและนามสกุล|ชื่อนามสกุล|นามสกุล|ผู้ติดต่อ)\s*(?:คือ|ว่า|:|=)\s*|(?:ผม|ดิฉัน|หนู|ฉัน|กระผม|ข้าพเจ้า)\s?ชื่อ\s*(?:คือ|ว่า|:)?\s*|\bmy name is\s+|ชื่อ\s*[:=]\s*"
)
_ASKED = re.compile(r"ชื่อ\s*|นามสกุล\s*")
_LATIN_NAME = re.compile(r"[a-z][a-z'\-]+(?:\s+[a-z][a-z'\-]+)?")
LONGEST_FAMILY_NAME = 22


@lru_cache(maxsize=1)
def _first_names() -> frozenset[str]:
    from pythainlp.corpus import thai_female_names, thai_male_names

    return frozenset(name for name in thai_female_names() | thai_male_names() if len(name) >= 3)


@lru_cache(maxsize=1)
def _family_names() -> frozenset[str]:
    from pythainlp.corpus import thai_family_names

    return frozenset(name for name in thai_family_names() if len(name) >= 4)


def _find_names(text: str) -> Iterable[Span]:
    found: list[Span] = []
    starts = {word.start for word in thai.find_words(text)}
    for match in _TITLES.finditer(text):
        if match.start() not in starts and match.start() and "ก" <= text[match.start() - 1] <= "๎":
            continue  # inside a word: เจ้านาย
        found += _name_after(text, match.end(), is_sure=bool(match["strong"]), title=match[0])
    for match in _TOLD.finditer(text):
        found += _name_after(text, match.end(), is_sure=True, title="")
    for match in _ASKED.finditer(text):
        found += _name_after(text, match.end(), is_sure=False, title="")
    found += _find_full_names(text)
    return _in_order(found)


def _name_after(text: str, at: int, *, is_sure: bool, title: str) -> list[Span]:
    """The name that begins here, if one does. Without a sure sign it must be a name that we know."""
    at += len(text[at:]) - len(text[at:].lstrip(" "))
    latin = _LATIN_NAME.match(text, at)
    if latin and title and (is_sure or title.startswith(("คุณ", "khun", "dr", "ดร"))):
        return [(at, latin.end(), NAME)]
    run = _THAI_RUN.match(text, at)
    if not run:
        return []
    known = _longest_start(run[0], _first_names())
    if not is_sure and (not known or thai.is_word(known) or _is_compound(title, run[0])):
        return []
    if is_sure and title and _is_compound(title, run[0]):
        return []
    end = at + (len(known) if known and len(known) >= 4 and not _goes_on(run[0], known) else len(run[0]))
    family = re.compile(r" {1,2}([ก-ฺเ-์]+)").match(text, end)
    if family:
        surname = _longest_start(family[1], _family_names())
        is_sentence = thai.cut(family[1])[0] in COMMON_WORDS
        if surname == family[1] or len(family[1]) <= LONGEST_FAMILY_NAME and not is_sentence and (is_sure or not _is_plain(family[1])):
            end = family.end()
        elif surname:
            end = family.start(1) + len(surname)
    return [(at, end, NAME)]


def _goes_on(run: str, name: str) -> bool:
    """Whether what follows the known name is no ordinary word, so that the name is longer than the one we know."""
    rest = run[len(name) :]
    words = thai.cut(rest)
    return bool(rest) and (not thai.is_word(words[0]) or len(words[0]) < 3)


def _is_plain(run: str) -> bool:
    return all(thai.is_word(piece) for piece in thai.cut(run))


def _is_compound(title: str, rest: str) -> bool:
    """นายจ้าง, นางแบบ, คุณภาพ: with the title it is a word of its own."""
    return any(thai.is_word(title + rest[:length]) for length in range(1, min(len(rest), 20) + 1)) or rest.startswith(
        _NOT_NAMES.get(title, ())
    )


_NOT_NAMES = {
    "นาย": ("จ้าง", "หน้า", "ทะเบียน", "ทุน", "ก ", "อำเภอ", "ตรวจ", "แพทย์", "ช่าง", "ประกัน", "หนึ่ง", "ท้าย", "ด่าน"),
    "นาง": ("แบบ", "ฟ้า", "เอก", "พยาบาล", "งาม", "เงือก", "เลิ้ง", "รอง", "รำ"),
}  # fmt: skip


def _longest_start(run: str, names: frozenset[str]) -> str:
    return next((run[:length] for length in range(min(len(run), 20), 2, -1) if run[:length] in names), "")


def _find_full_names(text: str) -> Iterable[Span]:
    """สมชาย ใจดี: a first and a family name that we know, with a space between them, at least one no ordinary word."""
    runs = list(_THAI_RUN.finditer(text))
    for first, second in zip(runs, runs[1:], strict=False):
        if text[first.end() : second.start()].strip(" ") or second.start() - first.end() not in (1, 2):
            continue
        name = next((first[0][-length:] for length in range(min(len(first[0]), 14), 3, -1) if first[0][-length:] in _first_names()), "")
        surname = _longest_start(second[0], _family_names())
        if name and surname and not (thai.is_word(name) and thai.is_word(surname)):
            yield first.end() - len(name), second.start() + len(surname), NAME


def _in_order(found: list[Span]) -> list[Span]:
    """From left to right; of two that overlap, the longer one."""
    kept: list[Span] = []
    for span in sorted(found, key=lambda span: (span[0], -span[1])):
        if kept and span[0] < kept[-1][1]:
            if span[1] > kept[-1][1]:
                kept[-1] = (kept[-1][0], span[1], kept[-1][2])
            continue
        kept.append(span)
    return kept
