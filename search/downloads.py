"""Files that can be found: the documents that public guides offer with a download block.

A file is public only while a public guide offers it and its collection is not restricted: its guide says what it is
for, and is where a found file leads back to.
"""

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, ExpressionWrapper, F, Model, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model
from wagtail.models import CollectionViewRestriction, Page, PageViewRestriction, ReferenceIndex
from wagtail.signals import page_published, page_unpublished, post_page_move

from kb.models import GuidePage
from search import changes
from search.documents import ANY, Content, Kind, register, searchable_guides
from search.models import Document

PATH = "body.download.document"  # of the block's field in Wagtail's reference index
CALLED = "ไฟล์ ดาวน์โหลด แบบฟอร์ม"  # what people call a file


def references() -> QuerySet:
    """One row for each download block of each guide, drafts included."""
    return ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Page),
        to_content_type=ContentType.objects.get_for_model(get_document_model()),
        model_path=PATH,
    )


def searchable_downloads() -> QuerySet:
    """The files that a public guide offers, in the query itself."""
    own_path = ExpressionWrapper(OuterRef("collection__path"), output_field=CharField())
    restrictions = CollectionViewRestriction.objects.alias(own_path=own_path).filter(own_path__startswith=F("collection__path"))
    public = searchable_guides().annotate(key=Cast("pk", CharField())).values("key")
    offered = references().filter(to_object_id=Cast(OuterRef("pk"), CharField()), object_id__in=public)
    return get_document_model().objects.filter(Exists(offered), ~Exists(restrictions))


def is_download_searchable(document: Model) -> bool:
    return bool(guides_of([document])[document.pk]) and not document.collection.get_view_restrictions().exists()


def guides_of(documents: Iterable[Model]) -> dict[int, list[GuidePage]]:
    """{id of a file: the public guides that offer it, the oldest first}; two queries."""
    found: dict[int, list[GuidePage]] = {document.pk: [] for document in documents}
    pairs = sorted(
        {
            (int(guide), int(file))
            for guide, file in references().filter(to_object_id__in=map(str, found)).values_list("object_id", "to_object_id")
        }
    )
    guides = searchable_guides().in_bulk({guide for guide, _file in pairs}) if pairs else {}
    for guide, file in pairs:
        if guide in guides:
            found[file].append(guides[guide])
    return found


def build_download(document: Model) -> Content:
    """The file's own title, what its guides call it, and what they are filed under."""
    guides = guides_of([document])[document.pk]
    facets: dict[str, set[str]] = {"stage": set(), "function": set(), "province": set(), "sector": set(), "agency": set()}
    titles, notes = [], []
    for guide in guides:
        for name, related in (("stage", "stages"), ("function", "functions"), ("sector", "sectors")):
            facets[name].update([row.code for row in getattr(guide, related).all()] or [ANY])
        facets["province"].update([row.iso for row in guide.provinces.all()] or [ANY])
        facets["agency"].update(programme.agency.code for programme in guide.programmes.select_related("agency"))
        for block in guide.body:
            if block.block_type == "download" and block.value["document"] == document:
                titles.append(block.value["title"])
                notes.append(block.value["note"])
    return Content(
        title=document.title,
        summary=" ".join(filter(None, dict.fromkeys(notes))) or next((guide.summary for guide in guides), ""),
        keywords="\n".join(dict.fromkeys([*titles, document.file_extension, CALLED])),
        body="\n".join(guide.title for guide in guides),
        facets={name: sorted(codes) for name, codes in facets.items()} | {"format": ["file"]},
        quotes=tuple(f"guide:{guide.pk}" for guide in guides),
    )


def attach_guides(documents: list[Model]) -> None:
    """Gives each file the guide that its card names."""
    found = guides_of(documents)
    for document in documents:
        document.guide = next(iter(found[document.pk]), None)


# What changes when


def offered_in(page: GuidePage) -> set[int]:
    """The ids of the files that a guide offers now."""
    return {block.value["document"].pk for block in page.body if block.block_type == "download" and block.value["document"]}


def note_guide(sender, instance: Page, raw=False, **signal) -> None:
    """A guide's files may be found or not, and are described by it: those it offers and those it offered."""
    page = instance.specific if isinstance(instance, Page) and type(instance) is Page else instance
    if raw or not isinstance(page, GuidePage):
        return
    before = Document.objects.filter(kind="download", quotes__contains=f" guide:{page.pk} ").values_list("object_id", flat=True)
    changes.mark_changed("download", offered_in(page).union(before))


def note_all(sender, raw=False, **signal) -> None:
    """Who may read what has changed for a whole branch: every file is looked at again."""
    if not raw:
        changes.mark_changed("download", get_document_model().objects.values_list("pk", flat=True))


def connect() -> None:
    """Makes the files searchable; called once when the app is ready."""
    register(
        Kind(
            code="download",
            model=get_document_model(),
            name=_("ไฟล์"),
            icon="download",
            card="search/cards/download.html",
            objects=lambda: get_document_model().objects.select_related("collection"),
            searchable=searchable_downloads,
            is_searchable=is_download_searchable,
            build=build_download,
            complete=attach_guides,
        )
    )
    for signal in (post_save, post_delete, page_published, page_unpublished):
        signal.connect(note_guide, sender=GuidePage, dispatch_uid=f"search-download-{id(signal)}")
    post_page_move.connect(note_all, dispatch_uid="search-download-moved")
    for signal in (post_save, post_delete):
        for model in (PageViewRestriction, CollectionViewRestriction):
            signal.connect(note_all, sender=model, dispatch_uid=f"search-download-{model.__name__}-{id(signal)}")
