"""A quiz as its editor keeps it, and as it stood when somebody took it."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField
from wagtail.models import DraftStateMixin, LockableMixin, PreviewableMixin, RevisionMixin
from wagtail.search import index

from courses.blocks import QuestionBody


class QuizQuerySet(models.QuerySet):
    def live(self):
        return self.filter(live=True)


class Quiz(DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, index.Indexed, models.Model):
    """Questions with an explanation for every option, and the rules under which they are answered."""

    class Feedback(models.TextChoices):
        AT_ONCE = "at_once", _("หลังตอบแต่ละข้อ")
        AT_END = "at_end", _("หลังส่งทั้งชุด")

    code = models.SlugField(_("รหัส"), max_length=60, unique=True)
    title = models.CharField(_("ชื่อ"), max_length=200)
    intro = models.CharField(_("บอกก่อนเริ่ม"), max_length=300, blank=True)
    pass_percent = models.PositiveSmallIntegerField(_("ผ่านที่ (%)"), default=60, validators=[MaxValueValidator(100)])
    max_attempts = models.PositiveSmallIntegerField(_("ทำได้กี่ครั้ง"), default=0, help_text=_("0 คือไม่จำกัด"))
    minutes = models.PositiveSmallIntegerField(
        _("จำกัดเวลา (นาที)"), default=0, validators=[MaxValueValidator(240)], help_text=_("0 คือไม่จำกัด")
    )
    feedback = models.CharField(_("เฉลยเมื่อไร"), max_length=10, choices=Feedback, default=Feedback.AT_ONCE)
    pool = models.PositiveSmallIntegerField(_("สุ่มถามกี่ข้อ"), default=0, help_text=_("0 คือทุกข้อ"))
    is_shuffled = models.BooleanField(_("สลับข้อและตัวเลือก"), default=False)
    questions = StreamField(QuestionBody(), verbose_name=_("คำถาม"))
    is_demo = models.BooleanField(default=False, editable=False)

    objects = QuizQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        verbose_name = _("แบบฝึก")
        verbose_name_plural = _("แบบฝึก")
        permissions = [(f"{verb}_quiz", f"Can {verb} quiz") for verb in ("publish", "lock", "unlock")]

    search_fields = [index.SearchField("title"), index.AutocompleteField("title"), index.FilterField("live")]

    def __str__(self):
        return self.title

    @cached_property
    def number_asked(self) -> int:
        """How many questions an attempt has."""
        return min(self.pool, len(self.questions)) if self.pool else len(self.questions)

    def get_preview_template(self, request, mode_name):
        return "courses/quiz_preview.html"

    def get_preview_context(self, request, mode_name):
        from courses.quizzes import preview_context

        return super().get_preview_context(request, mode_name) | preview_context(self)


class QuizVersion(models.Model):
    """A quiz as it was asked: its rules and questions, never changed. An attempt is judged by its version for good.

    `content`: {"title", "pass_percent", "feedback", "minutes", "pool", "is_shuffled", "questions": raw StreamField data}.
    """

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="versions")
    hash = models.CharField(max_length=64)
    content = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quiz", "hash"], name="one_row_per_quiz_version")]
