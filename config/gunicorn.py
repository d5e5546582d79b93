"""The web server. How many processes is said on the command line: one beside SQLite, more beside PostgreSQL."""

import contextlib
import gc
import os
import re

from gunicorn.glogging import Logger

worker_class = "gthread"  # pages wait for the database and the search engine, not for the processor
threads = 8
timeout = 60
graceful_timeout = 20
keepalive = 5
# No bound here: gunicorn's largest is 8190 bytes, a question of 900 Thai letters. The proxy in front bounds the line
# (docs/operations.md); without it this parser stops at 1 MB with its headers. What is read of a question, Django bounds.
limit_request_line = 0
preload_app = True  # the dictionary is read once, before the fork, and its memory shared
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # a heartbeat on a slow disk looks like a hang
no_control_socket = True  # nobody uses it, and it would write into the home folder
accesslog = None if os.environ.get("DEMO") else "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s %(M)sms"  # the path without its query: what people typed stays out
errorlog = "-"
_SECRET_PATHS = re.compile(r"(/ask/received/)[^/]+")


class MaskingLogger(Logger):
    """The address of a receipt is its key: whoever reads the log must not open it."""

    def atoms(self, resp, req, environ, request_time):
        atoms = super().atoms(resp, req, environ, request_time)
        return atoms | {"U": _SECRET_PATHS.sub(r"\1…", atoms["U"] or "")}


logger_class = MaskingLogger
loglevel = "warning" if os.environ.get("DEMO") else "info"


def warm_up() -> None:
    """What the first visitor would otherwise wait a second or two for. Opens no connection: the fork comes after."""
    from django.urls import get_resolver

    from search import thai

    get_resolver().url_patterns  # noqa: B018 (reading it imports every view)
    thai.cut("อุ่นเครื่อง")


def post_worker_init(worker: object) -> None:
    """What needs a connection, after the fork: the editors' words and those of the index. Away: the first question reads them."""
    from django.db import DatabaseError, connections

    from search.knowledge import knowledge
    from search.vocabulary import current_vocabulary

    with contextlib.suppress(DatabaseError):
        knowledge()
    current_vocabulary().neighbours(())
    connections.close_all()


def when_ready(server: object) -> None:
    warm_up()
    gc.collect()
    gc.freeze()  # else the first collection in each worker copies the shared memory
