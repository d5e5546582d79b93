"""What is searchable, cut once and kept, and the work that is due on it."""

import time

from django.db import models
from django.utils import timezone


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
    `terms` is every word of the object, drafts included, each once between spaces: what the admin searches.
    `quotes` names the facts that the texts quote, each between spaces.
    """

    kind = models.CharField(max_length=20)
    object_id = models.PositiveBigIntegerField()
    is_public = models.BooleanField()
    words = models.JSONField()
    parts = models.JSONField(default=dict)
    facets = models.JSONField()
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
