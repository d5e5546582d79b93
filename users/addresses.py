"""Where a request comes from: what limits are counted by."""

from django.conf import settings


def client_address(request) -> str:
    """The sender's network address. Behind our proxy the last of the list, which it saw itself; the others anyone may write."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        return request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or address
    return address
