"""The form of a business profile. Nothing in it must be filled in; whatever was typed is understood or asked about again."""

from django import forms
from django.utils.translation import gettext_lazy as _

from business import vocabulary
from business.models import Business, LegalForm, is_english
from users.formats import BUDDHIST_OFFSET, ENGLISH_MONTHS, THAI_MONTHS, parse_baht, parse_date, to_arabic_digits

NOT_SURE = _("ไม่แน่ใจ หรือยังไม่อยากบอก")
LARGEST_STAFF = 1_000_000


class ThreeBoxes(forms.MultiWidget):
    """Day, month by name, year: three boxes that are one date."""

    template_name = "business/three_boxes.html"

    def __init__(self, attrs=None):
        number = {"inputmode": "numeric", "autocomplete": "off", "class": "input num"}
        super().__init__(
            [
                forms.TextInput(number | {"maxlength": 2}),
                forms.Select({"class": "input"}),
                forms.TextInput(number | {"maxlength": 4}),
            ],
            attrs,
        )

    def get_context(self, name, value, attrs):
        months = ENGLISH_MONTHS if is_english() else THAI_MONTHS
        self.widgets[1].choices = [("", _("เดือน")), *((str(number), month) for number, month in enumerate(months, 1))]
        return super().get_context(name, value, attrs)

    def decompress(self, value):
        if not value:
            return ["", "", ""]
        return [str(value.day), str(value.month), str(value.year if is_english() else value.year + BUDDHIST_OFFSET)]


class PartedDateField(forms.MultiValueField):
    """A date in three boxes, the year พ.ศ. or ค.ศ. Empty is None; what is half said is asked again, never guessed."""

    widget = ThreeBoxes

    def __init__(self, **kwargs):
        fields = [forms.CharField(required=False) for _part in range(3)]
        super().__init__(fields, required=False, require_all_fields=False, **kwargs)

    def compress(self, parts):
        day, month, year = [(part or "").strip() for part in parts] or ["", "", ""]
        if not (day or month or year):
            return None
        if not (month and year):
            raise forms.ValidationError(_("บอกเดือนกับปีด้วย จำวันไม่ได้เว้นวันไว้ได้"), code="incomplete")
        try:
            return parse_date(day, month, year)
        except ValueError:
            raise forms.ValidationError(_("ไม่มีวันที่นี้ในปฏิทิน ดูวัน เดือน ปี อีกครั้ง"), code="invalid") from None


class BusinessForm(forms.Form):
    """Everything optional: an empty answer means "not known", which the matching understands."""

    stage = forms.ChoiceField(label=_("ร้านอยู่ช่วงไหน"), required=False, widget=forms.RadioSelect, help_text=_("เลือกข้อที่เหมือนร้านคุณที่สุด"))
    sector = forms.ChoiceField(label=_("ทำกิจการอะไร"), required=False, help_text=_("เลือกอย่างที่ทำเงินให้ร้านมากที่สุด"))
    province = forms.ChoiceField(label=_("ร้านอยู่จังหวัดไหน"), required=False)
    staff = forms.CharField(
        label=_("มีคนทำงานกี่คน รวมตัวคุณ"),
        required=False,
        max_length=20,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "class": "w10 num"}),
    )
    yearly_revenue = forms.CharField(
        label=_("ปีหนึ่งขายได้ประมาณเท่าไร (บาท)"),
        required=False,
        max_length=60,
        help_text=_("ยอดขายทั้งปีก่อนหักค่าใช้จ่าย เช่น 900,000 หรือ 1.2 ล้าน"),
        widget=forms.TextInput({"inputmode": "text", "autocomplete": "off", "class": "w20 num"}),
    )
    legal_form = forms.ChoiceField(label=_("ร้านเป็นแบบไหนตามกฎหมาย"), required=False, widget=forms.RadioSelect)
    registered_on = PartedDateField(label=_("จดทะเบียนหรือเปิดร้านเมื่อไร"), help_text=_("ปีเป็น พ.ศ. หรือ ค.ศ. ก็ได้ จำวันไม่ได้เว้นไว้"))
    name = forms.CharField(
        label=_("ชื่อร้านหรือกิจการ"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "organization", "class": "w20"}),
        error_messages={"max_length": _("ชื่อยาวเกินไป ย่อให้ไม่เกิน %(limit_value)d ตัวอักษร")},
    )

    def __init__(self, *args, business: Business | None = None, **kwargs):
        super().__init__(*args, initial=_initial(business) if business else None, **kwargs)
        rows = {name: getattr(vocabulary, f"{name}s")() for name in ("stage", "sector", "province")}
        for name, found in rows.items():
            choices = [(code, row.name) for code, row in found.items()]
            self.fields[name].choices = [*choices, ("", NOT_SURE)] if name == "stage" else [("", NOT_SURE), *choices]
            self.fields[name].error_messages["invalid_choice"] = _("ไม่มีข้อนี้ให้เลือก เลือกใหม่อีกครั้ง")
        self.fields["legal_form"].choices = [*LegalForm.choices, ("", NOT_SURE)]
        self.fields["sector"].widget.attrs["class"] = self.fields["province"].widget.attrs["class"] = "w20"

    def stage_options(self) -> list[tuple]:
        """(radio button, its stage), the last for those who are not sure, whose stage is None."""
        return list(zip(self["stage"], [*vocabulary.stages().values(), None], strict=True))

    def clean_staff(self) -> int | None:
        typed = to_arabic_digits(self.cleaned_data["staff"]).replace(",", "").replace("คน", "").strip()
        if not typed:
            return None
        if not (typed.isascii() and typed.isdigit()):
            raise forms.ValidationError(_("จำนวนคนต้องเป็นตัวเลข เช่น 3"), code="invalid")
        if int(typed) > LARGEST_STAFF:
            raise forms.ValidationError(_("จำนวนคนมากเกินไป ดูตัวเลขอีกครั้ง"), code="too_large")
        return int(typed)

    def clean_yearly_revenue(self):
        typed = self.cleaned_data["yearly_revenue"].strip()
        if not typed:
            return None
        try:
            return parse_baht(typed)
        except ValueError:
            raise forms.ValidationError(_("ยอดขายต้องเป็นตัวเลขเดียวต่อปี เช่น 900,000 หรือ 1.2 ล้าน"), code="invalid") from None

    def write_to(self, business: Business) -> Business:
        """Puts the answers into the business, unsaved."""
        told = self.cleaned_data
        for name in ("stage", "sector", "province"):
            setattr(business, name, getattr(vocabulary, f"{name}s")().get(told[name]))
        for name in ("staff", "yearly_revenue", "legal_form", "registered_on", "name"):
            setattr(business, name, told[name])
        return business


def _initial(business: Business) -> dict:
    return {
        "stage": business.stage.code if business.stage else "",
        "sector": business.sector.code if business.sector else "",
        "province": business.province_id or "",
        "staff": "" if business.staff is None else business.staff,
        "yearly_revenue": "" if business.yearly_revenue is None else f"{business.yearly_revenue:,.2f}".removesuffix(".00"),
        "legal_form": business.legal_form,
        "registered_on": business.registered_on,
        "name": business.name,
    }
