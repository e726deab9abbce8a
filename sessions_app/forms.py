"""The forms of the pages of sessions and servers."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from sessions_app.filters import DIALECTS
from sessions_app.listing import MOST_SERVERS, Filters, server_choices, server_of
from sessions_app.models import MAX_NAME
from telemetry.models import Project
from telemetry.times import parse_time

__all__ = ["ServerForm", "SessionFilterForm"]

_OPEN = "true"


class _LocalTimeField(forms.CharField):
    """An instant; what tells no zone is in `zone`. Programs may also give unix seconds."""

    def __init__(self, **kwargs: Any) -> None:
        # A browser takes no seconds unless it is told that they may be there.
        widget = forms.TextInput(attrs={"type": "datetime-local", "step": "1"})
        super().__init__(required=False, widget=widget, **kwargs)
        self.zone = ZoneInfo("UTC")

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return self._instant(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def _instant(self, text: str) -> datetime:
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            return parse_time(text)
        if local.tzinfo or text.isdecimal():
            return parse_time(text)
        return parse_time(local.replace(tzinfo=self.zone).isoformat())

    def prepare_value(self, value: Any) -> Any:
        """As a browser's field wants it, whatever way it was written."""
        try:
            at = self._instant(str(value).strip())
            return at.astimezone(self.zone).replace(tzinfo=None, microsecond=0).isoformat()
        except (ValueError, OverflowError):
            return ""


class SessionFilterForm(forms.Form):
    """What the list of sessions is narrowed to. What cannot be understood narrows nothing."""

    dialect = forms.ChoiceField(
        required=False,
        choices=[("", "any"), *((word, dialect.label) for word, dialect in DIALECTS.items())],
    )
    server = forms.ChoiceField(required=False)
    player = forms.CharField(
        required=False,
        max_length=MAX_NAME,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": "whole name"}
        ),
    )
    since = _LocalTimeField(label="Began at or after")
    until = _LocalTimeField(label="Began before")
    open = forms.ChoiceField(
        label="State", required=False, choices=[("", "any"), (_OPEN, "still open")]
    )

    def __init__(self, data: QueryDict, project: Project) -> None:
        super().__init__(data)
        servers = server_choices(project)
        wanted = str(data.get("server", ""))
        if len(servers) == MOST_SERVERS and wanted.isascii() and wanted.isdecimal():
            chosen = server_of(project, int(wanted))
            servers += [(chosen.pk, chosen.name)] if chosen else []
        self.has_servers = bool(servers)
        server: Any = self.fields["server"]
        server.choices = [("", "any"), *((str(pk), name) for pk, name in servers)]
        for name in ("since", "until"):
            field: Any = self.fields[name]
            field.zone = project.zone

    def filters(self) -> Filters:
        self.is_valid()
        found: dict[str, Any] = self.cleaned_data
        server = found.get("server")
        return Filters(
            dialect=DIALECTS.get(found.get("dialect", "")),
            server_id=int(server) if server else None,
            player=found.get("player", ""),
            since=found.get("since"),
            until=found.get("until"),
            open=found.get("open") == _OPEN,
        )

    @property
    def narrows(self) -> bool:
        return any(self.cleaned_data.values())

    def problems(self) -> list[str]:
        """What is wrong, for programs: each with the name of its parameter."""
        return [f"{name}: {' '.join(map(str, errors))}" for name, errors in self.errors.items()]


class ServerForm(forms.Form):
    """A server's name; ``services.clean_server_name`` says what can be one."""

    name = forms.CharField(
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Survival"}),
    )
