"""Courses, lessons and paths in the search: what may be found, by which words, at which place, and when it is gone."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from courses.models import CourseIndexPage, CoursePage, LessonPage, PathPage
from search import documents, suggest, thai
from search.documents import ANY, FORMATS, kinds
from search.forms import FORMAT_NAMES
from search.models import Document
from search.query import search
from search.sync import reconcile
from tests.courses.lesson_samples import make_media, make_quiz, need
from tests.courses.path_samples import TASK, make_item, make_path
from tests.courses.question_samples import make_single
from tests.factories import ChapterFactory, CourseFactory, FactFactory, GuideFactory, LessonFactory, QuizFactory, stage

pytestmark = pytest.mark.django_db
FISH = "เลี้ยงปลากะพง"


def found(text: str = FISH, **filters) -> list[str]:
    return [item.object.slug for item in search(text, filters=filters).items]


def row_of(kind: str, page: Page) -> Document:
    documents.write_document(kinds()[kind], page.pk)
    return Document.objects.get(kind=kind, object_id=page.pk)


def words(row: Document, name: str) -> str:
    return row.words[name].replace(thai.JOINER, "")


@pytest.fixture
def lesson(sweep) -> LessonPage:
    course = CourseFactory(slug="farm", title="ทำฟาร์ม")
    lesson = LessonFactory(slug="fish", title="เลี้ยงปลากะพงขาย", parent=ChapterFactory(parent=course))
    sweep()
    assert found() == ["fish"]
    return lesson


def course_of(lesson: LessonPage) -> CoursePage:
    return CoursePage.objects.get(path=lesson.path[: -2 * Page.steplen])


# What may be found


def test_predicate_equals_the_queryset():
    now = timezone.now()
    index = CourseIndexPage.objects.get()
    LessonFactory(slug="plain", parent=ChapterFactory(parent=CourseFactory(slug="open")))
    LessonFactory(slug="draft", live=False)
    LessonFactory(slug="expired", expire_at=now - dt.timedelta(minutes=1))
    LessonFactory(slug="below-draft", parent=ChapterFactory(parent=CourseFactory(slug="draft-course", live=False)))
    LessonFactory(slug="below-draft-chapter", parent=ChapterFactory(parent=CourseFactory(slug="half"), live=False))
    hidden = CourseFactory(slug="hidden")
    LessonFactory(slug="below-hidden", parent=ChapterFactory(parent=hidden))
    PageViewRestriction.objects.create(page=hidden, restriction_type="login")
    CourseFactory(slug="old", expire_at=now - dt.timedelta(minutes=1))
    make_path([], slug="way")
    make_path([], slug="draft-way", live=False)
    expected = {"course": {"open", "half"}, "lesson": {"plain"}, "path": {"way"}}
    for code, slugs in expected.items():
        kind = kinds()[code]
        named = set(kind.searchable().values_list("slug", flat=True))
        assert {slug for slug in named if not re.fullmatch(r"course-\d+", slug)} == slugs
        assert {page.slug for page in kind.model.objects.all() if kind.is_searchable(page)} == named
    PageViewRestriction.objects.create(page=index, restriction_type="login")
    for code in expected:
        assert not kinds()[code].searchable().exists()


def test_every_format_has_a_name():
    assert set(FORMATS.values()) | {"file", "place"} == set(FORMAT_NAMES)


def test_course_and_lesson_are_no_other_pages():
    lesson = LessonFactory()
    kept = set(documents.other_pages().values_list("pk", flat=True))
    assert not kept & set(CoursePage.objects.values_list("pk", flat=True)) | {lesson.pk} & kept
    assert {documents.kind_of(page) for page in (CoursePage.objects.get(), lesson, Page.objects.get(pk=lesson.pk))} == {"course", "lesson"}


# What a document is made of


def test_course_document():
    FactFactory(code="vat-threshold", value="1800000", unit="บาทต่อปี")
    course = CourseFactory(
        title="ภาษีร้านเล็ก", goals="รู้ว่าเกิน {fact:vat-threshold} ต้องจด\nยื่นเองได้", keywords="แวต", stages=["run", "grow"], code="4711"
    )
    row = row_of("course", course)
    assert words(row, "body") == "รู้ว่าเกิน 1,800,000 บาทต่อปี ต้องจด\nยื่นเองได้"
    assert {"แวต", "4711"} <= set(words(row, "keywords").split())
    assert (row.facets["stage"], row.facets["function"], row.facets["province"], row.quotes) == (
        ["grow", "run"],
        ["tax"],
        [ANY],
        " vat-threshold ",
    )


def test_lesson_is_filed_as_its_course_and_by_what_it_has():
    lesson = LessonFactory(
        parent=ChapterFactory(parent=CourseFactory(stages=["start"], functions=["tax"])),
        body=[("text", "<p>คิดเลข</p>"), ("quiz", {"quiz": make_quiz()}), ("task", {"title": "นับของ", "text": "<p>นับ</p>", "minutes": 5})],
    )
    row = row_of("lesson", lesson)
    assert (row.facets["stage"], row.facets["function"], row.facets["format"]) == (["start"], ["tax"], ["quiz", "task"])


def test_passage_of_a_lesson_leads_to_its_block(client, sweep):
    FactFactory(code="fine", value="500", unit="บาท")
    media = make_media()
    lesson = LessonFactory(
        title="ร้านริมคลอง",
        body=[
            ("text", "<h2>เริ่มตรงนี้</h2><p>ซื้อแห</p>"),
            ("video", {"video": media, "title": "ดูคลิป"}),
            ("task", {"title": "นับกระชังปลา", "text": "<p>จดจำนวนลูกกุ้งแชบ๊วย</p><p>ปรับ {fact:fine}</p>", "minutes": 5}),
        ],
    )
    sweep()
    ids = [block.id for block in LessonPage.objects.get(pk=lesson.pk).body]
    row = row_of("lesson", lesson)
    assert [(anchor, heading) for anchor, heading, _line in row.sections][1:] == [(f"b-{ids[1]}", "ดูคลิป"), (f"b-{ids[2]}", "นับกระชังปลา")]
    lines = words(row, "body").split("\n")
    assert lines == ["เริ่มตรงนี้", "ซื้อแห", "ดูคลิป", "สวัสดีค่ะ", "วันนี้เรามาคิดต้นทุนกัน", "นับกระชังปลา", "จดจำนวนลูกกุ้งแชบ๊วย", "ปรับ 500 บาท"]
    html = client.get(reverse("search"), {"q": "ลูกกุ้งแชบ๊วย"}).content.decode()
    assert f'{lesson.get_url()}#b-{ids[2]}"' in html
    page = client.get(lesson.get_url()).content.decode()
    for anchor, _heading, _line in row.sections:
        assert f'id="{anchor}"' in page


def test_questions_and_answers_of_a_quiz_are_not_in_the_search(sweep):
    quiz = QuizFactory(title="ทบทวนกระชัง", questions=[make_single(text="ปลาหมึกมีกี่หนวด")])
    lesson = LessonFactory(body=[("quiz", {"quiz": quiz})])
    row = row_of("lesson", lesson)
    assert words(row, "body") == "ทบทวนกระชัง"
    assert "หนวด" not in str(row.words) + row.terms


def test_words_of_a_locked_lesson_stay_closed(sweep):
    first, second = LessonFactory(title="บทแรก"), LessonFactory(title="บทสอง", goals="รู้จักจระเข้", body=[("text", "<p>ปลาฉลามเสือดาว</p>")])
    assert "ฉลาม" in words(row_of("lesson", second), "body")
    need(second, first)
    row = row_of("lesson", second)
    assert (words(row, "body"), words(row, "summary")) == ("", "รู้จักจระเข้")
    other = LessonFactory(body=[("text", "<p>ปลาฉลามเสือดาว</p>")])
    need(course_of(other), course_of(first))
    assert words(row_of("lesson", other), "body") == ""


def test_guide_in_a_lesson_is_named_and_not_repeated():
    guide = GuideFactory(title="คู่มือกระชัง", body=[("text", "<p>ปลาหมอสี</p>")])
    row = row_of("lesson", LessonFactory(body=[("guide", {"guide": guide, "sections": []})]))
    assert words(row, "body") == "คู่มือกระชัง"


def test_path_document():
    lesson = LessonFactory()
    path = make_path([make_item("lesson", lesson, note="ข้ามได้ถ้ารู้แล้ว"), make_item("task", TASK)], title="ทางเปิดร้าน", stage=stage("start"))
    row = row_of("path", path)
    assert set(words(row, "body").split("\n")) == {"ข้ามได้ถ้ารู้แล้ว", TASK["text"]}
    assert (row.facets["stage"], row.facets["function"], row.is_public) == (["start"], [], True)


# What changes when


def test_unpublished_lesson_is_gone(lesson, sweep):
    LessonPage.objects.get(pk=lesson.pk).unpublish()
    assert found() == []  # before the worker comes
    sweep()
    assert not Document.objects.get(kind="lesson", object_id=lesson.pk).is_public


def test_unpublished_course_takes_its_lessons_and_brings_them_back(lesson, sweep):
    course = course_of(lesson)
    course.unpublish()
    assert found() == []
    sweep()
    assert not Document.objects.get(kind="lesson", object_id=lesson.pk).is_public
    course = CoursePage.objects.get(pk=course.pk)
    course.save_revision().publish()
    sweep()
    assert found() == ["fish"]


def test_unpublished_chapter_takes_its_lessons(lesson, sweep):
    lesson.get_parent().specific.unpublish()
    sweep()
    assert (found(), Document.objects.get(kind="lesson", object_id=lesson.pk).is_public) == ([], False)


def test_restricted_course_hides_its_lessons_until_it_is_open_again(lesson, sweep):
    restriction = PageViewRestriction.objects.create(page=course_of(lesson).page_ptr, restriction_type="login")
    sweep()
    assert not Document.objects.filter(kind__in=["lesson", "course"], is_public=True).exists()
    restriction.delete()
    sweep()
    assert found() == ["fish"]


def test_lesson_moved_below_a_draft_is_gone(lesson, sweep):
    target = ChapterFactory(parent=CourseFactory(live=False))
    LessonPage.objects.get(pk=lesson.pk).move(target, pos="last-child")
    sweep()
    assert (found(), Document.objects.get(kind="lesson", object_id=lesson.pk).is_public) == ([], False)


def test_deleted_course_leaves_no_row(lesson, sweep):
    course_of(lesson).delete()
    sweep()
    assert not Document.objects.filter(kind__in=["course", "lesson"]).exists()


def test_lesson_follows_the_stages_of_its_course(lesson, sweep):
    course = course_of(lesson)
    course.stages.set([stage("grow")])
    course.save()
    sweep()
    assert found(stage=["grow"]) == ["fish"]
    assert found(stage=["run"]) == []


def test_other_captions_are_other_words(sweep):
    media = make_media()
    lesson = LessonFactory(body=[("video", {"video": media, "title": "คลิป"})])
    sweep()
    media.captions_th.delete(save=True)
    sweep()
    assert words(Document.objects.get(kind="lesson", object_id=lesson.pk), "body") == "คลิป"


def test_nothing_is_left_for_the_nightly_comparison(lesson, sweep):
    make_path([])
    course_of(lesson).unpublish()
    sweep()
    drift = reconcile()
    ours = {
        key for key in drift.exposed | drift.removed | drift.rewritten | drift.index if key.split(":")[0] in ("course", "lesson", "path")
    }
    assert ours == set()


# How it is shown


def test_cards_cost_the_same_for_one_and_many(client, sweep):
    def count() -> int:
        address = reverse("search"), {"q": FISH}
        client.get(*address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(*address).status_code == 200
        return len(queries)

    def add(number: int) -> None:
        for _ in range(number):
            LessonFactory(title="เลี้ยงปลากะพง", parent=ChapterFactory(parent=CourseFactory(title="เลี้ยงปลากะพง")))
            make_path([], title="เลี้ยงปลากะพง")
        sweep()

    add(1)
    one = count()
    add(2)
    assert len(found()) == 9
    assert count() == one


def test_results_page_has_tabs_and_cards(client, lesson, sweep):
    make_path([], title="เส้นทางเลี้ยงปลากะพง", slug="way")
    CourseFactory(title="คอร์สเลี้ยงปลากะพง", slug="fish-course")
    sweep()
    html = client.get(reverse("search"), {"q": FISH}).content.decode()
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))
    assert all(name in text for name in ("คอร์ส", "บทเรียน", "เส้นทางเรียนรู้", "ในคอร์ส ทำฟาร์ม", "ยังไม่มีบทเรียน"))
    for code in ("course", "lesson", "path"):
        only = search(FISH, filters={"type": [code]}).items
        assert [item.kind.code for item in only] == [code]
    assert client.get(reverse("search"), {"q": FISH, "type": "lesson", "format": "quiz"}).status_code == 200


def test_wrong_keyboard_layout_finds_a_course(sweep):
    from search.layout import to_latin

    CourseFactory(title="คิดต้นทุนขนมครก", slug="cost")
    for number in range(3):
        GuideFactory(title=f"ต้นทุนร้าน {number}", slug=f"guide-{number}")
    sweep()
    assert found(to_latin("ขนมครก"))[0] == "cost"


def test_titles_are_suggested_and_open(client, lesson, sweep):
    CourseFactory(title="เลี้ยงปลานิล", slug="nile")
    sweep()
    suggested = {one.kind: one for one in suggest.find_suggestions("เลี้ยงปลา")}
    assert suggested["lesson"].text == "เลี้ยงปลากะพงขาย"
    assert client.get(suggested["course"].address).url.startswith(CoursePage.objects.get(slug="nile").get_url())
    course_of(lesson).unpublish()
    sweep()
    assert [one.kind for one in suggest.find_suggestions("เลี้ยงปลา")] == ["course"]


def test_admin_finds_a_draft_lesson_by_its_words(sweep):
    lesson = LessonFactory(title="ร่าง", live=False, body=[("text", "<p>ปลาหมอเทศ</p>")])
    sweep()
    from wagtail.search.backends import get_search_backend

    assert [page.pk for page in get_search_backend().search("หมอเทศ", LessonPage)] == [lesson.pk]
    assert PathPage.objects.count() == 0
