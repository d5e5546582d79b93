"""Measures the search on a folder in the BEIR layout; see `search/evaluation.py`."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from search.engines import EngineAway
from search.evaluation import ENGINES, BadFolder, evaluate, read_collection, write_run

HEAD = f"{'kind':<14} {'n':>5} {'nDCG@10':>8} {'R@10':>7} {'R@100':>7} {'MRR@10':>7} {'p50 ms':>7} {'p95 ms':>7} {'docs/s':>7}"


class Command(BaseCommand):
    help = "Indexes a folder in BEIR layout into a scratch index and prints how well its questions find what they should."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--engine", choices=ENGINES, default="embedded")
        parser.add_argument(
            "--kind", nargs="+", action="extend", default=[], metavar="NAME", help="only these kinds; `clean` is queries.jsonl"
        )
        parser.add_argument("--runs", type=Path, metavar="OUTDIR", help="write the 100 best per question as TREC runs")
        parser.add_argument("--json", type=Path, metavar="FILE", dest="json_file", help="write the table as JSON")

    def handle(self, *args, folder, engine, kind, runs, json_file, **options):
        if engine == "elasticsearch" and not settings.ELASTICSEARCH_URL:
            raise CommandError("ELASTICSEARCH_URL is not set")
        try:
            collection = read_collection(folder, kind)
            if runs:
                runs.mkdir(parents=True, exist_ok=True)
            self.stdout.write(f"{folder.name}: {len(collection.texts)} documents, engine {engine}\n{HEAD}")
            table = {}
            for name, scores in evaluate(collection, engine):
                table[name] = scores.as_json()
                self.stdout.write(
                    f"{name:<14} {scores.questions:>5} {scores.ndcg:>8.4f} {scores.recall_10:>7.4f} {scores.recall_100:>7.4f} {scores.mrr:>7.4f}"
                    f" {scores.p50_ms:>7.1f} {scores.p95_ms:>7.1f} {scores.docs_per_s:>7.0f}"
                )
                self.stdout.flush()
                if runs:
                    write_run(runs / f"{name}.trec", scores.runs, f"msme-{engine}")
        except (BadFolder, EngineAway) as error:
            raise CommandError(str(error)) from error
        if json_file:
            json_file.write_text(json.dumps(table, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
