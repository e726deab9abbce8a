"""Sessions as clients of both dialects make them, for the native API and the admin."""

from sessions_app.keys import parse_public_id
from sessions_app.models import Player
from tests import tstats_helpers as tstats

SESSIONS = "/api/v1/sessions/"
EVENTS = "/api/v1/events/"
PLAYERS = "/api/v1/players/"


def game(project, *types, closed=False):
    """The id of a TStats session with events of these types."""
    session = tstats.open_session(key=project.app_key)
    for type_ in types:
        assert tstats.add_event(session, {"of": type_}, type_, key=project.app_key).status == 201
    if closed:
        assert tstats.close(session, key=project.app_key).status == 200
    return str(parse_public_id(session)[1])


def player(server, name="steve"):
    return Player.objects.get(project=server.project, server=server, name=name)


def results(response):
    assert response.status_code == 200, response.content
    return response.json()["results"]


def walk(client, path, **parameters):
    """The ids on every page of a list, one page after the other."""
    pages, link = [], None
    while link or not pages:
        response = client.get(link) if link else client.get(path, parameters)
        pages.append([row["id"] for row in results(response)])
        link = response.json()["next"]
    return pages
