"""One factory for each thing a test needs. Vocabulary, centres, roles and the site tree come from the migrations."""

import datetime as dt
import json
import uuid
from decimal import Decimal

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from factory import LazyAttribute, LazyFunction, Sequence, SubFactory, post_generation
from factory.django import DjangoModelFactory
from wagtail_factories import PageFactory

from business.models import Business, BusinessFunction, Province, Sector, Stage
from courses.models import Attempt, ChapterPage, CourseIndexPage, CoursePage, Learner, LessonPage, Quiz
from courses.quizzes import current_version
from kb.models import Agency, Fact, GuideIndexPage, GuidePage, Programme
from oss.models import Case, CaseEvent, Centre, CentreMember
from tests.courses.question_samples import make_single
from users.models import Consent, User
from users.roles import Role


def stage(code: str = "run") -> Stage:
    return Stage.objects.get(scheme__is_current=True, code=code)


def function(code: str = "tax") -> BusinessFunction:
    return BusinessFunction.objects.get(code=code)


def province(iso: str = "TH-50") -> Province:
    return Province.objects.get(pk=iso)


def sector(code: str = "retail") -> Sector:
    return Sector.objects.get(code=code)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = Sequence(lambda n: f"person{n}@example.test")
    first_name = Sequence(lambda n: f"สมมติ{n}")
    last_name = "ตัวอย่าง"

    @post_generation
    def role(user, create, role, **kwargs):
        if create and role:
            user.give_role(Role(role))


class BusinessFactory(DjangoModelFactory):
    class Meta:
        model = Business

    owner = SubFactory(UserFactory)
    name = "ร้านสมมติ"
    province = LazyFunction(province)
    sector = LazyFunction(sector)
    stage = LazyFunction(stage)
    staff = 3
    yearly_revenue = Decimal("900000")
    legal_form = "person"
    registered_on = dt.date(2024, 5, 1)


class AgencyFactory(DjangoModelFactory):
    class Meta:
        model = Agency
        django_get_or_create = ["code"]

    code = "agency"
    short_name = "น.ต."
    name_th = "หน่วยงานตัวอย่าง"
    name_en = "Example agency"


class FactFactory(DjangoModelFactory):
    class Meta:
        model = Fact

    code = Sequence(lambda n: f"fact-{n}")
    topic = "ค่าธรรมเนียมตัวอย่าง"
    statement = "ค่าธรรมเนียมตัวอย่างคือ 50 บาท"
    value = "50"
    unit = "บาท"
    source = "แหล่งตัวอย่าง"
    seen_on = "2568-01-01"
    confidence = Fact.Confidence.CONFIRMED


class ProgrammeFactory(DjangoModelFactory):
    class Meta:
        model = Programme

    code = Sequence(lambda n: f"programme-{n}")
    name = Sequence(lambda n: f"โครงการตัวอย่าง {n}")
    agency = SubFactory(AgencyFactory)
    support = Programme.Support.GRANT
    summary = "ช่วยจ่ายค่าพัฒนาสินค้า"
    offers = "ร่วมจ่ายค่าพัฒนาสินค้า"
    who = "ร้านขนาดเล็ก"
    how_to_apply = "สมัครที่หน่วยงาน"
    status = Programme.Status.OPEN
    source_name = "หน้าโครงการตัวอย่าง"
    checked_on = dt.date(2026, 11, 1)
    eligibility = []  # [("size", {"wanted": ["micro"], "source": "ข้อ 1"}), …]


class GuideFactory(PageFactory):
    """A live guide below /guides/. `stages`, `functions`, `sectors`, `provinces`: lists of codes."""

    class Meta:
        model = GuidePage

    class Params:
        live_guide = True

    title = Sequence(lambda n: f"จดทะเบียนร้านค้า {n}")
    slug = Sequence(lambda n: f"guide-{n}")
    code = Sequence(lambda n: f"{n % 10000:04d}")
    short_answer = "ต้องจดก่อนเปิดร้าน"
    summary = "ใครต้องจด จดที่ไหน ใช้อะไร"
    reviewed_on = dt.date(2026, 11, 3)
    reviewed_by = "ทีมตัวอย่าง"
    next_review = dt.date(2027, 5, 3)
    body = []  # [("text", "<h2>…</h2>"), ("steps", [{"title": …, "text": …}]), …]
    parent = LazyFunction(lambda: GuideIndexPage.objects.get())

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        codes = {
            name: kwargs.pop(name, default)
            for name, default in (("stages", ["run"]), ("functions", ["tax"]), ("sectors", []), ("provinces", []))
        }
        kwargs.pop("live_guide", None)
        page = super()._create(model_class, *args, **kwargs)
        page.stages.set([stage(code) for code in codes["stages"]])
        page.functions.set([function(code) for code in codes["functions"]])
        page.sectors.set([sector(code) for code in codes["sectors"]])
        page.provinces.set([province(iso) for iso in codes["provinces"]])
        page.save()
        return page


class CentreMemberFactory(DjangoModelFactory):
    class Meta:
        model = CentreMember

    centre = LazyFunction(lambda: Centre.objects.get(province_id="TH-50"))
    user = SubFactory(UserFactory, role=Role.ADVISOR)


class CaseFactory(DjangoModelFactory):
    class Meta:
        model = Case
        skip_postgeneration_save = True

    reference = Sequence(lambda n: f"CNX-69-{n:06d}")
    form_key = LazyFunction(uuid.uuid4)
    centre = LazyFunction(lambda: Centre.objects.get(province_id="TH-50"))
    province = LazyAttribute(lambda case: case.centre.province)
    question = "ขอคำแนะนำเรื่องภาษีร้านค้า"
    topic = LazyFunction(function)
    contact_name = "สมมติ ตัวอย่าง"
    channel = Case.Channel.PHONE
    phone = "+66812345678"
    consent = LazyAttribute(
        lambda case: Consent.objects.create(purpose=Consent.Purpose.CONSULTATION, wording="ยินยอมตัวอย่าง", subject=str(case.form_key))
    )
    opened_at = LazyFunction(timezone.now)

    @post_generation
    def first_event(case, create, extracted, **kwargs):
        if create:
            CaseEvent.objects.create(case=case, kind=CaseEvent.Kind.OPENED, happened_at=case.opened_at)


class CourseFactory(PageFactory):
    """A live course below /courses/. `stages`, `functions`: lists of codes."""

    class Meta:
        model = CoursePage

    title = Sequence(lambda n: f"ทำบัญชีร้านเอง {n}")
    slug = Sequence(lambda n: f"course-{n}")
    code = Sequence(lambda n: f"{n % 10000:04d}")
    summary = "รู้ว่าร้านเหลือเงินเท่าไรจริง"
    goals = "แยกเงินร้านกับเงินบ้านได้\nคิดต้นทุนต่อชิ้นได้"
    reviewed_on = dt.date(2026, 11, 3)
    reviewed_by = "ทีมตัวอย่าง"
    next_review = dt.date(2027, 5, 3)
    parent = LazyFunction(lambda: CourseIndexPage.objects.get())

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        codes = {name: kwargs.pop(name, default) for name, default in (("stages", ["run"]), ("functions", ["tax"]))}
        page = super()._create(model_class, *args, **kwargs)
        page.stages.set([stage(code) for code in codes["stages"]])
        page.functions.set([function(code) for code in codes["functions"]])
        page.save()
        return page


class ChapterFactory(PageFactory):
    """A live chapter of a course."""

    class Meta:
        model = ChapterPage

    title = Sequence(lambda n: f"บทตัวอย่าง {n}")
    slug = Sequence(lambda n: f"chapter-{n}")
    parent = SubFactory(CourseFactory)


class LessonFactory(PageFactory):
    """A live lesson of a chapter. `body`: [("text", "<p>…</p>"), ("task", {…}), ("quiz", {"quiz": quiz}), …]."""

    class Meta:
        model = LessonPage

    title = Sequence(lambda n: f"คิดต้นทุนต่อชิ้นให้ครบ {n}")
    slug = Sequence(lambda n: f"lesson-{n}")
    minutes = 8
    goals = "บอกต้นทุนต่อจานได้"
    body = [("text", "<h2>ต้นทุนคืออะไร</h2><p>ค่าของ ค่าแรง ค่าเช่า</p>")]
    parent = SubFactory(ChapterFactory)


class QuizFactory(DjangoModelFactory):
    """A live quiz. `questions`: raw data as `blocks.QuestionBody` keeps it; see tests/courses/question_samples.py for each kind."""

    class Meta:
        model = Quiz

    code = Sequence(lambda n: f"quiz-{n}")
    title = Sequence(lambda n: f"เช็กความเข้าใจ {n}")
    live = True
    questions = LazyFunction(lambda: [make_single()])

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs["questions"] = json.dumps(kwargs["questions"], cls=DjangoJSONEncoder)
        quiz = super()._create(model_class, *args, **kwargs)
        return Quiz.objects.get(pk=quiz.pk)  # as it is read, with the ids of every part


class AttemptFactory(DjangoModelFactory):
    """An attempt handed in, without its answers. `start_attempt` and `answer_question` make real ones."""

    class Meta:
        model = Attempt

    learner = LazyFunction(lambda: Learner.objects.create())
    quiz = SubFactory(QuizFactory)
    version = LazyAttribute(lambda attempt: current_version(attempt.quiz))
    number = Sequence(lambda n: n + 1)
    shown = LazyAttribute(lambda attempt: [{"id": question["id"], "options": []} for question in attempt.version.content["questions"]])
    submitted_at = LazyFunction(timezone.now)
    points = Decimal(1)
    max_points = Decimal(1)
    is_passed = True
