"""The certificate as one A4 sheet (PDF, WeasyPrint). A copy for the wall: the page behind its QR is what counts.

The two font files of a weight must not share a family name: WeasyPrint would print Latin letters as Thai ones
(stack.md §3.3).
"""

import logging
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from courses import badges
from courses.models import Certificate

logger = logging.getLogger(__name__)
_FONTS = settings.BASE_DIR / "static" / "fonts"
_STRIPES = 27  # of 11 mm over 297 mm, so that the awning begins and ends with the same colour
_COLOUR = re.compile(r"\.stage-(\w+)\s*\{\s*--awning: (#\w+);\s*--wash: (#\w+);\s*--stage-text: (#\w+)")
_DEFAULT = ("#006449", "#f6f3ea", "#006449")  # the action green on plaster, as a page without a stage has


@lru_cache(maxsize=1)
def is_available() -> bool:
    """Whether the system's libraries that WeasyPrint needs are there (docs/operations.md)."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        logger.warning("Certificates have no PDF here: %s", str(error).splitlines()[0])
        return False
    return True


def make_pdf(certificate: Certificate) -> bytes:
    """One sheet, in Thai whatever the page's language."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    class OwnFonts(URLFetcher):
        """Nothing but our fonts and what stands in the document itself is fetched."""

        def fetch(self, url, headers=None):
            if not url.startswith(("data:", f"{_FONTS.as_uri()}/")):
                raise ValueError(f"{url} is not ours")
            return super().fetch(url, headers)

    with translation.override("th"):
        html = render_to_string("courses/certificate_pdf.html", _describe(certificate))
    return HTML(string=html, url_fetcher=OwnFonts()).write_pdf(pdf_variant="pdf/ua-1")


def _describe(certificate: Certificate) -> dict:
    stage = certificate.course.stages.order_by("order").first() if certificate.course else None
    awning, wash, text = read_colours(settings.BASE_DIR / "static" / "tokens.css").get(stage.code if stage else "", _DEFAULT)
    address = badges.page_address(certificate)
    return {
        "certificate": certificate,
        "fonts": _FONTS.as_uri(),
        "awning": awning,
        "wash": wash,
        "text": text,
        "stripes": range(0, _STRIPES, 2),
        "address": address,
        "qr": segno.make(address, error="m").svg_data_uri(border=0, scale=4),
        "name_parts": certificate.name.split(),
        "name_size": _find_size(certificate.name, ((22, 40), (38, 30), (60, 24), (0, 19))),
        "course_size": _find_size(certificate.course_title, ((45, 24), (90, 19), (150, 16), (0, 13))),
        "site_name": settings.WAGTAIL_SITE_NAME,
        "is_demo": certificate.is_demo or settings.DEMO,
    }


def _find_size(text: str, sizes: tuple[tuple[int, int], ...]) -> int:
    """Points for a text. sizes: ((most letters, points), …), the last one for all that is longer. Marks take no width."""
    letters = sum(not unicodedata.category(letter).startswith("M") for letter in text)
    return next((points for most, points in sizes if letters <= most), sizes[-1][1])


@lru_cache(maxsize=1)
def read_colours(tokens: Path) -> dict[str, tuple[str, str, str]]:
    """{stage: (awning, wash, text)} of the light scheme, from the only place where colours are named."""
    light = tokens.read_text(encoding="utf-8").partition("prefers-color-scheme: dark")[0]
    return {code: (awning, wash, text) for code, awning, wash, text in _COLOUR.findall(light)}
