"""Stages, functions, sectors and provinces from `business/data`."""

from django.db import migrations

from business.data import read_rows


def load_vocabulary(apps, schema_editor):
    model = {name: apps.get_model("business", name) for name in ("StageScheme", "Stage", "BusinessFunction", "Sector", "Province")}
    schemes = {row["code"]: model["StageScheme"].objects.create(**row | {"is_current": row["is_current"] == "1"}) for row in read_rows("stage_schemes")}
    rows = read_rows("stages")
    stages = {}
    for row in rows:
        fields = {name: value for name, value in row.items() if name not in ("scheme", "equivalents")}
        stages[f"{row['scheme']}:{row['code']}"] = model["Stage"].objects.create(scheme=schemes[row["scheme"]], **fields)
    for row in rows:
        for other in filter(None, row["equivalents"].split("|")):
            stages[f"{row['scheme']}:{row['code']}"].equivalents.add(stages[other])
    model["BusinessFunction"].objects.bulk_create(model["BusinessFunction"](**row) for row in read_rows("functions"))
    model["Sector"].objects.bulk_create(model["Sector"](**row) for row in read_rows("sectors"))
    model["Province"].objects.bulk_create(
        model["Province"](**row | {"aliases": [alias for alias in row["aliases"].split("|") if alias]}) for row in read_rows("provinces")
    )


class Migration(migrations.Migration):
    dependencies = [("business", "0002_initial")]
    operations = [migrations.RunPython(load_vocabulary, migrations.RunPython.noop)]
