"""Loads the demonstration's courses: quizzes, media, courses with their chapters and lessons, learning paths.

What a person has edited or deleted stays so (`kb.demo.ledger`); all that is published goes through a revision.
"""

from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from wagtail.models import Page

from business import vocabulary
from courses.blocks import LessonBody, PathBody, QuestionBody
from courses.demo.course_files import CourseFile, PathFile, QuizFile, check_names, names_in, read_course, read_lesson, read_paths, read_quiz
from courses.models import (
    ChapterPage,
    CourseIndexPage,
    CoursePage,
    CoursePrerequisite,
    LessonChange,
    LessonMedia,
    LessonPage,
    PathPage,
    Quiz,
)
from kb.demo.guide_files import FileError, Text, place_links
from kb.demo.ledger import Ledger, State, checksum, compare
from kb.demo.load import Say, clean_stream, demo_collection, find_code, is_untouched, load_files, reason_of
from kb.models import Fact, GuidePage, Programme

FOLDER = Path(__file__).parent


def load_courses(ledger: Ledger, say: Say) -> None:
    """Safe to repeat; the caller holds the transaction and has loaded the knowledge. Raises FileError on a file that cannot be used."""
    load_quizzes(ledger)
    load_course_pages(ledger)
    load_lessons(ledger)
    say(f"คอร์ส {CoursePage.objects.count()} คอร์ส บทเรียน {LessonPage.objects.count()} บท / courses, lessons")
    load_paths(ledger)
    say(f"เส้นทางเรียนรู้ {PathPage.objects.count()} เส้นทาง แบบฝึก {Quiz.objects.count()} ชุด / learning paths, quizzes")


def read_yaml(name: str):
    with open(FOLDER / name, encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


# Quizzes


def load_quizzes(ledger: Ledger) -> None:
    """courses/*/*.quiz.yaml."""
    existing, facts = Quiz.objects.in_bulk(field_name="code"), None
    for path in sorted(FOLDER.glob("courses/*/*.quiz.yaml")):
        source = path.read_bytes()
        code = path.name.removesuffix(".quiz.yaml")
        key = f"quiz/{code}"
        state, quiz = compare(ledger, key, source), existing.get(code)
        if state is State.SAME:
            continue
        if is_due(state, quiz):
            facts = facts or known_facts()
            file = read_quiz(path)
            check_names(file.name, source.decode(), fact=facts)
            publish_quiz(quiz, file)
        ledger[key] = checksum(source)


def publish_quiz(quiz: Quiz | None, file: QuizFile) -> Quiz:
    quiz = quiz or Quiz(is_demo=True, live=False)
    for name, value in file.fields.items():
        setattr(quiz, name, value)
    quiz.questions = clean_stream(file.name, QuestionBody(), file.questions)
    _check(quiz, file.name)
    quiz.save()
    quiz.save_revision().publish()
    return quiz


# Courses


def load_course_pages(ledger: Ledger) -> None:
    """courses/*/course.yaml. First every new course and chapter is made, so that courses can name each other; then all are published."""
    index = CourseIndexPage.objects.get()
    if "page/courses" not in ledger:
        CourseIndexPage.objects.filter(pk=index.pk).update(is_demo=True)
        ledger["page/courses"] = ""
    existing = {page.slug: page for page in CoursePage.objects.all()}
    due: list[tuple[CourseFile, CoursePage]] = []
    for path in sorted(FOLDER.glob("courses/*/course.yaml")):
        slug, source = path.parent.name, path.read_bytes()
        key = f"course/{slug}"
        state, course = compare(ledger, key, source), existing.get(slug)
        if state is State.SAME:
            continue
        if is_due(state, course):
            file = read_course(path)
            if course is None:
                course = CoursePage(slug=slug, live=False, is_demo=True, locale=index.locale)
                fill_course(course, file)
                course = _add(index, course, file.name)
            due.append((file, course))
        ledger[key] = checksum(source)
    pages = {page.slug: page for page in CoursePage.objects.all()} if due else {}
    programmes = Programme.objects.in_bulk(field_name="code") if due else {}
    for file, course in sorted(due, key=lambda one: one[0].meta["code"]):
        fill_course(course, file)
        course.next_programmes = [find_code(programmes, code, file.name, "programme") for code in file.meta["programmes"]]
        course.prerequisites = [
            CoursePrerequisite(needs=find_code(pages, told["course"], file.name, "course"), kind=told["kind"], sort_order=order)
            for order, told in enumerate(file.meta["prerequisites"])
        ]
        _publish(course, file.name)
        load_chapters(ledger, course, file)


def fill_course(course: CoursePage, file: CourseFile) -> None:
    meta = file.meta
    for name in ("title", "code", "summary", "level", "reviewed_on", "next_review"):
        setattr(course, name, meta[name])
    course.draft_title = course.title
    course.reviewed_by = meta["owner"]
    course.completion_text = meta.get("completion_text") or ""
    course.goals, course.keywords = "\n".join(meta["goals"]), "\n".join(meta["keywords"])
    course.stages = [find_code(vocabulary.stages(), meta["stage"], file.name, "stage")]
    course.functions = [find_code(vocabulary.functions(), code, file.name, "function") for code in meta["functions"]]


def load_chapters(ledger: Ledger, course: CoursePage, file: CourseFile) -> None:
    there = {page.slug: page for page in ChapterPage.objects.child_of(course)}
    for number, told in enumerate(file.meta["chapters"], start=1):
        slug = f"chapter-{number}"
        key = f"chapter/{course.slug}/{slug}"
        state, chapter = compare(ledger, key, told["title"]), there.get(slug)
        if is_due(state, chapter):
            chapter = chapter or ChapterPage(slug=slug, live=False, is_demo=True, locale=course.locale)
            chapter.title = chapter.draft_title = told["title"]
            if chapter.pk is None:
                chapter = _add(course, chapter, file.name)
            _publish(chapter, file.name)
        ledger[key] = checksum(told["title"])


# Lessons


def load_lessons(ledger: Ledger) -> None:
    """courses/*/*.md, in the order of their chapters. A lesson whose chapter somebody has deleted is left out."""
    due = []
    for path in sorted(FOLDER.glob("courses/*/*.md")):
        source = path.read_text(encoding="utf-8")
        content = [source, *media_sums(source)]
        state = compare(ledger, f"lesson/{path.parent.name}/{path.stem}", content)
        if state is not State.SAME:
            due.append((path, source, content, state))
    if not due:
        return
    courses = {page.path: page.slug for page in CoursePage.objects.all()}
    chapters = {page.path: page for page in ChapterPage.objects.all()}
    existing = {}
    for page in LessonPage.objects.all():
        existing[courses[page.path[: -2 * Page.steplen]], page.slug] = page
    by_place = {(courses[path[: -Page.steplen]], chapter.slug): chapter for path, chapter in chapters.items()}
    order, places = {}, {}
    for path in FOLDER.glob("courses/*/course.yaml"):
        for number, told in enumerate(read_course(path).meta["chapters"], start=1):
            for at, slug in enumerate(told["lessons"]):
                places[path.parent.name, slug] = f"chapter-{number}"
                order[path.parent.name, slug] = (path.parent.name, number, at)
    known = Known()
    for path, source, content, state in sorted(due, key=lambda one: order[one[0].parent.name, one[0].stem]):
        place = (path.parent.name, path.stem)
        lesson, chapter = existing.get(place), by_place.get((place[0], places[place]))
        if is_due(state, lesson) and (lesson or chapter):
            text = read_lesson(path)
            check_names(text.name, source, fact=known.facts, guide=known.guides, quiz=known.quizzes, media=known.media)
            publish_lesson(ledger, lesson, chapter, text, known)
        ledger["lesson/" + "/".join(place)] = checksum(content)


class Known:
    """What a lesson may name, by its name; read once."""

    def __init__(self):
        self.facts = known_facts()
        self.guides = dict(GuidePage.objects.values_list("slug", "pk"))
        self.quizzes = dict(Quiz.objects.values_list("code", "pk"))
        self.media = {entry["file"]: entry for entry in read_yaml("media/media.yaml")}


def publish_lesson(ledger: Ledger, lesson: LessonPage | None, chapter: ChapterPage, text: Text, known: Known) -> None:
    pages = {f"guide:{slug}": pk for slug, pk in known.guides.items()}
    linked = place_links(text.name, text.body, pages=pages, files=load_files(ledger, text))
    body = []
    for block, named in zip(linked, text.body, strict=True):
        value = dict(block["value"]) if isinstance(block["value"], dict) else block["value"]
        if block["type"] == "guide":
            value = {"guide": known.guides[value["slug"]], "sections": value["sections"]}
        elif block["type"] == "quiz":
            value = {"quiz": known.quizzes[value["code"]]}
        elif block["type"] in ("video", "audio"):
            value = {block["type"]: load_media(ledger, text.name, value["file"], known), "title": value["title"]}
        body.append({"type": block["type"], "value": value, "id": named["id"]})
    is_new = lesson is None
    lesson = lesson or LessonPage(slug=text.meta["slug"], live=False, is_demo=True, locale=chapter.locale)
    lesson.title = lesson.draft_title = text.meta["title"]
    lesson.minutes = text.meta["minutes"]
    lesson.goals = "\n".join(text.meta["goals"])
    lesson.changes = [LessonChange(**note) for note in reversed(text.meta["change_notes"])]
    lesson.body = clean_stream(text.name, LessonBody(), body)
    if is_new:
        lesson = _add(chapter, lesson, text.name)
    _publish(lesson, text.name)


def load_media(ledger: Ledger, text_name: str, name: str, known: Known) -> int:
    """A video or sound of media/, with what media.yaml says of it."""
    told = known.media[name]
    if not (FOLDER / "media" / name).is_file():
        raise FileError(text_name, f"there is no file {name} in media/")
    key, sums = f"media/{name}", media_sum(told)
    pk, _, known_sums = ledger.get(key, "").partition(" ")
    if known_sums == sums and LessonMedia.objects.filter(pk=pk).exists():
        return int(pk)
    row = LessonMedia(
        collection=demo_collection(),
        type=told["kind"],
        title=told["title"],
        duration=told["duration"],
        width=told.get("width"),
        height=told.get("height"),
        **{MEDIA_FILES[kind]: ContentFile(content, name=told[kind]) for kind, content in media_files(told).items()},
    )
    row.save()
    ledger[key] = f"{row.pk} {sums}"
    return row.pk


MEDIA_FILES = {"file": "file", "poster": "thumbnail", "captions_th": "captions_th", "captions_en": "captions_en"}


def media_files(told: dict) -> dict[str, bytes]:
    return {kind: (FOLDER / "media" / told[kind]).read_bytes() for kind in MEDIA_FILES if told.get(kind)}


def media_sum(told: dict) -> str:
    return checksum([told, *(checksum(content) for content in media_files(told).values())])


def media_sums(source: str) -> list[str]:
    """Of the media that the source of a lesson shows: when they change, the lesson does."""
    names = {name for _line, kind, name in names_in(source) if kind == "media"}
    return [media_sum(told) for told in read_yaml("media/media.yaml") if told["file"] in names] if names else []


# Learning paths


def load_paths(ledger: Ledger) -> None:
    """paths.yaml. A path and its placement test are one entry of the ledger."""
    entries = {entry["slug"]: entry for entry in read_yaml("paths.yaml")}
    states = {slug: compare(ledger, f"path/{slug}", entry) for slug, entry in entries.items()}
    if all(state is State.SAME for state in states.values()):
        return
    index = CourseIndexPage.objects.get()
    existing = {page.slug: page for page in PathPage.objects.all()}
    quizzes = Quiz.objects.in_bulk(field_name="code")
    named = find_named()
    for file in read_paths(FOLDER / "paths.yaml"):
        page = existing.get(file.slug)
        if states[file.slug] is not State.SAME and is_due(states[file.slug], page):
            publish_path(index, page, file, named, quizzes)
        ledger[f"path/{file.slug}"] = checksum(entries[file.slug])


def find_named() -> dict[tuple[str, str], int]:
    """{(kind of item, its name in paths.yaml): primary key}."""
    courses = {page.path: page for page in CoursePage.objects.all()}
    named = {("course", course.slug): course.pk for course in courses.values()}
    named |= {("guide", slug): pk for slug, pk in GuidePage.objects.values_list("slug", "pk")}
    named |= {("programme", code): pk for code, pk in Programme.objects.values_list("code", "pk")}
    for lesson in LessonPage.objects.defer("body"):
        named["lesson", f"{courses[lesson.path[: -2 * Page.steplen]].slug}/{lesson.slug}"] = lesson.pk
    return named


def publish_path(index: CourseIndexPage, page: PathPage | None, file: PathFile, named: dict, quizzes: dict[str, Quiz]) -> None:
    items = []
    for item in file.items:
        value = dict(item["value"])
        if "named" in value:
            name = value.pop("named")
            if (item["type"], name) not in named:
                raise FileError("paths.yaml", f"{file.slug}: there is no {item['type']} {name}")
            value["programme" if item["type"] == "programme" else "page"] = named[item["type"], name]
        items.append(item | {"value": value})
    is_new = page is None
    page = page or PathPage(slug=file.slug, live=False, is_demo=True, locale=index.locale)
    page.title = page.draft_title = file.meta["title"]
    page.summary = file.meta["summary"]
    page.stage = find_code(vocabulary.stages(), file.meta["stage"], "paths.yaml", "stage")
    page.items = clean_stream(f"paths.yaml {file.slug}", PathBody(), items)
    if file.placement:
        quiz = quizzes.get(file.placement.fields["code"])
        if quiz is None or is_untouched(quiz):
            quiz = publish_quiz(quiz, file.placement)
        page.placement = quiz
    if is_new:
        page = _add(index, page, f"paths.yaml {file.slug}")
    _publish(page, f"paths.yaml {file.slug}")


# Rows


def is_due(state: State, row) -> bool:
    """Whether the file is to be written: new and not there, or changed while no person has touched what we wrote."""
    if state is State.NEW:
        return row is None
    return state is State.CHANGED and row is not None and row.live and is_untouched(row)


def known_facts() -> set[str]:
    return set(Fact.objects.values_list("code", flat=True))


def _check(row: models.Model, name: str) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise FileError(name, reason_of(error)) from error


def _add(parent: Page, page: Page, name: str) -> Page:
    try:
        return parent.add_child(instance=page)
    except ValidationError as error:
        raise FileError(name, reason_of(error)) from error


def _publish(page: Page, name: str) -> None:
    _check(page, name)
    page.save_revision().publish()
