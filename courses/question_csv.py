"""Questions as a table for spreadsheets and back: one row a question, and one row for each part of a case study.

Columns (a missing one is empty; their order is free):

| column | what |
|---|---|
| code, kind, text, explanation, points | every kind; `kind` as in `blocks.QuestionBody` |
| part_of | the code of the case study that this row is a part of; the case comes before its parts |
| story | case: the story, as HTML |
| is_true, why_true, why_false | true_false |
| answer, tolerance, unit | number |
| item_1, item_2 … | single, multiple: the options; order: the steps in right order; short: accepted answers; match: the left sides |
| right_1 … | single, multiple: 1 when the option is right; match: the right side |
| why_1 … | single, multiple: why |
| image, alt, image_1, alt_1 … | number of a picture in our library, and its words |
| id, id_1 … | our own identity of questions and options; leave empty for new ones |

The file is UTF-8 with a byte order mark, as Excel wants it. A cell that a spreadsheet would run as a formula gets an apostrophe
in front, which is taken away when the file is read.
"""

import csv
import io
import re

from django.utils.translation import gettext as _

from courses.question_files import (
    CODE,
    FIELDS,
    BadShape,
    Fault,
    Reading,
    find_missing,
    make_item,
    new_id,
    read_decimal,
    renew_repeated_ids,
    show_decimal,
    tell_missing,
    tidy,
)

COLUMNS = (
    "code part_of kind text story is_true why_true why_false answer tolerance unit explanation points image alt id".split()  # noqa: SIM905
)
ITEM_COLUMNS = ("item", "right", "why", "image", "alt", "id")
MOST_ITEMS = 100
RUN_AS_FORMULA = "=+-@\t\r\n＝＋－＠"
_TRUE = {"1", "true", "yes", "y", "ถูก", "จริง", "ใช่", "x", "✓"}
_FALSE = {"", "0", "false", "no", "n", "ผิด", "ไม่จริง", "ไม่ใช่"}


def write_csv(questions: list[dict]) -> str:
    """questions: raw. The text begins with a byte order mark; lines end with CR LF."""
    rows = []
    for raw in map(tidy, questions):
        rows.append(_write_row(raw))
        rows += [_write_row(part) | {"part_of": raw["value"]["code"]} for part in raw["value"].get("parts", [])]
    most = max((int(name.rpartition("_")[2]) for row in rows for name in row if _is_item_column(name)), default=0)
    names = [*COLUMNS, *(f"{name}_{place}" for place in range(1, max(most, 4) + 1) for name in ITEM_COLUMNS)]
    sheet = io.StringIO(newline="")
    sheet.write("\ufeff")
    writer = csv.writer(sheet)
    writer.writerow(names)
    writer.writerows([guard(row.get(name, "")) for name in names] for row in rows)
    return sheet.getvalue()


def guard(cell: str) -> str:
    """The cell as no spreadsheet runs it. `unguard` gives it back."""
    return f"'{cell}" if cell[:1] and cell[0] in RUN_AS_FORMULA + "'" else cell


def unguard(cell: str) -> str:
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in RUN_AS_FORMULA + "'" else cell


def _write_row(raw: dict) -> dict[str, str]:
    row = {"kind": raw["type"], "id": raw["id"]}
    for name, what in FIELDS[raw["type"]].items():
        value = raw["value"][name]
        if what == "items":
            for place, item in enumerate(value, start=1):
                row |= {f"{column}_{place}": cell for column, cell in _write_item(name, item).items()}
        elif what == "flag":
            row[name] = "1" if value else "0"
        elif what != "parts":
            row[name] = "" if value is None else str(value)
    return row


def _write_item(name: str, item: dict) -> dict[str, str]:
    value, cells = item["value"], {"id": item["id"]}
    if name == "options":
        image = "" if value["image"] is None else str(value["image"])
        right = "1" if value["is_right"] else "0"
        return cells | {"item": value["text"], "right": right, "why": value["why"], "image": image, "alt": value["alt"]}
    if name == "pairs":
        return cells | {"item": value["left"], "right": value["right"]}
    return cells | {"item": value}


def _is_item_column(name: str) -> bool:
    return bool(re.fullmatch(rf"({'|'.join(ITEM_COLUMNS)})_[1-9][0-9]?", name))


# Reading


def read_csv(text: str, *, allow_missing: bool = False) -> Reading:
    """Every question of the table, or every fault of it. allow_missing: options without explanation are let through, empty."""
    reading, text = Reading(), text.removeprefix("\ufeff")
    rows = _read_rows(text, reading.faults)
    if rows is None:
        return reading
    taken: dict[str, int] = {}
    cases: dict[str, dict] = {}
    for line, row in rows:
        faults = _Faults(line, row.get("code", "").strip(), reading.faults)
        raw = _read_row(row, faults)
        if raw is None:
            continue
        code = raw["value"]["code"]
        if code in taken:
            faults.add(_("รหัสซ้ำกับบรรทัด %(line)s") % {"line": taken[code]})
        taken.setdefault(code, line)
        if not allow_missing:
            reading.faults += [Fault(line, tell_missing(code, what)) for what in find_missing(raw)]
        part_of = row.get("part_of", "").strip()
        if raw["type"] == "case":
            cases[code] = raw
        if not part_of:
            reading.questions.append(raw)
            reading.lines.append(line)
        elif raw["type"] == "case":
            faults.add(_("กรณีศึกษาอยู่ในกรณีศึกษาไม่ได้"))
        elif part_of not in cases:
            faults.add(_("ไม่พบกรณีศึกษา %(code)s ในบรรทัดก่อนหน้า") % {"code": part_of})
        else:
            cases[part_of]["value"]["parts"].append(raw)
    if not rows and not reading.faults:
        reading.faults.append(Fault(1, _("ไม่พบคำถามในไฟล์นี้")))
    reading.faults.sort()
    renew_repeated_ids(reading.questions)
    return reading


class _Faults:
    def __init__(self, line: int, code: str, faults: list[Fault]):
        self.line, self.code, self.faults = line, code, faults

    def add(self, reason: str) -> None:
        self.faults.append(Fault(self.line, _("ข้อ %(code)s: %(reason)s") % {"code": self.code or "–", "reason": reason}))


def _read_rows(text: str, faults: list[Fault]) -> list[tuple[int, dict[str, str]]] | None:
    """[(line where the row begins, its cells by column)]; None when the head is not ours."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names, rows, line = None, [], 1
    csv.field_size_limit(2_000_000)
    try:
        for cells in reader:
            begin, line = line, reader.line_num + 1
            if names is None:
                names = [cell.strip().lower() for cell in cells]
                if not _check_head(names, faults):
                    return None
            elif any(cell.strip() for cell in cells):
                if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                    faults.append(Fault(begin, _("แถวนี้มีช่องเกินหัวตาราง")))
                rows.append((begin, {name: unguard(cell) for name, cell in zip(names, cells, strict=False) if name}))
    except csv.Error:
        faults.append(Fault(line, _('อ่านตารางไม่ออกตั้งแต่บรรทัดนี้ มักเป็นเพราะเครื่องหมาย " ไม่ครบคู่')))
    if names is None:
        faults.append(Fault(1, _("ไฟล์ว่าง")))
        return None
    return rows


def _check_head(names: list[str], faults: list[Fault]) -> bool:
    found = len(faults)
    missing = [name for name in ("code", "kind", "text") if name not in names]
    if missing:
        faults.append(Fault(1, _("หัวตารางไม่มีช่อง %(names)s") % {"names": ", ".join(missing)}))
    unknown = [name for name in names if name and name not in COLUMNS and not _is_item_column(name)]
    if unknown:
        faults.append(Fault(1, _("ไม่รู้จักช่อง %(names)s") % {"names": ", ".join(unknown)}))
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        faults.append(Fault(1, _("หัวตารางซ้ำ %(names)s") % {"names": ", ".join(twice)}))
    return len(faults) == found


def _read_row(row: dict[str, str], faults: _Faults) -> dict | None:
    kind = row.get("kind", "").strip().lower()
    if kind not in FIELDS:
        faults.add(_("ไม่รู้จักชนิด “%(kind)s” ใช้ได้: %(kinds)s") % {"kind": kind, "kinds": ", ".join(FIELDS)})
        return None
    before = len(faults.faults)
    if not CODE.fullmatch(row.get("code", "").strip()):
        faults.add(_("รหัสข้อต้องเป็นตัวอังกฤษ ตัวเลข - หรือ _ ไม่เกิน 40 ตัว"))
    if not row.get("text", "").strip():
        faults.add(_("ไม่มีคำถาม"))
    value = {name: _read_cell(name, what, row, faults) for name, what in FIELDS[kind].items()}
    value["code"] = value["code"].strip()
    unused = [name for name in COLUMNS if name not in ("id", "kind", "part_of") and name not in FIELDS[kind] and row.get(name, "").strip()]
    if unused:
        faults.add(_("ชนิด %(kind)s ไม่ใช้ช่อง %(names)s") % {"kind": kind, "names": ", ".join(unused)})
    if len(faults.faults) > before:
        return None
    try:
        return tidy({"type": kind, "id": row.get("id", "").strip() or new_id(), "value": value})
    except BadShape:
        faults.add(_("อ่านข้อนี้ไม่ออก"))
        return None


def _read_cell(name: str, what: str, row: dict[str, str], faults: _Faults):
    cell = row.get(name, "")
    if what == "flag":
        return _read_flag(name, cell, faults)
    if what == "whole":
        return _read_whole(name, cell, faults) if cell.strip() else (1 if name == "points" and "points" not in row else None)
    if what == "decimal":
        if not cell.strip():
            if name == "answer":
                faults.add(_("ไม่มีคำตอบ"))
            return "0" if name == "tolerance" else None
        try:
            return show_decimal(read_decimal(cell))
        except BadShape:
            return faults.add(_("“%(text)s” ในช่อง %(name)s ไม่ใช่ตัวเลข") % {"text": cell, "name": name})
    if what == "items":
        return _read_items(name, row, faults)
    return [] if what == "parts" else cell


def _read_items(name: str, row: dict[str, str], faults: _Faults) -> list[dict]:
    """The items up to the last that has anything in it. One without words keeps its place when it has an id."""
    items = []
    for place in range(1, MOST_ITEMS):
        cells = {column: row.get(f"{column}_{place}", "") for column in ITEM_COLUMNS}
        if not any(cell.strip() for column, cell in cells.items() if column != "right") and cells["right"].strip() in ("", "0"):
            continue
        if name == "options":
            value = {
                "text": cells["item"],
                "image": _read_whole(f"image_{place}", cells["image"], faults) if cells["image"].strip() else None,
                "alt": cells["alt"],
                "is_right": _read_flag(f"right_{place}", cells["right"], faults),
                "why": cells["why"],
            }
        elif name == "pairs":
            value = {"left": cells["item"], "right": cells["right"]}
        else:
            value = cells["item"]
        items.append(make_item(value, cells["id"].strip() or None))
    return items


def _read_flag(name: str, cell: str, faults: _Faults) -> bool:
    word = cell.strip().lower()
    if word not in _TRUE and word not in _FALSE:
        faults.add(_("“%(text)s” ในช่อง %(name)s ต้องเป็น 1 หรือ 0") % {"text": cell, "name": name})
    return word in _TRUE


def _read_whole(name: str, cell: str, faults: _Faults) -> int | None:
    try:
        number = read_decimal(cell)
        if number != int(number):
            raise BadShape(name)
    except BadShape:
        return faults.add(_("“%(text)s” ในช่อง %(name)s ไม่ใช่จำนวนเต็ม") % {"text": cell, "name": name})
    return int(number)
