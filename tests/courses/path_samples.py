"""Learning paths for tests."""

import json
import uuid

from courses.models import CourseIndexPage, PathPage
from tests.courses.question_samples import items, make_number, make_single, make_true_false
from tests.factories import stage

TASK = {"text": "ลองขายจริงหนึ่งครั้ง", "minutes": 30}


def make_item(kind: str, what, *proofs: str, note: str = "") -> dict:
    """One item: a page's or programme's primary key, or a task; `proofs`: codes of questions."""
    key = {"programme": "programme", "task": "task"}.get(kind, "page")
    value = {key: what if kind == "task" else what.pk, "note": note, "proofs": items(*proofs)}
    return {"type": kind, "id": str(uuid.uuid4()), "value": value}


def make_path(path_items: list[dict], placement=None, **fields) -> PathPage:
    index = CourseIndexPage.objects.get()
    number = PathPage.objects.count() + 1
    wanted = {"title": f"เส้นทาง {number}", "slug": f"path-{number}", "summary": "เดินทีละขั้น", "stage": stage("run")} | fields
    page = index.add_child(instance=PathPage(items=json.dumps(path_items), placement=placement, locale=index.locale, **wanted))
    return PathPage.objects.get(pk=page.pk)


def placement_questions() -> list[dict]:
    return [make_single(code="P-1"), make_number(code="P-2"), make_true_false(code="P-3", is_true=False)]
