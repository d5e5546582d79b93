"""What browsers and learners send: honest, wrong, forged, twice; and who is recorded at all."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from wagtail.models import PageViewRestriction

from courses import progress
from courses.models import Bookmark, CoursePrerequisite, Learner, LessonPage, Note, Progress, TaskMark
from courses.progress import State
from courses.trail import COOKIE
from tests.courses.learning import TASK, edit, first_block, learner_of, make_course, make_lesson
from tests.factories import GuideFactory, QuizFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def states() -> dict[int, int]:
    return dict(Progress.objects.values_list("page_id", "state"))


# Who is recorded


def test_a_first_visit_sets_the_cookie_and_leaves_no_row(client):
    lesson = make_lesson()
    assert client.get(lesson.url).status_code == 200
    assert (client.cookies[COOKIE].value, Learner.objects.count(), "session" in client.cookies) == (str(lesson.pk), 0, False)


def test_a_crawler_without_cookies_leaves_no_rows():
    _course, lessons = make_course(3)
    for page in [*lessons, GuideFactory(), lessons[0]]:
        assert Client().get(page.url).status_code == 200
    assert not Learner.objects.exists()


def test_a_browser_that_brings_the_trail_to_a_lesson_becomes_a_learner_with_its_trail(client):
    guide, lesson, last = GuideFactory(), make_lesson(), make_lesson()
    client.get(guide.url)
    client.get(GuideFactory().url)
    assert not Learner.objects.exists()  # guides alone make nobody a learner
    client.get(lesson.url)
    client.get(last.url)
    assert Learner.objects.count() == 1
    rows = list(Progress.objects.order_by("-seen_at").values_list("page_id", "state"))
    assert (rows[0], rows[1], (guide.pk, State.OPENED) in rows, len(rows)) == ((last.pk, 1), (lesson.pk, 1), True, 4)


def test_a_forged_trail_is_recorded_only_where_there_are_pages(client):
    draft, lesson = make_lesson(live=False), make_lesson()
    client.cookies[COOKIE] = f"{draft.pk}.999999.1"
    client.get(lesson.url)
    assert states() == {lesson.pk: State.OPENED}


@pytest.mark.parametrize("page", ["guide", "lesson"])
def test_who_stopped_the_trail_is_recorded_by_what_he_says_only(client, page):
    page = GuideFactory() if page == "guide" else make_lesson()
    client.force_login(UserFactory())
    Learner.objects.create(user_id=client.session["_auth_user_id"])
    client.cookies[COOKIE] = "off"
    client.get(page.url)
    client.post(f"/learn/pages/{page.pk}/evidence/", {"seconds": "500", "scrolled": "100"})
    assert states() == {}
    client.post(f"/learn/pages/{page.pk}/finish/")
    assert states()[page.pk] == State.FINISHED


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}])
def test_fetching_ahead_and_probing_are_not_reading(client, headers):
    lesson, other = make_lesson(), make_lesson()
    client.get(lesson.url)
    client.get(other.url, headers=headers)
    client.head(other.url)
    assert (client.cookies[COOKIE].value, states()) == (str(lesson.pk), {})


def test_signed_in_learner_is_recorded_with_one_upsert_more(client, count_queries):
    lesson = make_lesson()
    client.force_login(UserFactory())
    client.get(lesson.url)
    assert states() == {lesson.pk: State.OPENED}
    recorded = count_queries(client, lesson.url)
    client.cookies[COOKIE] = "off"
    assert recorded == count_queries(client, lesson.url) + 1


def test_a_locked_lesson_is_not_opened_by_looking(client):
    before, _lessons = make_course(1)
    course, lessons = make_course(1)
    CoursePrerequisite.objects.create(page=course, needs=before, kind="locked")
    client.force_login(UserFactory())
    client.get(lessons[0].url)
    assert states() == {}


def test_bar_costs_a_visitor_nothing_and_a_learner_two_queries(client, count_queries, django_assert_num_queries):
    guide = GuideFactory()
    nobody = count_queries(client, guide.url)
    client.post(f"/learn/pages/{guide.pk}/bookmark/", {"keep": "1"})
    client.cookies[COOKIE] = "off"  # so that nothing is recorded
    assert count_queries(client, guide.url) == nobody + 1 + 2  # the session; the learner; row, bookmark and notes in one


# Evidence


def evidence(client, page, **said):
    return client.post(f"/learn/pages/{page.pk}/evidence/", {"seconds": "0", "scrolled": "0", **said})


def test_evidence_makes_a_read_lesson_and_a_place(client):
    lesson = make_lesson(minutes=1)
    block = first_block(lesson)
    with time_machine.travel(NOON, tick=False) as clock:
        client.force_login(UserFactory())
        client.get(lesson.url)
        clock.shift(60)
        assert evidence(client, lesson, seconds="55", scrolled="100", block=block, second="7").status_code == 204
    row = Progress.objects.get()
    assert (row.state, row.seconds, row.place) == (State.READ, 55, {"block": block, "second": 7})


@pytest.mark.parametrize(
    "said",
    [
        {"seconds": "-5"},
        {"seconds": "ร้อย"},
        {"scrolled": "1e9"},
        {"second": "9" * 30},
        {"seconds": "๕"},
        {"seconds": "1.5"},
        {"seconds": ""},
    ],
)
def test_what_is_no_number_is_refused(client, said):
    lesson = make_lesson()
    client.force_login(UserFactory())
    client.get(lesson.url)
    before = Progress.objects.values().get()
    assert evidence(client, lesson, **said).status_code == 400
    assert Progress.objects.values().get() == before


def test_forged_evidence_changes_nothing_that_it_should_not(client):
    lesson = make_lesson()
    client.force_login(UserFactory())
    client.get(lesson.url)
    for _time in range(100):
        assert evidence(client, lesson, seconds="999999999", scrolled="999999999", block="<script>", second="5").status_code == 204
    row = Progress.objects.get()
    assert (row.state, row.scrolled, row.place, row.seconds < 60) == (State.OPENED, 100, {}, True)


def test_evidence_of_what_is_not_there_is_not_found(client):
    draft, private, course = make_lesson(live=False), make_lesson(), make_course(1)[0]
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    client.force_login(UserFactory())
    for page_id in (draft.pk, private.pk, course.pk, 0, 10**12, 10**30):
        for what in ("evidence", "finish", "notes"):
            assert client.post(f"/learn/pages/{page_id}/{what}/", {"text": "x"}).status_code == 404
    assert not Progress.objects.exists()


def test_a_passer_by_with_a_script_leaves_no_row_and_who_stayed_does(client):
    lesson = make_lesson()
    client.get(lesson.url)
    evidence(client, lesson, seconds="19")
    evidence(Client(), lesson, seconds="500")  # brings no cookie
    assert not Learner.objects.exists()
    evidence(client, lesson, seconds="20", block=first_block(lesson))
    assert Progress.objects.get().learner == learner_of(client)


# What is said


def test_finishing_leads_to_the_next_lesson_and_at_the_end_to_the_course(client):
    course, lessons = make_course(3)
    ways = [client.post(f"/learn/pages/{lesson.pk}/finish/")["Location"] for lesson in (lessons[1], lessons[0], lessons[2])]
    assert ways == [lessons[2].url, lessons[2].url, course.url]
    assert states()[course.pk] == State.FINISHED


def test_a_quiz_not_passed_keeps_the_lesson_open(client):
    quiz = QuizFactory()
    lesson = make_lesson(body=[("quiz", {"quiz": quiz})])
    response = client.post(f"/learn/pages/{lesson.pk}/finish/")
    assert response["Location"] == f"{lesson.url}#quiz-{quiz.code}"
    assert State.FINISHED not in states().values()


def test_locked_lessons_are_refused_whatever_is_asked(client):
    before, _lessons = make_course(1)
    course, lessons = make_course(1, title="ต่อยอด")
    CoursePrerequisite.objects.create(page=course, needs=before, kind="locked")
    client.force_login(UserFactory())
    for what, said in (
        ("finish", {}),
        ("evidence", {"seconds": "1"}),
        ("notes", {"text": "x"}),
        ("bookmark", {"keep": "1"}),
        ("tasks/x", {"done": "1"}),
    ):
        response = client.post(f"/learn/pages/{lessons[0].pk}/{what}/", said)
        assert (what, response.status_code, before.title in response.text) == (what, 409, True)
    assert not Learner.objects.exists()


def test_guide_is_finished_by_the_readers_word_and_leads_back(client):
    guide = GuideFactory()
    assert client.post(f"/learn/pages/{guide.pk}/finish/")["Location"] == guide.url
    row = Progress.objects.get()
    assert (row.state, row.finished_hash) == (State.FINISHED, guide.text_hash)
    assert "คุณอ่านจบแล้ว" in client.get(guide.url).text


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_way_back_stays_with_us(client, address):
    guide = GuideFactory()
    assert client.post(f"/learn/pages/{guide.pk}/finish/", {"next": address})["Location"] == guide.url
    assert client.post(f"/learn/pages/{guide.pk}/finish/", {"next": "/learn/"})["Location"] == "/learn/"


def test_bookmark_is_kept_once_and_dropped_even_when_the_page_is_gone(client):
    lesson = make_lesson()
    for _time in range(3):
        client.post(f"/learn/pages/{lesson.pk}/bookmark/", {"keep": "1"})
    assert Bookmark.objects.count() == 1
    assert lesson.title in client.get("/learn/").text
    lesson.unpublish()
    assert lesson.title not in client.get("/learn/").text
    assert client.post(f"/learn/pages/{lesson.pk}/bookmark/", {"keep": "0"}).status_code == 302
    assert not Bookmark.objects.exists()


def test_task_is_marked_once_and_unmarked(client):
    lesson = make_lesson(body=[TASK])
    address = f"/learn/pages/{lesson.pk}/tasks/{first_block(lesson, 'task')}/"
    for done, number in (("1", 1), ("1", 1), ("0", 0), ("0", 0)):
        assert client.post(address, {"done": done})["Location"].startswith(f"{lesson.url}#b-")
        assert TaskMark.objects.count() == number
    assert client.post(address, {"done": "ใช่"}).status_code == 404
    assert client.post(f"/learn/pages/{lesson.pk}/tasks/none/", {"done": "1"}).status_code == 404


def test_note_stands_at_its_block_and_can_be_changed_and_deleted(client):
    lesson = make_lesson()
    client.post(f"/learn/pages/{lesson.pk}/notes/", {"text": "จำไว้ <b>นะ</b>", "block": first_block(lesson)})
    note = Note.objects.get()
    text = client.get(lesson.url).text
    assert text.count(f'id="note-{note.pk}"') == 1
    assert "จำไว้ &lt;b&gt;นะ&lt;/b&gt;" in text
    assert client.get(f"/learn/notes/{note.pk}/").status_code == 200
    client.post(f"/learn/notes/{note.pk}/", {"text": "อย่างอื่น"})
    assert Note.objects.get().text == "อย่างอื่น"
    client.post(f"/learn/notes/{note.pk}/delete/")
    assert not Note.objects.exists()


@pytest.mark.parametrize(("text", "said"), [("", "เขียนสักคำก่อนบันทึก"), ("ก" * 2001, "ยาวไป"), ("  \n ", "เขียนสักคำก่อนบันทึก")])
def test_a_wrong_note_comes_back_with_its_words(client, text, said):
    lesson = make_lesson()
    response = client.post(f"/learn/pages/{lesson.pk}/notes/", {"text": text})
    assert (response.status_code, said in response.text, text.strip() in response.text) == (422, True, True)
    assert not Note.objects.exists()


def test_notes_of_others_are_not_there(client):
    note = Note.objects.create(learner=Learner.objects.create(), page=make_lesson(), page_title="", text="ลับ")
    client.force_login(UserFactory())
    for _with_learner in (False, True):
        assert client.get(f"/learn/notes/{note.pk}/").status_code == 404
        assert client.post(f"/learn/notes/{note.pk}/", {"text": "ของเรา"}).status_code == 404
        assert client.post(f"/learn/notes/{note.pk}/delete/").status_code == 404
        Learner.objects.get_or_create(user_id=client.session["_auth_user_id"])
    assert Note.objects.get().text == "ลับ"


def test_note_without_its_key_comes_back_unwritten():
    lesson = make_lesson()
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(f"/learn/pages/{lesson.pk}/notes/", {"text": "เขียนมานาน"})
    assert (response.status_code, "เขียนมานาน" in response.text, Note.objects.count()) == (403, True, 0)
    assert strict.post(f"/learn/pages/{lesson.pk}/evidence/", {"seconds": "5"}).status_code == 403


@pytest.mark.parametrize("what", ["finish", "evidence", "bookmark", "notes", "tasks/x"])
def test_only_posts_change_anything(client, what):
    assert client.get(f"/learn/pages/{make_lesson().pk}/{what}/").status_code == 405
    assert client.post("/learn/").status_code == 405


# Changes since


def test_changed_since_is_said_in_lists_and_on_the_page_until_it_is_seen(client):
    lesson = make_lesson()
    lesson.save_revision().publish()
    client.post(f"/learn/pages/{lesson.pk}/finish/")
    assert "แก้หลังจากคุณอ่านจบ" not in client.get("/learn/").text
    edit(LessonPage.objects.get(pk=lesson.pk), "<h2>ต้นทุนคืออะไร</h2><p>ค่าของ ค่าแรง ค่าไฟ</p>", note="เพิ่มค่าไฟ")
    assert "แก้หลังจากคุณอ่านจบ" in client.get("/learn/").text
    assert "หน้านี้แก้หลังจากคุณอ่านจบ" in client.get(lesson.url).text
    text = client.get(f"/learn/pages/{lesson.pk}/changes/").text
    assert ("<del>" in text, "<ins>" in text, "เพิ่มค่าไฟ" in text) == (True, True, True)
    assert Progress.objects.get(page=lesson).state == State.FINISHED
    client.post(f"/learn/pages/{lesson.pk}/finish/")
    assert "แก้หลังจากคุณอ่านจบ" not in client.get("/learn/").text
    assert "ยังเหมือนเดิม" in client.get(f"/learn/pages/{lesson.pk}/changes/").text


def test_changes_of_what_was_never_finished_lead_to_the_page(client):
    lesson = make_lesson()
    assert client.get(f"/learn/pages/{lesson.pk}/changes/")["Location"] == lesson.url


# The home page


def test_home_begins_with_where_to_go_on(client):
    _course, lessons = make_course(2)
    assert "เรียนต่อจากเดิม" not in client.get("/").text
    client.post(f"/learn/pages/{lessons[0].pk}/finish/")
    text = client.get("/").text
    assert text.index("เรียนต่อจากเดิม") < text.index("<h1")
    assert f'href="{lessons[1].url}"' in text


def test_screens_of_learning_are_kept_by_no_cache_and_no_search_engine(client):
    response = client.get("/en/learn/")
    assert "no-store" in response["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in response.text


def test_progress_of_the_page_itself_is_not_lost_by_two_openings(client):
    lesson = make_lesson()
    client.force_login(UserFactory())
    client.get(lesson.url)
    progress.record_finished(Learner.objects.get(), lesson)
    client.get(lesson.url)
    assert states()[lesson.pk] == State.FINISHED
