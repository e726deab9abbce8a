import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models

import telemetry.keys


def bucket_fields():
    return [
        ("pk", models.CompositePrimaryKey("project_id", "stat_id", "start", blank=True, editable=False, primary_key=True, serialize=False)),
        ("start", models.DateTimeField(help_text="Its first instant, in UTC.")),
        ("count", models.BigIntegerField(help_text="Number of points received.")),
        ("sum", models.FloatField()),
        ("min", models.FloatField()),
        ("max", models.FloatField()),
        ("sum_squares", models.FloatField()),
        ("project", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to="telemetry.project")),
        ("stat", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to="stats_app.stat")),
    ]


class Migration(migrations.Migration):
    initial = True
    dependencies = [("telemetry", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Stat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("kind", models.SmallIntegerField(choices=[(0, "counter"), (1, "value")])),
                ("key", models.CharField(default=telemetry.keys.new_key, editable=False, max_length=64)),
                ("public", models.BooleanField(db_default=False, default=False, help_text="May be seen and embedded by anyone.")),
                ("unit", models.CharField(blank=True, db_default="", default="", max_length=32)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ("last_received_at", models.DateTimeField(editable=False, help_text="To the second; a busy stat's row is not always written.", null=True)),
                ("announced_at", models.DateTimeField(default=django.utils.timezone.now, editable=False, null=True)),
                ("project", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="stats", to="telemetry.project")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("announced_at", None)), fields=["project"], name="stat_unannounced")],
                "constraints": [
                    models.UniqueConstraint(fields=("project", "name"), name="stat_name_unique"),
                    models.UniqueConstraint(fields=("key", "project"), name="stat_key_unique"),
                ],
            },
        ),
        migrations.CreateModel(name="MinuteBucket", fields=bucket_fields(), options={"abstract": False}),
        migrations.CreateModel(name="HourBucket", fields=bucket_fields(), options={"abstract": False}),
        migrations.CreateModel(name="DayBucket", fields=bucket_fields(), options={"abstract": False}),
    ]
