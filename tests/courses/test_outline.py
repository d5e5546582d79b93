"""The outline of a course in the admin: order, moves, and who may make them."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import ChapterPage, LessonPage
from courses.outline import read_outline
from tests.courses.lesson_samples import make_course, make_quiz, need
from tests.factories import ChapterFactory, CourseFactory, LessonFactory, UserFactory
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


@pytest.fixture
def publisher(client):
    client.force_login(UserFactory(role=Role.PUBLISHER))
    return client


def address(course) -> str:
    return reverse("course_outline", args=[course.pk])


def order(course) -> list[tuple[str, list[str]]]:
    return [(chapter.page.title, [lesson.title for lesson in chapter.lessons]) for chapter in read_outline(course).chapters]


def make_two_chapters():
    course = CourseFactory()
    first, second = ChapterFactory(parent=course, title="หนึ่ง"), ChapterFactory(parent=course, title="สอง")
    lessons = [LessonFactory(parent=first, title=title) for title in ("ก", "ข", "ค")]
    return course, first, second, [*lessons, LessonFactory(parent=second, title="ง")]


def post(client, course, page, move, **more):
    return client.post(address(course), {"page": page.pk, "move": move, **more})


def test_outline_shows_everything_in_order(publisher):
    course, first, second, lessons = make_two_chapters()
    quiz = make_quiz(live=False)
    draft = LessonFactory(parent=second, title="จ", live=False, minutes=15, body=[("quiz", {"quiz": quiz})])
    soup = BeautifulSoup(publisher.get(address(course)).content, "html.parser")
    assert [" ".join(link.get_text().split()) for link in soup.select("main h2 a")] == ["1. หนึ่ง", "2. สอง"]
    assert [link.get_text() for link in soup.select("main td.title a")] == ["ก", "ข", "ค", "ง", "จ"]
    row = " ".join(soup.select_one(f"#page-{draft.pk}").get_text(" ").split())
    assert "15" in row
    assert "ร่าง" in row
    assert f"{quiz.title} (ร่าง)" in row.replace(" ( ", " (").replace(" )", ")")
    adds = [link["href"] for link in soup.select("main a.button")]
    assert f"/admin/pages/add/courses/lessonpage/{first.pk}/" in adds
    assert f"/admin/pages/add/courses/chapterpage/{course.pk}/" in adds


def test_empty_course_has_an_outline(publisher):
    course = CourseFactory()
    assert "คอร์สนี้ยังไม่มีบท" in publisher.get(address(course)).content.decode()


def test_lessons_move_up_and_down(publisher):
    course, first, second, (a, b, c, d) = make_two_chapters()
    response = post(publisher, course, c, "up")
    assert response.url == f"{address(course)}#page-{c.pk}"
    assert order(course) == [("หนึ่ง", ["ก", "ค", "ข"]), ("สอง", ["ง"])]
    post(publisher, course, a, "down")
    assert order(course) == [("หนึ่ง", ["ค", "ก", "ข"]), ("สอง", ["ง"])]


def test_ends_of_the_row_stay(publisher):
    course, first, second, (a, b, c, d) = make_two_chapters()
    before = order(course)
    post(publisher, course, a, "up")
    post(publisher, course, c, "down")
    post(publisher, course, second, "down")
    assert order(course) == before


def test_chapters_move_with_their_lessons(publisher):
    course, first, second, lessons = make_two_chapters()
    post(publisher, course, second, "up")
    assert order(course) == [("สอง", ["ง"]), ("หนึ่ง", ["ก", "ข", "ค"])]
    assert all(publisher.get(lesson.url).status_code == 200 for lesson in lessons)


def test_lesson_moves_to_the_end_of_another_chapter(publisher):
    course, first, second, (a, b, c, d) = make_two_chapters()
    post(publisher, course, a, "to", chapter=second.pk)
    assert order(course) == [("หนึ่ง", ["ข", "ค"]), ("สอง", ["ง", "ก"])]
    moved = LessonPage.objects.get(pk=a.pk)
    assert moved.url == f"{second.url}{a.slug}/"
    assert publisher.get(moved.url).status_code == 200


def test_move_to_the_chapter_where_it_is_changes_nothing(publisher):
    course, first, second, lessons = make_two_chapters()
    before = order(course)
    post(publisher, course, lessons[0], "to", chapter=first.pk)
    assert order(course) == before


def test_address_that_is_taken_is_refused_with_the_reason(publisher):
    course, first, second, (a, b, c, d) = make_two_chapters()
    LessonFactory(parent=second, slug=a.slug)
    before = order(course)
    response = publisher.post(address(course), {"page": a.pk, "move": "to", "chapter": second.pk}, follow=True)
    assert order(course) == before
    assert "มีบทเรียนที่ใช้ที่อยู่" in response.content.decode()


def test_pages_of_other_courses_cannot_be_moved(publisher):
    course, first, second, lessons = make_two_chapters()
    other, (theirs,) = make_course(1)
    assert post(publisher, course, theirs, "up").status_code == 404
    assert post(publisher, course, lessons[0], "to", chapter=theirs.get_parent().pk).status_code == 404


@pytest.mark.parametrize("data", [{}, {"page": "x", "move": "up"}, {"page": "9" * 30, "move": "up"}, {"page": "๑", "move": "down"}])
def test_forged_pages_are_not_found(publisher, data):
    course, *_rest = make_two_chapters()
    assert publisher.post(address(course), data).status_code == 404


def test_forged_moves_change_nothing(publisher):
    course, first, second, (a, b, c, d) = make_two_chapters()
    before = order(course)
    assert post(publisher, course, a, "sideways").status_code == 302
    assert post(publisher, course, first, "to", chapter=second.pk).status_code == 302
    assert post(publisher, course, a, "to", chapter=b.pk).status_code == 302
    assert order(course) == before


def test_only_those_who_may_publish_change_the_order(client):
    course, first, second, (a, b, c, d) = make_two_chapters()
    client.force_login(UserFactory(role=Role.EDITOR))
    before = order(course)
    page = client.get(address(course))
    assert page.status_code == 200
    assert BeautifulSoup(page.content, "html.parser").select("main button[name=move]") == []
    post(client, course, a, "down")
    post(client, course, a, "to", chapter=second.pk)
    assert order(course) == before


@pytest.mark.parametrize("role", [None, Role.ADVISOR])
def test_outline_is_for_editors(client, role):
    course, *_rest = make_two_chapters()
    client.force_login(UserFactory(role=role))
    before = order(course)
    assert client.get(address(course)).status_code in (302, 403)
    client.post(address(course), {"page": ChapterPage.objects.first().pk, "move": "down"})
    assert order(course) == before


def test_circle_is_refused_when_a_lesson_moves_within_the_course(publisher):
    """Within one course no move can make a circle that was not there; one that is there is said and not moved."""
    course, first, second, (a, b, c, d) = make_two_chapters()
    need(a, course)
    before = order(course)
    response = publisher.post(address(course), {"page": a.pk, "move": "to", "chapter": second.pk}, follow=True)
    assert order(course) == before
    assert "วนเป็นวง" in response.content.decode()


def test_outline_takes_the_same_queries_for_few_and_many_lessons(publisher):
    course, first, second, lessons = make_two_chapters()

    def count() -> int:
        publisher.get(address(course))
        with CaptureQueriesContext(connection) as queries:
            assert publisher.get(address(course)).status_code == 200
        return len(queries)

    few = count()
    for number in range(20):
        LessonFactory(parent=first, body=[("quiz", {"quiz": make_quiz(f"q{number}")})])
    assert count() == few + 1  # the quizzes, once there is one


def test_course_leads_to_its_outline(publisher):
    course, *_rest = make_two_chapters()
    for name in ("wagtailadmin_pages:edit", "wagtailadmin_explore"):
        assert address(course) in publisher.get(reverse(name, args=[course.pk])).content.decode()
