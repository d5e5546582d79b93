"""Facts quoted in texts: `{fact:ID}` stands for value and unit, `{fact:ID:sentence}` for the whole statement.

A guide never holds the number itself, so a changed fact changes every page that quotes it, its source and date can
be shown, and an expired one is marked wherever it appears.
"""

import datetime as dt
import re

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from users.formats import format_date, to_common_era

REFERENCE = re.compile(r"\{fact:([a-z0-9-]+)(:sentence)?\}")
_NUMBER = re.compile(r"(?<![\d.,])\d{4,}")
_BUDDHIST_DATE = re.compile(r"(2[45]\d\d)-(\d\d)-(\d\d)")
WHOLE_PHONE = re.compile(r"[\d\- ]{3,}")


def find_references(*texts: str) -> list[str]:
    """The ids quoted in the texts, each once, in the order of reading."""
    return list(dict.fromkeys(match[1] for text in texts for match in REFERENCE.finditer(text or "")))


def check_fact_references(text: str) -> None:
    """A validator: every fact that the text quotes must exist."""
    from kb.models import Fact

    wanted = find_references(text)
    if not wanted:
        return
    missing = set(wanted) - set(Fact.objects.filter(code__in=wanted).values_list("code", flat=True))
    if missing:
        raise ValidationError(_("ไม่มีข้อเท็จจริงรหัส %(codes)s"), params={"codes": ", ".join(sorted(missing))})


def format_value(value: str, unit: str) -> str:
    """Value and unit as a person writes them: `1,800,000 บาทต่อปี`, `1.5% ต่อเดือน`, `50–80%`, `วันที่ 15`."""
    value = value.strip()
    if unit == "โทรศัพท์":
        return value
    if unit in ("วันที่", "เดือน") and not value.replace(".", "").isdigit():
        return format_dates(value)
    value = re.sub(r"(?<=\d)-(?=\d)", "–", value)
    value = _NUMBER.sub(lambda match: f"{int(match[0]):,}", value)
    if unit == "วันที่ของเดือน":
        return f"วันที่ {value}"
    if unit.startswith("%"):
        return f"{value}{unit}"
    return f"{value} {unit}".strip()


def format_dates(text: str) -> str:
    """The dates in a text, written `2568-06-30` with a Buddhist year, as a person reads them; what is no date stays."""

    def show(match):
        try:
            return format_date(dt.date(to_common_era(int(match[1])), int(match[2]), int(match[3])))
        except ValueError:
            return match[0]

    return _BUDDHIST_DATE.sub(show, text)


def quote_facts(text: str, facts: dict, *, today: dt.date | None = None) -> str:
    """The text with its references replaced, as safe HTML. `text` is escaped unless it is safe already.

    facts: {code: Fact}, as `GuidePage.facts` gives them. A fact that is not there is shown as such, never as a number.
    """
    today = today or timezone.localdate()

    def show(match):
        fact = facts.get(match[1])
        if fact is None:
            return format_html('<span class="fact-missing">{}</span>', _("(ข้อเท็จจริงนี้ถูกถอนแล้ว)"))
        shown = fact.statement if match[2] or not fact.value else fact.shown_value
        if warning := warn_of(fact, today):
            words = format_html('<span class="fact-sentence">{}</span>' if match[2] or not fact.value else '<b class="nb">{}</b>', shown)
            return format_html('<span class="fact expired">{} <a class="mark" href="#fact-{}">{}</a></span>', words, fact.code, warning)
        if fact.is_phone and not match[2]:
            return format_html('<a class="tel nb" href="tel:{}">{}</a>', re.sub(r"\D", "", shown), shown)
        if match[2] or not fact.value:
            return format_html('<span class="fact-sentence">{}</span>', shown)
        return format_html('<b class="fact nb">{}</b>', shown)

    return mark_safe(REFERENCE.sub(show, str(conditional_escape(text or ""))))


def warn_of(fact, today: dt.date) -> str:
    """What a reader must know before trusting a fact; empty when there is nothing."""
    if fact.is_expired(today):
        return _("ข้อมูลถึง %(date)s") % {"date": format_date(fact.valid_until)}
    return "" if fact.is_confirmed else _("ยังไม่ยืนยัน")


def plain_with_facts(text: str, facts: dict) -> str:
    """The text with its references replaced by words only: for the search document and the page's description."""

    def show(match):
        fact = facts.get(match[1])
        return "" if fact is None else fact.statement if match[2] or not fact.value else fact.shown_value

    return REFERENCE.sub(show, text or "")
