"""Who helps: the 77 centres, their people, and the cases that entrepreneurs open with them."""

import secrets

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from business.models import BusinessFunction, LegalForm, Named, Province, Sector, Stage
from users.models import Consent


class Centre(Named):
    """An SME One-Stop Service Centre. One for each province; `fallback` takes what it cannot."""

    class Kind(models.TextChoices):
        BANGKOK = "B", _("ศูนย์กรุงเทพมหานคร")
        GROUP = "G", _("ศูนย์กลุ่มจังหวัด")
        PROVINCIAL = "P", _("ศูนย์จังหวัด")

    province = models.OneToOneField(Province, on_delete=models.PROTECT, related_name="centre", verbose_name=_("จังหวัด"))
    kind = models.CharField(_("ชนิด"), max_length=1, choices=Kind)
    fallback = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="stands_in_for", verbose_name=_("ศูนย์ที่รับแทน"))
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


class CentreMember(models.Model):
    """A person who works for a centre. A head also sees its figures (a later issue)."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="centre_memberships")
    is_head = models.BooleanField(_("หัวหน้าศูนย์"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["centre", "user"], name="member_once_per_centre")]


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
        CLOSED = "closed", _("ปิดเรื่อง")

    class Channel(models.TextChoices):
        PHONE = "phone", _("โทรศัพท์")
        EMAIL = "email", _("อีเมล")
        LINE = "line", _("LINE")

    reference = models.CharField(max_length=16, unique=True, editable=False)
    form_key = models.UUIDField(unique=True, editable=False, help_text=_("กุญแจครั้งเดียวของแบบฟอร์ม กดส่งซ้ำได้เรื่องเดียว"))
    token = models.CharField(max_length=40, unique=True, default=new_access_token, editable=False)
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    advisor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases_taken")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases_opened")
    opened_at = models.DateTimeField(default=timezone.now)

    topic = models.ForeignKey(BusinessFunction, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    question = models.TextField()
    guide = models.ForeignKey("kb.GuidePage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
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
    def days_waiting(self) -> int:
        return (timezone.localdate() - timezone.localtime(self.opened_at).date()).days


class CaseEvent(models.Model):
    """One line of a case's history: append-only."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("ส่งคำขอ")
        ROUTED = "routed", _("ส่งต่อศูนย์")
        TAKEN = "taken", _("รับเรื่อง")
        ANSWERED = "answered", _("ตอบ")
        CLOSED = "closed", _("ปิดเรื่อง")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField(blank=True)
    happened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["happened_at", "pk"]


class CaseCounter(models.Model):
    """The last running number of a province in a Buddhist year; its row is locked while a number is taken."""

    letters = models.CharField(max_length=3)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["letters", "year"], name="one_counter_per_province_and_year")]
