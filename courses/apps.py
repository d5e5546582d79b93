from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = "คอร์สและการเรียน"

    def ready(self):
        from courses import checks, learners, publishing  # noqa: F401 - the system check, the merge at sign-in, the weight of a lesson
