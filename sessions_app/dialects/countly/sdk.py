"""What SDKs ask: ``/o/sdk``, which has no settings for them, and ``/o/ping``."""

from typing import Any

from sessions_app.counters import database_answers
from sessions_app.dialects.countly.asking import SUCCESS, Asked, asking
from telemetry import clock
from telemetry.access import project_of_app_key
from telemetry.door.http import Problem

__all__ = ["no_path", "ping", "sdk"]


@asking("/o/sdk")
def sdk(asked: Asked) -> Any:
    """Settings, remote configuration, A/B tests, feedback: there are none.

    Asked with an app key, as everything that SDKs send, and a device's id.
    """
    if not asked.has("app_key") or not asked.has("device_id"):
        raise Problem(400, 'Missing parameter "app_key" or "device_id"')
    if project_of_app_key(asked.text("app_key")) is None:
        raise Problem(400, "App does not exist")
    method = asked.text("method")
    if method == "sc":
        return {"v": 2, "t": int(clock.time() * 1000), "c": {}}
    if method in {"rc", "fetch_remote_config"}:
        return {}
    if method == "feedback":
        return {"result": []}
    if method == "ab":
        if not asked.has("keys"):
            raise Problem(400, "Missing Keys")
        return {"result": "Successfully enrolled in ab tests"}
    raise Problem(400, "Invalid method")


@asking("/o/ping")
def ping(asked: Asked) -> Any:  # noqa: ARG001
    """Whether the database answers; as Countly, 404 if it does not."""
    if not database_answers():
        raise Problem(404, "DB Error")
    return SUCCESS


@asking("/o/*")
def no_path(asked: Asked) -> Any:  # noqa: ARG001
    """Whatever later servers have elsewhere below ``/i`` and ``/o``: JSON, as all of Countly's."""
    raise Problem(400, "Invalid path")
