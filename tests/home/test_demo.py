"""The demonstration as a whole: into which database it may go, that a second run leaves people's work alone, and who may sign in."""

import json
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from business.models import Business
from courses import trail
from courses.demo import load as courses_load
from courses.models import Answer, Attempt, Certificate, CoursePage, Learner, LessonMedia, LessonPage, PathPage, Progress, Quiz
from home.demo import load
from home.models import DemoMark, HomePage, PlainPage
from kb.demo import load as kb_load
from kb.models import Fact, GuidePage, Programme
from oss.demo.load import PASSWORD
from oss.models import Case, CaseEvent, Centre, CentreMember
from oss.routing import Reason
from tests.factories import CaseFactory, CourseFactory, GuideFactory, ProgrammeFactory, QuizFactory, UserFactory
from tests.kb.demo_guides import guide_source
from users.models import User
from users.roles import Role

MODELS = [
    User, EmailAddress, Business, Fact, Programme, GuidePage, PlainPage, Case, CaseEvent, CentreMember,
    CoursePage, LessonPage, PathPage, Quiz, LessonMedia, Learner, Progress, Attempt, Answer, Certificate,
]  # fmt: skip


@pytest.fixture
def demo(settings, tmp_path):
    """Settings of a demonstration whose uploads go nowhere."""
    settings.DEMO = True
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings


@pytest.fixture
def few_guides(tmp_path, monkeypatch):
    """Two short guides in place of the real ones, and no courses: the network and the plain pages need no more."""
    folder = tmp_path / "guides"
    folder.mkdir()
    for slug, code in (("cash-flow", "9001"), ("unit-cost", "9002")):
        (folder / f"{slug}.md").write_text(guide_source(slug, code=code), encoding="utf-8")
    monkeypatch.setattr(kb_load, "GUIDES", folder)
    courses = tmp_path / "courses"
    courses.mkdir()
    (courses / "paths.yaml").write_text("[]", encoding="utf-8")
    (courses / "learners.yaml").write_text("{people: [], crowd: {}}", encoding="utf-8")
    monkeypatch.setattr(courses_load, "FOLDER", courses)


def run(*arguments) -> str:
    out = StringIO()
    call_command("load_demo", *arguments, stdout=out)
    return out.getvalue()


def count_rows() -> dict:
    return {model.__name__: model.objects.count() for model in MODELS}


# The guard


def refused() -> str:
    """What the command says when it refuses."""
    error = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("load_demo", stdout=StringIO(), stderr=error)
    assert end.value.code == 1
    return error.getvalue()


@pytest.mark.django_db
def test_nothing_is_loaded_where_demo_is_not_set(demo):
    demo.DEMO = False
    said = refused()
    assert "DEMO=1" in said
    assert "ไม่ได้ตั้งเป็นระบบสาธิต" in said
    assert "This is not a demonstration" in said
    assert (DemoMark.objects.exists(), Fact.objects.exists(), User.objects.exists()) == (False, False, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "named"),
    [
        (UserFactory, "people"),
        (CaseFactory, "cases"),
        (ProgrammeFactory, "programmes"),
        (GuideFactory, "guides"),
        (CourseFactory, "courses"),
        (QuizFactory, "quizzes"),
    ],
)
def test_a_database_with_anything_of_its_own_is_refused(demo, make, named):
    make()
    before = count_rows()
    said = refused()
    assert f"/{named}" in said
    assert "ให้ใช้ฐานข้อมูลใหม่ที่ว่าง" in said
    assert "use a new, empty database" in said
    assert count_rows() == before
    assert not DemoMark.objects.exists()


@pytest.mark.django_db
def test_a_marked_database_that_lost_its_setting_is_refused_too(demo):
    DemoMark.objects.create()
    demo.DEMO = False
    assert "DEMO=1" in refused()
    assert not Fact.objects.exists()


@pytest.mark.django_db
def test_a_file_that_cannot_be_used_stops_with_its_name(demo, monkeypatch):
    monkeypatch.setattr(
        load, "load_knowledge", lambda ledger, say: (_ for _ in ()).throw(load.FileError("broken.md", "a list needs an empty line"))
    )
    assert refused().strip() == "broken.md: a list needs an empty line"
    assert not DemoMark.objects.exists()


@pytest.mark.django_db
def test_an_interrupted_run_keeps_what_is_finished_and_goes_on(demo, few_guides, monkeypatch):
    whole = load.load_network

    def broken(ledger, say):
        whole(ledger, say)
        raise KeyboardInterrupt

    monkeypatch.setattr(load, "load_network", broken)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert (GuidePage.objects.count(), User.objects.count(), Case.objects.count(), PlainPage.objects.count()) == (2, 0, 0, 0)
    monkeypatch.setattr(load, "load_network", whole)
    run()
    assert (GuidePage.objects.count(), User.objects.count(), Case.objects.count(), PlainPage.objects.count()) == (2, 22, 19, 4)


# The whole


@pytest.mark.slow
@pytest.mark.django_db
def test_the_whole_demonstration_loads_and_a_second_run_keeps_what_people_did(demo, client):
    said = run()
    assert "คู่มือ 51/51" in said
    check_network()
    check_plain_pages(client)

    page = GuidePage.objects.get(slug="unit-cost")
    page.title = "ชื่อที่คนแก้"
    page.save_revision(user=User.objects.get(email="editor@example.test")).publish()
    Fact.objects.filter(code="rd-1161").update(value="9999")
    GuidePage.objects.get(slug="franchise").delete()
    lesson = LessonPage.objects.get(slug="books-ten-minutes-a-day")
    lesson.title = "บทที่คนแก้"
    lesson.save_revision(user=User.objects.get(email="editor@example.test")).publish()
    CoursePage.objects.get(slug="leave-in-good-order").delete()
    centre = Centre.objects.get(province_id="TH-95")
    centre.phone = "เบอร์ที่คนแก้"
    centre.save()
    before, marks = count_rows(), json.dumps(DemoMark.objects.get().loaded, sort_keys=True)
    with CaptureQueriesContext(connection) as queries:
        run()
    written = [query["sql"] for query in queries if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert written == []
    assert count_rows() == before
    assert json.dumps(DemoMark.objects.get().loaded, sort_keys=True) == marks
    assert GuidePage.objects.get(slug="unit-cost").title == "ชื่อที่คนแก้"
    assert not GuidePage.objects.filter(slug="franchise").exists()
    assert LessonPage.objects.get(slug="books-ten-minutes-a-day").title == "บทที่คนแก้"
    assert not CoursePage.objects.filter(slug="leave-in-good-order").exists()
    assert (Fact.objects.get(code="rd-1161").value, Centre.objects.get(province_id="TH-95").phone) == ("9999", "เบอร์ที่คนแก้")


def check_network() -> None:
    assert Centre.objects.filter(is_demo=True, address__contains="สมมติ", phone__startswith="02-000-00").count() == 77
    assert Centre.objects.get(province_id="TH-50").phone == "02-000-0050"
    advised = CentreMember.objects.filter(is_head=False).values_list("centre__province_id", flat=True)
    assert {"TH-10", "TH-50", "TH-40", "TH-95", "TH-30"} <= set(advised)
    assert Business.objects.values("owner").distinct().count() >= 6
    assert {state: Case.objects.filter(state=state).exists() for state in Case.State.values} == dict.fromkeys(Case.State.values, True)
    assert Case.objects.count() >= 16
    assert Case.objects.values("province").distinct().count() >= 8
    stood_in = CaseEvent.objects.filter(reason=Reason.STANDS_IN).select_related("case__province", "centre__province")
    assert {(event.case.province_id, event.centre.province_id) for event in stood_in} == {("TH-58", "TH-50"), ("TH-94", "TH-95")}
    now = timezone.now()
    for case in Case.objects.prefetch_related("events"):
        moments = [event.happened_at for event in case.events.all()]
        assert moments == sorted(moments)
        assert (moments[0], moments[-1] < now, case.consent.given_at) == (case.opened_at, True, case.opened_at)
    for letters in ("CNX", "BKK"):
        mine = Case.objects.filter(reference__startswith=letters).order_by("opened_at").values_list("reference", flat=True)
        assert list(mine) == sorted(mine)


def check_plain_pages(client) -> None:
    assert sorted(PlainPage.objects.live().filter(is_demo=True).values_list("slug", flat=True)) == [
        "about",
        "accessibility",
        "cookies",
        "privacy",
    ]
    assert HomePage.objects.get().is_demo is True
    privacy = PlainPage.objects.get(slug="privacy")
    assert "ร่าง" in privacy.lede
    assert 'href="page:' not in str(privacy.body.get_prep_value())


@pytest.mark.django_db
def test_each_role_has_one_sign_in_that_works(demo, few_guides, client):
    run()
    lines = run("--print-sign-ins").splitlines()
    assert [line.split()[0] for line in lines if "@" in line] == [
        "pranom@example.test", "advisor.chiangmai@example.test", "head.chiangmai@example.test",
        "editor@example.test", "publisher@example.test", "admin@example.test",
    ]  # fmt: skip
    assert f"{demo.SITE_URL}/accounts/login/" in lines[0]
    assert PASSWORD in lines[1]
    for role, person in load.list_sign_ins():
        assert person.roles == {role}
        assert EmailAddress.objects.get(user=person).verified is True
        assert client.login(username=person.email, password=PASSWORD)
    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.objects.exclude(email__endswith="@example.test").exists()


@pytest.mark.django_db
def test_the_printed_password_opens_the_door_on_the_sign_in_page(demo, few_guides, client):
    run()
    answer = client.post(reverse("account_login"), {"login": "advisor.chiangmai@example.test", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("my_page"))
    assert client.session["_auth_user_id"] == str(User.objects.get(email="advisor.chiangmai@example.test").pk)


@pytest.mark.django_db
def test_sign_ins_are_printed_for_a_loaded_demonstration_only(demo):
    UserFactory(email="pranom@example.test", role=Role.ENTREPRENEUR)
    error = StringIO()
    with pytest.raises(SystemExit):
        call_command("load_demo", "--print-sign-ins", stdout=StringIO(), stderr=error)
    assert "run manage.py load_demo first" in error.getvalue()


@pytest.mark.django_db
def test_people_and_cases_that_were_deleted_are_not_brought_back(demo, few_guides):
    run()
    User.objects.get(email="live@example.test").delete()
    CaseEvent._base_manager.filter(case__business_name="สปาบ้านต้นหอม (สมมติ)").delete()
    Case._base_manager.get(business_name="สปาบ้านต้นหอม (สมมติ)").delete()
    before = count_rows()
    run()
    assert count_rows() == before


def test_the_cookie_page_names_every_cookie_we_set(settings):
    text = (load.FOLDER / "cookies.md").read_text(encoding="utf-8")
    names = [
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        settings.LANGUAGE_COOKIE_NAME,
        trail.COOKIE,
        CookieStorage.cookie_name,
    ]
    assert [name for name in names if name not in text] == []
