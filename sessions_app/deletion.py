"""How a server goes away while lines of its log may be on their way: see ``telemetry.deletion``."""

from collections.abc import Sequence
from functools import partial

from django.db import models, transaction

from sessions_app.models import AgentToken, LogLine, Player, Server, Session
from telemetry.deletion import wait_for_writers
from telemetry.models import AccessToken

__all__ = ["delete_players_but_not_sessions", "delete_servers_and_all"]

_GROWING: tuple[type[models.Model], ...] = (LogLine, Player, Session)


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
