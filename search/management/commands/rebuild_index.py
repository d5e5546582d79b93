"""Brings documents and index level with the database; `make run` calls it at each start."""

import time

from django.core.management.base import BaseCommand, CommandError

from search import sync
from search.engines import EngineAway
from search.models import Document
from search.suggest import write_lists


class Command(BaseCommand):
    help = "Builds what is missing of the search documents (cutting only what changed), then the index."

    def add_arguments(self, parser):
        parser.add_argument("--full", action="store_true", help="fill a new index even when the present one is level")

    def handle(self, *args, full=False, **options):
        started = time.monotonic()
        self.stdout.write("เอกสารค้นหา / search documents")
        try:
            drift = sync.reconcile(report=self.report)
            if full:
                sync.rebuild_index(report=lambda done: self.stdout.write(f"  index {done}"))
            write_lists()
        except EngineAway as error:
            raise CommandError(f"the search index cannot be written: {error}") from error
        for name, reason in drift.away.items():  # the others answer; the clock's sweep fills it when it is back
            self.stdout.write(
                self.style.WARNING(f"  {name} ยังไม่พร้อม ระบบจะเติมให้เองเมื่อกลับมา / is away and will be filled by itself: {reason}")
            )
        number = Document.objects.public().count()
        changed = len(drift.rewritten | drift.removed | drift.exposed)
        self.stdout.write(
            f"ดัชนีพร้อม {number} รายการ เปลี่ยน {changed} / index ready: {number}, changed {changed} ({time.monotonic() - started:.1f} s)"
        )

    def report(self, kind: str, done: int, total: int) -> None:
        self.stdout.write(f"  {kind} {done}/{total}")
