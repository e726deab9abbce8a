"""What lists of sessions, events and players can be narrowed down by.

What narrows a list down is at the head of an index whose end is the order of the list, so that a
page is read from one place of it; the texts say which filters look at more than they show.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend

from sessions_app.models import MAX_EVENT_TYPE, Dialect, EndReason, Event, Player, Server, Session
from sessions_app.selectors import sessions_between
from telemetry.filters import TimeFilter, word_choices
from telemetry.ids import first_id
from telemetry.models import Project

__all__ = [
    "DIALECTS",
    "EventFilter",
    "EventsOfSessionFilter",
    "PlayerFilter",
    "ProjectFilterBackend",
    "SessionFilter",
    "SessionsOfPlayerFilter",
]

DIALECTS = {"tstats": Dialect.TSTATS, "mccoal": Dialect.MCCOAL, "countly": Dialect.COUNTLY}
"""The words that the API has for them."""
# On so many servers of a project a player is looked for by name.
_MOST_NAMESAKES = 1000

Sessions = QuerySet[Session]
Events = QuerySet[Event]
Players = QuerySet[Player]


class ProjectFilterBackend(DjangoFilterBackend):  # type: ignore[misc]
    """Tells the filters which project a list is of."""

    def get_filterset_kwargs(self, request: Any, queryset: Any, view: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filterset_kwargs(request, queryset, view)
        return {**found, "project": view.project}


class ProjectFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project

    def _server(self, key: str) -> QuerySet[Server, int]:
        return Server.objects.filter(project=self.project, key=key).values_list("pk", flat=True)


# The signatures of methods are what django-filter calls, and the schema is made from them.


class SessionsOfPlayerFilter(ProjectFilterSet):
    since = TimeFilter(
        method="filter_since", help_text="Began then or later: ISO 8601 or unix seconds."
    )
    until = TimeFilter(method="filter_until", help_text="As `since`; began before.")
    # Not a BooleanFilter, to which every word that it does not know means "all".
    open = django_filters.ChoiceFilter(
        choices=word_choices("true", "false"),
        method="filter_open",
        help_text="Whether it is going on.",
    )
    end_reason = django_filters.ChoiceFilter(
        choices=word_choices(*EndReason.values),
        help_text="What ended it. No index is by this: what is rare in a long list takes long to "
        "find, unless `since` narrows it down.",
    )

    def filter_since(self, queryset: Sessions, name: str, value: datetime | None) -> Sessions:  # noqa: ARG002
        return sessions_between(queryset, since=value)

    def filter_until(self, queryset: Sessions, name: str, value: datetime | None) -> Sessions:  # noqa: ARG002
        return sessions_between(queryset, before=value)

    def filter_open(self, queryset: Sessions, name: str, value: str) -> Sessions:  # noqa: ARG002
        return queryset.filter(ended_at__isnull=value == "true")


class SessionFilter(SessionsOfPlayerFilter):
    dialect = django_filters.ChoiceFilter(
        choices=word_choices(*DIALECTS),
        method="filter_dialect",
        help_text="The protocol that it came by.",
    )
    server = django_filters.CharFilter(method="filter_server", help_text="A server's key.")
    player = django_filters.UUIDFilter(field_name="player_id", help_text="A player's id.")
    username = django_filters.CharFilter(
        method="filter_username",
        strip=False,
        help_text="The whole name of a player, in its very letters; those who have been deleted "
        "are not found. The sessions of all players of this name are looked at.",
    )

    def filter_dialect(self, queryset: Sessions, name: str, value: str) -> Sessions:  # noqa: ARG002
        wanted = DIALECTS[value]
        asked = self.form.cleaned_data
        if asked["server"]:
            return queryset if wanted == Dialect.MCCOAL else queryset.none()
        if not asked["player"] and not asked["username"]:
            return queryset.filter(dialect=wanted)
        # A player is of one dialect. To look at all sessions of another for theirs would find
        # nothing, slowly.
        if wanted == Dialect.TSTATS:
            return queryset.none()
        if asked["player"]:
            return queryset if self._dialect_of(asked["player"]) == wanted else queryset.none()
        return queryset  # by the players of this name (`filter_username`)

    def _dialect_of(self, player: UUID) -> int | None:
        """By which a player came; sessions outlive those who are deleted."""
        theirs = Session.objects.filter(project=self.project, player_id=player).order_by("id")
        return theirs.values_list("dialect", flat=True).first()

    def filter_server(self, queryset: Sessions, name: str, value: str) -> Sessions:  # noqa: ARG002
        return queryset.filter(server_id=self._server(value)[:1])

    def filter_username(self, queryset: Sessions, name: str, value: str) -> Sessions:  # noqa: ARG002
        players = Player.objects.filter(project=self.project, name=value)
        if wanted := DIALECTS.get(self.form.cleaned_data["dialect"]):
            players = players.filter(server__isnull=wanted == Dialect.COUNTLY)
        server = self.form.cleaned_data["server"]
        if server:
            players = players.filter(server_id=self._server(server)[:1])
        ids = players.values_list("pk", flat=True).order_by("pk")
        return queryset.filter(player_id__in=list(ids[:_MOST_NAMESAKES]))


class EventsOfSessionFilter(ProjectFilterSet):
    type = django_filters.CharFilter(
        strip=False, max_length=MAX_EVENT_TYPE, help_text="The whole type, in its very letters."
    )
    since = TimeFilter(
        method="filter_since", help_text="Came then or later: ISO 8601 or unix seconds."
    )
    until = TimeFilter(method="filter_until", help_text="As `since`; came before.")

    # By the ids, which tell the time in whole milliseconds, cut off, while times are rounded: so
    # the borders are a millisecond further out.

    def filter_since(self, queryset: Events, name: str, value: datetime) -> Events:  # noqa: ARG002
        return queryset.filter(id__gte=first_id(value.timestamp() - 0.001), at__gte=value)

    def filter_until(self, queryset: Events, name: str, value: datetime) -> Events:  # noqa: ARG002
        return queryset.filter(id__lt=first_id(value.timestamp() + 0.001), at__lt=value)


class EventFilter(EventsOfSessionFilter):
    session = django_filters.UUIDFilter(field_name="session_id", help_text="A session's id.")
    player = django_filters.UUIDFilter(
        field_name="player_id", help_text="The id of the user of an app."
    )


class PlayerFilter(ProjectFilterSet):
    server = django_filters.CharFilter(method="filter_server", help_text="A server's key.")
    name = django_filters.CharFilter(strip=False, help_text="The whole name, in its very letters.")

    def filter_server(self, queryset: Players, name: str, value: str) -> Players:  # noqa: ARG002
        return queryset.filter(server_id=self._server(value)[:1])
