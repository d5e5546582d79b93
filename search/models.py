"""What is searchable, cut once and kept, and the work that is due on it."""

from django.db import models
from django.utils import timezone


class DocumentQuerySet(models.QuerySet):
    def public(self):
        return self.filter(is_public=True)


class Document(models.Model):
    """The search document of one object. Any engine is filled from these rows without cutting again.

    `kind` is a registered kind (`search/documents.py`), `object_id` the primary key there. Pages have a row in any
    state, because the admin's search needs drafts too; only `is_public` rows go to the public engine.
    `fields` holds the plain texts ({"title": …, "summary": …, "body": …}), `words` the same cut, joined by U+200B;
    `facets` the codes ({"stage": […], "function": […], "province": […], "sector": […]}).
    """

    kind = models.CharField(max_length=20)
    object_id = models.PositiveBigIntegerField()
    is_public = models.BooleanField()
    fields = models.JSONField()
    words = models.JSONField()
    facets = models.JSONField()
    cutter = models.CharField(max_length=40, help_text="search.thai.VERSION that cut it")
    content_hash = models.CharField(max_length=64)
    version = models.PositiveBigIntegerField(help_text="External version: an older one never overwrites a newer one")
    updated_at = models.DateTimeField(auto_now=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="one_document_per_object")]


class IndexJobQuerySet(models.QuerySet):
    def due(self):
        return self.filter(due_at__lte=timezone.now())


class IndexJob(models.Model):
    """The outbox of the index: written in the transaction of the change, one row per object, deleted when done."""

    kind = models.CharField(max_length=20)
    object_id = models.PositiveBigIntegerField()
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveBigIntegerField(default=1, help_text="Raised by each change: work done for an older token leaves the row")
    last_error = models.TextField(blank=True)

    objects = IndexJobQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="one_index_job_per_object")]
        indexes = [models.Index(fields=["due_at"])]


