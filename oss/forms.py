"""What people type: the request for a consultation, and an advisor's note. Forgiving in, clean out."""

import re
from decimal import Decimal

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from business import vocabulary
from business.models import Business, LegalForm
from oss import consent
from oss.cases import Inquiry
from oss.models import QUESTION_MAX, Case
from search import thai
from users.formats import parse_baht, parse_phone, to_arabic_digits

STAFF_MAX = 1_000_000
NOTE_MAX = 4000
_PEOPLE = re.compile(r"^(?:ประมาณ|ราว)?\s*(\d[\d,]*)\s*(?:คน|people|person)?$", re.IGNORECASE)


class CleanField(forms.CharField):
    """Text in one spelling, without control and hidden characters. Says by how much it is too long."""

    def __init__(self, *, longest: int, **kwargs):
        super().__init__(**kwargs)
        self.longest = longest

    def to_python(self, value):
        text = thai.repair(str(value)).strip() if value not in self.empty_values else ""
        return text or self.empty_value

    def validate(self, value):
        super().validate(value)
        over = len(value or "") - self.longest
        if over > 0:
            raise forms.ValidationError(
                gettext("ข้อความนี้ยาว %(length)s ตัวอักษร ใส่ได้ %(longest)s ตัว กรุณาตัดออก %(over)s ตัว")
                % {"length": f"{len(value):,}", "longest": f"{self.longest:,}", "over": f"{over:,}"},
                code="too_long",
            )


class VocabularyField(forms.ChoiceField):
    """A choice from a table of `business.vocabulary`, by code; clean gives the row, None for nothing."""

    def __init__(self, kind: str, *, nothing: str, **kwargs):
        self.kind, self.nothing = kind, nothing
        super().__init__(choices=self._list_choices, **kwargs)

    def rows(self) -> dict:
        return getattr(vocabulary, self.kind)()

    def _list_choices(self):
        return [("", self.nothing), *((code, self.name(row)) for code, row in self.rows().items())]

    def name(self, row) -> str:
        return f"{row.name} ({row.sentence})" if getattr(row, "sentence", "") else row.name

    def clean(self, value):
        return self.rows().get(super().clean(value))

    def __deepcopy__(self, memo):
        copy = super().__deepcopy__(memo)
        copy.choices = copy._list_choices
        return copy


NOT_IN_LIST = {"invalid_choice": _("ตัวเลือกนี้ไม่มีในรายการ กรุณาเลือกใหม่")}


class AskForm(forms.Form):
    """A request for consultation. `inquiry()` gives what `open_case` takes."""

    topic = VocabularyField(
        "functions",
        nothing=_("ไม่แน่ใจ"),
        required=False,
        label=_("ถามเรื่องอะไร"),
        error_messages=NOT_IN_LIST,
        widget=forms.Select(attrs={"class": "w20"}),
    )
    question = CleanField(
        longest=QUESTION_MAX,
        label=_("เล่าให้เราฟัง"),
        help_text=_("เกิดอะไรขึ้น ลองทำอะไรแล้ว อยากให้ช่วยตรงไหน เขียนแบบพูดก็ได้ ไม่เกิน 4,000 ตัวอักษร"),
        error_messages={"required": _("ยังไม่ได้เล่าเรื่องที่อยากถาม")},
        widget=forms.Textarea(attrs={"rows": 7}),
    )

    province = VocabularyField(
        "provinces",
        nothing=_("เลือกจังหวัด"),
        label=_("ร้านอยู่จังหวัดไหน"),
        help_text=_("เราใช้จังหวัดนี้เลือกศูนย์ที่อยู่ใกล้คุณ ขายออนไลน์อย่างเดียวให้เลือกจังหวัดที่คุณอยู่"),
        error_messages={"required": _("ยังไม่ได้เลือกจังหวัดของร้าน"), "invalid_choice": _("ไม่มีจังหวัดนี้ในรายการ กรุณาเลือกใหม่")},
        widget=forms.Select(attrs={"class": "w20", "autocomplete": "address-level1"}),
    )
    stage = VocabularyField("stages", nothing=_("ไม่แน่ใจ"), required=False, label=_("ร้านอยู่ช่วงไหน"), error_messages=NOT_IN_LIST)
    business_name = CleanField(
        longest=200,
        required=False,
        label=_("ชื่อร้านหรือกิจการ"),
        widget=forms.TextInput(attrs={"class": "w20", "autocomplete": "organization"}),
    )
    sector = VocabularyField(
        "sectors",
        nothing=_("ไม่แน่ใจ"),
        required=False,
        label=_("ทำกิจการอะไร"),
        error_messages=NOT_IN_LIST,
        widget=forms.Select(attrs={"class": "w20"}),
    )
    staff = forms.CharField(
        required=False,
        max_length=60,
        label=_("มีคนทำงานกี่คน รวมตัวคุณ"),
        widget=forms.TextInput(attrs={"class": "w10", "inputmode": "numeric", "autocomplete": "off"}),
    )
    yearly_revenue = forms.CharField(
        required=False,
        max_length=60,
        label=_("ปีหนึ่งขายได้ประมาณเท่าไร (บาท)"),
        help_text=_("ยอดขายทั้งปีก่อนหักค่าใช้จ่าย เช่น 900,000 หรือ 1.2 ล้าน"),
        widget=forms.TextInput(attrs={"class": "w10", "autocomplete": "off"}),
    )
    legal_form = forms.ChoiceField(
        choices=[("", _("ไม่แน่ใจ")), *LegalForm.choices],
        required=False,
        label=_("ร้านเป็นแบบไหนตามกฎหมาย"),
        error_messages=NOT_IN_LIST,
        widget=forms.Select(attrs={"class": "w20"}),
    )

    contact_name = CleanField(
        longest=120,
        label=_("ชื่อที่ให้เราเรียก"),
        error_messages={"required": _("ยังไม่ได้ใส่ชื่อ")},
        widget=forms.TextInput(attrs={"class": "w20", "autocomplete": "name"}),
    )
    channel = forms.ChoiceField(
        choices=Case.Channel.choices,
        label=_("ให้ศูนย์ติดต่อกลับทางไหน"),
        help_text=_("เลือกทางที่คุณเปิดดูบ่อยที่สุด"),
        error_messages={"required": _("ยังไม่ได้เลือกทางติดต่อกลับ"), **NOT_IN_LIST},
        widget=forms.RadioSelect,
    )
    phone = forms.CharField(
        required=False,
        max_length=200,
        label=_("เบอร์โทร"),
        help_text=_("เว้นวรรคหรือใช้เลขไทยก็ได้"),
        widget=forms.TextInput(attrs={"type": "tel", "class": "w10 num", "inputmode": "tel", "autocomplete": "tel"}),
    )
    email = forms.CharField(
        required=False,
        max_length=254,
        label=_("อีเมล"),
        widget=forms.TextInput(
            attrs={"type": "email", "class": "w20", "inputmode": "email", "autocomplete": "email", "spellcheck": "false"}
        ),
    )
    line_id = CleanField(
        longest=60,
        required=False,
        label=_("LINE ID"),
        help_text=_("ไอดีที่คนอื่นใช้ค้นหาคุณใน LINE"),
        widget=forms.TextInput(attrs={"class": "w20", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    consent = forms.BooleanField(label=consent.sentence, error_messages={"required": _("ต้องติ๊กยินยอมก่อน เราจึงส่งเรื่องให้ศูนย์ได้")})

    MORE_FIELDS = ["business_name", "sector", "staff", "yearly_revenue", "legal_form"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["consent"].label = consent.sentence()

    def clean_staff(self) -> int | None:
        text = to_arabic_digits(thai.repair(self.cleaned_data["staff"])).strip()
        if not text:
            return None
        match = _PEOPLE.match(text)
        number = int(match[1].replace(",", "")) if match else STAFF_MAX + 1
        if number > STAFF_MAX:
            raise forms.ValidationError(_("ใส่จำนวนคนเป็นตัวเลข เช่น 3"))
        return number

    def clean_yearly_revenue(self) -> Decimal | None:
        text = thai.repair(self.cleaned_data["yearly_revenue"]).strip()
        try:
            return parse_baht(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(_("อ่านจำนวนเงินนี้ไม่ออก ใส่จำนวนเดียว เช่น 900,000 หรือ 1.2 ล้าน")) from error

    def clean(self):
        """The field of the chosen channel is needed; the others are not kept."""
        cleaned = super().clean()
        channel = cleaned.get("channel")
        for field, reader in (("phone", self._read_phone), ("email", self._read_email), ("line_id", self._read_line)):
            if field != {Case.Channel.LINE: "line_id"}.get(channel, channel):
                cleaned[field] = ""
                self.errors.pop(field, None)
            elif field not in self.errors:
                try:
                    cleaned[field] = reader(cleaned.get(field) or "")
                except forms.ValidationError as error:
                    self.add_error(field, error)
        return cleaned

    def _read_phone(self, text: str) -> str:
        text = thai.repair(text).strip()
        if not text:
            raise forms.ValidationError(_("ยังไม่ได้ใส่เบอร์โทร"))
        try:
            return parse_phone(text)
        except ValueError as error:
            digits = len(re.sub(r"\D", "", to_arabic_digits(text)))
            if digits < 9:
                raise forms.ValidationError(_("เบอร์โทรยังไม่ครบ ต้องมี 9 หรือ 10 ตัว")) from error
            if digits > 10:
                raise forms.ValidationError(_("เบอร์โทรยาวเกินไป ใส่เบอร์เดียว ถ้ามีเบอร์ต่อ เขียนไว้ในเรื่องที่เล่า")) from error
            raise forms.ValidationError(_("ไม่มีเบอร์แบบนี้ในไทย ลองดูอีกครั้ง")) from error

    def _read_email(self, text: str) -> str:
        text = re.sub(r"\s+", "", thai.repair(text))
        if not text:
            raise forms.ValidationError(_("ยังไม่ได้ใส่อีเมล"))
        try:
            return forms.EmailField().clean(text)
        except forms.ValidationError as error:
            raise forms.ValidationError(_("อีเมลไม่ครบ ต้องมี @ และชื่อเว็บ เช่น somchai@example.com")) from error

    def _read_line(self, text: str) -> str:
        if not text:
            raise forms.ValidationError(_("ยังไม่ได้ใส่ LINE ID"))
        return text

    @property
    def shows_more(self) -> bool:
        """Whether the folded part must be open: something is in it, or wrong in it."""
        return any(self[name].value() or self[name].errors for name in self.MORE_FIELDS)

    @property
    def question_length(self) -> int:
        return len(thai.repair(str(self["question"].value() or "")).strip())

    def inquiry(self, **about) -> Inquiry:
        """`about`: guide, programme and query that the person came from."""
        return Inquiry(**{name: value for name, value in self.cleaned_data.items() if name != "consent"}, **about)


def describe_for_form(business: Business | None) -> dict:
    """What the profile already says, as first values of `AskForm`."""
    if business is None:
        return {}
    revenue = business.yearly_revenue
    return {
        "province": business.province_id or "",
        "stage": business.stage.code if business.stage else "",
        "sector": business.sector.code if business.sector else "",
        "business_name": business.name,
        "staff": "" if business.staff is None else str(business.staff),
        "yearly_revenue": "" if revenue is None else f"{revenue.normalize():,f}",
        "legal_form": business.legal_form,
    }


class NoteForm(forms.Form):
    """What was answered, or how it ended."""

    note = CleanField(longest=NOTE_MAX, error_messages={"required": _("ยังไม่ได้เขียนบันทึก")}, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args, label: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["note"].label = label
