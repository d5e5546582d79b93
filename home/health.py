"""Whether this process can serve: what a load balancer asks before it sends people here."""

from django.http import HttpResponse
from health_check.views import HealthCheckView


class Ready(HealthCheckView):
    """200 `ready`, or 503 `not ready`: what exactly is away stands in the log, not on a public page.

    Broker and search engine are not asked: without them the site still answers.
    """

    checks = ("health_check.Database", "health_check.Cache")

    async def get(self, request, *args, **kwargs):
        response = await super().get(request, *args, **kwargs)
        is_ready = response.status_code == 200
        return HttpResponse("ready" if is_ready else "not ready", content_type="text/plain", status=200 if is_ready else 503)

    def render_to_response(self, context, **response_kwargs):
        return HttpResponse(status=503 if context["errors"] else 200)
