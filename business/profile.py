"""Which business a request is about: the signed-in person's, or the visitor's kept in the session.

An anonymous visitor's business is an unsaved `Business` rebuilt from codes in the session; signing in saves it
under the person, once, and the session forgets it.
"""

from decimal import Decimal

from django.contrib.auth.signals import user_logged_in
from django.utils.dateparse import parse_date

from business import vocabulary
from business.models import Business

_SESSION_KEY = "business"
_CURRENT_KEY = "business_id"
_CODED = {"province": "provinces", "sector": "sectors", "stage": "stages"}


def current_business(request) -> Business | None:
    """The business in view, or None when the person has told nothing yet. Read once per request."""
    if not hasattr(request, "_current_business"):
        request._current_business = _find_business(request)
    return request._current_business


def keep_business(request, business: Business) -> None:
    """Keeps what the person told: in the database when signed in, else in the session."""
    if request.user.is_authenticated:
        business.owner = request.user
        business.save()
        request.session[_CURRENT_KEY] = business.pk
    else:
        request.session[_SESSION_KEY] = _to_session(business)
    request._current_business = business


def choose_business(request, business: Business) -> None:
    request.session[_CURRENT_KEY] = business.pk
    request._current_business = business


def forget_business(request) -> None:
    """Empties the visitor's profile; a signed-in person's businesses stay."""
    request.session.pop(_SESSION_KEY, None)
    request.session.pop(_CURRENT_KEY, None)
    request._current_business = None


def _find_business(request) -> Business | None:
    if request.user.is_authenticated:
        mine = list(request.user.businesses.select_related("province", "sector", "stage"))
        chosen = request.session.get(_CURRENT_KEY)
        return next((business for business in mine if business.pk == chosen), mine[0] if mine else None)
    kept = request.session.get(_SESSION_KEY)
    return _from_session(kept) if kept else None


def _to_session(business: Business) -> dict:
    return {
        "name": business.name,
        "province": business.province_id,
        "sector": business.sector.code if business.sector else None,
        "stage": business.stage.code if business.stage else None,
        "staff": business.staff,
        "yearly_revenue": None if business.yearly_revenue is None else str(business.yearly_revenue),
        "legal_form": business.legal_form,
        "registered_on": business.registered_on.isoformat() if business.registered_on else None,
    }


def _from_session(kept: dict) -> Business:
    coded = {field: getattr(vocabulary, kind)().get(kept.get(field)) for field, kind in _CODED.items()}
    return Business(
        name=kept.get("name") or "",
        staff=kept.get("staff"),
        yearly_revenue=Decimal(kept["yearly_revenue"]) if kept.get("yearly_revenue") is not None else None,
        legal_form=kept.get("legal_form") or "",
        registered_on=parse_date(kept["registered_on"]) if kept.get("registered_on") else None,
        **coded,
    )


def merge_session_business(sender, request, user, **kwargs) -> None:
    """At sign-in, what the visitor told becomes the person's; an identical business is not written twice."""
    kept = request.session.pop(_SESSION_KEY, None)
    if kept:
        told = _from_session(kept)
        for known in user.businesses.select_related("province", "sector", "stage"):
            if _to_session(known) == _to_session(told):
                break
        else:
            told.owner = user
            told.save()
            known = told
        request.session[_CURRENT_KEY] = known.pk
    if hasattr(request, "_current_business"):
        del request._current_business


user_logged_in.connect(merge_session_business, dispatch_uid="business.merge_session_business")
