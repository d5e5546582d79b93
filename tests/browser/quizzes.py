"""A quiz as a person fills it in. What is right is read from the site's database; no page says so before the answer."""

import json
import random
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page

from courses.demo.learners import wrong_answer
from courses.grading import right_answer
from courses.questions import Question, read_questions, write_given
from tests.browser.site import RunningSite


def answer_right(question: Question) -> dict:
    return right_answer(question)


def answer_wrong(question: Question) -> dict:
    return wrong_answer(question, random.Random(question.code))


def read_asked(site: RunningSite, address: str) -> list[tuple[Question, dict]]:
    """(question, entry of Attempt.shown) of the attempt that has this address, in the order in which they are asked."""
    key = urlsplit(address).path.split("/attempts/")[1].split("/")[0]
    [(content, shown)] = site.query(
        "SELECT version.content, attempt.shown FROM courses_attempt attempt"
        " JOIN courses_quizversion version ON version.id = attempt.version_id WHERE attempt.key = ?",
        key.replace("-", ""),
    )
    questions = {question.id: question for question in read_questions(json.loads(content)["questions"])}
    return [(questions[entry["id"]], entry) for entry in json.loads(shown)]


def fill_in(page: Page, question: Question, entry: dict, given: dict) -> None:
    """Marks, chooses and types what is given; nothing is sent."""
    for name, values in write_given(question, given, entry).items():
        fields = page.locator(f"form.quiz [name='{name}']")
        kind = fields.first.get_attribute("type")
        for value in values:
            if kind in ("radio", "checkbox"):
                fields.and_(page.locator(f"[value='{value}']")).check()
            elif fields.evaluate("node => node.tagName") == "SELECT":
                fields.select_option(value)
            else:
                fields.fill(value)


def press(page: Page, selector: str) -> None:
    """Until the next page is there: what follows asks it at once."""
    with page.expect_navigation():
        page.locator(selector).click()


def take_quiz(
    site: RunningSite, page: Page, answer: Callable[[Question], dict], look: Callable[[Question, str], None] | None = None
) -> None:
    """From the first question to the result. look(question, place) at each page: `question`, and `feedback` where it comes at once."""
    for question, entry in read_asked(site, page.url):
        if look:
            look(question, "question")
        fill_in(page, question, entry, answer(question))
        press(page, "form.quiz .bar button")
        if page.locator("article.quiz").count():
            if look:
                look(question, "feedback")
            press(page, "article.quiz .bar .button")
    if page.url.endswith("/submit/"):
        press(page, "main form.bar button")
