"""The words a person agrees to before a case is opened: in this one place, with the date of their version.

Whatever changes here gets a new `VERSION`; the ledger (`users.Consent`) keeps the text that was on the screen.
"""

from django.utils.translation import gettext as _

VERSION = "2026-11-23"


def notice() -> list[tuple[str, str]]:
    """(heading, sentence) of the privacy notice, shown before the first field."""
    return [
        (_("ใช้ทำอะไร"), _("ใช้ติดต่อกลับและช่วยเรื่องที่คุณถามเท่านั้น")),
        (_("ใครเห็น"), _("เจ้าหน้าที่ของศูนย์ที่รับเรื่องนี้ คนอื่นไม่เห็น และไม่ขึ้นในผลค้นหา")),
        (_("เก็บนานแค่ไหน"), _("เก็บจนดูแลเรื่องนี้เสร็จ และหลังจากนั้นตามระยะเวลาที่ สสว. ประกาศไว้ในหน้าความเป็นส่วนตัว")),
        (_("สิทธิของคุณ"), _("ขอดู ขอแก้ ขอลบ หรือถอนความยินยอมได้ทุกเมื่อ โดยบอกเลขเรื่องกับศูนย์ที่รับเรื่อง")),
        (_("สิ่งที่ไม่ต้องใส่"), _("ไม่ต้องใส่เลขบัตรประชาชน เลขนิติบุคคล หรือเลขบัญชี เราไม่ใช้")),
    ]


def sentence() -> str:
    """What the tick box says."""
    return _("ฉันยินยอมให้ศูนย์ SME ที่รับเรื่องใช้ข้อมูลนี้ติดต่อกลับและให้คำปรึกษาเรื่องที่ถาม")


def wording() -> str:
    """Everything that was shown, as the ledger keeps it."""
    lines = [f"{heading}: {text}" for heading, text in notice()]
    return "\n".join([*lines, sentence(), f"[{VERSION}]"])
