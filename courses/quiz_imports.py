"""A file of questions brought into a quiz: read, checked as a whole, shown before anything happens, kept as a draft only."""

import codecs
import copy
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.images import get_image_model

from courses import gift, question_csv
from courses.blocks import QuestionBody
from courses.models import Quiz
from courses.question_files import Fault, Reading, renew_repeated_ids, tidy
from courses.questions import find_faults, read_questions

MOST_BYTES = 1_000_000
MOST_QUESTIONS = 500
IMPORTED = "courses.import_questions"  # in Wagtail's log
READERS = {"gift": gift.read_gift, "txt": gift.read_gift, "csv": question_csv.read_csv}
STORY_TAGS = {"p", "b", "ul", "ol", "li", "br"}


class ChangedMeanwhile(Exception):
    """Somebody saved the quiz after the plan was shown."""


class NotReadable(ValueError):
    """The file is no text that we read. Its text says why."""


@dataclass(frozen=True)
class PlannedQuestion:
    """`line` in the file; `what`: added, replaced, same or removed."""

    code: str
    kind: str
    text: str
    what: str
    line: int | None = None


@dataclass
class Plan:
    """What an import would do. With faults it does nothing."""

    rows: list[PlannedQuestion] = field(default_factory=list)
    questions: list[dict] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    changes_nothing: bool = False

    def number(self, what: str) -> int:
        return sum(row.what == what for row in self.rows)


def decode_file(data: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark. Raises NotReadable with the line that cannot be read."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        reason = _("บรรทัด %(line)s อ่านไม่ได้ ไฟล์ไม่ใช่ UTF-8 เปิดในโปรแกรมเดิมแล้วบันทึกใหม่เป็น UTF-8 (ใน Excel เลือก “CSV UTF-8”)")
        raise NotReadable(reason % {"line": line}) from None
    if "\x00" in text:
        raise NotReadable(_("ไฟล์นี้ไม่ใช่ข้อความ"))
    return text


def draft_of(quiz: Quiz) -> Quiz:
    """The quiz as its editors have it now, published or not."""
    return quiz.get_latest_revision_as_object()


def plan_import(current: list[dict], text: str, suffix: str, *, is_whole: bool, allow_missing: bool) -> Plan:
    """What becomes of the raw questions `current`. is_whole: the file replaces all of them; else those of the same code."""
    current = [tidy(raw) for raw in current]
    reading = READERS[suffix](text, allow_missing=allow_missing)
    faults = reading.faults or check_questions(reading, allow_missing=allow_missing)
    plan = _merge([] if is_whole else current, current, reading)
    if not faults:
        plan.faults = [
            Fault(reading.lines[0], text) for text in _new_faults(plan.questions, current if not is_whole else [], allow_missing)
        ]
    else:
        plan.faults = sorted(set(faults))
    return plan


def _merge(kept: list[dict], current: list[dict], reading: Reading) -> Plan:
    plan, kept = Plan(), copy.deepcopy(kept)
    before = {raw["id"]: raw for raw in current}
    by_code = {raw["value"].get("code"): raw["id"] for raw in current}
    places = {raw["id"]: place for place, raw in enumerate(kept)}
    used = set()
    for raw, line in zip(reading.questions, reading.lines, strict=True):
        same_id = raw["id"] if raw["id"] in before else by_code.get(raw["value"]["code"])
        what = "added"
        if same_id is not None and same_id not in used:
            raw = raw | {"id": same_id}
            what = "same" if raw == before[same_id] else "replaced"
        used.add(raw["id"])
        if raw["id"] in places:
            kept[places[raw["id"]]] = raw
        else:
            kept.append(raw)
        plan.rows.append(_plan_row(raw, what, line))
    left = {raw["id"] for raw in kept}
    plan.rows += [_plan_row(raw, "removed") for raw in current if raw["id"] not in left]
    renew_repeated_ids(kept)
    plan.questions, plan.changes_nothing = kept, kept == current
    return plan


def _plan_row(raw: dict, what: str, line: int | None = None) -> PlannedQuestion:
    return PlannedQuestion(raw["value"].get("code") or "", raw["type"], raw["value"].get("text") or "", what, line)


def _new_faults(questions: list[dict], current: list[dict], allow_missing: bool) -> list[str]:
    """What would be wrong with the whole that was not wrong before: two questions of one code, say."""
    known = set(find_faults(read_questions(_fill(current, allow_missing))))
    return [fault for fault in find_faults(read_questions(_fill(questions, allow_missing))) if fault not in known]


def check_questions(reading: Reading, *, allow_missing: bool) -> list[Fault]:
    """What the editor's form would refuse, with the lines of the questions."""
    faults = []
    if len(reading.questions) > MOST_QUESTIONS:
        line = reading.lines[MOST_QUESTIONS]
        return [Fault(line, _("นำเข้าได้ครั้งละไม่เกิน %(most)s ข้อ") % {"most": MOST_QUESTIONS})]
    body = copy.deepcopy(QuestionBody())  # its own: deferring is noted on the blocks, which requests share
    if allow_missing:
        body.defer_required_validation()
    missing_images = _find_missing_images(reading.questions)
    for raw, line in zip(reading.questions, reading.lines, strict=True):
        code = raw["value"]["code"]
        reasons = [_("ไม่พบภาพหมายเลข %(key)s ในคลังภาพ") % {"key": key} for key in _images_of(raw) if key in missing_images]
        reasons += [_("เรื่องของกรณีศึกษาใช้ได้เฉพาะย่อหน้า ตัวหนา และรายการ")] if not is_plain_story(raw["value"].get("story", "")) else []
        block = body.child_blocks[raw["type"]]
        try:
            block.clean(block.to_python(raw["value"]))
        except ValidationError as error:
            reasons += _tell_errors(block, error)
        faults += [Fault(line, _("ข้อ %(code)s: %(reason)s") % {"code": code, "reason": reason}) for reason in reasons]
        if not reasons:
            faults += [Fault(line, text) for text in find_faults(read_questions(_fill([raw], allow_missing)))]
    return faults


def _fill(questions: list[dict], allow_missing: bool) -> list[dict]:
    """The same with something for every explanation that may still be empty."""
    if not allow_missing:
        return questions
    questions = copy.deepcopy(questions)
    for raw in questions:
        for each in (raw, *raw["value"].get("parts", [])):
            value = each["value"]
            for name in ("why_true", "why_false"):
                if name in value:
                    value[name] = value[name] or "–"
            for item in value.get("options", []):
                if isinstance(item.get("value"), dict):
                    item["value"]["why"] = item["value"].get("why") or "–"
    return questions


def _images_of(raw: dict) -> list[int]:
    value = raw["value"]
    own = [value.get("image"), *(item["value"]["image"] for item in value.get("options", []))]
    return [key for key in own if key] + [key for part in value.get("parts", []) for key in _images_of(part)]


def _find_missing_images(questions: list[dict]) -> set[int]:
    wanted = {key for raw in questions for key in _images_of(raw)}
    possible = {key for key in wanted if 0 < key < 2**31}
    return wanted - set(get_image_model().objects.filter(pk__in=possible).values_list("pk", flat=True))


def _tell_errors(block, error) -> list[str]:
    """The messages of a block's error, each with the labels of where it is."""
    told, children = [], []
    for child, inner in dict(getattr(error, "block_errors", None) or {}).items():
        if isinstance(child, str):
            field_block = block.child_blocks[child]
            children.append((str(field_block.label), field_block, inner))
        else:
            children.append((str(child + 1), getattr(block, "child_block", None), inner))
    for label, inner_block, inner in children:
        if inner_block is None and hasattr(inner, "block_errors"):  # a stream of parts: which kind does not matter for the words
            told += [f"{label} › {text}" for text in _tell_parts(block, inner)]
        else:
            told += [f"{label} › {text}" if " › " in text else f"{label}: {text}" for text in _tell_errors(inner_block, inner)]
    rest = getattr(error, "non_block_errors", None)
    if rest:
        told += list(rest)
    if not told:
        told = [str(text) for text in error.messages]
    return told


def _tell_parts(stream, error) -> list[str]:
    for block in stream.child_blocks.values():
        if set(error.block_errors) <= set(block.child_blocks):
            return _tell_errors(block, error)
    return list(error.messages)


class _StoryReader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.is_plain = True

    def handle_starttag(self, tag, attrs):
        if tag not in STORY_TAGS or any(name != "data-block-key" for name, _value in attrs):
            self.is_plain = False

    def handle_data(self, data):
        if "<" in data:
            self.is_plain = False

    def refuse(self, *_args):
        self.is_plain = False

    handle_comment = handle_decl = handle_pi = unknown_decl = refuse


def is_plain_story(story: str) -> bool:
    """Whether the HTML has only what the editor's toolbar makes: it is shown as it stands."""
    reader = _StoryReader()
    reader.feed(story)
    reader.close()
    return reader.is_plain and not reader.rawdata


def save_import(quiz_id: int, revision_id: int | None, plan: Plan, user) -> Quiz:
    """Writes the questions of a plan without faults as a new draft. Raises ChangedMeanwhile unless `revision_id` is the latest."""
    with transaction.atomic():
        quiz = Quiz.objects.select_for_update().get(pk=quiz_id)
        if quiz.latest_revision_id != revision_id:
            raise ChangedMeanwhile
        draft = draft_of(quiz)
        draft.questions = Quiz._meta.get_field("questions").stream_block.to_python(plan.questions)
        draft.save_revision(user=user, log_action=IMPORTED, clean=False)  # a draft's other fields may still be empty
    return draft
