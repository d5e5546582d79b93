"""Was this useful: one vote a visitor and revision, changeable, with a reason, and nothing typed is lost."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from wagtail.models import PageViewRestriction

from kb import feedback
from kb.models import Feedback
from tests.factories import GuideFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page():
    page = GuideFactory(title="จดทะเบียนร้าน")
    page.save_revision().publish()
    page.refresh_from_db()
    return page


def vote(client, page, **said):
    return client.post(f"/feedback/{page.pk}/", said)


def votes(page) -> list[tuple]:
    return list(Feedback.objects.filter(page=page).order_by("pk").values_list("was_useful", "reason", "comment", "revision_id"))


def test_vote_is_written_for_the_live_revision_and_thanked_for(client, page):
    response = vote(client, page, useful="yes")
    assert (response.status_code, response["Location"]) == (302, f"{page.url}#feedback")
    assert votes(page) == [(True, "", "", page.live_revision_id)]
    html = client.get(page.url).content.decode()
    assert "ขอบคุณที่บอกเรา" in html
    assert "หน้านี้มีประโยชน์ไหม" not in html


def test_vote_can_be_changed_and_stays_one(client, page):
    vote(client, page, useful="yes")
    vote(client, page, useful="yes")
    vote(client, page, useful="no")
    assert votes(page) == [(False, "", "", page.live_revision_id)]
    vote(client, page, reason="wrong", comment="ค่าธรรมเนียมเปลี่ยนแล้ว")
    assert votes(page) == [(False, "wrong", "ค่าธรรมเนียมเปลี่ยนแล้ว", page.live_revision_id)]
    vote(client, page, useful="yes")
    assert votes(page) == [(True, "", "", page.live_revision_id)]


def test_vote_no_asks_why_not_and_then_says_thanks(client, page):
    vote(client, page, useful="no")
    html = client.get(page.url).content.decode()
    assert 'name="reason"' in html
    assert 'name="comment"' in html
    assert vote(client, page, reason="unclear").status_code == 302
    assert "ขอบคุณ เราจะเอาไปแก้หน้านี้" in client.get(page.url).content.decode()


def test_vote_belongs_to_a_revision_so_a_mended_page_asks_anew(client, page):
    vote(client, page, useful="no")
    page.title = "จดทะเบียนร้าน ฉบับใหม่"
    page.save_revision().publish()
    assert "หน้านี้มีประโยชน์ไหม" in client.get(page.url).content.decode()
    vote(client, page, useful="yes")
    assert [row[0] for row in votes(page)] == [False, True]
    assert len({row[3] for row in votes(page)}) == 2


def test_vote_of_another_visitor_is_another_vote(client, page):
    vote(client, page, useful="yes")
    vote(Client(), page, useful="yes")
    assert len(votes(page)) == 2
    assert len(set(Feedback.objects.values_list("voter", flat=True))) == 2


def test_vote_says_nothing_of_who_voted(client, page):
    user = UserFactory()
    client.force_login(user)
    vote(client, page, useful="yes")
    voter = Feedback.objects.get().voter
    assert len(voter) == 32
    assert str(user.pk) != voter
    assert user.email not in voter


def test_reading_makes_no_session_and_voting_makes_one(client, page):
    client.get(page.url)
    assert Session.objects.count() == 0
    vote(client, page, useful="yes")
    assert Session.objects.count() == 1


def test_vote_works_on_a_page_that_has_no_revision(client):
    page = GuideFactory()
    assert page.live_revision_id is None
    vote(client, page, useful="no")
    vote(client, page, useful="yes")
    assert votes(page) == [(True, "", "", None)]


@pytest.mark.parametrize("said", [{}, {"useful": "maybe"}, {"reason": "because"}, {"reason": "", "comment": " \n"}])
def test_vote_without_meaning_comes_back_with_an_error(client, page, said):
    response = vote(client, page, **said)
    assert response.status_code == 422
    assert b"<title>" + "เกิดข้อผิดพลาด:".encode() in response.content
    assert votes(page) == []


def test_comment_that_is_too_long_comes_back_whole(client, page):
    comment = "ย" * 1001
    response = vote(client, page, reason="other", comment=comment)
    assert response.status_code == 422
    html = response.content.decode()
    assert comment in html
    assert "ยาวไป 1001 ตัวอักษร เขียนได้ไม่เกิน 1000 ตัวอักษร" in html
    assert votes(page) == []
    assert vote(client, page, comment="ย" * 1000).status_code == 302
    assert len(votes(page)[0][2]) == 1000


def test_comment_with_control_characters_is_refused_or_kept_as_text(client, page):
    assert vote(client, page, comment="ก\x00ข").status_code == 422
    vote(client, page, comment="<script>alert(1)</script>")
    assert votes(page)[0][2] == "<script>alert(1)</script>"


def test_reason_after_the_session_is_gone_is_still_a_vote(page):
    assert vote(Client(), page, reason="not-found", comment="ไม่มีเรื่องร้านเช่า").status_code == 302
    assert votes(page) == [(False, "not-found", "ไม่มีเรื่องร้านเช่า", page.live_revision_id)]


def test_feedback_address_itself_leads_to_the_guide(client, page):
    response = client.get(f"/feedback/{page.pk}/")
    assert (response.status_code, response["Location"]) == (302, f"{page.url}#feedback")
    assert client.put(f"/feedback/{page.pk}/").status_code == 405


def test_feedback_on_what_is_not_public_is_not_found(client, page):
    assert vote(client, GuideFactory(live=False), useful="yes").status_code == 404
    assert client.post("/feedback/999999/", {"useful": "yes"}).status_code == 404
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    assert vote(client, page, useful="yes").status_code == 404


def test_votes_are_bounded_by_address_and_what_was_typed_comes_back(client, page, monkeypatch):
    monkeypatch.setattr(feedback, "VOTES_AN_HOUR", 2)
    vote(Client(), page, useful="yes")
    vote(Client(), page, useful="yes")
    response = vote(Client(), page, reason="other", comment="พิมพ์ไว้แล้ว")
    assert response.status_code == 429
    assert "พิมพ์ไว้แล้ว" in response.content.decode()
    assert len(votes(page)) == 2
    assert Client(REMOTE_ADDR="198.51.100.9").post(f"/feedback/{page.pk}/", {"useful": "yes"}).status_code == 302


def test_votes_behind_a_proxy_are_bounded_by_the_address_it_saw(client, page, monkeypatch, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    monkeypatch.setattr(feedback, "VOTES_AN_HOUR", 1)
    for forged, expected in [("1.1.1.1", 302), ("2.2.2.2", 429)]:
        visitor = Client(HTTP_X_FORWARDED_FOR=f"{forged}, 203.0.113.7")
        assert visitor.post(f"/feedback/{page.pk}/", {"useful": "yes"}).status_code == expected
    assert Client(HTTP_X_FORWARDED_FOR="203.0.113.8").post(f"/feedback/{page.pk}/", {"useful": "yes"}).status_code == 302


def test_session_remembers_only_the_last_votes(client, monkeypatch):
    monkeypatch.setattr(feedback, "VOTES_KEPT", 2)
    pages = [GuideFactory() for _ in range(3)]
    for page in pages:
        vote(client, page, useful="yes")
    assert list(client.session["feedback_votes"]) == [str(page.pk) for page in pages[1:]]


def test_forged_form_is_refused(page):
    assert Client(enforce_csrf_checks=True).post(f"/feedback/{page.pk}/", {"useful": "yes"}).status_code == 403
