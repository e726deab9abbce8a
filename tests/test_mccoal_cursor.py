"""Cursors: nothing is shown twice, nothing is left out, whatever comes between the pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.dialects.mccoal.words import cursor_of
from sessions_app.keys import key_of, player_id
from sessions_app.models import Session
from tests.mccoal_helpers import get, new_play, open_server, path_of, player_of, plays_of

pytestmark = pytest.mark.django_db

# Few times, so that many logins are of the same.
LOGINS = st.lists(st.sampled_from([0, 1, 2, 2.5, 3]), max_size=6)
PAGES = st.lists(st.tuples(st.integers(1, 5), LOGINS, LOGINS), min_size=1, max_size=8)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=LOGINS, pages=PAGES, of_player=st.booleans())
def test_nothing_comes_twice_and_nothing_is_missed(db, first, pages, of_player):
    server = open_server()
    player_of(server, "steve")
    path = path_of(server, *(["players", "steve"] if of_player else []), "sessions")
    stored = [play.pk for play in plays_of(server, *first)]
    due = set(stored)
    seen = []
    cursor = ""
    for size, steves, others in pages:
        reply = get(f"{path}?size={size}&cursor={cursor}")
        found = reply.json["sessions"]
        seen += found
        cursor = reply.json.get("cursor", "")
        assert len(found) == size or not cursor
        if not cursor:
            break
        come = [play.pk for play in plays_of(server, *steves)]
        strangers = [play.pk for play in plays_of(server, *others, username="alex")]
        come += [] if of_player else strangers
        last = id_shown(found[-1], server)
        due |= {pk for pk in come if pk < last}
        stored += come
    else:
        seen += rest_of(path, cursor)
    times = [session["login_timestamp"] for session in seen]
    keys = [session["key"] for session in seen]
    assert len(set(keys)) == len(keys)
    assert times == sorted(times, reverse=True)
    assert {key_of(server.key, "session", pk) for pk in due} <= set(keys)
    assert set(keys) <= {key_of(server.key, "session", pk) for pk in stored}


def id_shown(session, server):
    """The id of a session in a reply."""
    ids = Session.objects.filter(server=server).values_list("pk", flat=True)
    return {key_of(server.key, "session", pk): pk for pk in ids}[session["key"]]


def rest_of(path, cursor):
    found = []
    while cursor:
        page = get(f"{path}?size=50&cursor={cursor}").json
        found += page["sessions"]
        cursor = page.get("cursor")
    return found


@pytest.fixture
def server():
    server = open_server()
    for name in ("steve", "alex"):
        player_of(server, name)
    return server


def cursor_in(server, *parts):
    plays_of(server, 1, 2)
    return get(path_of(server, *parts, size=1)).json["cursor"]


def refused(path):
    reply = get(path)
    assert (reply.status, list(reply.json["errors"])) == (400, ["cursor"]), reply
    assert isinstance(reply.json["errors"]["cursor"], str)
    return True


def test_a_cursor_is_url_safe_and_may_be_padded_or_used_again(server):
    cursor = cursor_in(server, "sessions")
    assert cursor.replace("-", "").replace("_", "").isalnum()
    replies = [
        get(path_of(server, "sessions", cursor=c)).body for c in (cursor, cursor, cursor + "=")
    ]
    assert len(set(replies)) == 1


def test_a_cursor_that_was_altered_anywhere_is_refused(server):
    cursor = cursor_in(server, "sessions")
    for place in range(len(cursor)):
        for other in ("A", "-", "z", "!", " ", ""):
            altered = cursor[:place] + other + cursor[place + 1 :]
            if altered.strip() not in {cursor, ""}:
                assert refused(path_of(server, "sessions", cursor=altered)), altered


def test_a_cursor_that_was_cut_or_lengthened_is_refused(server):
    cursor = cursor_in(server, "sessions")
    for length in range(1, len(cursor)):
        assert refused(path_of(server, "sessions", cursor=cursor[:length]))
        assert refused(path_of(server, "sessions", cursor=cursor[length:]))
    for more in ("A", "AAAA", cursor, "\n", "===="):
        if more != "====":
            assert refused(path_of(server, "sessions", cursor=cursor + more + "A"))


def test_a_cursor_of_another_position_cannot_be_made(server):
    raw = urlsafe_b64decode(cursor_in(server, "sessions") + "==")
    (newer,) = plays_of(server, 9)
    forged = urlsafe_b64encode(newer.pk.bytes + raw[16:]).decode().rstrip("=")
    assert refused(path_of(server, "sessions", cursor=forged))


def test_a_cursor_is_good_for_its_own_list_only(server):
    other, foreign = open_server(), open_server("q")
    for each in (other, foreign):
        player_of(each, "steve")
    lists = [
        (each, *parts)
        for each in (server, other, foreign)
        for parts in (("sessions",), ("players", "steve", "sessions"))
    ]
    cursors = [cursor_in(*each) for each in lists]
    for at, cursor in zip(lists, cursors, strict=True):
        for there in [*lists, (server, "players"), (server, "loglines")]:
            path = path_of(*there, cursor=cursor)
            assert get(path).status == 200 if there == at else refused(path)
    assert refused(path_of(server, "players", "alex", "sessions", cursor=cursors[1]))


def test_a_players_cursor_is_good_under_name_and_key_and_in_the_singular(server):
    cursor = cursor_in(server, "players", "steve", "sessions")
    key = key_of(server.key, "player", player_id(server.pk, "steve"))
    for player, last in (("steve", "session"), (key, "sessions"), (key, "session")):
        assert get(path_of(server, "players", player, last, cursor=cursor)).status == 200


def test_the_secret_key_signs_cursors(server, settings):
    cursor = cursor_in(server, "sessions")
    settings.SECRET_KEY = "another"
    assert refused(path_of(server, "sessions", cursor=cursor))


def test_a_session_that_a_cursor_stands_at_may_be_deleted(server):
    cursor = cursor_in(server, "sessions")
    Session.objects.all().delete()
    older = new_play(server, 0)
    older.save()
    (found,) = get(path_of(server, "sessions", cursor=cursor)).json["sessions"]
    assert found["key"] == key_of(server.key, "session", older.pk)


@given(st.binary(max_size=60), st.text(max_size=30))
def test_a_position_comes_back_from_its_cursor_as_it_was(position, place):
    cursor = cursor_of(place, position)
    assert cursor.isascii()
    assert "=" not in cursor
