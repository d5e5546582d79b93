"""One address for each page type."""

from uuid import UUID

from tests.browser.site import RunningSite

PUBLIC = {
    "home": "/",
    "stage": "/stages/run/",
    "guides": "/guides/",
    "guide": "/guides/cash-flow/",
    "guide with an expired fact": "/guides/vat-registration/",
    "programmes": "/programmes/",
    "programme": "/programmes/bds-2567/",
    "results": "/search/?q=ภาษี",
    "no results": "/search/?q=zzzzqqqq",
    "form": "/ask/?guide=4104&province=TH-50",
    "centres": "/centres/",
    "centre": "/centres/TH-50/",
    "plain page": "/privacy/",
    "my page": "/my/",
    "profile": "/my/business/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "missing page": "/nowhere/",
    "courses": "/courses/",
    "course": "/courses/shop-books-and-unit-cost/",
    "lesson with a video": "/courses/shop-books-and-unit-cost/chapter-2/books-price-and-breakeven/",
    "lesson with a quiz": "/courses/shop-books-and-unit-cost/chapter-1/books-profit-is-not-cash/",
    "path": "/courses/path-run/",
    "nothing learnt yet": "/learn/",
    "certificate search": "/certificates/",
    "certificate misread": "/certificates/?number=1234",
}

LEARNER = "pranom@example.test"  # the demonstration's learner with something of everything
LEARNERS = (
    "learning",
    "course finished",
    "lesson finished",
    "path after its test",
    "changes",
    "quiz failed",
    "quiz passed",
    "note",
    "certificate",
    "certificate not yet",
    "locked lesson",
    "locked course",
)


def find_learners(site: RunningSite) -> dict[str, str]:
    """{page type of LEARNERS: its address}. One lesson and one course of the site are locked for it."""

    def page(slug: str) -> int:
        return site.query("SELECT id FROM wagtailcore_page WHERE slug = ?", slug)[0][0]

    def attempt(*, is_passed: bool) -> str:
        own = "JOIN courses_learner learner ON learner.id = attempt.learner_id JOIN users_user person ON person.id = learner.user_id"
        sql = f"SELECT attempt.key FROM courses_attempt attempt {own} WHERE person.email = ? AND attempt.is_passed = ? ORDER BY attempt.id"
        return str(UUID(site.query(sql, LEARNER, is_passed)[0][0]))

    for kind, slug in (("lesson", "hand-over-whole"), ("course", "open-shop-right")):
        if not site.query(f"SELECT id FROM courses_{kind}prerequisite WHERE page_id = ? AND kind = 'locked'", page(slug)):
            site.query(
                f"INSERT INTO courses_{kind}prerequisite (page_id, needs_id, kind, sort_order) VALUES (?, ?, 'locked', 0)",
                page(slug),
                page("back-on-its-feet"),
            )
    own = "JOIN courses_learner learner ON learner.id = learner_id JOIN users_user person ON person.id = user_id WHERE email = ?"
    return {
        "learning": "/learn/",
        "course finished": "/courses/shop-books-and-unit-cost/",
        "lesson finished": "/courses/shop-books-and-unit-cost/chapter-2/books-count-unit-cost/",
        "path after its test": "/courses/path-run/",
        "changes": f"/learn/pages/{page('books-ten-minutes-a-day')}/changes/",
        "quiz failed": f"/learn/attempts/{attempt(is_passed=False)}/result/",
        "quiz passed": f"/learn/attempts/{attempt(is_passed=True)}/result/",
        "note": "/learn/notes/{}/".format(*site.query(f"SELECT note.id FROM courses_note note {own}", LEARNER)[0]),
        "certificate": "/certificates/{}/".format(*site.query(f"SELECT number FROM courses_certificate {own}", LEARNER)[0]),
        "certificate not yet": f"/learn/courses/{page('borrow-and-branch')}/certificate/",
        "locked lesson": "/courses/leave-in-good-order/chapter-2/hand-over-whole/",
        "locked course": "/courses/open-shop-right/",
    }
