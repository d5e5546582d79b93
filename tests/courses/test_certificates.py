"""Certificates: who gets one, how it is found, checked, printed and taken back."""

import datetime as dt
import html
import re
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from courses import certificate_pdf, certificates
from courses.certificates import (
    ALPHABET,
    NotFinished,
    NotOffered,
    NotSignedIn,
    Refused,
    draw_number,
    issue_certificate,
    read_number,
    revoke_certificate,
)
from courses.learners import merge_learners
from courses.models import Certificate, Learner, Progress
from courses.progress import record_finished, record_opened
from tests.factories import ChapterFactory, CourseFactory, LessonFactory, UserFactory
from users.roles import Role

pytestmark = pytest.mark.django_db
NAME = "สมหญิง ตัวอย่าง"
NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests():
    cache.clear()


@pytest.fixture
def course():
    chapter = ChapterFactory()
    LessonFactory(parent=chapter)
    LessonFactory(parent=chapter)
    return chapter.get_parent().specific


def finish(course, learner):
    for chapter in course.get_children():
        for lesson in chapter.get_children().specific():
            record_finished(learner, lesson)


@pytest.fixture
def learner(course):
    """Somebody with an account who has finished the course."""
    learner = Learner.objects.create(user=UserFactory())
    finish(course, learner)
    return learner


@pytest.fixture
def certificate(course, learner):
    return issue_certificate(learner, course, NAME)


def ask_address(course):
    return reverse("certificate_ask", args=[course.pk])


# The number


def test_number_is_three_groups_of_the_alphabet_and_reads_as_itself():
    for number in {draw_number() for _number in range(300)}:
        assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", number)
        assert read_number(number) == number


def test_numbers_are_drawn_anew():
    assert len({draw_number() for _number in range(1000)}) == 1000


@pytest.mark.parametrize(
    "typed",
    [
        "{0}",
        "{lower}",
        "  {0}  ",
        "{bare}",
        "{spaced}",
        "https://hub.example/certificates/{0}/",
        "https://hub.example/en/certificates/{lower}/?utm_source=line",
    ],
)
def test_number_is_read_however_it_is_typed(typed):
    number = next(n for n in (f"01V0-K3M1-QP0{last}" for last in ALPHABET) if _reads(n))
    said = typed.format(number, lower=number.lower(), bare=number.replace("-", ""), spaced=" ".join(number.replace("-", "")))
    assert read_number(said) == number


def _reads(number):
    try:
        return read_number(number) == number
    except ValueError:
        return False


def test_number_takes_letters_for_the_digits_they_look_like_and_thai_digits():
    number = next(n for n in (f"01V0-K3M1-QP0{last}" for last in ALPHABET) if _reads(n))
    assert read_number(number.replace("0", "O").replace("1", "I")) == number
    assert read_number(number.replace("0", "o").replace("1", "l")) == number
    assert read_number(number.replace("0", "๐").replace("1", "๑").replace("3", "๓")) == number
    assert read_number(number.replace("-", "\u2013").replace("0", "\uff10")) == number


def test_every_single_slip_and_every_swap_is_noticed():
    number = draw_number().replace("-", "")
    wrong = {number[:at] + letter + number[at + 1 :] for at in range(12) for letter in ALPHABET} - {number}
    wrong |= {
        "".join(swapped)
        for at in range(12)
        for other in range(at)
        for swapped in [[number[other] if i == at else number[at] if i == other else letter for i, letter in enumerate(number)]]
    } - {number}
    assert len(wrong) >= 12 * 31
    assert [text for text in wrong if _reads_at_all(text)] == []


def _reads_at_all(text):
    try:
        read_number(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", ["", "-", "ABCD", "7K3M-9QPX-2AT", "7K3M-9QPX-2ATDX", "ก" * 12, "7K3M-9QPX-2AT!", "\x00" * 12, "9" * 5000])
def test_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r"not a certificate's number|check character"):
        read_number(text)


# Issued


def test_finished_course_gives_one_certificate_with_what_it_says(course, learner):
    with time_machine.travel(NOON, tick=False):
        certificate = issue_certificate(learner, course, f"  {NAME.replace(' ', '   ')} ")
    assert (certificate.name, certificate.course_title, certificate.course_code) == (NAME, course.title, course.code)
    assert certificate.completed_at == learner.progress.get(page=course).finished_at
    assert certificate.issued_at == NOON
    assert issue_certificate(learner, course, "ชื่ออื่น") == certificate
    assert Certificate.objects.get().name == NAME


def test_unfinished_course_is_refused(course):
    learner = Learner.objects.create(user=UserFactory())
    first = course.get_children().first().get_children().first().specific
    record_finished(learner, first)
    record_opened(learner, course)
    with pytest.raises(NotFinished) as refused:
        issue_certificate(learner, course, NAME)
    assert (refused.value.measured.done, refused.value.measured.total) == (1, 2)
    assert not Certificate.objects.exists()


def test_course_finished_stays_so_when_a_lesson_is_added(course, learner):
    LessonFactory(parent=course.get_children().first().specific)
    assert issue_certificate(learner, course, NAME).name == NAME


def test_another_finished_course_gives_nothing(course, learner):
    other = CourseFactory()
    LessonFactory(parent=ChapterFactory(parent=other))
    with pytest.raises(NotFinished):
        issue_certificate(learner, other, NAME)


def test_visitor_and_nobody_are_refused(course):
    visitor = Learner.objects.create()
    finish(course, visitor)
    for nobody in (visitor, None):
        with pytest.raises(NotSignedIn):
            issue_certificate(nobody, course, NAME)


def test_draft_course_and_course_without_certificates_are_refused(course, learner):
    course.has_certificate = False
    course.save()
    with pytest.raises(NotOffered):
        issue_certificate(learner, course, NAME)
    course.has_certificate = True
    course.live = False
    course.save()
    with pytest.raises(NotOffered):
        issue_certificate(learner, course, NAME)


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u00a0", "12345", "...", "ก" * 121])
def test_name_that_is_none_or_too_long_is_refused(course, learner, name):
    with pytest.raises(ValidationError):
        issue_certificate(learner, course, name)
    assert not Certificate.objects.exists()


def test_name_of_120_letters_is_taken(course, learner):
    assert len(issue_certificate(learner, course, "ก" * 120).name) == 120


def test_merge_at_sign_in_brings_no_second_certificate(course, learner, certificate):
    visitor = Learner.objects.create()
    finish(course, visitor)
    merge_learners(visitor, learner)
    assert issue_certificate(learner, course, NAME) == certificate
    assert learner.certificates.get() == certificate


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_get_one_certificate(course, learner):
    def ask(_number):
        try:
            return issue_certificate(Learner.objects.get(pk=learner.pk), course, NAME).number
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        numbers = set(pool.map(ask, range(10)))
    assert numbers == {Certificate.objects.get().number}


def test_number_that_is_taken_is_drawn_again(course, learner, certificate, monkeypatch):
    other = Learner.objects.create(user=UserFactory())
    finish(course, other)
    free = draw_number()
    drawn = iter([certificate.number, free])
    monkeypatch.setattr(certificates, "draw_number", lambda: next(drawn))
    assert issue_certificate(other, course, NAME).number == free


# Asked for on the page


def test_asking_leads_to_the_certificate(client, course, learner):
    client.force_login(learner.user)
    page = client.get(ask_address(course))
    assert page.status_code == 200
    assert learner.user.get_full_name() in page.content.decode()  # filled in
    response = client.post(ask_address(course), {"name": NAME})
    certificate = Certificate.objects.get()
    assert response.url == reverse("certificate", args=[certificate.number])
    assert client.get(ask_address(course)).url == response.url
    assert client.post(ask_address(course), {"name": "ชื่ออื่น"}).url == response.url
    assert Certificate.objects.get().name == NAME


def test_name_is_remembered_for_the_next_course(client, learner, certificate):
    other = CourseFactory()
    lesson = LessonFactory(parent=ChapterFactory(parent=other))
    record_finished(learner, lesson)
    client.force_login(learner.user)
    assert f'value="{NAME}"' in client.get(ask_address(other)).content.decode()


def test_visitor_is_invited_to_sign_in_and_led_back(client, course):
    visitor = Learner.objects.create()
    finish(course, visitor)
    session = client.session
    session["learner"] = visitor.pk
    session.save()
    page = client.get(ask_address(course)).content.decode()
    assert f"{reverse('account_login')}?next={ask_address(course)}" in page
    assert client.post(ask_address(course), {"name": NAME}).status_code == 403
    assert not Certificate.objects.exists()


def test_asking_before_the_end_says_what_is_missing(client, course):
    learner = Learner.objects.create(user=UserFactory())
    client.force_login(learner.user)
    page = client.get(ask_address(course))
    assert "จบแล้ว 0 จาก 2 บท" in page.content.decode()
    assert '<form class="question"' not in page.content.decode()
    response = client.post(ask_address(course), {"name": NAME})
    assert response.status_code == 409
    assert not Certificate.objects.exists()


@pytest.mark.parametrize(("name", "says"), [("   ", "ใส่ชื่อ"), ("ก" * 121, "ชื่อยาว 121 ตัวอักษร ใส่ได้ 120 ตัว")])
def test_bad_name_comes_back_with_the_reason(client, course, learner, name, says):
    client.force_login(learner.user)
    page = client.post(ask_address(course), {"name": name}).content.decode()
    assert says in page
    assert 'aria-invalid="true"' in page
    assert not Certificate.objects.exists()


def test_draft_course_has_no_page_to_ask(client, course, learner):
    client.force_login(learner.user)
    course.live = False
    course.save()
    assert client.get(ask_address(course)).status_code == 404
    assert client.post(ask_address(course), {"name": NAME}).status_code == 404


def test_html_in_the_name_stays_text(client, course, learner):
    certificate = issue_certificate(learner, course, "<script>alert(1)</script> & <b>ชื่อ</b>")
    page = client.get(reverse("certificate", args=[certificate.number])).content.decode()
    assert "<script>alert" not in page
    assert certificate.name in html.unescape(re.sub(r"<[^>]+>", "", page))
    assert b"%PDF" in client.get(reverse("certificate_pdf", args=[certificate.number])).content[:8]


# The public page


def test_stranger_sees_name_course_and_day_and_nothing_else(client, course, learner, certificate):
    response = client.get(reverse("certificate", args=[certificate.number]))
    page = response.content.decode()
    text = re.sub(r"<[^>]+>", "", page)
    assert "ใบนี้ใช้ได้" in page
    assert NAME in text
    assert course.title in text
    assert "2569" in page
    for private in (learner.user.email, learner.user.first_name, str(certificate.status_index)):
        assert private not in page
    assert response["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in page
    assert "no-cache" in response["Cache-Control"]
    assert "style=" not in page.partition("<main")[2]


@pytest.mark.parametrize("spelling", [str.lower, lambda number: number.replace("-", ""), lambda number: number.replace("0", "O")])
def test_other_spelling_leads_to_the_one_address(client, certificate, spelling):
    address = reverse("certificate", args=[certificate.number])
    for name in ("certificate", "certificate_pdf"):
        typed = spelling(certificate.number)
        response = client.get(reverse(name, args=[typed]))
        assert response.status_code == 200 if typed == certificate.number else response.url == reverse(name, args=[certificate.number])
    assert client.get(reverse("certificate_search"), {"number": f" {spelling(certificate.number)} "}).url == address


def test_english_page_keeps_the_thai_words_of_the_certificate(client, course, certificate):
    page = client.get(f"/en/certificates/{certificate.number}/").content.decode()
    assert course.title in re.sub(r"<[^>]+>", "", page)
    assert f"http://testserver/certificates/{certificate.number}/" in page


def test_unknown_number_is_404_with_the_form(client, certificate):
    unknown = draw_number()
    response = client.get(reverse("certificate", args=[unknown]))
    assert response.status_code == 404
    page = response.content.decode()
    assert "เราไม่เคยออกใบเลขนี้" in page
    assert f'value="{unknown}"' in page
    slip = client.get(reverse("certificate_search"), {"number": "7K3M"})
    assert slip.status_code == 404
    assert "พิมพ์ผิดบางตัว" in slip.content.decode()


@pytest.mark.parametrize("typed", ["<img src=x onerror=alert(1)>", "\x00\x00", "ก" * 3000, "'; DROP TABLE", "../../etc/passwd"])
def test_nonsense_is_404_and_harmless(client, typed):
    response = client.get(reverse("certificate_search"), {"number": typed})
    assert response.status_code == 404
    assert "<img src=x" not in response.content.decode()


def test_empty_form_is_a_page_of_its_own(client):
    response = client.get(reverse("certificate_search"))
    assert response.status_code == 200
    assert "X-Robots-Tag" not in response
    assert client.post(reverse("certificate_search")).status_code == 405


def test_guessing_ends_and_an_account_goes_on(client, certificate, monkeypatch):
    monkeypatch.setitem(certificates.LIMITS.most, "address", (3, 3600))
    right = reverse("certificate", args=[certificate.number])
    for _slip in range(9):  # slips of the pen do not count
        assert client.get(reverse("certificate_search"), {"number": "7K3M-9QPX-2ATX"}).status_code == 404
    for _guess in range(3):
        assert client.get(reverse("certificate", args=[draw_number()])).status_code == 404
    refused = client.get(right)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "3600"
    assert client.get(reverse("badge_credential", args=[certificate.number])).status_code == 429
    client.force_login(UserFactory())
    assert client.get(right).status_code == 200


def test_pages_run_the_same_queries_with_one_and_forty_lessons(client, course, certificate):
    def count(address):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    addresses = [reverse(name, args=[certificate.number]) for name in ("certificate", "certificate_pdf", "certificate_qr")] + [
        ask_address(course)
    ]
    few = [count(address) for address in addresses]
    chapter = course.get_children().first().specific
    for _lesson in range(38):
        LessonFactory(parent=chapter)
    for _other in range(20):
        issue_certificate_for_somebody(course)
    assert [count(address) for address in addresses] == few


def issue_certificate_for_somebody(course):
    learner = Learner.objects.create(user=UserFactory())
    now = timezone.now()
    Progress.objects.create(learner=learner, page=course, state=3, opened_at=now, read_at=now, finished_at=now, seen_at=now)
    return issue_certificate(learner, course, NAME)


# The account is gone, the course is gone


def test_certificate_outlives_account_and_course(client, course, learner, certificate):
    address = reverse("certificate", args=[certificate.number])
    learner.user.delete()
    assert client.get(address).status_code == 200
    course.delete()
    certificate.refresh_from_db()
    assert (certificate.learner, certificate.course) == (None, None)
    page = re.sub(r"<[^>]+>", "", client.get(address).content.decode())
    assert NAME in page
    assert certificate.course_title in page
    assert client.get(reverse("certificate_pdf", args=[certificate.number])).content.startswith(b"%PDF")
    assert client.get(reverse("badge_credential", args=[certificate.number])).content.decode() == certificate.credential


# Revoked


def test_revoked_certificate_says_so_everywhere_and_hides_the_name(client, certificate):
    who = UserFactory(role=Role.ADMINISTRATOR)
    revoke_certificate(certificate, "ออกผิดคน", who)
    page = client.get(reverse("certificate", args=[certificate.number]))
    assert page.status_code == 200
    text = re.sub(r"<[^>]+>", "", page.content.decode())
    assert "ใบนี้ถูกเพิกถอนแล้ว" in text
    assert NAME not in text
    assert "ออกผิดคน" not in text
    assert client.get(reverse("certificate_pdf", args=[certificate.number])).url == reverse("certificate", args=[certificate.number])
    for name in ("badge_credential", "badge_credential_json"):
        assert client.get(reverse(name, args=[certificate.number])).status_code == 410
    entry = ModelLogEntry.objects.get(object_id=str(certificate.pk))
    assert (entry.user, entry.data["revoked"]) == (who, "ออกผิดคน")


def test_revoking_twice_changes_nothing(certificate):
    who = UserFactory()
    revoke_certificate(certificate, "แรก", who)
    first = certificate.revoked_at
    revoke_certificate(certificate, "ที่สอง", who, may_reissue=True)
    assert (certificate.revoked_at, certificate.revoked_reason, certificate.may_reissue) == (first, "แรก", False)
    assert ModelLogEntry.objects.filter(object_id=str(certificate.pk)).count() == 1


def test_revoked_for_good_is_not_issued_again(client, course, learner, certificate):
    revoke_certificate(certificate, "ให้คนอื่นทำแทน", UserFactory())
    assert certificates.find_certificate(learner, course) is None
    with pytest.raises(Refused):
        issue_certificate(learner, course, NAME)
    client.force_login(learner.user)
    page = client.get(ask_address(course)).content.decode()
    assert "ให้คนอื่นทำแทน" in page
    assert client.post(ask_address(course), {"name": NAME}).status_code == 409


def test_revoked_for_a_wrong_name_is_issued_again(client, course, learner, certificate):
    revoke_certificate(certificate, "ชื่อสะกดผิด", UserFactory(), may_reissue=True)
    client.force_login(learner.user)
    assert ask_address(course) in client.get(reverse("certificate", args=[certificate.number])).content.decode()
    again = issue_certificate(learner, course, "ชื่อ ที่ถูก")
    assert again.number != certificate.number
    assert certificates.find_certificate(learner, course) == again


# The PDF


def read_objects(pdf: bytes) -> dict[int, bytes]:
    """{number: the object as it is written}, those packed into object streams among them."""
    objects = {int(key): body for key, body in re.findall(rb"\n(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL)}
    for body in list(objects.values()):
        if b"/ObjStm" in body:
            first, packed = int(re.search(rb"/First (\d+)", body)[1]), read_stream(body)
            places = [int(number) for number in packed[:first].split()]
            keys, starts = places[::2], [first + start for start in places[1::2]]
            objects |= {key: packed[start:end] for key, start, end in zip(keys, starts, [*starts[1:], None], strict=True)}
    return objects


def read_stream(body: bytes) -> bytes:
    data = body.partition(b"stream\n")[2].rpartition(b"\nendstream")[0]
    return zlib.decompress(data) if b"/FlateDecode" in body else data


def count_pages(pdf: bytes) -> int:
    return sum(bool(re.search(rb"/Type */Page\b(?!s)", body)) for body in read_objects(pdf).values())


def read_pdf_text(pdf: bytes) -> str:
    """The text layer: what each glyph says by the ToUnicode table of its font, in the order of drawing."""
    objects = read_objects(pdf)
    tables = {}
    for key, body in objects.items():
        if found := re.search(rb"/ToUnicode (\d+) 0 R", body):
            pairs = re.findall(rb"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)>\n", read_stream(objects[int(found[1])]))
            tables[key] = {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}
    names = {}
    for body in objects.values():
        for name, key in re.findall(rb"/([\w-]+) (\d+) 0 R", body):
            if int(key) in tables:
                names[name] = tables[int(key)]
    text = []
    for body in objects.values():
        if b"stream\n" not in body:
            continue
        font = {}
        for name, shown in re.findall(rb"/([\w-]+) [\d.]+ Tf|(\[[^\]]*\] ?TJ|<[^>]*> ?Tj)", read_stream(body)):
            if name:
                font = names.get(name, {})
            for glyphs in re.findall(rb"<([0-9a-fA-F]+)>", shown):
                text += [font.get(int(glyphs[at : at + 4], 16), "") for at in range(0, len(glyphs), 4)]
            text.append(" " if shown else "")
    return "".join(text)


needs_pango = pytest.mark.skipif(not certificate_pdf.is_available(), reason="WeasyPrint's libraries are not installed")


@needs_pango
def test_pdf_holds_number_and_name_on_one_page(client, certificate):
    response = client.get(reverse("certificate_pdf", args=[certificate.number]))
    assert response["Content-Type"] == "application/pdf"
    assert f'filename="{certificate.number}.pdf"' in response["Content-Disposition"]
    text = read_pdf_text(response.content)
    assert certificate.number in text
    assert "สมหญิง" in text
    assert "2569" in text
    assert count_pages(response.content) == 1


@needs_pango
@pytest.mark.parametrize("name", ["W" * 120, "ฟื้นฟูญี่ปุ่น" * 9, "ที่ ปู่ ญี่ปุ่น ก้ำ " * 6])
def test_longest_names_and_titles_stay_on_one_page(certificate, name):
    certificate.name, certificate.course_title = name.strip()[:120], "การจัดการเงิน " * 18
    pdf = certificate_pdf.make_pdf(certificate)
    assert count_pages(pdf) == 1


def test_pdf_takes_the_colour_of_the_stage(certificate):
    said = certificate_pdf._describe(certificate)
    assert (said["awning"], said["wash"], said["text"]) == ("#177245", "#e4f2e9", "#115a36")  # run
    certificate.course = None
    assert certificate_pdf._describe(certificate)["awning"] == "#006449"


def test_page_without_the_libraries_offers_printing(client, certificate, monkeypatch):
    monkeypatch.setattr(certificate_pdf, "is_available", lambda: False)
    page = client.get(reverse("certificate", args=[certificate.number])).content.decode()
    assert "ทำ PDF ไม่ได้" in page
    assert reverse("certificate_pdf", args=[certificate.number]) not in page
    response = client.get(reverse("certificate_pdf", args=[certificate.number]))
    assert response.status_code == 503
    assert "สั่งพิมพ์" in response.content.decode()


def test_qr_is_an_svg_without_inline_style(client, certificate):
    response = client.get(reverse("certificate_qr", args=[certificate.number]))
    assert response["Content-Type"] == "image/svg+xml"
    assert response.content.lstrip().startswith(b"<?xml")
    assert b"style=" not in response.content


# The admin


@pytest.fixture
def _no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


@pytest.mark.usefixtures("_no_second_factor")
def test_administrator_finds_and_revokes(client, certificate):
    who = UserFactory(role=Role.ADMINISTRATOR)
    client.force_login(who)
    listing = reverse("certificates:index")
    assert certificate.number in client.get(listing, {"q": "สมหญิง"}).content.decode()
    assert certificate.number not in client.get(listing, {"q": "ไม่มีใคร"}).content.decode()
    edit = reverse("certificates:edit", args=[certificate.pk])
    assert client.get(edit).status_code == 200
    client.post(edit, {"revoked_reason": ""})
    certificate.refresh_from_db()
    assert certificate.is_standing
    client.post(edit, {"revoked_reason": "ชื่อสะกดผิด", "may_reissue": "on"})
    certificate.refresh_from_db()
    assert (certificate.is_standing, certificate.revoked_reason, certificate.may_reissue) == (False, "ชื่อสะกดผิด", True)
    client.post(edit, {"revoked_reason": "อื่น"})
    certificate.refresh_from_db()
    assert certificate.revoked_reason == "ชื่อสะกดผิด"
    assert ModelLogEntry.objects.filter(object_id=str(certificate.pk)).count() == 1


@pytest.mark.usefixtures("_no_second_factor")
@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER, Role.ADVISOR, None])
def test_nobody_else_opens_the_list_or_revokes(client, certificate, role):
    client.force_login(UserFactory(role=role) if role else UserFactory())
    for address in (reverse("certificates:index"), reverse("certificates:edit", args=[certificate.pk])):
        assert client.get(address).status_code in (302, 403)
    client.post(reverse("certificates:edit", args=[certificate.pk]), {"revoked_reason": "ไม่มีสิทธิ์"})
    certificate.refresh_from_db()
    assert certificate.is_standing


@pytest.mark.usefixtures("_no_second_factor")
def test_nobody_writes_or_deletes_one_by_hand(client, certificate):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    client.post(reverse("certificates:add"), {"revoked_reason": "x"})
    client.post(reverse("certificates:delete", args=[certificate.pk]))
    assert Certificate.objects.get() == certificate
