"""Taking a quiz: the card before it, one question a page, handing in, the result. Everything works by plain forms."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses import gates, quizzes
from courses.asking import show_answered, show_open
from courses.grading import percent
from courses.learners import current_learner, ensure_learner
from courses.models import Attempt, LessonPage, PathPage, Quiz
from courses.outline import course_of, public_lessons
from courses.questions import Unreadable, write_given
from courses.quizzes import Sheet
from kb.guides import only_public


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request, code):
    """The card of a quiz; by POST an attempt begins or goes on."""
    quiz = get_object_or_404(Quiz.objects.live(), code=code)
    page = _find_page((request.POST if request.method == "POST" else request.GET).get("page", ""))
    if page is None or not _has_quiz(page, quiz):
        raise Http404("no such quiz on a page that the public may open")
    if refusal := _refuse_locked(request, page, quiz):
        return refusal
    if request.method != "POST":
        context = {"page": page, "value": {"quiz": quiz}, "quizzes": quizzes.quiz_cards(current_learner(request), [quiz], page)}
        return render(request, "courses/quiz_start.html", context | _around(request, page, quiz))
    learner = ensure_learner(request)
    try:
        attempt = quizzes.start_attempt(learner, quiz, page)
    except quizzes.TooManyAttempts:
        last = Attempt.objects.filter(learner=learner, quiz=quiz).order_by("-number").first()
        words = _("แบบฝึกนี้ทำได้ %(number)s ครั้ง และคุณทำครบแล้ว ดูเฉลยของครั้งล่าสุดได้") % {"number": quiz.max_attempts}
        return _refuse(request, page, quiz, _("ทำครบจำนวนครั้งแล้ว"), words, attempt=last, status=409)
    return redirect(_address(attempt, Sheet(attempt).first_open() or 1))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_attempt(request, key):
    """One question of an attempt: the form, or what became of the answer where that is said at once."""
    attempt = _find_attempt(request, key)
    if request.method == "POST":
        return _take_answer(request, attempt)
    if attempt.submitted_at or _close_when_over(attempt):
        return redirect("attempt_result", key=attempt.key)
    page = _open_page(attempt)
    if refusal := _refuse_locked(request, page, attempt.quiz):
        return refusal
    sheet = Sheet(attempt)
    return _show_question(request, sheet, page, _read_number(request, len(attempt.shown)) or sheet.first_open() or 1)


def _take_answer(request, attempt: Attempt):
    sheet = Sheet(attempt)
    question_id = request.POST.get("question", "")
    number = next((place for place, entry in enumerate(attempt.shown, start=1) if entry["id"] == question_id), 0)
    if not number:
        raise Http404("not a question of this attempt")
    page = _open_page(attempt)
    if refusal := _refuse_locked(request, page, attempt.quiz):
        return refusal
    try:
        quizzes.answer_question(attempt, question_id, request.POST)
    except Unreadable as error:
        return _show_question(request, sheet, page, number, error=str(error), status=422)
    except quizzes.AlreadySubmitted:
        words = _("ครั้งนี้ส่งคำตอบไปแล้ว จึงเปลี่ยนคำตอบไม่ได้")
        return _refuse(request, page, attempt.quiz, _("ส่งไปแล้ว"), words, attempt=attempt, status=409)
    except quizzes.TimeOver:
        words = _("คำตอบข้อล่าสุดมาถึงหลังหมดเวลา จึงไม่ได้นับ คำตอบก่อนหน้านั้นนับครบทุกข้อ")
        return _refuse(request, page, attempt.quiz, _("หมดเวลาแล้ว"), words, attempt=attempt, status=410)
    if sheet.is_at_once:
        return redirect(_address(attempt, number))
    if number < len(attempt.shown):
        return redirect(_address(attempt, number + 1))
    return redirect("attempt_submit", key=attempt.key)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request, key):
    """What is answered and what is not, with the button that hands it in. Handing in twice is handing in once."""
    attempt = _find_attempt(request, key)
    if attempt.submitted_at or _close_when_over(attempt):
        return redirect("attempt_result", key=attempt.key)
    page = _open_page(attempt)
    if refusal := _refuse_locked(request, page, attempt.quiz):
        return refusal
    if request.method == "POST":
        quizzes.submit_attempt(attempt)
        return redirect("attempt_result", key=attempt.key)
    sheet = Sheet(attempt)
    facts = quizzes.find_facts(sheet.questions, is_answered=False)
    places = [
        {"number": number, "text": question.text, "is_answered": question.id in sheet.answers}
        for number, question in enumerate(sheet.questions, start=1)
    ]
    missing = sum(not place["is_answered"] for place in places)
    context = {"sheet": sheet, "attempt": attempt, "places": places, "missing": missing, "facts": facts}
    return render(request, "courses/attempt_submit.html", context | _time_left(attempt) | _around(request, page, attempt.quiz))


@never_cache
@require_safe
def show_result(request, key):
    """How it went, and every question with its explanations."""
    attempt = _find_attempt(request, key)
    if not attempt.submitted_at and not _close_when_over(attempt):
        return redirect("attempt", key=attempt.key)
    sheet = Sheet(attempt)
    page = _find_page(str(attempt.page_id or ""))
    facts, pictures = quizzes.find_facts(sheet.questions, is_answered=True), quizzes.find_pictures(sheet.questions)
    answers = sheet.answers
    shown = [
        show_answered(
            question,
            number=number,
            entry=entry,
            given=answers[question.id].given if question.id in answers else None,
            facts=facts,
            pictures=pictures,
        )
        for number, (question, entry) in enumerate(zip(sheet.questions, attempt.shown, strict=True), start=1)
    ]
    card = quizzes.quiz_cards(attempt.learner, [attempt.quiz], page)[attempt.quiz_id]
    context = {
        "attempt": attempt,
        "content": sheet.content,
        "shown": shown,
        "right": sum(bool(one.is_right) for one in shown),
        "percent": percent(attempt.points, attempt.max_points),
        "is_out_of_time": attempt.deadline is not None and attempt.submitted_at >= attempt.deadline,
        "is_placement": isinstance(page, PathPage),
        "card": card,
        "can_retry": page is not None and attempt.quiz.live and card.can_start,
        "facts": facts,
    }
    return render(request, "courses/quiz_result.html", context | _around(request, page, attempt.quiz))


# A question


def _show_question(request, sheet: Sheet, page, number: int, *, error: str = "", status: int = 200):
    attempt, question, entry = sheet.attempt, sheet.questions[number - 1], sheet.attempt.shown[number - 1]
    answer = sheet.answers.get(question.id)
    is_revealed = bool(answer) and sheet.is_at_once
    around = {
        "number": number,
        "entry": entry,
        "facts": quizzes.find_facts([question], is_answered=is_revealed),
        "pictures": quizzes.find_pictures([question]),
    }
    if is_revealed:
        shown = show_answered(question, given=answer.given, **around)
    else:
        sent = dict(request.POST.lists()) if error else write_given(question, answer.given if answer else None, entry)
        shown = show_open(question, values=sent, error=error, **around)
    total = len(attempt.shown)
    left = [place for place, one in enumerate(attempt.shown, start=1) if one["id"] not in sheet.answers]
    context = {
        "sheet": sheet,
        "attempt": attempt,
        "shown": shown,
        "is_revealed": is_revealed,
        "number": number,
        "total": total,
        "marks": ["now" if place == number else "" if place in left else "done" for place in range(1, total + 1)],
        "before": number - 1,
        "after": number + 1 if number < total else 0,
        "next_open": next((place for place in left if place > number), left[0] if left else 0),
        "facts": around["facts"],
    }
    return render(request, "courses/question.html", context | _time_left(attempt) | _around(request, page, attempt.quiz), status=status)


def _read_number(request, total: int) -> int:
    text = request.GET.get("q", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if text and not 1 <= number <= total:
        raise Http404("no such question")
    return number


def _time_left(attempt: Attempt) -> dict:
    """Whole minutes that are left, rounded down so that nobody counts on more than there is; none without a limit."""
    if attempt.deadline is None:
        return {}
    seconds = max(0, (attempt.deadline - timezone.now()).total_seconds())
    return {"minutes_left": int(seconds // 60), "deadline": attempt.deadline}


def _address(attempt: Attempt, number: int) -> str:
    return f"{reverse('attempt', kwargs={'key': attempt.key})}?q={number}"


# What an attempt stands on


def _find_attempt(request, key) -> Attempt:
    """The learner's own; that of somebody else does not exist."""
    learner = current_learner(request)
    if learner is None:
        raise Http404("no attempts yet")
    attempt = get_object_or_404(Attempt.objects.select_related("version", "quiz"), key=key, learner=learner)
    attempt.learner = learner
    return attempt


def _close_when_over(attempt: Attempt) -> bool:
    if not quizzes.is_over(attempt):
        return False
    quizzes.close_attempt(attempt)
    return True


def _find_page(key: str) -> LessonPage | PathPage | None:
    """The public lesson or path of this id."""
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        return None
    lesson = public_lessons().filter(pk=int(key)).first()
    return lesson or only_public(PathPage.objects.select_related("stage")).filter(pk=int(key)).first()


def _has_quiz(page: LessonPage | PathPage, quiz: Quiz) -> bool:
    return page.placement_id == quiz.pk if isinstance(page, PathPage) else quiz.pk in page.quiz_ids


def _open_page(attempt: Attempt) -> LessonPage | PathPage:
    """The page of an attempt that goes on. 404 when quiz or page are no longer for the public."""
    page = _find_page(str(attempt.page_id or "")) if attempt.quiz.live else None
    if page is None:
        raise Http404("the quiz or its page is no longer public")
    return page


def _refuse_locked(request, page: LessonPage | PathPage, quiz: Quiz):
    if isinstance(page, PathPage):
        return None
    needs = [need for need in gates.find_locks(current_learner(request), page) if need.is_locked and not need.is_met]
    if not needs:
        return None
    words = _("บทเรียนนี้เปิดได้หลังเรียนเรื่องต่อไปนี้จบ")
    return _refuse(request, page, quiz, _("ยังทำแบบฝึกนี้ไม่ได้"), words, needs=needs, status=409)


def _refuse(request, page, quiz: Quiz, title: str, words: str, *, attempt: Attempt | None = None, needs=(), status: int):
    context = {"title": title, "words": words, "attempt": attempt, "needs": needs}
    return render(request, "courses/quiz_refused.html", context | _around(request, page, quiz), status=status)


def _around(request, page: LessonPage | PathPage | None, quiz: Quiz) -> dict:
    """Where the quiz belongs: the page to go back to, and the colour of its stage."""
    if page is None:
        return {}
    stage = page.stage if isinstance(page, PathPage) else course_of(page).stages.first()
    back = page.get_url(request) + ("" if isinstance(page, PathPage) else f"#quiz-{quiz.code}")
    return {"place": page, "back": back, "stage": stage, "is_path": isinstance(page, PathPage)}
