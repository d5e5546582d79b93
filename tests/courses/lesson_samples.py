"""Courses, quizzes and media as tests of lesson pages need them."""

from django.core.files.base import ContentFile

from courses.models import CoursePage, CoursePrerequisite, Learner, LessonMedia, LessonPage, LessonPrerequisite, Quiz
from tests.courses.question_samples import make_single
from tests.factories import ChapterFactory, CourseFactory, LessonFactory, UserFactory

CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:03.000\nสวัสดีค่ะ\n\n01:05.000 --> 01:09.000\n<b>วันนี้</b>เรามาคิดต้นทุนกัน\n"


def make_course(lessons: int = 3, **kwargs) -> tuple[CoursePage, list[LessonPage]]:
    course = CourseFactory(**kwargs)
    chapter = ChapterFactory(parent=course)
    return course, [LessonFactory(parent=chapter) for _number in range(lessons)]


def make_quiz(code: str = "cost", **kwargs) -> Quiz:
    quiz = Quiz(code=code, title=f"แบบฝึก {code}", **kwargs)
    quiz.questions = Quiz._meta.get_field("questions").stream_block.to_python([make_single("q1"), make_single("q2")])
    quiz.save()
    return quiz


def make_media(kind: str = "video", captions: str = CAPTIONS, size: int = 980_000) -> LessonMedia:
    media = LessonMedia(title="สื่อ", type=kind, duration=242)
    media.file.save("clip.mp4" if kind == "video" else "sound.mp3", ContentFile(b"x" * size), save=False)
    if captions:
        media.captions_th.save("clip.vtt", ContentFile(captions.encode()), save=False)
    media.save()
    return media


def need(page, needs, kind: str = "locked") -> None:
    """`page` asks for `needs` first."""
    model = CoursePrerequisite if isinstance(page, CoursePage) else LessonPrerequisite
    model.objects.create(page=page, needs=needs.page_ptr, kind=kind)


def make_learner() -> Learner:
    return Learner.objects.create(user=UserFactory())
