#!/usr/bin/env python3
"""Django's command-line utility for this server."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telemetry.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db.migrations.exceptions import MigrationSchemaMissing
        from django.db.utils import OperationalError, ProgrammingError
        from psycopg.errors import UndefinedColumn, UndefinedTable
    except ImportError as error:
        sys.exit(f"{error}. Run `make setup` and use .venv/bin/python.")
    try:
        settings.INSTALLED_APPS  # noqa: B018 - loads the settings, so that a bad value is one clear line
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Cannot start: {error}")
    except MigrationSchemaMissing as error:
        why = str(error.__context__ or error).splitlines()[0]
        sys.exit(
            f"The database of DATABASE_URL takes no tables: {why}. Its role must own the database: "
            "ALTER DATABASE … OWNER TO …"
        )
    except OperationalError as error:
        which = "The database of DATABASE_URL" if settings.DATABASE_URL else "The database"
        sys.exit(f"{which} is not available: {' '.join(str(error).split())}")
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
            raise
        sys.exit(
            "The database has not the tables of this version: run `manage.py migrate`, or start "
            "the server once."
        )


if __name__ == "__main__":
    main()
