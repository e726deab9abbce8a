"""How a device's token leads to the log of rejected input."""

from telemetry.rejected import KeyKind

__all__ = ["DEVICE_TOKEN"]

DEVICE_TOKEN = KeyKind(
    b"SELECT token_hash, project_id FROM devices_app_device WHERE token_hash = ANY(%b::text[])",
    is_secret=True,
)
