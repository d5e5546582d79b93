"""The small tables that every page needs (stages, functions, sectors, provinces), read once a minute per process.

A page names stages and functions many times; asking the database each time would cost four queries a page.
A saved change is seen at once by the process that made it and within `SECONDS` by the others.
"""

from django.core.cache import cache
from django.db.models.signals import m2m_changed, post_delete, post_save

from business.models import BusinessFunction, Province, Sector, Stage, StageScheme

SECONDS = 60
_KEY = "business.vocabulary.{}"
_QUERIES = {
    "stages": lambda: Stage.objects.filter(scheme__is_current=True),
    "functions": BusinessFunction.objects.all,
    "sectors": Sector.objects.all,
    "provinces": Province.objects.all,
}


def _read(kind: str) -> dict:
    """{code: row} in order."""
    rows = cache.get(_KEY.format(kind))
    if rows is None:
        rows = {row.iso if kind == "provinces" else row.code: row for row in _QUERIES[kind]()}
        cache.set(_KEY.format(kind), rows, SECONDS)
    return rows


def stages() -> dict[str, Stage]:
    return _read("stages")


def functions() -> dict[str, BusinessFunction]:
    return _read("functions")


def sectors() -> dict[str, Sector]:
    return _read("sectors")


def provinces() -> dict[str, Province]:
    return _read("provinces")


def forget(**signal) -> None:
    cache.delete_many([_KEY.format(kind) for kind in _QUERIES])


for _model in (StageScheme, Stage, BusinessFunction, Sector, Province):
    for _signal in (post_save, post_delete):
        _signal.connect(forget, sender=_model, dispatch_uid=f"vocabulary-{_model.__name__}-{id(_signal)}")
m2m_changed.connect(forget, sender=Stage.equivalents.through, dispatch_uid="vocabulary-equivalents")
