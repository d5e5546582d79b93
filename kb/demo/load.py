"""Loads the demonstration's knowledge: agencies, facts, programmes, pictures and downloads, guides."""

import csv
import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from wagtail.blocks import StreamBlock
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection

from business import vocabulary
from kb.blocks import Eligibility, GuideBody
from kb.demo.guide_files import FileError, Text, files_named, place_links, read_guide, without_links
from kb.demo.ledger import Ledger, State, checksum, compare
from kb.models import Agency, ChangeNote, Fact, Feedback, GuideIndexPage, GuidePage, Programme, RelatedGuide
from users.formats import to_common_era

FOLDER = Path(__file__).parent
GUIDES = FOLDER / "guides"
COLLECTION = "เนื้อหาตัวอย่าง"
Say = Callable[[str], None]


def load_knowledge(ledger: Ledger, say: Say) -> None:
    """Safe to repeat; the caller holds the transaction. Raises FileError on a file that cannot be used."""
    _load_rows(ledger, Agency, "agency", _agencies())
    _load_rows(ledger, Fact, "fact", read_facts())
    say(f"ข้อเท็จจริง {Fact.objects.count()} ข้อ / facts")
    load_programmes(ledger)
    say(f"โครงการ {Programme.objects.count()} โครงการ / programmes")
    load_guides(ledger, say)
    load_votes(ledger)


# Rows of a file that become rows of a table


def read_facts(path: Path = FOLDER / "facts.csv") -> list[dict]:
    """The rows of facts.csv as fields of Fact; `valid_until` in the common era."""
    with open(path, encoding="utf-8", newline="") as file:
        return [
            {
                "code": row["id"],
                "topic": row["topic_th"],
                "statement": row["statement_th"],
                "value": row["value"],
                "unit": row["unit"],
                "legal_basis": row["legal_basis_th"],
                "agency_name": row["agency_th"],
                "source": row["source"],
                "seen_on": row["seen_on"],
                "valid_until": _from_buddhist(row["valid_until"]),
                "confidence": row["confidence"],
                "note": row["note"],
            }
            for row in csv.DictReader(file)
        ]


def _from_buddhist(text: str) -> dt.date | None:
    """`2569-09-30` → 30 September 2026."""
    if not text:
        return None
    year, month, day = (int(part) for part in text.split("-"))
    return dt.date(to_common_era(year), month, day)


def _agencies() -> list[dict]:
    return [{"website": "", "phone": "", **row} for row in read_yaml("agencies.yaml")]


def _load_rows(ledger: Ledger, model: type[models.Model], kind: str, rows: list[dict]) -> None:
    """Makes the rows that are new, and mends those whose file changed while they stood as we wrote them."""
    existing = model.objects.in_bulk(field_name="code")
    for row in rows:
        key = f"{kind}/{row['code']}"
        state, found = compare(ledger, key, row), existing.get(row["code"])
        if state is State.SAME:
            continue
        if state is State.NEW and found is None:
            _save(model(**row), f"{kind} {row['code']}")
        elif state is State.CHANGED and found is not None and checksum({name: getattr(found, name) for name in row}) == ledger[key]:
            for name, value in row.items():
                setattr(found, name, value)
            _save(found, f"{kind} {row['code']}")
        ledger[key] = checksum(row)


def read_yaml(name: str):
    with open(FOLDER / name, encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _save(row: models.Model, name: str) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise FileError(name, reason_of(error)) from error
    row.save()


def reason_of(error: ValidationError) -> str:
    if hasattr(error, "error_dict"):
        return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())
    return " ".join(error.messages) or repr(error)


# Programmes


def load_programmes(ledger: Ledger) -> None:
    """programmes.yaml. A programme that a person has edited in the admin is left as it is."""
    agencies = Agency.objects.in_bulk(field_name="code")
    existing = Programme.objects.in_bulk(field_name="code")
    for entry in read_yaml("programmes.yaml"):
        code = entry["code"]
        key = f"programme/{code}"
        state, programme = compare(ledger, key, entry), existing.get(code)
        if state is State.NEW and programme is None:
            programme = Programme(code=code, is_demo=True)
        elif not (state is State.CHANGED and programme is not None and is_untouched(programme)):
            programme = None
        if programme is not None:
            fields = {name: value.strip() if isinstance(value, str) else value for name, value in entry.items()}
            if fields["agency"] not in agencies:
                raise FileError("programmes.yaml", f"{code}: unknown agency {fields['agency']}")
            fields["agency"] = agencies[fields["agency"]]
            fields["eligibility"] = clean_stream(f"programmes.yaml {code}", Eligibility(required=False), to_eligibility(entry))
            for name, value in fields.items():
                setattr(programme, name, value)
            _save(programme, f"programmes.yaml {code}")
            programme.save_revision().publish()
        ledger[key] = checksum(entry)


def to_eligibility(entry: dict) -> list[dict]:
    """The clauses of the file ({size: [micro], source: …} or {other: "…", source: …}) as raw StreamField data."""
    clauses = []
    for clause in entry.get("eligibility") or []:
        topics = [name for name in clause if name != "source"]
        if len(topics) != 1 or not clause.get("source"):
            raise FileError("programmes.yaml", f"{entry['code']}: a clause needs one topic and a source, not {clause}")
        topic = topics[0]
        what = {"text": clause[topic]} if topic == "other" else {"wanted": clause[topic]}
        clauses.append({"type": topic, "value": what | {"source": clause["source"]}})
    return clauses


def is_untouched(row) -> bool:
    """Whether no person has saved this page or programme: the admin's revisions have a user, ours have none."""
    return row.latest_revision is not None and not row.revisions.filter(user__isnull=False).exists()


# Guides


def load_guides(ledger: Ledger, say: Say) -> None:
    """guides/*.md. First every page that is new is made as a draft, so that links find their pages; then all are published.

    A guide that a person has edited or deleted stays as it is.
    """
    paths = sorted(GUIDES.glob("*.md"))
    existing = {page.slug: page for page in GuidePage.objects.all()}
    index = GuideIndexPage.objects.get()
    if "page/guides" not in ledger:
        GuideIndexPage.objects.filter(pk=index.pk).update(is_demo=True)
        ledger["page/guides"] = ""
    due: list[tuple[Text, GuidePage]] = []
    for path in paths:
        key, source = f"guide/{path.stem}", path.read_bytes()
        state, page = compare(ledger, key, source), existing.get(path.stem)
        if state is State.NEW and page is None:
            text = read_guide(path)
            page = make_draft(index, text)
            due.append((text, page))
        elif state is State.CHANGED and page is not None and page.live and is_untouched(page):
            due.append((read_guide(path), page))
        ledger[key] = checksum(source)
    if due:
        pages = {f"guide:{slug}": pk for slug, pk in GuidePage.objects.values_list("slug", "pk")}
        programmes = Programme.objects.in_bulk(field_name="code")
        for number, (text, page) in enumerate(due, start=1):
            publish_guide(page, text, ledger=ledger, pages=pages, programmes=programmes)
            if number % 10 == 0 or number == len(due):
                say(f"คู่มือ {number}/{len(due)} / guides")


def make_draft(index: GuideIndexPage, text: Text) -> GuidePage:
    page = GuidePage(slug=text.meta["slug"], live=False, is_demo=True, locale=index.locale)
    fill_guide(page, text, without_links(text.body))
    try:
        return index.add_child(instance=page)
    except ValidationError as error:
        raise FileError(text.name, reason_of(error)) from error


def publish_guide(page: GuidePage, text: Text, *, ledger: Ledger, pages: dict[str, int], programmes: dict[str, Programme]) -> None:
    body = place_links(text.name, text.body, pages=pages, files=load_files(ledger, text))
    fill_guide(page, text, body)
    page.programmes = [find_code(programmes, code, text.name, "programme") for code in text.meta["programmes"]]
    related = [find_code(pages, f"guide:{slug}", text.name, "guide") for slug in text.meta["related"]]
    page.related_guides = [RelatedGuide(guide_id=pk, sort_order=order) for order, pk in enumerate(related)]
    page.change_notes = [ChangeNote(**note) for note in reversed(text.meta["change_notes"])]
    try:
        page.full_clean()
    except ValidationError as error:
        raise FileError(text.name, reason_of(error)) from error
    page.save_revision().publish()


def fill_guide(page: GuidePage, text: Text, body: list[dict]) -> None:
    meta = text.meta
    for name in ("title", "code", "short_answer", "summary", "reviewed_on", "reviewed_by", "next_review"):
        setattr(page, name, meta[name])
    page.draft_title = page.title
    page.search_description = ""
    page.keywords = "\n".join(meta["keywords"])
    page.body = clean_stream(text.name, GuideBody(), body)
    page.stages = _codes(text, "stages", vocabulary.stages())
    page.functions = _codes(text, "functions", vocabulary.functions())
    page.sectors = _codes(text, "sectors", vocabulary.sectors())
    page.provinces = _codes(text, "provinces", vocabulary.provinces())


def clean_stream(name: str, block: StreamBlock, raw: list[dict]):
    """Raw StreamField data, checked by its blocks. Raises FileError with every reason."""
    if strange := sorted({child["type"] for child in raw} - set(block.child_blocks)):
        raise FileError(name, f"unknown block {', '.join(strange)}")
    try:
        return block.clean(block.to_python(raw))
    except ValidationError as error:
        raise FileError(name, "; ".join(_block_reasons(error))) from error


def _block_reasons(error: ValidationError, place: str = "") -> Iterable[str]:
    """Every reason inside the nested errors of blocks, each with the number or name of its block."""
    if isinstance(inner := getattr(error, "block_errors", None), dict | list):
        pairs = inner.items() if isinstance(inner, dict) else enumerate(inner)
        for child, reason in pairs:
            if reason is not None:
                yield from _block_reasons(reason, f"{place}{child + 1 if isinstance(child, int) else child} ")
    if (outer := getattr(error, "non_block_errors", None)) is not None:
        yield from (f"{place}{' '.join(reason.messages)}" for reason in outer.as_data())
    elif not hasattr(error, "block_errors"):
        yield f"{place}{' '.join(error.messages)}"


def _codes(text: Text, name: str, known: dict) -> list:
    return [find_code(known, code, text.name, name) for code in text.meta[name]]


def find_code(known: dict, code: str, file: str, what: str):
    if code not in known:
        raise FileError(file, f"unknown {what} {code}")
    return known[code]


# Pictures and downloads


def load_files(ledger: Ledger, text: Text) -> dict[str, int]:
    """The files that a text names, put into the media library once. {file name: primary key}"""
    files = {}
    for kind, value in files_named(text.body):
        if kind == "download":
            name = value["document"]
            files[name] = _load_file(ledger, text.name, FOLDER / "downloads" / name, get_document_model(), title=value["title"])
        else:
            name = value["image"]
            files[name] = _load_file(
                ledger,
                text.name,
                FOLDER / "pictures" / name,
                get_image_model(),
                title=value["caption"] or name,
                description=value["alt"][:255],
            )
    return files


def _load_file(ledger: Ledger, text_name: str, path: Path, model: type[models.Model], **fields) -> int:
    if not path.is_file():
        raise FileError(text_name, f"there is no file {path.name} in {path.parent.name}/")
    content = path.read_bytes()
    key = f"file/{path.name}"
    pk, _, known = ledger.get(key, "").partition(" ")
    if known == checksum(content) and model.objects.filter(pk=pk).exists():
        return int(pk)
    row = model(collection=demo_collection(), file=ContentFile(content, name=path.name), **fields)
    row.save()
    ledger[key] = f"{row.pk} {checksum(content)}"
    return row.pk


def demo_collection() -> Collection:
    root = Collection.get_first_root_node()
    return root.get_children().filter(name=COLLECTION).first() or root.add_child(name=COLLECTION)


# Readers' votes


def load_votes(ledger: Ledger) -> None:
    """Once: what readers say afterwards is theirs."""
    if "votes" in ledger:
        return
    wanted = read_yaml("votes.yaml")
    pages = {page.slug: page for page in GuidePage.objects.live().filter(slug__in=wanted)}
    Feedback.objects.bulk_create(
        Feedback(page=pages[slug], revision_id=pages[slug].live_revision_id, was_useful=number < helped, voter=f"demo-{number}")
        for slug, (helped, other) in wanted.items()
        if slug in pages
        for number in range(helped + other)
    )
    ledger["votes"] = ""
