"""The date field of the admin: a plain text box that reads and shows the Buddhist era.

Wagtail's own box carries a date picker that knows one era: `31/12/2569` became today without a word, and `2569-12-31` was stored
as a year five centuries away.
"""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from users.formats import format_numeric_date, parse_written_date

FARTHEST_YEARS = 20


class WrittenDateInput(forms.TextInput):
    """Shows a date as `31/12/2569` in Thai, `31/12/2026` in English; what could not be read stays as it was typed."""

    def format_value(self, value):
        return format_numeric_date(value) if isinstance(value, dt.date) else super().format_value(value)


class WrittenDateField(forms.DateField):
    """A date in the common era from what a person writes in either era (`parse_written_date`), at most 20 years from today."""

    widget = WrittenDateInput
    default_error_messages = {
        "invalid": _("อ่านวันที่นี้ไม่ได้ หรือไม่มีวันนี้ในปฏิทิน เขียนแบบ 31/12/2569 หรือ 31 ธันวาคม 2569"),
        "far_away": _("ปีนี้ห่างจากวันนี้เกิน 20 ปี ตรวจดูว่าพิมพ์ปีถูกหรือไม่"),
    }

    def __init__(self, *, help_text="", **kwargs):
        super().__init__(help_text=help_text or _("วัน/เดือน/ปี พ.ศ. เช่น 31/12/2569"), **kwargs)

    def to_python(self, value):
        if value in self.empty_values or isinstance(value, dt.date):
            return super().to_python(value)
        try:
            return parse_written_date(str(value))
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def validate(self, value):
        super().validate(value)
        if value and abs(value.year - timezone.localdate().year) > FARTHEST_YEARS:
            raise ValidationError(self.error_messages["far_away"], code="far_away")
