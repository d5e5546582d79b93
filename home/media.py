"""Uploaded files where no web server stands in front of us: the demonstration, development, tests."""

import re
from collections.abc import Iterator
from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.views.static import serve

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_PIECE = 64 * 1024


def serve_media(request, path: str):
    """A file of MEDIA_ROOT, or the part that `Range` asks for (RFC 9110 §14): a player jumps by it, and Safari plays nothing without.

    Anything but one well-formed range is answered with the whole file, as the RFC allows.
    """
    whole = serve(request, path, document_root=settings.MEDIA_ROOT)
    if whole.status_code != HTTPStatus.OK:
        return whole
    whole["Accept-Ranges"] = "bytes"
    asked, size = _RANGE.fullmatch(request.headers.get("Range", "")), int(whole["Content-Length"])
    if not asked or asked[0] == "bytes=-" or request.headers.get("If-Range", whole["Last-Modified"]) != whole["Last-Modified"]:
        return whole
    first, last = _read_range(*asked.groups(), size)
    if first > last:
        if asked[1] and asked[2] and int(asked[1]) > int(asked[2]):
            return whole
        whole.close()
        return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{size}"})
    part = StreamingHttpResponse(_read_part(whole, first, last - first + 1), status=HTTPStatus.PARTIAL_CONTENT)
    for name, value in whole.items():
        part[name] = value
    part["Content-Range"], part["Content-Length"] = f"bytes {first}-{last}/{size}", str(last - first + 1)
    return part


def _read_range(first: str, last: str, size: int) -> tuple[int, int]:
    """The places of the first and the last byte; `first` empty: so many bytes from the end."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _read_part(whole, first: int, length: int) -> Iterator[bytes]:
    file = whole.file_to_stream
    try:
        file.seek(first)
        while length and (piece := file.read(min(_PIECE, length))):
            length -= len(piece)
            yield piece
    finally:
        whole.close()
