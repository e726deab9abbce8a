"""Fields that the serializers of several apps have."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

__all__ = ["TimeField"]


class TimeField(serializers.DateTimeField):
    """An instant that is only shown, in UTC whatever the server's own time zone is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, default_timezone=UTC, **kwargs)
