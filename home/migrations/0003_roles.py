"""The six roles as groups with their permissions (`home/roles.py`)."""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from home.roles import apply_roles


def make_roles(apps, schema_editor):
    # Permissions are made after the last migration; this one needs them now.
    for name in ("wagtailcore", "wagtailadmin", "wagtailimages", "wagtaildocs", "kb", "business", "oss", "users", "home"):
        create_permissions(live_apps.get_app_config(name), apps=apps, verbosity=0)
    apply_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0002_site_tree"),
        ("oss", "0002_initial"),
        ("users", "0001_initial"),
        ("wagtailadmin", "0006_formstate"),
        ("wagtailimages", "0027_image_description"),
        ("wagtaildocs", "0014_alter_document_file_size"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
