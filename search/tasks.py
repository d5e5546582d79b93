"""What the worker and the clock do for the index."""

import contextlib

from celery import shared_task

from search.engines import EngineAway
from search.suggest import write_lists
from search.sync import reconcile, sweep_jobs, sync_object


@shared_task
def sync_object_task(kind: str, object_id: int) -> None:
    sync_object(kind, object_id)


@shared_task(expires=60)
def sweep_index_jobs_task() -> None:
    sweep_jobs()


@shared_task
def reconcile_index_task() -> None:
    reconcile()


@shared_task(expires=600)
def write_suggestions_task() -> None:
    """The topics and frequent questions that are suggested; when there is no index, next time."""
    with contextlib.suppress(EngineAway):
        write_lists()
