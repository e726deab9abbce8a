from django.db import migrations

# Every request of a device changes its row, and every batch those of the present hour. Room on
# each page lets PostgreSQL do that without touching the indexes (HOT).
ROOM = {"appuser": 50, "usagecounter": 70, "eventcounter": 70}


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0003_countly")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE sessions_app_{table} SET (fillfactor = {percent},"
            " autovacuum_vacuum_scale_factor = 0.05)",
            f"ALTER TABLE sessions_app_{table} RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        )
        for table, percent in ROOM.items()
    ]
