"""The shell: the home page, plain pages, site settings, and the mark of a demonstration database."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import Page

from kb.blocks import GuideBody
from kb.models import BasePage


class HomePage(BasePage):
    """The street of shophouses."""

    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    template = "home/home.html"

    class Meta:
        verbose_name = _("หน้าแรก")

    def get_context(self, request, *args, **kwargs):
        from home.front import home_context

        return super().get_context(request, *args, **kwargs) | home_context(request)


class PlainPage(BasePage):
    """A page of text: who we are, privacy, accessibility."""

    lede = models.CharField(_("สรุปหนึ่งประโยค"), max_length=200, blank=True)
    body = StreamField(GuideBody(), verbose_name=_("เนื้อหา"))

    parent_page_types = ["home.HomePage"]
    subpage_types = []
    template = "home/plain.html"
    content_panels = [*Page.content_panels, FieldPanel("lede"), FieldPanel("body"), FieldPanel("is_demo")]

    class Meta:
        verbose_name = _("หน้าข้อความ")


@register_setting(icon="site")
class SiteSettings(BaseSiteSetting):
    """What สสว. may change without a developer."""

    name_th = models.CharField(_("ชื่อเว็บไทย"), max_length=60, default="คลังความรู้ SME")
    name_en = models.CharField(_("ชื่อเว็บอังกฤษ"), max_length=60, default="SME Knowledge Hub")
    tagline_th = models.CharField(_("คำใต้ชื่อไทย"), max_length=80, default="ศูนย์ครบวงจร 77 จังหวัด")
    tagline_en = models.CharField(_("คำใต้ชื่ออังกฤษ"), max_length=80, default="One-stop centres in 77 provinces")
    notice = models.CharField(_("ประกาศบนทุกหน้า"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("ตั้งค่าเว็บ")


class DemoMark(models.Model):
    """Its one row says that this database belongs to the demonstration. Only an empty database may receive it.

    `loaded`: what the demonstration has put here, {key: checksum of its source} (`kb.demo.ledger`).
    """

    made_at = models.DateTimeField(auto_now_add=True)
    loaded = models.JSONField(default=dict)
