"""Which guides were read: on the reader's own device, until he stops it, without a query."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from courses.trail import COOKIE, read_trail
from tests.factories import BusinessFactory, GuideFactory, UserFactory


def read(client, *guides):
    for guide in guides:
        assert client.get(guide.url).status_code == 200


def trail(client) -> str | None:
    cookie = client.cookies.get(COOKIE)
    return cookie.value if cookie else None


def test_visitor_goes_on_where_he_was_without_a_session(client):
    first, second = GuideFactory(title="เรื่องแรก"), GuideFactory(title="เรื่องที่สอง")
    read(client, first, second)
    assert (trail(client), settings.SESSION_COOKIE_NAME in client.cookies) == (f"{second.pk}.{first.pk}", False)
    assert [guide.title for guide in client.get("/").context["read"]] == ["เรื่องที่สอง", "เรื่องแรก"]


def test_visitor_may_stop_it_and_begin_again(client):
    guide = GuideFactory()
    read(client, guide)
    assert client.post("/my/reading/", {"keep": "0"})["Location"] == "/my/"
    read(client, guide)
    assert trail(client) == "off"
    assert "อ่านต่อจากเดิม" not in client.get("/").text
    client.post("/my/reading/", {"keep": "1"})
    read(client, guide)
    assert trail(client) == str(guide.pk)


def test_signed_in_reader_keeps_the_last_five_without_repetition(client):
    client.force_login(UserFactory())
    guides = GuideFactory.create_batch(7)
    read(client, *guides, guides[4])
    wanted = [guides[4], guides[6], guides[5], guides[3], guides[2]]
    assert trail(client) == ".".join(str(guide.pk) for guide in wanted)
    assert [guide.pk for guide in client.get("/").context["read"]] == [guide.pk for guide in wanted]


def test_recording_costs_no_query(client, django_assert_num_queries):
    client.force_login(BusinessFactory().owner)
    one, other = GuideFactory.create_batch(2)
    read(client, one, other)
    with django_assert_num_queries(count_queries(client, other)):
        client.get(one.url)  # moves to the front


def count_queries(client, guide) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(guide.url)  # at the front already
    return len(queries)


def test_guides_no_longer_public_leave_the_list(client):
    client.force_login(UserFactory())
    gone, here = GuideFactory.create_batch(2)
    read(client, gone, here)
    gone.unpublish()
    assert [guide.pk for guide in client.get("/my/").context["read"]] == [here.pk]


@pytest.mark.parametrize("value", ["", "0", "x", "1;DROP", "-1", "9" * 30, "1.2.3.4.5.6.7" + ".8" * 4000])
def test_forged_trail_breaks_nothing(client, value):
    client.cookies[COOKIE] = value
    assert client.get("/").status_code == 200
    assert client.get("/my/").status_code == 200


def test_trail_reads_five_numbers_at_most():
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = "7.6.5.4.3.2.1"
    assert read_trail(request) == [7, 6, 5, 4, 3]


def test_keeping_needs_a_post(client):
    assert client.get("/my/reading/").status_code == 405
