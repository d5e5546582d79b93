"""What the worker and the clock do for the index."""

from celery import shared_task

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
