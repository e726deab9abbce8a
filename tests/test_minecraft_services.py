"""What services refuse, and what they make the best of."""

from datetime import date

import pytest

from sessions_app.models import LogLine, Server, new_server_key
from sessions_app.services.loglines import take_line, take_lines
from sessions_app.services.servers import (
    ServerGone,
    create_server,
    new_agent_tokens,
    refresh_agent_tokens,
    server_of_token,
)
from telemetry.access import find_token
from telemetry.models import AccessToken
from tests.minecraft_helpers import login, new_server
from tests.wire_helpers import talk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("zone", ["UTC\0", "\ud800", "x" * 100, "../etc/passwd", ""])
def test_a_zone_that_is_none_is_utc(zone):
    assert take_line(server=new_server(), text=login(0), zone=zone) is True
    assert LogLine.objects.get().at.isoformat() == "2013-04-13T08:00:00+00:00"


def test_an_agent_of_a_deleted_server_gets_no_token():
    server = create_server(project=new_server().project, name="x").server
    tokens = new_agent_tokens(server=server)
    Server.objects.filter(pk=server.pk).delete()
    with pytest.raises(ServerGone):
        new_agent_tokens(server=server)
    assert refresh_agent_tokens(server=server, refresh_token=tokens.refresh_token) is None


def test_tokens_that_have_expired_go_when_a_new_one_is_made():
    server = new_server()
    old = new_agent_tokens(server=server)
    AccessToken.objects.update(expires_at="2020-01-01T00:00Z")
    new = new_agent_tokens(server=server)
    assert find_token(old.access_token) is None
    token = find_token(new.access_token)
    assert token is not None
    assert server_of_token(token) == server
    assert AccessToken.objects.count() == 1


def test_a_request_that_django_cannot_read_is_a_400(server):
    head = (
        b"GET /healthz?" + b"a=1&" * 2000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: x; charset=latin-1\r\nConnection: close\r\n\r\n"
    )
    assert talk(server, head).split(b" ")[1] == b"400"


def days_of(*times, day=None):
    server = new_server()
    lines = [f"[{at}] [Server thread/INFO]: line {n}" for n, at in enumerate(times)]
    [*_] = take_lines(server=server, lines=lines, zone="UTC", day=day)
    found = dict(LogLine.objects.values_list("line", "at"))
    return [found[line].day for line in lines]


def test_midnight_passes_once():
    day = date(2024, 1, 30)
    assert days_of("23:59:59", "00:00:00", "23:59:59", "00:00:01", day=day) == [30, 31, 30, 31]
    assert days_of("20:00:00", "17:00:00", "16:59:59", day=day) == [30, 31, 31]
    assert days_of("01:59:59", "01:00:00", "01:30:00", day=day) == [30, 30, 30]  # summer ends


def test_a_line_of_blanks_is_no_line():
    server = new_server()
    [done] = take_lines(server=server, lines=["\u3000", "\x85", "x"], zone="UTC")
    assert (done.lines, done.new) == (1, 1)


def test_a_mark_of_byte_order_makes_no_other_line():
    server = new_server()
    assert take_line(server=server, text="\ufeff" + login(0), zone="UTC") is True
    assert take_line(server=server, text=login(0), zone="UTC") is False


def test_no_server_key_looks_like_an_option():
    assert not any(new_server_key().startswith("-") for _ in range(1000))
