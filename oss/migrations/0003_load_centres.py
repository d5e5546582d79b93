"""The 77 centres and who stands in for whom, from `oss/data/centres.csv`."""

import csv
from pathlib import Path

from django.db import migrations

CENTRES_FILE = Path(__file__).parent.parent / "data" / "centres.csv"


def load_centres(apps, schema_editor):
    Centre = apps.get_model("oss", "Centre")
    with open(CENTRES_FILE, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    centres = {}
    for row in rows:
        centres[row["iso"]] = Centre.objects.create(
            province_id=row["iso"],
            kind=row["centre_type"],
            name_th=f"ศูนย์ให้บริการ SME ครบวงจร {row['province_th']}",
            name_en=f"SME One-Stop Service Centre, {row['province_en']}",
        )
    for row in rows:
        if row["fallback_iso"] != "-":
            centre = centres[row["iso"]]
            centre.fallback = centres[row["fallback_iso"]]
            centre.save()


class Migration(migrations.Migration):
    dependencies = [("oss", "0002_initial"), ("business", "0003_load_vocabulary")]
    operations = [migrations.RunPython(load_centres, migrations.RunPython.noop)]
