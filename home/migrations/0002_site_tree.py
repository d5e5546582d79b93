"""The tree that every installation starts with: home page and the folder of guides, in place of Wagtail's welcome page."""

from django.db import migrations


def make_site_tree(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Locale = apps.get_model("wagtailcore", "Locale")
    Page = apps.get_model("wagtailcore", "Page")
    Site = apps.get_model("wagtailcore", "Site")
    HomePage = apps.get_model("home", "HomePage")
    GuideIndexPage = apps.get_model("kb", "GuideIndexPage")

    Site.objects.all().delete()
    Page.objects.filter(depth=2).delete()
    locale = Locale.objects.get_or_create(language_code="th")[0]

    def content_type(model):
        return ContentType.objects.get_or_create(app_label=model._meta.app_label, model=model._meta.model_name)[0]

    home = HomePage.objects.create(
        title="ร้านของคุณอยู่ช่วงไหน", draft_title="ร้านของคุณอยู่ช่วงไหน", slug="home", path="00010001", depth=2, numchild=1,
        url_path="/home/", locale=locale, content_type=content_type(HomePage),
    )  # fmt: skip
    GuideIndexPage.objects.create(
        title="คู่มือทั้งหมด", draft_title="คู่มือทั้งหมด", slug="guides", path="000100010001", depth=3, numchild=0,
        url_path="/home/guides/", locale=locale, content_type=content_type(GuideIndexPage),
    )  # fmt: skip
    Page.objects.filter(depth=1).update(numchild=1)
    Site.objects.create(hostname="localhost", port=80, root_page_id=home.pk, is_default_site=True, site_name="คลังความรู้ SME")


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0001_initial"),
        ("kb", "0002_initial"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
        ("wagtailredirects", "0008_add_verbose_name_plural"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_site_tree, migrations.RunPython.noop)]
