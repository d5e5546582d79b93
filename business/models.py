"""What a business is: the vocabulary (stages, functions, sectors, provinces) and the profile of one business.

The vocabulary is data: `business/data/*.csv`, loaded by the migrations and kept by editors afterwards.
"""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from business import size


class LegalForm(models.TextChoices):
    PERSON = "person", _("บุคคลธรรมดา")
    PARTNERSHIP = "partnership", _("ห้างหุ้นส่วน")
    COMPANY = "company", _("บริษัทจำกัด")
    COMMUNITY = "community", _("วิสาหกิจชุมชน")
    COOPERATIVE = "cooperative", _("สหกรณ์หรือกลุ่มเกษตรกร")


class SectorFamily(models.TextChoices):
    MANUFACTURING = "manufacturing", _("การผลิต")
    TRADE = "trade", _("การค้า")
    SERVICE = "service", _("บริการ")


class Named(models.Model):
    """Something with a Thai and an English name, shown in the reader's language."""

    name_th = models.CharField(_("ชื่อไทย"), max_length=200)
    name_en = models.CharField(_("ชื่ออังกฤษ"), max_length=200)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if is_english() else self.name_th


def is_english() -> bool:
    return (get_language() or "th").startswith("en")


class StageScheme(Named):
    """A way to cut the business cycle into stages. Exactly one scheme is current; the others are kept for the maps."""

    code = models.SlugField(unique=True)
    source = models.CharField(_("ที่มา"), max_length=300, blank=True)
    is_current = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["is_current"], condition=models.Q(is_current=True), name="one_current_stage_scheme")]


class Stage(Named):
    """A stage of the business cycle, with the sentence in which a reader recognises himself."""

    scheme = models.ForeignKey(StageScheme, on_delete=models.PROTECT, related_name="stages")
    code = models.SlugField()
    order = models.PositiveSmallIntegerField()
    sentence_th = models.CharField(_("ประโยคของผู้อ่าน"), max_length=200, blank=True)
    sentence_en = models.CharField(max_length=200, blank=True)
    lede_th = models.CharField(_("ช่วงนี้เรื่องใหญ่คืออะไร"), max_length=300, blank=True)
    lede_en = models.CharField(max_length=300, blank=True)
    equivalents = models.ManyToManyField("self", blank=True, help_text=_("ช่วงที่ตรงกันในการแบ่งแบบอื่น"))

    class Meta:
        ordering = ["scheme", "order"]
        constraints = [models.UniqueConstraint(fields=["scheme", "code"], name="stage_code_unique_in_scheme")]
        verbose_name = _("ช่วงธุรกิจ")
        verbose_name_plural = _("ช่วงธุรกิจ")

    @property
    def sentence(self) -> str:
        return self.sentence_en if is_english() else self.sentence_th

    @property
    def lede(self) -> str:
        return self.lede_en if is_english() else self.lede_th


class BusinessFunction(Named):
    """The second axis: what the question is about (money, tax, people …)."""

    code = models.SlugField(unique=True)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]
        verbose_name = _("เรื่อง")
        verbose_name_plural = _("เรื่อง")


class Sector(Named):
    code = models.SlugField(unique=True)
    order = models.PositiveSmallIntegerField()
    family = models.CharField(max_length=20, choices=SectorFamily)

    class Meta:
        ordering = ["order"]
        verbose_name = _("ประเภทกิจการ")
        verbose_name_plural = _("ประเภทกิจการ")


class Province(Named):
    """One of the 77. `iso` is ISO 3166-2:TH; `letters` begin a case reference (CNX-69-000123)."""

    iso = models.CharField(max_length=5, primary_key=True)
    letters = models.CharField(max_length=3, unique=True)
    group = models.CharField(_("กลุ่มจังหวัด"), max_length=4, blank=True)
    aliases = models.JSONField(default=list, blank=True, help_text=_("ชื่อที่คนเรียก เช่น โคราช อยุธยา"))
    order = models.PositiveSmallIntegerField(help_text=_("ลำดับตามพจนานุกรมไทย"))

    class Meta:
        ordering = ["order"]
        verbose_name = _("จังหวัด")
        verbose_name_plural = _("จังหวัด")


class Business(models.Model):
    """The profile of one business: asked once, used everywhere. Everything is optional; nothing means unknown.

    `yearly_revenue` is in baht. An anonymous visitor's business is never saved: it lives in the session
    (`business.profile`) until he signs in.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="businesses")
    name = models.CharField(_("ชื่อร้านหรือกิจการ"), max_length=200, blank=True)
    province = models.ForeignKey(Province, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("จังหวัดที่ตั้งร้าน"))
    sector = models.ForeignKey(Sector, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("ทำกิจการอะไร"))
    stage = models.ForeignKey(Stage, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("อยู่ช่วงไหน"))
    staff = models.PositiveIntegerField(_("จำนวนคนทำงาน"), null=True, blank=True)
    yearly_revenue = models.DecimalField(
        _("รายได้ต่อปี (บาท)"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    legal_form = models.CharField(_("รูปแบบกิจการ"), max_length=20, choices=LegalForm, blank=True)
    registered_on = models.DateField(_("วันจดทะเบียนหรือวันเปิดร้าน"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("กิจการ")
        verbose_name_plural = _("กิจการ")

    def __str__(self):
        return self.name or str(_("กิจการของฉัน"))

    @property
    def size(self) -> "size.SizeVerdict":
        """The MSME size class with its reason (`business/size.py`)."""
        return size.classify(
            family=self.sector.family if self.sector else None,
            staff=self.staff,
            yearly_revenue=self.yearly_revenue,
            rule=settings.MSME_MIXED_SIZE_RULE,
        )
