"""Nothing of a project's sessions is visible with another project's token or membership."""

import pytest

from sessions_app.models import Event
from tests.api_helpers import bearer, new_project, signed_in, with_token
from tests.minecraft_helpers import login, new_server, send
from tests.sent_sessions import EVENTS, PLAYERS, SESSIONS, game, player, results

pytestmark = pytest.mark.django_db

LISTS = [SESSIONS, EVENTS, PLAYERS]
OF_ONE = [
    f"{SESSIONS}{{session}}/",
    f"{SESSIONS}{{session}}/events/",
    f"{SESSIONS}{{play}}/",
    f"{EVENTS}{{event}}/",
    f"{PLAYERS}{{player}}/",
    f"{PLAYERS}{{player}}/sessions/",
]
NAMES = [
    f"{SESSIONS}?server={{server}}",
    f"{SESSIONS}?player={{player}}",
    f"{SESSIONS}?username=secret",
    f"{EVENTS}?session={{session}}",
    f"{EVENTS}?type=secret",
    f"{PLAYERS}?server={{server}}",
    f"{PLAYERS}?name=secret",
]
each_path = pytest.mark.parametrize("path", [*LISTS, *OF_ONE, *NAMES])


@pytest.fixture
def lab():
    return new_project("lab", read_policy="open")


@pytest.fixture
def secret(lab):
    """Of each sort something, whose name says that nobody else may see it."""
    server = new_server("lab")
    send(server, login(0, "secret"))
    session = game(lab, "secret")
    of_player = player(server, "secret")
    return {
        "server": server.key,
        "player": of_player.id,
        "session": session,
        "play": lab_play(of_player),
        "event": Event.objects.get(project=lab).id,
    }


def lab_play(of_player):
    reader = with_token(of_player.project, "read")
    (shown,) = results(reader.get(f"{PLAYERS}{of_player.id}/sessions/"))
    return shown["id"]


@pytest.fixture
def other():
    send(new_server("other"), login(0, "mine"))
    project = new_server("other").project
    game(project, "mine")
    return project


def get(client, path, secret, project=""):
    path = path.format(**secret)
    sign = "&" if "?" in path else "?"
    return client.get(f"{path}{sign}project={project}" if project else path)


def shows_nothing(response, secret):
    text = response.content.decode()
    return not any(word in text for word in ["secret", *map(str, secret.values())])


@each_path
def test_nothing_is_shown_to_nobody(secret, path):
    client = bearer("x")
    client.credentials()
    for who in (client, bearer("x"), bearer("")):
        response = get(who, path, secret)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert shows_nothing(response, secret)


@each_path
@pytest.mark.parametrize("who", ["token", "member"])
def test_other_projects_lead_nowhere(secret, other, path, who):
    client = with_token(other, "manage") if who == "token" else signed_in("m", (other, "manager"))
    response = get(client, path, secret)
    assert shows_nothing(response, secret)
    if path in OF_ONE:
        assert response.status_code == 404
    else:
        shown = results(response)
        assert bool(shown) == (path in LISTS)
    named = get(client, path, secret, project="lab")
    assert named.status_code == 404
    assert shows_nothing(named, secret)


@each_path
@pytest.mark.parametrize("scopes", [["read"], ["manage"], ["write"], ["agent"], ["write", "agent"]])
def test_a_token_reads_if_its_scopes_say_so(lab, secret, path, scopes):
    response = get(with_token(lab, *scopes), path, secret)
    if {"read", "manage"} & {*scopes}:
        assert response.status_code == 200
        assert not shows_nothing(response, secret)
    else:
        assert response.status_code == 403
        assert shows_nothing(response, secret)


@each_path
@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_members_read(lab, secret, path, role):
    response = get(signed_in("v", (lab, role)), path, secret)
    assert response.status_code == 200
    assert not shows_nothing(response, secret)


@each_path
def test_staff_read_every_project_that_they_name(lab, other, secret, path):
    staff = signed_in("s", is_staff=True)
    assert get(staff, path, secret).status_code == 400
    assert get(staff, path, secret, project="lab").status_code == 200


@each_path
def test_strangers_are_in_no_project(secret, path):
    response = get(signed_in("nobody"), path, secret)
    assert response.status_code == 404
    assert shows_nothing(response, secret)
