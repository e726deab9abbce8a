
import datetime
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('telemetry', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Fleet',
            fields=[
                ('project', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='fleet', serialize=False, to='telemetry.project')),
                ('next_number', models.IntegerField(db_default=0, default=0, editable=False)),
                ('devices', models.IntegerField(db_default=0, default=0, editable=False)),
                ('longest_absence', models.DurationField(db_default=datetime.timedelta(0), default=datetime.timedelta(0), editable=False, help_text='The longest time between two beats that followed each other, of any devices.')),
                ('longest_absence_ended_at', models.DateTimeField(editable=False, null=True)),
                ('status_page', models.BooleanField(db_default=False, default=False, help_text='A page and badges, for everybody: when the last beat came. No names of devices.')),
            ],
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField(editable=False, verbose_name='id')),
                ('name', models.CharField(max_length=255)),
                ('token_hash', models.CharField(editable=False, max_length=64)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('num_beats', models.BigIntegerField(db_default=0, default=0, editable=False, verbose_name='beats')),
                ('last_beat_at', models.DateTimeField(editable=False, null=True, verbose_name='last beat')),
                ('furthest_at', models.DateTimeField(editable=False, null=True)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='devices', to='telemetry.project')),
            ],
        ),
        migrations.CreateModel(
            name='BeatHour',
            fields=[
                ('pk', models.CompositePrimaryKey('project_id', 'device_id', 'start', blank=True, editable=False, primary_key=True, serialize=False)),
                ('start', models.DateTimeField()),
                ('count', models.IntegerField()),
                ('project', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='telemetry.project')),
                ('device', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='devices_app.device')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Beat',
            fields=[
                ('pk', models.CompositePrimaryKey('project_id', 'device_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('id', models.UUIDField()),
                ('at', models.DateTimeField()),
                ('project', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='telemetry.project')),
                ('device', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='devices_app.device')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('pk', models.CompositePrimaryKey('project_id', 'device_id', 'started_at', blank=True, editable=False, primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('project', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='telemetry.project')),
                ('device', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='devices_app.device')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('pk', models.CompositePrimaryKey('project_id', 'slot', blank=True, editable=False, primary_key=True, serialize=False)),
                ('slot', models.SmallIntegerField()),
                ('beats', models.BigIntegerField(db_default=0)),
                ('visits', models.BigIntegerField(db_default=0)),
                ('last_beat_at', models.DateTimeField(null=True)),
                ('furthest_at', models.DateTimeField(null=True)),
                ('project', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='telemetry.project')),
            ],
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(fields=('project', 'number'), name='device_number_unique'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(fields=('token_hash', 'project'), name='device_token_unique'),
        ),
    ]
