"""The forms of the stats pages."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.timezone import now

from stats_app.models import Stat
from stats_app.selectors import stats_of
from telemetry.models import Project

__all__ = ["StatEditForm", "StatFilterForm"]

_ACTIVITY = {
    "hour": ("received in the last hour", timedelta(hours=1)),
    "day": ("received in the last day", timedelta(days=1)),
    "week": ("received in the last week", timedelta(days=7)),
}
_SILENCE = {
    "silent-day": ("silent for a day or more", timedelta(days=1)),
    "silent-week": ("silent for a week or more", timedelta(days=7)),
}


class StatFilterForm(forms.Form):
    """What the list of stats is narrowed to. What cannot be understood narrows nothing."""

    name = forms.CharField(
        label="Name contains",
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    kind = forms.TypedChoiceField(
        required=False, coerce=int, choices=[("", "any"), *Stat.Kind.choices], empty_value=None
    )
    activity = forms.ChoiceField(
        required=False,
        choices=[
            ("", "any"),
            *((name, label) for name, (label, _) in {**_ACTIVITY, **_SILENCE}.items()),
        ],
    )

    def stats(self, project: Project) -> QuerySet[Stat]:
        self.is_valid()
        wanted: dict[str, Any] = self.cleaned_data
        activity = wanted.get("activity", "")
        return stats_of(
            project,
            name=wanted.get("name", ""),
            kind=wanted.get("kind"),
            active_since=_since(_ACTIVITY, activity),
            inactive_since=_since(_SILENCE, activity),
        )

    @property
    def narrows(self) -> bool:
        return any(value not in {"", None} for value in self.cleaned_data.values())


def _since(choices: dict[str, tuple[str, timedelta]], name: str) -> datetime | None:
    return now() - choices[name][1] if name in choices else None


class StatEditForm(forms.Form):
    """What a manager may change of a stat; ``services.update_stat`` says what is right."""

    name = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    unit = forms.CharField(
        required=False,
        max_length=32,
        help_text="Shown after the numbers, such as ms or °C. May be empty.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    public = forms.BooleanField(
        required=False, label="Public: anyone who has its address may see this stat, without keys"
    )

    @classmethod
    def of(cls, stat: Stat) -> "StatEditForm":
        return cls(initial={"name": stat.name, "unit": stat.unit, "public": stat.public})
