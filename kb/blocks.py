"""The typed blocks of a guide, and the clauses of a programme's eligibility. Texts may quote facts as {fact:ID} (`kb/facts.py`)."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock

from business import vocabulary
from business.models import LegalForm
from business.size import Size
from kb.facts import check_fact_references

INLINE = ["bold", "link"]
TEXT = [*INLINE, "h2", "h3", "ul", "ol", "document-link"]


class FactText(blocks.TextBlock):
    """Plain text that may quote facts."""

    def __init__(self, required=True, rows=2, **kwargs):
        super().__init__(required=required, rows=rows, validators=[check_fact_references], **kwargs)


class FactRichText(blocks.RichTextBlock):
    """Rich text that may quote facts."""

    def __init__(self, required=True, features=None, **kwargs):
        super().__init__(required=required, features=features or INLINE, validators=[check_fact_references], **kwargs)


class StepBlock(blocks.StructBlock):
    title = FactText(rows=1, label=_("ทำอะไร"))
    text = FactRichText(required=False, label=_("อย่างไร"))


class FeeBlock(blocks.StructBlock):
    item = blocks.CharBlock(label=_("ค่าอะไร"))
    amount = FactText(rows=1, label=_("เท่าไร"))
    note = FactText(rows=1, required=False, label=_("หมายเหตุ"))


class PaperBlock(blocks.StructBlock):
    name = FactText(rows=1, label=_("เอกสาร"))
    note = FactText(rows=1, required=False, label=_("หมายเหตุ"))


class TimeBlock(blocks.StructBlock):
    amount = FactText(rows=1, label=_("ใช้เวลา"))
    note = FactText(rows=1, required=False, label=_("หมายเหตุ"))

    class Meta:
        label = _("ใช้เวลา")
        icon = "time"
        template = "kb/blocks/time.html"
        preview_value = {"amount": "1 วัน", "note": "ถ้าเอกสารครบ"}


class PlaceBlock(blocks.StructBlock):
    place = FactText(rows=1, label=_("ที่ไหน"))
    note = FactText(rows=1, required=False, label=_("หมายเหตุ"))
    phone = FactText(rows=1, required=False, label=_("โทรศัพท์"))
    url = blocks.URLBlock(required=False, label=_("เว็บไซต์"))


class LawBlock(blocks.StructBlock):
    name = blocks.CharBlock(label=_("กฎหมาย"))
    section = blocks.CharBlock(required=False, label=_("มาตรา"))


class WarningBlock(blocks.StructBlock):
    title = FactText(rows=1, label=_("เรื่อง"))
    text = FactRichText(label=_("ข้อความ"))

    class Meta:
        label = _("ระวัง")
        icon = "warning"
        template = "kb/blocks/warning.html"
        preview_value = {"title": "ระวัง ขายออนไลน์ก็ต้องจด", "text": "<p>แจ้งชื่อร้านออนไลน์ตอนยื่นได้เลย</p>"}


class TableBlock(blocks.StructBlock):
    """A table of plain cells: rows of text split by `|`, so that it can be typed on a phone."""

    caption = blocks.CharBlock(label=_("ชื่อตาราง"))
    head = blocks.CharBlock(label=_("หัวตาราง คั่นด้วย |"))
    rows = FactText(rows=6, label=_("แถว บรรทัดละแถว คั่นช่องด้วย |"))

    class Meta:
        label = _("ตาราง")
        icon = "table"
        template = "kb/blocks/table.html"
        preview_value = {"caption": "เทียบสองแบบ", "head": "เรื่อง | แบบแรก | แบบที่สอง", "rows": "เริ่มต้น | ง่าย | ใช้เวลา"}

    def clean(self, value):
        value = super().clean(value)
        width = len(split_cells(value["head"]))
        if any(len(row) != width for row in table_rows(value)):
            raise blocks.StructBlockValidationError(block_errors={"rows": ValidationError(_("ทุกแถวต้องมีจำนวนช่องเท่าหัวตาราง"))})
        return value

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context)
        head, rows = split_cells(value["head"]), table_rows(value)
        is_number = [any(rows) and all(_NUMBER.fullmatch(row[at]) for row in rows if at < len(row)) for at in range(len(head))]
        return context | {
            "head": [{"text": text, "is_number": is_number[at]} for at, text in enumerate(head)],
            "rows": [[{"text": text, "is_number": at < len(head) and is_number[at]} for at, text in enumerate(row)] for row in rows],
        }


_NUMBER = re.compile(r"[\d,.\s%–−+-]*")  # a column of these stands on its right edge


def split_cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def table_rows(value) -> list[list[str]]:
    return [split_cells(line) for line in value["rows"].splitlines() if line.strip()]


class PictureBlock(blocks.StructBlock):
    """A picture. The alternative text is required: a guide's picture is never decoration."""

    image = ImageChooserBlock(label=_("ภาพ"))
    alt = blocks.CharBlock(label=_("คำบรรยายแทนภาพ"), help_text=_("บอกสิ่งที่ภาพบอก สำหรับคนที่มองไม่เห็นภาพ"))
    caption = blocks.CharBlock(required=False, label=_("คำใต้ภาพ"))

    class Meta:
        label = _("ภาพ")
        icon = "image"
        template = "kb/blocks/picture.html"


class DownloadBlock(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("ไฟล์"))
    title = blocks.CharBlock(label=_("ชื่อ"))
    note = blocks.CharBlock(required=False, label=_("หมายเหตุ"))

    class Meta:
        label = _("ดาวน์โหลด")
        icon = "download"
        template = "kb/blocks/download.html"


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(label=_("คำถาม"))
    answer = FactRichText(label=_("คำตอบ"))


class GuideBody(blocks.StreamBlock):
    text = FactRichText(
        features=TEXT,
        label=_("ข้อความ"),
        icon="pilcrow",
        template="kb/blocks/text.html",
        preview_value="<h2>ใครต้องจด</h2><p>คนที่ซื้อมาขายไป</p>",
    )
    steps = blocks.ListBlock(
        StepBlock(),
        label=_("ขั้นตอน"),
        icon="list-ol",
        template="kb/blocks/steps.html",
        preview_value=[{"title": "กรอกแบบ", "text": "<p>กรอกเท่าที่มี</p>"}],
    )
    fees = blocks.ListBlock(
        FeeBlock(),
        label=_("ค่าธรรมเนียม"),
        icon="tag",
        template="kb/blocks/fees.html",
        preview_value=[{"item": "จดใหม่", "amount": "50 บาท", "note": ""}],
    )
    documents = blocks.ListBlock(
        PaperBlock(),
        label=_("เอกสารที่ต้องเตรียม"),
        icon="list-ul",
        template="kb/blocks/documents.html",
        preview_value=[{"name": "บัตรประชาชนตัวจริง", "note": ""}],
    )
    time = TimeBlock()
    where = blocks.ListBlock(
        PlaceBlock(),
        label=_("ยื่นที่ไหน"),
        icon="site",
        template="kb/blocks/where.html",
        preview_value=[{"place": "สำนักงานเขต", "note": "", "phone": "", "url": ""}],
    )
    law = blocks.ListBlock(
        LawBlock(),
        label=_("กฎหมายที่ใช้"),
        icon="openquote",
        template="kb/blocks/law.html",
        preview_value=[{"name": "พ.ร.บ. ตัวอย่าง", "section": ""}],
    )
    warning = WarningBlock()
    table = TableBlock()
    picture = PictureBlock()
    download = DownloadBlock()
    questions = blocks.ListBlock(
        QuestionBlock(),
        label=_("ถามตอบ"),
        icon="help",
        template="kb/blocks/questions.html",
        preview_value=[{"question": "ไม่จดได้ไหม", "answer": "<p>ดูว่าเข้าข่ายหรือไม่</p>"}],
    )

    class Meta:
        block_counts = {"warning": {"max_num": 2}}


def stage_choices():
    return [(code, row.name) for code, row in vocabulary.stages().items()]


def function_choices():
    return [(code, row.name) for code, row in vocabulary.functions().items()]


def sector_choices():
    return [(code, row.name) for code, row in vocabulary.sectors().items()]


def province_choices():
    return [(code, row.name) for code, row in vocabulary.provinces().items()]


def size_choices():
    return [(size.value, size.label) for size in Size]


def _clause(label, choices=None, help_text="") -> blocks.StructBlock:
    """A block for one clause: the codes wanted (or the condition in words) and where that is published."""
    what = (
        ("wanted", blocks.MultipleChoiceBlock(choices=choices, label=_("ต้องเป็นข้อใดข้อหนึ่ง"), help_text=help_text))
        if choices
        else ("text", blocks.CharBlock(label=_("เงื่อนไข")))
    )
    return blocks.StructBlock([what, ("source", blocks.CharBlock(label=_("ประกาศไว้ที่ไหน ข้อใด")))], label=label)


class Eligibility(blocks.StreamBlock):
    """Who may apply to a programme: every clause must hold. The names of the blocks are `matching.Topic`."""

    stage = _clause(_("ช่วงธุรกิจ"), stage_choices)
    need = _clause(_("ช่วยเรื่อง"), function_choices)
    sector = _clause(_("ประเภทกิจการ"), sector_choices)
    size = _clause(_("ขนาด"), size_choices, help_text=_("ประกาศที่เขียนว่าขนาดย่อมรวมรายย่อยด้วย ให้เลือกทั้งสองข้อ เว้นแต่ประกาศบอกเป็นอย่างอื่น"))
    province = _clause(_("จังหวัด"), province_choices)
    legal_form = _clause(_("รูปแบบกิจการ"), LegalForm.choices)
    other = _clause(_("เงื่อนไขอื่นที่ต้องถามเจ้าหน้าที่"))
