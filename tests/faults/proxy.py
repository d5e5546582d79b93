"""Stands in front of a real Elasticsearch and misbehaves as it is told.

pass      everything goes through
refuse    nobody listens; open connections are cut
503, 429  every request is answered so
hang      a request is read and never answered
slow      answered after SLOW_SECONDS
garbage   200 and JSON that says nothing
html      200 and a page of somebody else's
cut       200 and half an answer
partial   of every bulk the documents with an odd number are not passed on, and said to be refused for the moment
"""

import contextlib
import http.client
import http.server
import json
import socket
import threading
import time
from urllib.parse import urlsplit

SLOW_SECONDS = 5.0
MODES = ("refuse", "503", "429", "hang", "slow", "garbage", "html", "cut", "partial")


class Proxy:
    def __init__(self, server: str):
        self.server = urlsplit(server)
        self.mode = "pass"
        self.requests: list[str] = []  # "GET /path", each that came, also those that were not passed on
        self._connections: set[socket.socket] = set()
        self._changed = threading.Event()
        self._http: http.server.ThreadingHTTPServer | None = None
        self._port = 0
        self._listen()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def set_mode(self, mode: str) -> None:
        before, self.mode = self.mode, mode
        self._changed.set()  # whoever hangs goes on, into a closed connection
        self._changed = threading.Event()
        if before == "refuse" and mode != "refuse":
            self._listen()
        elif mode == "refuse" and before != "refuse":
            self.close()

    def close(self) -> None:
        self._changed.set()
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                proxy._connections.add(self.connection)

            def finish(self):
                proxy._connections.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def handle(self):
                with contextlib.suppress(OSError):
                    super().handle()

            def answer(self):
                proxy._answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 50

        self._http = Server(("127.0.0.1", self._port), Handler)
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.requests.append(f"{handler.command} {handler.path}")
        mode, changed = self.mode, self._changed
        if mode == "hang":
            changed.wait(60)
            handler.close_connection = True
        elif mode in ("503", "429"):
            self._send(handler, int(mode), {"error": {"type": "es_rejected_execution_exception", "reason": "busy"}, "status": int(mode)})
        elif mode == "garbage":
            self._send(handler, 200, {"hits": {"hits": [7]}, "items": [[]], "acknowledged": "maybe"})
        elif mode == "html":
            self._write(handler, 200, b"<html>Welcome to nginx</html>", {"Content-Type": "text/html"})
        else:
            if mode == "slow":
                changed.wait(SLOW_SECONDS)
            spoilt = []
            if mode == "partial" and "_bulk" in handler.path:
                body, spoilt = take_out_odd(body)
            if spoilt and not body:
                self._send(handler, 200, {"took": 0, "errors": True, "items": spoilt})
                return
            status, headers, answer = self._pass_on(handler, body)
            if spoilt:
                said = json.loads(answer)
                answer = json.dumps(said | {"errors": True, "items": said["items"] + spoilt}).encode()
            self._write(handler, status, answer, headers, only=len(answer) // 2 if mode == "cut" else None)

    def _pass_on(self, handler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.server.hostname, self.server.port, timeout=60)
        try:
            headers = {
                name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection", "accept-encoding")
            }
            connection.request(handler.command, handler.path, body=body, headers=headers | {"Content-Length": str(len(body))})
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() in ("content-type", "x-elastic-product")}
            return answer.status, kept, answer.read()
        finally:
            connection.close()

    def _send(self, handler, status: int, body: dict) -> None:
        self._write(handler, status, json.dumps(body).encode(), {"Content-Type": "application/json", "X-Elastic-Product": "Elasticsearch"})

    def _write(self, handler, status: int, body: bytes, headers: dict[str, str], *, only: int | None = None) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body if only is None else body[:only])
            handler.wfile.flush()
        if only is not None:
            handler.close_connection = True


def take_out_odd(body: bytes) -> tuple[bytes, list[dict]]:
    """A bulk without the documents whose number is odd, and what is said of these."""
    lines, kept, spoilt = iter(body.splitlines()), [], []
    for line in lines:
        ((action, said),) = json.loads(line).items()
        operation = [line] if action == "delete" else [line, next(lines)]
        if int(said["_id"].split(":")[1]) % 2:
            spoilt.append({action: {"_id": said["_id"], "status": 429, "error": {"type": "es_rejected_execution_exception"}}})
        else:
            kept += operation
    return b"".join(line + b"\n" for line in kept), spoilt


def wait_until(is_true, *, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_true():
            return True
        time.sleep(0.02)
    return False
