"""What the worker and the clock do for the editors' search desk."""

from celery import shared_task
from celery.signals import task_prerun

from search import knowledge, log


@task_prerun.connect(dispatch_uid="search-knowledge")
def know_the_newest_words(task=None, **signal) -> None:
    """Before anything of this room is done in a worker: documents are cut with the words of now."""
    if task is not None and task.name.startswith("search."):
        knowledge.refresh(force=True)


@shared_task
def mark_words_changed_task() -> None:
    knowledge.mark_words_changed()


@shared_task
def forget_searches_task() -> None:
    log.forget_old()
    knowledge.forget_old_changes()
