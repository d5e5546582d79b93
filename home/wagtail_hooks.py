"""Our name and colours in Wagtail's admin, and what waits for its editors."""

from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.ui.components import Component

from kb.models import GuidePage, Programme

SHOWN = 8


@hooks.register("insert_global_admin_css")
def add_our_colours():
    return format_html('<link rel="stylesheet" href="{}">', static("admin.css"))


class ReviewPanel(Component):
    """Guides whose review is due, the longest overdue first: the first thing an editor sees."""

    name = "due_for_review"
    template_name = "home/review_panel.html"
    order = 50

    def get_context_data(self, parent_context):
        due = GuidePage.objects.live().filter(next_review__lte=timezone.localdate()).order_by("next_review")
        oldest = Programme.objects.live().order_by("checked_on").first()
        return {"guides": due[:SHOWN], "number": due.count(), "oldest_programme": oldest}


@hooks.register("construct_homepage_panels")
def add_review_panel(request, panels):
    panels.append(ReviewPanel())
