"""The search desk belongs to those who write: editors, publishers and administrators (`home/roles.py`)."""

from django.apps import apps as live_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from home.roles import apply_roles


def give_search_desk(apps, schema_editor):
    create_permissions(live_apps.get_app_config("search"), apps=apps, verbosity=0)
    apply_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("home", "0003_roles"), ("search", "0003_desk")]
    operations = [migrations.RunPython(give_search_desk, migrations.RunPython.noop)]
