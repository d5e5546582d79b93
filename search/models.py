"""What is searchable, cut once and kept, and the work that is due on it."""

import re
import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from kb.models import Programme
from search import thai
from search.confusables import are_confusable


class DocumentQuerySet(models.QuerySet):
    def public(self):
        return self.filter(is_public=True)


class Document(models.Model):
    """The search document of one object. Any engine is filled from these rows without cutting again.

    `kind` is a registered kind (`search/documents.py`), `object_id` the primary key there. Pages have a row in any
    state, because the admin's search needs drafts too; only `is_public` rows go to the public engine.

    `words` holds the texts in `thai.join`'s form ({"title": …, "keywords": …, "summary": …, "body": …}); without
    U+200B they are plain. `parts` holds, for each of them, the parts of its compounds, separated by spaces. `facets`
    holds codes ({"stage": […], "function": […], "province": […], "sector": […]}), where "*" means all of them.
    `sections` says where the sections of the body begin: [[anchor, heading, number of its first line], …].
    `terms` is every word of the object, drafts included, each once between spaces: what the admin searches.
    `quotes` names the facts that the texts quote, each between spaces.
    """

    kind = models.CharField(max_length=20)
    object_id = models.PositiveBigIntegerField()
    is_public = models.BooleanField()
    words = models.JSONField()
    parts = models.JSONField(default=dict)
    facets = models.JSONField()
    sections = models.JSONField(default=list)
    terms = models.TextField(default="")
    quotes = models.TextField(default="", blank=True)
    cutter = models.CharField(max_length=40, help_text="search.thai.VERSION that cut it")
    content_hash = models.CharField(max_length=64)
    version = models.PositiveBigIntegerField(help_text="External version: an older one never overwrites a newer one")
    updated_at = models.DateTimeField(auto_now=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="one_document_per_object")]

    def __str__(self):
        return self.key

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.object_id}"


class IndexJobQuerySet(models.QuerySet):
    def due(self):
        return self.filter(due_at__lte=timezone.now())


def new_token() -> int:
    return time.time_ns()


class IndexJob(models.Model):
    """The outbox of the index: written in the transaction of the change, one row per object, deleted when done."""

    kind = models.CharField(max_length=20)
    object_id = models.PositiveBigIntegerField()
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveBigIntegerField(
        default=new_token, help_text="Raised by each change: work done for an older token leaves the row"
    )
    last_error = models.TextField(blank=True)

    objects = IndexJobQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="one_index_job_per_object")]
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self):
        return f"{self.kind}:{self.object_id}"


# What editors know about words


class DeskRecord(models.Model):
    """Who changed it last, and when."""

    changed_at = models.DateTimeField(_("แก้ล่าสุด"), auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("โดย"), null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        abstract = True


LONGEST_OWN_WORD = 60
_THAI_WORD = re.compile(r"[ก-ฮเ-ไ](?:[ก-ฺเ-๎ๅ]|\.(?=[ก-ฮเ-ไ]|$)|\.?[0-9](?=[0-9]*$))*")


class OwnWord(DeskRecord):
    """A word that the cutter must know. Kept as it is matched (`thai.normalise`)."""

    word = models.CharField(_("คำ"), max_length=LONGEST_OWN_WORD, unique=True, help_text=_("คำไทยหนึ่งคำ ไม่มีช่องว่าง เช่น คนละครึ่ง หรือ ภ.พ.30"))
    note = models.CharField(_("หมายเหตุ"), max_length=200, blank=True)

    class Meta:
        ordering = ["word"]
        verbose_name = _("คำในพจนานุกรม")
        verbose_name_plural = _("คำในพจนานุกรม")

    def __str__(self):
        return self.word

    @classmethod
    def from_db(cls, db, field_names, values):
        row = super().from_db(db, field_names, values)
        row.word_before = row.word if "word" in field_names else ""
        return row

    def clean(self):
        self.word = thai.normalise(self.word).strip()
        if any(character.isspace() for character in self.word):
            raise ValidationError({"word": _("ใส่ทีละคำ คำหนึ่งไม่มีช่องว่าง")})
        if not is_thai_word(self.word):
            raise ValidationError({"word": _("ใส่คำที่เขียนด้วยอักษรไทย คำอังกฤษไม่ต้องใส่ เพราะเขียนแยกกันอยู่แล้ว")})
        if sum(character.isalpha() for character in self.word) < 2:
            raise ValidationError({"word": _("คำต้องมีอย่างน้อยสองตัวอักษร")})


class SynonymSet(DeskRecord):
    """Other words that the same thing is found by."""

    class Kind(models.TextChoices):
        SAME = "same", _("ความหมายเดียวกัน (ใช้แทนกันได้ทั้งสองทาง)")
        LOAN = "loan", _("คำทับศัพท์ (ใช้แทนกันได้ทั้งสองทาง)")
        SPOKEN = "spoken", _("คำพูดไปหาคำทางการ (ทางเดียว)")
        RELATED = "related", _("เรื่องที่เกี่ยวกัน (ทางเดียว)")

    term = models.CharField(_("เมื่อคนค้นคำนี้"), max_length=100)
    equivalents = models.TextField(_("ให้หาคำเหล่านี้ด้วย"), help_text=_("บรรทัดละคำหรือวลี ไม่เกิน 12 บรรทัด"))
    kind = models.CharField(_("แบบ"), max_length=10, choices=Kind, default=Kind.SAME)
    note = models.CharField(_("หมายเหตุ"), max_length=200, blank=True)
    live = models.BooleanField(_("ใช้อยู่"), default=True)

    class Meta:
        ordering = ["term"]
        verbose_name = _("คำพ้อง")
        verbose_name_plural = _("คำพ้อง")

    def __str__(self):
        return self.term

    @property
    def lines(self) -> list[str]:
        return split_lines(self.equivalents)

    def clean(self):
        self.term = thai.normalise(self.term).strip()
        lines = [thai.normalise(line) for line in self.lines]
        self.equivalents = "\n".join(dict.fromkeys(lines))
        if not key_of(self.term):
            raise ValidationError({"term": _("ข้อความนี้ไม่มีคำ")})
        wrong = next((line for line in lines if not key_of(line)), None)
        if not lines or wrong is not None:
            raise ValidationError({"equivalents": _("ทุกบรรทัดต้องมีคำ")})
        if len(lines) > 12:
            raise ValidationError({"equivalents": _("ใส่ได้ไม่เกิน 12 บรรทัด")})
        if key_of(self.term) in map(key_of, lines):
            raise ValidationError({"equivalents": _("คำเดียวกับคำที่ค้น ไม่ต้องใส่ซ้ำ")})
        confused = next((line for line in lines if are_confusable(self.term, line)), None)
        if confused:
            raise ValidationError(
                {"equivalents": _("“%(term)s” กับ “%(other)s” เขียนคล้ายกันแต่คนละเรื่อง จึงใช้แทนกันไม่ได้") % {"term": self.term, "other": confused}}
            )
        if self.live and self._leads_back():
            raise ValidationError({"equivalents": _("คำพ้องชุดนี้วนกลับมาที่คำเดิม ดูชุดที่มีอยู่แล้วก่อน")})

    def _leads_back(self) -> bool:
        """Whether one comes back to the term by following the other sets."""
        steps: dict[str, set[str]] = {}
        for other in SynonymSet.objects.filter(live=True).exclude(pk=self.pk):
            steps.setdefault(key_of(other.term), set()).update(map(key_of, other.lines))
        term, due, seen = key_of(self.term), set(map(key_of, self.lines)), set()
        while due:
            key = due.pop()
            if key == term:
                return True
            if key not in seen:
                seen.add(key)
                due |= steps.get(key, set())
        return False


def is_thai_word(text: str) -> bool:
    """Whether the cutter would take the text as one Thai run, letters and marks with the dots and digits of an abbreviation."""
    return bool(_THAI_WORD.fullmatch(text))


def split_lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("|", "\n").splitlines() if line.strip()]


def key_of(text: str) -> str:
    """What a word or phrase is compared by: its terms without blanks, so that it does not matter how it is cut."""
    return "".join(word.term for word in thai.find_words(text))


def validate_address(value: str) -> None:
    """A whole address with http or https, or a path of ours."""
    is_ours = value.startswith("/") and not value.startswith(("//", "/\\"))
    if any(character.isspace() or ord(character) < 32 or character == "\\" for character in value):
        raise ValidationError(_("ที่อยู่นี้มีช่องว่างหรือเครื่องหมายที่ใช้ไม่ได้"))
    if not is_ours:
        URLValidator(schemes=["http", "https"], message=_("ใส่ที่อยู่ที่ขึ้นต้นด้วย https:// หรือ / สำหรับหน้าในเว็บนี้"))(value)


class Promotion(DeskRecord):
    """A best bet: shown above the results while it holds, when a question has all words of one of its phrases."""

    title = models.CharField(_("หัวข้อ"), max_length=120)
    phrases = models.TextField(_("แสดงเมื่อคำค้นมีคำเหล่านี้"), help_text=_("บรรทัดละวลี คำค้นต้องมีครบทุกคำของบรรทัดใดบรรทัดหนึ่ง"))
    text = models.CharField(_("ข้อความสั้น"), max_length=200, blank=True)
    page = models.ForeignKey(Page, verbose_name=_("พาไปหน้า"), null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    programme = models.ForeignKey(
        Programme, verbose_name=_("พาไปโครงการ"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    url = models.CharField(_("พาไปที่อยู่"), max_length=500, blank=True, validators=[validate_address])
    starts_on = models.DateField(_("เริ่มแสดง"), null=True, blank=True)
    ends_on = models.DateField(_("แสดงถึงวันที่"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(_("ลำดับ"), default=10, help_text=_("เลขน้อยแสดงก่อน"))

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("รายการแนะนำ")
        verbose_name_plural = _("รายการแนะนำ")

    def __str__(self):
        return self.title

    @property
    def lines(self) -> list[str]:
        return split_lines(self.phrases)

    def clean(self):
        lines = [thai.normalise(line) for line in self.lines]
        if not lines or not all(map(key_of, lines)):
            raise ValidationError({"phrases": _("ทุกบรรทัดต้องมีคำ")})
        self.phrases = "\n".join(dict.fromkeys(lines))
        if sum(1 for target in (self.page_id, self.programme_id, self.url) if target) != 1:
            raise ValidationError(_("เลือกปลายทางอย่างเดียว หน้า โครงการ หรือที่อยู่"))
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("วันสุดท้ายอยู่ก่อนวันเริ่ม")})


class KnowledgeChange(models.Model):
    """The journal of the three above: a process that sees a new row reads them anew.

    `word`: the documents that have it must be cut anew; `is_done` says that their jobs are written.
    """

    word = models.CharField(max_length=LONGEST_OWN_WORD, blank=True)
    is_done = models.BooleanField()
    happened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["is_done"])]

    def __str__(self):
        return f"{self.happened_at:%Y-%m-%d %H:%M} {self.word}"


# What is asked, without who asked it


class SearchEvent(models.Model):
    """One search, redacted (`search/redaction.py`). Nothing in it leads to a person: no user, session, address or exact time.

    `cluster` is the question's words in order of the alphabet, `cluster_id` its short hash. `filters` holds codes as
    " stage:run province:TH-50 ". `correction` says what was repaired ("" when nothing was). `previous` is the redacted
    question that this one refines.
    """

    hour = models.DateTimeField(help_text="The hour in which it was asked")
    day = models.DateField()
    text = models.CharField(max_length=200)
    cluster = models.CharField(max_length=200)
    cluster_id = models.CharField(max_length=16)
    language = models.CharField(max_length=5)
    total = models.PositiveIntegerField()
    reach = models.CharField(max_length=10)
    kind = models.CharField(max_length=20, blank=True)
    filters = models.TextField(blank=True)
    correction = models.CharField(max_length=40, blank=True)
    previous = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["day", "cluster_id"])]

    def __str__(self):
        return f"{self.day} {self.text}"


class SearchClick(models.Model):
    """How often a result was opened from the results of a cluster on a day."""

    day = models.DateField()
    cluster_id = models.CharField(max_length=16)
    document = models.CharField(max_length=40, help_text="Document.key")
    position = models.PositiveSmallIntegerField(help_text="Where it was opened from last: 1 is the first result")
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "cluster_id", "document"], name="one_click_row_per_day")]
        indexes = [models.Index(fields=["cluster_id"])]

    def __str__(self):
        return f"{self.day} {self.cluster_id} {self.document}"
