"""What `manage.py check` says of the settings of this room."""

from django.conf import settings
from django.core.checks import Error, Warning, register

from courses.badges import read_key

_HINT = 'python -c "import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())" makes one; keep it for good.'


@register()
def check_badge_key(app_configs, **kwargs) -> list:
    """The key that signs certificates must outlive every other secret: with a new one, old credentials no longer verify."""
    if settings.BADGE_KEY:
        try:
            read_key(settings.BADGE_KEY)
        except ValueError:
            return [Error("BADGE_KEY must be 32 bytes in base64.", hint=_HINT, id="courses.E001")]
    elif not (settings.DEMO or settings.DEBUG):
        return [
            Warning(
                "BADGE_KEY is empty: certificates are signed by a key derived from SECRET_KEY and cannot be verified once that changes.",
                hint=_HINT,
                id="courses.W001",
            )
        ]
    return []
