"""What the clock does for learning."""

from celery import shared_task

from courses.learners import forget_visitors


@shared_task
def forget_visitors_task() -> None:
    forget_visitors()
