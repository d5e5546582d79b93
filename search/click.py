"""A result was opened: the browser says so by the link's `ping`, which needs no script and no cookie."""

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from search.log import note_click


@csrf_exempt
@require_POST
def record_click(request) -> HttpResponse:
    """204 in any case: whoever sends garbage learns nothing from the answer."""
    note_click(request.GET.get("t", ""), request=request)
    response = HttpResponse(status=204)
    response["Cache-Control"] = "no-store"
    return response
