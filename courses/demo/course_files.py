"""Reads courses written as files: course.yaml, lessons in Markdown with typed blocks, quizzes and learning paths in YAML. Pure.

What comes out is the raw form of the StreamFields of `courses.blocks`, save that blocks still name what they show (a
guide by its slug, a quiz by its code, a file by its name); `courses.demo.load` puts the primary keys in. Every block,
question and option has an id made of its names, so that loading a text again keeps answers and notes at their places.
"""

import datetime as dt
import re
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from kb.demo.guide_files import GUIDE_FORMS, FileError, Form, Text, parse_text, to_rich_text
from kb.facts import REFERENCE

LESSON_FORMS = GUIDE_FORMS | {
    "guide": Form("guide", False, {"slug"}, {"sections"}),
    "task": Form("task", False, {"title", "text", "minutes"}, rich={"text"}),
    "quiz": Form("quiz", False, {"code"}),
    "video": Form("video", False, {"file", "title"}),
    "audio": Form("audio", False, {"file", "title"}),
}
_COURSE_KEYS = {
    "title", "slug", "code", "stage", "functions", "level", "summary", "goals",
    "owner", "reviewed_on", "next_review", "chapters",
}  # fmt: skip
_COURSE_LISTS = {"functions", "goals", "chapters", "prerequisites", "programmes", "keywords"}
_LESSON_KEYS = {"title", "slug", "minutes", "goals"}
_QUIZ_KEYS = {"title": str, "pass_percent": int, "attempts": int, "minutes": int, "feedback": str, "pool": int, "shuffle": bool}
# what a question of each kind has besides code, kind and text
_QUESTION_KEYS = {
    "single": {"options"},
    "multiple": {"options"},
    "true_false": {"options"},
    "order": {"steps"},
    "number": {"answer"},
    "short": {"accepted"},
    "match": {"pairs"},
    "case": {"case", "parts"},
}
_QUESTION_EXTRAS = {"points", "explanation", "tolerance", "unit", "skips"}
_TRUE, _FALSE = "จริง", "ไม่จริง"
# (kind of thing, how the line that names it begins), by the block it stands in
_NAMED = {"guide": ("guide", "slug"), "quiz": ("quiz", "code"), "video": ("media", "file"), "audio": ("media", "file")}
_GUIDE_LINK = re.compile(r"\]\(guide:([\w-]+)\)")


@dataclass(frozen=True)
class CourseFile:
    """course.yaml. `chapters`: [{"title", "lessons": [slug]}]; `prerequisites`: [{"course": slug, "kind"}]."""

    name: str
    meta: dict


@dataclass(frozen=True)
class QuizFile:
    """Fields of courses.Quiz; `questions` raw. `skips`: {code of a question: items of the path that it proves}."""

    name: str
    fields: dict
    questions: list[dict]
    skips: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class PathFile:
    """One entry of paths.yaml. `items`: [{"type", "id", "value"}], proofs in their places."""

    slug: str
    meta: dict
    items: list[dict]
    placement: QuizFile | None


def name_id(*names: object) -> str:
    """The id of a block: the same for the same names."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(str(name) for name in ("courses", *names))))


# Courses and lessons


def read_course(path: Path) -> CourseFile:
    name = f"{path.parent.name}/{path.name}"
    meta = _load(name, path.read_text(encoding="utf-8"))
    _check_keys(name, meta, needed=_COURSE_KEYS, known=_COURSE_KEYS | _COURSE_LISTS | {"completion_text"})
    if meta["slug"] != path.parent.name:
        raise FileError(name, f"slug {meta['slug']} is not the name of the folder")
    for key in _COURSE_LISTS:
        meta[key] = meta.get(key) or []
        if not isinstance(meta[key], list):
            raise FileError(name, f"{key} is not a list")
    for key in ("reviewed_on", "next_review"):
        if not isinstance(meta[key], dt.date):
            raise FileError(name, f"{key} is not a date such as 2026-10-15")
    listed = [slug for chapter in meta["chapters"] for slug in chapter["lessons"]]
    there = {found.stem for found in path.parent.glob("*.md")}
    if wrong := sorted(set(listed) ^ there):
        raise FileError(name, f"chapters and files do not agree on {', '.join(wrong)}")
    return CourseFile(name, {key: value.strip() if isinstance(value, str) else value for key, value in meta.items()})


def read_lesson(path: Path) -> Text:
    """A lesson's file; its blocks with ids. `goals` is a list of sentences."""
    name = f"{path.parent.name}/{path.name}"
    text = parse_text(name, path.read_text(encoding="utf-8"), LESSON_FORMS)
    _check_keys(name, text.meta, needed=_LESSON_KEYS, known=_LESSON_KEYS | {"change_notes"})
    text.meta.setdefault("change_notes", [])
    if text.meta["slug"] != path.stem:
        raise FileError(name, f"slug {text.meta['slug']} is not the name of the file")
    if not isinstance(text.meta["goals"], list):
        raise FileError(name, "goals is not a list")
    for note in text.meta["change_notes"]:
        if not isinstance(note, dict) or set(note) != {"date", "significance", "note"}:
            raise FileError(name, "a change note needs date, significance and note")
    counts: dict[str, int] = {}
    body = []
    for block in text.body:
        counts[block["type"]] = number = counts.get(block["type"], 0) + 1
        value = block["value"]
        if block["type"] == "guide":
            value = value | {"sections": value["sections"] or []}
        body.append({"type": block["type"], "value": value, "id": name_id(path.parent.name, path.stem, block["type"], number)})
    return Text(name, text.meta, body)


def check_names(name: str, source: str, **known: Collection[str]) -> None:
    """Raises FileError with the line of the first thing that the text names and that is not known. known: {kind: names}."""
    for line, kind, found in names_in(source):
        if found not in known.get(kind, ()):
            raise FileError(name, f"line {line}: there is no {kind} {found}")


def names_in(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, "fact" | "guide" | "quiz" | "media", name) of everything that the source of a lesson or quiz names."""
    block = ""
    for line, text in enumerate(source.splitlines(), start=1):
        if text.startswith(":::"):
            block = text.strip(": \t")
        elif block in _NAMED and text.startswith(f"{_NAMED[block][1]}:"):
            yield line, _NAMED[block][0], text.partition(":")[2].strip()
        yield from ((line, "fact", match[1]) for match in REFERENCE.finditer(text))
        yield from ((line, "guide", match[1]) for match in _GUIDE_LINK.finditer(text))


# Quizzes


def read_quiz(path: Path) -> QuizFile:
    """A quiz's file. Its code is the name of the file."""
    name, source = f"{path.parent.name}/{path.name}", path.read_text(encoding="utf-8")
    return to_quiz(name, path.name.removesuffix(".quiz.yaml"), _load(name, source), source)


def to_quiz(name: str, code: str, entry: dict, source: str = "") -> QuizFile:
    """`entry` as in the file; `source` is where line numbers are found."""
    _check_keys(name, entry, needed={*_QUIZ_KEYS, "questions"}, known={*_QUIZ_KEYS, "questions", "intro"})
    for key, kind in _QUIZ_KEYS.items():
        if type(entry[key]) is not kind:
            raise FileError(name, f"{key} is not {'a number' if kind is int else 'true or false' if kind is bool else 'a text'}")
    fields = {
        "code": code,
        "title": entry["title"].strip(),
        "intro": (entry.get("intro") or "").strip(),
        "max_attempts": entry["attempts"],
        "is_shuffled": entry["shuffle"],
        **{key: entry[key] for key in ("pass_percent", "minutes", "feedback", "pool")},
    }
    questions = [_to_question(name, code, told, source) for told in entry["questions"]]
    skips = {told["code"]: told["skips"] for told in entry["questions"] if told.get("skips")}
    return QuizFile(name, fields, questions, skips)


def _to_question(name: str, quiz: str, told: dict, source: str) -> dict:
    """One question, raw. Raises FileError with the line of its code."""

    def refuse(reason: str):
        line = next((number for number, text in enumerate(source.splitlines(), start=1) if re.search(rf"code: *{code}\s*$", text)), 0)
        raise FileError(name, f"{f'line {line}: ' if line else ''}question {code}: {reason}")

    code = str(told.get("code") or "")
    kind = told.get("kind")
    if kind not in _QUESTION_KEYS:
        refuse(f"unknown kind {kind}")
    needed = {"code", "kind", "text", *_QUESTION_KEYS[kind]}
    if missing := sorted(key for key in needed if told.get(key) in (None, "", [])):
        refuse(f"lacks {', '.join(missing)}")
    if unknown := sorted(set(told) - needed - _QUESTION_EXTRAS):
        refuse(f"has unknown {', '.join(unknown)}")
    value = {
        "code": code,
        "text": str(told["text"]).strip(),
        "image": None,
        "alt": "",
        "explanation": str(told.get("explanation") or "").strip(),
        "points": told.get("points", 1),
    }

    def items(key: str, values: list) -> list[dict]:
        return [{"type": "item", "id": name_id(quiz, code, key, at), "value": one} for at, one in enumerate(values, start=1)]

    if kind in ("single", "multiple", "true_false"):
        for option in told["options"]:
            if set(option) != {"text", "right", "why"} or not str(option["why"] or "").strip():
                refuse(f"an option needs text, right and why, not {option}")
    if kind in ("single", "multiple"):
        options = [
            {"text": str(one["text"]).strip(), "image": None, "alt": "", "is_right": one["right"], "why": one["why"].strip()}
            for one in told["options"]
        ]
        value["options"] = items("option", options)
    elif kind == "true_false":
        by_text = {str(one["text"]).strip(): one for one in told["options"]}
        if set(by_text) != {_TRUE, _FALSE} or by_text[_TRUE]["right"] is by_text[_FALSE]["right"]:
            refuse(f"needs the options {_TRUE} and {_FALSE}, one of them right")
        value |= {
            "is_true": by_text[_TRUE]["right"],
            "why_true": by_text[_TRUE]["why"].strip(),
            "why_false": by_text[_FALSE]["why"].strip(),
        }
    elif kind == "order":
        value["steps"] = items("step", [str(step).strip() for step in told["steps"]])
    elif kind == "number":
        value |= {"answer": str(told["answer"]), "tolerance": str(told.get("tolerance") or 0), "unit": str(told.get("unit") or "").strip()}
    elif kind == "short":
        value["accepted"] = items("accepted", [str(word).strip() for word in told["accepted"]])
    elif kind == "match":
        value["pairs"] = items("pair", [{"left": str(left).strip(), "right": str(right).strip()} for left, right in told["pairs"]])
    else:
        value["story"] = to_rich_text(name, str(told["case"]), allowed={"p", "b", "ul", "ol", "li"})
        value["parts"] = [_to_question(name, quiz, part, source) for part in told["parts"]]
    return {"type": kind, "id": name_id(quiz, code), "value": value}


# Learning paths


def read_paths(path: Path) -> list[PathFile]:
    return [_to_path(path.name, entry) for entry in _load(path.name, path.read_text(encoding="utf-8"), kind=list)]


def _to_path(name: str, entry: dict) -> PathFile:
    """The placement test asks all its questions in their order and says what was right at the end."""
    keys = {"slug", "stage", "title", "summary", "items"}
    _check_keys(name, entry, needed=keys, known=keys | {"placement"})
    slug, placement, proofs = entry["slug"], None, {}
    if told := entry.get("placement"):
        rules = {"pass_percent": 100, "attempts": 0, "minutes": 0, "feedback": "at_end", "pool": 0, "shuffle": False}
        placement = to_quiz(f"{name} {slug}", f"{slug}-placement", rules | told)
        for code, items in placement.skips.items():
            for item in items:
                proofs.setdefault(item, []).append(code)
    ids = [item["id"] for item in entry["items"]]
    if wrong := sorted(set(proofs) - set(ids)):
        raise FileError(name, f"{slug}: the placement test skips {', '.join(wrong)}, which the path does not have")
    items = []
    for item in entry["items"]:
        if item["kind"] in ("task", "programme") and item["id"] in proofs:
            raise FileError(name, f"{slug}: {item['id']} is to be done, no answer proves it")
        value = {"note": item.get("note", ""), "proofs": _proof_items(slug, item["id"], proofs)}
        if item["kind"] == "task":
            value["task"] = {"text": item["text"], "minutes": item["minutes"]}
        else:  # the name of what it is; the loader puts the key
            value["named"] = item["code"] if item["kind"] == "programme" else "/".join(filter(None, (item.get("course"), item["slug"])))
        items.append({"type": item["kind"], "id": name_id(slug, item["id"]), "value": value})
    return PathFile(slug, {key: str(entry[key]).strip() for key in ("title", "stage", "summary")}, items, placement)


def _proof_items(slug: str, item: str, proofs: dict[str, list[str]]) -> list[dict]:
    return [{"type": "item", "id": name_id(slug, item, code), "value": code} for code in proofs.get(item, [])]


# YAML


def _load(name: str, source: str, *, kind: type = dict):
    try:
        data = yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise FileError(name, " ".join(str(error).split())) from error
    if not isinstance(data, kind):
        raise FileError(name, f"is not a {'list' if kind is list else 'list of keys and values'}")
    return data


def _check_keys(name: str, data: dict, *, needed: set[str], known: set[str]) -> None:
    if missing := sorted(key for key in needed if data.get(key) in (None, "", [])):
        raise FileError(name, f"lacks {', '.join(missing)}")
    if unknown := sorted(set(data) - known):
        raise FileError(name, f"has unknown {', '.join(unknown)}")
