"""A lesson as a learner meets it: its place in the course, what it is made of, and when it is finished."""

from dataclasses import dataclass, field

from django.db.models import prefetch_related_objects
from wagtail.models import Page
from wagtail.rich_text import extract_references_from_rich_text

from courses import gates, progress
from courses.captions import Cue, read_captions
from courses.contents import read_contents
from courses.guide_parts import ShownGuide, read_shown_guides
from courses.learners import current_learner
from courses.models import Learner, LessonMedia, LessonPage, Quiz, TaskMark
from courses.outline import course_of
from courses.quizzes import find_passed, quiz_cards
from courses.reading import is_changed
from kb import facts as quoting
from kb.guides import find_linked_pages
from kb.models import Fact


class Locked(Exception):
    """The lesson is closed until something else is finished. `needs`: [gates.Need] that are not met."""

    def __init__(self, needs):
        super().__init__(needs)
        self.needs = needs


class NotYet(Exception):
    """A quiz of the lesson has not been passed. `quizzes`: those that are missing, in the order of the lesson."""

    def __init__(self, quizzes):
        super().__init__(quizzes)
        self.quizzes = quizzes


@dataclass(frozen=True)
class Medium:
    """A video or sound with what is said of it before the tap. `kilobytes` is 0 when the file is not there."""

    media: LessonMedia
    kilobytes: int = 0
    cues: list[Cue] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return max(1, round(self.media.duration / 60)) if self.media.duration else 0


# Finishing


def finish_lesson(learner: Learner, lesson: LessonPage) -> None:
    """The learner says that the lesson is done. Raises Locked, or NotYet while a quiz of it is not passed. Safe to repeat.

    That the lesson is public is for the caller to ask (`outline.public_lessons`).
    """
    needs = gates.find_locks(learner, lesson)
    if gates.is_closed(needs):
        raise Locked([need for need in needs if need.is_locked and not need.is_met])
    if missing := find_missing_quizzes(learner, lesson):
        raise NotYet(missing)
    progress.record_finished(learner, lesson)


def live_quizzes(lesson: LessonPage) -> list[Quiz]:
    """The quizzes of the lesson that are live, each once, in its order; one query."""
    found = Quiz.objects.live().in_bulk(lesson.quiz_ids) if lesson.quiz_ids else {}
    return [found[key] for key in dict.fromkeys(lesson.quiz_ids) if key in found]


def find_missing_quizzes(learner: Learner, lesson: LessonPage) -> list[Quiz]:
    """The live quizzes of the lesson that the learner has not passed."""
    quizzes = live_quizzes(lesson)
    passed = find_passed(learner, [quiz.pk for quiz in quizzes]) if quizzes else set()
    return [quiz for quiz in quizzes if quiz.pk not in passed]


# Showing


def lesson_context(page: LessonPage, request) -> dict:
    """What the lesson's template shows. The number of queries does not depend on the course, the learners or the content.

    `guides`: {id: GuidePage} of the public ones; `shown_guides`: {place in the body: ShownGuide}; `media`: {id: Medium};
    `quizzes`: {id: QuizCard}; `missing`: the cards of those still to be passed; `links`: {id of a page: its address}.
    """
    is_preview = getattr(request, "is_preview", False)
    learner = current_learner(request)
    course = course_of(page)
    contents = read_contents(learner, course)
    before, after = contents.outline.neighbours(page)
    entry = next((entry for entry in contents.entries if entry.lesson.pk == page.pk), None)
    needs = gates.join_needs(contents.needs, entry.needs if entry else [])
    is_closed = not is_preview and gates.is_closed(needs)
    context = {
        "course": course,
        "stage": course.stages.first(),
        "outline": contents.outline,
        "contents": contents,
        "number": entry.number if entry else 0,
        "total": len(contents.entries),
        "before": before,
        "after": after,
        "progress": contents.rows.get(page.pk),
        "is_finished": bool(entry and entry.is_finished),
        "is_changed": is_changed(contents.rows.get(page.pk), page),
        "measured": contents.measured,
        "needs": [need for need in needs if need.is_locked and not need.is_met] if is_closed else needs,
        "has_unmet": any(not need.is_met for need in needs),
        "is_closed": is_closed,
        "facts": {},
    }
    return context if is_closed else context | _content_context(page, learner, context)


def _content_context(page: LessonPage, learner: Learner | None, context: dict) -> dict:
    shown = read_shown_guides(page.body.raw_data)
    guides = {part.guide.pk: part.guide for part in shown.values() if part.guide}
    codes = quoting.find_references(*page.texts(), *(text for part in shown.values() for text in part.texts()))
    found = Fact.objects.in_bulk(codes, field_name="code") if codes else {}
    quizzes = live_quizzes(page)
    cards = quiz_cards(learner, quizzes, page)
    _prefetch_renditions(page, shown)
    linked = find_linked_pages(page, _linked_ids(shown))
    return {
        "guides": guides,
        "shown_guides": shown,
        "facts": {code: found[code] for code in codes if code in found},
        "links": {key: target.url for key, target in linked.items()},
        "media": read_media(page),
        "quizzes": cards,
        "missing": [cards[quiz.pk] for quiz in quizzes if not cards[quiz.pk].is_passed],
        "tasks_done": find_tasks_done(learner, page),
        "change_notes": list(page.changes.all()),
    }


def find_tasks_done(learner: Learner | None, page: LessonPage) -> set[str]:
    """The ids of the blocks that the learner marked as done."""
    if learner is None or page.pk is None:
        return set()
    return set(TaskMark.objects.filter(learner=learner, page=page).values_list("block", flat=True))


def read_media(page: LessonPage) -> dict[int, Medium]:
    """{id: Medium} of every video and sound of the lesson, with its Thai captions as lines to read."""
    found = [block.value[block.block_type] for block in page.body if block.block_type in ("video", "audio")]
    return {media.pk: Medium(media, _kilobytes_of(media), _cues_of(media)) for media in found if media}


def _kilobytes_of(media: LessonMedia) -> int:
    try:
        return -(-media.file.size // 1000)
    except (OSError, ValueError):  # the row is there, the file is not
        return 0


def _cues_of(media: LessonMedia) -> list[Cue]:
    if not media.captions_th:
        return []
    try:
        with media.captions_th.open("rb") as file:
            return read_captions(file.read().decode("utf-8", "replace"))
    except OSError:
        return []


def has_captions(media: LessonMedia | None) -> bool:
    """Whether a reader of Thai can follow it without sound."""
    return media is not None and bool(_cues_of(media))


def _linked_ids(shown: dict[int, ShownGuide]) -> set[int]:
    sources = [source for part in shown.values() for source in part.rich_texts()]
    return {int(key) for source in sources for model, key, *_rest in extract_references_from_rich_text(source) if model is Page}


def _prefetch_renditions(page: LessonPage, shown: dict[int, ShownGuide]) -> None:
    """Finds the sizes of all pictures at once; the template would ask for each."""
    if images := list_images(page, shown):
        prefetch_related_objects(images, "renditions")


def list_images(page: LessonPage, shown: dict[int, ShownGuide]) -> list:
    """The pictures of the lesson and of the guides it shows."""
    blocks = [*page.body, *(block for part in shown.values() for block in part.blocks)]
    return [block.value["image"] for block in blocks if block.block_type == "picture" and block.value["image"]]
