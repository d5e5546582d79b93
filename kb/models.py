"""What we know: agencies, perishable facts, programmes, guides, and what readers say of them."""

import datetime as dt
import re
from html import unescape

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail import blocks
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, ObjectList, PageChooserPanel, TabbedInterface
from wagtail.fields import StreamField
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    Orderable,
    Page,
    PageViewRestriction,
    PreviewableMixin,
    RevisionMixin,
    WorkflowMixin,
)
from wagtail.search import index

from business import vocabulary
from business.models import Business, BusinessFunction, LegalForm, Named, Province, Sector, Stage
from business.size import LABELS as SIZE_LABELS
from business.size import Size
from kb import facts, matching, reading
from kb.blocks import Eligibility, GuideBody
from kb.headings import find_headings
from kb.matching import Topic
from users.dates import WrittenDateField

register_form_field_override(models.DateField, override={"form_class": WrittenDateField})  # before the forms are made from our models

HOW_TO_QUOTE = _("อ้างตัวเลขที่เปลี่ยนได้ด้วย {fact:รหัส} รหัสดูได้ที่เมนู โครงการและข้อเท็จจริง → ข้อเท็จจริง")


class Agency(Named):
    code = models.SlugField(_("รหัส"), unique=True)
    short_name = models.CharField(_("ชื่อย่อ"), max_length=60)
    website = models.URLField(_("เว็บไซต์"), blank=True)
    phone = models.CharField(_("โทรศัพท์"), max_length=60, blank=True)

    class Meta:
        ordering = ["name_th"]
        verbose_name = _("หน่วยงาน")
        verbose_name_plural = _("หน่วยงาน")

    @property
    def dial(self) -> str:
        """The digits to dial; empty when the number holds words, such as an extension."""
        return re.sub(r"\D", "", self.phone) if facts.WHOLE_PHONE.fullmatch(self.phone.strip()) else ""


class Fact(models.Model):
    """A number that perishes (fee, rate, threshold, deadline, hotline), with its source and the day it was seen."""

    class Confidence(models.TextChoices):
        CONFIRMED = "confirmed", _("ยืนยันจากแหล่งแล้ว")
        BELIEVED = "believed", _("ยังไม่ยืนยัน")

    code = models.SlugField(_("รหัส"), max_length=60, unique=True, help_text=_("คู่มืออ้างด้วย {fact:รหัส} ตั้งแล้วไม่ควรเปลี่ยน"))
    topic = models.CharField(_("หัวข้อ"), max_length=200)
    statement = models.TextField(_("ประโยคข้อเท็จจริง"))
    value = models.CharField(_("ค่า"), max_length=60, blank=True)
    unit = models.CharField(_("หน่วย"), max_length=60, blank=True)
    legal_basis = models.TextField(_("ฐานกฎหมาย"), blank=True)
    agency_name = models.CharField(_("หน่วยงาน"), max_length=200, blank=True)
    source = models.TextField(_("แหล่ง"))
    seen_on = models.CharField(_("วันที่ของแหล่ง"), max_length=40, blank=True, help_text=_("ตามที่แหล่งบอก ปีพุทธศักราช"))
    valid_until = models.DateField(_("ใช้ได้ถึง"), null=True, blank=True)
    confidence = models.CharField(_("ความมั่นใจ"), max_length=10, choices=Confidence)
    note = models.TextField(_("ข้อควรระวัง"), blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("ข้อเท็จจริง")
        verbose_name_plural = _("ข้อเท็จจริง")

    def __str__(self):
        return f"{self.topic} ({self.code})"

    @property
    def shown_value(self) -> str:
        return facts.format_value(self.value, self.unit)

    @property
    def shown_seen_on(self) -> str:
        return facts.format_dates(self.seen_on)

    @property
    def is_phone(self) -> bool:
        return self.unit == "โทรศัพท์" and bool(facts.WHOLE_PHONE.fullmatch(self.value.strip()))

    @property
    def is_confirmed(self) -> bool:
        return self.confidence == self.Confidence.CONFIRMED

    @property
    def warning(self) -> str:
        """What a reader must know before trusting it; empty when there is nothing."""
        return facts.warn_of(self, timezone.localdate())

    def is_expired(self, today: dt.date | None = None) -> bool:
        return self.valid_until is not None and self.valid_until < (today or timezone.localdate())


class ProgrammeQuerySet(models.QuerySet):
    def live(self):
        return self.filter(live=True)


class Programme(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, index.Indexed, models.Model):
    """A support programme of the state or the private sector, as its source describes it."""

    class Support(models.TextChoices):
        GRANT = "grant", _("เงินช่วยหรือร่วมจ่าย")
        LOAN = "loan", _("สินเชื่อ")
        GUARANTEE = "guarantee", _("ค้ำประกัน")
        ADVICE = "advice", _("ที่ปรึกษา")
        TRAINING = "training", _("อบรม")
        MARKET = "market", _("ช่องทางตลาด")
        REGISTRATION = "registration", _("ขึ้นทะเบียนและรับรอง")
        AWARD = "award", _("รางวัล")

    class Status(models.TextChoices):
        """What the source says. Whether it is open today also depends on the window: `is_closed`."""

        OPEN = "open", _("เปิดรับ")
        CLOSED = "closed", _("ปิดรับแล้ว")
        UNCERTAIN = "uncertain", _("ยังไม่แน่ว่ารอบนี้เปิดอยู่")

    code = models.SlugField(_("รหัส"), unique=True, help_text=_("อยู่กับโครงการตลอดทุกปี"))
    name = models.CharField(_("ชื่อโครงการ"), max_length=200)
    name_en = models.CharField(_("ชื่ออังกฤษ"), max_length=200, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="programmes", verbose_name=_("หน่วยงาน"))
    support = models.CharField(_("ช่วยแบบไหน"), max_length=20, choices=Support)
    summary = models.CharField(_("สรุปหนึ่งประโยค"), max_length=200)
    offers = models.TextField(_("ให้อะไร"), validators=[facts.check_fact_references])
    who = models.TextField(_("ให้ใคร ตามประกาศ"), validators=[facts.check_fact_references])
    how_to_apply = models.TextField(_("สมัครอย่างไร"), validators=[facts.check_fact_references])
    eligibility = StreamField(Eligibility(required=False), verbose_name=_("เงื่อนไข"), blank=True)
    opens_on = models.DateField(_("เปิดรับ"), null=True, blank=True)
    closes_on = models.DateField(_("ปิดรับ"), null=True, blank=True)
    is_first_come = models.BooleanField(_("เต็มก่อนปิดก่อน"), default=False)
    status = models.CharField(_("สถานะตามแหล่ง"), max_length=10, choices=Status)
    fiscal_year = models.PositiveSmallIntegerField(_("ปีงบประมาณ (พ.ศ.)"), null=True, blank=True)
    source_name = models.CharField(_("แหล่งข้อมูล"), max_length=300)
    source_url = models.URLField(_("ที่อยู่ของแหล่ง"), blank=True)
    checked_on = models.DateField(_("วันที่ตรวจแหล่ง"))
    is_demo = models.BooleanField(default=False, editable=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("โครงการ")
        verbose_name_plural = _("โครงการ")
        permissions = [(f"{verb}_programme", f"Can {verb} programme") for verb in ("publish", "lock", "unlock")]

    search_fields = [index.SearchField("name"), index.AutocompleteField("name"), index.SearchField("summary"), index.FilterField("live")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("programme", args=[self.code])

    def get_preview_template(self, request, mode_name):
        return "kb/programme.html"

    def get_preview_context(self, request, mode_name):
        from kb.programmes import programme_context

        return super().get_preview_context(request, mode_name) | programme_context(self, request)

    def clean(self):
        super().clean()
        if self.opens_on and self.closes_on and self.closes_on < self.opens_on:
            raise ValidationError({"closes_on": _("วันปิดรับอยู่ก่อนวันเปิดรับ")})

    @property
    def clauses(self) -> list[matching.Clause]:
        return [
            matching.Clause(
                topic=Topic(child.block_type),
                wanted=frozenset(child.value.get("wanted") or ()),
                text=child.value.get("text") or "",
                source=child.value["source"],
            )
            for child in self.eligibility
        ]

    def codes_wanted(self, topic: Topic) -> frozenset[str]:
        """The codes that the clauses name for a topic; empty means no restriction."""
        return frozenset().union(*(clause.wanted for clause in self.clauses if clause.topic is topic))

    def is_closed(self, today: dt.date | None = None) -> bool:
        today = today or timezone.localdate()
        return self.status == self.Status.CLOSED or bool(self.closes_on and self.closes_on < today)

    def is_upcoming(self, today: dt.date | None = None) -> bool:
        return bool(self.opens_on and self.opens_on > (today or timezone.localdate()))

    def days_left(self, today: dt.date | None = None) -> int | None:
        """Days until it closes; None when there is no closing day or it is past."""
        today = today or timezone.localdate()
        return (self.closes_on - today).days if self.closes_on and self.closes_on >= today else None

    def match(self, profile: matching.Profile, *, today: dt.date | None = None) -> matching.Verdict:
        return matching.match(self.clauses, profile, is_closed=self.is_closed(today))

    @cached_property
    def facts(self) -> dict[str, Fact]:
        return Fact.objects.in_bulk(facts.find_references(self.offers, self.who, self.how_to_apply), field_name="code")


def describe_business(business: Business | None, *, needs: frozenset[str] | None = None) -> matching.Profile:
    """What the matcher may know of a business. `needs`: the functions that the reader is asking about."""
    known = {}
    if needs:
        known[Topic.NEED] = frozenset(needs)
    if business:
        if business.stage:
            known[Topic.STAGE] = frozenset([business.stage.code])
        if business.sector:
            known[Topic.SECTOR] = frozenset([business.sector.code])
        if business.province_id:
            known[Topic.PROVINCE] = frozenset([business.province_id])
        if business.legal_form:
            known[Topic.LEGAL_FORM] = frozenset([business.legal_form])
        if len(business.size.possible) < len(Size):
            known[Topic.SIZE] = frozenset(business.size.possible)
    return matching.Profile(known)


def name_codes(topic: Topic, codes) -> list[str]:
    """The names of codes in the order of their vocabulary, in the reader's language."""
    names = {
        Topic.STAGE: lambda: {code: row.name for code, row in vocabulary.stages().items()},
        Topic.NEED: lambda: {code: row.name for code, row in vocabulary.functions().items()},
        Topic.SECTOR: lambda: {code: row.name for code, row in vocabulary.sectors().items()},
        Topic.PROVINCE: lambda: {code: row.name for code, row in vocabulary.provinces().items()},
        Topic.SIZE: lambda: {size.value: str(label) for size, label in SIZE_LABELS.items()},
        Topic.LEGAL_FORM: lambda: {code: str(label) for code, label in LegalForm.choices},
    }[topic]()
    return [name for code, name in names.items() if code in codes]


class BasePage(Page):
    """What every page of ours shares."""

    is_demo = models.BooleanField(_("เนื้อหาตัวอย่าง รอ สสว. ตรวจ"), default=False)

    class Meta:
        abstract = True

    def get_view_restrictions(self):
        """The restrictions on this page and above it, in one query at any depth: ancestors are prefixes of the path."""
        paths = [self.path[:end] for end in range(self.steplen, len(self.path) + 1, self.steplen)]
        return PageViewRestriction.objects.filter(page__path__in=paths)


class Change(models.Model):
    """What changed, said in public. Whoever read the page before is told of everything but typing errors."""

    class Significance(models.TextChoices):
        TYPO = "typo", _("แก้คำ")
        MINOR = "minor", _("ปรับเล็กน้อย")
        MAJOR = "major", _("เปลี่ยนสาระ")

    date = models.DateField(_("วันที่"))
    significance = models.CharField(_("ความสำคัญ"), max_length=10, choices=Significance)
    note = models.CharField(_("เปลี่ยนอะไร"), max_length=300)

    panels = [FieldPanel("date"), FieldPanel("significance"), FieldPanel("note")]

    class Meta:
        abstract = True
        ordering = ["-date", "-pk"]


class GuideIndexPage(BasePage):
    """The folder of all guides; its page is the stage × function grid."""

    max_count = 1
    subpage_types = ["kb.GuidePage"]
    template = "kb/guides.html"
    content_panels = [*Page.content_panels, FieldPanel("is_demo")]

    class Meta:
        verbose_name = _("รวมคู่มือ")

    def get_context(self, request, *args, **kwargs):
        from kb.guides import grid_context

        return super().get_context(request, *args, **kwargs) | grid_context()


class GuideForm(WagtailAdminPageForm):
    """A new guide comes with a code that nobody uses yet."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and not self.instance.code:
            self.initial["code"] = find_free_code()


def find_free_code() -> str:
    """Four digits: the one after the highest in use, else the lowest that is free; empty when there is none."""
    taken = set(GuidePage.objects.values_list("code", flat=True))
    after_the_highest = int(max(taken, default="1000")) + 1
    codes = (f"{number:04d}" for number in [*range(after_the_highest, 10_000), *range(1001, after_the_highest)])
    return next((code for code in codes if code not in taken), "")


class GuidePage(BasePage):
    """A guide: the short answer first, then typed blocks."""

    code = models.CharField(
        _("รหัสหน้า"),
        max_length=4,
        unique=True,
        validators=[RegexValidator(r"^[0-9]{4}$", _("รหัสหน้าต้องเป็นตัวเลข 4 หลัก"))],
        error_messages={"unique": _("มีคู่มืออื่นใช้รหัสหน้านี้แล้ว")},
        help_text=_("บอกกันทางโทรศัพท์ได้"),
    )
    short_answer = models.TextField(_("คำตอบสั้น"), validators=[facts.check_fact_references])
    summary = models.CharField(_("สรุปหนึ่งประโยค"), max_length=160, help_text=_("ใช้ในรายการและผลค้นหา"))
    keywords = models.TextField(_("คำที่คนพูด"), blank=True, help_text=_("บรรทัดละคำ"))
    body = StreamField(GuideBody(), verbose_name=_("เนื้อหา"))
    stages = ParentalManyToManyField(Stage, related_name="guides", verbose_name=_("ช่วงธุรกิจ"), limit_choices_to={"scheme__is_current": True})
    functions = ParentalManyToManyField(BusinessFunction, related_name="guides", verbose_name=_("เรื่อง"))
    sectors = ParentalManyToManyField(
        Sector, blank=True, related_name="guides", verbose_name=_("ประเภทกิจการ"), help_text=_("ว่างคือทุกประเภท")
    )
    provinces = ParentalManyToManyField(Province, blank=True, related_name="guides", verbose_name=_("จังหวัด"), help_text=_("ว่างคือทั้งประเทศ"))
    programmes = ParentalManyToManyField(Programme, blank=True, related_name="guides", verbose_name=_("โครงการที่เลือกเอง"))
    reviewed_on = models.DateField(_("ตรวจทานเมื่อ"))
    reviewed_by = models.CharField(_("ตรวจทานโดย"), max_length=120)
    next_review = models.DateField(_("ตรวจทานครั้งหน้า"))
    words = models.PositiveIntegerField(default=0, editable=False)
    text_hash = models.CharField(max_length=16, default="", editable=False, help_text="of the texts: a reader is told when it changed")

    template = "kb/guide.html"
    parent_page_types = ["kb.GuideIndexPage"]
    subpage_types = []
    base_form_class = GuideForm

    content_panels = [
        *Page.content_panels,
        FieldPanel("code", help_text=_("ตัวเลข 4 หลัก ไม่ซ้ำ บอกกันทางโทรศัพท์ได้")),
        FieldPanel("short_answer", help_text=HOW_TO_QUOTE),
        FieldPanel("summary"),
        FieldPanel("body", help_text=HOW_TO_QUOTE),
        FieldPanel("keywords"),
    ]
    place_panels = [
        FieldPanel("stages", widget=forms.CheckboxSelectMultiple),
        FieldPanel("functions", widget=forms.CheckboxSelectMultiple),
        FieldPanel("sectors", widget=forms.CheckboxSelectMultiple),
        FieldPanel("provinces"),
        FieldPanel("programmes"),
        InlinePanel("related_guides", label=_("คู่มือที่เกี่ยวข้อง"), max_num=3),
    ]
    review_panels = [
        MultiFieldPanel([FieldPanel("reviewed_on"), FieldPanel("reviewed_by"), FieldPanel("next_review")], heading=_("การตรวจทาน")),
        InlinePanel("change_notes", label=_("บันทึกการเปลี่ยนแปลง")),
        FieldPanel("is_demo"),
    ]
    edit_handler = TabbedInterface(
        [
            ObjectList(content_panels, heading=_("เนื้อหา")),
            ObjectList(place_panels, heading=_("อยู่ตรงไหน")),
            ObjectList(review_panels, heading=_("ตรวจทาน")),
            ObjectList(Page.promote_panels, heading=_("ที่อยู่และ SEO")),
            ObjectList(Page.settings_panels, heading=_("เวลาเผยแพร่")),
        ]
    )
    search_fields = [*Page.search_fields, index.SearchField("short_answer"), index.FilterField("code")]

    class Meta:
        verbose_name = _("คู่มือ")
        verbose_name_plural = _("คู่มือ")

    def clean(self):
        super().clean()
        if self.reviewed_on and self.next_review and self.next_review <= self.reviewed_on:
            raise ValidationError({"next_review": _("วันตรวจทานครั้งหน้าต้องอยู่หลังวันที่ตรวจทาน")})

    def save(self, *args, **kwargs):
        texts = self.texts()
        self.words = reading.count_words(facts.REFERENCE.sub("1", " ".join(texts)))
        self.text_hash = reading.hash_texts(texts)
        super().save(*args, **kwargs)

    def get_context(self, request, *args, **kwargs):
        from kb.guides import guide_context

        return super().get_context(request, *args, **kwargs) | guide_context(self, request)

    @property
    def reading_minutes(self) -> int:
        return reading.reading_minutes(self.words)

    def texts(self) -> list[str]:
        """Every text of the page without markup, short answer first; facts still as references."""
        return [self.short_answer, *(text for block in self.body for text in block_texts(block.value))]

    def rich_texts(self) -> list[str]:
        """Every piece of rich text of the body as it is stored, links by id."""
        return [source for block in self.body for source in block_sources(block.value)]

    @cached_property
    def fact_codes(self) -> list[str]:
        return facts.find_references(*self.texts())

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """The facts quoted on this page, in the order of reading."""
        found = Fact.objects.in_bulk(self.fact_codes, field_name="code")
        return {code: found[code] for code in self.fact_codes if code in found}

    @property
    def headings(self) -> list[tuple[str, str]]:
        """(anchor, words) of every h2 in the text blocks, each once, for the contents list."""
        found = dict(heading for block in self.body if block.block_type == "text" for heading in find_headings(block.value.source))
        return [(anchor, facts.plain_with_facts(words, self.facts)) for anchor, words in found.items()]

    @property
    def is_review_due(self) -> bool:
        return self.next_review <= timezone.localdate()


def block_texts(value) -> list[str]:
    """The texts inside a block's value, markup stripped: strings, rich text, structs and lists of them."""
    if isinstance(value, str):
        return [value]
    if hasattr(value, "source"):
        return [unescape(strip_tags(value.source.replace("><", "> <")))]
    if isinstance(value, blocks.StructValue):
        return [text for key, part in value.items() if key not in ("url", "image", "document") for text in block_texts(part)]
    if hasattr(value, "__iter__"):
        return [text for part in value for text in block_texts(part)]
    return []


def block_sources(value) -> list[str]:
    """The stored rich texts inside a block's value."""
    if hasattr(value, "source"):
        return [value.source]
    if isinstance(value, blocks.StructValue):
        return [source for part in value.values() for source in block_sources(part)]
    if isinstance(value, blocks.list_block.ListValue):
        return [source for part in value for source in block_sources(part)]
    return []


class RelatedGuide(Orderable):
    page = ParentalKey(GuidePage, on_delete=models.CASCADE, related_name="related_guides")
    guide = models.ForeignKey(GuidePage, on_delete=models.CASCADE, related_name="+", verbose_name=_("คู่มือ"))

    panels = [PageChooserPanel("guide")]


class ChangeNote(Change):
    page = ParentalKey(GuidePage, on_delete=models.CASCADE, related_name="change_notes")


class Feedback(models.Model):
    """Was this useful? Tied to the revision that was read, so that an old complaint does not haunt a mended page."""

    class Reason(models.TextChoices):
        NOT_FOUND = "not-found", _("ไม่มีเรื่องที่อยากรู้")
        UNCLEAR = "unclear", _("อ่านแล้วไม่เข้าใจ")
        WRONG = "wrong", _("ข้อมูลผิดหรือเก่า")
        OTHER = "other", _("เรื่องอื่น")

    page = models.ForeignKey(GuidePage, on_delete=models.CASCADE, related_name="feedback")
    revision = models.ForeignKey("wagtailcore.Revision", null=True, on_delete=models.SET_NULL, related_name="+")
    was_useful = models.BooleanField()
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    comment = models.TextField(max_length=1000, blank=True)
    voter = models.CharField(max_length=64, help_text=_("รหัสสุ่มของเครื่อง ไม่ใช่ตัวบุคคล"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "revision", "voter"], name="one_vote_per_revision")]
        verbose_name = _("ความเห็นผู้อ่าน")
        verbose_name_plural = _("ความเห็นผู้อ่าน")
