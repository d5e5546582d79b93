"""What we teach: courses of chapters of lessons, learning paths, and the media of lessons."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList, PageChooserPanel, TabbedInterface
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page
from wagtail.search import index
from wagtailmedia.models import AbstractMedia

from business.models import BusinessFunction, Stage
from courses.blocks import LessonBody, PathBody
from courses.page_forms import PublishablePageForm
from kb import facts
from kb.models import HOW_TO_QUOTE, BasePage, Change, Programme, block_sources, block_texts
from kb.reading import hash_texts

_settings = [ObjectList(Page.promote_panels, heading=_("ที่อยู่และ SEO")), ObjectList(Page.settings_panels, heading=_("เวลาเผยแพร่"))]


class LessonMedia(AbstractMedia):
    """A video or a sound of our own, with its captions (WebVTT) and the same in words to read."""

    captions_th = models.FileField(_("คำบรรยายไทย (.vtt)"), upload_to="captions", blank=True, validators=[FileExtensionValidator(["vtt"])])
    captions_en = models.FileField(
        _("คำบรรยายอังกฤษ (.vtt)"), upload_to="captions", blank=True, validators=[FileExtensionValidator(["vtt"])]
    )

    admin_form_fields = ("title", "file", "collection", "duration", "width", "height", "thumbnail", "captions_th", "captions_en", "tags")

    class Meta:
        verbose_name = _("สื่อของบทเรียน")
        verbose_name_plural = _("สื่อของบทเรียน")


class CourseIndexPage(BasePage):
    """The folder of all courses and learning paths; its page lists them by stage."""

    max_count = 1
    subpage_types = ["courses.CoursePage", "courses.PathPage"]
    template = "courses/courses.html"
    content_panels = [*Page.content_panels, FieldPanel("is_demo")]

    class Meta:
        verbose_name = _("รวมคอร์ส")

    def get_context(self, request, *args, **kwargs):
        from courses.catalogue import catalogue_context

        return super().get_context(request, *args, **kwargs) | catalogue_context(request)


class Prerequisite(Orderable):
    """What should be done first: a course or a lesson. Advised ones are said, locking ones close the page until then."""

    class Kind(models.TextChoices):
        ADVISED = "advised", _("แนะนำให้เรียนก่อน")
        LOCKED = "locked", _("ต้องเรียนก่อนจึงเปิดได้")

    needs = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+", verbose_name=_("คอร์สหรือบทเรียน"))
    kind = models.CharField(_("แบบ"), max_length=10, choices=Kind, default=Kind.ADVISED)

    panels = [PageChooserPanel("needs", page_type=["courses.CoursePage", "courses.LessonPage"]), FieldPanel("kind")]

    class Meta(Orderable.Meta):
        abstract = True


class CoursePage(BasePage):
    """A course: goals, chapters, lessons, and who answers for it."""

    class Level(models.TextChoices):
        BASIC = "basic", _("เริ่มต้น")
        MIDDLE = "middle", _("ต่อยอด")
        ADVANCED = "advanced", _("ลงลึก")

    code = models.CharField(
        _("รหัสคอร์ส"),
        max_length=4,
        unique=True,
        validators=[RegexValidator(r"^[0-9]{4}$", _("รหัสคอร์สต้องเป็นตัวเลข 4 หลัก"))],
        error_messages={"unique": _("มีคอร์สอื่นใช้รหัสนี้แล้ว")},
    )
    summary = models.CharField(_("สรุป"), max_length=300, help_text=_("ใช้ในรายการและผลค้นหา"))
    goals = models.TextField(_("เรียนจบแล้วทำอะไรได้"), help_text=_("บรรทัดละข้อ"), validators=[facts.check_fact_references])
    level = models.CharField(_("ระดับ"), max_length=10, choices=Level, default=Level.BASIC)
    keywords = models.TextField(_("คำที่คนพูด"), blank=True, help_text=_("บรรทัดละคำ"))
    stages = ParentalManyToManyField(
        Stage, related_name="courses", verbose_name=_("ช่วงธุรกิจ"), limit_choices_to={"scheme__is_current": True}
    )
    functions = ParentalManyToManyField(BusinessFunction, related_name="courses", verbose_name=_("เรื่อง"))
    next_programmes = ParentalManyToManyField(Programme, blank=True, related_name="courses", verbose_name=_("โครงการที่ชวนต่อเมื่อเรียนจบ"))
    completion_text = models.CharField(_("ข้อความเมื่อเรียนจบ"), max_length=300, blank=True)
    has_certificate = models.BooleanField(_("ออกประกาศนียบัตร"), default=True)
    reviewed_on = models.DateField(_("ตรวจทานเมื่อ"))
    reviewed_by = models.CharField(_("ผู้รับผิดชอบ"), max_length=120)
    next_review = models.DateField(_("ตรวจทานครั้งหน้า"))

    template = "courses/course.html"
    parent_page_types = ["courses.CourseIndexPage"]
    subpage_types = ["courses.ChapterPage"]
    base_form_class = PublishablePageForm

    content_panels = [
        *Page.content_panels,
        FieldPanel("code"),
        FieldPanel("summary"),
        FieldPanel("goals"),
        FieldPanel("level"),
        FieldPanel("keywords"),
        InlinePanel("prerequisites", label=_("ควรเรียนก่อน")),
        MultiFieldPanel(
            [FieldPanel("completion_text"), FieldPanel("next_programmes"), FieldPanel("has_certificate")], heading=_("เมื่อเรียนจบ")
        ),
    ]
    edit_handler = TabbedInterface(
        [
            ObjectList(content_panels, heading=_("เนื้อหา")),
            ObjectList(
                [FieldPanel("stages", widget=forms.CheckboxSelectMultiple), FieldPanel("functions", widget=forms.CheckboxSelectMultiple)],
                heading=_("อยู่ตรงไหน"),
            ),
            ObjectList(
                [
                    FieldRowPanel([FieldPanel("reviewed_on"), FieldPanel("next_review")]),
                    FieldPanel("reviewed_by"),
                    InlinePanel("changes", label=_("บันทึกการเปลี่ยนแปลง")),
                    FieldPanel("is_demo"),
                ],
                heading=_("ตรวจทาน"),
            ),
            *_settings,
        ]
    )
    search_fields = [*Page.search_fields, index.SearchField("summary")]

    class Meta:
        verbose_name = _("คอร์ส")
        verbose_name_plural = _("คอร์ส")

    def clean(self):
        super().clean()
        if self.reviewed_on and self.next_review and self.next_review <= self.reviewed_on:
            raise ValidationError({"next_review": _("วันตรวจทานครั้งหน้าต้องอยู่หลังวันที่ตรวจทาน")})

    def get_context(self, request, *args, **kwargs):
        from courses.catalogue import course_context

        return super().get_context(request, *args, **kwargs) | course_context(self, request)

    @property
    def goal_lines(self) -> list[str]:
        return [line.strip() for line in self.goals.splitlines() if line.strip()]

    @property
    def is_review_due(self) -> bool:
        return self.next_review <= timezone.localdate()


class CoursePrerequisite(Prerequisite):
    page = ParentalKey(CoursePage, on_delete=models.CASCADE, related_name="prerequisites")


class CourseChange(Change):
    page = ParentalKey(CoursePage, on_delete=models.CASCADE, related_name="changes")


class ChapterPage(BasePage):
    """A group of lessons. It has no page of its own: its address leads to its place in the course."""

    parent_page_types = ["courses.CoursePage"]
    subpage_types = ["courses.LessonPage"]
    content_panels = [*Page.content_panels, FieldPanel("is_demo")]

    class Meta:
        verbose_name = _("บท")
        verbose_name_plural = _("บท")

    def serve(self, request, *args, **kwargs):
        return redirect(f"{self.get_parent().get_url(request)}#{self.slug}")


class LessonPage(BasePage):
    """Ten minutes of teaching."""

    minutes = models.PositiveSmallIntegerField(_("ใช้เวลา (นาที)"), validators=[MinValueValidator(1), MaxValueValidator(120)])
    goals = models.TextField(_("จบแล้วทำอะไรได้"), help_text=_("บรรทัดละข้อ"), validators=[facts.check_fact_references])
    body = StreamField(LessonBody(), verbose_name=_("เนื้อหา"))
    text_hash = models.CharField(max_length=16, default="", editable=False)
    kilobytes = models.PositiveIntegerField(
        default=0, editable=False, help_text="weight of the page itself; media are counted by their players"
    )

    template = "courses/lesson.html"
    parent_page_types = ["courses.ChapterPage"]
    subpage_types = []
    base_form_class = PublishablePageForm

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    *Page.content_panels,
                    FieldPanel("minutes"),
                    FieldPanel("goals"),
                    FieldPanel("body", help_text=HOW_TO_QUOTE),
                    InlinePanel("prerequisites", label=_("ควรเรียนก่อน")),
                ],
                heading=_("เนื้อหา"),
            ),
            ObjectList([InlinePanel("changes", label=_("บันทึกการเปลี่ยนแปลง")), FieldPanel("is_demo")], heading=_("ตรวจทาน")),
            *_settings,
        ]
    )

    class Meta:
        verbose_name = _("บทเรียน")
        verbose_name_plural = _("บทเรียน")

    def save(self, *args, **kwargs):
        self.text_hash = hash_texts(self.texts())
        super().save(*args, **kwargs)

    def serve(self, request, *args, **kwargs):
        from courses.outline import stands_below_draft

        if not getattr(request, "is_preview", False) and stands_below_draft(self):
            raise Http404  # the course was taken back, and its lessons with it
        return super().serve(request, *args, **kwargs)

    def get_context(self, request, *args, **kwargs):
        from courses.lessons import lesson_context

        return super().get_context(request, *args, **kwargs) | lesson_context(self, request)

    @property
    def goal_lines(self) -> list[str]:
        return [line.strip() for line in self.goals.splitlines() if line.strip()]

    def texts(self) -> list[str]:
        """Every text of the lesson itself without markup, facts still as references; not those of the guides it shows."""
        own = [block for block in self.body if block.block_type not in ("guide", "quiz", "video", "audio")]
        titles = [block.value["title"] for block in self.body if block.block_type in ("video", "audio")]
        return [self.goals, *(text for block in own for text in block_texts(block.value)), *titles]

    def rich_texts(self) -> list[str]:
        """Every piece of rich text of the body as it is stored, links by id."""
        return [source for block in self.body for source in block_sources(block.value)]

    @cached_property
    def quiz_ids(self) -> list[int]:
        """The quizzes of the body in order, live or not; without a query."""
        return [raw["value"]["quiz"] for raw in self.body.raw_data if raw["type"] == "quiz" and raw["value"]["quiz"]]


class LessonPrerequisite(Prerequisite):
    page = ParentalKey(LessonPage, on_delete=models.CASCADE, related_name="prerequisites")


class LessonChange(Change):
    page = ParentalKey(LessonPage, on_delete=models.CASCADE, related_name="changes")


class PathPage(BasePage):
    """A learning path: an ordered mix of guides, lessons, courses, programmes and tasks, recommended for a stage."""

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="paths", verbose_name=_("ช่วงธุรกิจ"))
    is_recommended = models.BooleanField(_("แนะนำเป็นเส้นหลักของช่วงนี้"), default=True)
    summary = models.CharField(_("สรุป"), max_length=300)
    items = StreamField(PathBody(), verbose_name=_("รายการ"))
    placement = models.ForeignKey(
        "courses.Quiz", null=True, blank=True, on_delete=models.SET_NULL, related_name="placed_paths", verbose_name=_("แบบวัดก่อนเริ่ม")
    )

    template = "courses/path.html"
    parent_page_types = ["courses.CourseIndexPage"]
    subpage_types = []

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    *Page.content_panels,
                    FieldPanel("stage"),
                    FieldPanel("is_recommended"),
                    FieldPanel("summary"),
                    FieldPanel("items"),
                    FieldPanel("placement"),
                    FieldPanel("is_demo"),
                ],
                heading=_("เนื้อหา"),
            ),
            *_settings,
        ]
    )
    search_fields = [*Page.search_fields, index.SearchField("summary")]

    class Meta:
        verbose_name = _("เส้นทางเรียนรู้")
        verbose_name_plural = _("เส้นทางเรียนรู้")

    def get_context(self, request, *args, **kwargs):
        from courses.paths import path_context

        return super().get_context(request, *args, **kwargs) | path_context(self, request)
