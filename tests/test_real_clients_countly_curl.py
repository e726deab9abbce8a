"""The seed's requests by curl, and as the SDK for the Raspberry Pi makes them."""

import http.client
import json
from urllib.parse import quote

import pytest

from tests.clients.countly_sdk import in_year, read
from tests.clients.packages import run

SUCCESS = {"result": "Success"}
METRICS = {"_os": "DDD", "_os_version": "EEE", "_device": "FFF", "_carrier": "HHH"}
EVENTS = [
    {"key": "level_success", "count": 4},
    {
        "key": "in_app_purchase",
        "count": 3,
        "sum": 2.97,
        "segmentation": {"app_version": "1.0", "country": "Turkey"},
    },
]
DEVICE = {"device_id": "BBB", "sdk_version": "CCC"}


@pytest.fixture
def keys(server):
    return server.create_project("Curl", "--open")


def in_url(url, said):
    query = "&".join(f"{name}={quote(value)}" for name, value in said.items())
    return [f"{url}?{query}"]


def encoded(url, said, *options):
    pairs = [("--data-urlencode", f"{name}={value}") for name, value in said.items()]
    return [url, *options, *(each for pair in pairs for each in pair)]


def as_query(url, said):
    return encoded(url, said, "-G")


def as_parts(url, said):
    pairs = [("--form-string", f"{name}={value}") for name, value in said.items()]
    return [url, *(each for pair in pairs for each in pair)]


def as_json(url, said):
    return [url, "-H", "Content-Type: application/json", "-d", json.dumps(said)]


@pytest.mark.parametrize("options", [in_url, encoded, as_query, as_parts, as_json])
def test_curl(server, keys, options):
    def send(**said):
        said = {"app_key": keys["app_key"], **DEVICE, **said}
        assert run(["curl", "-sS", *options(f"{server.url}/i", said)]) == SUCCESS

    send(begin_session="1", metrics=json.dumps(METRICS))
    send(session_duration="30")
    send(events=json.dumps(EVENTS))
    send(end_session="1")
    expected = {"t": 1, "n": 1, "u": 1, "d": 30, "e": 4, "ds": {"1": 1}}
    assert in_year(read(server, keys, "sessions")) == expected
    assert in_year(read(server, keys, "carriers")) == {"Hhh": {"t": 1, "n": 1, "u": 1}}
    _, versions, countries = read(server, keys, "events", event="in_app_purchase")
    assert in_year(versions) == {"1:0": {"c": 3, "s": 2.97}}
    assert in_year(countries) == {"Turkey": {"c": 3, "s": 2.97}}
    query = f"app_key={keys['app_key']}&method=get_events"
    listed = run(["curl", "-sS", f"{server.url}/o?{query}"])
    assert listed["list"] == ["level_success", "in_app_purchase"]


def test_a_request_line_that_names_scheme_and_host(server, keys):
    """So the SDK for the Raspberry Pi does; some of its metrics are arrays."""
    said = {"begin_session": 1, "app_key": keys["app_key"], "device_id": "pi"}
    metrics = quote(json.dumps({"_os": "Linux", "_locale": ["en_US", "UTF-8"]}))
    query = "&".join(f"{name}={value}" for name, value in said.items())
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", f"https://127.0.0.1/i?{query}&metrics={metrics}")
    assert json.loads(connection.getresponse().read()) == SUCCESS
    connection.close()
    assert in_year(read(server, keys, "device_details")) == {"Linux": {"t": 1, "n": 1, "u": 1}}
