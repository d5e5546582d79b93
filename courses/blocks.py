"""The typed blocks of a lesson, of a learning path, and of a quiz. Texts may quote facts as {fact:ID} (`kb/facts.py`)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock
from wagtailmedia.blocks import AudioChooserBlock, VideoChooserBlock

from kb.blocks import FactRichText, FactText, GuideBody

# A lesson


class GuideInLessonBlock(blocks.StructBlock):
    """A guide of the knowledge base inside a lesson: one source, two contexts."""

    guide = blocks.PageChooserBlock("kb.GuidePage", label=_("คู่มือ"))
    sections = blocks.ListBlock(
        blocks.CharBlock(label=_("หัวข้อ")), label=_("เฉพาะหัวข้อเหล่านี้"), default=[], help_text=_("ไม่ใส่คือทั้งคู่มือ เขียนตามหัวข้อในคู่มือ")
    )

    class Meta:
        label = _("คู่มือ")
        icon = "doc-full-inverse"
        template = "courses/blocks/guide.html"


class QuizInLessonBlock(blocks.StructBlock):
    quiz = SnippetChooserBlock("courses.Quiz", label=_("แบบฝึก"))

    class Meta:
        label = _("แบบฝึก")
        icon = "help"
        template = "courses/blocks/quiz.html"


class TaskBlock(blocks.StructBlock):
    """Something to do in one's own shop today."""

    title = FactText(rows=1, label=_("ทำอะไร"))
    text = FactRichText(label=_("ทำอย่างไร"))
    minutes = blocks.IntegerBlock(min_value=1, max_value=600, label=_("ใช้เวลา (นาที)"))

    class Meta:
        label = _("งานที่ร้านวันนี้")
        icon = "clipboard-list"
        template = "courses/blocks/task.html"


class VideoBlock(blocks.StructBlock):
    """A video of our own. It cannot be published without Thai captions: many learners watch without sound."""

    video = VideoChooserBlock(label=_("วิดีโอ"))
    title = blocks.CharBlock(label=_("ชื่อวิดีโอ"))

    class Meta:
        label = _("วิดีโอ")
        icon = "media"
        template = "courses/blocks/video.html"


class AudioBlock(blocks.StructBlock):
    audio = AudioChooserBlock(label=_("เสียง"))
    title = blocks.CharBlock(label=_("ชื่อเสียง"))

    class Meta:
        label = _("เสียง")
        icon = "media"
        template = "courses/blocks/audio.html"


class LessonBody(GuideBody):
    """Everything that a guide may hold, and what only a lesson has."""

    guide = GuideInLessonBlock()
    video = VideoBlock()
    audio = AudioBlock()
    task = TaskBlock()
    quiz = QuizInLessonBlock()


# A learning path


def _item(what: tuple, label, icon: str) -> blocks.StructBlock:
    """One step of a path: what it is, the condition under which it may be left out, and what proves it known already."""
    fields = [
        what,
        ("note", blocks.CharBlock(required=False, label=_("หมายเหตุ"), help_text=_("เช่น ทำเมื่อมีลูกจ้างเท่านั้น"))),
        (
            "proofs",
            blocks.ListBlock(
                blocks.CharBlock(label=_("รหัสข้อ")),
                default=[],
                label=_("ข้อวัดก่อนเรียนที่พิสูจน์ว่ารู้แล้ว"),
                help_text=_("ตอบถูกครบทุกข้อจึงข้ามได้ ไม่ใส่คือข้ามไม่ได้"),
            ),
        ),
    ]
    return blocks.StructBlock(fields, label=label, icon=icon)


class PathBody(blocks.StreamBlock):
    guide = _item(("page", blocks.PageChooserBlock("kb.GuidePage", label=_("คู่มือ"))), _("คู่มือ"), "doc-full-inverse")
    lesson = _item(("page", blocks.PageChooserBlock("courses.LessonPage", label=_("บทเรียน"))), _("บทเรียน"), "openquote")
    course = _item(("page", blocks.PageChooserBlock("courses.CoursePage", label=_("คอร์ส"))), _("คอร์ส"), "folder-open-inverse")
    programme = _item(("programme", SnippetChooserBlock("kb.Programme", label=_("โครงการ"))), _("โครงการ"), "tag")
    task = _item(
        (
            "task",
            blocks.StructBlock(
                [
                    ("text", FactText(rows=1, label=_("ทำอะไร"))),
                    ("minutes", blocks.IntegerBlock(min_value=1, max_value=600, label=_("ใช้เวลา (นาที)"))),
                ],
                label=_("งาน"),
            ),
        ),
        _("งานที่ร้าน"),
        "clipboard-list",
    )


# A quiz


class OptionBlock(blocks.StructBlock):
    text = FactText(rows=1, label=_("ตัวเลือก"))
    image = ImageChooserBlock(required=False, label=_("ภาพ"))
    alt = blocks.CharBlock(required=False, label=_("คำบรรยายแทนภาพ"))
    is_right = blocks.BooleanBlock(required=False, label=_("ถูก"))
    why = FactText(rows=1, label=_("เพราะอะไร"), help_text=_("ผู้เรียนเห็นหลังตอบ ทั้งข้อถูกและข้อผิด"))


def _question(*fields, label, icon="help") -> blocks.StructBlock:
    """What every question has, around what this kind has of its own."""
    return blocks.StructBlock(
        [
            ("code", blocks.RegexBlock(r"^[A-Za-z0-9_-]{1,40}$", label=_("รหัสข้อ"), help_text=_("ไม่ซ้ำในแบบฝึกเดียวกัน"))),
            ("text", FactText(rows=2, label=_("คำถาม"))),
            ("image", ImageChooserBlock(required=False, label=_("ภาพ"))),
            ("alt", blocks.CharBlock(required=False, label=_("คำบรรยายแทนภาพ"))),
            *fields,
            ("explanation", FactText(rows=2, required=False, label=_("คำอธิบายรวม"))),
            ("points", blocks.IntegerBlock(min_value=1, max_value=20, default=1, label=_("คะแนน"))),
        ],
        label=label,
        icon=icon,
    )


def _simple_questions() -> list[tuple[str, blocks.Block]]:
    """The kinds that stand alone and inside a case study. Their names are `questions.Kind`."""
    return [
        ("single", _question(("options", blocks.ListBlock(OptionBlock(), min_num=2, max_num=10)), label=_("เลือกหนึ่งข้อ"))),
        ("multiple", _question(("options", blocks.ListBlock(OptionBlock(), min_num=2, max_num=10)), label=_("เลือกได้หลายข้อ"))),
        (
            "true_false",
            _question(
                ("is_true", blocks.BooleanBlock(required=False, label=_("ข้อความนี้จริง"))),
                ("why_true", FactText(rows=1, label=_("คำอธิบายเมื่อตอบว่าจริง"))),
                ("why_false", FactText(rows=1, label=_("คำอธิบายเมื่อตอบว่าไม่จริง"))),
                label=_("จริงหรือไม่จริง"),
            ),
        ),
        (
            "order",
            _question(("steps", blocks.ListBlock(FactText(rows=1), min_num=2, max_num=10, label=_("เรียงตามลำดับที่ถูก"))), label=_("เรียงลำดับ")),
        ),
        (
            "number",
            _question(
                ("answer", blocks.DecimalBlock(label=_("คำตอบ"))),
                ("tolerance", blocks.DecimalBlock(min_value=0, default=0, label=_("คลาดเคลื่อนได้"))),
                ("unit", blocks.CharBlock(required=False, label=_("หน่วย"))),
                label=_("ตัวเลข"),
            ),
        ),
        ("short", _question(("accepted", blocks.ListBlock(blocks.CharBlock(), min_num=1, label=_("คำตอบที่รับ"))), label=_("คำตอบสั้น"))),
        (
            "match",
            _question(
                (
                    "pairs",
                    blocks.ListBlock(
                        blocks.StructBlock([("left", FactText(rows=1, label=_("ซ้าย"))), ("right", FactText(rows=1, label=_("คู่ที่ถูก")))]),
                        min_num=2,
                        max_num=10,
                        label=_("คู่"),
                    ),
                ),
                label=_("จับคู่"),
            ),
        ),
    ]


class QuestionBody(blocks.StreamBlock):
    """The questions of a quiz. What the editors may not publish is said by `quizzes.find_faults`."""

    class Meta:
        min_num = 1

    def __init__(self, local_blocks=None, **kwargs):
        case = _question(
            ("story", FactRichText(features=["bold", "ul", "ol"], label=_("เรื่อง"))),
            ("parts", blocks.StreamBlock(_simple_questions(), min_num=1, max_num=6, label=_("ข้อย่อย"))),
            label=_("กรณีศึกษา"),
        )
        super().__init__([*_simple_questions(), ("case", case)], **kwargs)

    def clean(self, value):
        from courses.questions import find_faults, read_questions

        value = super().clean(value)
        if self.is_deferred_validation:  # a draft may be half written
            return value
        faults = find_faults(read_questions(value.get_prep_value()))
        if faults:
            raise blocks.StreamBlockValidationError(non_block_errors=[ValidationError(fault) for fault in faults])
        return value
