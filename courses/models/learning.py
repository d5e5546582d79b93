"""What each learner did: progress by page, attempts and answers, tasks, bookmarks, notes, certificates.

A learner is a person with an account, or a visitor whose session names him. Signing in merges the visitor into the
person (`courses.learners`).
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from courses.models.pages import CoursePage
from courses.models.quizzes import Quiz, QuizVersion


class Learner(models.Model):
    """Somebody who learns. Without a user: a visitor, forgotten when unseen for `settings.LEARNER_DAYS`."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="learner")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)


class Progress(models.Model):
    """How far a learner is with one page (guide, lesson, course): one row per learner and page, written by one upsert.

    A state never goes back. `place`: where to go on, {"block": id, "second": number}.
    """

    class State(models.IntegerChoices):
        OPENED = 1, _("เปิดแล้ว")
        READ = 2, _("อ่านแล้ว")
        FINISHED = 3, _("จบแล้ว")

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="progress")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    state = models.PositiveSmallIntegerField(choices=State)
    opened_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(default=0, help_text="longest time in view that one opening gave evidence of")
    scrolled = models.PositiveSmallIntegerField(default=0, help_text="furthest place seen, percent")
    place = models.JSONField(default=dict)
    place_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True, help_text="when it was last said to be finished; finished_at is the first time")
    finished_hash = models.CharField(max_length=16, default="", help_text="hash of the texts at confirmed_at")
    finished_revision = models.ForeignKey("wagtailcore.Revision", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "page"], name="one_progress_per_learner_and_page")]
        indexes = [models.Index(fields=["page", "state"]), models.Index(fields=["learner", "-seen_at"])]


class Attempt(models.Model):
    """One go at a quiz. `shown`: [{"id": question, "options": [ids in the order shown]}], drawn once at the start.

    `deadline` is the server's. `lesson`: where it was started; `path` tests have the path here.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True)
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="attempts")
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="attempts")
    version = models.ForeignKey(QuizVersion, on_delete=models.CASCADE, related_name="attempts")
    page = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="+")
    number = models.PositiveIntegerField()
    shown = models.JSONField()
    started_at = models.DateTimeField(default=timezone.now)
    deadline = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    points = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    max_points = models.DecimalField(max_digits=7, decimal_places=2)
    is_passed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner", "quiz", "number"], name="attempts_are_numbered"),
            models.UniqueConstraint(fields=["learner", "quiz"], condition=models.Q(submitted_at=None), name="one_open_attempt"),
        ]
        indexes = [models.Index(fields=["quiz", "is_passed"])]


class Answer(models.Model):
    """What was answered to one question of an attempt. `given` is what was read of the form, `questions.read_given`."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="answers")
    question = models.CharField(max_length=40, help_text="id of the question in its version")
    given = models.JSONField()
    points = models.DecimalField(max_digits=6, decimal_places=2)
    is_right = models.BooleanField()
    answered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "question"], name="one_answer_per_question")]


class TaskMark(models.Model):
    """A task, a programme or another step without a page of its own that the learner says is done.

    `block`: the id of the block in the lesson or path.
    """

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="task_marks")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    block = models.CharField(max_length=40)
    done_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "page", "block"], name="one_mark_per_task")]


class Bookmark(models.Model):
    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="bookmarks")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "page"], name="one_bookmark_per_page")]
        ordering = ["-created_at", "-pk"]


class Note(models.Model):
    """A learner's own words at a block of a page. They outlive the block and the page: `quote` and `page_title` are copies."""

    learner = models.ForeignKey(Learner, on_delete=models.CASCADE, related_name="notes")
    page = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="+")
    page_title = models.CharField(max_length=255)
    block = models.CharField(max_length=40, blank=True)
    quote = models.CharField(max_length=300, blank=True)
    text = models.TextField(_("บันทึก"), max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at", "pk"]


class Certificate(models.Model):
    """One per completion. What it says is copied here, so that it stays true when the course or the account is gone."""

    number = models.CharField(_("เลขประกาศนียบัตร"), max_length=20, unique=True)
    learner = models.ForeignKey(Learner, null=True, on_delete=models.SET_NULL, related_name="certificates")
    course = models.ForeignKey(CoursePage, null=True, on_delete=models.SET_NULL, related_name="certificates")
    course_title = models.CharField(max_length=255)
    course_code = models.CharField(max_length=4)
    name = models.CharField(_("ชื่อบนประกาศนียบัตร"), max_length=120)
    completed_at = models.DateTimeField()
    issued_at = models.DateTimeField(default=timezone.now)
    status_index = models.PositiveIntegerField(unique=True, help_text="place in the credential's status list")
    credential = models.TextField(help_text="Open Badges 3.0 as a signed VC-JWT")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(_("เหตุผลที่เพิกถอน"), max_length=200, blank=True)
    may_reissue = models.BooleanField(_("ให้เจ้าของขอใบใหม่ได้"), default=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "course"], condition=models.Q(revoked_at=None), name="one_certificate_per_completion"
            )
        ]
        ordering = ["-issued_at"]
        verbose_name = _("ประกาศนียบัตร")
        verbose_name_plural = _("ประกาศนียบัตร")

    def __str__(self):
        return f"{self.number} {self.course_title}"

    @property
    def is_standing(self) -> bool:
        return self.revoked_at is None
