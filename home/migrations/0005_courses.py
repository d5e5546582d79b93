"""The folder of courses in the site tree, and what editors may do with quizzes and media."""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from wagtail.models import Page as LivePage

from home.roles import apply_roles


def make_course_folder(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Page = apps.get_model("wagtailcore", "Page")
    HomePage = apps.get_model("home", "HomePage")
    CourseIndexPage = apps.get_model("courses", "CourseIndexPage")

    home = HomePage.objects.get()
    children = Page.objects.filter(path__startswith=home.path, depth=home.depth + 1)
    last = children.order_by("path").last()
    step = LivePage._str2int(last.path[-LivePage.steplen :]) + 1 if last else 1
    slug = "courses" if not children.filter(slug="courses").exists() else "learning"
    CourseIndexPage.objects.create(
        title="คอร์สและเส้นทางเรียนรู้", draft_title="คอร์สและเส้นทางเรียนรู้", slug=slug, path=LivePage._get_path(home.path, home.depth + 1, step),
        depth=home.depth + 1, numchild=0, url_path=f"{home.url_path}{slug}/", locale_id=home.locale_id,
        content_type=ContentType.objects.get_or_create(app_label="courses", model="courseindexpage")[0],
    )  # fmt: skip
    Page.objects.filter(pk=home.pk).update(numchild=children.count())


def give_courses(apps, schema_editor):
    for name in ("courses", "wagtailmedia"):
        create_permissions(live_apps.get_app_config(name), apps=apps, verbosity=0)
    apply_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("home", "0004_search_desk_roles"), ("courses", "0001_initial"), ("wagtailmedia", "0005_alter_media_options")]
    operations = [
        migrations.RunPython(make_course_folder, migrations.RunPython.noop),
        migrations.RunPython(give_courses, migrations.RunPython.noop),
    ]
