import logging
import sys

from django.core.management.base import BaseCommand

from home.demo.load import Refused, describe_sign_ins, load_demo
from kb.demo.guide_files import FileError


class Command(BaseCommand):
    help = "Loads the demonstration content, people and cases into the demonstration's own database. Safe to repeat."
    requires_system_checks = []  # they take longer than a run that finds nothing to do

    def add_arguments(self, parser):
        parser.add_argument("--print-sign-ins", action="store_true", help="load nothing; print one sign-in for each role")

    def handle(self, *args, print_sign_ins, **options):
        for name in ("wagtail", "django_tasks"):  # they report every page; our own lines are the progress
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            if print_sign_ins:
                self.stdout.write(describe_sign_ins())
            else:
                load_demo(self.say)
        except (Refused, FileError) as error:
            self.stderr.write(str(error))
            sys.exit(1)

    def say(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()
