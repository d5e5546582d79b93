"""Reads guides written as files: Markdown with front matter and typed blocks between `:::name` and `:::`. Pure.

What comes out is the raw form of a StreamField (`kb.blocks.GuideBody`), save that links still name their target
(`href="guide:cash-flow"`) and downloads and pictures their file: `place_links` puts the primary keys in, once all pages exist.
Rich text holds only what Wagtail's editor can show again: h2, h3, p, b, ul, ol, li, a, br.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import markdown
import yaml

_FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n(.*)", re.S)
_FENCE = re.compile(r"^:::[ \t]*(\w*)[ \t]*$", re.M)
_TAG = re.compile(r"</?([a-z0-9]+)[^>]*>")
_HREF = re.compile(r'<a href="([^"]*)"')
_LOST_LIST = re.compile(r"(^|\n|<p>)([-*]|\d+\.) ")
_INLINE = {"p", "b", "a", "br"}
_TEXT = _INLINE | {"h2", "h3", "ul", "ol", "li"}


class Form(NamedTuple):
    """How a block is written in a file. `rich`: the keys that are Markdown."""

    block: str  # its name in the StreamField
    is_list: bool
    needed: set[str]
    optional: set[str] = frozenset()
    rich: set[str] = frozenset()


# {name in the file: form}
GUIDE_FORMS = {
    "steps": Form("steps", True, {"title"}, {"text"}, rich={"text"}),
    "fees": Form("fees", True, {"item", "amount"}, {"note"}),
    "documents": Form("documents", True, {"name"}, {"note"}),
    "time": Form("time", False, {"amount"}, {"note"}),
    "where": Form("where", True, {"place"}, {"note", "phone", "url"}),
    "law": Form("law", True, {"name"}, {"section"}),
    "warning": Form("warning", False, {"title", "text"}, rich={"text"}),
    "table": Form("table", False, {"caption", "head", "rows"}),
    "qa": Form("questions", True, {"question", "answer"}, rich={"answer"}),
    "download": Form("download", False, {"file", "title"}, {"note"}),
    "image": Form("picture", False, {"file", "alt"}, {"caption"}),
}
_FILE_KEYS = {"download": "document", "picture": "image"}

_GUIDE_KEYS = {"title", "slug", "code", "stages", "functions", "short_answer", "summary", "reviewed_on", "reviewed_by", "next_review"}
_GUIDE_LISTS = {"stages", "functions", "sectors", "provinces", "keywords", "programmes", "related", "change_notes"}


class FileError(ValueError):
    """A file that cannot be read as content. The message names the file and the reason."""

    def __init__(self, name: str, reason: str):
        self.reason = reason
        super().__init__(f"{name}: {reason}")


@dataclass(frozen=True)
class Text:
    """One file. `meta`: the front matter; `body`: [{"type": block, "value": …}]."""

    name: str
    meta: dict
    body: list[dict]


def read_guide(path: Path) -> Text:
    """A guide's file, its front matter complete: lists that were left out are empty, dates are dates, texts stripped."""
    text = parse_text(path.name, path.read_text(encoding="utf-8"))
    meta = text.meta
    if missing := sorted(key for key in _GUIDE_KEYS if not meta.get(key)):
        raise FileError(path.name, f"front matter lacks {', '.join(missing)}")
    if unknown := sorted(set(meta) - _GUIDE_KEYS - _GUIDE_LISTS):
        raise FileError(path.name, f"front matter has unknown {', '.join(unknown)}")
    if meta["slug"] != path.stem:
        raise FileError(path.name, f"slug {meta['slug']} is not the name of the file")
    for key in _GUIDE_LISTS:
        meta[key] = meta.get(key) or []
        if not isinstance(meta[key], list):
            raise FileError(path.name, f"{key} is not a list")
    for key in ("reviewed_on", "next_review"):
        if not isinstance(meta[key], dt.date):
            raise FileError(path.name, f"{key} is not a date such as 2026-10-15")
    for note in meta["change_notes"]:
        if not isinstance(note, dict) or set(note) != {"date", "significance", "note"}:
            raise FileError(path.name, "a change note needs date, significance and note")
    return text


def parse_text(name: str, source: str, forms: Mapping[str, Form] = GUIDE_FORMS) -> Text:
    """Front matter and body of a file called `name`, whose blocks have these forms. Raises FileError."""
    match = _FRONT_MATTER.fullmatch(source.replace("\r\n", "\n"))
    if not match:
        raise FileError(name, "no front matter between two lines of ---")
    meta = _load_yaml(name, "front matter", match[1])
    if not isinstance(meta, dict):
        raise FileError(name, "front matter is not a list of keys and values")
    body = parse_body(name, match[2], forms, lines_before=match[1].count("\n") + 3)
    return Text(name, {key: value.strip() if isinstance(value, str) else value for key, value in meta.items()}, body)


def parse_body(name: str, source: str, forms: Mapping[str, Form] = GUIDE_FORMS, *, lines_before: int = 0) -> list[dict]:
    """The blocks of a body in their order: Markdown between the fences becomes text blocks. Errors count the file's lines."""

    def line(fence: re.Match) -> int:
        return lines_before + source.count("\n", 0, fence.start()) + 1

    blocks, start, opened = [], 0, None
    for fence in _FENCE.finditer(source):
        part = source[start : fence.start()]
        if opened is None:
            if not fence[1]:
                raise FileError(name, f"line {line(fence)}: a block is closed that was not opened")
            _add_text(blocks, name, part)
            opened = fence
        else:
            if fence[1]:
                raise FileError(name, f"line {line(fence)}: block {opened[1]} is not closed")
            try:
                blocks.append(_parse_block(name, opened[1], part, forms))
            except FileError as error:
                raise FileError(name, f"line {line(opened)}: {error.reason}") from error
            opened = None
        start = fence.end()
    if opened is not None:
        raise FileError(name, f"line {line(opened)}: block {opened[1]} is not closed")
    _add_text(blocks, name, source[start:])
    return blocks


def to_rich_text(name: str, source: str, *, allowed: set[str] = _TEXT) -> str:
    """Markdown as Wagtail's rich text. Raises FileError on what the editor could not show again."""
    html = markdown.markdown(source, extensions=["sane_lists"], output_format="html")
    html = re.sub(r"<(/?)strong>", r"<\1b>", html)
    if found := _LOST_LIST.search(html):
        raise FileError(name, f"a list needs an empty line before it: {html[found.start() :][:60].strip()}")
    html = re.sub(r">\s*\n\s*<", "><", html).replace("\n", " ").strip()
    if strange := set(_TAG.findall(html)) - allowed:
        raise FileError(name, f"<{'>, <'.join(sorted(strange))}> is not allowed here: {source.strip()[:60]}")
    for target in _HREF.findall(html):
        if not target.startswith(("guide:", "page:")):
            raise FileError(name, f"link to {target}: only guide:… and page:… are allowed")
    return html


def place_links(name: str, body: list[dict], *, pages: Mapping[str, int], files: Mapping[str, int]) -> list[dict]:
    """The body with primary keys. pages: {"guide:cash-flow": pk}; files: {"cash-flow.xlsx": pk}."""

    def link(match: re.Match) -> str:
        if match[1] not in pages:
            raise FileError(name, f"link to {match[1]}, which does not exist")
        return f'<a linktype="page" id="{pages[match[1]]}"'

    def place(value):
        if isinstance(value, str):
            return _HREF.sub(link, value)
        if isinstance(value, list):
            return [place(part) for part in value]
        if isinstance(value, dict):
            return {key: place(part) for key, part in value.items()}
        return value

    placed = []
    for block in body:
        value = place(block["value"])
        if key := _FILE_KEYS.get(block["type"]):
            if value[key] not in files:
                raise FileError(name, f"there is no file {value[key]}")
            value[key] = files[value[key]]
        placed.append({"type": block["type"], "value": value})
    return placed


def without_links(body: list[dict]) -> list[dict]:
    """The body with its links as plain words and without its files: what can be stored before all pages exist."""

    def strip(value):
        if isinstance(value, str):
            return re.sub(r"</?a\b[^>]*>", "", value)
        if isinstance(value, list):
            return [strip(part) for part in value]
        return {key: strip(part) for key, part in value.items()}

    return [{"type": block["type"], "value": strip(block["value"])} for block in body if block["type"] not in _FILE_KEYS]


def files_named(body: list[dict]) -> list[tuple[str, dict]]:
    """(block, value) of every download and picture."""
    return [(block["type"], block["value"]) for block in body if block["type"] in _FILE_KEYS]


def _add_text(blocks: list[dict], name: str, source: str) -> None:
    if source.strip():
        blocks.append({"type": "text", "value": to_rich_text(name, source)})


def _parse_block(name: str, kind: str, source: str, forms: Mapping[str, Form]) -> dict:
    if kind not in forms:
        raise FileError(name, f"unknown block {kind}")
    block, is_list, needed, optional, _rich = form = forms[kind]
    data = _load_yaml(name, kind, source)
    if not isinstance(data, list if is_list else dict) or not data:
        raise FileError(name, f"{kind} is not a list of entries" if is_list else f"{kind} has no keys")
    values = []
    for entry in data if is_list else [data]:
        if not isinstance(entry, dict):
            raise FileError(name, f"{kind}: {entry!r} has no keys")
        if missing := sorted(key for key in needed if entry.get(key) in (None, "", [])):
            raise FileError(name, f"{kind} lacks {', '.join(missing)}")
        if unknown := sorted(set(entry) - needed - optional):
            raise FileError(name, f"{kind} has unknown {', '.join(map(str, unknown))}")
        values.append(_to_table(name, entry) if block == "table" else _to_value(name, form, entry))
    return {"type": block, "value": values if is_list else values[0]}


def _to_value(name: str, form: Form, entry: dict) -> dict:
    """Every key of the form; texts stripped, lists as lists of texts."""
    value = {}
    for key in form.needed | form.optional:
        found = entry.get(key)
        if isinstance(found, list):
            value[key] = [str(part).strip() for part in found]
            continue
        text = "" if found is None else str(found).strip()
        if key in form.rich:
            text = to_rich_text(name, text, allowed=_INLINE)
        value[_FILE_KEYS.get(form.block, key) if key == "file" else key] = text
    return value


def _to_table(name: str, entry: dict) -> dict:
    rows = [entry["head"], *entry["rows"]]
    for row in rows:
        if not isinstance(row, list) or len(row) != len(entry["head"]):
            raise FileError(name, f"table {entry['caption']}: row {row} has not {len(entry['head'])} cells")
        if any("|" in str(cell) for cell in row):
            raise FileError(name, f"table {entry['caption']}: a cell holds |, which parts the cells")
    head, *lines = [" | ".join(" ".join(str("" if cell is None else cell).split()) for cell in row) for row in rows]
    return {"caption": str(entry["caption"]).strip(), "head": head, "rows": "\n".join(lines)}


def _load_yaml(name: str, what: str, source: str):
    try:
        return yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise FileError(name, f"{what}: {' '.join(str(error).split())}") from error
