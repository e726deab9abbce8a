"""How the pages of devices write lengths of time."""

from datetime import timedelta

from django import template

from devices_app.words import duration_words

register = template.Library()


@register.filter
def words(length: timedelta | float) -> str:
    """“2 hours, 5 minutes, and a second”."""
    return duration_words(length.total_seconds() if isinstance(length, timedelta) else length)
