"""Who learns: the person signed in, or the visitor whose session names him; and how the second becomes the first.

Nobody becomes a learner by looking at one page: a row is made by the first thing that is done (a quiz begun, a lesson
finished, a page kept) or by the second lesson of a browser that keeps our cookies. So crawlers leave nothing behind.
"""

import datetime as dt

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from courses import progress
from courses.models import Attempt, Bookmark, Certificate, Learner, Note, Progress, TaskMark

_SESSION_KEY = "learner"
_SEEN_AGAIN_AFTER = dt.timedelta(hours=6)


def current_learner(request) -> Learner | None:
    """The learner of this request, or None while there is nothing to remember. Read once per request."""
    if not hasattr(request, "_learner"):
        request._learner = _find_learner(request)
    return request._learner


def ensure_learner(request) -> Learner:
    """The learner of this request, made when there is none."""
    learner = current_learner(request)
    if learner is None:
        if request.user.is_authenticated:
            learner = Learner.objects.get_or_create(user=request.user)[0]
        else:
            learner = Learner.objects.create()
            request.session[_SESSION_KEY] = learner.pk
        request._learner = learner
    return learner


def _find_learner(request) -> Learner | None:
    if request.user.is_authenticated:
        learner = Learner.objects.filter(user=request.user).first()
    else:
        key = request.session.get(_SESSION_KEY)
        learner = Learner.objects.filter(pk=key, user=None).first() if key else None
    now = timezone.now()
    if learner and now - learner.seen_at > _SEEN_AGAIN_AFTER:
        Learner.objects.filter(pk=learner.pk).update(seen_at=now)
        learner.seen_at = now
    return learner


@transaction.atomic
def merge_learners(visitor: Learner, person: Learner) -> None:
    """All that the visitor did becomes the person's; nothing is lost and nothing counts twice. Safe to repeat.

    States and times meet in the same upsert that records them. Attempts are numbered on; of two attempts open at the
    same quiz the younger stays open, the other is closed with the answers it has.
    """
    locked = {row.pk: row for row in Learner.objects.select_for_update().filter(pk__in=[visitor.pk, person.pk]).order_by("pk")}
    if visitor.pk == person.pk or visitor.pk not in locked or locked[visitor.pk].user_id is not None:
        return
    rows = list(Progress.objects.filter(learner=visitor))
    for row in rows:
        row.learner_id = person.pk
    progress.write(rows)
    _merge_attempts(visitor, person)
    known_pages = list(Bookmark.objects.filter(learner=person).values_list("page_id", flat=True))
    Bookmark.objects.filter(learner=visitor).exclude(page_id__in=known_pages).update(learner=person)
    known_tasks = set(TaskMark.objects.filter(learner=person).values_list("page_id", "block"))
    tasks = TaskMark.objects.filter(learner=visitor).values_list("pk", "page_id", "block")
    TaskMark.objects.filter(pk__in=[pk for pk, *task in tasks if tuple(task) not in known_tasks]).update(learner=person)
    Note.objects.filter(learner=visitor).update(learner=person)
    _merge_certificates(visitor, person)
    Learner.objects.filter(pk=person.pk).update(
        created_at=min(one.created_at for one in locked.values()), seen_at=max(one.seen_at for one in locked.values())
    )
    visitor.delete()
    progress.settle_courses(person, [row.page_id for row in rows])


def _merge_attempts(visitor: Learner, person: Learner) -> None:
    from courses.quizzes import close_attempt

    last = dict(Attempt.objects.filter(learner=person).values_list("quiz_id").annotate(last=Max("number")).order_by())
    open_ones = {attempt.quiz_id: attempt for attempt in Attempt.objects.filter(learner=person, submitted_at=None)}
    for attempt in Attempt.objects.filter(learner=visitor).order_by("number"):
        own = open_ones.get(attempt.quiz_id)
        if attempt.submitted_at is None and own is not None:
            older = min(own, attempt, key=lambda one: (one.started_at, one.pk))
            close_attempt(older)
        last[attempt.quiz_id] = last.get(attempt.quiz_id, 0) + 1
        Attempt.objects.filter(pk=attempt.pk).update(learner=person, number=last[attempt.quiz_id])


def _merge_certificates(visitor: Learner, person: Learner) -> None:
    """A visitor is issued none; should there be one, a second of the same course stays valid as it is, without an owner here."""
    own = Certificate.objects.filter(learner=person, revoked_at=None).exclude(course=None).values_list("course_id", flat=True)
    theirs = Certificate.objects.filter(learner=visitor)
    theirs.exclude(revoked_at=None, course_id__in=list(own)).update(learner=person)


def merge_session_learner(sender, request, user, **kwargs) -> None:
    """At sign-in, what the visitor did becomes the person's."""
    key = request.session.pop(_SESSION_KEY, None)
    visitor = Learner.objects.filter(pk=key, user=None).first() if key else None
    if visitor:
        merge_learners(visitor, Learner.objects.get_or_create(user=user)[0])
    if hasattr(request, "_learner"):
        del request._learner


user_logged_in.connect(merge_session_learner, dispatch_uid="courses.merge_session_learner")


def forget_visitors(now: dt.datetime | None = None) -> int:
    """Deletes the learners without an account that were not seen for `settings.LEARNER_DAYS`; gives their number."""
    before = (now or timezone.now()) - dt.timedelta(days=settings.LEARNER_DAYS)
    gone = Learner.objects.filter(user=None, seen_at__lt=before)
    number = gone.count()
    gone.delete()
    return number
