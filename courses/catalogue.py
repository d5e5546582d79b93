"""The courses in their street: by stage, with the path that each stage recommends; and the page of one course."""

from dataclasses import dataclass, field

from django.utils.functional import cached_property

from business import vocabulary
from business.models import BusinessFunction, Stage
from business.profile import current_business
from courses.contents import read_contents
from courses.learners import current_learner
from courses.models import CoursePage, PathPage
from courses.outline import Outline, public_courses, read_outlines
from courses.progress import CourseProgress, measure_courses
from kb import facts as quoting
from kb.guides import only_public
from kb.models import Fact, Programme, describe_business
from kb.programmes import BAND_ORDER, Match


@dataclass(frozen=True)
class CourseCard:
    """A course in a list. Courses come with their stages and functions prefetched."""

    outline: Outline
    measured: CourseProgress

    @property
    def course(self) -> CoursePage:
        return self.outline.course

    @cached_property
    def stage(self) -> Stage | None:
        return next((stage for stage in vocabulary.stages().values() if stage in self.course.stages.all()), None)


@dataclass
class StageOfCourses:
    """A stage with its courses; `path` is the one it recommends."""

    stage: Stage
    path: PathPage | None = None
    cards: list[CourseCard] = field(default_factory=list)


@dataclass(frozen=True)
class Filters:
    """What the address asks for; a code that nobody knows asks for nothing. `level` is one of `CoursePage.Level`."""

    stage: Stage | None = None
    function: BusinessFunction | None = None
    level: CoursePage.Level | None = None

    @property
    def is_any(self) -> bool:
        return any((self.stage, self.function, self.level))

    def lets_through(self, course: CoursePage) -> bool:
        return (
            (not self.stage or self.stage in course.stages.all())
            and (not self.function or self.function in course.functions.all())
            and (not self.level or course.level == self.level)
        )


def read_filters(query) -> Filters:
    """query: the GET parameters stage, function and level."""
    level = query.get("level", "")
    return Filters(
        vocabulary.stages().get(query.get("stage", "")),
        vocabulary.functions().get(query.get("function", "")),
        CoursePage.Level(level) if level in CoursePage.Level.values else None,
    )


def catalogue_context(request) -> dict:
    """What the list of courses shows. A course of two stages stands in both and counts once."""
    filters = read_filters(request.GET)
    courses = list(public_courses().order_by("path").prefetch_related("stages", "functions"))
    outlines = read_outlines(course for course in courses if filters.lets_through(course))
    measured = measure_courses(current_learner(request), outlines.values())
    cards = [CourseCard(outlines[course.pk], measured[course.pk]) for course in courses if course.pk in outlines]
    paths = recommended_paths()
    groups = [
        StageOfCourses(stage, paths.get(stage.pk), [card for card in cards if stage in card.course.stages.all()])
        for stage in vocabulary.stages().values()
        if not filters.stage or stage == filters.stage
    ]
    return {
        "groups": [group for group in groups if group.cards or (group.path and not filters.is_any) or filters.stage],
        "number": len(cards),
        "total": len(courses),
        "filters": filters,
        "stages": list(vocabulary.stages().values()),
        "functions": [
            function for function in vocabulary.functions().values() if any(function in course.functions.all() for course in courses)
        ],
        "levels": CoursePage.Level,
    }


def recommended_paths() -> dict[int, PathPage]:
    """{pk of the stage: the path it recommends}; one query."""
    found: dict[int, PathPage] = {}
    for path in only_public(PathPage.objects.filter(is_recommended=True)).defer("items").order_by("path"):
        found.setdefault(path.stage_id, path)
    return found


# One course


def course_context(page: CoursePage, request) -> dict:
    """What the page of a course shows: its contents with the reader's state, what comes first, and what comes after."""
    contents = read_contents(current_learner(request), page)
    business = current_business(request)
    stages, functions = _own(vocabulary.stages(), page.stages), _own(vocabulary.functions(), page.functions)
    stage = next((stage for stage in stages if business and business.stage_id == stage.pk), None) or next(iter(stages), None)
    codes = quoting.find_references(page.goals)
    return {
        "stage": stage,
        "stages": stages,
        "functions": functions,
        "contents": contents,
        "outline": contents.outline,
        "measured": contents.measured,
        "needs": contents.needs,
        "unmet": [need for need in contents.needs if need.is_locked and not need.is_met],
        "business": business,
        "matches": match_next_programmes(page, functions, business) if contents.measured.is_finished else [],
        "change_notes": list(page.changes.all()),
        "facts": Fact.objects.in_bulk(codes, field_name="code") if codes else {},
        "has_certificate": page.has_certificate and contents.measured.is_finished,
    }


def match_next_programmes(page: CoursePage, functions: list[BusinessFunction], business) -> list[Match]:
    """The programmes that the course leads to, judged for this business: what fits best first."""
    programmes: list[Programme] = list(page.next_programmes.filter(live=True).select_related("agency"))
    profile = describe_business(business, needs=frozenset(function.code for function in functions))
    matches = [Match(programme, programme.match(profile)) for programme in programmes]
    return sorted(matches, key=lambda match: (BAND_ORDER.index(match.verdict.band), -match.verdict.met, match.programme.name))


def _own(rows: dict, relation) -> list:
    """The rows of a vocabulary that a page belongs to, in the vocabulary's order and from its cache."""
    own = {row.pk for row in relation.all()}
    return [row for row in rows.values() if row.pk in own]
