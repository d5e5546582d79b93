"""What a reader may say of a guide, and how programmes are narrowed down."""

from django import forms
from django.utils.translation import gettext_lazy as _

from business import vocabulary
from kb.matching import Topic
from kb.models import Feedback, Programme


class ReasonForm(forms.Form):
    """Why a guide did not help. One of the two is enough."""

    reason = forms.ChoiceField(
        label=_("เพราะอะไร"),
        choices=Feedback.Reason.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("เลือกเหตุผลจากรายการที่มี")},
    )
    comment = forms.CharField(
        label=_("อยากให้แก้ตรงไหน"),
        help_text=_("ไม่ต้องใส่ชื่อ เบอร์โทร หรือเลขบัตร ไม่เกิน 1,000 ตัวอักษร"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"max_length": _("ยาวไป %(show_value)s ตัวอักษร เขียนได้ไม่เกิน %(limit_value)s ตัวอักษร")},
    )

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("reason") and not cleaned.get("comment"):
            self.add_error("reason", _("เลือกเหตุผล หรือเขียนบอกเราสักบรรทัด"))
        return cleaned


class ProgrammeFilter(forms.Form):
    """Narrows a list of programmes down. A value that is not known is left out and named in `ignored`."""

    function = forms.ChoiceField(label=_("เรื่องที่อยากได้ความช่วยเหลือ"), required=False)
    support = forms.ChoiceField(label=_("ช่วยแบบไหน"), required=False, choices=[("", _("ทุกแบบ")), *Programme.Support.choices])
    agency = forms.ChoiceField(label=_("หน่วยงาน"), required=False)
    stage = forms.ChoiceField(label=_("ช่วงธุรกิจ"), required=False)
    open = forms.BooleanField(label=_("เฉพาะที่ยังไม่ปิดรับ"), required=False)

    def __init__(self, data, *, programmes: list[Programme]):
        super().__init__(data, auto_id="filter-%s")
        self.programmes = programmes
        agencies = {programme.agency.code: programme.agency.name for programme in programmes}
        self.fields["function"].choices = [("", _("ทุกเรื่อง")), *((code, row.name) for code, row in vocabulary.functions().items())]
        self.fields["stage"].choices = [("", _("ทุกช่วง")), *((code, row.name) for code, row in vocabulary.stages().items())]
        self.fields["agency"].choices = [("", _("ทุกหน่วยงาน")), *sorted(agencies.items(), key=lambda pair: pair[1])]

    @property
    def ignored(self) -> list[str]:
        """The names of the filters whose value is unknown."""
        return [str(self.fields[name].label) for name in self.errors]

    @property
    def applied(self) -> dict[str, str]:
        """{field: label of its value} of what narrows the list."""
        return {
            name: str(self.fields[name].label if value is True else dict(self.fields[name].choices)[value])
            for name, value in self.cleaned_data.items()
            if value
        }

    def narrow(self) -> list[Programme]:
        """The programmes that are left. One that names no function or stage is open to every one."""
        self.is_valid()
        wanted = self.cleaned_data

        def fits(programme: Programme) -> bool:
            return all(
                (
                    not wanted.get("support") or programme.support == wanted["support"],
                    not wanted.get("agency") or programme.agency.code == wanted["agency"],
                    not wanted.get("open") or not programme.is_closed(),
                    _names(programme, Topic.NEED, wanted.get("function")),
                    _names(programme, Topic.STAGE, wanted.get("stage")),
                )
            )

        return [programme for programme in self.programmes if fits(programme)]


def _names(programme: Programme, topic: Topic, code: str | None) -> bool:
    if not code:
        return True
    codes = programme.codes_wanted(topic)
    return not codes or code in codes
