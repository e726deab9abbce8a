from django.db import migrations

# Buckets are updated in place many times. Room on each page lets PostgreSQL do that without
# touching the index (HOT), and keeps the table from growing.
TABLES = {
    "stats_app_minutebucket": 70,
    "stats_app_hourbucket": 60,
    "stats_app_daybucket": 60,
    "stats_app_stat": 70,
}


class Migration(migrations.Migration):
    dependencies = [("stats_app", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET (fillfactor = {percent}, autovacuum_vacuum_scale_factor = 0.05)",
            f"ALTER TABLE {table} RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        )
        for table, percent in TABLES.items()
    ]
