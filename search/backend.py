"""Wagtail's admin search (explorer, choosers, snippets) finds Thai words: the question is cut like the documents.

Objects that have search documents are found by the words of their rows, drafts included; all objects by their text
columns, word by word. Nothing is written when a page is published beyond the row that the public search needs.
"""

from django.db.models import Model, Q, QuerySet
from modelsearch.backends.database.fallback import MATCH_NONE, DatabaseSearchBackend, DatabaseSearchQueryCompiler
from modelsearch.query import Fuzzy, Phrase, PlainText

from search import thai
from search.plan import smallest_parts
from search.readings import MOST_WORDS


class ThaiQueryCompiler(DatabaseSearchQueryCompiler):
    def build_database_filter(self, query, boost=1.0):
        if not isinstance(query, PlainText | Phrase | Fuzzy):
            return super().build_database_filter(query, boost=boost)
        text = thai.repair(query.query_string[:1000])
        words = thai.find_words(text)[:MOST_WORDS]
        if not words:
            return MATCH_NONE
        in_columns = Q()
        for word in words:
            in_columns &= self.build_single_term_filter(text[word.start : word.end])
        found = Q(pk__in=find_documents(self.queryset.model, [word.term for word in words]))
        return found | in_columns if self.fields_names else found


def find_documents(model: type[Model], terms: list[str]) -> QuerySet:
    """The ids of the objects of `model` whose documents hold every term: as a beginning of a word, or all its parts."""
    from search.documents import kinds
    from search.models import Document

    codes = [code for code, kind in kinds().items() if issubclass(kind.model, model) or issubclass(model, kind.model)]
    rows = Document.objects.filter(kind__in=codes)
    for term in terms:
        holds = Q(terms__contains=f" {term}")
        parts = smallest_parts(term)
        if parts:
            together = Q()
            for part in parts:
                together &= Q(terms__contains=f" {part} ")
            holds |= together
        rows = rows.filter(holds)
    return rows.values("object_id")


class ThaiSearchBackend(DatabaseSearchBackend):
    query_compiler_class = ThaiQueryCompiler
    autocomplete_query_compiler_class = ThaiQueryCompiler


SearchBackend = ThaiSearchBackend
