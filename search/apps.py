from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self):
        from search import changes, course_documents, desk_tasks, downloads, knowledge, log  # noqa: F401 (Celery finds only modules named tasks by itself)

        changes.connect()
        course_documents.connect()
        downloads.connect()
        knowledge.connect()
        log.connect()
