"""The tags that draw, and the style sheets' own rules."""

import datetime as dt
import re

import brotli
import pytest
from django.template import Context, Template
from django.utils import translation
from django.utils.safestring import mark_safe

from business import vocabulary
from home.templatetags import look
from scripts.environment import ROOT


def render(source: str, **context) -> str:
    return Template(source).render(Context(context))


def test_icon_beside_a_word_is_hidden_from_screen_readers():
    assert render("{% icon 'search' %}").startswith('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle')


def test_icon_alone_has_a_name():
    assert 'role="img" aria-label="ปิด &amp; ออก"' in render("{% icon 'close' label=words %}", words="ปิด & ออก")


def test_icon_that_does_not_exist_is_an_error():
    with pytest.raises(LookupError, match="icons/none.svg"):
        look.icon("none")


def test_stage_without_a_drawing_takes_the_plain_shop():
    assert re.sub(r"\.\w{12}(?=\.svg)", "", render("{% stage_picture 'unheard-of' %}")) == (
        '<img src="/static/stages/plain.svg" width="56" height="62" alt="" loading="lazy">'
    )


def test_plate_shows_the_number_of_the_stage(db):
    assert render("{% plate stage %}", stage=vocabulary.stages()["run"]) == '<span class="plate">3</span>'


def test_shopfront_leaves_its_style_to_the_sheet():
    assert "<style" not in render("{% shopfront 'run' %}")


@pytest.mark.parametrize(
    ("text", "wrapped"),
    [
        ("ผู้ประกอบการ", '<span class="nb">ผู้ประกอบการ</span>'),
        ("ภายใน 30 วัน", 'ภายใน <span class="nb">30 วัน</span>'),
        ("SME & <b>", "SME &amp; &lt;b&gt;"),
        ("สั้น ๆ", "สั้น\u00a0ๆ"),
        ("", ""),
        (mark_safe("<b>แล้ว</b>"), "<b>แล้ว</b>"),
    ],
)
def test_thai_wrap_keeps_words_whole(text, wrapped):
    assert render("{{ text|thai_wrap }}", text=text).replace('<span class="nb">ภายใน</span>', "ภายใน") == wrapped


def test_thai_wrap_never_makes_a_run_wider_than_a_small_screen():
    long = "สำนักงานส่งเสริมวิสาหกิจขนาดกลางและขนาดย่อมแห่งประเทศไทยและสมาพันธ์ผู้ประกอบการ"
    runs = re.findall(r'<span class="nb">(.*?)</span>', render("{{ text|thai_wrap }}", text=long))
    assert runs
    assert max(len(run) for run in runs) <= 16


def test_month_under_a_large_day_follows_the_language():
    assert look.month_year(dt.date(2026, 11, 30)) == "พ.ย. 69"
    with translation.override("en"):
        assert look.month_year(dt.date(2026, 11, 30)) == "Nov 2026"


def test_style_sheets_stay_in_their_budget():
    """stack.md §1.4: 12 kB in brotli for what every page loads."""
    assert sum(len(brotli.compress((ROOT / "static" / name).read_bytes())) for name in ("tokens.css", "look.css")) <= 12_000


@pytest.mark.parametrize("name", ["tokens.css", "look.css"])
def test_style_sheets_keep_to_the_browser_floor(name):
    """Chrome/WebView 107: no raw nesting (a rule inside a rule that is no at-rule), no color-mix; nothing from elsewhere."""
    css = re.sub(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'", "", (ROOT / "static" / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "color-mix" not in css
    assert "http" not in css
    open_rules = []
    for opening, brace in re.findall(r"([^{};]*)([{}])", css):
        if brace == "}":
            open_rules.pop()
        else:
            assert all(rule.startswith("@") for rule in open_rules), f"nested: {opening.strip()}"
            open_rules.append(opening.strip())
    assert open_rules == []


def test_pages_carry_no_inline_style_or_script():
    """The content policy forbids both; a data block for a script of allauth's is neither."""
    found = [
        f"{path.relative_to(ROOT)}: {match}"
        for path in (ROOT / "templates").rglob("*.html")
        if path.name != "certificate_pdf.html"  # never sent to a browser: WeasyPrint reads it
        for match in re.findall(
            r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*(?:src=|type=\"application/json\"))", path.read_text(encoding="utf-8")
        )
    ]
    assert found == []
