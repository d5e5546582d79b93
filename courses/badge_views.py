"""What machines fetch to verify a credential: key, issuer, achievement, credential, status list. No cookies, for every origin."""

import json

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from courses import badges
from courses.certificates import TooManyMisses, look_up
from courses.models import Certificate
from users.addresses import client_address

_DAY, _FIVE_MINUTES = 60 * 60 * 24, 300
_JWT = "application/vc+jwt"


def _for_machines(seconds: int):
    """Cacheable by anybody, readable by scripts of any site (verifiers run in browsers), never in a search engine."""

    def decorate(view):
        @require_safe
        @cache_control(public=True, max_age=seconds)
        def checked(request, *args, **kwargs):
            try:
                response = view(request, *args, **kwargs)
            except TooManyMisses:
                response = HttpResponse(status=429, headers={"Retry-After": "3600"})
            response["Access-Control-Allow-Origin"] = "*"
            response["X-Robots-Tag"] = "noindex"
            response["X-Content-Type-Options"] = "nosniff"
            return response

        return checked

    return decorate


def _json(document: dict, kind: str) -> HttpResponse:
    return HttpResponse(json.dumps(document, ensure_ascii=False, indent=1), content_type=kind)


@_for_machines(_DAY)
def show_did_document(request):
    return _json(badges.describe_keys(), "application/did+json")


@_for_machines(_DAY)
def show_key_set(request):
    return _json(badges.describe_key_set(), "application/jwk-set+json")


@_for_machines(_DAY)
def show_issuer(request):
    return _json(badges.describe_issuer(), "application/ld+json")


@_for_machines(_FIVE_MINUTES)
def show_achievement(request, code):
    document = badges.find_achievement(code)
    if document is None:
        raise Http404
    return _json(document, "application/ld+json")


@_for_machines(_FIVE_MINUTES)
def show_credential(request, number):
    """The signed credential as a file."""
    certificate = _find(request, number)
    if certificate.revoked_at:
        return _gone()
    response = HttpResponse(badges.read_credential(certificate), content_type=_JWT)
    response["Content-Disposition"] = f'attachment; filename="{certificate.number}.jwt"'
    return response


@_for_machines(_FIVE_MINUTES)
def show_enveloped(request, number):
    certificate = _find(request, number)
    if certificate.revoked_at:
        return _gone()
    response = _json(badges.envelop(badges.read_credential(certificate)), "application/vc")
    response["Content-Disposition"] = f'attachment; filename="{certificate.number}.json"'
    return response


@_for_machines(_FIVE_MINUTES)
def show_status_list(request, number):
    signed = badges.sign_status_list(number)
    if signed is None:
        raise Http404
    return HttpResponse(signed, content_type=_JWT)


def _find(request, number: str) -> Certificate:
    try:
        certificate = look_up(number, sender={"address": client_address(request)})
    except ValueError:
        certificate = None
    if certificate is None:
        raise Http404
    return certificate


def _gone() -> HttpResponse:
    return HttpResponse(_("ประกาศนียบัตรใบนี้ถูกเพิกถอนแล้ว"), status=410, content_type="text/plain; charset=utf-8")
