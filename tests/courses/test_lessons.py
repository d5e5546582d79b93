"""A lesson: what it is made of, what closes it, when it is finished, and what it weighs."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import PageViewRestriction

from courses import progress
from courses.captions import read_captions
from courses.guide_parts import select_sections
from courses.lessons import Locked, NotYet, finish_lesson
from courses.models import Attempt, LessonPage, Progress, QuizVersion, TaskMark
from courses.publishing import weigh_lesson
from courses.templatetags.courses import duration, kilobytes
from tests.courses.lesson_samples import make_course, make_learner, make_media, make_quiz, need
from tests.courses.test_catalogue import soup_of, words
from tests.factories import ChapterFactory, FactFactory, GuideFactory, LessonFactory

pytestmark = pytest.mark.django_db

GUIDE_BODY = [
    ("text", "<p>นำเรื่อง</p><h2>ต้นทุนคงที่</h2><p>ค่าเช่า</p><h2>ต้นทุนแปรผัน</h2><p>ค่าของ</p>"),
    ("steps", [{"title": "จดทุกวัน", "text": "<p>ลงสมุด</p>"}]),
    ("text", "<h2>ข้อควรระวัง</h2><p>อย่าลืมค่าแรงตัวเอง</p>"),
]


@pytest.fixture
def media_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def make_lesson(*body, **kwargs) -> LessonPage:
    return LessonFactory(body=list(body), **kwargs)


def pass_quiz(learner, quiz, is_passed: bool = True) -> Attempt:
    version = QuizVersion.objects.get_or_create(quiz=quiz, hash="x", defaults={"content": {}})[0]
    number = Attempt.objects.filter(learner=learner, quiz=quiz).count() + 1
    from django.utils import timezone

    return Attempt.objects.create(
        learner=learner, quiz=quiz, version=version, number=number, shown=[], max_points=2, points=2 if is_passed else 0,
        is_passed=is_passed, submitted_at=timezone.now(),
    )  # fmt: skip


# Where one is


def test_lesson_knows_its_place(client):
    course, (one, two, three) = make_course(3)
    soup = soup_of(client, two.url)
    assert "บทเรียนที่ 2 จาก 3" in words(soup.select_one(".band"))
    assert words(soup.select_one(".turn b")) == "2 / 3"
    assert [link["href"] for link in soup.select(".turn a")] == [one.url, three.url]
    assert [link["href"] for link in soup.select(".crumbs a")] == ["/courses/", course.url]
    assert [words(link) for link in soup.select(".outline [aria-current=page] span:not(.num)")] == [two.title]
    assert [link["href"] for link in soup_of(client, one.url).select(".turn a")] == [course.url, two.url]
    assert [link["href"] for link in soup_of(client, three.url).select(".turn a")] == [two.url, course.url]


def test_turning_goes_on_in_the_next_chapter(client):
    course, (one,) = make_course(1)
    two = LessonFactory(parent=ChapterFactory(parent=course))
    assert soup_of(client, one.url).select(".turn a")[1]["href"] == two.url


@pytest.mark.parametrize("hide", ["lesson", "chapter", "course", "private"])
def test_hidden_lesson_is_not_there(client, hide):
    course, (lesson, other) = make_course(2)
    chapter = lesson.get_parent().specific
    if hide == "private":
        PageViewRestriction.objects.create(page=course, restriction_type=PageViewRestriction.LOGIN)
        assert client.get(lesson.url).status_code == 302
    else:
        {"lesson": lesson, "chapter": chapter, "course": course}[hide].unpublish()
    if hide == "lesson":
        assert client.get(lesson.url).status_code == 404
        assert lesson.url not in str(soup_of(client, other.url))
    from courses.outline import public_lessons

    assert lesson.pk not in public_lessons().values_list("pk", flat=True)


# What it is made of


def test_every_block_has_a_place_of_its_own(client):
    lesson = make_lesson(("text", "<p>หนึ่ง</p>"), ("task", {"title": "เปิดสมุด", "text": "<p>จด</p>", "minutes": 10}))
    soup = soup_of(client, lesson.url)
    ids = [block["id"] for block in LessonPage.objects.get(pk=lesson.pk).body.raw_data]
    assert [box["data-block"] for box in soup.select("article [data-block]")] == ids
    assert [box["id"] for box in soup.select("article [data-block]")] == [f"b-{key}" for key in ids]


def test_text_quotes_facts_and_links_only_to_public_pages(client):
    FactFactory(code="rent", value="5000", unit="บาทต่อเดือน", topic="ค่าเช่า")
    guide, hidden = GuideFactory(), GuideFactory(live=False)
    text = f'<p>ค่าเช่า {{fact:rent}} <a linktype="page" id="{guide.pk}">อ่าน</a> <a linktype="page" id="{hidden.pk}">ซ่อน</a></p>'
    soup = soup_of(client, make_lesson(("text", text)).url)
    box = soup.select_one("article [data-block]")
    assert "5,000 บาทต่อเดือน" in words(box)
    assert [link.get("href") for link in box.select("a")] == [guide.url, None]
    assert soup.select_one("#fact-rent")


def test_whole_guide_stands_inside_the_lesson_with_its_facts(client):
    FactFactory(code="fee", value="50", unit="บาท")
    guide = GuideFactory(title="จดร้าน", body=[("text", "<h2>ค่าธรรมเนียม</h2><p>{fact:fee}</p>")])
    box = soup_of(client, make_lesson(("guide", {"guide": guide, "sections": []})).url).select_one("article [data-block]")
    assert "ค่าธรรมเนียม" in words(box)
    assert "50 บาท" in words(box)
    assert (words(box.select_one(".say a")), box.select_one(".say a")["href"]) == ("จดร้าน", guide.url)
    assert "ส่วนนี้มาจากคู่มือ" in words(box.select_one(".say"))


def test_lesson_shows_only_the_sections_it_asks_for(client):
    guide = GuideFactory(body=GUIDE_BODY)
    box = soup_of(client, make_lesson(("guide", {"guide": guide, "sections": ["ต้นทุนแปรผัน"]})).url).select_one("article [data-block]")
    assert [words(heading) for heading in box.select("h2, h3")] == ["ต้นทุนแปรผัน", "จดทุกวัน"]
    assert "ค่าของ" in words(box)
    assert "ค่าเช่า" not in words(box)
    assert "นำเรื่อง" not in words(box)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ต้นทุนคงที่"], [("text", "<h2>ต้นทุนคงที่</h2><p>ค่าเช่า</p>")]),
        (["ข้อควรระวัง", "ต้นทุนคงที่"], [("text", GUIDE_BODY[0][1][18:55]), ("text", GUIDE_BODY[2][1])]),
        (["ไม่มี"], []),
    ],
)
def test_sections_are_cut_at_their_headings(names, expected):
    raw = [{"type": kind, "value": value, "id": str(at)} for at, (kind, value) in enumerate(GUIDE_BODY)]
    found = select_sections(raw, names)
    if len(expected) == 2:
        assert [block["value"].count("<h2>") for block in found] == [1, 1]
        assert found[0]["value"].startswith("<h2>ต้นทุนคงที่")
        assert found[1]["value"] == GUIDE_BODY[2][1]
    else:
        assert [(block["type"], block["value"]) for block in found] == expected
    assert select_sections(raw, []) == raw


def test_guide_that_was_withdrawn_says_so(client):
    guide = GuideFactory(title="คู่มือลับ", body=GUIDE_BODY)
    lesson = make_lesson(("guide", {"guide": guide, "sections": []}))
    guide.unpublish()
    box = soup_of(client, lesson.url).select_one("article [data-block]")
    assert words(box) == "คู่มือที่บทเรียนนี้อ้างถึงถูกถอนไปแล้ว เรียนส่วนที่เหลือต่อได้"


def test_video_waits_for_the_tap_and_says_what_it_costs(client, media_room):
    lesson = make_lesson(("video", {"video": make_media(), "title": "ป้าแต๋ว"}))
    soup = soup_of(client, lesson.url)
    video = soup.video
    assert (video["preload"], video.has_attr("controls"), video.has_attr("autoplay")) == ("none", True, False)
    assert [(track["srclang"], track.has_attr("default")) for track in video.select("track")] == [("th", True)]
    assert "วิดีโอ 4 นาที" in words(soup.figure)
    assert "980 kB" in words(soup.figure)
    lines = soup.select(".transcript li")
    assert [(line["data-second"], words(line)) for line in lines] == [("1", "0:01 สวัสดีค่ะ"), ("65", "1:05 วันนี้เรามาคิดต้นทุนกัน")]
    assert soup.select_one(".transcript")["data-transcript"] == video["id"]


def test_sound_is_played_in_the_page_and_can_be_read(client, media_room):
    soup = soup_of(client, make_lesson(("audio", {"audio": make_media("audio", size=1_630_000), "title": "เรื่องย่อ"})).url)
    assert soup.audio["preload"] == "none"
    assert "1.6 MB" in words(soup.figure)
    assert len(soup.select(".transcript li")) == 2


def test_lost_file_does_not_close_the_lesson(client, media_room):
    media = make_media()
    media.file.storage.delete(media.file.name)
    media.captions_th.storage.delete(media.captions_th.name)
    soup = soup_of(client, make_lesson(("video", {"video": media, "title": "หาย"}), ("text", "<p>ยังอ่านได้</p>")).url)
    assert "ไฟล์นี้เปิดไม่ได้ตอนนี้" in words(soup.figure)
    assert "ยังอ่านได้" in words(soup.article)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nก\n", [(1, "ก")]),
        (
            "\ufeffWEBVTT - หัว\r\n\r\nNOTE ไม่ใช่คำพูด\r\n\r\n1\r\n01:00:05.500 --> 01:00:07.000 align:start\r\n<v ป้า>ก &amp; ข\r\nค\r\n",
            [(3605, "ก & ข ค")],
        ),
        ("WEBVTT\n\n00:09.000 --> 00:10.000\nหลัง\n\n00:01.000 --> 00:02.000\nก่อน", [(1, "ก่อน"), (9, "หลัง")]),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n\n", []),
        ("1\n00:00:01,000 --> 00:00:02,000\nเป็น srt\n", []),
        ("", []),
        ("<script>alert(1)</script>", []),
    ],
)
def test_captions_are_read_as_lines(text, expected):
    assert [(cue.second, cue.text) for cue in read_captions(text)] == expected


def test_captions_cannot_bring_markup(client, media_room):
    evil = "WEBVTT\n\n00:01.000 --> 00:02.000\n&lt;script&gt;alert(1)&lt;/script&gt;\n"
    soup = soup_of(client, make_lesson(("video", {"video": make_media(captions=evil), "title": "<b>x</b>"})).url)
    assert words(soup.select_one(".transcript li")) == "0:01 <script>alert(1)</script>"
    assert soup.select(".transcript script") == []
    assert soup.select("figure b b") == []


def test_times_of_an_hour_show_the_hour():
    (cue,) = read_captions("WEBVTT\n\n01:00:05.500 --> 01:00:07.000\nก")
    assert cue.time == "1:00:05"


def test_task_is_marked_and_unmarked_by_plain_forms(client):
    lesson = make_lesson(("task", {"title": "เปิดสมุด", "text": "<p>จดรายรับ</p>", "minutes": 10}))
    key = LessonPage.objects.get(pk=lesson.pk).body.raw_data[0]["id"]
    learner = make_learner()
    client.force_login(learner.user)
    form = soup_of(client, lesson.url).select_one("article [data-block] form")
    assert (form["action"], form["method"], form.button["value"]) == (f"/learn/pages/{lesson.pk}/tasks/{key}/", "post", "1")
    TaskMark.objects.create(learner=learner, page=lesson.page_ptr, block=key)
    form = soup_of(client, lesson.url).select_one("article [data-block] form")
    assert form.button["value"] == "0"
    assert "ทำแล้ว" in words(form)


def test_quiz_card_says_what_awaits_and_starts_by_a_form(client):
    quiz = make_quiz(pass_percent=70, minutes=5, max_attempts=3)
    lesson = make_lesson(("quiz", {"quiz": quiz}))
    soup = soup_of(client, lesson.url)
    card = soup.select_one(f"#quiz-{quiz.code}")
    assert all(part in words(card) for part in (quiz.title, "2 ข้อ", "จำกัดเวลา 5 นาที", "ผ่านที่ 70%", "ทำได้อีก 3 ครั้ง"))
    assert (card.form["action"], card.form["method"]) == (f"/learn/quizzes/{quiz.code}/start/", "post")
    assert card.select_one("[name=page]")["value"] == str(lesson.pk)
    assert "เหตุผลของ" not in str(soup)
    assert "สิบบาท" not in str(soup)


def test_draft_quiz_is_not_there_and_is_not_waited_for(client):
    quiz = make_quiz(live=False)
    lesson = make_lesson(("quiz", {"quiz": quiz}))
    soup = soup_of(client, lesson.url)
    assert soup.select(".quiz") == []
    assert words(soup.select_one("article [data-block]")) == ""
    assert soup.select_one("#finish form")
    finish_lesson(make_learner(), lesson)


# Finishing


def test_lesson_is_finished_by_a_plain_form(client):
    course, (lesson, _other) = make_course(2)
    form = soup_of(client, lesson.url).select_one("#finish form")
    assert (form["action"], form["method"], words(form.button)) == (f"/learn/pages/{lesson.pk}/finish/", "post", "จบบทนี้")
    learner = make_learner()
    finish_lesson(learner, lesson)
    client.force_login(learner.user)
    soup = soup_of(client, lesson.url)
    assert soup.select("#finish form") == []
    assert "คุณจบบทเรียนนี้แล้ว" in words(soup.select_one("#finish"))


def test_lesson_is_finished_only_when_its_quizzes_are_passed(client):
    first, second = make_quiz("one"), make_quiz("two")
    lesson = make_lesson(("quiz", {"quiz": first}), ("quiz", {"quiz": second}))
    learner = make_learner()
    client.force_login(learner.user)
    pass_quiz(learner, first)
    pass_quiz(learner, second, is_passed=False)
    pass_quiz(make_learner(), second)
    with pytest.raises(NotYet) as refusal:
        finish_lesson(learner, lesson)
    assert refusal.value.quizzes == [second]
    assert not Progress.objects.filter(learner=learner, state=Progress.State.FINISHED).exists()
    soup = soup_of(client, lesson.url)
    assert soup.select("#finish form") == []
    assert [link["href"] for link in soup.select("#finish .why a")] == ["#quiz-two"]
    pass_quiz(learner, second)
    finish_lesson(learner, lesson)
    assert Progress.objects.get(learner=learner, page=lesson).state == Progress.State.FINISHED


def test_finishing_twice_changes_nothing():
    lesson, learner = make_lesson(("text", "<p>ก</p>")), make_learner()
    finish_lesson(learner, lesson)
    before = Progress.objects.values().get(learner=learner, page=lesson)
    finish_lesson(learner, lesson)
    after = Progress.objects.values().get(learner=learner, page=lesson)
    assert (after["finished_at"], after["state"]) == (before["finished_at"], before["state"])


def test_last_lesson_finishes_the_course():
    course, lessons = make_course(2)
    learner = make_learner()
    finish_lesson(learner, lessons[1])
    assert not Progress.objects.filter(learner=learner, page=course).exists()
    finish_lesson(learner, lessons[0])
    assert Progress.objects.get(learner=learner, page=course).state == Progress.State.FINISHED


# Locks


def test_locked_lesson_gives_the_reason_and_not_the_content(client):
    course, (one, two) = make_course(2)
    two.body = [("text", "<p>ความลับของบทนี้</p>")]
    two.save()
    need(two, one)
    soup = soup_of(client, two.url)
    assert "บทเรียนนี้ยังไม่เปิด" in words(soup.main)
    assert "ความลับของบทนี้" not in str(soup)
    assert [link["href"] for link in soup.select("article a.button")][0] == one.url
    assert soup.select("#finish") == []
    learner = make_learner()
    with pytest.raises(Locked) as refusal:
        finish_lesson(learner, two)
    assert [item.page for item in refusal.value.needs] == [one]
    finish_lesson(learner, one)
    client.force_login(learner.user)
    assert "ความลับของบทนี้" in words(soup_of(client, two.url))
    finish_lesson(learner, two)


def test_finished_lesson_advises_nothing_and_says_at_its_head_that_it_changed(client):
    course, (one, two) = make_course(2)
    need(two, one, "advised")
    learner = make_learner()
    finish_lesson(learner, two)
    client.force_login(learner.user)
    soup = soup_of(client, two.url)
    assert (soup.select("article .note"), soup.select(".band a[href$='changes/']")) == ([], [])
    two.body = [("text", "<p>เขียนใหม่ทั้งหมด</p>")]
    two.save_revision().publish()
    link = soup_of(client, two.url).select_one(".band a[href$='changes/']")
    assert link["href"] == reverse("page_changes", args=[two.pk])


def test_lesson_of_a_locked_course_is_locked(client):
    before, (first,) = make_course(1)
    course, (lesson,) = make_course(1)
    need(course, before)
    soup = soup_of(client, lesson.url)
    assert [link["href"] for link in soup.select("article .note a")] == [before.url]
    with pytest.raises(Locked):
        finish_lesson(make_learner(), lesson)


def test_advice_is_said_and_closes_nothing(client):
    course, (one, two) = make_course(2)
    need(two, one, "advised")
    soup = soup_of(client, two.url)
    assert "แนะนำให้เรียนก่อน" in words(soup.select_one("article .note"))
    assert soup.select_one("#finish form")


# Weight and queries


def test_published_lesson_knows_its_weight(media_room, django_capture_on_commit_callbacks):
    image = get_image_model().objects.create(title="ภาพ", file=get_test_image_file(size=(1200, 800)))
    lesson = make_lesson(("text", "<p>สั้น</p>"))
    picture = make_lesson(("text", "<p>สั้น</p>"), ("picture", {"image": image, "alt": "ร้าน", "caption": ""}))
    with django_capture_on_commit_callbacks(execute=True):
        lesson.save_revision().publish()
        picture.save_revision().publish()
    lesson.refresh_from_db()
    assert lesson.kilobytes == weigh_lesson(lesson) > 0
    rendition = image.get_rendition("width-360|format-avif")
    assert weigh_lesson(picture) >= lesson.kilobytes + rendition.file.size // 1000


def test_no_visitor_loads_more_than_is_stated(media_room):
    """The second page of a browser that keeps our cookies has the reader's bar, too."""
    course, (one, two) = make_course(2)
    two.body = [("text", "<p>" + "ค่าเช่า ค่าแรง ค่าของสด " * 40 + "</p>"), ("task", {"title": "นับ", "text": "<p>นับ</p>", "minutes": 5})]
    two.save()
    client = Client()
    client.get(one.url)
    response = client.get(two.url, headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) <= weigh_lesson(two) * 1000 < len(response.content) + 2000


def test_locked_lesson_is_weighed_as_it_is_when_it_is_open(media_room):
    course, (one, two) = make_course(2)
    free = weigh_lesson(two)
    need(two, one)
    assert weigh_lesson(two) >= free


@pytest.mark.parametrize(("number", "shown"), [(0, ""), (7, "7 kB"), (999, "999 kB"), (1000, "1.0 MB"), (1630, "1.6 MB")])
def test_kilobytes_are_written_for_people(number, shown):
    assert BeautifulSoup(str(kilobytes(number)), "html.parser").get_text() == shown


@pytest.mark.parametrize(
    ("minutes", "shown"), [(0, "0 นาที"), (50, "50 นาที"), (60, "1 ชั่วโมง"), (80, "1 ชั่วโมง 20 นาที"), (320, "5 ชั่วโมง 20 นาที")]
)
def test_minutes_are_written_for_people(minutes, shown):
    assert duration(minutes) == shown


def test_guides_and_pictures_add_no_queries(media_room):
    """One guide or six, one picture or six: the same number."""

    def make(number: int) -> LessonPage:
        body = []
        for at in range(number):
            image = get_image_model().objects.create(title=f"ภาพ {at}", file=get_test_image_file(filename=f"{number}-{at}.png"))
            linked = GuideFactory()
            fact = FactFactory()
            text = f'<h2>หัวข้อ</h2><p>{{fact:{fact.code}}} <a linktype="page" id="{linked.pk}">อ่าน</a></p>'
            guide = GuideFactory(body=[("text", text), ("picture", {"image": image, "alt": "ร้าน", "caption": ""})])
            body += [
                ("guide", {"guide": guide, "sections": ["หัวข้อ"]}),
                ("quiz", {"quiz": make_quiz(f"quiz-{number}-{at}")}),
                ("video", {"video": make_media(size=10), "title": "คลิป"}),
            ]
        return make_lesson(*body)

    def count(lesson: LessonPage) -> int:
        client = Client()
        assert client.get(lesson.url).status_code == 200
        with CaptureQueriesContext(connection) as queries:
            assert Client().get(lesson.url).status_code == 200
        return len(queries)

    few, many = make(1), make(6)
    assert len(soup_of(Client(), many.url).select("article picture")) == 6
    assert count(few) == count(many)


def test_changed_state_of_one_learner_is_not_shown_to_another(client):
    course, (one, two) = make_course(2)
    progress.record_finished(make_learner(), one)
    client.force_login(make_learner().user)
    assert "เรียนแล้ว 0 จาก 2 บทเรียน (0%)" in words(soup_of(client, two.url))


def test_closed_lesson_names_only_what_opens_it(client):
    before, _lessons = make_course(1)
    course, (one, two) = make_course(2)
    need(course, before, "advised")
    need(two, one)
    soup = soup_of(client, two.url)
    assert [link["href"] for link in soup.select("article .note a")] == [one.url]


# Attempts used up


def used_up(client, results: tuple[bool, ...]):
    """The lesson's page of a learner who took its quiz this often, which is as often as it may be."""
    quiz = make_quiz(max_attempts=len(results))
    lesson = make_lesson(("quiz", {"quiz": quiz}))
    learner = make_learner()
    for is_passed in results:
        pass_quiz(learner, quiz, is_passed)
    client.force_login(learner.user)
    return soup_of(client, lesson.url)


def test_no_attempt_left_leads_to_a_person(client):
    soup = used_up(client, (False, False))
    for place in (".quiz", "#finish"):
        assert "ทำครบจำนวนครั้งแล้ว" in words(soup.select_one(place))
        assert soup.select_one(f"{place} a[href='{reverse('ask')}']")


def test_no_attempt_left_is_no_trouble_to_who_has_passed(client):
    soup = used_up(client, (True, False))
    assert "ผ่านแล้ว" in words(soup.select_one(".quiz"))
    assert "ทำได้อีก" not in words(soup.select_one(".quiz .meta"))
    assert soup.select(f".quiz a[href='{reverse('ask')}']") == []
    assert soup.select_one("#finish form button")
