"""What machines ask: health, robots, the map of the site, headers."""

import re

import pytest
from django.db import connection
from django.templatetags.static import static
from django.urls import reverse
from health_check.checks import Database
from health_check.exceptions import ServiceUnavailable
from wagtail.models import PageViewRestriction

from home import tasks
from tests.factories import ChapterFactory, CourseFactory, GuideFactory, LessonFactory, ProgrammeFactory, UserFactory


def test_alive_without_a_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok")


def test_ready_when_database_and_cache_answer(client):
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (200, "ready")


def test_not_ready_without_the_database_and_says_nothing_more(client, monkeypatch):
    def fail(self):
        raise ServiceUnavailable("password authentication failed for user msme")

    monkeypatch.setattr(Database, "run", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (503, "not ready")


def test_old_address_of_the_icon_leads_to_the_mark(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"], response["Cache-Control"]) == (302, static("mark.svg"), "max-age=3600")


def test_robots_keeps_private_pages_out_in_both_languages(client):
    lines = client.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /admin/", "Disallow: /my/", "Disallow: /en/my/", "Disallow: /desk/", "Disallow: /ask/"} <= set(lines)
    assert lines[-1] == "Sitemap: http://testserver/sitemap.xml"


def test_map_of_the_site_holds_what_is_public(client):
    GuideFactory(slug="public-guide")
    GuideFactory(slug="draft-guide", live=False)
    secret = GuideFactory(slug="secret-guide")
    PageViewRestriction.objects.create(page=secret, restriction_type=PageViewRestriction.LOGIN)
    ProgrammeFactory(code="shown")
    ProgrammeFactory(code="hidden", live=False)
    found = [address.removeprefix("http://testserver") for address in re.findall(r"<loc>(.*?)</loc>", client.get("/sitemap.xml").text)]
    assert {"/", "/guides/", "/guides/public-guide/", "/programmes/shown/", "/stages/run/", "/centres/TH-50/"} <= set(found)
    assert [address for address in found if any(word in address for word in ("draft", "secret", "hidden", "/en/"))] == []
    assert len(found) == len(set(found))


def test_map_of_the_site_has_no_lessons_of_hidden_courses(client):
    LessonFactory(slug="open-lesson", parent=ChapterFactory(slug="open-chapter", parent=CourseFactory(slug="open-course")))
    LessonFactory(slug="withdrawn-lesson", parent=ChapterFactory(parent=CourseFactory(slug="withdrawn", live=False)))
    secret = CourseFactory(slug="secret-course")
    LessonFactory(slug="secret-lesson", parent=ChapterFactory(parent=secret))
    PageViewRestriction.objects.create(page=secret.page_ptr, restriction_type=PageViewRestriction.LOGIN)
    LessonFactory(slug="draft-lesson", live=False)
    found = re.findall(r"<loc>http://testserver(.*?)</loc>", client.get("/sitemap.xml").text)
    ours = {address for address in found if address.startswith("/courses/") and "lesson-" not in address and "/course-" not in address}
    assert {"/courses/", "/courses/open-course/", "/courses/open-course/open-chapter/open-lesson/"} == ours
    assert all(client.get(address).status_code == 200 for address in ours)


@pytest.mark.parametrize("number", [1, 30])
def test_map_of_the_site_takes_the_same_queries(client, django_assert_max_num_queries, number):
    GuideFactory.create_batch(number)
    client.get("/sitemap.xml")
    with django_assert_max_num_queries(8):
        client.get("/sitemap.xml")


def read_policy(response) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";") if part.strip())


@pytest.mark.parametrize("address", ["/", "/en/", "/my/", "/nowhere/", "/accounts/login/"])
def test_public_pages_run_nothing_inline_and_nothing_from_elsewhere(client, address):
    policy = read_policy(client.get(address))
    assert (policy["script-src"], policy["style-src"], policy["default-src"], policy["frame-ancestors"]) == (
        "'self'",
        "'self'",
        "'none'",
        "'none'",
    )


def test_admin_may_run_its_own_inline_scripts(client):
    client.force_login(UserFactory(role="administrator"))
    policy = read_policy(client.get("/admin/"))
    assert policy["script-src"] == "'self' 'unsafe-inline'"
    assert policy["frame-ancestors"] == "'self'"


def test_previewed_page_may_stand_in_the_frame_of_the_admin(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    client.force_login(UserFactory(role="administrator"))
    guide = GuideFactory()
    revision = guide.save_revision()
    response = client.get(reverse("wagtailadmin_pages:revisions_view", args=[guide.pk, revision.pk]))
    assert response.status_code == 200
    assert read_policy(response)["frame-ancestors"] == "'self'"


def test_pages_are_compressed(client):
    response = client.get("/", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"


def test_page_loads_only_from_this_site(client):
    found = re.findall(r'(?:src|href)="(https?:)?//(?!testserver)', client.get("/").text)
    assert found == []


def test_clock_publishes_what_is_due_and_clears_old_sessions(db):
    """Both commands run; what they do is Wagtail's and Django's own, tested there."""
    tasks.publish_scheduled_task()
    tasks.clear_sessions_task()
    assert connection.is_usable()
