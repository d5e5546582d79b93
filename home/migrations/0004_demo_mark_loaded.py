from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("home", "0003_roles")]
    operations = [migrations.AddField(model_name="demomark", name="loaded", field=models.JSONField(default=dict))]
