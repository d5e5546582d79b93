"""What is searchable: the kinds, and how one of their objects becomes a document.

Guides and programmes are known here, courses, lessons and paths in `course_documents`, files in `downloads`. A room above
registers its own kind when it is ready (`oss/documents.py`: `register(Kind(…))`, called from its AppConfig).
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import chain, pairwise, starmap

from django.db import connection, models
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from kb.facts import find_references, plain_with_facts
from kb.guides import only_public
from kb.matching import Topic
from kb.models import Agency, Fact, GuidePage, Programme, block_texts
from search import thai
from search.engines import MARK, UNMARK
from search.models import Document
from search.passages import find_sections, read_lines, show_lines

ANY = "*"  # the facet code of what holds for all: a guide without provinces is for the whole country
FACETS = ("stage", "function", "province", "sector", "size", "agency", "format")
FORMATS = {  # block of a guide or lesson → what a visitor filters by
    "steps": "steps",
    "documents": "checklist",
    "fees": "fees",
    "table": "table",
    "questions": "questions",
    "download": "file",
    "where": "place",
    "video": "video",
    "audio": "audio",
    "quiz": "quiz",
    "task": "task",
}
TEXTS = ("title", "keywords", "summary", "body")


@dataclass(frozen=True)
class Content:
    """The texts and codes of one object. The first line of `summary` is what a result shows.

    `facets`: a facet that is not named, or holds `ANY`, is met by every code; one with no codes by none.
    `sections`: (anchor, heading, number of its line in `body`) in order.
    """

    title: str
    summary: str = ""
    keywords: str = ""
    body: str = ""
    facets: dict[str, list[str]] = field(default_factory=dict)
    sections: tuple[tuple[str, str, int], ...] = ()
    quotes: tuple[str, ...] = ()  # codes of the facts quoted, or what else this one changes with
    draft: str = ""  # words of an unpublished revision: for the admin's search only


@dataclass(frozen=True)
class Kind:
    """A kind of object that can be found.

    `objects` are all that have a document, `searchable` those that the public may find; `is_searchable` says the same
    of one object. `build` reads one object. A card shows a found object: it gets `item` (`search.query.Item`);
    `complete` gives the found objects what their cards need besides, in one query for all.
    """

    code: str
    model: type[models.Model]
    name: str | Promise
    icon: str
    card: str
    objects: Callable[[], models.QuerySet]
    searchable: Callable[[], models.QuerySet]
    is_searchable: Callable[[models.Model], bool]
    build: Callable[[models.Model], Content]
    is_listed: bool = True  # has a tab on the results page
    complete: Callable[[list[models.Model]], None] = lambda found: None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.code] = kind


def kinds() -> dict[str, Kind]:
    return _kinds


def listed_kinds() -> dict[str, Kind]:
    return {code: kind for code, kind in _kinds.items() if kind.is_listed}


# Guides


def unexpired() -> Q:
    """Of pages whose time is not over, though the clock may not have taken them back yet."""
    return Q(expire_at__isnull=True) | Q(expire_at__gt=timezone.now())


def searchable_guides() -> models.QuerySet:
    return only_public(GuidePage.objects.filter(unexpired()))


def is_guide_searchable(page: GuidePage) -> bool:
    is_expired = page.expire_at is not None and page.expire_at <= timezone.now()
    return page.live and not is_expired and not page.get_view_restrictions().exists()


def build_guide(page: GuidePage) -> Content:
    facts = Fact.objects.in_bulk(page.fact_codes, field_name="code") if page.fact_codes else {}
    lines = show_lines(read_lines(page), facts)
    return Content(
        title=page.title,
        summary=f"{page.summary}\n{plain_with_facts(page.short_answer, facts)}",
        keywords=f"{page.keywords}\n{page.code}",
        body="\n".join(text for _, text in lines),
        facets={
            "stage": sorted(stage.code for stage in page.stages.all()),
            "function": sorted(function.code for function in page.functions.all()),
            "province": sorted(province.iso for province in page.provinces.all()) or [ANY],
            "sector": sorted(sector.code for sector in page.sectors.all()) or [ANY],
            "agency": sorted(find_agencies(page, facts)),
            "format": sorted({FORMATS[block.block_type] for block in page.body if block.block_type in FORMATS}),
        },
        sections=find_sections(lines),
        quotes=tuple(page.fact_codes),
        draft=draft_text(page),
    )


def find_agencies(page: GuidePage, facts: dict[str, Fact]) -> set[str]:
    """The agencies that a guide leans on: those of the programmes it names and of the facts it quotes."""
    names = {fact.agency_name for fact in facts.values() if fact.agency_name}
    named = Agency.objects.filter(Q(name_th__in=names) | Q(short_name__in=names)).values_list("code", flat=True) if names else ()
    return {programme.agency.code for programme in page.programmes.all()}.union(named)


def draft_text(page: Page) -> str:
    """The words of the newest revision of a page that has unpublished changes."""
    if not page.has_unpublished_changes or not page.latest_revision_id:
        return ""
    draft = page.get_latest_revision_as_object()
    texts = draft.texts() if isinstance(draft, GuidePage) else _page_texts(draft)
    return "\n".join([draft.title, *texts])


# Programmes


def build_programme(programme: Programme) -> Content:
    quoted = find_references(programme.offers, programme.who, programme.how_to_apply)
    facts = Fact.objects.in_bulk(quoted, field_name="code") if quoted else {}
    clauses = programme.clauses
    with translation.override("th"):
        support = str(programme.get_support_display())

    def wanted(topic: Topic) -> list[str]:
        return sorted(programme.codes_wanted(topic)) or [ANY]

    return Content(
        title=programme.name,
        summary=programme.summary,
        keywords="\n".join(
            [programme.name_en, programme.agency.name_th, programme.agency.name_en, programme.agency.short_name, support, programme.code]
        ),
        body="\n".join(
            [plain_with_facts(text, facts) for text in (programme.offers, programme.who, programme.how_to_apply)]
            + [clause.text for clause in clauses if clause.text]
        ),
        facets={
            "stage": wanted(Topic.STAGE),
            "function": wanted(Topic.NEED),
            "province": wanted(Topic.PROVINCE),
            "sector": wanted(Topic.SECTOR),
            "size": wanted(Topic.SIZE),
            "agency": [programme.agency.code],
            "format": [],
        },
        quotes=tuple(quoted),
    )


# Every other page: the admin finds it by its words, the public does not


def page_kinds() -> dict[str, type[Page]]:
    """{code: model} of the kinds that are pages of one type."""
    return {code: kind.model for code, kind in _kinds.items() if issubclass(kind.model, Page) and kind.model is not Page}


def other_pages() -> models.QuerySet:
    return Page.objects.filter(depth__gt=1).not_exact_type(*page_kinds().values())


def _page_texts(page: Page) -> list[str]:
    """Every text field of a page, markup stripped."""
    texts = [page.search_description]
    for page_field in page._meta.concrete_fields:
        if page_field.model is Page:
            continue
        value = getattr(page, page_field.attname)
        if isinstance(page_field, StreamField):
            texts += [text for block in value for text in block_texts(block.value)]
        elif isinstance(page_field, RichTextField):
            texts.append(thai.repair(_strip(value)))
        elif isinstance(page_field, models.CharField | models.TextField) and not page_field.choices:
            texts.append(value)
    return [text for text in texts if text]


def _strip(html: str) -> str:
    from django.utils.html import strip_tags

    return strip_tags(html.replace("><", "> <"))


def build_other_page(page: Page) -> Content:
    page = page.specific
    return Content(title=page.title, body="\n".join(_page_texts(page)), draft=draft_text(page))


def never(page: Page) -> bool:
    return False


register(
    Kind(
        code="guide",
        model=GuidePage,
        name=_("คู่มือ"),
        icon="guide",
        card="search/cards/guide.html",
        objects=lambda: GuidePage.objects.prefetch_related("stages", "functions", "provinces", "sectors", "programmes__agency"),
        searchable=searchable_guides,
        is_searchable=is_guide_searchable,
        build=build_guide,
    )
)
register(
    Kind(
        code="programme",
        model=Programme,
        name=_("โครงการ"),
        icon="programme",
        card="search/cards/programme.html",
        objects=lambda: Programme.objects.select_related("agency"),
        searchable=lambda: Programme.objects.live().select_related("agency"),
        is_searchable=lambda programme: programme.live,
        build=build_programme,
    )
)
register(
    Kind(
        code="page",
        model=Page,
        name=_("หน้า"),
        icon="document",
        card="",
        objects=other_pages,
        searchable=lambda: other_pages().none(),
        is_searchable=never,
        build=build_other_page,
        is_listed=False,
    )
)


def kind_of(instance: models.Model) -> str | None:
    """The kind whose documents an object has; None for what is not searched."""
    model = (instance.specific_class or type(instance)) if isinstance(instance, Page) else type(instance)
    code = next((code for code, kind in _kinds.items() if kind.model is model), None)
    return code or ("page" if issubclass(model, Page) else None)


# Rows


def hash_content(content: Content, *, is_public: bool) -> str:
    return hashlib.sha256(
        json.dumps([asdict(content), is_public], ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")
    ).hexdigest()


def cut_content(content: Content) -> dict:
    """The columns of a row that come from the texts: the only place where documents are cut."""
    words = {name: thai.join(getattr(content, name)) for name in TEXTS}
    parts = {name: " ".join(find_parts(words[name])) for name in TEXTS}
    everything = [term for joined in (*words.values(), thai.join(content.draft)) for term in thai.split_terms(joined)]
    terms = dict.fromkeys(everything)
    for term in everything:
        terms.update(dict.fromkeys(thai.parts_of(term)))
    return {"words": words, "parts": parts, "terms": f" {' '.join(terms)} "}


_NO_MARKS = {ord(MARK): None, ord(UNMARK): None}


def index_texts(row: Document, *, split: bool = False) -> dict[str, str]:
    """What an engine indexes of a row, by field of `engines.FIELDS`. Made of the stored cut text; nothing is cut again.

    `split`: the four texts not joined but as their terms between blanks.
    """
    texts = {name: _drop_marks(row.words.get(name, "")) for name in TEXTS}
    terms = {name: thai.split_terms(text) for name, text in texts.items()}
    parts = " ".join(row.parts.get(name, "") for name in TEXTS if row.parts.get(name))
    once = dict.fromkeys(chain.from_iterable(terms.values()))
    once.update(dict.fromkeys(parts.split()))
    shown = {name: " ".join(found) for name, found in terms.items()} if split else texts
    return shown | {
        "parts": parts,
        "pairs": " ".join(starmap(thai.pair, chain.from_iterable(map(pairwise, terms.values())))),
        "grams": " ".join(filter(None, (thai.compact(texts[name]) for name in TEXTS))),
        "all": " ".join(once),
        "starts": " ".join(thai.starts(texts["title"])),
    }


def _drop_marks(text: str) -> str:
    return text.translate(_NO_MARKS) if MARK in text or UNMARK in text else text


def find_parts(joined: str) -> list[str]:
    """The parts of all compounds of a joined text, in order."""
    return [part for term in thai.split_terms(joined) for part in thai.parts_of(term)]


def new_version(previous: int = 0) -> int:
    """Microseconds since 1970, and always more than before."""
    return max(previous + 1, time.time_ns() // 1000)


def write_document(kind: Kind, object_id: int) -> bool:
    """Reads the object anew and writes or deletes its row; says whether the row changed. The caller holds the transaction."""
    found = kind.objects().filter(pk=object_id).first()
    row = Document.objects.filter(kind=kind.code, object_id=object_id).first()
    if found is None:
        return bool(row and row.delete())
    return _write_row(kind, found, row, is_public=kind.is_searchable(found))


def write_documents(kind: Kind, object_ids: list[int]) -> list[int]:
    """The rows of many objects; gives the ids of those that changed. The caller holds the transaction.

    The rows are held before the objects are read, so a job that runs meanwhile is not overwritten by what was before.
    """
    rows = Document.objects.filter(kind=kind.code, object_id__in=object_ids)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    rows_by_id = {row.object_id: row for row in rows}
    public = set(kind.searchable().filter(pk__in=object_ids).order_by().values_list("pk", flat=True))
    objects = kind.objects().filter(pk__in=object_ids)
    return [found.pk for found in objects if _write_row(kind, found, rows_by_id.get(found.pk), is_public=found.pk in public)]


def _write_row(kind: Kind, found: models.Model, row: Document | None, *, is_public: bool) -> bool:
    content = kind.build(found)
    content_hash = hash_content(content, is_public=is_public)
    if row and row.content_hash == content_hash and row.cutter == thai.VERSION:
        return False
    row = row or Document(kind=kind.code, object_id=found.pk, version=0)
    for name, value in cut_content(content).items():
        setattr(row, name, value)
    row.is_public = is_public
    row.facets = {"type": [kind.code]} | {name: content.facets.get(name, [ANY]) for name in FACETS}
    row.sections = [list(section) for section in content.sections]
    row.quotes = f" {' '.join(content.quotes)} " if content.quotes else ""
    row.cutter, row.content_hash, row.version = thai.VERSION, content_hash, new_version(row.version)
    row.save()
    return True
