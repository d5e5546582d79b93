"""Who helps: the 77 centres, their people, and the cases that entrepreneurs open with them."""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from phonenumber_field.modelfields import PhoneNumberField

from business.models import Business, BusinessFunction, LegalForm, Named, Province, Sector, Stage
from oss.routing import Reason
from search import thai
from users.formats import parse_phone
from users.models import Consent
from users.roles import Role

QUESTION_MAX = 4000
TITLE_LENGTH = 60
LONG_WAIT = 3  # days after which the desk points at a case; the promised date of issue 6 replaces it


class Centre(ClusterableModel, Named):
    """An SME One-Stop Service Centre. One for each province; `fallback` takes what it cannot."""

    class Kind(models.TextChoices):
        BANGKOK = "B", _("ศูนย์กรุงเทพมหานคร")
        GROUP = "G", _("ศูนย์กลุ่มจังหวัด")
        PROVINCIAL = "P", _("ศูนย์จังหวัด")

    province = models.OneToOneField(Province, on_delete=models.PROTECT, related_name="centre", verbose_name=_("จังหวัด"))
    kind = models.CharField(_("ชนิด"), max_length=1, choices=Kind)
    fallback = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="stands_in_for", verbose_name=_("ศูนย์ที่รับแทน")
    )
    accepts_cases = models.BooleanField(_("รับเรื่องได้"), default=True)
    address = models.TextField(_("ที่อยู่"), blank=True)
    phone = models.CharField(_("โทรศัพท์"), max_length=60, blank=True)
    hours = models.CharField(_("เวลาทำการ"), max_length=120, blank=True)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["province__order"]
        verbose_name = _("ศูนย์")
        verbose_name_plural = _("ศูนย์")

    def get_absolute_url(self):
        return reverse("centre", args=[self.province_id])

    @property
    def short_name(self) -> str:
        """As people call it: the province. Needs `province`."""
        return gettext("ศูนย์%(province)s") % {"province": self.province.name}

    @property
    def map_query(self) -> str:
        """What a map is asked for."""
        return " ".join(f"{self.name} {self.address}".split())

    @property
    def phone_link(self) -> str:
        """The number to dial, empty when the text holds none or several."""
        try:
            return f"tel:{parse_phone(self.phone)}"
        except ValueError:
            return ""


class CentreMember(models.Model):
    """A person who works for a centre. A head also sees its figures (a later issue)."""

    centre = ParentalKey(Centre, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="centre_memberships", verbose_name=_("เจ้าหน้าที่")
    )
    is_head = models.BooleanField(_("หัวหน้าศูนย์"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["centre", "user"], name="member_once_per_centre")]
        verbose_name = _("เจ้าหน้าที่ศูนย์")
        verbose_name_plural = _("เจ้าหน้าที่ศูนย์")

    def clean(self):
        """Who sees cases works with a second factor, and that is asked by role."""
        super().clean()
        if self.user_id and not self.user.has_role(Role.ADVISOR, Role.CENTRE_HEAD):
            raise ValidationError({"user": _("คนนี้ยังไม่มีบทบาทที่ปรึกษาหรือหัวหน้าศูนย์ ให้บทบาทก่อนแล้วค่อยเพิ่มเข้าศูนย์")})


def new_access_token() -> str:
    return secrets.token_urlsafe(24)


class CaseQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The cases of the centres that the person works for; nobody else's."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(centre__members__user=user)

    def open(self):
        return self.exclude(state=Case.State.CLOSED)


class Case(models.Model):
    """A request for consultation, from the moment it was sent. Its history is `events`."""

    class State(models.TextChoices):
        NEW = "new", _("เรื่องใหม่")
        TAKEN = "taken", _("มีผู้รับเรื่องแล้ว")
        ANSWERED = "answered", _("ตอบแล้ว")
        CLOSED = "closed", _("ปิดแล้ว")

    class Channel(models.TextChoices):
        PHONE = "phone", _("โทรศัพท์")
        EMAIL = "email", _("อีเมล")
        LINE = "line", _("LINE")

    reference = models.CharField(max_length=16, unique=True, editable=False)
    form_key = models.UUIDField(unique=True, editable=False, help_text=_("กุญแจครั้งเดียวของแบบฟอร์ม กดส่งซ้ำได้เรื่องเดียว"))
    form_digest = models.CharField(max_length=64, blank=True, editable=False, help_text=_("ลายนิ้วมือของสิ่งที่ส่งมา กุญแจเดิมกับเนื้อความใหม่ไม่รับ"))
    token = models.CharField(max_length=40, unique=True, default=new_access_token, editable=False)
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    advisor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases_taken")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases_opened")
    opened_at = models.DateTimeField(default=timezone.now)

    topic = models.ForeignKey(BusinessFunction, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    question = models.TextField()
    guide = models.ForeignKey("kb.GuidePage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    programme = models.ForeignKey("kb.Programme", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    query = models.CharField(max_length=200, blank=True, help_text=_("คำที่ค้นก่อนมาถาม"))

    province = models.ForeignKey(Province, on_delete=models.PROTECT, related_name="+")
    stage = models.ForeignKey(Stage, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sector = models.ForeignKey(Sector, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    staff = models.PositiveIntegerField(null=True, blank=True)
    yearly_revenue = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    legal_form = models.CharField(max_length=20, choices=LegalForm, blank=True)
    business_name = models.CharField(max_length=200, blank=True)

    contact_name = models.CharField(max_length=120)
    channel = models.CharField(max_length=10, choices=Channel)
    phone = PhoneNumberField(blank=True)
    email = models.EmailField(blank=True)
    line_id = models.CharField(max_length=60, blank=True)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+")

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        indexes = [models.Index(fields=["centre", "state", "opened_at"])]

    def __str__(self):
        return self.reference

    def get_absolute_url(self):
        """The page that the entrepreneur may come back to; the token is its key."""
        return reverse("case_receipt", args=[self.token])

    @property
    def title(self) -> str:
        """The beginning of the question, cut between words: what a list calls the case."""
        line = " ".join(self.question[: TITLE_LENGTH * 2].split())
        if len(line) <= TITLE_LENGTH:
            return line
        kept = ""
        for word in thai.cut(line):
            if len(kept) + len(word) > TITLE_LENGTH:
                break
            kept += word
        return f"{(kept or line[:TITLE_LENGTH]).strip()}…"

    @property
    def days_waiting(self) -> int:
        return (timezone.localdate() - timezone.localtime(self.opened_at).date()).days

    @property
    def waiting_words(self) -> str:
        """How long it has been, as people say it."""
        days = self.days_waiting
        if days <= 0:
            return gettext("ส่งวันนี้")
        return ngettext("รอมา %(days)s วัน", "รอมา %(days)s วัน", days) % {"days": days}

    @property
    def is_waiting(self) -> bool:
        return self.state in (self.State.NEW, self.State.TAKEN)

    @property
    def waits_long(self) -> bool:
        return self.is_waiting and self.days_waiting >= LONG_WAIT

    @property
    def business(self) -> Business:
        """What the person told of the business with this case; an unsaved row, not the profile."""
        return Business(
            name=self.business_name,
            province=self.province,
            stage=self.stage,
            sector=self.sector,
            staff=self.staff,
            yearly_revenue=self.yearly_revenue,
            legal_form=self.legal_form,
        )


class EventQuerySet(models.QuerySet):
    def update(self, **values):
        raise TypeError("The history of a case is append-only")

    def delete(self):
        raise TypeError("The history of a case is append-only")


class CaseEvent(models.Model):
    """One line of a case's history: append-only. `centre` and `reason` say where a routed case went and why."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("ส่งคำขอ")
        ROUTED = "routed", _("ส่งเข้าศูนย์")
        TAKEN = "taken", _("รับเรื่องแล้ว")
        ANSWERED = "answered", _("ตอบ")
        CLOSED = "closed", _("ปิดเรื่องแล้ว")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    centre = models.ForeignKey(Centre, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=[(reason.value, reason.value) for reason in Reason], blank=True)
    text = models.TextField(blank=True)
    happened_at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["happened_at", "pk"]

    def __str__(self):
        return f"{self.kind} {self.happened_at:%Y-%m-%d %H:%M}"

    def save(self, *args, **kwargs):
        if self.pk:
            raise TypeError("The history of a case is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("The history of a case is append-only")


class CaseCounter(models.Model):
    """The last running number of a province in a Buddhist year; its row is locked while a number is taken."""

    letters = models.CharField(max_length=3)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["letters", "year"], name="one_counter_per_province_and_year")]
