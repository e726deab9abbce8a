"""What lists of several apps are narrowed down by."""

from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from telemetry.times import parse_time

__all__ = ["TimeFilter", "word_choices"]


class TimeFormField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return parse_time(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from error


class TimeFilter(django_filters.CharFilter):  # type: ignore[misc]
    """An instant: ISO 8601 or unix seconds."""

    field_class = TimeFormField


def word_choices(*words: str) -> list[tuple[str, str]]:
    """The choices of a filter whose values are the words that people read."""
    return [(word, word) for word in words]
