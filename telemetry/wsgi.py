"""The server as a WSGI application: everything but websockets, and without the direct door."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telemetry.settings")

application = get_wsgi_application()
