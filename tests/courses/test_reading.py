"""Where to go on, what changed since, notes that outlive their place."""

import datetime as dt

import pytest

from courses import progress, reading
from courses.changes import Piece, compare, compare_words, read_changes
from courses.models import Bookmark, Learner, LessonPage, Note, Progress
from courses.progress import Evidence
from courses.reading import find_begun, is_changed, read_learning, resume
from tests.courses.learning import edit, first_block, make_course, make_lesson
from tests.factories import FactFactory, GuideFactory

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


@pytest.fixture
def learner():
    return Learner.objects.create()


def at(minutes: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


# Going on


def test_nothing_begun_is_nothing_to_go_on_with(learner):
    make_course(2)
    assert (resume(None), resume(learner)) == (None, None)


def test_goes_on_at_the_block_and_second_of_the_lesson_seen_last(learner):
    _course, lessons = make_course(3)
    progress.record_opened(learner, lessons[2], now=at(0))
    progress.record_opened(learner, lessons[1], now=at(1))
    progress.record_evidence(learner, lessons[1], Evidence(50, 40, "abc", 72), minutes=8, now=at(2))
    found = resume(learner)
    assert (found.page, found.address, found.number) == (lessons[1], f"{lessons[1].url}?t=72#b-abc", 2)


def test_after_a_finished_lesson_comes_the_next_that_is_not(learner):
    _course, lessons = make_course(4)
    progress.record_finished(learner, lessons[1], now=at(0))
    progress.record_finished(learner, lessons[0], now=at(1))
    assert resume(learner).page == lessons[2]
    progress.record_finished(learner, lessons[3], now=at(2))
    assert resume(learner).page == lessons[2]  # round to what is left


def test_a_finished_course_gives_way_to_the_one_before(learner):
    (_done, done), (course, lessons) = make_course(1), make_course(2)
    progress.record_opened(learner, lessons[0], now=at(0))
    progress.record_finished(learner, done[0], now=at(1))
    assert resume(learner).course == course


def test_drafts_are_nowhere_to_go_on(learner):
    course, lessons = make_course(2)
    progress.record_opened(learner, lessons[0], now=at(1))
    lessons[0].unpublish()
    assert find_begun(learner) == []
    progress.record_opened(learner, lessons[1], now=at(0))
    assert resume(learner).page == lessons[1]
    course.unpublish()  # the lessons themselves stay live
    assert LessonPage.objects.get(pk=lessons[1].pk).live
    assert (resume(learner), reading.find_page(lessons[1].pk, LessonPage)) == (None, None)


# Changes


def test_changed_is_known_only_of_what_was_finished_with_its_words(learner):
    lesson = make_lesson()
    progress.record_finished(learner, lesson)
    row = Progress.objects.get(page=lesson)
    changed = edit(lesson, "<p>ถ้อยคำใหม่</p>")
    assert (is_changed(row, lesson), is_changed(row, changed)) == (False, True)
    for name, value in (("finished_hash", ""), ("state", 2)):
        unknown = Progress.objects.get(page=lesson)
        setattr(unknown, name, value)
        assert not is_changed(unknown, changed)
    changed.text_hash = ""
    assert not is_changed(row, changed)
    assert not is_changed(None, changed)


def test_changes_show_the_notes_since_and_the_words_before_and_after(learner):
    lesson = make_lesson(body=[("text", "<p>ค่าธรรมเนียม {fact:fee} บาท จ่ายที่อำเภอ</p>")])
    FactFactory(code="fee", value="50")
    lesson.save_revision().publish()
    lesson = LessonPage.objects.get(pk=lesson.pk)
    progress.record_finished(learner, lesson, now=NOON)
    changed = edit(lesson, "<p>ค่าธรรมเนียม {fact:fee} บาท จ่ายที่เทศบาล</p>", note="ย้ายที่จ่าย")
    edit(changed, "<p>ค่าธรรมเนียม {fact:fee} บาท จ่ายที่เทศบาล</p>", note="แก้คำผิด", significance="typo")
    changed.changes.create(date=dt.date(2026, 11, 1), significance="major", note="ก่อนหน้านั้น")
    found = read_changes(Progress.objects.get(page=lesson), LessonPage.objects.get(pk=lesson.pk))
    assert [note.note for note in found.notes] == ["ย้ายที่จ่าย"]
    [pair] = found.pairs
    said = ["".join(piece.text for piece in side) for side in (pair.before, pair.after)]
    assert ["50" in text and "{fact" not in text for text in said] == [True, True]
    assert ["".join(piece.text for piece in side if piece.is_other) for side in (pair.before, pair.after)] == ["อำเภอ", "เทศบาล"]


def test_without_the_old_revision_only_the_notes_are_left(learner):
    lesson = make_lesson()
    progress.record_finished(learner, lesson)
    Progress.objects.update(finished_revision=None)
    assert read_changes(Progress.objects.get(page=lesson), edit(lesson, "<p>ใหม่</p>", note="เปลี่ยน")).pairs is None


def test_paragraphs_that_stay_are_left_out():
    [added] = compare(["หนึ่ง\nสอง"], ["หนึ่ง", "สอง", "สาม"])
    assert (added.before, added.after) == ([], [Piece("สาม", True)])
    [gone] = compare(["หนึ่ง", "สอง"], ["สอง"])
    assert (gone.before, gone.after) == ([Piece("หนึ่ง", True)], [])
    assert compare(["ก  ข"], [" ก ข "]) == []


def test_a_rewritten_paragraph_is_out_and_in():
    pairs = compare_words("ขายของหน้าร้านทุกวัน", "เอกสารภาษีต้องเก็บห้าปี")
    assert [(bool(pair.before), bool(pair.after)) for pair in pairs] == [(True, False), (False, True)]


def test_far_words_are_left_out_of_a_long_paragraph():
    same = "ร้านของเราเปิดทุกวัน " * 20
    [pair] = compare_words(f"{same}ราคาเดิม {same}", f"{same}ราคาใหม่ {same}")
    assert len("".join(piece.text for piece in pair.after)) < 200
    assert [piece.text for piece in pair.after if piece.is_other] == ["ใหม่"]


def test_words_only_added_show_no_old_side():
    same = "ร้านของเราเปิดทุกวัน " * 10
    [pair] = compare_words(same.strip(), f"{same}วันอาทิตย์ปิด")
    assert (pair.before, "วันอาทิตย์" in pair.after[-1].text, pair.after[-1].is_other) == ([], True, True)


# Notes


def test_a_note_keeps_its_quote_when_block_and_page_go(learner):
    lesson = make_lesson()
    reading.write_note(learner, lesson, "จำไว้", first_block(lesson))
    [kept] = read_learning(learner).notes
    assert (kept.is_block_gone, kept.address, "ต้นทุนคืออะไร" in kept.note.quote) == (False, f"{lesson.url}#b-{kept.note.block}", True)
    edit(lesson, "<p>เนื้อหาใหม่ทั้งหมด</p>")
    [kept] = read_learning(learner).notes
    assert (kept.is_block_gone, kept.address, "ต้นทุนคืออะไร" in kept.note.quote) == (True, lesson.url, True)
    lesson.delete()
    [kept] = read_learning(learner).notes
    assert (kept.page, kept.note.page_title, kept.note.text) == (None, lesson.title, "จำไว้")


def test_a_note_for_a_block_that_went_meanwhile_is_a_note_of_the_page(learner):
    lesson = make_lesson()
    note = reading.write_note(learner, lesson, "จำไว้", "no-such-block")
    assert (note.block, note.quote, note.page) == ("", "", lesson)


# Queries

# session, learner; rows, lessons, course, outline twice; certificates, bookmarks, notes, their pages and lessons; paths; guides read; stage
QUERIES = 16


@pytest.mark.parametrize(("lessons", "others"), [(1, 1), (40, 30)])
def test_learning_takes_the_same_queries_with_little_and_with_much(client, django_assert_num_queries, lessons, others):
    _course, own = make_course(lessons)
    client.post(f"/learn/pages/{own[0].pk}/bookmark/", {"keep": "1"})
    learner = Learner.objects.get()
    for lesson in own:
        progress.record_opened(learner, lesson)
        Bookmark.objects.get_or_create(learner=learner, page=lesson)
        reading.write_note(learner, lesson, "จำไว้", first_block(lesson))
    for _ in range(others):
        other = Learner.objects.create()
        progress.record_opened(other, own[0])
        Note.objects.create(learner=other, page=own[0], page_title="", text="ของคนอื่น")
    guide = GuideFactory()
    progress.record_finished(learner, guide)
    client.get("/learn/")
    with django_assert_num_queries(QUERIES):
        text = client.get("/learn/").text
    assert "ของคนอื่น" not in text
