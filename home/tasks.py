"""What the clock does for the shell. Both tasks may run twice without harm."""

from celery import shared_task
from django.core.management import call_command


@shared_task
def publish_scheduled_task() -> None:
    """Publishes and unpublishes what its editors gave a time."""
    call_command("publish_scheduled", verbosity=0)


@shared_task
def clear_sessions_task() -> None:
    """Removes sessions past their age; a person's data must not outlive its purpose."""
    call_command("clearsessions", verbosity=0)
