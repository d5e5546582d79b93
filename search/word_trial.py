"""`python -m search.word_trial`: what a dictionary word changes, in a process of its own, without a database.

Reads from its input, as JSON: the editors' words `before` and `after`, synonym `sets` [[term, lines, kind], …],
`questions`, `documents` [[kind, number, {text: words}], …] and how many results are `first`. Its last line of output has
for both states the first results of each question, [[key, title], …], and how many documents were `cut` anew.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import django


def main() -> None:
    django.setup()
    work = json.load(sys.stdin)
    folder = Path(tempfile.mkdtemp(prefix="msme-word-"))
    try:
        answer = run_trial(work, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(answer))


def run_trial(work: dict, folder: Path) -> dict:
    from search import thai
    from search.documents import ANY, FACETS, Content, cut_content
    from search.engines.tantivy_engine import TantivyEngine
    from search.knowledge import has_word
    from search.models import Document, SynonymSet

    def make(number: int, version: int) -> Document:
        kind, object_id, texts = work["documents"][number]
        content = Content(texts["title"], texts.get("summary", ""), texts.get("keywords", ""), texts.get("body", ""))
        facets = {"type": [kind]} | {name: [ANY] for name in FACETS}
        return Document(kind=kind, object_id=object_id, is_public=True, facets=facets, version=version, **cut_content(content))

    sets = [SynonymSet(term=term, equivalents="\n".join(lines), kind=kind) for term, lines, kind in work["sets"]]
    engine = TantivyEngine(folder)
    thai.use_words(frozenset(work["before"]))
    rows = {row.key: row for row in (make(number, 1) for number in range(len(work["documents"])))}
    engine.rebuild(lambda: iter([list(rows)]), lambda keys: [rows[key] for key in keys])
    before = _ask_all(work, engine, sets, frozenset(work["before"]))
    thai.use_words(frozenset(work["after"]))
    changed = set(work["before"]) ^ set(work["after"])
    due = {row.key: number for number, row in enumerate(rows.values()) if has_word(row, changed)}
    anew = {key: make(number, 2) for key, number in due.items()}
    anew = {key: row for key, row in anew.items() if row.words != rows[key].words}
    rows |= anew
    engine.write(list(anew), lambda keys: [rows[key] for key in keys])
    return {"before": before, "after": _ask_all(work, engine, sets, frozenset(work["after"])), "cut": len(anew)}


def _ask_all(work: dict, engine, sets: list, own: frozenset[str]) -> list[list[tuple[str, str]]]:
    from search import thai
    from search.knowledge import build_knowledge
    from search.plan import make_plan
    from search.readings import read_question
    from search.vocabulary import read_vocabulary

    known = build_knowledge(own, sets)
    vocabulary = read_vocabulary(engine)
    found = []
    for text in work["questions"]:
        question = read_question(text, vocabulary=vocabulary, known=known)
        plan = make_plan(question, vocabulary=vocabulary, known=known, limit=work["first"], is_marked=False)
        hits = engine.search(plan).hits if question.words else ()
        found.append([(hit.key, hit.texts["title"].replace(thai.JOINER, "")) for hit in hits])
    return found


if __name__ == "__main__":
    main()
