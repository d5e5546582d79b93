"""Was this useful? One vote a visitor and revision, changeable; the visitor is a random code in the session."""

import secrets

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from kb.models import Feedback, GuidePage
from users.addresses import client_address

_VOTER_KEY = "feedback_voter"
_VOTES_KEY = "feedback_votes"
VOTES_KEPT = 50
# Enough for a training room behind one address; a script gets nowhere.
VOTES_AN_HOUR = 120
_HOUR = 3600


class TooManyVotes(Exception):
    """This address has voted too often within the hour."""


def find_vote(request, page: GuidePage) -> str | None:
    """What this visitor said of the live revision: `yes`, `no`, `told` (no, with a reason) or None. No query of its own."""
    revision_id, said = request.session.get(_VOTES_KEY, {}).get(str(page.pk), (None, None)) if hasattr(request, "session") else (None, None)
    return said if said and revision_id == page.live_revision_id else None


def record_vote(request, page: GuidePage, *, was_useful: bool, reason: str = "", comment: str = "") -> Feedback:
    """Writes or changes the visitor's vote on the live revision. Raises TooManyVotes."""
    _count_address(request)
    session = request.session
    voter = session.setdefault(_VOTER_KEY, secrets.token_hex(16))
    said = {"was_useful": was_useful, "reason": reason, "comment": comment}
    vote = _write(page, voter, said)
    votes = dict(session.get(_VOTES_KEY, {}))
    votes.pop(str(page.pk), None)
    votes[str(page.pk)] = [page.live_revision_id, "yes" if was_useful else "told" if reason or comment else "no"]
    session[_VOTES_KEY] = dict(list(votes.items())[-VOTES_KEPT:])
    return vote


def _write(page: GuidePage, voter: str, said: dict) -> Feedback:
    mine = Feedback.objects.filter(page=page, revision_id=page.live_revision_id, voter=voter)
    if not mine.update(**said):
        try:
            with transaction.atomic():
                Feedback.objects.create(page=page, revision_id=page.live_revision_id, voter=voter, **said)
        except IntegrityError:  # pressed twice at once: the other press was first
            mine.update(**said)
    return mine.latest("pk")


def _count_address(request) -> None:
    key = "feedback." + salted_hmac("feedback", client_address(request)).hexdigest()[:32]
    cache.add(key, 0, _HOUR)
    try:
        number = cache.incr(key)
    except ValueError:  # it expired between the two calls
        number = 1
    if number > VOTES_AN_HOUR:
        raise TooManyVotes
