from django.db import migrations

# To Django the id alone is the primary key. In the database the project leads, so that tables can
# be sharded by it and the key is the index that lists of a project are read from.
GROWING = ["player", "session", "event", "logline"]
# These rows are updated in place. Room on each page lets PostgreSQL do that without touching the
# indexes (HOT).
ROOM = {"player": 80, "session": 70, "server": 20}
# Ids begin with a time, and lists are narrowed down by them. With coarse statistics a short time
# looks like next to nothing, and the planner reads it from a worse index.
EXACT = 1000


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0001_initial")]
    operations = [
        *(
            migrations.RunSQL(
                f"ALTER TABLE sessions_app_{table} DROP CONSTRAINT sessions_app_{table}_pkey,"
                f" ADD PRIMARY KEY (project_id, id)",
                f"ALTER TABLE sessions_app_{table} DROP CONSTRAINT sessions_app_{table}_pkey,"
                f" ADD PRIMARY KEY (id)",
            )
            for table in GROWING
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE sessions_app_{table} ALTER COLUMN id SET STATISTICS {EXACT}",
                f"ALTER TABLE sessions_app_{table} ALTER COLUMN id SET STATISTICS -1",
            )
            for table in GROWING
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE sessions_app_{table} SET (fillfactor = {percent},"
                " autovacuum_vacuum_scale_factor = 0.05)",
                f"ALTER TABLE sessions_app_{table} RESET (fillfactor,"
                " autovacuum_vacuum_scale_factor)",
            )
            for table, percent in ROOM.items()
        ),
    ]
