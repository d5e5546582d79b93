"""The list of courses, and the page of one course."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from courses import progress
from courses.contents import read_contents
from courses.models import CourseChange, CourseIndexPage, PathPage
from tests.courses.lesson_samples import make_course, make_learner, need
from tests.factories import BusinessFactory, ChapterFactory, CourseFactory, LessonFactory, ProgrammeFactory, sector, stage

pytestmark = pytest.mark.django_db


def soup_of(client, address: str) -> BeautifulSoup:
    response = client.get(address)
    assert response.status_code == 200
    soup = BeautifulSoup(response.content, "html.parser")
    for kept_whole in soup.select("span.nb"):
        kept_whole.unwrap()
    soup.smooth()
    return soup


def words(node) -> str:
    return " ".join(node.get_text(" ").split())


def groups_of(soup) -> dict[str, list[str]]:
    """{name of the stage: titles of its courses}."""
    return {
        words(section.h2.find_all("span")[-1]): [words(card.h3) for card in section.select("li.card")]
        for section in soup.select("main section")
    }


def make_path(code: str = "run", **kwargs) -> PathPage:
    page = PathPage(stage=stage(code), summary="แปดขั้น", items=[], **({"title": f"เส้นทาง {code}", "slug": f"path-{code}"} | kwargs))
    CourseIndexPage.objects.get().add_child(instance=page)
    return page


# The list


def test_courses_stand_below_their_stages(client):
    CourseFactory(title="จดร้าน", stages=["start"])
    CourseFactory(title="บัญชี", stages=["run", "grow"])
    CourseFactory(title="ร่าง", live=False)
    soup = soup_of(client, "/courses/")
    assert groups_of(soup) == {stage("start").name: ["จดร้าน"], stage("run").name: ["บัญชี"], stage("grow").name: ["บัญชี"]}
    assert "2 คอร์ส" in words(soup.select_one(".lede"))


def test_list_without_courses_says_so(client):
    soup = soup_of(client, "/courses/")
    assert "ยังไม่มีคอร์ส" in words(soup.select_one(".empty"))


def test_filters_narrow_the_list_together(client):
    CourseFactory(title="หนึ่ง", stages=["run"], functions=["tax"], level="basic")
    CourseFactory(title="สอง", stages=["run"], functions=["tax"], level="advanced")
    CourseFactory(title="สาม", stages=["grow"], functions=["tax"], level="basic")
    assert groups_of(soup_of(client, "/courses/?stage=run")) == {stage("run").name: ["หนึ่ง", "สอง"]}
    assert groups_of(soup_of(client, "/courses/?level=basic")) == {stage("run").name: ["หนึ่ง"], stage("grow").name: ["สาม"]}
    soup = soup_of(client, "/courses/?stage=run&function=tax&level=advanced")
    assert groups_of(soup) == {stage("run").name: ["สอง"]}
    assert [option["value"] for option in soup.select("option[selected]")] == ["run", "tax", "advanced"]


@pytest.mark.parametrize("query", ["stage=nowhere&function=nothing&level=none", "stage=%00&level=%F0%9F", "level[]=basic&stage=run'--"])
def test_unknown_filters_ask_for_nothing(client, query):
    CourseFactory(title="หนึ่ง", stages=["run"])
    assert groups_of(soup_of(client, f"/courses/?{query}")) == {stage("run").name: ["หนึ่ง"]}


def test_filter_without_a_match_says_so(client):
    CourseFactory(stages=["run"])
    assert "ไม่มีคอร์สที่ตรงกับที่เลือก" in words(soup_of(client, "/courses/?level=advanced").select_one(".empty"))


def test_stage_shows_its_recommended_path(client):
    make_path("run", title="เส้นทางหลัก", slug="main-path")
    make_path("run", title="เส้นทางที่สอง", slug="second-path")
    make_path("grow", title="ไม่แนะนำ", slug="other-path", is_recommended=False)
    make_path("exit", title="ร่าง", slug="draft-path", live=False)
    soup = soup_of(client, "/courses/")
    assert [words(link) for link in soup.select("main .note a")] == ["เส้นทางหลัก"]


def test_list_shows_how_far_the_reader_is(client):
    course, lessons = make_course(3, title="บัญชี")
    learner = make_learner()
    client.force_login(learner.user)
    progress.record_finished(learner, lessons[0])
    assert "เรียนแล้ว 1 จาก 3 บทเรียน (33%)" in words(soup_of(client, "/courses/").select_one("li.card"))
    for lesson in lessons[1:]:
        progress.record_finished(learner, lesson)
    assert "เรียนจบแล้ว" in words(soup_of(client, "/courses/").select_one("li.card"))


# One course


def test_course_page_says_what_it_holds(client):
    course, lessons = make_course(2, title="บัญชี", goals="แยกเงินได้\n\nคิดต้นทุนได้", reviewed_by="ทีมบัญชี")
    CourseChange.objects.create(page=course, date=dt.date(2026, 11, 1), significance="major", note="เพิ่มบทเรียน")
    lessons[1].__class__.objects.filter(pk=lessons[1].pk).update(kilobytes=1530)
    soup = soup_of(client, course.url)
    band = words(soup.select_one(".band"))
    assert "2 บทเรียน" in band
    assert "16 นาที" in band
    assert "ใช้เน็ต 1.5 MB" in band
    assert course.code in band
    assert [words(goal) for goal in soup.select("section[aria-labelledby=goals] li")] == ["แยกเงินได้", "คิดต้นทุนได้"]
    assert [words(link.select_one("span:not(.num)")) for link in soup.select(".outline a")] == [lesson.title for lesson in lessons]
    assert "ทีมบัญชี" in words(soup.select_one("dl.key"))
    assert "3 พฤศจิกายน 2569" in words(soup.select_one("dl.key"))
    assert "เพิ่มบทเรียน" in words(soup.main)


def test_course_without_lessons_has_nothing_to_start(client):
    course = CourseFactory()
    ChapterFactory(parent=course)
    soup = soup_of(client, course.url)
    assert "คอร์สนี้ยังไม่มีบทเรียน" in words(soup.select_one(".empty"))
    assert soup.select(".band a.button") == []


def test_draft_lessons_are_not_there(client):
    course, (lesson, hidden) = make_course(2)
    hidden.unpublish()
    soup = soup_of(client, course.url)
    assert [link["href"] for link in soup.select(".outline a")] == [lesson.url]
    assert client.get(hidden.url).status_code == 404


def test_start_leads_to_the_first_lesson_then_where_one_left_off(client):
    course, lessons = make_course(4)
    assert soup_of(client, course.url).select_one(".band a.button")["href"] == lessons[0].url
    learner = make_learner()
    client.force_login(learner.user)

    def seen(page, minutes, finished=False):
        record = progress.record_finished if finished else progress.record_opened
        record(learner, page, now=timezone.now() - dt.timedelta(days=1) + dt.timedelta(minutes=minutes))

    seen(lessons[2], 0)
    assert soup_of(client, course.url).select_one(".band a.button")["href"] == lessons[2].url
    seen(lessons[0], 1, finished=True)
    button = soup_of(client, course.url).select_one(".band a.button")
    assert (words(button), button["href"]) == ("เรียนต่อ", lessons[1].url)
    seen(lessons[3], 2, finished=True)
    assert soup_of(client, course.url).select_one(".band a.button")["href"] == lessons[1].url


def test_next_lesson_passes_over_what_is_closed():
    course, lessons = make_course(3)
    need(lessons[0], lessons[2])
    assert read_contents(None, course).next_lesson == lessons[1]


def test_course_says_what_should_come_first(client):
    before, _lessons = make_course(1, title="คอร์สก่อนหน้า")
    course, (lesson,) = make_course(1)
    need(course, before, "advised")
    soup = soup_of(client, course.url)
    assert "แนะนำให้เรียนก่อน" in words(soup.select_one("section[aria-labelledby=needs]"))
    assert soup.select_one(".band a.button") is not None


def test_locked_course_gives_the_reason_and_no_start(client):
    before, _lessons = make_course(1, title="คอร์สก่อนหน้า")
    course, (lesson,) = make_course(1)
    need(course, before)
    soup = soup_of(client, course.url)
    notice = soup.select_one("section[aria-labelledby=closed]")
    assert "คอร์สก่อนหน้า" in words(notice)
    assert notice.a["href"] == before.url
    assert soup.select(".band a.button") == []


def test_closed_lesson_says_why_in_the_contents(client):
    course, (one, two) = make_course(2)
    need(two, one)
    entries = soup_of(client, course.url).select(".outline li")
    assert "ปิดอยู่" not in words(entries[0])
    assert f"ปิดอยู่ ต้องเรียน “{one.title}” ก่อน" in words(entries[1])


def test_finished_course_says_what_comes_next(client):
    course, lessons = make_course(1, completion_text="เก่งมาก")
    fitting = ProgrammeFactory(eligibility=[("sector", {"wanted": ["retail"], "source": "ข้อ 1"})])
    unfit = ProgrammeFactory(eligibility=[("sector", {"wanted": ["food"], "source": "ข้อ 1"})])
    draft = ProgrammeFactory(live=False)
    course.next_programmes.set([unfit, fitting, draft])
    course.save()
    learner = make_learner()
    client.force_login(learner.user)
    assert "เก่งมาก" not in words(soup_of(client, course.url).main)
    progress.record_finished(learner, lessons[0])
    BusinessFactory(owner=learner.user, sector=sector("retail"))
    soup = soup_of(client, course.url)
    assert "เก่งมาก" in words(soup.select_one(".receipt"))
    assert [words(title) for title in soup.select(".side-match h3")] == [fitting.name, unfit.name]
    assert [words(verdict) for verdict in soup.select(".side-match .verdict")] == ["น่าจะได้", "ไม่ตรงตอนนี้"]
    assert soup.select(f'.receipt a[href="/learn/courses/{course.pk}/certificate/"]')
    assert soup.select(".counter")


def test_course_without_certificate_offers_none(client):
    course, lessons = make_course(1, has_certificate=False)
    learner = make_learner()
    client.force_login(learner.user)
    progress.record_finished(learner, lessons[0])
    soup = soup_of(client, course.url)
    assert soup.select_one(".receipt")
    assert not soup.select(".receipt a.button")


def test_english_page_says_that_the_content_is_thai(client):
    course, _lessons = make_course(1)
    soup = soup_of(client, f"/en{course.url}")
    assert soup.h1["lang"] == "th"
    assert "This content is available in Thai only." in words(soup.main)


# Queries


@pytest.mark.parametrize("signed_in", [False, True])
def test_pages_take_the_same_queries_for_one_and_forty_lessons(count_queries, signed_in):
    learner = make_learner()

    def count_all() -> list[int]:
        return [count_queries(_new_reader(learner if signed_in else None), address) for address in addresses]

    course, lessons = make_course(2)
    need(lessons[1], lessons[0], "advised")
    progress.record_opened(learner, lessons[0])
    addresses = ["/courses/", course.url, lessons[0].url]
    few = count_all()
    for number in range(38):
        lesson = LessonFactory(parent=lessons[0].get_parent().specific)
        need(lesson, lessons[0], "advised")
        progress.record_finished(learner, lesson)
        if number < 30:
            progress.record_finished(make_learner(), lesson)
    assert count_all() == few


def _new_reader(learner) -> Client:
    client = Client()
    if learner:
        client.force_login(learner.user)
    return client


def test_list_takes_the_same_queries_for_one_and_many_courses(client, count_queries):
    make_course(1)
    make_path("run")
    one = count_queries(client, "/courses/")
    for code in ("start", "run", "grow", "exit"):
        make_course(3, stages=[code, "recover"], functions=["tax"])
        make_path(code, slug=f"more-{code}")
    assert count_queries(client, "/courses/") == one
