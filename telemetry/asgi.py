"""The server as an ASGI application: the direct door, and Django behind it."""

import os
from typing import Any, cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telemetry.settings")
django.setup(set_prefix=False)

from channels.sessions import SessionMiddlewareStack  # noqa: E402 - apps must be loaded first
from django.conf import settings  # noqa: E402

from devices_app.consumers import StatsConsumer  # noqa: E402
from devices_app.dialects import heartbeat  # noqa: E402
from sessions_app.dialects import countly, tstats  # noqa: E402
from stats_app.dialects import stathat  # noqa: E402
from telemetry.door.asgi import Door  # noqa: E402
from telemetry.door.call import host_checker  # noqa: E402
from telemetry.door.django import ThreadedHandler  # noqa: E402

stats_socket = cast("Any", SessionMiddlewareStack(StatsConsumer.as_asgi()))
application = Door(
    [*stathat.HOT_ROUTES, *heartbeat.HOT_ROUTES, *tstats.HOT_ROUTES, *countly.HOT_ROUTES],
    otherwise=ThreadedHandler(),
    websockets=dict.fromkeys(heartbeat.WEBSOCKET_PATHS, stats_socket),
    allows_host=host_checker(settings.WIRE_HOSTS),
    body_limit=settings.BODY_LIMIT,
    trusted_proxies=settings.TRUSTED_PROXIES,
    log_requests=settings.ACCESS_LOG,
)
