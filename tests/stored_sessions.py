"""Rows of sessions as clients would have made them, stored as they are: for pages and exports."""

from datetime import UTC, datetime, timedelta

from sessions_app.keys import player_id
from sessions_app.models import Dialect, EndReason, Event, Player, Session
from telemetry.ids import new_id

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def set_clock(monkeypatch, time=NOON):
    monkeypatch.setattr("telemetry.clock.time", time.timestamp)


def _session(project, at, lasts, fields):
    ended_at = None if lasts is None else at + timedelta(seconds=lasts)
    return Session(
        **{
            "id": new_id(at.timestamp()),
            "project": project,
            "started_at": at,
            "last_at": ended_at or at,
            "ended_at": ended_at,
            **fields,
        }
    )


def tstats(project, at=NOON, *, lasts=None, **fields):
    """A game's session; open unless it `lasts` some seconds."""
    fields = {"dialect": Dialect.TSTATS, "address": "192.0.2.7", **fields}
    if lasts is not None:
        fields = {"end_reason": EndReason.CLOSED, **fields}
    session = _session(project, at, lasts, fields)
    session.save(force_insert=True)
    return session


def crowd(project, count, **fields):
    """So many sessions, a second after each other; oldest first."""
    return Session.objects.bulk_create(
        _session(
            project,
            NOON + timedelta(seconds=second),
            60,
            {"dialect": Dialect.TSTATS, "end_reason": EndReason.CLOSED, **fields},
        )
        for second in range(count)
    )


def play(server, name="steve", at=NOON, *, lasts=None, **fields):
    """A session on a server, without the lines of a log."""
    pk = player_id(server.pk, name)
    Player.objects.get_or_create(
        project_id=server.project_id, pk=pk, defaults={"server_id": server.pk, "name": name}
    )
    of_server = {"dialect": Dialect.MCCOAL, "server_id": server.pk, "player_id": pk}
    fields = {**of_server, "username": name, "end_reason": "" if lasts is None else "logout"}
    session = _session(server.project, at, lasts, fields)
    session.save(force_insert=True)
    return session


def add_event(session, seconds, type_="jump", data=None, **fields):
    """Something that happened so many seconds after the start."""
    at = session.started_at + timedelta(seconds=seconds)
    return Event.objects.create(
        id=new_id(at.timestamp()),
        project_id=session.project_id,
        session_id=session.pk,
        type=type_,
        at=at,
        data=data,
        **fields,
    )
