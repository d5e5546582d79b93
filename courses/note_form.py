"""What a learner writes for himself."""

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.models import Note


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("บันทึกของคุณ"),
        help_text=_("คุณเห็นคนเดียว ไม่เกิน 2,000 ตัวอักษร"),
        max_length=Note._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={
            "required": _("เขียนสักคำก่อนบันทึก"),
            "max_length": _("ยาวไป %(show_value)s ตัวอักษร เขียนได้ไม่เกิน %(limit_value)s ตัวอักษร"),
        },
    )
    block = forms.CharField(label=_("ตรงไหนของหน้านี้"), required=False, max_length=40, widget=forms.HiddenInput)
