"""Loads the demonstration into its own database, and into no other. Each room loads what it owns, lowest room first.

One transaction a room: an interrupted run goes on where it stopped. A second run leaves alone what people have
changed or deleted since; the ledger in `DemoMark.loaded` remembers what was put here (`kb.demo.ledger`).
"""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from courses.demo.learners import load_learners
from courses.demo.load import load_courses
from courses.models import CoursePage, Quiz
from home.models import DemoMark, HomePage, PlainPage
from kb.blocks import GuideBody
from kb.demo.guide_files import FileError, Text, parse_text, place_links, without_links
from kb.demo.ledger import Ledger, State, checksum, compare
from kb.demo.load import clean_stream, is_untouched, load_knowledge
from kb.models import GuidePage, Programme
from oss.demo.load import PASSWORD, list_sign_ins, load_network
from oss.models import Case
from search.demo import load_search_desk
from users.models import User

FOLDER = Path(__file__).parent / "pages"
PLACES = {"entrepreneur": "my_page", "advisor": "desk", "centre-head": "desk"}  # the other roles work in the admin


class Refused(Exception):
    """This database does not belong to the demonstration. The message says why, in Thai and in English."""


def load_demo(say: Callable[[str], None]) -> None:
    """Raises Refused, and FileError on a file that cannot be used; what the rooms before it loaded stays."""
    with translation.override("th"):
        for load in (load_knowledge, load_courses, load_network, load_learners, load_search_desk, load_pages):
            with transaction.atomic():
                mark = claim_database()
                ledger = dict(mark.loaded)
                load(ledger, say)
                if ledger != mark.loaded:
                    mark.loaded = ledger
                    mark.save(update_fields=["loaded"])


def claim_database() -> DemoMark:
    """The mark, locked; set now when the database is still empty. Raises Refused."""
    require_demo()
    mark = DemoMark.objects.select_for_update().first()
    if mark:
        return mark
    kept = [
        thai_and_english
        for model, thai_and_english in (
            (User, "คน/people"),
            (Case, "เรื่องที่ขอคำปรึกษา/cases"),
            (Programme, "โครงการ/programmes"),
            (GuidePage, "คู่มือ/guides"),
            (CoursePage, "คอร์ส/courses"),
            (Quiz, "แบบฝึก/quizzes"),
        )
        if model.objects.exists()
    ]
    if kept:
        raise Refused(
            f"ฐานข้อมูลนี้มีข้อมูลที่ไม่ใช่ของชุดตัวอย่างอยู่แล้ว ({', '.join(kept)}) จึงไม่ใส่เนื้อหาตัวอย่างลงไป ให้ใช้ฐานข้อมูลใหม่ที่ว่าง\n"
            "This database already holds data that are not the demonstration's. Nothing was loaded; use a new, empty database."
        )
    return DemoMark.objects.select_for_update().get_or_create(pk=1)[0]  # of two first runs, one waits here for the other


def require_demo() -> None:
    if not settings.DEMO:
        raise Refused(
            "ระบบนี้ไม่ได้ตั้งเป็นระบบสาธิต (DEMO=1) จึงไม่ใส่เนื้อหาตัวอย่าง\nThis is not a demonstration (DEMO=1 is not set). Nothing was loaded."
        )


def describe_sign_ins() -> str:
    """One sign-in for each role: who, e-mail, password, where to go; and the page to sign in."""
    require_demo()
    people = list_sign_ins() if DemoMark.objects.exists() else []
    if not people:
        raise Refused("ยังไม่มีเนื้อหาตัวอย่าง สั่ง manage.py load_demo ก่อน\nThere is no demo content yet; run manage.py load_demo first.")
    with translation.override("th"):
        width = max(len(person.email) for _role, person in people)
        lines = [
            f"  เข้าสู่ระบบ / sign in   {settings.SITE_URL}{reverse('account_login')}",
            f"  รหัสผ่านเดียวกันทุกคน / one password for all   {PASSWORD}",
            "",
        ]
        for role, person in people:
            place = reverse(PLACES[role]) if role in PLACES else reverse("wagtailadmin_home")
            lines.append(f"  {person.email:<{width}}  {place:<9} {role.label} / {role.value}")
    return "\n".join(lines)


# Plain pages


def load_pages(ledger: Ledger, say: Callable[[str], None]) -> None:
    """pages/*.md: about, privacy, accessibility, cookies. First drafts, so that links find their pages; then all are published."""
    home = HomePage.objects.get()
    if "page/home" not in ledger:
        HomePage.objects.filter(pk=home.pk).update(is_demo=True)
        ledger["page/home"] = ""
    existing = {page.slug: page for page in PlainPage.objects.all()}
    due: list[tuple[Text, PlainPage]] = []
    for path in sorted(FOLDER.glob("*.md")):
        key, source = f"page/{path.stem}", path.read_text(encoding="utf-8")
        state, page = compare(ledger, key, source), existing.get(path.stem)
        if state is State.NEW and page is None:
            text = read_page(path.name, source)
            page = PlainPage(slug=path.stem, live=False, is_demo=True, locale=home.locale)
            fill_page(page, text, without_links(text.body))
            due.append((text, home.add_child(instance=page)))
        elif state is State.CHANGED and page is not None and page.live and is_untouched(page):
            due.append((read_page(path.name, source), page))
        ledger[key] = checksum(source)
    if due:
        pages = {f"guide:{slug}": pk for slug, pk in GuidePage.objects.values_list("slug", "pk")}
        pages |= {f"page:{slug}": pk for slug, pk in PlainPage.objects.values_list("slug", "pk")}
    for text, page in due:
        fill_page(page, text, place_links(text.name, text.body, pages=pages, files={}))
        try:
            page.full_clean()
        except ValidationError as error:
            raise FileError(text.name, str(error.message_dict)) from error
        page.save_revision().publish()
    say(f"หน้าข้อความ {PlainPage.objects.count()} หน้า / plain pages")


def read_page(name: str, source: str) -> Text:
    text = parse_text(name, source)
    if set(text.meta) != {"title", "lede"}:
        raise FileError(name, "front matter needs title and lede, and nothing else")
    return text


def fill_page(page: PlainPage, text: Text, body: list[dict]) -> None:
    page.title = page.draft_title = text.meta["title"]
    page.lede = text.meta["lede"]
    page.body = clean_stream(text.name, GuideBody(), body)
