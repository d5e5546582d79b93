"""Words that look or sound alike and mean something else (domain.md §7.3): none may stand for the other. Pure."""

from search import thai

GROUPS = (
    ("ออฟไลน์", "ออนไลน์"),
    ("กำไล", "กำไร"),
    ("พักงาน", "พนักงาน"),
    ("ภาษี", "ภาษา"),
    ("ประกันสังคม", "ประกันภัย", "ค้ำประกัน"),
    ("กู้", "กู"),
    ("จดหมาย", "จดทะเบียน"),
    ("เลิกจ้าง", "เลิกกิจการ"),
    ("ขาย", "ขยาย"),
    ("ทุน", "ต้นทุน"),
)


def are_confusable(first: str, second: str) -> bool:
    """Whether two texts are, or differ only by, two words that must not be taken for each other."""
    first, second = thai.normalise(first).strip(), thai.normalise(second).strip()
    if first == second:
        return False
    return any(
        one in first and first.replace(one, other, 1) == second for group in GROUPS for one in group for other in group if one != other
    )
