from django.apps import AppConfig, apps
from django.conf import settings


class SearchConfig(AppConfig):
    name = "search"

    def ready(self):
        from search import changes

        changes.connect()
        if hasattr(settings, "WAGTAILSEARCH_BACKENDS"):
            # `modelsearch` without `wagtail.search` reads MODELSEARCH_BACKENDS and would fall back to its own FTS5 index.
            apps.get_app_config("modelsearch").backend_setting_name = "WAGTAILSEARCH_BACKENDS"
