"""How rows go away while more may be on their way: see ``telemetry.deletion``."""

from collections.abc import Sequence
from functools import partial

from django.db import OperationalError, connection, models, transaction
from django.db.backends.utils import CursorWrapper

from sessions_app.models import (
    AgentToken,
    AppUser,
    Dialect,
    Event,
    EventCounter,
    KnownName,
    LogLine,
    Player,
    Server,
    Session,
    UsageCounter,
)
from telemetry.deletion import wait_for_writers
from telemetry.models import AccessToken

__all__ = ["delete_players_but_not_sessions", "delete_servers_and_all", "reset_countly"]

_GROWING: tuple[type[models.Model], ...] = (LogLine, Player, Session)
_COUNTED: tuple[type[models.Model], ...] = (AppUser, UsageCounter, EventCounter, KnownName)
_AT_ONCE = 5000
# Longer than PostgreSQL takes to send a VACUUM away for us, shorter than writers wait.
_LOCK_MILLISECONDS = 2500
_ATTEMPTS = 4


def delete_servers_and_all(server_ids: Sequence[int]) -> int:
    """Delete servers with their lines, players and sessions; returns how many there were.

    Inside a transaction the last of it is deleted once that has been committed.
    """
    with transaction.atomic():
        servers = Server.objects.filter(pk__in=server_ids).order_by("pk").select_for_update()
        gone = list(servers.values_list("pk", "project_id"))
        tokens = AgentToken.objects.filter(server_id__in=[pk for pk, _ in gone])
        AccessToken.objects.filter(pk__in=list(tokens.values_list("pk", flat=True))).delete()
        Server.objects.filter(pk__in=[pk for pk, _ in gone]).delete()
        if gone:
            transaction.on_commit(partial(_delete_growing, gone))
    return len(gone)


def _delete_growing(servers: Sequence[tuple[int, int]]) -> None:
    wait_for_writers(model._meta.db_table for model in _GROWING)
    for pk, project_id in servers:
        for model in _GROWING:
            model._default_manager.filter(project_id=project_id, server_id=pk).delete()


def delete_players_but_not_sessions(players: Sequence[Player]) -> int:
    """Forget players; their sessions and lines stay. Returns how many there were.

    A player whom a new line tells of is there again, with the same id and so the same sessions.
    """
    count = 0
    for player in players:
        same = Player.objects.filter(project_id=player.project_id, pk=player.pk)
        count += same.delete()[0]
    return count


# Countly: all that was counted and stored for a project.

_PLAYERS = f"""
WITH gone AS (DELETE FROM {Player._meta.db_table} WHERE project_id = %s AND id = ANY(ARRAY(
                  SELECT id FROM {Player._meta.db_table}
                   WHERE project_id = %s AND server_id IS NULL LIMIT %s {{lock}})) RETURNING id),
events AS (DELETE FROM {Event._meta.db_table}
            WHERE project_id = %s AND player_id IN (SELECT id FROM gone))
SELECT count(*) FROM gone
"""
_SESSIONS = f"""
WITH gone AS (DELETE FROM {Session._meta.db_table} WHERE project_id = %s AND id = ANY(ARRAY(
                  SELECT id FROM {Session._meta.db_table}
                   WHERE project_id = %s AND dialect = %s LIMIT %s {{lock}})) RETURNING id),
events AS (DELETE FROM {Event._meta.db_table}
            WHERE project_id = %s AND session_id IN (SELECT id FROM gone))
SELECT count(*) FROM gone
"""
_COUNTERS = (
    "DELETE FROM {table} WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM {table} WHERE project_id = %s LIMIT %s {lock}))"
)


def reset_countly(project_id: int) -> None:
    """Delete what came by Countly, though more is coming.

    Nearly all of it goes bit by bit, beside whatever is written. The rest, with what was written
    meanwhile, goes in one transaction that lets nobody write in between: every batch of Countly's
    locks its users' rows before anything else, so whoever comes after counts from nothing. Inside
    another transaction that lasts until it is committed.
    """
    # What a batch holds is left for later: so neither waits for the other, and no deadlock is made.
    _delete_countly(project_id, "FOR UPDATE SKIP LOCKED")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
                cursor.execute(f"LOCK TABLE {AppUser._meta.db_table} IN EXCLUSIVE MODE")
                cursor.execute("SET LOCAL lock_timeout = 0")
                _delete_countly(project_id)
            return
        except OperationalError:  # it was not to be had yet
            if attempt == _ATTEMPTS or connection.in_atomic_block:
                raise


def _delete_countly(project_id: int, lock: str = "") -> None:
    with connection.cursor() as cursor:
        for model in _COUNTED:
            statement = _COUNTERS.format(table=model._meta.db_table, lock=lock)
            _bit_by_bit(cursor, statement, [project_id, _AT_ONCE])
        players = [project_id, project_id, _AT_ONCE, project_id]
        _bit_by_bit(cursor, _PLAYERS.format(lock=lock), players)
        sessions = [project_id, project_id, Dialect.COUNTLY.value, _AT_ONCE, project_id]
        _bit_by_bit(cursor, _SESSIONS.format(lock=lock), sessions)


def _bit_by_bit(cursor: CursorWrapper, statement: str, values: Sequence[int]) -> None:
    """Execute it again and again, until it finds nothing more to delete."""
    count = _AT_ONCE
    while count:
        cursor.execute(statement, values)
        count = cursor.fetchone()[0] if cursor.description else cursor.rowcount
