"""Quizzes in the admin: who may, drafts and publishing, files out and in."""

import base64
import copy

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.models import ModelLogEntry
from wagtail.test.utils.form_data import nested_form_data, streamfield

from courses.gift import read_gift, write_gift
from courses.models import Quiz
from courses.question_csv import read_csv
from courses.question_files import make_item, make_question
from courses.quiz_imports import IMPORTED, MOST_BYTES, is_plain_story
from tests.factories import FactFactory, UserFactory
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


@pytest.fixture
def editor(client):
    client.force_login(UserFactory(role=Role.EDITOR))
    return client


@pytest.fixture
def publisher(client):
    client.force_login(UserFactory(role=Role.PUBLISHER))
    return client


def option(text: str, *, right: bool = False, why: str = "เพราะกฎหมายบอก") -> dict:
    return make_item({"text": text, "image": None, "alt": "", "is_right": right, "why": why})


def single(code: str = "A-1", text: str = "ร้านนี้ต้องจดไหม", **more) -> dict:
    return make_question("single", code=code, text=text, options=[option("จด", right=True), option("ไม่จด")], **more)


def make_quiz(*questions: dict, code: str = "open-shop", title: str = "เช็กก่อนเปิดร้าน", **more) -> Quiz:
    quiz = Quiz(code=code, title=title, **more)
    quiz.questions = Quiz._meta.get_field("questions").stream_block.to_python(list(questions))
    quiz.save()
    return quiz


def address(view: str, *args) -> str:
    return reverse(f"wagtailsnippets_courses_quiz:{view}", args=args)


def send(client, quiz: Quiz, text: str | bytes, name: str = "q.gift", **more):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(address("import", quiz.pk), {"file": SimpleUploadedFile(name, data), "way": "codes"} | more)


def confirm(client, response, quiz: Quiz, **more):
    """Presses «ยืนยัน» under what was shown."""
    initial = response.context["form"].initial
    fields = {name: initial[name] if initial[name] is not None else "" for name in ("content", "suffix", "base", "way")}
    fields |= {"allow_missing": "on"} if initial["allow_missing"] else {}
    return client.post(address("import", quiz.pk), fields | {"confirm": "1"} | more)


def raw(quiz: Quiz) -> list[dict]:
    return Quiz.objects.get(pk=quiz.pk).get_latest_revision_as_object().questions.get_prep_value()


def live(quiz: Quiz) -> list[dict]:
    return Quiz.objects.get(pk=quiz.pk).questions.get_prep_value()


# The list, and who may


def test_list_tells_number_of_questions_and_where_files_are(editor):
    quiz = make_quiz(single(), single("A-2"))
    response = editor.get(address("list"))
    row = response.context["object_list"][0]
    assert [str(column.get_value(row)) for column in response.context["table"].columns.values() if column.name in ("code", "number")] == [
        "open-shop",
        "2",
    ]
    for place in (address("import", quiz.pk), address("export", quiz.pk, "gift"), address("export", quiz.pk, "csv")):
        assert f'href="{place}"' in response.content.decode()


@pytest.mark.parametrize(("text", "found"), [("เปิดร้าน", ["open"]), ("ร้าน", ["open", "sell"]), ("ภาษี", [])])
def test_list_is_searched_by_thai_words(editor, text, found):
    make_quiz(single(), code="open", title="เช็กก่อนเปิดร้าน")
    make_quiz(single(), code="sell", title="ขายของหน้าร้าน")
    response = editor.get(address("list"), {"q": text})
    assert sorted(quiz.code for quiz in response.context["object_list"]) == found


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER, Role.ADMINISTRATOR])
def test_writers_of_content_have_the_files(client, role):
    client.force_login(UserFactory(role=role))
    quiz = make_quiz(single())
    assert client.get(address("import", quiz.pk)).context["quiz"] == quiz
    assert client.get(address("export", quiz.pk, "gift")).content.decode() == write_gift([live(quiz)[0]])
    assert f'"url": "{address("list")}"' in client.get(reverse("wagtailadmin_home")).content.decode()


@pytest.mark.parametrize("role", [None, Role.ADVISOR])
def test_others_have_no_files(client, role):
    client.force_login(UserFactory(role=role))
    quiz = make_quiz(single())
    before = live(quiz)
    for place in (address("import", quiz.pk), address("export", quiz.pk, "gift"), address("inspect", quiz.pk)):
        assert client.get(place).status_code == 403
    assert send(client, quiz, write_gift([single("B")])).status_code == 403
    assert raw(quiz) == before


def test_admin_without_the_permission_of_quizzes_has_no_files(client):
    user = UserFactory()
    user.user_permissions.add(*Permission.objects.filter(codename__in=["access_admin", "view_quiz"]))
    client.force_login(user)
    quiz = make_quiz(single())
    assert client.get(address("list")).status_code == 200
    assert address("import", quiz.pk) not in client.get(address("list")).content.decode()
    assert client.get(address("import", quiz.pk)).status_code == 302
    assert client.get(address("export", quiz.pk, "csv")).status_code == 302
    assert send(client, quiz, write_gift([single("B")])).status_code == 302
    assert not quiz.revisions.exists()


@pytest.mark.parametrize("view", ["import", "export"])
def test_quiz_that_is_none_is_not_found(editor, view):
    assert editor.get(address(view, 999, *(["gift"] if view == "export" else []))).status_code == 404


def test_export_of_another_kind_is_not_found(editor):
    assert editor.get(address("export", make_quiz(single()).pk, "exe")).status_code == 404


def test_export_has_the_newest_draft(editor):
    quiz = make_quiz(single())
    draft = quiz.get_latest_revision_as_object()
    newest = [single("NEW", text="=1+1")]
    draft.questions = Quiz._meta.get_field("questions").stream_block.to_python(newest)
    draft.save_revision()
    response = editor.get(address("export", quiz.pk, "csv"))
    assert response["Content-Disposition"] == 'attachment; filename="open-shop.csv"'
    assert read_csv(response.content.decode()).questions == newest
    assert read_gift(editor.get(address("export", quiz.pk, "gift")).content.decode()).questions == newest


# Drafts and publishing


def form_of(*questions, **more) -> dict:
    fields = {
        "title": "เช็ก",
        "code": "check",
        "intro": "",
        "pass_percent": "60",
        "max_attempts": "0",
        "minutes": "0",
        "pool": "0",
        "feedback": "at_once",
        "questions": streamfield(list(questions)),
    }
    return nested_form_data(fields | more)


def typed_single(*, right: str = "on", code: str = "A-1", why: str = "เพราะ") -> tuple[str, dict]:
    options = [
        {
            "value": {"text": text, "image": "", "alt": "", "is_right": right if text == "จด" else "", "why": why},
            "id": "",
            "order": str(place),
            "deleted": "",
        }
        for place, text in enumerate(("จด", "ไม่จด"))
    ]
    listed = {"count": "2"} | {str(place): one for place, one in enumerate(options)}
    return "single", {"code": code, "text": "ต้องจดไหม", "image": "", "alt": "", "options": listed, "explanation": "", "points": "1"}


EMPTY = ("single", {"code": "", "text": "", "image": "", "alt": "", "options": {"count": "0"}, "explanation": "", "points": ""})


def messages_of(response) -> str:
    return " ".join(str(error) for error in response.context["form"].errors.get("questions", []).as_data()[0].as_json_data()["messages"])


def test_half_written_draft_is_saved(publisher):
    response = publisher.post(address("add"), form_of(EMPTY, typed_single(right="", why="")))
    quiz = Quiz.objects.get(code="check")
    assert response["Location"] == address("edit", quiz.pk)
    assert not quiz.live
    assert [one["type"] for one in raw(quiz)] == ["single", "single"]
    assert publisher.post(address("edit", quiz.pk), form_of(typed_single(right=""))).status_code == 302
    assert [one["value"]["code"] for one in raw(quiz)] == ["A-1"]
    assert publisher.get(address("edit", quiz.pk)).status_code == 200


@pytest.mark.parametrize(
    ("questions", "more", "reason"),
    [
        ([typed_single(right="")], {}, "ยังไม่มีตัวเลือกที่ถูก"),
        ([typed_single(), typed_single()], {}, "มีมากกว่าหนึ่งข้อที่ใช้รหัส a-1"),
        ([typed_single()], {"pool": "5"}, "สุ่มถาม 5 ข้อไม่ได้"),
    ],
)
def test_publishing_what_cannot_be_asked_is_refused_with_the_reason(publisher, questions, more, reason):
    response = publisher.post(address("add"), form_of(*questions, **more) | {"action-publish": "1"})
    assert response.status_code == 200
    assert reason in messages_of(response)
    assert not Quiz.objects.exists()


def test_publishing_without_an_explanation_is_refused(publisher):
    quiz = make_quiz(single(), live=False)
    response = publisher.post(address("edit", quiz.pk), form_of(typed_single(why="")) | {"action-publish": "1"})
    assert response.status_code == 200
    assert not Quiz.objects.get().live


def test_publishing_a_good_quiz_works_and_its_preview_shows_it(publisher):
    publisher.post(address("add"), form_of(typed_single()) | {"action-publish": "1"})
    quiz = Quiz.objects.get(code="check")
    assert quiz.live
    assert [item["value"]["is_right"] for item in live(quiz)[0]["value"]["options"]] == [True, False]
    place = address("preview_on_edit", quiz.pk)
    assert publisher.post(place, form_of(typed_single())).json() == {"is_valid": True, "is_available": True}
    assert "ต้องจดไหม" in publisher.get(place).content.decode()


def test_preview_of_a_half_written_draft_works(publisher):
    quiz = make_quiz(single(), live=False)
    place = address("preview_on_edit", quiz.pk)
    assert publisher.post(place, form_of(EMPTY, typed_single(right=""))).json()["is_valid"]
    assert "ต้องจดไหม" in publisher.get(place).content.decode()


def test_editor_may_not_publish(editor):
    quiz = make_quiz(single(), live=False)
    editor.post(address("edit", quiz.pk), form_of(typed_single()) | {"action-publish": "1"})
    assert not Quiz.objects.get().live


def test_inspect_shows_the_questions(editor):
    assert "ร้านนี้ต้องจดไหม" in editor.get(address("inspect", make_quiz(single()).pk)).content.decode()


# Import


def test_dry_run_shows_what_happens_and_changes_nothing(editor):
    quiz = make_quiz(single("A"), single("B"), single("C"))
    before = copy.deepcopy(live(quiz))
    response = send(editor, quiz, write_gift([single("B", text="ถามใหม่"), single("D"), before[2]]))
    assert [(row.code, row.what, row.line) for row, _kind, _what in response.context["rows"]] == [
        ("B", "replaced", 2),
        ("D", "added", 8),
        ("C", "same", 14),
    ]
    assert "แทนข้อเดิม" in response.content.decode()
    assert (raw(quiz), quiz.revisions.count(), ModelLogEntry.objects.count()) == (before, 0, 0)


def test_confirmed_import_is_a_new_draft_and_logged(editor):
    quiz = make_quiz(single("A"), single("B"))
    before = copy.deepcopy(live(quiz))
    response = confirm(editor, send(editor, quiz, write_gift([single("B", text="ถามใหม่", points=3), single("C")])), quiz)
    assert response["Location"] == address("edit", quiz.pk)
    found = raw(quiz)
    assert [(one["value"]["code"], one["value"]["text"]) for one in found] == [
        ("A", "ร้านนี้ต้องจดไหม"),
        ("B", "ถามใหม่"),
        ("C", "ร้านนี้ต้องจดไหม"),
    ]
    assert (found[0], found[1]["id"], found[1]["value"]["points"]) == (before[0], before[1]["id"], 3)
    assert live(quiz) == before
    quiz.refresh_from_db()
    assert quiz.live
    assert quiz.has_unpublished_changes
    entry = ModelLogEntry.objects.get()
    assert (entry.action, entry.object_id, entry.revision_id) == (IMPORTED, str(quiz.pk), quiz.latest_revision_id)
    assert "นำเข้าคำถามจากไฟล์" in editor.get(address("history", quiz.pk)).content.decode()


def test_whole_set_is_replaced_when_asked(editor):
    quiz = make_quiz(single("A"), single("B"))
    response = send(editor, quiz, write_gift([single("C"), live(quiz)[1]]), way="whole")
    assert [(row.code, row.what) for row, _kind, _what in response.context["rows"]] == [("C", "added"), ("B", "same"), ("A", "removed")]
    confirm(editor, response, quiz)
    assert [one["value"]["code"] for one in raw(quiz)] == ["C", "B"]


@pytest.mark.parametrize("suffix", ["gift", "csv"])
def test_export_brought_into_another_quiz_loses_nothing(editor, suffix):
    FactFactory(code="comm-30days")
    part = make_question("number", code="D-1", text="กี่บาท", answer="1800000.50", tolerance="0", unit="บาท")
    questions = [
        single("A", text="=จ่าย {fact:comm-30days} ไหม"),
        make_question("order", code="B", text="เรียง", steps=[make_item("จด"), make_item("นับ")]),
        make_question(
            "match", code="C", text="จับคู่", pairs=[make_item({"left": "a -> b", "right": "1"}), make_item({"left": "ค", "right": "2"})]
        ),
        make_question("case", code="D", text="เรื่องร้าน", story='<p data-block-key="x1">ขาย <b>10</b> ชิ้น</p>', points=2, parts=[part]),
    ]
    source, target = make_quiz(*questions), make_quiz(code="empty")
    response = send(editor, target, editor.get(address("export", source.pk, suffix)).content, f"q.{suffix}")
    assert response.context["plan"].faults == []
    confirm(editor, response, target)
    assert raw(target) == questions
    again = send(editor, target, editor.get(address("export", target.pk, suffix)).content, f"q.{suffix}", way="whole")
    assert again.context["plan"].changes_nothing
    assert "ยืนยัน" not in again.content.decode()


def test_one_fault_means_nothing_is_imported_even_when_confirmed(editor):
    quiz = make_quiz(single("A"))
    text = write_gift([single("B")]) + "\n::C::ผิด{=ก ~%50%ข}\n"
    response = send(editor, quiz, text)
    assert response.status_code == 422
    assert [fault.line for fault in response.context["plan"].faults] == [7, 7, 7]
    forged = {"content": base64.b64encode(text.encode()).decode(), "suffix": "gift", "way": "codes", "base": "", "confirm": "1"}
    assert editor.post(address("import", quiz.pk), forged).status_code == 422
    assert quiz.revisions.count() == 0
    assert [one["value"]["code"] for one in raw(quiz)] == ["A"]


def without_right(code: str) -> dict:
    return make_question("multiple", code=code, text="ก", options=[option("ข"), option("ค")])


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (without_right("B"), "ข้อ B: ยังไม่มีตัวเลือกที่ถูก"),
        (single("B", text="จ่าย {fact:nope}"), "ข้อ B: คำถาม: ไม่มีข้อเท็จจริงรหัส nope"),
        (single("B", points=99), "ข้อ B: คะแนน: Ensure this value is less than or equal to 20."),
        (single("B", image=4040, alt="ภาพ"), "ข้อ B: ไม่พบภาพหมายเลข 4040 ในคลังภาพ"),
        (single("B", image=10**30, alt="ภาพ"), f"ข้อ B: ไม่พบภาพหมายเลข {10**30} ในคลังภาพ"),
        (single("a"), "มีมากกว่าหนึ่งข้อที่ใช้รหัส a"),
        (
            make_question("case", code="B", text="ก", story="<p>ก</p><script>1</script>", parts=[single("B-1")]),
            "ข้อ B: เรื่องของกรณีศึกษาใช้ได้เฉพาะย่อหน้า ตัวหนา และรายการ",
        ),
        (make_question("case", code="B", text="ก", story="<p>ก</p>", parts=[without_right("B-1")]), "ข้อ B-1: ยังไม่มีตัวเลือกที่ถูก"),
    ],
)
def test_what_the_form_would_refuse_is_refused(editor, settings, question, reason):
    quiz = make_quiz(single("A"))
    faults = send(editor, quiz, write_gift([question])).context["plan"].faults
    told = [fault.text for fault in faults]
    if "Ensure" in reason:
        assert [text.partition(": คะแนน: ")[0] for text in told] == ["ข้อ B"]
    else:
        assert told == [reason]


@pytest.mark.parametrize("story", ["<svg/onload=alert(1)>", "<p onclick=x>ก</p>", "<p>ก<img src=x onerror=y", "<!-- ก -->", "<a href=x>ก</a>", "<p style=x>ก</p>", "ก < ข", "<p"])  # fmt: skip
def test_story_with_more_than_the_toolbar_makes_is_not_plain(story):
    assert not is_plain_story(story)


@pytest.mark.parametrize("story", ["", "<p>ก &lt; ข &amp; <b>ค</b><br/></p>", '<ul><li data-block-key="a1">ก</li></ul>', "ข้อความ"])
def test_story_of_the_toolbar_is_plain(story):
    assert is_plain_story(story)


def test_missing_explanations_come_in_as_a_draft_only_when_allowed(publisher):
    quiz = make_quiz(single("A"))
    text = "::B::จดไหม{=จด ~ไม่จด}\n"
    assert [fault.text for fault in send(publisher, quiz, text).context["plan"].faults] == [
        "ข้อ B: ตัวเลือก “จด” ไม่มีคำอธิบาย",
        "ข้อ B: ตัวเลือก “ไม่จด” ไม่มีคำอธิบาย",
    ]
    response = send(publisher, quiz, text, allow_missing="on")
    assert response.context["plan"].faults == []
    confirm(publisher, response, quiz)
    assert [item["value"]["why"] for item in raw(quiz)[1]["value"]["options"]] == ["", ""]
    refused = publisher.post(address("edit", quiz.pk), form_of(typed_single(why="")) | {"action-publish": "1"})
    assert refused.status_code == 200


def test_faults_other_than_missing_explanations_are_never_let_through(editor):
    quiz = make_quiz(single("A"))
    response = send(editor, quiz, write_gift([without_right("B")]), allow_missing="on")
    assert [fault.text for fault in response.context["plan"].faults] == ["ข้อ B: ยังไม่มีตัวเลือกที่ถูก"]


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        ("ก".encode("cp874"), "q.csv", "บรรทัด 1 อ่านไม่ได้ ไฟล์ไม่ใช่ UTF-8"),
        (b"::a::b\n" + "ก".encode("cp874"), "q.gift", "บรรทัด 2 อ่านไม่ได้ ไฟล์ไม่ใช่ UTF-8"),
        (b"PK\x03\x04\x00\x00", "q.txt", "ไฟล์นี้ไม่ใช่ข้อความ"),
        (b"x", "q.xlsx", "อ่านได้เฉพาะไฟล์ .gift .txt และ .csv"),
        (b"x" * (MOST_BYTES + 1), "q.gift", "ไฟล์ใหญ่เกิน 1 MB"),
        (b"", "q.gift", ""),
    ],
)
def test_file_that_is_no_good_is_refused_in_words(editor, data, name, reason):
    quiz = make_quiz(single("A"))
    response = send(editor, quiz, data, name)
    assert response.status_code == 400
    assert reason in response.context["form"].errors["file"][0]
    assert quiz.revisions.count() == 0


def test_file_in_utf_16_with_its_mark_is_read(editor):
    quiz = make_quiz(single("A"))
    assert [row.code for row in send(editor, quiz, write_gift([single("B")]).encode("utf-16")).context["plan"].rows] == ["B"]


@pytest.mark.parametrize("fields", [{}, {"content": "!!!", "suffix": "gift"}, {"content": "QQ==", "suffix": "exe"}, {"content": "QQ=="}])
def test_forged_confirmation_without_a_file_is_refused(editor, fields):
    quiz = make_quiz(single("A"))
    assert editor.post(address("import", quiz.pk), {"way": "codes", "confirm": "1"} | fields).status_code == 400
    assert quiz.revisions.count() == 0


def test_quiz_that_was_saved_meanwhile_is_shown_again_first(editor):
    quiz = make_quiz(single("A"))
    shown = send(editor, quiz, write_gift([single("B")]))
    quiz.get_latest_revision_as_object().save_revision()
    again = confirm(editor, shown, quiz)
    assert again.status_code == 200
    assert "มีคนบันทึกแบบฝึกนี้" in again.content.decode()
    assert [one["value"]["code"] for one in raw(quiz)] == ["A"]
    assert confirm(editor, again, quiz).status_code == 302
    assert [one["value"]["code"] for one in raw(quiz)] == ["A", "B"]


def test_locked_quiz_takes_no_import(editor):
    quiz = make_quiz(single("A"), locked=True, locked_by=UserFactory())
    assert send(editor, quiz, write_gift([single("B")])).status_code == 302
    assert quiz.revisions.count() == 0


def test_too_many_questions_are_refused(editor, monkeypatch):
    monkeypatch.setattr("courses.quiz_imports.MOST_QUESTIONS", 1)
    faults = send(editor, make_quiz(single("A")), write_gift([single("B"), single("C")])).context["plan"].faults
    assert [(fault.line, fault.text) for fault in faults] == [(8, "นำเข้าได้ครั้งละไม่เกิน 1 ข้อ")]
