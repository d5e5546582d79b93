"""What the access log must not hold."""

import datetime as dt
from types import SimpleNamespace

from gunicorn.config import Config

from config.gunicorn import MaskingLogger


def test_access_log_masks_the_key_of_a_receipt():
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/en/ask/received/s3cr3t-k3y/copy.txt", "RAW_URI": "/x", "SERVER_PROTOCOL": "HTTP/1.1"}
    response = SimpleNamespace(status="200 OK", sent=10, headers=[])
    request = SimpleNamespace(headers=[])

    atoms = MaskingLogger(Config()).atoms(response, request, environ, dt.timedelta(seconds=1))

    assert atoms["U"] == "/en/ask/received/…/copy.txt"
