"""What search engines may know: the live public pages, programmes, stages and centres, each at its Thai address."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse
from wagtail.models import Page

from business import vocabulary
from courses.models import ChapterPage
from courses.outline import only_reachable
from kb.models import Programme
from oss.models import Centre


class Pages(Sitemap):
    """Without what stands below a draft, as a lesson of a withdrawn course, and without chapters, which only lead on."""

    def items(self):
        return only_reachable(Page.objects.filter(depth__gt=1).not_exact_type(ChapterPage)).order_by("path")

    def location(self, page):
        return page.get_url()

    def lastmod(self, page):
        return page.last_published_at


class Programmes(Sitemap):
    def items(self):
        return Programme.objects.live().order_by("code")

    def lastmod(self, programme):
        return programme.checked_on


class Stages(Sitemap):
    def items(self):
        return list(vocabulary.stages())

    def location(self, code):
        return reverse("stage", args=[code])


class Centres(Sitemap):
    def items(self):
        return Centre.objects.order_by("province__order")


SITEMAPS = {"pages": Pages, "programmes": Programmes, "stages": Stages, "centres": Centres}
