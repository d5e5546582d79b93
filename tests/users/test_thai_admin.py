"""The Thai of Wagtail's admin: locale/th lies over the packages' own catalogues, in Python and in JavaScript.

What Django itself has no Thai for and a visitor reads, too: how long ago, form errors, password rules.
"""

import datetime as dt
import json
import re
from collections import Counter
from pathlib import Path

import django
import polib
import pytest
from django.apps import apps
from django.test import RequestFactory
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from wagtail.admin.templatetags.wagtailadmin_tags import timesince_simple
from wagtail.admin.views.i18n import js_catalog

from scripts.environment import ROOT
from scripts.messages import compile_messages

DOMAINS = ("django", "djangojs")
EDITORS_APPS = ("wagtail.admin", "wagtail.images", "wagtail.documents", "wagtail.snippets", "wagtail.users")
MEDIA_LIBRARY = "wagtailmedia"  # has no Thai of its own, and words in common with Wagtail
LEFT_OUT = {"Code"}  # a button of the rich text editor; allauth says «รหัส» with the same message in its sign-in form

_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|<[^>]+>")


def key(entry: polib.POEntry) -> tuple[str | None, str]:
    return entry.msgctxt, entry.msgid


def read_overlay(domain: str) -> polib.POFile:
    return polib.pofile(str(ROOT / f"locale/th/LC_MESSAGES/{domain}.po"))


def read_package(path: str, language: str, domain: str) -> list[polib.POEntry]:
    file = Path(path) / f"locale/{language}/LC_MESSAGES/{domain}.po"
    return [entry for entry in polib.pofile(str(file)) if not entry.obsolete] if file.exists() else []


def marks(text: str) -> Counter[str]:
    return Counter(_PLACEHOLDER.findall(text))


@pytest.fixture
def thai(tmp_path, settings):
    """The overlay compiled afresh, somewhere else: whatever .mo files lie about prove nothing."""
    folder = tmp_path / "locale/th/LC_MESSAGES"
    folder.mkdir(parents=True)
    for domain in DOMAINS:
        (folder / f"{domain}.po").write_bytes((ROOT / f"locale/th/LC_MESSAGES/{domain}.po").read_bytes())
    compile_messages(tmp_path)
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    with translation.override("th"):
        yield


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Dashboard", "แผงควบคุม"),
        ("Save draft", "บันทึกร่าง"),
        ("Publish", "เผยแพร่"),
        ("Unpublish", "เลิกเผยแพร่"),
        ("Submit for moderation", "ส่งตรวจ"),
        ("Workflow", "ขั้นตอนการตรวจ"),
        ("Snippets", "ข้อมูลประกอบ"),
        ("Collection", "ชุดแฟ้ม"),
        ("Alt text", "คำบรรยายภาพ (alt)"),
        ("This field is required.", "กรุณากรอกช่องนี้"),
        ("Page '%(page_title)s' has been published.", "เผยแพร่หน้า “%(page_title)s” แล้ว"),
        ("slug", "ที่อยู่สั้น (slug)"),
        ("live + draft", "เผยแพร่อยู่ + ร่าง"),
        ("Show in Explorer", "แสดงในรายการหน้า"),
        ("This password is too common.", "รหัสผ่านนี้เดาง่ายเกินไป"),
        ("Add video", "เพิ่มวิดีโอ"),
    ],
)
def test_the_admin_speaks_our_thai(thai, message, text):
    assert gettext(message) == text


@pytest.mark.parametrize("count", [1, 3])
def test_one_and_many_share_one_form(thai, count):
    assert ngettext("Delete 1 page", "Delete %(counter)s pages", count) % {"counter": count} == f"ลบ {count} หน้า"


@pytest.mark.parametrize(("ago", "text"), [(0, "เมื่อครู่นี้"), (5, "5\xa0นาทีที่แล้ว"), (60 * 24 * 3, "3\xa0วันที่แล้ว")])
def test_how_long_ago(thai, ago, text):
    assert timesince_simple(timezone.now() - dt.timedelta(minutes=ago)) == text


def test_the_admins_javascript_speaks_our_thai(thai):
    source = js_catalog(RequestFactory().get("/")).content.decode()
    catalogue = json.loads(re.search(r"const newcatalog = (\{.*?\});?\n", source, re.DOTALL)[1])

    messages = ("Dashboard", "Save", "Move up", "Write something or type ‘/’ to insert a block", "Broken link", "%(num)s error")

    assert {message: catalogue[message] for message in messages} == {
        "Dashboard": "แผงควบคุม",
        "Save": "บันทึก",
        "Move up": "เลื่อนขึ้น",
        "Write something or type ‘/’ to insert a block": "พิมพ์ข้อความ หรือพิมพ์ ‘/’ เพื่อใส่บล็อก",
        "Broken link": "ลิงก์เสีย",
        "%(num)s error": ["ข้อผิดพลาด %(num)s จุด"],
    }


def test_english_stays_english(thai):
    with translation.override("en"):
        assert gettext("Dashboard") == "Dashboard"


def test_the_sign_in_forms_code_is_left_to_allauth(thai):
    assert gettext("Code") == "รหัส"


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_entry_has_a_text(domain):
    assert [entry.msgid for entry in read_overlay(domain) if not entry.translated()] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_entry_is_there_twice(domain):
    assert [message for message, count in Counter(key(entry) for entry in read_overlay(domain)).items() if count > 1] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_placeholders_and_tags_are_the_originals(domain):
    wrong = [
        entry.msgid
        for entry in read_overlay(domain)
        for text in (entry.msgstr_plural or {0: entry.msgstr}).values()
        if marks(text) not in [marks(original) for original in (entry.msgid, entry.msgid_plural) if original]
    ]

    assert wrong == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_entry_belongs_to_an_installed_package(domain):
    paths = [app.path for app in apps.get_app_configs()] + [f"{django.__path__[0]}/conf"]
    known = {(*key(entry), entry.msgid_plural) for path in paths for entry in read_package(path, "en", domain)}

    assert [entry.msgid for entry in read_overlay(domain) if (*key(entry), entry.msgid_plural) not in known] == []


@pytest.mark.parametrize("name", EDITORS_APPS)
def test_editors_read_thai_everywhere(name):
    """Package and overlay together leave nothing in English."""
    path = {app.name: app.path for app in apps.get_app_configs()}[name]
    untranslated = set()
    for domain in DOMAINS:
        thai = {key(entry) for entry in [*read_package(path, "th", domain), *read_overlay(domain)] if entry.translated()}
        untranslated |= {entry.msgid for entry in read_package(path, "en", domain) if key(entry) not in thai}

    assert untranslated - LEFT_OUT == set()


def test_media_library_is_thai_everywhere():
    """It has no Thai catalogue: the overlay says what Wagtail's own catalogues do not say already."""
    configs = {app.name: app.path for app in apps.get_app_configs()}
    near = [path for name, path in configs.items() if name.startswith("wagtail")]
    thai = {key(entry) for path in near for entry in read_package(path, "th", "django") if entry.translated()}
    thai |= {key(entry) for entry in read_overlay("django") if entry.translated()}

    assert {entry.msgid for entry in read_package(configs[MEDIA_LIBRARY], "en", "django") if key(entry) not in thai} == set()
