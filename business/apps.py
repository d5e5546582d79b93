from django.apps import AppConfig


class BusinessConfig(AppConfig):
    name = "business"

    def ready(self):
        from business import profile, vocabulary  # noqa: F401  (they listen)
