"""WebVTT captions as lines to read. Pure."""

import re
from html import unescape
from typing import NamedTuple

_TIMES = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d\d)[.,]\d{1,3}\s*-->")
_TAG = re.compile(r"<[^>]*>")


class Cue(NamedTuple):
    """`second`: where it begins. `text`: in words, without markup."""

    second: int
    text: str

    @property
    def time(self) -> str:
        """`1:05`, from an hour up `1:00:05`."""
        minutes, seconds = divmod(self.second, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def read_captions(text: str) -> list[Cue]:
    """The cues in order; [] when the text is no WebVTT. A cue that cannot be read is left out."""
    if not text.lstrip("\ufeff").startswith("WEBVTT"):
        return []
    cues = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.split("\n")
        at = next((number for number, line in enumerate(lines) if _TIMES.match(line.strip())), None)
        if at is None:
            continue
        hours, minutes, seconds = _TIMES.match(lines[at].strip()).groups()
        words = " ".join(unescape(_TAG.sub("", line)).strip() for line in lines[at + 1 :] if line.strip())
        if words:
            cues.append(Cue(int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds), words))
    return sorted(cues, key=lambda cue: cue.second)
