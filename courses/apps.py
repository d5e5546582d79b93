from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = "คอร์สและการเรียน"

    def ready(self):
        from courses import learners  # noqa: F401 - connects the merge at sign-in
