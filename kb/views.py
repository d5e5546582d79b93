"""Pages that are not Wagtail's: stages, programmes, the short code, what readers say."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from business import vocabulary
from business.profile import current_business
from kb import feedback, guides
from kb.forms import ProgrammeFilter, ReasonForm
from kb.models import Programme
from kb.programmes import describe_known, judge, open_programmes_of_stage, programme_context
from users.formats import to_arabic_digits

PROGRAMMES_OF_STAGE = 5
ECHOED = 40  # letters of a wrong value that are shown back


@require_safe
def show_stage(request, code):
    stages = list(vocabulary.stages().values())
    stage = vocabulary.stages().get(code)
    if stage is None:
        raise Http404
    asked = request.GET.get("function", "").strip()
    function = vocabulary.functions().get(asked)
    found = list(guides.guides_of_stage(code).order_by("code").prefetch_related("stages", "functions"))
    groups = guides.group_by_function(found)
    at = stages.index(stage)
    business = current_business(request)
    return render(
        request,
        "kb/stage.html",
        {
            "stage": stage,
            "stages": stages,
            "before": stages[at - 1] if at else None,
            "after": stages[at + 1] if at + 1 < len(stages) else None,
            "groups": groups,
            "shown": [group for group in groups if group.function == function] if function else [group for group in groups if group.number],
            "number": len(found),
            "function": function,
            "unknown_function": asked[:ECHOED] if asked and function is None else "",
            "first": guides.choose_first_guides(found),
            "matches": open_programmes_of_stage(code, business, PROGRAMMES_OF_STAGE),
            "business": business,
        },
    )


@require_safe
def show_programmes(request):
    business = current_business(request)
    programmes = list(Programme.objects.live().select_related("agency"))
    form = ProgrammeFilter(request.GET, programmes=programmes)
    left = form.narrow()
    function = form.cleaned_data.get("function")
    bands = judge(left, business, needs=frozenset([function]) if function else None)
    return render(
        request,
        "kb/programmes.html",
        {
            "form": form,
            "bands": bands,
            "number": len(left),
            "total": len(programmes),
            "business": business,
            "known": describe_known(business),
        },
    )


@require_safe
def show_programme(request, code):
    programme = get_object_or_404(Programme.objects.live().select_related("agency"), code=code)
    return render(request, "kb/programme.html", programme_context(programme, request))


@require_safe
def open_by_code(request, code):
    """The four digits that were read out on the telephone, in any digits, lead to the guide."""
    page = get_object_or_404(guides.public_guides(), code=to_arabic_digits(code))
    return redirect(page.url)


@require_http_methods(["GET", "HEAD", "POST"])
def take_feedback(request, page_id):
    """`useful` is a vote; `reason` or `comment` says why not. Afterwards the reader stands at the guide again."""
    page = get_object_or_404(guides.public_guides(), pk=page_id)
    back = redirect(f"{page.url}#feedback")
    if request.method != "POST":
        return back
    useful = request.POST.get("useful")
    try:
        if useful in ("yes", "no"):
            feedback.record_vote(request, page, was_useful=useful == "yes")
            return back
        form = ReasonForm(request.POST)
        if form.is_valid():
            feedback.record_vote(request, page, was_useful=False, **form.cleaned_data)
            return back
    except feedback.TooManyVotes:
        return render(request, "kb/feedback.html", {"guide": page, "form": ReasonForm(request.POST), "is_too_often": True}, status=429)
    return render(request, "kb/feedback.html", {"guide": page, "form": form}, status=422)
