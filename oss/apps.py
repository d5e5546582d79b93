from django.apps import AppConfig


class OssConfig(AppConfig):
    name = "oss"

    def ready(self):
        from oss import documents

        documents.connect()
