"""Certificates: issued once for a finished course, found by a number that can be read on the telephone, revoked by a person.

A certificate belongs to the person, not to the account: it keeps a copy of what it says, so it stays valid and can be
checked when the account, the course or the progress is gone. Whoever wants his name off the public page asks for it to
be revoked: a revoked certificate shows no name.
"""

import re
import secrets
import unicodedata

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from courses import badges
from courses.models import Certificate, CoursePage, Learner, Progress
from courses.outline import public_courses, read_outline
from courses.progress import CourseProgress, measure_courses, settle_courses
from search import thai
from users.formats import to_arabic_digits
from users.limits import DAY, HOUR, Limits

NAME_LONGEST = Certificate._meta.get_field("name").max_length
# {what is counted: (numbers that do not exist, seconds)}. A slip of the pen does not count: its check character is wrong.
LIMITS = Limits("courses.certificates", {"person": (100, DAY), "address": (300, HOUR)})
_TRIES = 5


class NotFinished(Exception):
    """The course is not finished. `measured`: how far the learner is."""

    def __init__(self, measured: CourseProgress):
        super().__init__(f"{measured.done} of {measured.total} lessons are finished")
        self.measured = measured


class NotSignedIn(Exception):
    """A visitor has no name that could be kept."""


class NotOffered(Exception):
    """The course gives no certificate, or the public may not see it."""


class Refused(Exception):
    """It was issued and revoked, for good."""


class TooManyMisses(Exception):
    """This sender asks for one number after another that does not exist."""


# The number: 12 letters and digits of Crockford's alphabet (without I, L, O, U), in three groups; the last one checks.

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH, _GROUP = 12, 4
_LOOKS_LIKE = str.maketrans("ILOU", "110V")
_ADDRESS = re.compile(r"/certificates/([^/?#]+)")
_BETWEEN = re.compile(r"[\W_]+")


def draw_number() -> str:
    """A new number, `7K3M-9QPX-2AT6`: 55 bits of chance and the check character."""
    drawn = [secrets.randbelow(32) for _place in range(_LENGTH - 1)]
    return _in_groups("".join(ALPHABET[value] for value in [*drawn, _times_x(_remainder(drawn))]))


def read_number(text: str) -> str:
    """The number in its one spelling, from whatever was typed or pasted: small letters, spaces, O for 0, Thai digits, an address.

    Raises ValueError when it is no number: the wrong length, another letter, or a check character that does not fit.
    """
    if found := _ADDRESS.search(text):
        text = found[1]
    written = _BETWEEN.sub("", unicodedata.normalize("NFKC", to_arabic_digits(text[:200]))).upper().translate(_LOOKS_LIKE)
    if len(written) != _LENGTH or not set(written) <= set(ALPHABET):
        raise ValueError("not a certificate's number")
    if _remainder([ALPHABET.index(letter) for letter in written]):
        raise ValueError("the check character does not fit")
    return _in_groups(written)


def _in_groups(written: str) -> str:
    return "-".join(written[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def _remainder(values: list[int]) -> int:
    """The letters as a polynomial over GF(32), taken at its generator: 0 for a right number.

    Any one wrong letter and any two that changed places give something else.
    """
    total = 0
    for value in values:
        total = _times_x(total) ^ value
    return total


def _times_x(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value  # x⁵ = x² + 1


# Issued, found, revoked


def read_name(text: str) -> str:
    """The name as it will stand on the certificate. Raises ValidationError when there is none or it is too long."""
    name = " ".join(thai.repair(text or "").split())
    if not any(letter.isalpha() for letter in name):
        raise ValidationError(_("ใส่ชื่อที่ต้องการให้อยู่บนใบ"), code="required")
    if len(name) > NAME_LONGEST:
        raise ValidationError(
            _("ชื่อยาว %(length)s ตัวอักษร ใส่ได้ %(longest)s ตัว") % {"length": len(name), "longest": NAME_LONGEST}, code="too_long"
        )
    return name


def find_certificate(learner: Learner | None, course: CoursePage) -> Certificate | None:
    """The learner's certificate of this course that stands; a revoked one does not."""
    return None if learner is None else Certificate.objects.filter(learner=learner, course=course, revoked_at=None).first()


def find_refusal(learner: Learner | None, course: CoursePage) -> Certificate | None:
    """The revoked certificate for which no other may be had, if there is one."""
    return (
        None
        if learner is None
        else Certificate.objects.filter(learner=learner, course=course, may_reissue=False).exclude(revoked_at=None).first()
    )


def look_up(text: str, *, sender: dict[str, str]) -> Certificate | None:
    """The certificate of a number as it was typed; None when there is none of that number.

    Raises ValueError when it is no number at all, TooManyMisses when this sender has missed too often. `sender`: as
    LIMITS counts; an account is counted by itself, so that people behind one address can always sign in and go on.
    """
    number = read_number(text)
    if LIMITS.find_exceeded(sender):
        raise TooManyMisses
    certificate = Certificate.objects.filter(number=number).first()
    if certificate is None:
        LIMITS.count(sender)
    return certificate


def issue_certificate(learner: Learner, course: CoursePage, name: str, *, is_demo: bool = False) -> Certificate:
    """The certificate of this learner for this course: the one that stands, or a new one. Safe to repeat and to race.

    Raises NotSignedIn, NotOffered, NotFinished (`courses.progress` says), Refused, and ValidationError for the name.
    """
    if learner is None or learner.user_id is None:
        raise NotSignedIn
    if standing := find_certificate(learner, course):
        return standing
    if not course.has_certificate or not public_courses().filter(pk=course.pk).exists():
        raise NotOffered
    outline = read_outline(course)
    measured = measure_courses(learner, [outline])[course.pk]
    if not measured.is_finished:
        raise NotFinished(measured)
    if find_refusal(learner, course):
        raise Refused
    name = read_name(name)
    settle_courses(learner, [lesson.pk for lesson in outline.lessons])  # its row may not be written yet
    completed_at = Progress.objects.values_list("finished_at", flat=True).get(learner=learner, page=course)
    for _number in range(_TRIES):
        certificate = Certificate(
            number=draw_number(),
            learner=learner,
            course=course,
            course_title=course.title,
            course_code=course.code,
            name=name,
            completed_at=completed_at,
            issued_at=timezone.now().replace(microsecond=0),
            status_index=badges.draw_status_index(),
            is_demo=is_demo,
        )
        certificate.credential = badges.sign_credential(certificate)
        try:
            with transaction.atomic():
                certificate.save(force_insert=True)
        except IntegrityError:  # somebody was quicker, or the number or the place in the list is taken
            if standing := find_certificate(learner, course):
                return standing
        else:
            return certificate
    raise RuntimeError("no free number for a certificate")


def revoke_certificate(certificate: Certificate, reason: str, by, *, may_reissue: bool = False) -> None:
    """Takes it back: page, status list, PDF and credential say so from now on. A second time changes nothing.

    `by`: the user who does it. Who did it and why stands in the log.
    """
    with transaction.atomic():
        changed = Certificate.objects.filter(pk=certificate.pk, revoked_at=None).update(
            revoked_at=timezone.now(), revoked_reason=reason[:200], may_reissue=may_reissue
        )
        if changed:
            log(certificate, "wagtail.edit", user=by, data={"revoked": reason[:200], "may_reissue": may_reissue})
    certificate.refresh_from_db()
