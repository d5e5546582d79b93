"""What we teach (`pages`), how it is tested (`quizzes`), and what each learner did with it (`learning`)."""

from courses.models.learning import Answer, Attempt, Bookmark, Certificate, Learner, Note, Progress, TaskMark
from courses.models.pages import (
    ChapterPage,
    CourseChange,
    CourseIndexPage,
    CoursePage,
    CoursePrerequisite,
    LessonChange,
    LessonMedia,
    LessonPage,
    LessonPrerequisite,
    PathPage,
    Prerequisite,
)
from courses.models.quizzes import Quiz, QuizVersion

__all__ = [
    "Answer",
    "Attempt",
    "Bookmark",
    "Certificate",
    "ChapterPage",
    "CourseChange",
    "CourseIndexPage",
    "CoursePage",
    "CoursePrerequisite",
    "Learner",
    "LessonChange",
    "LessonMedia",
    "LessonPage",
    "LessonPrerequisite",
    "Note",
    "PathPage",
    "Prerequisite",
    "Progress",
    "Quiz",
    "QuizVersion",
    "TaskMark",
]
