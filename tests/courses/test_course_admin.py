"""What editors may not publish: said in the form, and when pages are published from a list. Drafts may be as they are."""

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from courses.models import CoursePage, LessonPage
from courses.publishing import find_obstacles
from tests.courses.lesson_samples import make_course, make_media, make_quiz, need
from tests.factories import GuideFactory, LessonFactory, UserFactory
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher(client, settings, tmp_path):
    settings.STAFF_MFA_REQUIRED = False
    settings.MEDIA_ROOT = tmp_path
    client.force_login(UserFactory(role=Role.PUBLISHER))
    return client


def lesson_form(lesson, body, needs=(), **more) -> dict:
    rows = [{"needs": page.pk, "kind": "locked"} for page in needs]
    return nested_form_data(
        {
            "title": lesson.title, "slug": lesson.slug, "minutes": 8, "goals": "ทำได้", "body": streamfield(body),
            "prerequisites": inline_formset(rows), "changes": inline_formset([]), "comments": inline_formset([]), **more,
        }
    )  # fmt: skip


def course_form(course, needs=(), **more) -> dict:
    rows = [{"needs": page.pk, "kind": "advised"} for page in needs]
    return nested_form_data(
        {
            "title": course.title, "slug": course.slug, "code": course.code, "summary": course.summary, "goals": course.goals,
            "level": course.level, "keywords": "", "completion_text": "", "reviewed_on": "2026-11-03", "reviewed_by": "ทีม",
            "next_review": "2027-05-03", "prerequisites": inline_formset(rows), "changes": inline_formset([]), "comments": inline_formset([]), **more,
        }
    ) | {"stages": [course.stages.first().pk], "functions": [course.functions.first().pk]}  # fmt: skip


TEXT = [("text", rich_text("<p>เนื้อหา</p>"))]


def save(client, page, data, publish: bool):
    data = data | ({"action-publish": "1"} if publish else {})
    return client.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), data)


def is_published(page) -> bool:
    page.refresh_from_db()
    return page.live and not page.has_unpublished_changes


def test_sound_lesson_is_published(publisher):
    course, (lesson,) = make_course(1)
    save(publisher, lesson, lesson_form(lesson, TEXT, title="ชื่อใหม่"), publish=True)
    assert is_published(lesson)
    assert lesson.title == "ชื่อใหม่"


@pytest.mark.parametrize("captions", ["", "ไม่ใช่คำบรรยาย", "WEBVTT\n\n"])
def test_video_without_captions_is_not_published_but_saved(publisher, captions):
    course, (lesson,) = make_course(1)
    body = [("video", {"video": make_media(captions=captions).pk, "title": "คลิปเงียบ"})]
    response = save(publisher, lesson, lesson_form(lesson, body), publish=True)
    assert "วิดีโอ “คลิปเงียบ” ยังไม่มีคำบรรยายไทย" in response.content.decode()
    assert LessonPage.objects.get(pk=lesson.pk).body[0].block_type == "text"
    save(publisher, lesson, lesson_form(lesson, body), publish=False)
    draft = LessonPage.objects.get(pk=lesson.pk).get_latest_revision_as_object()
    assert [block.block_type for block in draft.body] == ["video"]


def test_video_with_captions_is_published(publisher):
    course, (lesson,) = make_course(1)
    save(publisher, lesson, lesson_form(lesson, [("video", {"video": make_media().pk, "title": "คลิป"})]), publish=True)
    lesson.refresh_from_db()
    assert [block.block_type for block in lesson.body] == ["video"]


def test_quiz_that_is_not_live_is_not_published(publisher):
    course, (lesson,) = make_course(1)
    quiz = make_quiz(live=False)
    response = save(publisher, lesson, lesson_form(lesson, [("quiz", {"quiz": quiz.pk})]), publish=True)
    assert f"แบบฝึก “{quiz.title}” ยังไม่เผยแพร่" in response.content.decode()
    quiz.live = True
    quiz.save()
    save(publisher, lesson, lesson_form(lesson, [("quiz", {"quiz": quiz.pk})]), publish=True)
    lesson.refresh_from_db()
    assert lesson.quiz_ids == [quiz.pk]


def test_guide_must_be_there_with_its_sections():
    guide = GuideFactory(body=[("text", "<h2>มีอยู่</h2><p>ก</p>")])
    lesson = LessonFactory(body=[("guide", {"guide": guide, "sections": ["มีอยู่", "ไม่มี"]})])
    assert find_obstacles(lesson, []) == [f"คู่มือ “{guide.title}” ไม่มีหัวข้อ ไม่มี"]
    guide.unpublish()
    assert find_obstacles(LessonPage.objects.get(pk=lesson.pk), []) == [f"คู่มือ “{guide.title}” ยังไม่เผยแพร่"]


def test_circle_of_prerequisites_is_told_by_its_titles(publisher):
    course, (one, two) = make_course(2)
    need(one, two)
    response = save(publisher, two, lesson_form(two, TEXT, needs=[one]), publish=True)
    assert f"{two.title} → {one.title} → {two.title}" in response.content.decode()
    assert not two.prerequisites.exists()
    save(publisher, two, lesson_form(two, TEXT, needs=[one]), publish=False)
    assert two.__class__.objects.get(pk=two.pk).has_unpublished_changes


def test_circle_over_courses_is_told_too(publisher):
    first, _lessons = make_course(1, title="คอร์สแรก")
    second, _lessons = make_course(1, title="คอร์สสอง")
    need(first, second)
    response = save(publisher, second, course_form(second, needs=[first]), publish=True)
    assert "เรียนก่อนวนเป็นวง: คอร์สสอง → คอร์สแรก" in response.content.decode()
    assert not CoursePage.objects.get(pk=second.pk).prerequisites.exists()


def test_course_without_a_circle_is_published(publisher):
    first, _lessons = make_course(1)
    second, _lessons = make_course(1)
    save(publisher, second, course_form(second, needs=[first]), publish=True)
    assert [row.needs_id for row in CoursePage.objects.get(pk=second.pk).prerequisites.all()] == [first.pk]


def test_removed_prerequisite_makes_no_circle(publisher):
    course, (one, two) = make_course(2)
    need(one, two)
    data = lesson_form(two, TEXT, needs=[one]) | {"prerequisites-0-DELETE": "1"}
    save(publisher, two, data, publish=True)
    assert is_published(two)


def test_unfit_pages_are_not_published_from_a_list(publisher):
    course, (lesson, other) = make_course(2)
    LessonPage.objects.filter(pk__in=[lesson.pk, other.pk]).update(live=False)
    lesson.refresh_from_db()
    lesson.body = LessonPage._meta.get_field("body").stream_block.to_python(
        [{"type": "quiz", "id": "q", "value": {"quiz": make_quiz("draft", live=False).pk}}]
    )
    lesson.save_revision()
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    response = publisher.post(f"{address}?id={lesson.pk}&id={other.pk}&next=/admin/", follow=True)
    assert "แบบฝึก “แบบฝึก draft” ยังไม่เผยแพร่" in response.content.decode()
    assert LessonPage.objects.filter(pk__in=[lesson.pk, other.pk], live=True).count() == 0
    publisher.post(f"{address}?id={other.pk}&next=/admin/")
    assert LessonPage.objects.get(pk=other.pk).live


def test_descendants_are_asked_when_they_are_published_along(publisher):
    course, (lesson,) = make_course(1)
    need(lesson, lesson)
    course.unpublish()
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    publisher.post(f"{address}?id={course.pk}&next=/admin/", {"include_descendants": "on"})
    assert not CoursePage.objects.get(pk=course.pk).live


def test_lists_of_courses_are_in_thai(publisher):
    course, _lessons = make_course(1, title="บัญชีร้าน")
    response = publisher.get(reverse("courses:index"))
    page = response.content.decode()
    assert response.status_code == 200
    assert all(words in page for words in ("บัญชีร้าน", "รหัสคอร์ส", "3 พฤษภาคม 2570"))


def test_new_lesson_can_be_previewed_before_it_is_saved(publisher):
    course, (lesson,) = make_course(1)
    chapter = lesson.get_parent()
    data = lesson_form(
        lesson, [("text", rich_text("<p>ยังไม่บันทึก</p>")), ("task", {"title": "ทำ", "text": rich_text("<p>ก</p>"), "minutes": 5})], slug="new"
    )
    address = reverse("wagtailadmin_pages:preview_on_add", args=["courses", "lessonpage", chapter.pk])
    assert publisher.post(address, data).json()["is_valid"]
    response = publisher.get(address)
    assert response.status_code == 200
    assert "ยังไม่บันทึก" in response.content.decode()
