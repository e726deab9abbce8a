"""Servers and their agents: make, rename, delete; and the tokens that agents get by OAuth 2.

What cannot be done is a Django ``ValidationError`` by field, whose message is meant for people.
"""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from sessions_app.deletion import delete_players_but_not_sessions, delete_servers_and_all
from sessions_app.models import MAX_NAME, AgentToken, ClaimedName, Player, Server
from telemetry import clock
from telemetry.keys import hash_secret
from telemetry.models import AccessToken, Project, User
from telemetry.services import clean_name, create_token

__all__ = [
    "AGENT_TOKEN_SECONDS",
    "AgentTokens",
    "NewServer",
    "ServerGone",
    "claim_name",
    "clean_server_name",
    "create_server",
    "delete_players",
    "delete_servers",
    "new_agent_secret",
    "new_agent_tokens",
    "refresh_agent_tokens",
    "report_ping",
    "server_of_agent",
    "server_of_token",
    "update_server",
]

AGENT_TOKEN_SECONDS = 30 * 86_400
_LETTERS = string.ascii_letters + string.digits
_TRIES = 20
ServerGone = Server.DoesNotExist


@dataclass(frozen=True, slots=True)
class NewServer:
    """A server, and its agent's secret, which nobody can ever read again."""

    server: Server
    client_secret: str

    @property
    def client_id(self) -> str:
        return self.server.agent_client_id


@dataclass(frozen=True, slots=True)
class AgentTokens:
    """What an agent gets for its secret. Both are kept nowhere."""

    access_token: str
    refresh_token: str
    expires_in: int = AGENT_TOKEN_SECONDS


def create_server(*, project: Project, name: str, address: str = "") -> NewServer:
    """Make a server of the project, with a key and credentials for its agent."""
    name = clean_server_name(name)
    secret = _secret()
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                server = Server.objects.create(
                    project=project,
                    name=name,
                    address=address or None,
                    agent_client_id=f"mc-coal-agent-{secrets.randbelow(90_000_000) + 10_000_000}",
                    agent_secret_hash=hash_secret(secret),
                )
        except IntegrityError:
            if not Project.objects.filter(pk=project.pk).exists():
                raise ValidationError("The project is gone.") from None
            continue
        return NewServer(server, secret)
    raise ValidationError("No free client id was found; try again.")


def update_server(*, server: Server, name: str, address: str | None = None) -> Server:
    """Rename a server; `address` None leaves that as it is. Server.DoesNotExist if it is gone."""
    changes: dict[str, Any] = {"name": clean_server_name(name), "updated_at": clock.now()}
    if address is not None:
        changes["address"] = address or None
    if not Server.objects.filter(pk=server.pk).update(**changes):
        raise Server.DoesNotExist
    for field, value in changes.items():
        setattr(server, field, value)
    return server


def new_agent_secret(*, server: Server) -> NewServer:
    """Replace the secret of a server's agent: the old one and its tokens are refused at once."""
    secret = _secret()
    with transaction.atomic():
        changed = Server.objects.filter(pk=server.pk).update(agent_secret_hash=hash_secret(secret))
        if not changed:
            raise Server.DoesNotExist
        _delete_tokens(AgentToken.objects.filter(server=server))
    return NewServer(server, secret)


def delete_servers(*, servers: Sequence[Server]) -> int:
    """Delete servers with their lines, players and sessions; returns how many there were."""
    return delete_servers_and_all([server.pk for server in servers])


def delete_players(*, players: Sequence[Player]) -> int:
    """Forget players; their sessions stay. Returns how many there were."""
    return delete_players_but_not_sessions(players)


def claim_name(*, project: Project, user: User, name: str) -> ClaimedName:
    """Say that the player of this name is that user; whoever was so before is not any more."""
    claimed, _ = ClaimedName.objects.update_or_create(
        project=project, name=name, defaults={"user": user}
    )
    return claimed


def clean_server_name(name: str) -> str:
    name = clean_name(name)
    if len(name) > MAX_NAME:
        raise ValidationError({"name": f"A name has at most {MAX_NAME} characters."})
    return name


# Agents


def server_of_agent(*, client_id: str, client_secret: str) -> Server | None:
    """The server whose agent has these credentials."""
    if "\0" in client_id:
        return None
    server = Server.objects.filter(agent_client_id=client_id).first()
    given = hash_secret(client_secret)
    if server is None or not constant_time_compare(server.agent_secret_hash, given):
        return None
    return server


def server_of_token(token: AccessToken) -> Server | None:
    """The server whose agent this access token was given to; None if it is no agent's."""
    found = AgentToken.objects.filter(token=token).select_related("server").first()
    return found.server if found else None


def new_agent_tokens(*, server: Server) -> AgentTokens:
    """A new pair of tokens. Those that have expired go: an agent makes new ones as it likes.

    Server.DoesNotExist if somebody has deleted it.
    """
    refresh = _secret()
    with transaction.atomic():
        # Locked, or it could be deleted before its token is there.
        server = Server.objects.select_for_update(of=("self",)).get(pk=server.pk)
        expired = AgentToken.objects.filter(server=server, token__expires_at__lt=clock.now())
        _delete_tokens(expired)
        token, secret = create_token(
            project=server.project,
            name=server.agent_client_id,
            scopes=[AccessToken.Scope.AGENT],
            expires_at=clock.now() + timedelta(seconds=AGENT_TOKEN_SECONDS),
        )
        AgentToken.objects.create(token=token, server=server, refresh_hash=hash_secret(refresh))
    return AgentTokens(secret, refresh)


def refresh_agent_tokens(*, server: Server, refresh_token: str) -> AgentTokens | None:
    """A new pair for a refresh token, which is good once; the old pair is refused from now on."""
    with transaction.atomic():
        tokens = AgentToken.objects.filter(
            server=server,
            refresh_hash=hash_secret(refresh_token),
            token__expires_at__gt=clock.now(),
        )
        found = tokens.select_for_update(of=("self",)).first()
        if found is None:
            return None
        _delete_tokens(AgentToken.objects.filter(pk=found.pk))
        return new_agent_tokens(server=server)


@dataclass(frozen=True, slots=True)
class Ping:
    """What an agent reports of its server; None: it does not say."""

    is_server_running: bool | None = None
    server_day: int | None = None
    server_time: int | None = None
    is_raining: bool | None = None
    is_thundering: bool | None = None
    num_overloads: int | None = None
    ms_behind: int | None = None
    skipped_ticks: int | None = None
    address: str | None = None


def report_ping(*, server: Server, ping: Ping) -> None:
    """Keep what an agent has just reported. Sessions stay as they are: only lines end them."""
    status = {
        True: Server.Status.RUNNING,
        False: Server.Status.STOPPED,
        None: Server.Status.UNKNOWN,
    }[ping.is_server_running]
    now: datetime = clock.now()
    changes: dict[str, Any] = {
        "status": status,
        "day": ping.server_day,
        "time_of_day": ping.server_time,
        "is_raining": ping.is_raining,
        "is_thundering": ping.is_thundering,
        "num_overloads": ping.num_overloads,
        "ms_behind": ping.ms_behind,
        "skipped_ticks": ping.skipped_ticks,
        "last_ping_at": now,
    }
    if ping.address is not None:
        changes["address"] = ping.address or None
    if status != server.status:
        changes["updated_at"] = now
    Server.objects.filter(pk=server.pk).update(**changes)


def _delete_tokens(tokens: Any) -> None:
    AccessToken.objects.filter(pk__in=list(tokens.values_list("pk", flat=True))).delete()


def _secret() -> str:
    """40 letters and digits, as the original's: agents have them in shell scripts."""
    return "".join(secrets.choice(_LETTERS) for _ in range(40))
