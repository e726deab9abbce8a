"""The server as an ASGI application: websockets, the direct door, and Django behind it."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telemetry.settings")
django_application: Any = get_asgi_application()

from django.conf import settings  # noqa: E402 - apps must be loaded first

from stats_app.dialects import stathat  # noqa: E402
from telemetry.door.asgi import Door  # noqa: E402
from telemetry.door.call import host_checker  # noqa: E402

application = Door(
    stathat.HOT_ROUTES,
    otherwise=django_application,
    allows_host=host_checker(settings.ALLOWED_HOSTS),
    body_limit=settings.BODY_LIMIT,
    trusted_proxies=settings.TRUSTED_PROXIES,
    log_requests=settings.ACCESS_LOG,
)
