"""Addresses of players in lines of logs are stored as their project's policy has them."""

import pytest

from sessions_app.lines.addresses import with_shown_addresses
from sessions_app.models import LogLine, Session
from tests.minecraft_helpers import login, lost, new_server, send, upload

LOGIN = "steve[/203.0.113.9:5000] logged in with entity id 7 at (1.0, 64.0, -2.5)"


@pytest.mark.parametrize(
    ("line", "shortened", "dropped"),
    [
        ("a[/203.0.113.9:5000] x", "a[/203.0.113.0:5000] x", "a[IP hidden] x"),
        ("a[/[2001:db8:1:2::9]:5000] x", "a[/[2001:db8:1::]:5000] x", "a[IP hidden] x"),
        ("a[/2001:db8:1:0:0:0:0:9:5000] x", "a[/[2001:db8:1::]:5000] x", "a[IP hidden] x"),
        ("a[/[fe80::9%eth0]:5000] x", "a[/[fe80::]:5000] x", "a[IP hidden] x"),
        ("[home.example/203.0.113.9:5000]", "[/203.0.113.0:5000]", "[IP hidden]"),
        ("(/203.0.113.9:5000) lost", "(/203.0.113.0:5000) lost", "(IP hidden) lost"),
        ("/203.0.113.9:5 and /198.51.100.7:6", "/203.0.113.0:5 and /198.51.100.0:6", None),
        *(
            (line, line, line)
            for line in (
                "steve[local] logged in",
                "steve[IP hidden] logged in",
                "<steve> see http://203.0.113.9:8123/",
                "<steve> 24/7:30 or /12:5000 or /beef:1",
                "<steve> /999.1.1.1:5000",
                "",
            )
        ),
    ],
)
def test_a_line_shows_no_more_of_a_connections_address_than_it_may(line, shortened, dropped):
    dropped = "IP hidden and IP hidden" if dropped is None else dropped
    assert with_shown_addresses("keep", line) == line
    assert with_shown_addresses("shorten", line) == shortened
    assert with_shown_addresses("drop", line) == dropped


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "inside", "address"),
    [
        ("keep", "/10.0.0.1:5000", "10.0.0.1"),
        ("shorten", "/10.0.0.0:5000", "10.0.0.0"),
        ("drop", "IP hidden", ""),
    ],
)
@pytest.mark.parametrize("come", [send, upload])
def test_lines_and_sessions_have_what_the_policy_leaves(policy, inside, address, come):
    server = new_server(address_policy=policy)
    come(server, login(0), lost(60))
    line = LogLine.objects.order_by("at")[0].line
    assert line.endswith(f"steve[{inside}] logged in with entity id 7 at (1.0, 64.0, -2.5)")
    (session,) = Session.objects.all()
    assert (session.address, session.end_reason) == (address, "logout")


@pytest.mark.django_db
@pytest.mark.parametrize("policy", ["shorten", "drop"])
def test_a_line_that_comes_again_is_the_same_whatever_the_policy_was_then(policy):
    server = new_server()
    assert send(server, login(0)) == [True]
    type(server.project).objects.update(address_policy=policy)
    assert send(server, login(0)) == [False]
    assert send(server, login(100), login(100)) == [True, False]
    assert upload(server, login(0), login(100)).new == 0
    assert LogLine.objects.count() == Session.objects.count() == 2


def test_a_line_made_to_be_hard_is_read_at_once():
    for text in ("/" * 8192, "/1" * 4096, "a" * 8192 + "/", "/1:" * 2700, "/" + ":" * 8000):
        for policy in ("shorten", "drop"):
            with_shown_addresses(policy, text)
