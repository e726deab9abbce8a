"""Which client a request came from, and for which host it was."""

import ipaddress

import pytest
from django.core.exceptions import DisallowedHost

from telemetry.door.asgi import Door
from telemetry.door.call import client_address, host_checker
from telemetry.door.http import HotRoute, Response

PROXIES = [ipaddress.ip_network(text) for text in ("127.0.0.1", "10.0.0.0/8", "fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7, 203.0.113.9, 10.2.3.4", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9,127.0.0.1 , 10.2.3.4", "203.0.113.9"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),  # a socket for both
        ("10.0.0.1", "203.0.113.9, ::ffff:10.9.9.9", "203.0.113.9"),
        ("", "203.0.113.9", "203.0.113.9"),  # a Unix socket
        ("10.0.0.1", "10.2.3.4, 10.2.3.5", "10.2.3.4"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, unknown", "unknown"),
        ("10.0.0.1", "203.0.113.9:54321", "203.0.113.9"),  # some proxies tell the port
        ("10.0.0.1", "198.51.100.7:5, 203.0.113.9:5, 10.2.3.4:443", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::5]:54321, [fd00::2]:443", "2001:db8::5"),
        ("10.0.0.1", "[2001:db8::5]", "2001:db8::5"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_is_the_client(peer, forwarded, client):
    assert client_address(peer, forwarded.encode(), PROXIES) == client


@pytest.mark.parametrize("trusted", [[], PROXIES])
def test_a_stranger_cannot_say_who_he_is(trusted):
    assert client_address("203.0.113.9", b"127.0.0.1", trusted) == "203.0.113.9"


def test_without_trusted_proxies_the_header_means_nothing():
    assert client_address("127.0.0.1", b"203.0.113.9", []) == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("telemetry.example", True),
        ("Telemetry.Example:8000", True),
        ("telemetry.example.", True),
        ("a.wild.example", True),
        ("wild.example", True),
        ("127.0.0.1:80", True),
        ("[::1]:8000", True),
        ("telemetry.example.org", False),
        ("a.telemetry.example", False),
        ("telemetry.example:x", False),
        ("telemetry.example/", False),
        ("user@telemetry.example", False),
        (":80", False),
        ("\xff", False),
    ],
)
def test_hosts_are_checked_as_django_checks_them(host, ours, rf, settings):
    allowed = ["telemetry.example", ".wild.example", "127.0.0.1", "[::1]"]
    check = host_checker(allowed)
    assert check(host.encode("latin-1")) is ours
    assert check(host.encode("latin-1")) is ours, "the second time it is remembered"
    settings.ALLOWED_HOSTS = allowed
    request = rf.get("/ez", HTTP_HOST=host)
    try:
        django_says = bool(request.get_host())
    except DisallowedHost:
        django_says = False
    assert django_says is ours


def test_a_star_allows_every_host_and_none():
    assert all(map(host_checker(["*"]), [b"anything", b"", b"\xff"]))


def test_a_flood_of_hosts_fills_no_memory():
    check = host_checker(["localhost"])
    for number in range(1000):
        assert not check(b"h%d" % number)
    assert check(b"localhost")
    (remembered,) = (
        cell.cell_contents for cell in check.__closure__ if isinstance(cell.cell_contents, dict)
    )
    assert len(remembered) <= 100


async def test_the_request_log_names_the_client_and_not_the_proxy(caplog):
    async def hot(request):
        return Response(200, request.client.encode())

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    sent = []
    door = Door(
        [HotRoute("/x", hot, lambda problem: Response(problem.status))],
        otherwise=None,
        allows_host=lambda _: True,
        body_limit=10,
        trusted_proxies=PROXIES,
        log_requests=True,
    )
    forwarded = [(b"x-forwarded-for", b"198.51.100.7"), (b"x-forwarded-for", b"203.0.113.9")]
    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"key=secret"}
    with caplog.at_level("INFO", "telemetry.access"):
        await door({**scope, "headers": forwarded, "client": ("10.0.0.1", 5)}, receive, send)
        await door({**scope, "headers": forwarded, "client": ("192.0.2.1", 5)}, receive, send)
    assert [message["body"] for message in sent[1::2]] == [b"203.0.113.9", b"192.0.2.1"]
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith("203.0.113.9 GET /x 200 11 ")
    assert lines[1].startswith("192.0.2.1 GET /x 200 9 ")
    assert "secret" not in caplog.text


async def test_a_websocket_is_closed_before_it_is_open():
    """Servers other than ours, which asks for none, hand them over."""
    sent = []

    async def send(message):
        sent.append(message)

    door = Door([], otherwise=None, allows_host=lambda _: True, body_limit=10)
    await door({"type": "websocket", "path": "/ws"}, None, send)
    assert sent == [{"type": "websocket.close"}]
