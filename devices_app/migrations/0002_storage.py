from django.db import migrations

# These rows are updated in place many times. Room on each page lets PostgreSQL do that without
# touching the indexes (HOT), and keeps the tables from growing.
TABLES = {
    "devices_app_device": 50,
    "devices_app_beathour": 60,
    "devices_app_tally": 10,
}


class Migration(migrations.Migration):
    dependencies = [("devices_app", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET (fillfactor = {percent}, autovacuum_vacuum_scale_factor = 0.05)",
            f"ALTER TABLE {table} RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        )
        for table, percent in TABLES.items()
    ]
